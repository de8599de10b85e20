# Copyright 2026 The tfk Authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     https://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.
"""The base class: steps, state, strategies."""

import warnings

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tfk import optimizers
from tfk.optimizers import gradients
from tfk.testing import strategies

ONE = tf.constant([1.0])


class UsersMomentum(optimizers.Optimizer):
    """As one writes it for tf.keras."""

    def __init__(self, learning_rate=0.1, beta=0.5, name="Mine", **kwargs):
        super().__init__(name=name, **kwargs)
        self._learning_rate = self._build_learning_rate(learning_rate)
        self.beta = beta

    def build(self, var_list):
        super().build(var_list)
        if hasattr(self, "_built") and self._built:
            return
        self.momentums = []
        for variable in var_list:
            self.momentums.append(
                self.add_variable_from_reference(
                    model_variable=variable, variable_name="m"
                )
            )
        self._built = True

    def update_step(self, gradient, variable):
        m = self.momentums[self._index_dict[self._var_key(variable)]]
        rate = tf.cast(self.learning_rate, variable.dtype)
        if isinstance(gradient, tf.IndexedSlices):
            m.assign(m * self.beta)
            m.scatter_add(gradient)
        else:
            m.assign(m * self.beta + gradient)
        variable.assign_sub(rate * m)

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "learning_rate": self._serialize_hyperparameter(
                    self._learning_rate
                ),
                "beta": self.beta,
            }
        )
        return config


class OptimizerTest:
    def test_minimize_takes_a_function_or_a_tensor_and_its_tape(self):
        variable = tf.Variable(3.0)
        optimizer = optimizers.SGD(0.25)
        optimizer.minimize(lambda: variable**2, lambda: [variable])
        assert float(variable) == 1.5
        with tf.GradientTape() as tape:
            loss = variable**2
        optimizer.minimize(loss, [variable], tape=tape)
        assert float(variable) == 0.75
        assert int(optimizer.iterations) == 2
        with pytest.raises(ValueError, match="tape=None"):
            optimizer.minimize(loss, [variable])

    def test_variables_without_gradient_stay_and_are_named_once(self):
        used = tf.Variable([1.0], name="used")
        unused = tf.Variable([1.0], name="unused")
        optimizer = optimizers.SGD(1.0, weight_decay=0.5)
        with pytest.warns(UserWarning, match="unused:0"):
            optimizer.apply_gradients([(ONE, used), (None, unused)])
        assert float(unused[0]) == 1.0
        with pytest.raises(ValueError, match="No gradients provided for any"):
            optimizer.apply_gradients([(None, used), (None, unused)])
        assert int(optimizer.apply_gradients([])) == 1

    def test_unknown_variable_is_named_and_build_adds_it(self):
        first = tf.Variable([1.0], name="first")
        second = tf.Variable([1.0], name="second")
        optimizer = optimizers.Adam(0.5, use_ema=True)
        optimizer.apply_gradients([(ONE, first)])
        with pytest.raises(ValueError, match=r"know second:0.*build"):
            optimizer.apply_gradients([(ONE, second)])
        optimizer.build([first, second])
        optimizer.apply_gradients([(ONE, second)])
        assert len(optimizer.variables) == 7
        assert float(second[0]) < 1.0

    def test_learning_rate_is_set_by_either_name(self):
        optimizer = optimizers.SGD(0.5)
        optimizer.lr = 0.25
        assert float(optimizer.learning_rate) == 0.25
        optimizer.learning_rate.assign(0.125)
        assert optimizer.get_config()["learning_rate"] == 0.125
        assert float(optimizers.legacy.SGD(lr=2.0).lr) == 2.0
        config = optimizers.legacy.Adam(lr=2.0, decay=0.5).get_config()
        assert config["learning_rate"]["class_name"] == "InverseTimeDecay"
        with pytest.raises(TypeError, match="speed"):
            optimizers.SGD(speed=1.0)

    def test_changing_the_learning_rate_needs_no_new_trace(self):
        variable = tf.Variable([0.0])
        optimizer = optimizers.SGD(1.0)

        @tf.function
        def step():
            optimizer.apply_gradients([(ONE, variable)])

        step()
        optimizer.learning_rate = 0.5
        step()
        assert float(variable[0]) == -1.5
        assert step.experimental_get_tracing_count() <= 2

    def test_weight_decay_leaves_out_excluded_variables(self):
        names = ("kernel", "bias", "listed")
        variables = [tf.Variable([1.0], name=name) for name in names]
        optimizer = optimizers.SGD(0.5, weight_decay=0.5)
        optimizer.exclude_from_weight_decay(
            var_list=variables[2:], var_names=["bi.s"]
        )
        optimizer.apply_gradients([(0 * ONE, v) for v in variables])
        assert [float(v[0]) for v in variables] == [0.75, 1.0, 1.0]
        with pytest.raises(ValueError, match="before the optimizer is built"):
            optimizer.exclude_from_weight_decay(var_names=["kernel"])

    def test_average_overwrite_and_constraint_come_in_the_order_of_keras(self):
        values = []
        for package in (optimizers, tf_keras.optimizers):
            variable = tf.Variable([2.0], constraint=lambda w: w * 0.5)
            optimizer = package.SGD(
                0.1, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2
            )
            for _ in range(3):
                optimizer.apply_gradients([(ONE, variable)])
            values.append(float(variable[0]))
            optimizer.finalize_variable_values([variable])
            values.append(float(variable[0]))
        np.testing.assert_allclose(values[:2], values[2:], rtol=1e-6)

    def test_state_goes_to_keras_and_back(self):
        variables = [tf.Variable([1.0, 2.0], name="w")]
        pairs = [(tf.constant([1.0, -1.0]), variables[0])]
        ours, theirs = optimizers.Adam(0.1), tf_keras.optimizers.Adam(0.1)
        ours.apply_gradients(pairs)
        theirs.build(variables)
        store = {}
        ours.save_own_variables(store)
        assert sorted(store) == ["0", "1", "2"]
        theirs.load_own_variables(store)
        ours.apply_gradients(pairs)
        theirs.apply_gradients(pairs)
        for own, other in zip(ours.variables, theirs.variables):
            np.testing.assert_allclose(own, other, rtol=1e-5)
        store = {}
        theirs.save_own_variables(store)
        fresh = optimizers.Adam(0.1)
        fresh.build(variables)
        fresh.load_own_variables(store)
        assert int(fresh.iterations) == 2
        np.testing.assert_allclose(fresh.get_weights()[1], theirs.variables[1])
        with pytest.warns(UserWarning, match="not loaded"):
            optimizers.Adam().load_own_variables(store)

    def test_checkpoints_are_exchanged_with_keras_before_building(
        self, tmp_path
    ):
        variable = tf.Variable([1.0, 2.0], name="w")
        pairs = [(tf.constant([1.0, -1.0]), variable)]
        for source, target in (
            (optimizers, optimizers),
            (tf_keras.optimizers, optimizers),
            (optimizers, tf_keras.optimizers),
        ):
            saved, loaded = source.Nadam(0.1), target.Nadam(0.5)
            for _ in range(3):
                saved.apply_gradients(pairs)
            path = tf.train.Checkpoint(optimizer=saved).write(
                str(tmp_path / f"{source.__name__}-{target.__name__}")
            )
            status = tf.train.Checkpoint(optimizer=loaded).read(path)
            loaded.build([variable])
            status.assert_consumed()
            assert float(loaded.lr) == float(saved.lr)
            for a, b in zip(loaded.variables, saved.variables, strict=True):
                np.testing.assert_array_equal(a, b)
            assert float(loaded._u_product) == float(saved._u_product)

    def test_weights_are_set_and_checked(self):
        optimizer = optimizers.SGD(0.1, momentum=0.5)
        with pytest.raises(ValueError, match=r"optimizer.build"):
            optimizer.set_weights([1, [1.0]])
        optimizer.build([tf.Variable([1.0])])
        optimizer.set_weights([3, [5.0]])
        assert int(optimizer.iterations) == 3
        assert [w.tolist() for w in optimizer.get_weights()] == [3, [5.0]]
        assert optimizer.variables() == optimizer.weights
        with pytest.raises(ValueError, match=r"shape \(2,\)"):
            optimizer.set_weights([3, [5.0, 1.0]])

    def test_iterations_can_be_shared_before_building(self):
        count = tf.Variable(7, dtype=tf.int64)
        optimizer = optimizers.SGD()
        optimizer.iterations = count
        optimizer.apply_gradients([(ONE, tf.Variable([1.0]))])
        assert int(count) == 8
        assert optimizer.variables[0] is count
        with pytest.raises(RuntimeError, match="before the optimizer is built"):
            optimizer.iterations = tf.Variable(0, dtype=tf.int64)

    def test_bad_arguments_are_named(self):
        with pytest.raises(ValueError, match="clipnorm=-1"):
            optimizers.SGD(clipnorm=-1)
        with pytest.raises(ValueError, match="At most one"):
            optimizers.SGD(clipnorm=1.0, global_clipnorm=1.0)
        with pytest.raises(ValueError, match="ema_momentum=2"):
            optimizers.SGD(use_ema=True, ema_momentum=2)
        with pytest.raises(ValueError, match="ema_overwrite_frequency=0"):
            optimizers.SGD(use_ema=True, ema_overwrite_frequency=0)
        with pytest.raises(TypeError, match="grouped"):
            optimizers.SGD().apply_gradients([], grouped=True)
        with pytest.raises(ValueError, match="no learning rate"):
            optimizers.Optimizer("mine").learning_rate
        with pytest.raises(NotImplementedError, match="update_step"):
            optimizers.Optimizer("mine", 0).update_step(ONE, None)

    def test_variables_are_made_once_in_a_function(self):
        variable = tf.Variable([1.0])
        optimizer = optimizers.Adam(0.1)

        @tf.function
        def step():
            return optimizer.apply_gradients([(ONE, variable)])

        assert [int(step()) for _ in range(3)] == [1, 2, 3]
        assert len(optimizer.variables) == 3

    def test_wrapped_variables_are_updated(self):
        class Wrapper:
            def __init__(self, variable):
                self._variable = variable

        variable = tf.Variable([1.0])
        optimizer = optimizers.SGD(0.5)
        optimizer.build([Wrapper(variable)])
        optimizer.apply_gradients([(ONE, Wrapper(variable))])
        assert float(variable[0]) == 0.5

    def test_no_layer_or_module_counts_the_slots(self):
        class Holder(tf.Module):
            pass

        holder = Holder()
        holder.optimizer = optimizers.Adam()
        holder.optimizer.build([tf.Variable([1.0])])
        assert not holder.variables


class FamilyTest:
    def test_names_are_found_in_any_case(self):
        for name in ("adam", "Adam", "ADAM"):
            assert type(optimizers.get(name)) is optimizers.Adam
        for name in ("sgd", "rmsprop", "adamw", "adagrad", "adadelta"):
            theirs = type(tf_keras.optimizers.get(name)).__name__
            assert type(optimizers.get(name)).__name__ == theirs
        for name in (
            *("adamax", "nadam", "ftrl", "lion", "adafactor", "lamb", "muon"),
            *("lazyadam", "schedulefreeadamw"),
        ):
            assert optimizers.get(name).name.lower() == name
        with pytest.raises(ValueError, match="Did you mean 'adam'"):
            optimizers.get("adamm")

    def test_objects_classes_and_configs_are_found(self):
        optimizer = optimizers.SGD(0.25)
        assert optimizers.get(optimizer) is optimizer
        assert optimizers.get(None) is None
        assert isinstance(optimizers.get(optimizers.SGD), optimizers.SGD)
        legacy = {"class_name": "sgd", "config": {"lr": 0.5, "decay": 0.0}}
        assert float(optimizers.get(legacy).lr) == 0.5
        config = optimizers.serialize(optimizer, use_legacy_format=True)
        assert float(optimizers.deserialize(config).lr) == 0.25

    def test_nested_schedule_of_an_old_file_is_read(self):
        config = {
            "class_name": "Adam",
            "config": {
                "learning_rate": {
                    "class_name": "ExponentialDecay",
                    "config": {
                        "initial_learning_rate": 0.5,
                        "decay_steps": 1,
                        "decay_rate": 0.5,
                    },
                },
                "is_legacy_optimizer": True,
                "decay": 0.0,
            },
        }
        assert float(optimizers.deserialize(config).lr) == 0.5


class UsersOptimizerTest:
    def test_rule_written_for_keras_works(self):
        variable = tf.Variable([1.0, 1.0])
        optimizer = UsersMomentum(0.5)
        for _ in range(2):
            optimizer.apply_gradients([(tf.constant([1.0, 0.0]), variable)])
        np.testing.assert_allclose(variable, [-0.25, 1.0])
        rows = tf.IndexedSlices(ONE, tf.constant([0]), (2,))
        optimizer.apply_gradients([(rows, variable)])
        np.testing.assert_allclose(variable, [-1.125, 1.0])
        assert [v.name for v in optimizer.variables][1] == "Mine/m/Variable:0"
        revived = UsersMomentum.from_config(optimizer.get_config())
        assert revived.get_config() == optimizer.get_config()

    def test_duplicate_rows_are_summed_first(self):
        seen = []

        class Recorder(optimizers.Optimizer):
            def update_step(self, gradient, variable):
                seen.append(gradient)

        variable = tf.Variable(tf.zeros((3, 1)))
        rows = tf.IndexedSlices(
            tf.constant([[1.0], [2.0], [3.0]]), tf.constant([2, 0, 2]), (3, 1)
        )
        Recorder("recorder").apply_gradients([(rows, variable)])
        assert seen[0].indices.numpy().tolist() == [2, 0]
        np.testing.assert_array_equal(seen[0].values, [[4.0], [2.0]])


MAKERS = {
    "sgd": lambda: optimizers.SGD(0.1, momentum=0.9),
    "adam": lambda: optimizers.Adam(
        0.1, use_ema=True, ema_overwrite_frequency=2, weight_decay=0.1
    ),
    "nadam": lambda: optimizers.Nadam(0.1, global_clipnorm=0.5),
    "schedule": lambda: optimizers.RMSprop(
        optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)
    ),
    "users": lambda: UsersMomentum(0.1),
}


class DistributionTest:
    @pytest.mark.parametrize("maker", MAKERS)
    def test_replicas_apply_the_sum_of_their_gradients(self, maker):
        strategy = strategies.two_replicas()
        with strategy.scope():
            dense = tf.Variable([1.0, 2.0], name="dense")
            table = tf.Variable(tf.ones((4, 2)), name="table")
            optimizer = MAKERS[maker]()

        def replica_step():
            replica = tf.distribute.get_replica_context()
            number = replica.replica_id_in_sync_group + 1
            scale = tf.cast(number, tf.float32)
            rows = tf.IndexedSlices(
                tf.ones((2, 2)) * scale,
                tf.stack([0, number]),
                tf.constant([4, 2]),
            )
            optimizer.apply_gradients(
                [(scale * tf.constant([1.0, -1.0]), dense), (rows, table)]
            )

        step = tf.function(lambda: strategy.run(replica_step))
        for _ in range(4):
            step()

        single = MAKERS[maker]()
        expected = [
            tf.Variable([1.0, 2.0], name="dense"),
            tf.Variable(tf.ones((4, 2)), name="table"),
        ]
        summed = [
            tf.constant([3.0, -3.0]),
            tf.constant([[3.0, 3.0], [1.0, 1.0], [2.0, 2.0], [0.0, 0.0]]),
        ]
        for _ in range(4):
            single.apply_gradients(zip(summed, expected))
        assert int(optimizer.iterations.numpy()) == 4
        for mirrored, value in zip((dense, table), expected):
            for copy in strategy.experimental_local_results(mirrored):
                np.testing.assert_allclose(copy, value, rtol=1e-5)
        for slot, value in zip(optimizer.variables, single.variables):
            assert slot.name == value.name
            for copy in strategy.experimental_local_results(slot):
                np.testing.assert_allclose(copy, value, rtol=1e-5)

    def test_gradients_summed_before_are_not_summed_again(self):
        strategy = strategies.two_replicas()
        with strategy.scope():
            variable = tf.Variable(0.0)
            optimizer = optimizers.SGD(1.0)

        @tf.function
        def step():
            def replica_step():
                optimizer.apply_gradients(
                    [(tf.constant(1.0), variable)],
                    skip_gradients_aggregation=True,
                )
                pairs = optimizer.aggregate_gradients(
                    [(tf.constant(1.0), variable)]
                )
                optimizer.apply_gradients(
                    pairs, experimental_aggregate_gradients=False
                )

            strategy.run(replica_step)

        step()
        assert float(variable.numpy()) == -3.0

    def test_step_outside_of_replicas_updates_all_copies(self):
        strategy = strategies.two_replicas()
        with strategy.scope():
            variable = tf.Variable([1.0])
            optimizer = optimizers.Adam(0.5)
            optimizer.apply_gradients([(ONE, variable)])
        for copy in strategy.experimental_local_results(variable):
            np.testing.assert_allclose(copy, [0.5], atol=1e-5)
        optimizer = optimizers.SGD(0.5, momentum=0.9)
        optimizer.build([variable])
        assert len(optimizer.variables[1].values) == 2

    def test_variable_made_outside_of_the_scope_is_named(self):
        strategy = strategies.two_replicas()
        variable = tf.Variable(1.0, name="outside")
        with strategy.scope():
            optimizer = optimizers.SGD()
            with pytest.raises(ValueError, match="outside:0.*strategy.scope"):
                optimizer.apply_gradients([(tf.constant(1.0), variable)])

    @pytest.mark.parametrize(
        "strategy",
        [
            tf.distribute.OneDeviceStrategy,
            lambda d: tf.distribute.MirroredStrategy([d]),
        ],
    )
    def test_strategy_of_one_device_updates_like_none(self, strategy):
        strategy = strategy("CPU:0")
        with strategy.scope():
            variable = tf.Variable([1.0])
            optimizer = optimizers.SGD(0.5)
        step = tf.function(
            lambda: strategy.run(
                lambda: optimizer.minimize(lambda: 2 * variable, [variable])
            )
        )
        step()
        assert float(variable.numpy()[0]) == 0.0

    def test_state_of_replicas_is_saved_and_loaded(self):
        strategy = strategies.two_replicas()
        with strategy.scope():
            variable = tf.Variable([1.0])
            optimizer = optimizers.Adam(0.5)
        strategy.run(lambda: optimizer.apply_gradients([(ONE * 1.0, variable)]))
        store = {}
        optimizer.save_own_variables(store)
        assert float(store["1"][0]) == pytest.approx(0.2)
        store["1"] = np.array([0.75], "float32")
        optimizer.load_own_variables(store)
        for copy in strategy.experimental_local_results(optimizer.variables[1]):
            assert float(copy[0]) == 0.75


class GradientsTest:
    def test_all_present_gradients_give_no_warning(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            pairs = gradients.without_empty([(ONE, tf.Variable([1.0]))])
        assert len(pairs) == 1

    def test_sparse_gradient_becomes_dense_with_its_rows_summed(self):
        rows = tf.IndexedSlices(
            tf.constant([[1.0], [2.0]]), tf.constant([1, 1]), (3, 1)
        )
        dense = gradients.to_dense(rows, tf.Variable(tf.zeros((3, 1))))
        np.testing.assert_array_equal(dense, [[0.0], [3.0], [0.0]])

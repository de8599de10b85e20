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
"""MultiOptimizer: each variable follows its own optimizer."""

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk import optimizers


def make_variables():
    return [
        tf.Variable([1.0, 2.0], name=name)
        for name in ("tokens/embeddings", "dense/kernel", "dense/bias")
    ]


GRADIENTS = [tf.constant(g) for g in ([1.0, 0.5], [2.0, -1.0], [4.0, 0.25])]


def make_multi(**options):
    return optimizers.MultiOptimizer(
        optimizers.OptimizerMap(
            optimizers.SGD(0.5, momentum=0.5),
            {".*embeddings": optimizers.Adagrad(0.5, global_clipnorm=0.1)},
        ),
        **options,
    )


class OptimizerMapTest:
    def test_it_is_a_dict_with_a_default(self):
        default, adam, sgd = (optimizers.Adam() for _ in range(3))
        found = optimizers.OptimizerMap(default, {"dense/.*": adam})
        found["conv.*"] = sgd
        assert found["dense/kernel"] is adam
        assert found["other"] is default
        assert found.default_optimizer is default
        assert found(tf.Variable(0.0, name="conv/kernel")) is sgd
        assert (list(found), len(found)) == (["dense/.*", "conv.*"], 2)
        assert list(found.values()) == [adam, sgd]
        assert "dense/.*" in found and "dense/kernel" not in found
        assert found.get("dense/kernel") is None
        assert found.setdefault("dense/.*", sgd) is adam
        assert found.pop("dense/.*") is adam
        assert found.pop("dense/.*", default=1) == 1
        with pytest.raises(KeyError):
            found.pop("dense/.*")
        assert found.popitem() == ("conv.*", sgd)
        found.update(a=adam)
        found.clear()
        assert not found and found["a"] is default

    def test_name_with_keys_of_two_optimizers_is_refused(self):
        adam = optimizers.Adam()
        found = optimizers.OptimizerMap(
            optimizers.SGD(), {"dense/.*": adam, ".*kernel": adam}
        )
        assert found["dense/kernel"] is adam
        found[".*kernel"] = optimizers.SGD()
        with pytest.raises(
            ValueError, match="dense/kernel.*'dense/..', '..kernel'"
        ):
            found["dense/kernel"]

    def test_others_than_optimizers_are_refused(self):
        with pytest.raises(TypeError, match="default_optimizer='adam'"):
            optimizers.OptimizerMap("adam")
        with pytest.raises(TypeError, match="optimizer_map.'a'.=3"):
            optimizers.OptimizerMap(optimizers.Adam(), {"a": 3})
        with pytest.raises(TypeError, match="optimizer_map=None"):
            optimizers.MultiOptimizer(None)
        with pytest.raises(ValueError, match="can't scale the loss"):
            optimizers.MultiOptimizer(
                optimizers.OptimizerMap(optimizers.Adam(loss_scale_factor=2))
            )


class MultiOptimizerTest:
    def test_each_optimizer_updates_its_variables(self):
        variables, others = make_variables(), make_variables()
        multi = make_multi(loss_scale_factor=4.0)
        sgd = optimizers.SGD(0.5, momentum=0.5)
        adagrad = optimizers.Adagrad(0.5, global_clipnorm=0.1)
        for _ in range(3):
            scaled = [multi.scale_loss(g) for g in GRADIENTS]
            count = multi.apply_gradients(zip(scaled, variables))
            adagrad.apply_gradients([(GRADIENTS[0], others[0])])
            sgd.apply_gradients(zip(GRADIENTS[1:], others[1:]))
        assert int(count) == 3
        for variable, value in zip(variables, others):
            np.testing.assert_array_equal(variable, value)
        wanted = [multi.iterations, *sgd.variables, *adagrad.variables]
        for slot, value in zip(multi.variables, wanted, strict=True):
            np.testing.assert_array_equal(slot, value)

    def test_function_chooses_the_optimizer(self):
        adam, sgd = optimizers.Adam(), optimizers.SGD(1.0)
        multi = optimizers.MultiOptimizer(
            lambda variable: sgd if "bias" in variable.name else adam
        )
        with pytest.raises(ValueError, match="build"):
            multi.learning_rate
        variables = make_variables()
        multi.build(variables[:1])
        assert multi.optimizers == [adam]
        multi.build(variables)
        assert multi.optimizers == [adam, sgd]
        multi.apply_gradients(zip(GRADIENTS, variables))
        np.testing.assert_array_equal(variables[2], [-3.0, 1.75])
        assert len(multi.variables) == 1 + 5 + 2

    def test_config_keeps_which_optimizer_is_shared(self):
        adam = optimizers.Adam(0.25)
        multi = optimizers.MultiOptimizer(
            optimizers.OptimizerMap(optimizers.SGD(), {"a": adam, "b": adam}),
            loss_scale_factor=2.0,
        )
        again = optimizers.deserialize(optimizers.serialize(multi))
        assert [o.name for o in again.optimizers] == ["SGD", "Adam"]
        assert again.optimizer_map["a"] is again.optimizer_map["b"]
        assert again.get_config() == multi.get_config()
        plain = optimizers.OptimizerMap.from_config(
            {
                "default_optimizer": optimizers.serialize(adam),
                "optimizer_map": {"a": optimizers.serialize(adam)},
            }
        )
        assert float(plain["a"].learning_rate) == 0.25

    def test_settings_reach_the_optimizers(self):
        sgd = optimizers.SGD(0.5, weight_decay=0.5)
        multi = optimizers.MultiOptimizer(optimizers.OptimizerMap(sgd))
        multi.lr = 1.0
        assert float(multi.learning_rate) == float(sgd.learning_rate) == 1.0
        multi.exclude_from_weight_decay(var_names=["bias"])
        variables = make_variables()
        multi.apply_gradients([(0 * v, v) for v in variables])
        assert [float(v[0]) for v in variables] == [0.5, 0.5, 1.0]

    def test_gradients_are_accumulated_by_those_that_do(self):
        slow = optimizers.SGD(1.0, gradient_accumulation_steps=2)
        multi = optimizers.MultiOptimizer(
            optimizers.OptimizerMap(optimizers.SGD(1.0), {".*bias": slow})
        )
        variables = make_variables()
        multi.build(variables)
        step = tf.function(
            lambda: multi.apply_gradients(zip(GRADIENTS, variables))
        )
        step()
        assert [float(v[0]) for v in variables] == [0.0, -1.0, 1.0]
        step()
        assert [float(v[0]) for v in variables] == [-1.0, -3.0, -3.0]

    def test_averages_are_swapped_and_set_where_there_are_some(self):
        averaging = optimizers.SGD(1.0, use_ema=True, ema_momentum=0.5)
        free = optimizers.ScheduleFreeAdamW(0.5)
        multi = optimizers.MultiOptimizer(
            optimizers.OptimizerMap(
                optimizers.SGD(1.0), {".*kernel": averaging, ".*bias": free}
            )
        )
        variables = make_variables()
        for _ in range(2):
            multi.apply_gradients(zip(GRADIENTS, variables))
        before = [v.numpy() for v in variables]
        multi.swap_averages()
        assert multi.holds_averages
        swapped = [v.numpy() for v in variables]
        moved = [not np.allclose(a, b) for a, b in zip(before, swapped)]
        assert moved == [False, True, True]
        multi.swap_averages()
        np.testing.assert_allclose(variables, before, rtol=1e-5)
        multi.finalize_variable_values(variables)
        np.testing.assert_allclose(variables, swapped, rtol=1e-5)
        # Only the one without a slot for them is left to swap.
        multi.swap_averages()
        np.testing.assert_allclose(variables[2], before[2], rtol=1e-5)
        np.testing.assert_allclose(variables[1], swapped[1], rtol=1e-5)
        plain = optimizers.MultiOptimizer(
            optimizers.OptimizerMap(optimizers.SGD())
        )
        with pytest.raises(ValueError, match="keeps no averages"):
            plain.swap_averages()

    def test_checkpoint_restores_the_state(self, tmp_path):
        saved, loaded = make_multi(), make_multi()
        variables = make_variables()
        saved.apply_gradients(zip(GRADIENTS, variables))
        path = tf.train.Checkpoint(optimizer=saved).write(str(tmp_path / "c"))
        loaded.build(variables)
        status = tf.train.Checkpoint(optimizer=loaded).read(path)
        status.assert_consumed()
        for a, b in zip(loaded.variables, saved.variables, strict=True):
            np.testing.assert_array_equal(a, b)
        store = {}
        saved.save_own_variables(store)
        assert len(store) == len(saved.variables)

    def test_fit_trains_with_both_and_with_a_schedule(self):
        schedule = optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)
        multi = optimizers.MultiOptimizer(
            optimizers.OptimizerMap(
                optimizers.SGD(0.0), {"head/.*": optimizers.Adam(schedule)}
            )
        )
        model = tfk.Sequential(
            [
                tfk.layers.Dense(2, name="body"),
                tfk.layers.Dense(1, name="head"),
            ]
        )
        model.build((None, 3))
        before = [w.copy() for w in model.get_weights()]
        model.compile(multi, "mse")
        model.fit(np.ones((8, 3)), np.ones((8, 1)), epochs=2, verbose=0)
        after = model.get_weights()
        moved = [not np.allclose(a, b) for a, b in zip(before, after)]
        assert moved == [False, False, True, True]
        assert int(multi.optimizers[1].iterations) == int(multi.iterations)


class ResumedTest:
    """Training goes on from files as if it had not ended."""

    @pytest.fixture(scope="class")
    def data(self):
        random = np.random.default_rng(0)
        return random.normal(size=(12, 3)), random.normal(size=(12, 2))

    def compiled_model(self):
        tfk.utils.set_random_seed(5)
        layers = [
            tfk.Input((3,)),
            tfk.layers.Dense(4, activation="tanh", name="body"),
            tfk.layers.Dense(2, name="head"),
        ]
        model = tfk.Sequential(layers)
        schedule = optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
        multi = optimizers.MultiOptimizer(
            optimizers.OptimizerMap(
                optimizers.SGD(0.1, momentum=0.9),
                {
                    "head/kernel": optimizers.Adam(schedule),
                    "head/bias": optimizers.RMSprop(0.05, momentum=0.5),
                },
            )
        )
        model.compile(multi, "mse")
        return model

    def fit(self, model, data, **options):
        x, y = data
        options = {"batch_size": 4, "verbose": 0, "shuffle": False, **options}
        model.fit(x, y, **options)
        return model.get_weights()

    @pytest.mark.parametrize(
        "name", ["m.keras", "m.h5", "folder", "m.weights.h5", "checkpoint"]
    )
    def test_from_files(self, name, data, tmp_path):
        expected = self.fit(self.compiled_model(), data, epochs=4)
        first, path = self.compiled_model(), str(tmp_path / name)
        self.fit(first, data, epochs=2)
        if name in ("m.weights.h5", "checkpoint"):
            first.save_weights(path)
            second = self.compiled_model()
            second.load_weights(path)
        else:
            first.save(path)
            second = tfk.models.load_model(path)
        for one, other in zip(self.fit(second, data, epochs=2), expected):
            np.testing.assert_array_equal(one, other)
        assert int(second.optimizer.iterations) == 12

    def test_from_backups(self, data, tmp_path):
        def fail(batch, logs):
            raise InterruptedError

        def train(**options):
            model = self.compiled_model()
            backup = tfk.callbacks.BackupAndRestore(tmp_path, save_freq=1)
            callbacks = [backup, tfk.callbacks.LambdaCallback(**options)]
            return self.fit(
                model, data, epochs=4, shuffle=True, callbacks=callbacks
            )

        expected = train()
        fails = {"on_epoch_begin": lambda epoch, logs: epoch < 2 or fail(0, 0)}
        with pytest.raises(InterruptedError):
            train(**fails)
        for one, other in zip(train(), expected):
            np.testing.assert_array_equal(one, other)

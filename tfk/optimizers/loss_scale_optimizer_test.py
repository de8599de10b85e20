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
"""Loss scaling: what changes when, and what does not."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.testing import conformance
from tfk.testing import strategies

GRADIENT = conformance.floats(3, 2, seed=1)
WEIGHTS = conformance.floats(3, 2, seed=2)


def halve(weight):
    return weight * 0.5


def busy_optimizer():
    """Returns an optimizer with every kind of state that there is."""
    return tfk.optimizers.Nadam(
        tfk.optimizers.schedules.InverseTimeDecay(0.1, 1, 0.5),
        weight_decay=0.1,
        clipnorm=0.5,
        use_ema=True,
        ema_overwrite_frequency=2,
        gradient_accumulation_steps=2,
    )


def scaled(inner=None, **options):
    inner = tfk.optimizers.SGD(0.5) if inner is None else inner
    return tfk.optimizers.LossScaleOptimizer(inner, **options)


def apply(optimizer, gradient, variable):
    """Makes a step with the gradient of a loss that was scaled."""
    (gradient,) = optimizer.get_unscaled_gradients(
        [gradient * optimizer.loss_scale]
    )
    return optimizer.apply_gradients([(gradient, variable)])


def state_of(optimizer, variable):
    inner = optimizer.inner_optimizer
    extra = [inner._u_product] if hasattr(inner, "_u_product") else []
    return [v.numpy() for v in [*optimizer.variables, variable, *extra]]


class EagerSteps:
    """Makes steps in one of the ways in which they can be made."""

    strategy = None
    jit_compile = None
    replicas = 1

    def __init__(self):
        self.variable = tf.Variable(WEIGHTS, constraint=halve)
        self.optimizer = scaled(busy_optimizer(), initial_scale=64.0)

    def __call__(self, gradient):
        apply(self.optimizer, gradient, self.variable)


class CompiledSteps(EagerSteps):
    def __init__(self):
        super().__init__()
        self.function = tf.function(
            super().__call__, jit_compile=self.jit_compile
        )

    def __call__(self, gradient):
        self.function(tf.constant(gradient))


class XlaSteps(CompiledSteps):
    jit_compile = True


class ReplicaSteps(EagerSteps):
    """Applies in each of two replicas: their gradients add up."""

    def __init__(self):
        self.strategy = strategies.two_replicas()
        with self.strategy.scope():
            super().__init__()
        self.function = tf.function(self.run)

    def run(self, gradients):
        self.strategy.run(super().__call__, args=gradients)

    def __call__(self, gradient):
        self.function(strategies.split(self.strategy, self.parts(gradient)))

    @staticmethod
    def parts(gradient):
        # In case of an infinity, it is in one replica alone.
        rest = np.where(np.isfinite(gradient), gradient, 0.0)
        return np.concatenate([gradient - rest / 2, rest / 2])


class CrossReplicaSteps(ReplicaSteps):
    """Applies outside of the replicas, which have computed the gradients."""

    def run(self, gradients):
        with self.strategy.scope():
            (gradient,) = gradients
            gradient = self.strategy.run(
                lambda g: self.optimizer.get_unscaled_gradients(
                    [g * self.optimizer.loss_scale]
                )[0],
                args=(gradient,),
            )
            self.optimizer.apply_gradients([(gradient, self.variable)])


WAYS = [EagerSteps, CompiledSteps, XlaSteps, ReplicaSteps, CrossReplicaSteps]


class LossScaleOptimizerTest:
    @pytest.mark.parametrize("way", WAYS)
    def test_a_skipped_step_leaves_all_state_unchanged(self, way):
        steps = way()
        plain = busy_optimizer()
        variable = tf.Variable(WEIGHTS, constraint=halve)
        bad = GRADIENT.copy()
        bad[1, 1] = np.inf
        for gradient in (GRADIENT, GRADIENT, bad, GRADIENT):
            if gradient is bad:
                before = state_of(steps.optimizer, steps.variable)
            steps(gradient)
            if gradient is bad:
                after = state_of(steps.optimizer, steps.variable)
                for a, b in zip(before, after, strict=True):
                    np.testing.assert_array_equal(a, b)
                assert steps.optimizer.skipped_steps.numpy() == 1
                assert steps.optimizer.loss_scale.numpy() == 32.0
            else:
                plain.apply_gradients([(tf.constant(gradient), variable)])
        # It is as if the bad gradient had not been.
        for a, b in zip(steps.optimizer.variables, plain.variables):
            np.testing.assert_allclose(a, b, 1e-5, 1e-7)
        np.testing.assert_allclose(steps.variable, variable, rtol=1e-5)
        assert steps.optimizer.iterations.numpy() == 1
        assert steps.optimizer.dynamic_counter.numpy() == 1

    def test_the_scale_follows_that_of_tf_keras(self):
        ours = scaled(initial_scale=3.0, dynamic_growth_steps=2)
        theirs = tf_keras.mixed_precision.LossScaleOptimizer(
            tf_keras.optimizers.SGD(0.5),
            initial_scale=3.0,
            dynamic_growth_steps=2,
        )
        variables = [tf.Variable([1.0]), tf.Variable([1.0])]
        for gradient in "1 1 1 nan 1 inf inf inf -inf 1 1 1 1 1".split():
            gradient = tf.constant([float(gradient)])
            for optimizer, variable in zip((ours, theirs), variables):
                apply(optimizer, gradient, variable)
            assert float(ours.loss_scale) == float(theirs.loss_scale)
            assert int(ours.dynamic_counter) == int(theirs.dynamic_counter)
            np.testing.assert_array_equal(*variables)
        assert int(ours.skipped_steps) == 5
        # tf_keras counts steps that changed nothing, too.
        assert int(ours.iterations) == int(theirs.iterations) - 5

    def test_the_scale_stays_in_the_range_of_float32(self):
        optimizer = scaled(initial_scale=2.0**126, dynamic_growth_steps=1)
        variable = tf.Variable([1.0])
        for wanted in (2.0**127, 2.0**127):
            optimizer.get_unscaled_gradients([])
            optimizer.apply_gradients([(tf.constant([0.0]), variable)])
            assert float(optimizer.loss_scale) == wanted

    def test_all_ways_to_write_a_step_are_one_step(self):
        def loss():
            return tf.reduce_sum(variable**2)

        def minimize_a_function():
            optimizer.minimize(loss, [variable])

        def minimize_with_a_tape():
            with tf.GradientTape() as tape:
                value = loss()
            optimizer.minimize(value, [variable], tape=tape)

        def as_in_tf_keras():
            with tf.GradientTape() as tape:
                value = optimizer.get_scaled_loss(loss())
            gradients = tape.gradient(value, [variable])
            gradients = optimizer.get_unscaled_gradients(gradients)
            optimizer.apply_gradients(zip(gradients, [variable]))

        def as_in_keras_3():
            with tf.GradientTape() as tape:
                value = optimizer.scale_loss(loss())
            optimizer.apply(tape.gradient(value, [variable]), [variable])

        def of_a_scaled_function():
            with tf.GradientTape() as tape:
                value = optimizer.get_scaled_loss(loss)()
            gradients = tape.gradient(value, [variable])
            optimizer.apply_gradients(zip(gradients, [variable]))

        def in_two_steps():
            pairs = optimizer.compute_gradients(loss, [variable])
            optimizer.apply_gradients(pairs)

        def unscaled():
            with tf.GradientTape() as tape:
                value = loss()
            gradients = tape.gradient(value, [variable])
            if optimizer._takes_scaled_gradients is None:
                with pytest.warns(UserWarning, match="was not scaled"):
                    optimizer.apply_gradients(zip(gradients, [variable]))
            else:
                optimizer.apply_gradients(zip(gradients, [variable]))

        for step in (
            minimize_a_function,
            minimize_with_a_tape,
            as_in_tf_keras,
            as_in_keras_3,
            of_a_scaled_function,
            in_two_steps,
            unscaled,
        ):
            for run in (step, tf.function(step, autograph=False)):
                variable = tf.Variable([1.0, 2.0])
                optimizer = scaled(tfk.optimizers.SGD(0.25))
                run()
                run()
                np.testing.assert_allclose(variable, [0.25, 0.5])
                assert int(optimizer.dynamic_counter) == 2

    def test_a_loop_may_change_its_way(self):
        variable = tf.Variable([1.0])
        optimizer = scaled(tfk.optimizers.SGD(0.25))
        for _ in range(2):
            optimizer.minimize(lambda: variable**2, [variable])
            with tf.GradientTape() as tape:
                value = optimizer.scale_loss(variable**2)
            gradients = tape.gradient(value, [variable])
            optimizer.apply_gradients(zip(gradients, [variable]))
        assert float(variable[0]) == 1 / 16

    def test_sparse_and_missing_gradients(self):
        table = tf.Variable(np.ones((4, 2), "float32"))
        other = tf.Variable([1.0])
        optimizer = scaled(initial_scale=4.0)

        def rows(value):
            return tf.IndexedSlices(
                tf.constant([[value, 1.0]]) * optimizer.loss_scale,
                tf.constant([2]),
                tf.constant([4, 2]),
            )

        for value, scale in ((2.0, 4.0), (np.nan, 2.0)):
            gradients = optimizer.get_unscaled_gradients([rows(value), None])
            assert gradients[1] is None
            with pytest.warns(UserWarning, match="do not exist"):
                optimizer.apply_gradients(zip(gradients, (table, other)))
            assert float(optimizer.loss_scale) == scale
            np.testing.assert_allclose(table[2], [0.0, 0.5])
            np.testing.assert_allclose(table[1], [1.0, 1.0])

    def test_a_scale_beyond_float16_divides_gradients_in_float16(self):
        optimizer = scaled(initial_scale=2.0**17)
        gradient = tf.constant([2.0**10], tf.float16)
        (gradient,) = optimizer.get_unscaled_gradients([gradient])
        assert gradient.dtype == tf.float16
        assert float(gradient[0]) == 2.0**-7
        assert np.isinf(optimizer.scale_loss(tf.constant(1.0, tf.float16)))
        assert optimizer.scale_loss(2.0).dtype == tf.float32

    def test_a_fixed_scale_skips_nothing(self):
        optimizer = scaled(dynamic=False, initial_scale=8)
        variable = tf.Variable([1.0, 2.0])
        apply(optimizer, tf.constant([np.inf, 2.0]), variable)
        assert variable.numpy().tolist() == [-np.inf, 1.0]
        assert optimizer.loss_scale.numpy() == 8.0
        assert int(optimizer.iterations) == 1
        assert not optimizer.dynamic
        assert optimizer.dynamic_counter is None
        assert optimizer.skipped_steps is None

    def test_an_optimizer_with_an_apply_gradients_of_its_own_uses_it(self):
        class Centralized(tfk.optimizers.SGD):
            def apply_gradients(self, grads_and_vars, *args, **kwargs):
                centered = [
                    (g - tf.reduce_mean(g), v) for g, v in grads_and_vars
                ]
                return super().apply_gradients(centered, *args, **kwargs)

        values = []
        for strategy in (
            tf.distribute.get_strategy(),
            strategies.two_replicas(),
        ):
            with strategy.scope():
                variable = tf.Variable([0.0, 0.0])
                optimizer = scaled(Centralized(1.0))
            gradient = tf.constant([1.0, 3.0]) / strategy.num_replicas_in_sync
            strategy.run(apply, args=(optimizer, gradient, variable))
            values.append(variable.numpy().tolist())
        assert values == [[1.0, -1.0], [1.0, -1.0]]

    def test_what_is_not_its_own_is_the_inner_optimizers(self):
        inner = tfk.optimizers.Adam(0.5, beta_1=0.8, clipnorm=2.0)
        optimizer = scaled(inner)
        assert optimizer.beta_1 == 0.8
        assert optimizer.clipnorm == 2.0
        assert optimizer.learning_rate is inner.learning_rate
        optimizer.learning_rate = 0.25
        optimizer.beta_1 = 0.7
        optimizer.clipnorm = 1.0
        assert float(inner.lr) == 0.25
        assert (inner.beta_1, inner.clipnorm) == (0.7, 1.0)
        optimizer.lr = tfk.optimizers.schedules.ExponentialDecay(1.0, 1, 0.5)
        assert callable(inner._learning_rate)
        optimizer.note = "mine"
        assert not hasattr(inner, "note") and optimizer.note == "mine"
        assert not hasattr(optimizer, "momentum")
        optimizer.exclude_from_weight_decay(var_names=["bias"])
        variable = tf.Variable([1.0], name="bias")
        assert not optimizer.built
        optimizer.build([variable])
        assert optimizer.built and inner.built
        assert not inner._use_weight_decay(variable)
        assert optimizer.variables[0] is optimizer.iterations
        assert optimizer.iterations is inner.iterations
        optimizer.set_weights([7, [1.0], [2.0]])
        assert [w.tolist() for w in optimizer.get_weights()] == [
            7,
            [1.0],
            [2.0],
        ]

    def test_averages_are_those_of_the_inner_optimizer(self):
        optimizer = scaled(
            tfk.optimizers.SGD(1.0, use_ema=True, ema_momentum=0.5)
        )
        variable = tf.Variable([1.0])
        apply(optimizer, tf.constant([1.0]), variable)
        optimizer.swap_averages([variable])
        assert optimizer.holds_averages
        assert float(variable[0]) == 0.5
        optimizer.swap_averages([variable])
        optimizer.finalize_variable_values([variable])
        assert float(variable[0]) == 0.5

    def test_configs_are_exchanged(self):
        optimizer = scaled(
            tfk.optimizers.Adam(
                tfk.optimizers.schedules.ExponentialDecay(0.5, 2, 0.25)
            ),
            initial_scale=16.0,
            dynamic_growth_steps=5,
        )
        written = tfk.optimizers.serialize(optimizer)
        theirs = tf_keras.optimizers.deserialize(
            tfk.optimizers.serialize(scaled(initial_scale=2.0))
        )
        assert theirs.initial_scale == 2.0
        keras_3 = {
            "module": "keras.optimizers",
            "class_name": "LossScaleOptimizer",
            "config": {
                "name": "mine",
                "weight_decay": None,
                "use_ema": False,
                "loss_scale_factor": None,
                "inner_optimizer": {
                    "module": "keras.optimizers",
                    "class_name": "SGD",
                    "config": {"learning_rate": 0.25},
                },
                "initial_scale": 16.0,
                "dynamic_growth_steps": 5,
            },
        }
        old = {
            "class_name": "LossScaleOptimizer",
            "config": {
                "inner_optimizer": {
                    "class_name": "SGD",
                    "config": {"lr": 0.25},
                },
                "dynamic": True,
                "initial_scale": 16.0,
                "dynamic_growth_steps": 5,
            },
        }
        for config in (
            written,
            tf_keras.optimizers.serialize(theirs),
            keras_3,
            old,
        ):
            again = tfk.optimizers.deserialize(config)
            assert type(again) is tfk.mixed_precision.LossScaleOptimizer
            if config is not written and config["config"]["initial_scale"] == 2:
                assert again.get_config()["dynamic_growth_steps"] == 2000
            else:
                assert again.initial_scale == 16.0
                assert again.dynamic_growth_steps == 5
        assert (
            tfk.optimizers.serialize(tfk.optimizers.deserialize(written))
            == written
        )
        assert (
            tfk.optimizers.deserialize(keras_3).get_config()["name"] == "mine"
        )
        fixed = scaled(dynamic=False, initial_scale=4.0)
        config = fixed.get_config()
        assert type(fixed).from_config(config).get_config() == config

    def test_custom_inner_optimizers_are_read(self):
        class Mine(tfk.optimizers.SGD):
            pass

        config = scaled(Mine()).get_config()
        again = tfk.optimizers.LossScaleOptimizer.from_config(
            config, custom_objects={"Mine": Mine}
        )
        assert type(again.inner_optimizer) is Mine

    def test_checkpoints_are_exchanged(self, tmp_path):
        def tf_keras_scaled():
            return tf_keras.mixed_precision.LossScaleOptimizer(
                tf_keras.optimizers.Adam(0.1), initial_scale=4.0
            )

        def tfk_scaled():
            return scaled(tfk.optimizers.Adam(0.1), initial_scale=4.0)

        def plain():
            return tfk.optimizers.Adam(0.1)

        variable = tf.Variable([1.0, 2.0], name="w")
        for number, (make, make_other) in enumerate(
            (
                (tfk_scaled, tfk_scaled),
                (tf_keras_scaled, tfk_scaled),
                (tfk_scaled, tf_keras_scaled),
                (plain, tfk_scaled),
                (tfk_scaled, plain),
            )
        ):
            saved, loaded = make(), make_other()
            if make is not plain:
                apply(saved, tf.constant([np.inf, 1.0]), variable)
                apply(saved, tf.constant([1.0, -1.0]), variable)
            else:
                saved.apply_gradients([(tf.constant([1.0, -1.0]), variable)])
            path = tf.train.Checkpoint(optimizer=saved).write(
                str(tmp_path / str(number))
            )
            status = tf.train.Checkpoint(optimizer=loaded).read(path)
            loaded.build([variable])
            if make is make_other or make is tf_keras_scaled:
                status.assert_consumed()
            for a, b in zip(loaded.variables, saved.variables, strict=True):
                np.testing.assert_array_equal(a, b)
            if plain not in (make, make_other):
                assert float(loaded.loss_scale) == 2.0
                assert int(loaded.dynamic_counter) == 1
            if make is make_other:
                assert int(loaded.skipped_steps) == 1

    def test_wrong_arguments_are_named(self):
        for error, words, options in (
            (TypeError, "dynamic=1024", {"dynamic": 1024}),
            (ValueError, "needs its value", {"dynamic": False}),
            (
                ValueError,
                "does not grow",
                {
                    "dynamic": False,
                    "initial_scale": 2.0,
                    "dynamic_growth_steps": 3,
                },
            ),
            (ValueError, "initial_scale=0", {"initial_scale": 0}),
            (ValueError, "initial_scale=inf", {"initial_scale": np.inf}),
            (ValueError, "steps=0", {"dynamic_growth_steps": 0}),
            (ValueError, "steps=1.5", {"dynamic_growth_steps": 1.5}),
            (TypeError, "speed", {"speed": 1}),
            (ValueError, "clipnorm=1.0.*inner", {"clipnorm": 1.0}),
        ):
            with pytest.raises(error, match=words):
                scaled(**options)
        with pytest.raises(TypeError, match="'adam'"):
            tfk.optimizers.LossScaleOptimizer("adam")
        with pytest.raises(TypeError, match="can't wrap another"):
            scaled(scaled())
        with pytest.raises(ValueError, match="loss_scale_factor=2.0"):
            scaled(tfk.optimizers.SGD(loss_scale_factor=2.0))

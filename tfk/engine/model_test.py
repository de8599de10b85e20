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
"""Tests of models: their surface, calls, shapes, masks, copies, configs."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk


def two_branches(api):
    a = api.Input((2,), name="a")
    b = api.Input((3,), name="b")
    h = api.layers.Concatenate(name="join")([a, b * 2.0])
    h = tf.nn.relu(h[:, :4]) + tf.reduce_sum(b, axis=1, keepdims=True)
    shared = api.layers.Dense(4, name="shared")
    h = shared(shared(h))
    return api.Model(
        {"a": a, "b": b},
        {
            "x": api.layers.Dense(1, name="first")(h),
            "y": [api.layers.Dense(2, name="second")(h)],
        },
        name="two",
    )


def two_inputs(rows=2):
    return {
        "a": np.linspace(-1, 1, 2 * rows, dtype="float32").reshape(rows, 2),
        "b": np.linspace(-2, 1, 3 * rows, dtype="float32").reshape(rows, 3),
    }


class Classifier(tfk.Model):
    """A subclassed model with a model inside."""

    def __init__(self, units, **kwargs):
        super(Classifier, self).__init__(**kwargs)
        self.units = units
        self.model = tfk.Sequential(
            [tfk.layers.Dense(3), tfk.layers.Dense(units, name="last")]
        )

    def call(self, inputs, training=None):
        return self.model(inputs, training=training)


class FunctionalModelTest:
    def test_names_shapes_and_layers_are_those_of_tf_keras(self):
        ours, theirs = two_branches(tfk), two_branches(tf_keras)
        assert ours.input_names == theirs.input_names == ["a", "b"]
        assert ours.input_shape == theirs.input_shape
        assert ours.output_shape == theirs.output_shape
        assert [x.name for x in ours.layers if "." not in x.name] == [
            x.name for x in theirs.layers if "." not in x.name
        ]
        # The keys of a dict are the only names of the outputs.
        assert ours.output_names == ["x", "y/0"]
        assert [tuple(x.shape) for x in ours.outputs] == [(None, 1), (None, 2)]

    def test_outputs_have_different_names(self):
        names = []
        for keras in (tfk, tf_keras):
            x = keras.Input((3, 2))
            first = keras.layers.LSTM(2, return_state=True, name="lstm")
            other = keras.layers.LSTM(2, name="lstm_1")(x)
            y, _, state = first(x)
            for outputs in ([y, other, state], [y, state, other]):
                names.append(keras.Model(x, outputs).output_names)
        assert names[:2] == names[2:]
        assert names[:2] == [
            ["lstm", "lstm_1", "lstm_2"],
            ["lstm", "lstm_1", "lstm_1_1"],
        ]

    def test_values_are_those_of_tf_keras(self):
        ours, theirs = two_branches(tfk), two_branches(tf_keras)
        theirs.set_weights(ours.get_weights())
        x = two_inputs()
        one, two = ours.predict(x, verbose=0), theirs.predict(x, verbose=0)
        np.testing.assert_allclose(one["x"], two["x"], rtol=1e-5)
        np.testing.assert_allclose(one["y"][0], two["y"][0], rtol=1e-5)

    def test_dict_inputs_are_taken_by_name(self):
        model, x = two_branches(tfk), two_inputs()
        expected = model(x)["x"]
        turned = {"b": x["b"], "extra": x["a"], "a": x["a"]}
        np.testing.assert_array_equal(model(turned)["x"], expected)
        np.testing.assert_array_equal(model([x["a"], x["b"]])["x"], expected)
        listed = tfk.Model(model.inputs, model.outputs)
        np.testing.assert_array_equal(listed(turned)[0], expected)
        with pytest.raises(ValueError, match=r"misses the inputs \['b'\]"):
            model({"a": x["a"]})
        with pytest.raises(ValueError, match="takes 2 inputs"):
            model([x["a"]])

    def test_a_list_of_one_stands_for_the_tensor_as_in_tf_keras(self):
        for api in (tfk, tf_keras):
            x = api.Input((2,))
            model = api.Model([x], [api.layers.Dense(1)(x)])
            assert model.output_shape == (None, 1)
            assert tuple(model.predict(np.ones((3, 2)), verbose=0).shape) == (
                3,
                1,
            )

    @pytest.mark.parametrize(
        "x",
        [np.ones(3), np.ones(3, "int64"), np.ones((3, 1)), tf.ones(3, "half")],
        ids=["float64", "int64", "matrix", "half"],
    )
    def test_inputs_are_fitted_to_the_input(self, x):
        inputs = tfk.Input((1,))
        dense = tfk.layers.Dense(1, kernel_initializer="ones")
        model = tfk.Model(inputs, dense(inputs))
        for y in (model(x), model.predict(x, verbose=0)):
            assert tuple(y.shape) == (3, 1) and y.dtype == np.float32
            np.testing.assert_array_equal(y, np.ones((3, 1)))

    def test_wrong_shape_is_named(self):
        model = two_branches(tfk)
        x = two_inputs()
        with pytest.raises(ValueError, match="Input 'b' of model 'two'"):
            model({"a": x["a"], "b": x["a"]})

    def test_get_layer(self):
        model = two_branches(tfk)
        assert model.get_layer("shared") is model.get_layer(
            index=model.layers.index(model.get_layer("shared"))
        )
        with pytest.raises(ValueError, match="Did you mean 'shared'"):
            model.get_layer("shraed")
        with pytest.raises(ValueError, match="either a `name` or an `index`"):
            model.get_layer()
        with pytest.raises(ValueError, match="Received: index=99"):
            model.get_layer(index=99)

    def test_inputs_alone_are_not_enough(self):
        with pytest.raises(ValueError, match="both `inputs` and `outputs`"):
            tfk.Model(inputs=tfk.Input((2,)))

    def test_multi_argument_calls_are_recorded(self):
        class Combine(tfk.layers.Layer):
            def call(self, first, second, factor=1.0, third=None):
                result = first + factor * second
                return result if third is None else result + third

        a, b = tfk.Input((2,)), tfk.Input((2,))
        model = tfk.Model(
            [a, b], Combine()(a, second=b, factor=3.0, third=a[:, :1])
        )
        y = model([np.ones((1, 2)), np.full((1, 2), 2.0)])
        np.testing.assert_array_equal(y, [[8.0, 8.0]])

    def test_outputs_may_hold_none(self):
        class Pair(tfk.layers.Layer):
            def call(self, inputs):
                return {"kept": inputs["a"] + 1.0, "other": [None, inputs["b"]]}

        a, b = tfk.Input((1,)), tfk.Input((1,))
        outputs = Pair()({"a": a, "b": b})
        assert outputs["other"][0] is None
        model = tfk.Model([a, b], [outputs["other"][1], outputs["kept"]])
        y = model([np.ones((1, 1)), np.full((1, 1), 5.0)])
        assert [v.numpy().item() for v in y] == [5.0, 2.0]

    def test_training_is_handed_down_unless_fixed(self):
        seen = []

        class Probe(tfk.layers.Layer):
            def call(self, inputs, training=None):
                seen.append(training)
                return inputs

        x = tfk.Input((1,))
        model = tfk.Model(x, Probe()(Probe()(x, training=False)))
        seen.clear()
        outer = tfk.Sequential([model])
        ones = tf.ones((1, 1))
        outer(ones)
        seen.clear()
        outer(ones, training=True)
        assert seen == [False, True]

    def test_own_default_of_training_is_that_of_tf_keras(self):
        def results(api):
            class Always(api.layers.Layer):
                def call(self, inputs, training=True):
                    return 2 * inputs if training else inputs

            x = api.Input((1,))
            model = api.Model(x, Always()(x))
            ones = np.ones((1, 1), "float32")
            return [
                model(ones).numpy().item(),
                model(ones, training=False).numpy().item(),
                model.predict(ones, verbose=0).item(),
                api.Sequential([Always()])(ones).numpy().item(),
            ]

        assert results(tfk) == results(tf_keras) == [2.0, 1.0, 1.0, 2.0]


class ModelMaskTest:
    def test_masks_go_through_nested_models(self):
        ids = tfk.Input((None,), dtype="int64")
        table = tfk.layers.Embedding(5, 2, mask_zero=True)
        inner = tfk.Model(ids, tfk.layers.Dense(3)(table(ids)))
        x = tfk.Input((None,), dtype="int64")
        model = tfk.Model(x, tfk.layers.Activation("relu")(inner(x)))
        batch = tf.constant([[1, 2, 0], [4, 0, 0]])
        expected = [[True, True, False], [True, False, False]]
        np.testing.assert_array_equal(model(batch)._keras_mask, expected)
        np.testing.assert_array_equal(model.compute_mask(batch), expected)

    @pytest.mark.parametrize("base", ["Model", "Layer"])
    def test_masks_of_layers_inside_stay(self, base):
        def mask(api):
            class Outer(getattr(api, base, getattr(api.layers, base, None))):
                def __init__(self):
                    super().__init__()
                    self.table = api.layers.Embedding(5, 2, mask_zero=True)
                    self.supports_masking = base == "Layer"

                def call(self, inputs):
                    return self.table(inputs)

            return Outer()(tf.constant([[1, 0]]))._keras_mask.numpy()

        np.testing.assert_array_equal(mask(tfk), mask(tf_keras))

    def test_a_given_mask_does_not_stay_with_the_callers_tensor(self):
        inputs = tfk.Input((3, 2))
        model = tfk.Model(inputs, tfk.layers.Dense(1)(inputs))
        x = tf.ones((1, 3, 2))
        mask = tf.constant([[True, False, True]])
        np.testing.assert_array_equal(model(x, mask=mask)._keras_mask, mask)
        assert getattr(x, "_keras_mask", None) is None
        assert getattr(model(x), "_keras_mask", None) is None


class ModelShapeTest:
    def test_compute_output_shape_is_that_of_tf_keras(self):
        def shapes(api):
            text = api.Input((1,), dtype="string")
            lookup = api.layers.StringLookup(
                vocabulary=["a", "b"], output_mode="one_hot"
            )
            encode = api.Model(text, lookup(text))
            chain = api.Sequential(
                [
                    api.layers.Embedding(4, 2),
                    api.layers.GlobalAveragePooling1D(),
                ]
            )
            a, b = api.Input((2,), name="a"), api.Input((3,), name="b")
            join = api.layers.Concatenate()([a, b])
            branches = api.Model({"a": a, "b": b}, {"join": join, "a": a})
            return [
                encode.compute_output_shape((None, 1)),
                branches.compute_output_shape({"a": (5, 2), "b": (5, 3)}),
                chain.compute_output_shape((None, 7)),
            ]

        assert shapes(tfk) == shapes(tf_keras)

    def test_subclass_is_built_from_a_shape(self):
        model = Classifier(4)
        assert not model.built
        model.build((None, 6))
        assert [tuple(v.shape) for v in model.weights] == [
            (6, 3),
            (3,),
            (3, 4),
            (4,),
        ]
        assert model.count_params() == 37

    def test_build_that_fails_leaves_the_model_unbuilt(self):
        class Strict(tfk.Model):
            def call(self, inputs):
                raise ValueError("only on Sundays")

        model = Strict()
        with pytest.raises(ValueError, match="Sundays") as error:
            model.build((None, 2))
        assert "can't be built from the shape" in error.value.__notes__[-1]
        assert not model.built

    def test_save_spec(self):
        (specs,), _ = two_branches(tfk).save_spec()
        assert specs["a"] == tf.TensorSpec((None, 2), tf.float32, name="a")
        assert Classifier(1).save_spec() is None


class SubclassTest:
    def test_patterns_of_existing_code(self):
        def run(api):
            class Lazy(api.Model):
                def __init__(self, units):
                    self.units = units  # Before the base class is ready.
                    super(Lazy, self).__init__()
                    self.first = api.layers.Dense(
                        units, kernel_initializer="ones"
                    )
                    self.second = None

                def build(self, input_shape):
                    self.scale = self.add_weight(
                        name="scale", shape=(), initializer="ones"
                    )
                    super().build(input_shape)

                def call(self, inputs, training=False):
                    if self.second is None:
                        self.second = api.layers.Dense(
                            1, kernel_initializer="ones"
                        )
                    return self.second(self.first(inputs)) * self.scale

            model = Lazy(3)
            model.compile(api.optimizers.SGD(0.01), "mse")
            x = np.linspace(0, 1, 8, dtype="float32").reshape(4, 2)
            history = model.fit(
                x, np.ones(4), batch_size=2, shuffle=False, verbose=0
            )
            shapes = sorted(tuple(v.shape) for v in model.weights)
            return history.history["loss"], shapes

        (loss, shapes), (expected, expected_shapes) = run(tfk), run(tf_keras)
        np.testing.assert_allclose(loss, expected, rtol=1e-5)
        assert shapes == expected_shapes

    def test_call_may_be_a_tf_function(self):
        class Compiled(tfk.Model):
            def __init__(self):
                super().__init__()
                self.dense = tfk.layers.Dense(1, kernel_initializer="ones")

            @tf.function
            def call(self, inputs, training=False):
                return self.dense(inputs + 1.0 if training else inputs)

        model, x = Compiled(), np.ones((2, 3), "float32")
        np.testing.assert_array_equal(model(x), [[3.0], [3.0]])
        np.testing.assert_array_equal(model(x, training=True), [[6.0], [6.0]])
        model.compile("sgd", "mse")
        model.fit(x, np.ones((2, 1)), verbose=0)
        assert model.predict(x, verbose=0).shape == (2, 1)

    @pytest.mark.parametrize("writes_config", [True, False])
    def test_config_of_a_constructor_without_base_arguments(
        self, writes_config
    ):
        class Plain(tfk.Model):
            def __init__(self, units):
                super().__init__()
                self.units = units
                self.dense = tfk.layers.Dense(units)

            def call(self, inputs):
                return self.dense(inputs)

        class Written(Plain):
            def get_config(self):
                config = super().get_config()
                config["units"] = self.units
                return config

        model = (Written if writes_config else Plain)(3)
        copied = type(model).from_config(model.get_config())
        assert copied.units == 3 and copied.name == model.name

    def test_a_subclass_may_be_functional(self):
        class Net(tfk.Model):
            def __init__(self, units):
                inputs = tfk.Input((2,))
                outputs = tfk.layers.Dense(units)(inputs)
                super().__init__(inputs=inputs, outputs=outputs, name="net")
                self.units = units

        net = Net(3)
        assert net.output_shape == (None, 3) and net.name == "net"
        assert Net.from_config(net.get_config()).output_shape == (None, 3)

    def test_plain_names_are_free_for_subclasses(self):
        class Net(tfk.Model):
            def __init__(self):
                super().__init__()
                self.graph = {"edges": tfk.layers.Dense(1)}
                self._graph = self._state = self._step = self._lift = None

            def call(self, inputs):
                return self.graph["edges"](inputs)

        net = Net()
        net.compile("sgd", "mse")
        net.fit(np.ones((4, 2)), np.ones(4), verbose=0)
        assert len(net.weights) == 2
        outer = tfk.Sequential([tfk.Input((2,)), net])
        assert outer.predict(np.ones((1, 2)), verbose=0).shape == (1, 1)

    def test_no_call_is_explained(self):
        with pytest.raises(NotImplementedError, match="has no `call`"):
            tfk.Model()(tf.ones((1, 1)))


class ModelLossesTest:
    def test_losses_in_loops_of_ones_own_are_those_of_tf_keras(self):
        def run(api):
            class Activity(api.layers.Layer):
                def call(self, inputs):
                    self.add_loss(tf.reduce_mean(inputs))
                    return inputs

            model = api.Sequential(
                [
                    Activity(),
                    api.layers.Dense(
                        1,
                        kernel_initializer="ones",
                        kernel_regularizer="l2",
                        activity_regularizer="l1",
                    ),
                ]
            )
            x = tf.ones((2, 3))
            seen = []
            for _ in range(2):
                model(x)
                seen.append(sorted(float(loss) for loss in model.losses))

            @tf.function
            def total(x):
                model(x)
                return tf.add_n(model.losses)

            seen.append([float(total(x)), float(total(2 * x))])
            optimizer = api.optimizers.SGD(0.1)
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(model(x, training=True))
                loss += sum(model.losses)
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables))
            seen.append(model.get_weights()[0].ravel().tolist())
            return seen

        for ours, theirs in zip(run(tfk), run(tf_keras)):
            np.testing.assert_allclose(ours, theirs, rtol=1e-6)


class FrozenTest:
    def test_a_frozen_model_keeps_its_statistics_in_fit(self):
        base = tfk.Sequential(
            [tfk.layers.Dense(3), tfk.layers.BatchNormalization()]
        )
        base.build((None, 2))
        base.trainable = False
        inputs = tfk.Input((2,))
        model = tfk.Model(inputs, tfk.layers.Dense(1)(base(inputs)))
        assert len(model.trainable_weights) == 2
        model.compile("sgd", "mse")
        x = np.linspace(0, 4, 16).reshape(8, 2)
        before = base.get_weights()
        model.fit(x, np.ones(8), verbose=0)
        for old, new in zip(before, base.get_weights()):
            np.testing.assert_array_equal(old, new)
        base.trainable = True
        assert len(model.trainable_weights) == 6
        model.compile("sgd", "mse")
        model.fit(x, np.ones(8), verbose=0)
        for old, new in zip(before, base.get_weights()):
            assert np.any(old != new)


class CopyTest:
    def test_json_and_clones_keep_the_computation(self):
        model, x = two_branches(tfk), two_inputs()
        expected = model(x)
        for other in (
            tfk.models.model_from_json(model.to_json()),
            tfk.Model.from_config(model.get_config()),
            tfk.models.clone_model(model),
        ):
            assert other.input_names == model.input_names
            assert np.any(other(x)["x"] != expected["x"])
            other.set_weights(model.get_weights())
            np.testing.assert_allclose(other(x)["x"], expected["x"], rtol=1e-6)
            np.testing.assert_allclose(
                other(x)["y"][0], expected["y"][0], rtol=1e-6
            )

    def test_clone_function_and_input_tensors(self):
        inputs = tfk.Input((2,))
        model = tfk.Model(inputs, tfk.layers.Dense(1)(inputs))
        made = []

        def widen(layer):
            made.append(layer.name)
            return tfk.layers.Dense(5)

        fresh = tfk.Input((2,), name="fresh")
        clone = tfk.models.clone_model(model, fresh, widen)
        assert clone.output_shape == (None, 5)
        assert clone.input_names == ["fresh"] and len(made) == 1

    @pytest.mark.parametrize(
        "how",
        [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))],
        ids=["deepcopy", "pickle"],
    )
    def test_copies_are_independent_and_keep_training(self, how):
        model = tfk.Sequential([tfk.Input((2,)), tfk.layers.Dense(1)])
        model.compile("adam", "mse")
        x, y = np.ones((4, 2)), np.ones((4, 1))
        model.fit(x, y, verbose=0)
        copied = how(model)
        expected = model.predict(x, verbose=0)
        np.testing.assert_array_equal(copied.predict(x, verbose=0), expected)
        losses = [m.train_on_batch(x, y) for m in (model, copied)]
        np.testing.assert_allclose(*losses)
        copied.set_weights([0 * w for w in copied.get_weights()])
        assert np.any(model.predict(x, verbose=0) != 0)

    def test_subclasses_are_copied(self):
        model = Classifier(2)
        y = model(np.ones((1, 3)))
        np.testing.assert_array_equal(copy.deepcopy(model)(np.ones((1, 3))), y)
        assert copy.deepcopy(Classifier(2)).units == 2

    def test_models_are_freed(self):
        def make():
            model = tfk.Sequential([tfk.Input((2,)), tfk.layers.Dense(1)])
            model.compile("adam", "mse")
            model.fit(np.ones((2, 2)), np.ones(2), verbose=0)
            model.predict(np.ones((2, 2)), verbose=0)
            return weakref.ref(model)

        reference = make()
        gc.collect()
        assert reference() is None


class SummaryTest:
    def lines(self, model, **kwargs):
        found = []
        model.summary(print_fn=found.append, **kwargs)
        return "\n".join(found)

    def test_counts_and_connections(self):
        text = self.lines(two_branches(tfk))
        model = two_branches(tfk)
        assert f"Total params: {model.count_params()} " in text
        assert "Connected to" in text and "shared[0][0]" in text

    def test_nested_models_are_opened(self):
        model = tfk.Sequential(
            [Classifier(2, name="inside"), tfk.layers.Dense(1)]
        )
        model.build((None, 3))
        assert "last (Dense)" not in self.lines(model)
        text = self.lines(model, expand_nested=True, show_trainable=True)
        assert "last (Dense)" in text and "Trainable" in text

    def test_lifted_layers_are_marked(self):
        x = tfk.Input((1,))
        h = tfk.layers.Rescaling(2.0, name="scale")(x)
        model = tfk.Model(x, tfk.layers.Dense(1, name="dense")(h))
        text = self.lines(model)
        assert "scale (Rescaling) (lifted)" in text
        assert "dense (Dense) (lifted)" not in text
        assert "Layers marked (lifted): 1" in text

    def test_ranges(self):
        model = tfk.Sequential(
            [tfk.Input((2,))]
            + [tfk.layers.Dense(1, name=name) for name in "abc"]
        )
        text = self.lines(model, layer_range=["b", "c"])
        assert "b (Dense)" in text and "a (Dense)" not in text
        with pytest.raises(ValueError, match="a layer that the model lacks"):
            self.lines(model, layer_range=["b", "z"])

    def test_unbuilt_models_have_none(self):
        with pytest.raises(ValueError, match="is not built"):
            tfk.Sequential([tfk.layers.Dense(1)]).summary()

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
"""Tests of layers: weights, calls, masks, losses, dtypes, configs."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk


class Scale(tfk.layers.Layer):
    """A layer with one weight of each kind."""

    def __init__(self, factor=2.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def build(self, input_shape):
        self.count = self.add_weight(
            "count", (), initializer="zeros", trainable=False
        )
        self.scale = self.add_weight(
            "scale", (input_shape[-1],), initializer="ones"
        )

    def call(self, inputs):
        return inputs * self.scale * tf.cast(self.factor, inputs.dtype)


def composite(api):
    """Makes the same nest of layers with tfk or tf_keras."""

    class Block(api.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.late = api.layers.Dense(2)
            self.pair = [api.layers.Dense(3), api.layers.BatchNormalization()]
            self.named = {"b": api.layers.Dense(4), "a": api.layers.Dense(5)}

        def build(self, input_shape):
            self.own = self.add_weight("own", (7,), trainable=False)
            self.own_trained = self.add_weight("own_trained", (6,))
            super().build(input_shape)

        def call(self, inputs):
            x = self.pair[1](self.pair[0](inputs))
            return self.named["a"](self.named["b"](self.late(x)))

    return Block()


class LayerWeightsTest:
    @pytest.mark.parametrize("frozen", ["nothing", "part", "all"])
    def test_order_of_weights_is_that_of_tf_keras(self, frozen):
        shapes = {}
        for api in (tfk, tf_keras):
            block = composite(api)
            block(np.ones((2, 3), "float32"))
            if frozen == "part":
                block.pair[0].trainable = False
            elif frozen == "all":
                block.trainable = False
            shapes[api] = {
                kind: [tuple(v.shape) for v in getattr(block, kind)]
                for kind in (
                    "weights",
                    "trainable_weights",
                    "non_trainable_weights",
                )
            }
        assert shapes[tfk] == shapes[tf_keras]

    @pytest.mark.parametrize("kind", ["sequential", "functional", "subclass"])
    def test_order_in_models_is_that_of_tf_keras(self, kind):
        def build(api):
            if kind == "sequential":
                return api.Sequential(
                    [
                        api.layers.Dense(2, input_shape=(3,)),
                        api.layers.BatchNormalization(),
                        api.layers.Dense(4),
                    ]
                )
            if kind == "functional":
                a, b = api.Input((3,)), api.Input((2,))
                x = api.layers.Dense(4)(api.layers.Dense(5)(b))
                y = api.layers.BatchNormalization()(api.layers.Dense(4)(a))
                z = api.layers.Add()([y, x])
                return api.Model([a, b], [api.layers.Dense(6)(z), x])

            class Net(api.Model):
                def __init__(self):
                    super().__init__()
                    self.block = composite(api)
                    self.dense = api.layers.Dense(9)

                def call(self, inputs):
                    return self.dense(self.block(inputs))

            net = Net()
            net(np.ones((1, 3), "float32"))
            return net

        ours, theirs = build(tfk), build(tf_keras)
        for attribute in ("weights", "trainable_weights"):
            assert [tuple(v.shape) for v in getattr(ours, attribute)] == [
                tuple(v.shape) for v in getattr(theirs, attribute)
            ]
        assert [x.name.rstrip("_0123456789") for x in ours.layers] == [
            x.name.rstrip("_0123456789") for x in theirs.layers
        ]

    def test_weights_found_in_any_attribute(self):
        layer = tfk.layers.Layer()
        layer.free = tf.Variable(1.0)
        layer.nested = {"x": [tf.Variable(2.0)], "module": tf.Module()}
        layer.nested["module"].v = tf.Variable(3.0, trainable=False)
        layer.add_weight("unassigned", (), initializer="ones")
        values = [float(v) for v in layer.trainable_weights]
        assert values == [1.0, 2.0, 1.0]
        assert [float(v) for v in layer.non_trainable_weights] == [3.0]

    def test_set_weights_changes_all_or_nothing(self):
        layer = Scale()
        layer(tf.ones((1, 3)))
        before = layer.get_weights()
        with pytest.raises(ValueError, match="has 2 weights"):
            layer.set_weights([np.zeros(3)])
        with pytest.raises(ValueError, match="No weight was changed"):
            layer.set_weights([np.zeros(3), np.zeros(2)])
        for now, then in zip(layer.get_weights(), before):
            np.testing.assert_array_equal(now, then)

    def test_initial_weights_are_taken(self):
        layer = Scale(weights=[np.full(3, 5.0), np.ones(())])
        np.testing.assert_allclose(layer(np.ones((1, 3))), [[10.0] * 3])

    def test_unknown_shape_of_a_weight_is_named(self):
        with pytest.raises(ValueError, match="'scale' of layer 'mine'"):
            Scale(name="mine")(tfk.Input((None,)))

    def test_free_names(self):
        layer = Scale(name="block-1 é")
        layer(tf.ones((1, 2)))
        tf.function(layer)(tf.ones((1, 2)))
        assert layer.name == "block-1 é"

    def test_checkpoint_holds_the_weights(self, tmp_path):
        layer, other = Scale(), Scale()
        layer(tf.ones((1, 2)))
        other(tf.ones((1, 2)))
        layer.scale.assign([3.0, 4.0])
        path = tf.train.Checkpoint(layer=layer).write(str(tmp_path / "c"))
        tf.train.Checkpoint(layer=other).read(path).assert_consumed()
        np.testing.assert_array_equal(other.scale, [3.0, 4.0])


class LayerCallTest:
    def test_numbers_arrays_and_lists_are_taken(self):
        layer = tfk.layers.Activation("linear")
        for inputs in (np.ones((1, 2)), [[1.0, 1.0]], tf.ones((1, 2))):
            np.testing.assert_array_equal(layer(inputs), [[1.0, 1.0]])
            assert layer(inputs).dtype == tf.float32

    def test_training_is_passed_inherited_and_defaulted(self):
        seen = []

        class Probe(tfk.layers.Layer):
            def call(self, inputs, training=None):
                seen.append(training)
                return inputs

        class Outer(tfk.layers.Layer):
            def __init__(self):
                super().__init__()
                self.probe = Probe()

            def call(self, inputs):
                return self.probe(inputs)

        x = tf.ones((1, 1))
        Probe()(x)
        Probe()(x, training=True)
        Outer()(x, training=True)
        tfk.Sequential([Probe()])(x, training=True)
        # None, as in tf_keras, so that defaults further in can take effect.
        assert seen[:3] == [None, True, True] and seen[-1] is True

    def test_python_control_flow_on_tensors_works_in_graphs(self):
        class Flow(tfk.layers.Layer):
            def call(self, inputs):
                if tf.reduce_sum(inputs) > 0:
                    return inputs + 1.0
                return inputs - 1.0

        layer = Flow()
        for run in (layer, tf.function(layer)):
            assert run(tf.ones((1, 1))).numpy() == 2.0
            assert run(-tf.ones((1, 1))).numpy() == -2.0

    def test_errors_name_the_layer_once(self):
        class Broken(tfk.layers.Layer):
            def call(self, inputs):
                raise ValueError("no")

        model = tfk.Sequential([Broken(name="broken")], name="outer")
        with pytest.raises(ValueError) as error:
            model(tf.ones((2, 3)))
        notes = error.value.__notes__
        assert len(notes) == 1
        assert (
            "'broken'" in notes[0]
            and "shape=(None, 3)" in notes[0]
            or ("shape=(2, 3)" in notes[0])
        )

    def test_input_spec_is_checked(self):
        dense = tfk.layers.Dense(2, name="dense")
        dense(tf.ones((1, 3)))
        with pytest.raises(ValueError, match="layer 'dense'.*axis"):
            dense(tf.ones((1, 4)))

    def test_missing_super_init_is_named(self):
        class Forgetful(tfk.layers.Layer):
            def __init__(self):
                pass

        with pytest.raises((RuntimeError, AttributeError)):
            Forgetful()(tf.ones(1))

    def test_unknown_argument_is_named(self):
        with pytest.raises(TypeError, match="`unts`"):
            tfk.layers.Dense(2, unts=3)

    def test_compute_output_shape_and_signature(self):
        layer = Scale()
        assert layer.compute_output_shape((None, 3)) == (None, 3)
        spec = layer.compute_output_signature(tf.TensorSpec((2, 3)))
        assert spec.shape == (2, 3) and spec.dtype == tf.float32


class LayerMaskTest:
    def test_masks_travel_and_stop(self):
        ids = np.array([[1, 2, 0]])
        embedded = tfk.layers.Embedding(5, 4, mask_zero=True)(ids)
        mask = [[True, True, False]]
        np.testing.assert_array_equal(embedded._keras_mask, mask)
        dense = tfk.layers.Dense(2)(embedded)
        np.testing.assert_array_equal(dense._keras_mask, mask)
        stopped = tfk.layers.Flatten()(embedded)
        assert getattr(stopped, "_keras_mask", None) is None

    def test_mask_that_is_passed_travels_on(self):
        x, mask = np.ones((2, 3, 2), "float32"), np.eye(2, 3) > 0
        for keras in (tfk, tf_keras):
            steps = keras.layers.LSTM(2, return_sequences=True)
            outputs = steps(x, mask=tf.constant(mask))
            np.testing.assert_array_equal(outputs._keras_mask, mask)
            outputs._keras_mask = tf.constant(~mask)
            # None, if it is passed, stands for no mask.
            outputs = steps(outputs, mask=None)
            assert getattr(outputs, "_keras_mask", None) is None

    def test_mask_is_given_to_call(self):
        class Sum(tfk.layers.Layer):
            def call(self, inputs, mask=None):
                kept = tf.cast(mask, inputs.dtype)[..., tf.newaxis]
                return tf.reduce_sum(inputs * kept, axis=1)

        inputs = tfk.Input((3,), dtype="int64")
        embedding = tfk.layers.Embedding(5, 4, mask_zero=True)
        model = tfk.Model(inputs, Sum()(embedding(inputs)))
        ids = np.array([[1, 2, 0], [3, 0, 0]])
        table = embedding.get_weights()[0]
        expected = [table[1] + table[2], table[3]]
        np.testing.assert_allclose(
            model.predict(ids, verbose=0), expected, rtol=1e-6
        )


class LayerLossTest:
    def test_losses_are_those_of_the_latest_call(self):
        class Activity(tfk.layers.Layer):
            def call(self, inputs, training=None):
                if training:
                    self.add_loss(tf.reduce_sum(inputs))
                return inputs

        model = tfk.Sequential(
            [Activity(), tfk.layers.Dense(1, kernel_regularizer="l2")]
        )
        x = tf.ones((2, 3))
        model(x, training=True)
        model(x, training=True)
        assert len(model.losses) == 2 and float(model.losses[0]) == 6.0
        model(x, training=False)
        assert len(model.losses) == 1

    def test_activity_regularizer_is_a_mean_over_the_batch(self):
        ours = tfk.layers.Activation("linear", activity_regularizer="l2")
        theirs = tf_keras.layers.Activation("linear", activity_regularizer="l2")
        x = np.random.rand(4, 3).astype("float32")
        ours(x), theirs(x)
        np.testing.assert_allclose(ours.losses, theirs.losses, rtol=1e-6)

    def test_add_loss_outside_of_call(self):
        layer = Scale()
        with pytest.raises(ValueError, match="outside of `call`"):
            layer.add_loss(tf.constant(1.0))
        layer.add_loss(lambda: tf.constant(2.0))
        assert float(layer.losses[0]) == 2.0


class LayerDtypeTest:
    @pytest.mark.parametrize("name", ["mixed_float16", "mixed_bfloat16"])
    def test_mixed_policy_computes_in_16_bits(self, name):
        layer = Scale(dtype=name)
        y = layer(tf.ones((2, 3)))
        assert y.dtype.name == layer.compute_dtype == name[6:]
        assert layer.weights[0].dtype == tf.float32
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.cast(layer(tf.ones((2, 3))), tf.float32))
        gradient = tape.gradient(loss, layer.trainable_weights)[0]
        np.testing.assert_array_equal(gradient, [4.0] * 3)
        assert gradient.dtype == tf.float32

    def test_global_policy(self):
        tfk.mixed_precision.set_global_policy("mixed_bfloat16")
        try:
            assert Scale().compute_dtype == "bfloat16"
        finally:
            tfk.mixed_precision.set_global_policy(None)
        assert Scale().compute_dtype == "float32"

    def test_inputs_are_cast_to_the_compute_dtype(self):
        assert Scale()(np.ones((1, 2), "float64")).dtype == tf.float32
        layer = Scale(dtype="float64")
        assert layer(np.ones((1, 2), "float32")).dtype == tf.float64

    def test_wrong_policy_is_named(self):
        with pytest.raises(ValueError, match="mixed_float17"):
            Scale(dtype="mixed_float17")


class LayerConfigTest:
    def test_config_is_the_signature(self):
        layer = Scale(factor=3.0, name="s", trainable=False)
        config = layer.get_config()
        assert config == {
            "name": "s",
            "trainable": False,
            "dtype": "float32",
            "factor": 3.0,
        }
        assert Scale.from_config(config).get_config() == config

    def test_nested_objects_round_trip_without_get_config(self):
        class Wrap(tfk.layers.Layer):
            def __init__(self, layer, initializer="zeros", **kwargs):
                super().__init__(**kwargs)
                self.layer = layer
                self.initializer = tfk.initializers.get(initializer)

        wrap = Wrap(tfk.layers.Dense(3), "ones")
        copy = Wrap.from_config(wrap.get_config())
        assert isinstance(copy.layer, tfk.layers.Dense)
        assert isinstance(copy.initializer, tfk.initializers.Ones)

    def test_argument_that_was_not_kept_is_named(self):
        class Lossy(tfk.layers.Layer):
            def __init__(self, secret, **kwargs):
                super().__init__(**kwargs)

        with pytest.raises(NotImplementedError, match="`secret`"):
            Lossy(1).get_config()

    def test_legacy_shape_arguments(self):
        layer = tfk.layers.Dense(2, input_shape=(3,))
        assert layer.get_config()["batch_input_shape"] == (None, 3)
        layer = tfk.layers.Dense(2, input_dim=3, batch_size=4)
        assert layer.get_config()["batch_input_shape"] == (4, 3)

    def test_options_of_the_base_class_are_not_saved(self):
        layer = Scale(activity_regularizer=lambda x: 3.0, autocast=False)
        assert set(layer.get_config()) == {
            "name",
            "trainable",
            "dtype",
            "factor",
        }
        layer(tf.ones((1, 2)))
        assert [float(loss) for loss in layer.losses] == [3.0]
        with pytest.raises(tf.errors.InvalidArgumentError):
            layer(tf.ones((1, 2), tf.float64))  # Which nothing casts.


class PathTest:
    def test_path_names_the_layers_around(self):
        class Outer(tfk.layers.Layer):
            def build(self, input_shape):
                self.built_along = tfk.layers.Dense(2, name="along")
                self.built_along.build(input_shape)
                self.called = tfk.layers.Dense(2, name="called")
                self.called(tf.ones((1, *input_shape[1:])))

            def call(self, inputs):
                if not hasattr(self, "late"):
                    self.late = tfk.layers.Dense(2, name="late")
                return self.late(self.called(inputs))

        outer = Outer(name="outer")
        assert outer.path == "outer"
        outer(tf.ones((1, 3)))
        assert outer.path == "outer"
        assert outer.called.path == "outer/called"
        assert outer.late.path == "outer/late"

    def test_layers_of_a_graph_stand_for_themselves(self):
        layer = tfk.layers.Dense(2, name="dense_of_graph")
        tfk.Model(*(lambda x: (x, layer(x)))(tfk.Input((3,))))
        assert layer.path == "dense_of_graph"

    def test_path_may_be_a_users_attribute(self):
        class Reader(tfk.layers.Layer):
            def __init__(self, path, **kwargs):
                super().__init__(**kwargs)
                self.path = path

            def call(self, inputs):
                return inputs

        layer = Reader("/data/words.txt")
        layer(tf.ones((1, 2)))
        assert layer.path == "/data/words.txt"
        assert layer.get_config()["path"] == "/data/words.txt"


class InputLayerTest:
    def test_shapes_have_two_names(self):
        layers = [
            tfk.layers.InputLayer(input_shape=(3,), batch_size=2),
            tfk.layers.InputLayer(shape=(3,), batch_size=2),
            tfk.layers.InputLayer(batch_shape=(2, 3)),
            tfk.layers.InputLayer(batch_input_shape=(2, 3)),
        ]
        for layer in layers:
            assert layer.get_config()["batch_input_shape"] == (2, 3)

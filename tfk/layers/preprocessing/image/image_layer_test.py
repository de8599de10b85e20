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
"""Tests of what all random image layers have in common."""

import keras as keras3
import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.engine import element_stream
from tfk.layers.preprocessing.image import image_layer
from tfk.testing import strategies

IMAGES = np.random.RandomState(0).uniform(0, 255, (6, 5, 4, 3)).astype("f4")

L = tfk.layers
LAYERS = [
    lambda **k: L.RandomFlip(**k),
    lambda **k: L.RandomTranslation(0.3, 0.2, **k),
    lambda **k: L.RandomRotation(0.2, **k),
    lambda **k: L.RandomZoom(0.3, 0.2, **k),
    lambda **k: L.RandomCrop(3, 3, **k),
    lambda **k: L.RandomBrightness(0.3, **k),
    lambda **k: L.RandomContrast(0.3, **k),
    lambda **k: L.RandomShear(0.3, 0.2, **k),
    lambda **k: L.RandomPerspective(0.8, **k),
    lambda **k: L.RandomSaturation(0.8, **k),
    lambda **k: L.RandomHue(0.8, **k),
    lambda **k: L.RandomColorDegeneration(0.8, **k),
    lambda **k: L.RandomGrayscale(0.5, **k),
    lambda **k: L.RandomColorJitter((0, 255), 0.1, 0.3, 0.6, 0.1, **k),
    lambda **k: L.RandomInvert(0.5, **k),
    lambda **k: L.RandomPosterization(6, **k),
    lambda **k: L.Solarization(0.3, 0.9, **k),
    lambda **k: L.RandomSharpness(1.0, **k),
    lambda **k: L.RandomGaussianBlur(0.8, sigma=3.0, **k),
    lambda **k: L.RandomErasing(scale=(0.2, 0.6), **k),
    lambda **k: L.RandAugment(num_ops=3, **k),
    lambda **k: L.AugMix(factor=0.9, **k),
]
KERAS_3 = [
    "AugMix",
    "AutoContrast",
    "CenterCrop",
    "CutMix",
    "Equalization",
    "MixUp",
    "RandAugment",
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomColorJitter",
    "RandomContrast",
    "RandomCrop",
    "RandomErasing",
    "RandomFlip",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHue",
    "RandomInvert",
    "RandomPerspective",
    "RandomPosterization",
    "RandomRotation",
    "RandomSaturation",
    "RandomSharpness",
    "RandomShear",
    "RandomTranslation",
    "RandomZoom",
    "Resizing",
    "Solarization",
]
every_layer = pytest.mark.parametrize(
    "make", LAYERS, ids=[type(make()).__name__ for make in LAYERS]
)


class RandomImageLayerTest:
    @every_layer
    def test_images_do_not_depend_on_how_they_are_batched(self, make):
        layer = make(seed=3)
        whole = [layer(IMAGES), layer(IMAGES)]
        assert not np.allclose(*whole)
        again = make(seed=3)
        parts = [again(IMAGES[:1]), again(IMAGES[1:4]), again(IMAGES[4:])]
        # But for the last bits of functions such as `tf.exp`.
        np.testing.assert_allclose(tf.concat(parts, 0), whole[0], 1e-5, 1e-3)
        # In graphs, of any size, and images by themselves.
        compiled = tf.function(
            lambda x: again(x),
            input_signature=[tf.TensorSpec([None, None, None, 3])],
        )
        parts = [compiled(IMAGES[:5]), again(IMAGES[5])[None]]
        np.testing.assert_allclose(tf.concat(parts, 0), whole[1], 1e-5, 1e-3)

    @every_layer
    def test_seeds_of_a_call_fix_it_and_leave_the_layer_alone(self, make):
        layer, again = make(seed=3), make(seed=4)
        for seed in (5, np.int64(5), tf.constant([5, 6])):
            ours = layer(IMAGES, seed=seed)
            np.testing.assert_array_equal(ours, again(IMAGES, seed=seed))
            np.testing.assert_allclose(
                ours[:2], again(IMAGES[:2], seed=seed), 1e-5, 1e-3
            )
        assert not np.allclose(ours, layer(IMAGES, seed=5))
        assert not np.allclose(ours, layer(IMAGES, seed=tf.constant([5, 7])))
        np.testing.assert_array_equal(layer(IMAGES), make(seed=3)(IMAGES))

    @every_layer
    def test_drawing_and_applying_are_one_call(self, make):
        layer = make(seed=3)
        drawn = layer.get_random_transformation(IMAGES, seed=7)
        np.testing.assert_array_equal(
            layer.transform_images(IMAGES, drawn), layer(IMAGES, seed=7)
        )
        one = layer.get_random_transformation(IMAGES[0], seed=7)
        np.testing.assert_array_equal(
            layer.transform_single_image(IMAGES[0], one),
            layer(IMAGES[0], seed=7),
        )
        # `RandomCrop` cuts the middle out where it draws nothing.
        if not isinstance(layer, tfk.layers.RandomCrop):
            assert (
                layer.get_random_transformation(IMAGES, training=False) is None
            )
        np.testing.assert_array_equal(
            layer.transform_images(IMAGES, drawn, training=False),
            layer(IMAGES, training=False),
        )

    @every_layer
    def test_training_may_be_a_tensor(self, make):
        layer = make(seed=3)
        call = tf.function(lambda x, mode: layer(x, training=mode, seed=5))
        for mode in (True, False):
            np.testing.assert_allclose(
                call(IMAGES, tf.constant(mode)),
                layer(IMAGES, training=mode, seed=5),
                1e-5,
                1e-3,
            )

    @every_layer
    def test_dtypes_are_those_of_the_policy(self, make):
        for policy, dtype in (
            ("float32", "float32"),
            ("mixed_bfloat16", "bfloat16"),
            ("float64", "float64"),
            ("uint8", "uint8"),
        ):
            layer = make(seed=3, dtype=policy)
            for given in ("uint8", "float32", "int64", "float16"):
                images = tf.cast(IMAGES, given)
                for training in (True, False):
                    assert layer(images, training=training).dtype == dtype
        ours = make(seed=3, dtype="uint8")(IMAGES.astype("uint8"))
        wanted = make(seed=3)(IMAGES.astype("uint8"))
        np.testing.assert_array_equal(ours, np.round(wanted))

    @every_layer
    def test_channels_may_be_first(self, make):
        layer = make(seed=3, data_format="channels_first")
        images = np.transpose(IMAGES, (0, 3, 1, 2))
        wanted = make(seed=3)(IMAGES)
        np.testing.assert_array_equal(
            tf.transpose(layer(images), (0, 2, 3, 1)), wanted
        )
        again = type(layer).from_config(layer.get_config())
        assert again.data_format == "channels_first"
        assert layer.compute_output_shape(images.shape) == tuple(
            np.array(wanted.shape)[[0, 3, 1, 2]]
        )

    @every_layer
    def test_ragged_images_are_changed_each_by_itself(self, make):
        layer = make(seed=3)
        parts = [IMAGES[0], IMAGES[1, :4, :3], IMAGES[2, :3]]
        outputs = layer(tf.ragged.stack(parts), seed=5)
        for index, part in enumerate(parts):
            found = outputs[index]
            if isinstance(found, tf.RaggedTensor):
                found = found.to_tensor()
            batch = np.stack([part] * 3)
            np.testing.assert_allclose(
                found, layer(batch, seed=5)[index], 1e-5, 1e-3
            )

    @every_layer
    def test_replicas_draw_numbers_of_their_own(self, make):
        strategy = strategies.two_replicas()
        with strategy.scope():
            layer = make(seed=3)
        images = np.stack([IMAGES[0]] * 16)
        call = tf.function(
            lambda: strategy.experimental_local_results(
                strategy.run(lambda: layer(images))
            )
        )
        found = [part.numpy() for part in call()]
        np.testing.assert_allclose(found[0], make(seed=3)(images), 1e-5, 1e-3)
        found += [part.numpy() for part in call()]
        assert not any(np.allclose(found[0], part) for part in found[1:])

    @every_layer
    def test_pipelines_run_it_on_many_threads(self, make):
        layer = make(seed=3)
        dataset = tf.data.Dataset.from_tensor_slices(IMAGES).enumerate()
        changed = dataset.map(
            lambda index, image: layer(image, seed=index),
            num_parallel_calls=4,
        )
        for index, image in enumerate(changed):
            np.testing.assert_allclose(
                image, layer(IMAGES[index], seed=index), 1e-5, 1e-3
            )

    def test_reserved_positions_make_threads_give_what_a_loop_gives(self):
        loop, threads = [make(seed=3) for make in (LAYERS[0], LAYERS[0])]
        wanted = [loop(IMAGES), loop(IMAGES)]
        stream = threads.element_stream
        dataset = tf.data.Dataset.from_tensor_slices(IMAGES).repeat(2).batch(4)

        def change(images, position):
            with element_stream.positions({stream: position}):
                return threads(images)

        changed = dataset.map(
            lambda images: (images, stream.reserve(tf.shape(images)[0]))
        ).map(change, num_parallel_calls=4)
        np.testing.assert_array_equal(
            tf.concat(list(changed), 0), tf.concat(wanted, 0)
        )

    def test_layers_of_one_seed_draw_different_numbers(self):
        draws = [
            make(seed=3).element_stream.draws(2).uniform(2).numpy()
            for make in LAYERS
        ]
        assert len({array.tobytes() for array in draws}) == len(LAYERS)

    def test_fit_augments_and_predict_does_not(self):
        model = tfk.Sequential(
            [
                tfk.Input((5, 4, 3)),
                tfk.layers.RandomBrightness((0.5, 0.5), (0, 300)),
                tfk.layers.Flatten(),
                tfk.layers.Dense(1, kernel_initializer="ones"),
            ]
        )
        total = IMAGES[:1].sum()
        np.testing.assert_allclose(
            model.predict(IMAGES[:1], verbose=0)[0, 0], total, 1e-4
        )
        model.compile(loss="mse", optimizer=tfk.optimizers.SGD(0.0))
        targets = np.minimum(IMAGES[:1] + 150, 300).sum().reshape((1, 1))
        history = model.fit(IMAGES[:1], targets, verbose=0)
        assert history.history["loss"][0] < 1.0

    @pytest.mark.parametrize("name", KERAS_3)
    def test_configs_of_keras_3_are_read(self, name):
        arguments = {
            "CenterCrop": (2, 3),
            "RandomBrightness": (0.2,),
            "RandomColorDegeneration": ((0.1, 0.2),),
            "RandomContrast": (0.2,),
            "RandomCrop": (2, 3),
            "RandomHue": (0.2,),
            "RandomPosterization": (3,),
            "RandomRotation": (0.2,),
            "RandomSaturation": (0.3,),
            "RandomSharpness": (0.2,),
            "RandomTranslation": (0.2, 0.1),
            "RandomZoom": (0.2,),
            "Resizing": (2, 3),
        }.get(name, ())
        config = getattr(keras3.layers, name)(*arguments).get_config()
        layer = getattr(tfk.layers, name).from_config(config)
        ours = layer.get_config()
        assert layer.name == config["name"]
        for key in set(ours) & set(config) - {"dtype"}:
            value = config[key]
            if isinstance(value, (list, tuple)):
                value, ours[key] = list(value), list(ours[key])
            assert ours[key] == value
        there = set(config) - set(ours)
        assert there <= {
            "antialias",
            "data_format",
            "fill_mode",
            "fill_value",
            "pad_to_aspect_ratio",
            "value_range",
        }
        layer(IMAGES)

    @pytest.mark.parametrize(
        "layer",
        [L.RandomContrast(0.5), L.RandomCrop(3, 2), L.RandomFlip()],
        ids=lambda layer: type(layer).__name__,
    )
    def test_channels_may_be_unknown(self, layer):
        @tf.function(input_signature=[tf.TensorSpec((None, 4, 5, None))])
        def changed(images):
            return layer(images, training=True)

        rows, columns = (3, 2) if isinstance(layer, L.RandomCrop) else (4, 5)
        for count in (1, 2):
            found = changed(tf.ones((count, 4, 5, 3)))
            assert found.shape == (count, rows, columns, 3)

    def test_unknown_keys_pass(self):
        layer = LAYERS[1](seed=3)
        extra = np.arange(6)
        outputs = layer({"images": IMAGES, "weights": extra, "labels": extra})
        np.testing.assert_array_equal(outputs["weights"], extra)
        np.testing.assert_array_equal(outputs["labels"], extra)

    def test_boxes_stay_where_things_stay_and_need_a_format_elsewhere(self):
        boxes = {"boxes": np.ones((6, 2, 4), "f4"), "labels": np.ones((6, 2))}
        inputs = {"images": IMAGES, "bounding_boxes": boxes}
        outputs = L.RandomBrightness(0.2)(inputs)
        np.testing.assert_array_equal(
            outputs["bounding_boxes"]["boxes"], boxes["boxes"]
        )
        for layer in (L.RandomRotation(0.2), L.Resizing(3, 3), L.CutMix()):
            with pytest.raises(ValueError, match="Pass `bounding_box_format"):
                layer(inputs)

    @pytest.mark.parametrize("seed", [0.5, "a", (1, 2, 3)])
    def test_wrong_seeds_are_refused(self, seed):
        with pytest.raises(TypeError, match="seed"):
            LAYERS[0](seed=3)(IMAGES, seed=seed)
        with pytest.raises(TypeError, match="seed"):
            LAYERS[0](seed=seed)

    def test_a_layer_without_a_draw_says_so(self):
        with pytest.raises(NotImplementedError):
            image_layer.RandomImageLayer()(IMAGES)

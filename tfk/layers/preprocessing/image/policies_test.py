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
"""Tests of RandAugment and AugMix."""

import numpy as np
import pytest
import tensorflow as tf

from tfk.layers.preprocessing.image import color
from tfk.layers.preprocessing.image import policies
from tfk.layers.preprocessing.image import projection

IMAGES = np.random.RandomState(0).uniform(0, 255, (14, 8, 9, 3)).astype("f4")
STRENGTHS = np.linspace(-1, 1, 14).astype("float32")


def reference(kind, image, strength):
    """Returns one image after one change, without any grouping."""
    image = tf.constant(image[None])
    strength = tf.constant([strength])
    if kind == 0:
        return image[0]
    moves = list(policies._MOVES.values())
    if kind <= len(moves):
        maps = moves[kind - 1](strength, 8.0, 9.0)
        return projection.project(image, maps, "constant", 0.0, "bilinear")[0]
    tone = list(policies._TONES.values())[kind - 1 - len(moves)]
    return color.clip(tone(image, strength), (0, 255))[0]


class PoliciesTest:
    def test_each_image_gets_its_own_change(self):
        layer = policies.RandAugment(num_ops=1)
        kinds = np.arange(14)
        outputs = layer.transform_images(
            IMAGES,
            {
                "kind": tf.constant(kinds[:, None], tf.int32),
                "strength": tf.constant(STRENGTHS[:, None]),
            },
        ).numpy()
        for index, kind in enumerate(kinds):
            wanted = reference(kind, IMAGES[index], STRENGTHS[index])
            np.testing.assert_allclose(outputs[index], wanted, 1e-4, 1e-2)
            if kind:
                assert not np.allclose(outputs[index], IMAGES[index])

    def test_kinds_and_strengths_are_drawn_evenly(self):
        images = np.zeros((2800, 1, 1, 3), "float32")
        layer = policies.RandAugment(num_ops=2, factor=0.6, seed=1)
        drawn = layer.get_random_transformation(images)
        kinds, counts = np.unique(drawn["kind"], return_counts=True)
        assert kinds.tolist() == list(range(14))
        np.testing.assert_allclose(counts, 400, atol=80)
        counts, _ = np.histogram(drawn["strength"], bins=6, range=(-0.6, 0.6))
        assert counts.sum() == 5600
        np.testing.assert_allclose(counts, 5600 / 6, atol=100)

    @pytest.mark.parametrize("make", [policies.RandAugment, policies.AugMix])
    def test_value_ranges_are_kept(self, make):
        layer = make(factor=1.0, seed=1)
        unit = make((0, 1), factor=1.0, seed=1)
        wanted = layer(IMAGES).numpy()
        ours = unit(IMAGES / 255).numpy()
        # A value may lie on the border of two.
        near = np.isclose(ours * 255, wanted, 1e-3, 1e-2)
        assert near.mean() > 0.98
        assert ours.min() >= 0 and ours.max() <= 1 + 1e-6

    def test_masks_move_with_images_only(self):
        masks = np.random.RandomState(1).randint(0, 5, (14, 8, 9))
        layer = policies.RandAugment(
            num_ops=1, factor=(0.8, 1.0), interpolation="nearest", seed=1
        )
        drawn = layer.get_random_transformation(IMAGES, seed=3)
        outputs = layer({"images": IMAGES, "segmentation_masks": masks}, seed=3)
        kinds = drawn["kind"].numpy()
        moved = np.any((kinds > 0) & (kinds <= 5), axis=1)
        changed = np.any(outputs["segmentation_masks"] != masks, axis=(1, 2))
        np.testing.assert_array_equal(moved, changed)

    def test_aug_mix_is_a_mixture(self):
        layer = policies.AugMix(num_chains=2, chain_depth=2, factor=0.9, seed=1)
        drawn = layer.get_random_transformation(IMAGES)
        outputs = layer.transform_images(IMAGES, drawn).numpy()
        kinds, strengths = drawn["kind"].numpy(), drawn["strength"].numpy()
        assert np.any(kinds[:, :, 1] == 0)
        for index, image in enumerate(IMAGES):
            mixed = 0
            for chain in range(2):
                changed = image
                for step in range(2):
                    place = index, chain, step
                    changed = np.array(
                        reference(kinds[place], changed, strengths[place])
                    )
                mixed += float(drawn["weights"][index, chain]) * changed
            share = float(drawn["share"][index])
            wanted = (1 - share) * image + share * mixed
            close = np.isclose(outputs[index], wanted, 1e-3, 0.05)
            assert close.mean() > 0.98

    def test_enhancements_can_be_left_out(self):
        layer = policies.AugMix(all_ops=False, seed=1)
        assert not set(layer._tones) & set(policies._ENHANCEMENTS)
        images = np.zeros((500, 2, 2, 3), "float32")
        drawn = layer.get_random_transformation(images)
        assert drawn["kind"].numpy().max() == 9
        again = policies.AugMix.from_config(layer.get_config())
        assert again.all_ops is False

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
"""Tests of RandomErasing."""

import numpy as np

from tfk.layers.preprocessing.image.erasing import RandomErasing


class RandomErasingTest:
    def test_one_rectangle_of_the_right_size_is_filled(self):
        images = np.ones((200, 40, 60, 3), "float32")
        outputs = RandomErasing(scale=(0.1, 0.4), fill_value=7, seed=1)(
            images
        ).numpy()
        erased = outputs == 7
        assert np.all(outputs[~erased] == 1)
        areas = erased[..., 0].mean(axis=(1, 2))
        assert areas.min() > 0.08 and areas.max() < 0.42
        np.testing.assert_allclose(areas.mean(), 0.25, atol=0.02)
        rows = erased.any(axis=(2, 3)).sum(axis=1)
        columns = erased.any(axis=(1, 3)).sum(axis=1)
        np.testing.assert_allclose(rows * columns, areas * 2400, 1e-5)
        assert np.std(rows / columns) > 0.1
        # Nearly every place is hit, corners included.
        assert erased.any(axis=(0, 3)).mean() > 0.98

    def test_noise_fills_the_range_of_values(self):
        images = np.full((20, 40, 60, 3), -1, "float32")
        layer = RandomErasing(scale=(0.3, 0.3), value_range=(0, 1), seed=1)
        outputs = layer(images).numpy()
        noise = outputs[outputs != -1]
        assert noise.min() == 0 and noise.max() == 1
        np.testing.assert_allclose(noise.mean(), 0.5, atol=0.02)
        np.testing.assert_allclose(noise.std(), 0.25, atol=0.02)
        assert not np.allclose(layer(images), outputs)

    def test_images_are_chosen_with_the_probability(self):
        images = np.ones((1000, 4, 4, 1), "float32")
        for factor in (0.0, 0.3, (0.2, 0.4)):
            layer = RandomErasing(factor, (0.5, 0.5), 0.0, seed=1)
            outputs = layer(images).numpy()
            changed = np.any(outputs == 0, axis=(1, 2, 3)).mean()
            wanted = np.mean(factor)
            np.testing.assert_allclose(changed, wanted, atol=0.05 * wanted**0.1)

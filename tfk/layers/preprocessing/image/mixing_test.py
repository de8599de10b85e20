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
"""Tests of MixUp and CutMix, against NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from tfk.layers.preprocessing.image import mixing

IMAGES = np.random.RandomState(0).uniform(0, 255, (6, 8, 10, 3)).astype("f4")
BATCH = {"images": IMAGES, "labels": np.eye(6, dtype="float32")}


class MixingTest:
    def test_mix_up_mixes_images_and_labels_by_one_share(self):
        layer = mixing.MixUp(alpha=0.8, seed=1)
        outputs = layer(BATCH)
        labels = outputs["labels"].numpy()
        np.testing.assert_allclose(labels.sum(axis=1), 1, 1e-5)
        # Labels say how much of which image there is.
        wanted = np.einsum("ij,jhwc->ihwc", labels, IMAGES)
        np.testing.assert_allclose(outputs["images"], wanted, 1e-4, 1e-2)
        assert np.sum(labels > 0) > 6
        same = layer(BATCH, training=False)
        np.testing.assert_array_equal(same["images"], IMAGES)
        np.testing.assert_array_equal(same["labels"], BATCH["labels"])

    def test_cut_mix_pastes_a_rectangle_and_weighs_labels_by_area(self):
        outputs = mixing.CutMix(seed=1)(BATCH)
        labels = outputs["labels"].numpy()
        np.testing.assert_allclose(labels.sum(axis=1), 1, 1e-5)
        for index, image in enumerate(outputs["images"].numpy()):
            others = np.flatnonzero(labels[index])
            partner = others[others != index]
            pasted = np.any(image != IMAGES[index], axis=-1)
            if not len(partner):
                continue
            np.testing.assert_array_equal(
                image[pasted], IMAGES[partner[0]][pasted]
            )
            np.testing.assert_allclose(
                labels[index, partner[0]], pasted.mean(), 1e-5
            )
            rows, columns = pasted.any(1).sum(), pasted.any(0).sum()
            assert rows * columns == pasted.sum()

    def test_shares_follow_a_beta_distribution(self):
        images = np.zeros((2000, 1, 1, 3), "float32")
        for alpha in (0.2, 1.0, 3.0):
            layer = mixing.MixUp(alpha, seed=1)
            drawn = layer.get_random_transformation(images)
            shares = drawn["share"].numpy()
            np.testing.assert_allclose(shares.mean(), 0.5, atol=0.04)
            wanted = 1 / (4 * (2 * alpha + 1))
            np.testing.assert_allclose(shares.var(), wanted, 0.1)
            partners = np.sort(drawn["partner"].numpy())
            np.testing.assert_array_equal(partners, np.arange(2000))

    def test_a_batch_of_floating_labels_is_needed(self):
        layer = mixing.MixUp()
        with pytest.raises(ValueError, match="one_hot"):
            layer({"images": IMAGES, "labels": np.arange(6)})
        with pytest.raises(ValueError, match="batch"):
            layer(IMAGES[0])

    def test_pipelines_mix_batches(self):
        layer = mixing.CutMix(seed=1)
        dataset = tf.data.Dataset.from_tensor_slices(BATCH).batch(4)
        mixed = list(dataset.map(layer))
        assert [x["images"].shape[0] for x in mixed] == [4, 2]
        again = mixing.CutMix(seed=1)
        np.testing.assert_allclose(
            mixed[0]["images"],
            again({key: x[:4] for key, x in BATCH.items()})["images"],
        )

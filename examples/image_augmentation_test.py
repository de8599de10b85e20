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
"""Runs the job with augmented images from end to end, with few epochs."""

import numpy as np

from examples import image_augmentation


class ImageAugmentationTest:
    def test_the_whole_job_runs_and_augmentation_helps(self, tmp_path, capfd):
        plain, augmented = image_augmentation.run(20, tmp_path)
        assert augmented > plain
        assert augmented > 0.6
        assert "(lifted)" in capfd.readouterr().out
        assert len(list((tmp_path / "preview").glob("*.png"))) == 3

    def test_predict_leaves_images_as_they_are(self):
        augmenter = image_augmentation.make_augmenter()
        model = image_augmentation.make_model(augmenter)
        plain = image_augmentation.make_model()
        plain.set_weights(model.get_weights())
        generator = np.random.default_rng(1)
        images = np.stack(
            [
                image_augmentation.draw(shape, generator, is_moved=True)
                for shape in image_augmentation.SHAPES
            ]
        ).astype("float32")
        np.testing.assert_allclose(
            model.predict(images, verbose=0),
            plain.predict(images, verbose=0),
            rtol=1e-5,
            atol=1e-6,
        )
        assert np.any(augmenter(images, training=True) != images)

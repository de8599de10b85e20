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
"""Runs the job on film reviews from end to end, with few epochs."""

import numpy as np

from examples import movie_reviews


class MovieReviewsTest:
    def test_the_whole_job_runs_and_learns(self, tmp_path, capfd):
        result = movie_reviews.run(epochs=3, directory=tmp_path)
        assert result["accuracy"] > 0.68
        output = capfd.readouterr().out
        assert "(lifted)" in output
        assert "no tfk" in output
        assert output.count("ok: ") == 2

    def test_lifted_and_unlifted_losses_are_equal(self):
        texts, labels = movie_reviews.read_reviews()
        assert len(texts) == 2 * 5331
        losses = []
        for lift in (True, False):
            movie_reviews.keras.utils.set_random_seed(1)
            model = movie_reviews.make_model(
                texts[::20], lift_preprocessing=lift
            )
            history = model.fit(texts[::20], labels[::20], verbose=0)
            losses.append(history.history["loss"])
        np.testing.assert_allclose(losses[1], losses[0], rtol=1e-6)

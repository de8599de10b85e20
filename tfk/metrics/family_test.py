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
"""Tests of metrics by name and by shape."""

import pytest
import tf_keras

from tfk import metrics
from tfk.metrics import by_shape
from tfk.metrics import family


class FamilyTest:
    @pytest.mark.parametrize("name", [*family.FUNCTIONS, *family.ALIASES])
    def test_names_make_functions(self, name):
        found = metrics.get(name)
        try:
            peer = tf_keras.metrics.get(name)
        except TypeError:
            peer = name  # tf_keras does not know it.
        if not isinstance(peer, str):
            assert found.__name__ == peer.__name__
        assert metrics.get(metrics.serialize(found)) is found
        if hasattr(tf_keras.metrics, name):
            assert getattr(metrics, name) is found

    def test_class_names_make_instances(self):
        assert isinstance(metrics.get("AUC"), metrics.AUC)
        assert isinstance(metrics.get("MeanSquaredError"), metrics.Mean)
        with pytest.raises(ValueError, match="binary_accuracy"):
            metrics.get("binary_acuracy")

    def test_cosine_has_the_sign_of_the_metric(self):
        function = metrics.get("cosine_similarity")
        assert function([[1.0, 0.0]], [[3.0, 0.0]]).numpy() == [1.0]


class ByShapeTest:
    @pytest.mark.parametrize(
        "y_true_shape, y_pred_shape, kind",
        [
            ((None, 1), (None, 1), "binary"),
            ((None,), (None, 1), "binary"),
            ((None,), (None,), "binary"),
            ((None, 1), (None, 10), "sparse_categorical"),
            ((None,), (None, 10), "sparse_categorical"),
            ((None, 5), (None, 5, 10), "sparse_categorical"),
            ((None, 10), (None, 10), "categorical"),
            ((None, 5, 1), (None, 5, 1), "binary"),
            (None, (None, 10), "categorical"),
        ],
    )
    def test_shapes_choose_the_kind(self, y_true_shape, y_pred_shape, kind):
        found = by_shape.resolve_accuracy(y_true_shape, y_pred_shape)
        assert found.__name__ == f"{kind}_accuracy"
        found = by_shape.resolve_crossentropy(y_true_shape, y_pred_shape)
        assert found.__name__ == f"{kind}_crossentropy"

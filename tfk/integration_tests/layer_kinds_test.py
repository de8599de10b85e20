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
"""Ragged and sparse tensors in every layer: taken, or refused with a remedy."""

import re

import numpy as np
import pytest
import tensorflow as tf

from tfk.testing import conformance

_REMEDIES = ("to_tensor", "to_dense", "rank", "ndim", "axis", "shape", "dense")
KINDS = {
    "ragged": tf.RaggedTensor.from_tensor,
    "sparse": tf.sparse.from_dense,
}


def _has_numbers(case):
    arrays = [np.asarray(x) for x in tf.nest.flatten(case.inputs)]
    return all(x.ndim >= 2 and x.dtype.kind in "fi" for x in arrays)


class LayerKindsTest:
    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize(
        "case",
        [
            pytest.param(case, id=case.name)
            for case in conformance.LAYERS
            if _has_numbers(case)
        ],
    )
    def test_a_kind_is_taken_or_refused_by_name(self, case, kind):
        inputs = tf.nest.map_structure(
            lambda x: KINDS[kind](np.asarray(x)), case.inputs
        )
        layer = case.make()
        if case.adapts:
            layer.adapt(case.inputs)
        try:
            layer(inputs)
        except (TypeError, ValueError, tf.errors.OpError) as error:
            message = str(error)
            told = message + "".join(getattr(error, "__notes__", ()))
            # That of the layer itself, or of one inside of it.
            assert re.search(r"[Ll]ayer '\w+'", told), message
            assert any(word in message for word in _REMEDIES), message
            assert re.search(f"(?i){kind}", told), message

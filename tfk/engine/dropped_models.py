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
"""Frees the memory of models that nobody holds any more.

Layers, their graph and the functions of a model refer to each other, so that
Python finds a dropped model only when its collector looks at all objects. When
it does depends on their number; it does not know what TensorFlow holds for
them, and lets dozens of models pile up.
"""

import gc

_LIMIT = 8
_BYTES = 32 * 2**20

_made = 0


def note_new_model(variables):
    """Frees dropped models, once enough others were made.

    That is after 8 small models, or a quarter of a gigabyte of weights.

    Arguments:
        variables: List of variables that the model has by now.
    """
    global _made
    num_bytes = sum(
        v.dtype.size * (v.shape.num_elements() or 0) for v in variables
    )
    _made += 1 + num_bytes // _BYTES
    if _made >= _LIMIT:
        _made = 0
        gc.collect()

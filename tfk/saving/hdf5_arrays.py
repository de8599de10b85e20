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
"""Writing arrays into HDF5 files."""

import numpy as np
import tensorflow as tf

from tfk.saving import safe_hdf5


def write(group, name, array):
    """Writes an array, of bfloat16 too, which HDF5 does not know.

    Arguments:
        group: `h5py.Group`.
        name: String: a new one, which may hold slashes.
        array: Array of numbers.
    """
    if array.dtype == tf.bfloat16.as_numpy_dtype:
        dataset = group.create_dataset(name, data=array.view(np.uint16))
        dataset.attrs["dtype"] = safe_hdf5.BFLOAT16
    else:
        group.create_dataset(name, data=array)

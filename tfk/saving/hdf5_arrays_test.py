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
"""Tests of writing arrays into HDF5 files."""

import h5py
import numpy as np
import tensorflow as tf

from tfk.saving import hdf5_arrays
from tfk.saving import hdf5_weights


class HDF5ArraysTest:
    def test_bfloat16_is_written_as_its_bits(self, tmp_path):
        array = tf.constant([1.5, -2.0], tf.bfloat16).numpy()
        with h5py.File(tmp_path / "x.h5", "w") as file:
            hdf5_arrays.write(file, "a", array)
            assert file["a"].attrs["dtype"] == "bfloat16"
            np.testing.assert_array_equal(file["a"], array.view("uint16"))

    def test_an_object_may_write_a_name_again(self, tmp_path):
        with h5py.File(tmp_path / "x.h5", "w") as file:
            store = hdf5_weights.GroupWriter(file, self)
            store["a"] = np.zeros(2)
            store["a"] = np.ones(3)
            assert "a" in store and "b" not in store
            np.testing.assert_array_equal(store["a"], np.ones(3))

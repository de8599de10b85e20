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
"""Weights that `CuDNNLSTM` and `CuDNNGRU` of earlier Kerases saved.

They hold what cuDNN takes in its memory: for each gate, the rows of the
transposed kernel one after the other, in an array of the kernel's own shape;
the transposed recurrent kernel; and two biases, one for inputs and one for
states. The gates are in the order of Keras.
"""

import numpy as np

# Arrays of a layer: kernel, recurrent kernel, bias.
_ARRAYS = 3
_LSTM, _GRU = 4, 3


class PortableWeights:
    """Arrays of layers of which some are of cuDNN, as LSTM and GRU have them.

    Arguments:
        saved: `hdf5_layers.SavedWeights`.
        starts: Dict of the numbers of the kernels of cuDNN to how many gates
            they hold.
    """

    def __init__(self, saved, starts):
        self.owner = saved.owner
        self.names = saved.names
        self.shapes = list(saved.shapes)
        self._saved = saved
        self._starts = starts
        for start, num_gates in starts.items():
            (width,) = saved.shapes[start + 2]
            self.shapes[start + 2] = {
                _LSTM: (width // 2,),
                _GRU: (2, width // 2),
            }[num_gates]

    def check_readable(self):
        """Raises if an array is damaged."""
        self._saved.check_readable()

    def read_one(self, index, as_tensor=False):
        """Returns the array with a number, which may be a tensor."""
        for start, num_gates in self._starts.items():
            if start <= index < start + _ARRAYS:
                array = self._saved.read_one(index)
                return _CONVERSIONS[index - start](array, num_gates)
        return self._saved.read_one(index, as_tensor)


def portable(saved):
    """Returns weights as LSTM and GRU have them, or None if none are of cuDNN.

    Arguments:
        saved: `hdf5_layers.SavedWeights`.
    """
    starts = {}
    for start in range(len(saved.shapes) - _ARRAYS + 1):
        num_gates = _num_gates(*saved.shapes[start : start + _ARRAYS])
        if num_gates:
            starts[start] = num_gates
    return PortableWeights(saved, starts) if starts else None


def _num_gates(kernel, recurrent_kernel, bias):
    """Returns how many gates three arrays of cuDNN hold; 0 for other arrays.

    No other layer has a bias of twice the width of its kernel.
    """
    if (len(kernel), len(recurrent_kernel), len(bias)) != (2, 2, 1):
        return 0
    units, width = recurrent_kernel
    for num_gates in (_LSTM, _GRU):
        if kernel[1] == width == num_gates * units and bias[0] == 2 * width:
            return num_gates
    return 0


def _kernel(array, num_gates):
    features, width = array.shape
    units = width // num_gates
    return np.concatenate(
        [
            np.reshape(gate, (units, features)).T
            for gate in np.split(array, num_gates, axis=1)
        ],
        axis=1,
    )


def _recurrent_kernel(array, num_gates):
    return np.concatenate(
        [gate.T for gate in np.split(array, num_gates, axis=1)], axis=1
    )


def _bias(array, num_gates):
    of_inputs_and_states = np.reshape(array, (2, -1))
    if num_gates == _GRU:
        return of_inputs_and_states
    return of_inputs_and_states.sum(axis=0)


_CONVERSIONS = (_kernel, _recurrent_kernel, _bias)

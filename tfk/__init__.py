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
"""tfk: the high-level API of TensorFlow.

Example:

>>> model = tfk.Sequential([tfk.Input((4,)), tfk.layers.Dense(1)])
>>> model.compile(optimizer="adam", loss="mse")
>>> model.predict(np.zeros((1, 4)), verbose=0)
array([[0.]], dtype=float32)
"""

from tfk import activations
from tfk import adapters
from tfk import backend
from tfk import callbacks
from tfk import config
from tfk import constraints
from tfk import errors
from tfk import experimental
from tfk import export
from tfk import initializers
from tfk import layers
from tfk import losses
from tfk import metrics
from tfk import mixed_precision
from tfk import models
from tfk import optimizers
from tfk import preprocessing
from tfk import regularizers
from tfk import saving
from tfk import utils
from tfk.dtype_policies import DTypePolicy
from tfk.engine.input_layer import Input
from tfk.engine.model import Model
from tfk.engine.sequential import Sequential
from tfk.engine.symbolic import KerasTensor

__version__ = "0.1.0"

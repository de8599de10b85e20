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
"""The optimizers under the names that old code uses.

They are the same classes, which take the old arguments `lr` and `decay`.
"""

from tfk.optimizers.adadelta import Adadelta
from tfk.optimizers.adagrad import Adagrad
from tfk.optimizers.adam import Adam
from tfk.optimizers.adamax import Adamax
from tfk.optimizers.ftrl import Ftrl
from tfk.optimizers.nadam import Nadam
from tfk.optimizers.optimizer import Optimizer
from tfk.optimizers.rmsprop import RMSprop
from tfk.optimizers.sgd import SGD

__all__ = [
    "Adadelta",
    "Adagrad",
    "Adam",
    "Adamax",
    "Ftrl",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "SGD",
]

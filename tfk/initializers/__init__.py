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
"""Initializers: the values that weights start with.

Layers take one in arguments such as `kernel_initializer`.
"""

from tfk.initializers.drawn import RandomNormal
from tfk.initializers.drawn import RandomUniform
from tfk.initializers.drawn import TruncatedNormal
from tfk.initializers.family import deserialize
from tfk.initializers.family import get
from tfk.initializers.family import serialize
from tfk.initializers.filled import Constant
from tfk.initializers.filled import Identity
from tfk.initializers.filled import Ones
from tfk.initializers.filled import Zeros
from tfk.initializers.initializer import Initializer
from tfk.initializers.orthonormal import Orthogonal
from tfk.initializers.scaled_by_fan import GlorotNormal
from tfk.initializers.scaled_by_fan import GlorotUniform
from tfk.initializers.scaled_by_fan import HeNormal
from tfk.initializers.scaled_by_fan import HeUniform
from tfk.initializers.scaled_by_fan import LecunNormal
from tfk.initializers.scaled_by_fan import LecunUniform
from tfk.initializers.scaled_by_fan import VarianceScaling

zeros = Zeros
ones = Ones
constant = Constant
identity = Identity
orthogonal = Orthogonal
random_normal = RandomNormal
random_uniform = RandomUniform
truncated_normal = TruncatedNormal
variance_scaling = VarianceScaling
glorot_normal = GlorotNormal
glorot_uniform = GlorotUniform
he_normal = HeNormal
he_uniform = HeUniform
lecun_normal = LecunNormal
lecun_uniform = LecunUniform

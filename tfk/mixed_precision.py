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
"""Training in 16 bits: dtype policies, and loss scaling.

Example:

>>> tfk.mixed_precision.set_global_policy("mixed_bfloat16")
>>> tfk.layers.Dense(1).compute_dtype
'bfloat16'
>>> tfk.mixed_precision.set_global_policy("float32")
"""

from tfk.dtype_policies import DTypePolicy
from tfk.dtype_policies import Policy
from tfk.dtype_policies import global_policy
from tfk.dtype_policies import global_policy as dtype_policy
from tfk.dtype_policies import set_global_policy
from tfk.dtype_policies import set_global_policy as set_dtype_policy
from tfk.optimizers.loss_scale_optimizer import LossScaleOptimizer

__all__ = [
    "DTypePolicy",
    "LossScaleOptimizer",
    "Policy",
    "dtype_policy",
    "global_policy",
    "set_dtype_policy",
    "set_global_policy",
]

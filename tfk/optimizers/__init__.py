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
"""Optimizers and learning rate schedules."""

from tfk.optimizers import experimental
from tfk.optimizers import legacy
from tfk.optimizers import schedules
from tfk.optimizers.adadelta import Adadelta
from tfk.optimizers.adafactor import Adafactor
from tfk.optimizers.adagrad import Adagrad
from tfk.optimizers.adam import Adam
from tfk.optimizers.adamax import Adamax
from tfk.optimizers.adamw import AdamW
from tfk.optimizers.family import deserialize
from tfk.optimizers.family import get
from tfk.optimizers.family import serialize
from tfk.optimizers.ftrl import Ftrl
from tfk.optimizers.lamb import Lamb
from tfk.optimizers.lazy_adam import LazyAdam
from tfk.optimizers.lion import Lion
from tfk.optimizers.loss_scale_optimizer import LossScaleOptimizer
from tfk.optimizers.multi_optimizer import MultiOptimizer
from tfk.optimizers.multi_optimizer import OptimizerMap
from tfk.optimizers.muon import Muon
from tfk.optimizers.nadam import Nadam
from tfk.optimizers.optimizer import Optimizer
from tfk.optimizers.rmsprop import RMSprop
from tfk.optimizers.schedule_free_adamw import ScheduleFreeAdamW
from tfk.optimizers.sgd import SGD

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
"""Callbacks: what should happen while a model trains, tests or predicts."""

from tfk.callbacks import experimental
from tfk.callbacks.backup_and_restore import BackupAndRestore
from tfk.callbacks.base_logger import BaseLogger
from tfk.callbacks.callback import Callback
from tfk.callbacks.callback_list import CallbackList
from tfk.callbacks.csv_logger import CSVLogger
from tfk.callbacks.early_stopping import EarlyStopping
from tfk.callbacks.history import History
from tfk.callbacks.lambda_callback import LambdaCallback
from tfk.callbacks.learning_rate_scheduler import LearningRateScheduler
from tfk.callbacks.model_checkpoint import ModelCheckpoint
from tfk.callbacks.progbar_logger import ProgbarLogger
from tfk.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
from tfk.callbacks.remote_monitor import RemoteMonitor
from tfk.callbacks.sidecar_evaluator_model_export import (
    SidecarEvaluatorModelExport,
)
from tfk.callbacks.step_timer import StepTimer
from tfk.callbacks.swap_ema_weights import SwapEMAWeights
from tfk.callbacks.tensorboard import TensorBoard
from tfk.callbacks.terminate_on_nan import TerminateOnNaN

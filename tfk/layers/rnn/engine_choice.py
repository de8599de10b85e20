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
"""Which engine runs a recurrent layer, and what it says of it.

Where there is no GPU, graphs hold nothing of cuDNN.
"""

import logging

import tensorflow as tf

from tfk.layers.rnn import cudnn_engine
from tfk.utils import tf_internal

_logger = logging.getLogger(__name__)


def takes_cudnn(layer, inputs):
    """Whether the engine of GPUs, which serves other devices too, shall run.

    Arguments:
        layer: The layer, whose options suit the engine.
        inputs: The inputs, dense.
    """
    if not has_cudnn() or tf_internal.is_in_xla():
        return False
    if inputs.dtype in cudnn_engine.DTYPES:
        return True
    report(layer, "cuDNN", {f"dtype {inputs.dtype.name}": "float16"})
    return False


def has_cudnn():
    """Whether the process has a GPU with cuDNN."""
    if not tf.config.list_logical_devices("GPU"):
        return False
    return bool(tf.sysconfig.get_build_info().get("is_cuda_build"))


def report(layer, engine, reasons):
    """Logs once for a layer what slows it down.

    Arguments:
        layer: The layer.
        engine: String: the engine that it does without.
        reasons: Dict of strings: the arguments that rule it out, as they are,
            to those that the engine takes.
    """
    told = vars(layer).setdefault("_self_told_of_engines", set())
    if engine in told:
        return
    told.add(engine)
    _logger.warning(
        "Layer '%s' (of type %s) runs slower than it could: %s rules out %s, "
        "which takes %s.",
        layer.name,
        type(layer).__name__,
        " and ".join(reasons),
        engine,
        " and ".join(reasons.values()),
    )

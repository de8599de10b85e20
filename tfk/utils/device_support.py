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

"""What the devices of this process can compute, and what needs a way around."""

import functools

import tensorflow as tf

from tfk.utils import portable_graph


def has_accelerator():
    """Whether the process has a GPU or TPU, and the graph is for one."""
    if portable_graph.is_wanted():
        return False
    return bool(
        tf.config.list_logical_devices("GPU")
        or tf.config.list_logical_devices("TPU")
    )


def has_full_convolutions(dtype):
    """Whether 2D convolutions can be trained with groups and dilations.

    TensorFlow's own CPU kernels have no such gradients. Those of oneDNN have
    them, but not every build, setting and dtype uses oneDNN.

    Arguments:
        dtype: `tf.DType` of the inputs.
    """
    return has_accelerator() or _cpu_has_full_convolutions(dtype)


@functools.cache
def _cpu_has_full_convolutions(dtype):
    # Asking the kernel is the only public way to know.
    with tf.init_scope(), tf.device("CPU:0"):
        try:
            tf.raw_ops.Conv2DBackpropInput(
                input_sizes=[1, 3, 3, 2],
                filter=tf.ones((2, 2, 1, 2), dtype),
                out_backprop=tf.ones((1, 1, 1, 2), dtype),
                strides=[1, 1, 1, 1],
                padding="VALID",
                dilations=[1, 2, 2, 1],
            )
        except tf.errors.OpError:
            return False
    return True

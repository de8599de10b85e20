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
"""The formula of batch renormalization.

Small batches have noisy statistics, and a network that was trained with them
computes something else in inference. Renormalization brings what a batch's own
statistics give to what longer averages would give, up to a limit; gradients
are those of the batch's own.

Reference: [Ioffe, 2017](https://arxiv.org/abs/1702.03275).
"""

import tensorflow as tf

_LIMITS = ("rmin", "rmax", "dmax")


def check_clipping(clipping, layer_name):
    """Returns the argument `renorm_clipping` as a dict.

    Arguments:
        clipping: Dict of some of "rmin", "rmax", "dmax" to numbers, or None.
        layer_name: String, for the message.

    Raises:
        ValueError: If it has other keys.
    """
    clipping = dict(clipping or {})
    if not clipping.keys() <= set(_LIMITS):
        raise ValueError(
            f"The `renorm_clipping` of layer '{layer_name}' (of type "
            f"BatchNormalization) may have the keys {_LIMITS} only. Received: "
            f"renorm_clipping={clipping}."
        )
    return clipping


def corrections(mean, stddev, long_mean, long_stddev, clipping):
    """Returns what brings normalised values to what longer averages give.

    With `x = (inputs - mean) / stddev` it is `x * r + d`.

    Arguments:
        mean: Tensor: the batch's mean.
        stddev: Tensor: the batch's standard deviation.
        long_mean: Tensor: the mean of many batches.
        long_stddev: Tensor: their standard deviation.
        clipping: Dict of some of "rmin", "rmax", "dmax" to numbers: `r` is kept
            between the first two, `d` between `-dmax` and `dmax`.

    Returns:
        The tensors r and d, which gradients don't pass.

    Example:

    >>> from tfk.layers import batch_renormalization
    >>> r, d = batch_renormalization.corrections(
    ...     tf.constant(1.0), tf.constant(4.0), 0.0, 2.0, {"rmax": 1.5}
    ... )
    >>> r.numpy(), d.numpy()
    (np.float32(1.5), np.float32(0.5))
    """
    r = stddev / long_stddev
    d = (mean - long_mean) / long_stddev
    if clipping.get("rmin") is not None:
        r = tf.maximum(r, clipping["rmin"])
    if clipping.get("rmax") is not None:
        r = tf.minimum(r, clipping["rmax"])
    if clipping.get("dmax") is not None:
        d = tf.clip_by_value(d, -clipping["dmax"], clipping["dmax"])
    return tf.stop_gradient(r), tf.stop_gradient(d)

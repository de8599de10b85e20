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
"""Sequences as layers take and give them, around a scan over time."""

import tensorflow as tf


def run(scan, inputs, mask, go_backwards, time_major, zero_output_for_mask):
    """Runs a scan with the options of recurrent layers.

    Arguments:
        scan: Function `scan(inputs=..., mask=...) -> (outputs, states)` over
            inputs `(time, batch, features)` and a mask `(time, batch)` or
            None. Its outputs may be None.
        inputs, mask, go_backwards, time_major, zero_output_for_mask: see
            `lstm_engine.lstm`.

    Returns:
        `(outputs, last_output, states)`.
    """
    if not time_major:
        inputs = tf.transpose(inputs, [1, 0, 2])
        mask = None if mask is None else tf.transpose(mask)
    if go_backwards:
        inputs = tf.reverse(inputs, [0])
        mask = None if mask is None else tf.reverse(mask, [0])
    outputs, states = scan(inputs=inputs, mask=mask)
    last_output = states[0]
    if mask is not None:
        outputs, last_output = _hide_masked(
            outputs, last_output, mask, zero_output_for_mask
        )
    if outputs is not None and not time_major:
        outputs = tf.transpose(outputs, [1, 0, 2])
    return outputs, last_output, states


def _hide_masked(outputs, last_output, mask, zero_output_for_mask):
    """Sets to zero what a masked step gives by the rules of Keras.

    It gives the output of the step before, which before the first step is
    zero, whatever the state to begin with; or always zero.
    """
    zero = tf.zeros([], last_output.dtype)
    if zero_output_for_mask:
        # Any of the last step, as there may be none.
        is_shown, is_last_shown = mask, tf.reduce_any(mask[-1:], 0)
    else:
        is_shown = tf.cumsum(tf.cast(mask, tf.int32)) > 0
        is_last_shown = tf.reduce_any(mask, 0)
    if outputs is not None:
        outputs = tf.where(is_shown[..., tf.newaxis], outputs, zero)
    last_output = tf.where(is_last_shown[..., tf.newaxis], last_output, zero)
    return outputs, last_output

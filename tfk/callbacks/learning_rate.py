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
"""Reading and changing the learning rate of a model's optimizer."""

import tensorflow as tf


def _optimizer(model, owner):
    optimizer = getattr(model, "optimizer", None)
    if not hasattr(optimizer, "learning_rate"):
        raise ValueError(
            f"`{owner}` needs a model whose optimizer has a `learning_rate`. "
            f"Received: optimizer={optimizer!r}. Compile the model first."
        )
    return optimizer


def schedule(optimizer):
    """The schedule that the learning rate follows, or None.

    Arguments:
        optimizer: The optimizer of a model, or None.
    """
    rate = getattr(optimizer, "_learning_rate", None)
    if rate is None:
        rate = getattr(optimizer, "learning_rate", None)
    return rate if callable(rate) else None


def read(model, owner: str) -> float:
    """The current learning rate.

    Arguments:
        model: The model.
        owner: The name of the callback, for errors.
    """
    optimizer = _optimizer(model, owner)
    rate = schedule(optimizer)
    rate = rate(optimizer.iterations) if rate else optimizer.learning_rate
    return float(tf.convert_to_tensor(rate))


def assign(model, value: float, owner: str) -> None:
    """Changes the learning rate.

    Arguments:
        model: The model.
        value: The new learning rate.
        owner: The name of the callback, for errors.

    Raises:
        ValueError: If the learning rate follows a schedule.
    """
    optimizer = _optimizer(model, owner)
    if schedule(optimizer) is not None:
        raise ValueError(
            f"`{owner}` cannot change a learning rate that follows a schedule. "
            f"Received: learning_rate={schedule(optimizer)!r}. Compile the "
            "model with a number as learning rate, or leave out the callback."
        )
    if hasattr(optimizer.learning_rate, "assign"):
        optimizer.learning_rate.assign(value)
    else:
        optimizer.learning_rate = value

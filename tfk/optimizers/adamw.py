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
"""AdamW: Adam with weight decay."""

from tfk.optimizers import adam


class AdamW(adam.Adam):
    """Adam with weight decay that is separate from the gradient.

    The usual choice for Transformers. Each step first takes
    `learning_rate * weight_decay * w` off the weights, then follows `Adam`.

    Reference:

    - [Loshchilov and Hutter, 2017](https://arxiv.org/abs/1711.05101)

    Arguments:
        learning_rate: Float, or a schedule: the length of a step.
        weight_decay: Float: the share of the weights, times the learning rate,
            that is taken off in each step.
        beta_1: Float: how much of the old mean of gradients is kept.
        beta_2: Float: how much of the old mean of squared gradients is kept.
        epsilon: Float: small number that keeps the division finite.
        amsgrad: Boolean: whether to divide by the largest `v` so far.
        name: String.
        clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
            ema_overwrite_frequency, jit_compile,
            gradient_accumulation_steps: see `tfk.optimizers.Optimizer`.

    Example:

    >>> variable = tf.Variable(1.0)
    >>> optimizer = tfk.optimizers.AdamW(learning_rate=0.1, weight_decay=0.5)
    >>> _ = optimizer.apply_gradients([(tf.constant(0.0), variable)])
    >>> variable.numpy()
    np.float32(0.95)
    """

    # Keras' class does not take it.
    _unsaved_arguments = ("learning_rate", "adaptive_epsilon")

    def __init__(
        self,
        learning_rate=0.001,
        weight_decay=0.004,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-7,
        amsgrad=False,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        jit_compile=True,
        name="AdamW",
        gradient_accumulation_steps=None,
        **kwargs,
    ):
        super().__init__(
            learning_rate=learning_rate,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            amsgrad=amsgrad,
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            jit_compile=jit_compile,
            name=name,
            gradient_accumulation_steps=gradient_accumulation_steps,
            **kwargs,
        )
        if weight_decay is None:
            raise ValueError(
                "`AdamW` needs a `weight_decay`. Received: weight_decay=None. "
                "Use `Adam` to train without."
            )

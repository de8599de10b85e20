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
"""LazyAdam: Adam that leaves rows without a gradient alone."""

from tfk.optimizers import adam


class LazyAdam(adam.Adam):
    """Adam that leaves rows without a gradient alone, for large embeddings.

    `Adam` moves every row of an embedding in each step, as the running means
    of rows that a batch leaves out decay and still move the weights. Here a
    sparse gradient (`tf.IndexedSlices`) touches the rows that it names: those
    of the weights and those of the means `m` and `v`. A step then costs what
    the rows of the batch cost, however large the table is; results differ a
    little from those of `Adam`. Dense gradients follow `Adam`.

    Weight decay and moving averages of the weights (`use_ema`) still touch all
    rows, and accumulation makes gradients dense: the step is not lazy then.

    References:

    - [Kingma and Ba, 2014](https://arxiv.org/abs/1412.6980)
    - [Reddi et al., 2018](https://openreview.net/pdf?id=ryQu7f-RZ) for
        `amsgrad`.

    Arguments:
        learning_rate: Float, or a schedule: the length of a step.
        beta_1: Float: how much of the old mean of gradients is kept.
        beta_2: Float: how much of the old mean of squared gradients is kept.
        epsilon: Float: small number that keeps the division finite.
        adaptive_epsilon: Boolean: whether `epsilon` is the one of the paper's
            algorithm 1: it is then multiplied by `sqrt(1 - beta_2**t)`.
        amsgrad: Boolean: whether to divide by the largest `v` so far.
        name: String.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema,
            ema_momentum, ema_overwrite_frequency, jit_compile,
            gradient_accumulation_steps: see `tfk.optimizers.Optimizer`.

    Example:

    >>> table = tf.Variable([[1.0], [1.0], [1.0]])
    >>> optimizer = tfk.optimizers.LazyAdam(learning_rate=0.5)
    >>> for row in (0, 2):
    ...     with tf.GradientTape() as tape:
    ...         loss = tf.reduce_sum(tf.gather(table, [row]))
    ...     _ = optimizer.minimize(loss, [table], tape)
    >>> table.numpy().ravel().round(2)  # Adam moves row 0 in both steps.
    array([0.5 , 1.  , 0.63], dtype=float32)
    """

    def __init__(
        self,
        learning_rate=0.001,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-7,
        adaptive_epsilon=False,
        amsgrad=False,
        weight_decay=None,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        jit_compile=True,
        name="LazyAdam",
        gradient_accumulation_steps=None,
        **kwargs,
    ):
        super().__init__(
            learning_rate=learning_rate,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            adaptive_epsilon=adaptive_epsilon,
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

    def _update_sparse(self, gradient, variable, step):
        self._update_rows(gradient, variable, step)

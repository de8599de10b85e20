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
"""What SimpleRNN, LSTM and GRU have in common: cells of matrix products.

A cell's step is `advance(project(inputs), states)`. To project the inputs of
all steps at once, before the loop, is slower than to do it step by step: 1.2x
for an LSTM of 128 units and 32 features on two CPU cores. The fast engines
have better ways.
"""

import functools
import inspect

import tensorflow as tf

from tfk import activations
from tfk import constraints
from tfk import initializers
from tfk import regularizers
from tfk.layers import dense
from tfk.layers.rnn import cells
from tfk.layers.rnn import dropout
from tfk.layers.rnn import engine_choice
from tfk.layers.rnn import rnn
from tfk.utils import checks
from tfk.utils import portable_graph


class GatedCell(dropout.DropoutCell):
    """A cell that adds up inputs and states, each times its weights.

    Children write `advance`, and say how many gates there are.

    Arguments:
        units: Integer: the size of the output.
        activation: Function or its name, applied to the candidate.
        use_bias: Boolean: whether a bias is added.
        kernel_initializer: Initializer of the weights of the inputs.
        recurrent_initializer: Initializer of the weights of the states.
        bias_initializer: Initializer of the bias.
        kernel_regularizer: Regularizer of the weights of the inputs.
        recurrent_regularizer: Regularizer of the weights of the states.
        bias_regularizer: Regularizer of the bias.
        kernel_constraint: Constraint on the weights of the inputs.
        recurrent_constraint: Constraint on the weights of the states.
        bias_constraint: Constraint on the bias.
    """

    _num_gates = 1

    def __init__(
        self,
        units,
        activation="tanh",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units = checks.positive_integer("units", units, self.name)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = regularizers.get(recurrent_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.recurrent_constraint = constraints.get(recurrent_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    @property
    def state_size(self):
        """The size of the state, or a list of sizes."""
        return self.units

    @property
    def output_size(self):
        """The size of the output."""
        return self.units

    def get_initial_state(self, inputs=None, batch_size=None, dtype=None):
        """Returns the states before the first step: zeros.

        Arguments:
            inputs: Tensor of which batch size and dtype are taken, or None.
            batch_size: Integer or scalar tensor, without `inputs`.
            dtype: Dtype, without `inputs`.
        """
        return cells.zero_states(self, inputs, batch_size, dtype)

    def build(self, input_shape):
        """Makes the kernels and the bias."""
        features = tf.TensorShape(input_shape)[-1]
        if features is None:
            raise ValueError(
                f"Layer '{self.name}' (of type {type(self).__name__}) needs "
                "inputs whose last axis has a known size. Received: "
                f"input_shape={input_shape} for one time step."
            )
        width = self._num_gates * self.units
        self.kernel = self.add_weight(
            "kernel",
            shape=(features, width),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.recurrent_kernel = self.add_weight(
            "recurrent_kernel",
            shape=(self.units, width),
            initializer=self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                "bias",
                shape=self._bias_shape,
                initializer=self._initializer_of_bias,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.built = True

    @property
    def _bias_shape(self):
        return (self._num_gates * self.units,)

    @property
    def _initializer_of_bias(self):
        return self.bias_initializer

    @property
    def _input_bias(self):
        """The bias that is added to the product with the inputs."""
        return self.bias

    # Whether each gate gets inputs with a dropout mask of its own.
    _has_input_mask_per_gate = False

    def call(self, inputs, states, training=None):
        """Makes one time step."""
        output, new_states = self.advance(
            self.project(inputs, training), cells.as_list(states), training
        )
        if not isinstance(states, (list, tuple)):
            (new_states,) = new_states
        return output, new_states

    def project(self, inputs, training):
        """Returns what the inputs add to the gates.

        Arguments:
            inputs: Tensor of shape `(batch_size, features)`.
            training: The mode.

        Returns:
            Tensor with the gates side by side on the last axis.
        """
        masks = self.input_masks(inputs, training)
        kernel, bias = tf.convert_to_tensor(self.kernel), self._input_bias
        if len(masks) < 2:
            inputs = inputs * masks[0] if masks else inputs
            return dense.affine(inputs, kernel, bias)
        parts = [
            dense.affine(inputs * mask, part)
            for mask, part in zip(masks, tf.split(kernel, len(masks), 1))
        ]
        gates = tf.concat(parts, -1)
        return gates if bias is None else gates + bias

    def input_masks(self, inputs, training, time_axis=None):
        """Returns the dropout masks of the inputs.

        Arguments:
            inputs: Tensor of one time step, or of many.
            training: The mode.
            time_axis: Integer: the axis of the time steps, or None for one.

        Returns:
            A list of no mask, of one for all gates, or of one for each.
        """
        step = inputs
        if time_axis is not None and self.dropout:
            # There may be no time step to take.
            shape = tf.shape(inputs)
            step = tf.zeros([shape[1 - time_axis], shape[2]], inputs.dtype)
            step.set_shape([inputs.shape[1 - time_axis], inputs.shape[2]])
        count = self._num_gates if self._has_input_mask_per_gate else 1
        masks = self.get_dropout_mask_for_cell(step, training, count)
        return [] if masks is None else cells.as_list(masks)

    def state_masks(self, state, training):
        """Returns the list of the dropout masks of the state, or None.

        Arguments:
            state: Tensor: the state that is fed back.
            training: The mode.
        """
        masks = self.get_recurrent_dropout_mask_for_cell(
            state, training, self._num_gates
        )
        return None if masks is None else cells.as_list(masks)

    def advance(self, projected, states, training):
        """Makes one time step.

        Arguments:
            projected: What `project` returned for this time step.
            states: List of states.
            training: The mode.

        Returns:
            Tuple of the output and the list of the new states.
        """
        raise NotImplementedError

    def _products_by_gate(self, state, masks):
        """Returns a state times the weights of each gate, side by side."""
        kernel = tf.convert_to_tensor(self.recurrent_kernel)
        if masks is None:
            return tf.matmul(state, kernel)
        kernels = tf.split(kernel, self._num_gates, 1)
        return tf.concat(
            [tf.matmul(state * m, k) for m, k in zip(masks, kernels)], -1
        )


class GatedRNN(rnn.RNN):
    """A layer over a `GatedCell`.

    Children make the cell. Those that have fast engines say which.
    """

    _input_ndim = 3

    # Functions with the arguments of `lstm_engine.lstm`.
    _chunked_engine = None
    _cudnn_engine = None

    # The cell is made of the layer's own arguments. tf.keras's files do not
    # hold the seed, and its constructors take it.
    _unsaved_arguments = rnn.RNN._unsaved_arguments + ("cell", "seed")

    def get_config(self):
        config = super().get_config()
        if self.cell.seed is not None:
            config["seed"] = self.cell.seed
        return config

    def _obstacles(self):
        """Returns what rules out the fast engines.

        Returns:
            A dict of the arguments as they are to what the engines take.
        """
        found = {}
        if self.unroll:
            found["unroll=True"] = "unroll=False"
        for argument, wanted in (
            ("activation", (activations.tanh, tf.tanh)),
            ("recurrent_activation", (activations.sigmoid, tf.sigmoid)),
        ):
            value = getattr(self, argument)
            if value not in wanted:
                shown = getattr(value, "__name__", value)
                found[f"{argument}={shown}"] = (
                    f"{argument}={wanted[0].__name__}"
                )
        return found

    def _scan(self, inputs, states, constants, mask, training):
        is_plain = portable_graph.is_wanted()
        if self._chunked_engine is not None and not is_plain:
            obstacles = self._obstacles()
            if not obstacles:
                return self._run_engine(inputs, states, mask, training)
            engine_choice.report(self, "its fast engine", obstacles)
        return super()._scan(inputs, states, constants, mask, training)

    def _run_engine(self, inputs, states, mask, training):
        cell = self.cell
        input_masks = cell.input_masks(inputs, training, self._time_axis)
        if len(input_masks) == 1:
            inputs *= tf.expand_dims(input_masks[0], self._time_axis)
            input_masks = None
        masks = {
            "input_masks": input_masks or None,
            "state_masks": cell.state_masks(states[0], training),
        }
        arguments = (
            inputs,
            tf.convert_to_tensor(cell.kernel),
            tf.convert_to_tensor(cell.recurrent_kernel),
            None if cell.bias is None else tf.convert_to_tensor(cell.bias),
            *states,
        )
        options = {
            "mask": None if mask is None else tf.cast(mask, tf.bool),
            "go_backwards": self.go_backwards,
            "time_major": self.time_major,
            "return_sequences": self.return_sequences,
            "zero_output_for_mask": self.zero_output_for_mask,
        }
        if any(masks.values()):
            self._report_dropout(masks)
            run = functools.partial(self._chunked_engine, **masks)
        elif engine_choice.takes_cudnn(self, inputs):
            run = self._cudnn_engine
        else:
            run = self._chunked_engine
        outputs, last_output, states = run(*arguments, **options)
        return last_output, outputs, states

    def _report_dropout(self, masks):
        """Says that cuDNN knows no dropout that differs from gate to gate."""
        if not engine_choice.has_cudnn():
            return
        rate = self.recurrent_dropout
        reasons = {"implementation=1 with `dropout`": "implementation=2"}
        if masks["state_masks"] is not None:
            reasons = {f"recurrent_dropout={rate}": "recurrent_dropout=0"}
        engine_choice.report(self, "cuDNN in training", reasons)

    def get_dropout_mask_for_cell(self, inputs, training, count=1):
        """See the cell's method of this name."""
        return self.cell.get_dropout_mask_for_cell(inputs, training, count)

    def get_recurrent_dropout_mask_for_cell(self, inputs, training, count=1):
        """See the cell's method of this name."""
        return self.cell.get_recurrent_dropout_mask_for_cell(
            inputs, training, count
        )

    def reset_dropout_mask(self):
        """See the cell's method of this name."""
        self.cell.reset_dropout_mask()

    def reset_recurrent_dropout_mask(self):
        """See the cell's method of this name."""
        self.cell.reset_recurrent_dropout_mask()


def checked_implementation(implementation, recurrent_dropout):
    """Returns 1 or 2: whether each gate has dropout masks of its own.

    Arguments:
        implementation: The argument of a cell.
        recurrent_dropout: The argument of the cell; with it, it is 1.
    """
    if implementation not in (0, 1, 2):
        raise ValueError(
            "`implementation` must be 1 or 2. Received: "
            f"implementation={implementation!r}."
        )
    # 0 is in files of Keras 2.0.
    return 1 if recurrent_dropout or not implementation else implementation


def forget_bias(initializer):
    """Returns an initializer for an LSTM's bias, 1 for the forget gate."""

    def initialize(shape, dtype=None):
        units = shape[0] // 4
        return tf.concat(
            [
                initializer((units,), dtype=dtype),
                tf.ones((units,), dtype),
                initializer((2 * units,), dtype=dtype),
            ],
            0,
        )

    return initialize


def cell_arguments(name, kwargs):
    """Returns the arguments of a layer's cell that all layers have.

    Arguments:
        name: String: the name of the cell.
        kwargs: Dict of the arguments of the layer.
    """
    given = {k: kwargs[k] for k in ("dtype", "trainable") if k in kwargs}
    return {**given, "name": name}


def with_arguments_of(cell_class):
    """Makes a class decorator: the cell's arguments are the layer's too.

    Each is a property of the layer that reads the cell's attribute.

    Arguments:
        cell_class: The class of the cell of the layer to decorate.
    """

    def decorate(layer_class):
        for name, parameter in inspect.signature(cell_class).parameters.items():
            is_named = parameter.kind is parameter.POSITIONAL_OR_KEYWORD
            if is_named and not hasattr(layer_class, name):
                setattr(layer_class, name, _property_of_cell(name))
        return layer_class

    return decorate


def _property_of_cell(name):
    return property(
        lambda layer: getattr(layer.cell, name),
        doc=f"The argument `{name}` of the cell.",
    )

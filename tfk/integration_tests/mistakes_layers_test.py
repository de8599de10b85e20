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
"""Mistakes with layers and models, and with layers of one's own."""

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.testing import strategies
from tfk.testing.mistakes import Table
from tfk.testing.mistakes import X
from tfk.testing.mistakes import fit
from tfk.testing.mistakes import regression

MISTAKES = Table()
mistake = MISTAKES.mistake

# Layers and models


@mistake(
    ValueError,
    "layer 'dense",
    "at least 2",
    "(3,)",
    remedy="Add the missing axis",
)
def a_vector_for_dense():
    tfk.layers.Dense(3)(tf.ones(3))


@mistake(
    ValueError,
    "layer 'conv2d",
    "at least 4",
    "(2, 8, 8)",
    remedy="Add the missing axis",
)
def an_image_without_channels_for_conv():
    tfk.layers.Conv2D(3, 3)(tf.ones((2, 8, 8)))


@mistake(ValueError, "'conv2d", "(5, 5)", "(3, 3)", remedy="padding='same'")
def a_kernel_larger_than_the_image():
    tfk.layers.Conv2D(3, 5)(tf.ones((2, 3, 3, 1)))


@mistake(ValueError, "'dense", "units=0", remedy="must be a positive integer")
def units_of_zero():
    tfk.layers.Dense(0)


@mistake(
    ValueError, "'dense", "units='relu'", remedy="must be a positive integer"
)
def units_as_a_string():
    tfk.layers.Dense("relu")


@mistake(
    ValueError, "Unknown activation", "'rellu'", remedy="Did you mean 'relu'"
)
def typo_in_an_activation():
    tfk.layers.Dense(3, "rellu")


@mistake(
    ValueError,
    "Unknown initializer",
    "'glorot_unifrom'",
    remedy="Did you mean 'glorot_uniform'",
)
def typo_in_an_initializer():
    tfk.layers.Dense(3, kernel_initializer="glorot_unifrom")


@mistake(TypeError, "Dense", "`actvation`", remedy="Did you mean 'activation'?")
def typo_in_a_layers_argument():
    tfk.layers.Dense(3, actvation="relu")


@mistake(
    ValueError, "'conv2d", "padding='sames'", remedy="one of ('valid', 'same')"
)
def typo_in_padding():
    tfk.layers.Conv2D(3, 3, padding="sames")


@mistake(ValueError, "'dropout", "rate=50", remedy="a number from 0 to 1")
def dropout_in_percent():
    tfk.layers.Dropout(50)


@mistake(
    ValueError,
    "'concatenate",
    "(2, 3) and (2, 3, 4)",
    remedy="differ along `axis` only",
)
def concatenate_of_unequal_rows():
    tfk.layers.Concatenate()([tf.ones((2, 3)), tf.ones((2, 3, 4))])


@mistake(ValueError, "'add", "(2, 3)", remedy="takes a list of tensors")
def add_of_one_tensor():
    tfk.layers.Add()(tf.ones((2, 3)))


@mistake(
    ValueError,
    "'add",
    "(2, 3) and (2, 4)",
    remedy="have equal sizes, or size 1",
)
def add_of_unequal_shapes():
    tfk.layers.Add()([tf.ones((2, 3)), tf.ones((2, 4))])


@mistake(
    ValueError,
    "'reshape",
    "target_shape=(5,)",
    "(2, 3, 2)",
    remedy="hold 6 values",
)
def reshape_to_another_size():
    tfk.layers.Reshape((5,))(tf.ones((2, 3, 2)))


@mistake(
    tf.errors.InvalidArgumentError,
    "layer 'embedding",
    "= 3 is not in [0, 3)",
    remedy="Raise the `input_dim`",
)
def token_beyond_an_embedding():
    tfk.layers.Embedding(3, 2)(tf.constant([[1, 3]]))


@mistake(
    ValueError, "'lstm", "Received: 1", "initial_state", remedy="has 2 states"
)
def one_initial_state_for_an_lstm():
    tfk.layers.LSTM(3)(tf.ones((2, 4, 1)), initial_state=[tf.zeros((2, 3))])


@mistake(
    ValueError, "'lstm", "stateful", "batch_size=None", remedy="batch_shape="
)
def stateful_without_a_batch_size():
    tfk.layers.LSTM(3, stateful=True)(tfk.Input((4, 1)))


@mistake(
    ValueError, "'lstm", "ndim=3", "(None, 3)", remedy="return_sequences=True"
)
def stacked_recurrent_layers():
    tfk.Sequential([tfk.Input((4, 1)), tfk.layers.LSTM(3), tfk.layers.LSTM(3)])


@mistake(
    ValueError,
    "`mask`",
    "'lstm",
    "(2, 4)",
    "(2, 5)",
    remedy="one boolean for each step",
)
def a_mask_of_another_shape():
    tfk.layers.LSTM(3)(tf.ones((2, 4, 1)), mask=tf.ones((2, 5), tf.bool))


@mistake(
    TypeError,
    "`Sequential`",
    "Dense",
    remedy="Make an object of the class: `Dense(...)`",
)
def a_class_added_to_a_sequential():
    tfk.Sequential([tfk.layers.Dense])


@mistake(ValueError, "different names", "'a'", remedy="Pass another `name`")
def two_layers_of_one_name():
    tfk.Sequential(
        [tfk.layers.Dense(1, name="a"), tfk.layers.Dense(1, name="a")]
    )


@mistake(ValueError, "'guest'", remedy="Did you mean 'guess'?")
def get_layer_of_an_unknown_name():
    regression().get_layer("guest")


@mistake(ValueError, "1 layers", "index=9", remedy="Indices go from 0 to 0")
def get_layer_beyond_the_last():
    regression().get_layer(index=9)


@mistake(
    ValueError,
    "has 0 weights",
    "Received: 1",
    remedy="It has to be built first",
)
def weights_before_build():
    tfk.Sequential([tfk.layers.Dense(1)]).set_weights([np.ones((2, 1))])


@mistake(
    ValueError,
    "'boring'",
    "has 2 weights",
    "Received: 1",
    remedy="`get_weights`",
)
def set_weights_of_another_count():
    regression().set_weights([np.ones((2, 1))])


@mistake(
    ValueError,
    "'guess/kernel:0'",
    "(2, 1)",
    "(3, 1)",
    remedy="No weight was changed",
)
def set_weights_of_another_shape():
    regression().set_weights([np.ones((3, 1)), np.ones(1)])


@mistake(ValueError, "is not built", remedy="call `model.build(input_shape)`")
def summary_before_build():
    tfk.Sequential([tfk.layers.Dense(1)]).summary()


@mistake(
    ValueError,
    "disconnected",
    "not among the inputs",
    remedy="Add it to `inputs`",
)
def model_of_unconnected_tensors():
    left, right = tfk.Input((2,), name="left"), tfk.Input((2,))
    tfk.Model(left, tfk.layers.Dense(1)(right))


@mistake(
    TypeError,
    "symbolic tensors",
    "ndarray(shape=(2, 2)",
    remedy="as `tfk.Input` makes them",
)
def model_of_arrays():
    tfk.Model(np.ones((2, 2)), np.ones((2, 2)))


@mistake(
    TypeError, "symbolic tensor", "`if`", remedy="Use `tf.where` or `tf.cond`"
)
def condition_on_a_symbolic_tensor():
    inputs = tfk.Input((2,))
    if tf.reduce_sum(inputs) > 0:
        pass


@mistake(
    TypeError,
    "symbolic tensor",
    "NumPy array",
    remedy="Use TensorFlow's functions",
)
def numpy_on_a_symbolic_tensor():
    np.exp(tfk.Input((2,)))


@mistake(
    TypeError, "`shape`", "shape=3.5", remedy="a tuple of integers and None"
)
def input_shape_as_an_integer():
    tfk.Input(3.5)


# Layers and models of one's own


@mistake(
    RuntimeError,
    "`Forgetful.__init__`",
    "`super().__init__()`",
    remedy="as the first line",
)
def constructor_of_the_base_forgotten():
    class Forgetful(tfk.layers.Layer):
        def __init__(self):
            self.inner = tfk.layers.Dense(1)

    Forgetful()(X)


@mistake(
    ValueError,
    "'silent'",
    "None",
    remedy="End its `call` with `return outputs`",
)
def call_that_returns_nothing():
    class Silent(tfk.layers.Layer):
        def call(self, inputs):
            tf.square(inputs)

    model = tfk.Sequential([tfk.Input((2,)), Silent()])
    model.compile("sgd", "mse")
    fit(model)


@mistake(
    NotImplementedError,
    "Idle",
    "no `call`",
    remedy="write a method `call(self, inputs)`",
)
def call_forgotten():
    class Idle(tfk.Model):
        pass

    Idle()(X)


@mistake(
    ValueError, "layer 'leaky'", "tf.Variable", remedy="`self.add_weight(...)`"
)
def variables_made_in_call():
    class Leaky(tfk.layers.Layer):
        def call(self, inputs):
            return inputs * tf.Variable(1.0)

    model = tfk.Sequential([tfk.Input((2,)), Leaky(), tfk.layers.Dense(1)])
    model.compile("sgd", "mse")
    fit(model)


@mistake(
    tf.errors.InvalidArgumentError,
    "layer 'product'",
    "[8,2]",
    "[3,4]",
    remedy="Compare the shapes in `call`",
)
def wrong_product_in_call():
    class Product(tfk.layers.Layer):
        def call(self, inputs):
            return tf.matmul(inputs, tf.ones((3, 4)))

    Product(name="product")(X)


@mistake(
    tf.errors.InvalidArgumentError,
    "layer 'checked'",
    "Inputs are below 5.",
    "[[7][7]",
    remedy="`run_eagerly=True`",
)
def data_that_an_assertion_in_call_refuses():
    class Checked(tfk.layers.Layer):
        def call(self, inputs):
            tf.debugging.assert_less(inputs, 5.0, "Inputs are below 5.")
            return inputs

    model = tfk.Sequential([Checked(name="checked"), tfk.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.full((2, 1), 7.0), np.ones((2, 1)), verbose=0)


@mistake(
    tf.errors.InvalidArgumentError,
    "layer 'checked': assertion failed: [Inputs are below 5.]",
    remedy="`run_eagerly=True`",
)
def data_that_an_assertion_refuses_on_two_replicas():
    class Checked(tfk.layers.Layer):
        def call(self, inputs):
            tf.debugging.assert_less(inputs, 5.0, "Inputs are below 5.")
            return inputs

    with strategies.two_replicas().scope():
        model = tfk.Sequential([Checked(name="checked"), tfk.layers.Dense(1)])
        model.compile("sgd", "mse")
    model.fit(np.full((4, 1), 7.0), np.ones((4, 1)), verbose=0)


@mistake(
    tf.errors.InvalidArgumentError,
    "layer 'inverse'",
    "ValueError: A matrix is singular:",
    remedy="`run_eagerly=True`.\n[[5]]\nDetected 3 such rows\n",
)
def python_in_call_that_fails():
    def fail(inputs):
        raise ValueError("A matrix is singular:\n[[5]]\nDetected 3 such rows")

    class Inverse(tfk.layers.Layer):
        def call(self, inputs):
            outputs = tf.py_function(fail, [inputs], tf.float32)
            return tf.ensure_shape(outputs, inputs.shape)

    model = tfk.Sequential([Inverse(name="inverse"), tfk.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.ones((2, 1)), np.ones((2, 1)), verbose=0)


@mistake(
    ValueError,
    "`train_step`",
    "Received: None",
    remedy="`return {'loss': loss}`",
)
def train_step_that_returns_a_number():
    class Stepper(tfk.Model):
        def call(self, inputs):
            return inputs

        def train_step(self, data):
            return None

    model = Stepper()
    model.compile("sgd", "mse")
    fit(model)


class LayersMistakesTest:
    @pytest.mark.parametrize("name", MISTAKES)
    def test_the_message_helps(self, name, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        MISTAKES[name].check()

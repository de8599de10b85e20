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
"""A table of a hundred mistakes that users make, and what they are told.

The first line of a message says what is wrong, where, and what was received;
the remedy follows. Each mistake is a function under `mistake`, which takes the
class of the error, words of its first line and words of the remedy.
"""

import collections
import time

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.testing import strategies

MAX_LINES = 40
MAX_FIRST_LINE = 400
MAX_SECONDS = 5.0

Mistake = collections.namedtuple("Mistake", "make error first_line remedy")
MISTAKES = {}

X = np.linspace(0.0, 1.0, 16, dtype="float32").reshape(8, 2)
Y = np.linspace(0.0, 1.0, 8, dtype="float32").reshape(8, 1)
CLASSES = np.array([0, 1, 2, 0, 1, 2, 0, 1])


def mistake(error, *first_line, remedy):
    """Puts a function into the table.

    Arguments:
        error: Class of the error that it raises.
        *first_line: Words that the first line of the message has.
        remedy: Words of the message that say what to do.
    """

    def add(make):
        MISTAKES[make.__name__] = Mistake(make, error, first_line, remedy)
        return make

    return add


def regression():
    """Returns a compiled model of two features and one output, `guess`."""
    model = tfk.Sequential(
        [tfk.Input((2,)), tfk.layers.Dense(1, name="guess")], name="boring"
    )
    model.compile("sgd", "mse")
    return model


def classifier(loss="sparse_categorical_crossentropy", **arguments):
    """Returns a compiled model of two features and three classes."""
    model = tfk.Sequential(
        [tfk.Input((2,)), tfk.layers.Dense(3, "softmax", name="guess")]
    )
    model.compile("sgd", loss, **arguments)
    return model


def two_outputs():
    """Returns a model with the outputs `price` and `sold`."""
    inputs = tfk.Input((2,), name="features")
    price = tfk.layers.Dense(1, name="price")(inputs)
    sold = tfk.layers.Dense(1, "sigmoid", name="sold")(inputs)
    return tfk.Model(inputs, [price, sold])


def two_inputs():
    """Returns a compiled model with the inputs `left` and `right`."""
    left = tfk.Input((2,), name="left")
    right = tfk.Input((2,), name="right")
    joined = tfk.layers.Concatenate()([left, right])
    model = tfk.Model([left, right], tfk.layers.Dense(1)(joined))
    model.compile("sgd", "mse")
    return model


def fit(model, x=X, y=Y, **arguments):
    """Trains in silence."""
    model.fit(x, y, verbose=0, **arguments)


# Without compile, or with a wrong one


@mistake(
    RuntimeError,
    "must be compiled",
    "`fit`",
    remedy="model.compile(optimizer, loss)",
)
def fit_before_compile():
    fit(tfk.Sequential([tfk.layers.Dense(1)]))


@mistake(
    RuntimeError,
    "must be compiled",
    "`evaluate`",
    remedy="model.compile(optimizer, loss)",
)
def evaluate_before_compile():
    tfk.Sequential([tfk.layers.Dense(1)]).evaluate(X, Y, verbose=0)


@mistake(
    ValueError,
    "Unknown loss",
    "'mean_sqared_error'",
    remedy="Did you mean 'mean_squared_error'",
)
def typo_in_a_loss():
    regression().compile("sgd", "mean_sqared_error")


@mistake(ValueError, "Unknown optimizer", "'adm'", remedy="Did you mean 'adam'")
def typo_in_an_optimizer():
    regression().compile("adm", "mse")


@mistake(
    ValueError, "Unknown metric", "'acuracy'", remedy="Did you mean 'accuracy'"
)
def typo_in_a_metric():
    regression().compile("sgd", "mse", metrics=["acuracy"])


@mistake(ValueError, "no loss", remedy="Pass one to `compile`")
def fit_without_a_loss():
    model = regression()
    model.compile("sgd")
    fit(model)


@mistake(
    TypeError,
    "loss",
    "Received: 3",
    "int",
    remedy="by its name, a config, or an object",
)
def a_number_as_the_loss():
    regression().compile("sgd", 3)


@mistake(ValueError, "`loss`", "'slod'", remedy="Did you mean 'sold'?")
def a_loss_for_an_unknown_output():
    model = two_outputs()
    model.compile("sgd", {"price": "mse", "slod": "mse"})
    fit(model, y=[Y, Y])


@mistake(
    ValueError,
    "`loss`",
    "2 outputs",
    "3 entries",
    remedy="must have as many entries",
)
def three_losses_for_two_outputs():
    model = two_outputs()
    model.compile("sgd", ["mse", "mse", "mse"])
    fit(model, y=[Y, Y])


@mistake(ValueError, "`metrics`", "'prize'", remedy="Did you mean 'price'?")
def metrics_for_an_unknown_output():
    model = two_outputs()
    model.compile("sgd", "mse", metrics={"prize": ["mae"]})
    fit(model, y=[Y, Y])


@mistake(
    ValueError, "`loss_weights`", "'prize'", remedy="Did you mean 'price'?"
)
def loss_weights_for_an_unknown_output():
    model = two_outputs()
    model.compile("sgd", "mse", loss_weights={"prize": 1.0})
    fit(model, y=[Y, Y])


@mistake(
    ValueError,
    "loss object",
    "metric",
    "MeanSquaredError",
    remedy="Use the metric of the same name",
)
def a_loss_object_as_a_metric():
    regression().compile("sgd", "mse", metrics=[tfk.losses.MeanSquaredError()])


@mistake(
    ValueError, "steps_per_execution=0", remedy="positive integer or 'auto'"
)
def steps_per_execution_of_zero():
    regression().compile("sgd", "mse", steps_per_execution=0)


@mistake(TypeError, "`compile`", "learning_rate", remedy="given to its class")
def learning_rate_given_to_compile():
    regression().compile("sgd", "mse", learning_rate=0.1)


# Optimizers


@mistake(
    TypeError, "learning_rate='0.1'", remedy="must be a number or a schedule"
)
def learning_rate_as_a_string():
    tfk.optimizers.SGD("0.1")


@mistake(TypeError, "Adam", "betta_1", remedy="Did you mean 'beta_1'?")
def typo_in_an_optimizers_argument():
    tfk.optimizers.Adam(betta_1=0.9)


@mistake(
    ValueError, "global_clipnorm=1.0", remedy="At most one of `clipnorm` and"
)
def two_ways_of_clipping():
    tfk.optimizers.SGD(clipnorm=1.0, global_clipnorm=1.0)


@mistake(
    ValueError,
    "'Adam'",
    "other variables",
    "Variable:0",
    remedy="Call `optimizer.build(variables)`",
)
def optimizer_with_other_variables():
    optimizer = tfk.optimizers.Adam()
    optimizer.build([tf.Variable(1.0)])
    optimizer.apply_gradients([(tf.constant(1.0), tf.Variable(1.0))])


@mistake(ValueError, "No gradients", "Variable:0", remedy="inside the tape")
def no_gradient_for_any_variable():
    tfk.optimizers.SGD().apply_gradients([(None, tf.Variable(1.0))])


@mistake(
    TypeError,
    "'SGD'",
    "ExponentialDecay",
    "learning_rate=0.1",
    remedy="set another schedule",
)
def learning_rate_set_over_a_schedule():
    schedule = tfk.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    tfk.optimizers.SGD(schedule).learning_rate = 0.1


# Data that does not fit the model


@mistake(
    ValueError, "'boring'", "(None, 2)", "(None, 3)", remedy="Reshape the data"
)
def too_many_features():
    fit(regression(), np.ones((8, 3), "float32"))


@mistake(
    ValueError, "'boring'", "(None, 2)", "(None, 3)", remedy="Reshape the data"
)
def too_many_features_to_predict():
    regression().predict(np.ones((8, 3), "float32"), verbose=0)


@mistake(ValueError, "'boring'", "(None, 2)", "(None,)", remedy="x[np.newaxis]")
def one_row_without_a_batch_axis():
    regression().predict(np.ones((2,), "float32"), verbose=0)


@mistake(ValueError, "x: 8", "y: 7", remedy="same number of rows")
def fewer_targets_than_rows():
    fit(regression(), y=Y[:7])


@mistake(ValueError, "loss='mse'", "without targets", remedy="Pass `y`")
def targets_forgotten():
    fit(regression(), y=None)


@mistake(
    ValueError,
    "'mean_squared_error'",
    "'guess'",
    "(None, 3)",
    "(None, 1)",
    remedy="Reshape the targets",
)
def targets_of_another_width():
    fit(regression(), y=np.ones((8, 3), "float32"))


@mistake(
    ValueError,
    "'categorical_crossentropy'",
    "'guess'",
    "(None, 1)",
    "(None, 3)",
    remedy="use `sparse_categorical_crossentropy`",
)
def integer_targets_for_categorical_crossentropy():
    fit(classifier("categorical_crossentropy"), y=CLASSES)


@mistake(
    ValueError,
    "'sparse_categorical_crossentropy'",
    "'guess'",
    "(None, 3)",
    remedy="use the loss or metric without `sparse`",
)
def one_hot_targets_for_sparse_crossentropy():
    fit(classifier(), y=np.eye(3, dtype="float32")[CLASSES])


@mistake(
    tf.errors.InvalidArgumentError,
    "loss of output 'guess'",
    "label value of -1",
    "[0, 3)",
    remedy="Mend the labels",
)
def negative_labels():
    fit(classifier(), y=CLASSES - 1)


@mistake(
    tf.errors.InvalidArgumentError,
    "loss of output 'guess'",
    "label value of 3",
    "[0, 3)",
    remedy="as many units as classes",
)
def labels_that_start_at_one():
    fit(classifier(), y=CLASSES + 1)


@mistake(
    TypeError,
    "'guess'",
    "must be numbers",
    "string",
    remedy="tfk.layers.StringLookup",
)
def strings_as_targets():
    fit(classifier(), y=np.array(["cat", "dog", "cow", "cat"] * 2))


@mistake(
    ValueError,
    "'boring'",
    "float32",
    "string",
    remedy="tfk.layers.StringLookup",
)
def strings_as_features():
    fit(regression(), np.array([["1", "2"]] * 8))


@mistake(ValueError, "`x`", "different lengths", remedy="pad_sequences")
def rows_of_unequal_length():
    fit(regression(), [[1.0, 2.0], [1.0]] * 4)


@mistake(
    ValueError, "`x`", "dtype=object", remedy="Encode other values as numbers"
)
def an_object_array():
    fit(regression(), np.array([[1.0, None]] * 8, dtype=object))


@mistake(ValueError, "empty", "x: 0, y: 0", remedy="Check how it was read")
def no_rows_at_all():
    fit(regression(), X[:0], Y[:0])


@mistake(ValueError, "no data", "x=None", remedy="must be arrays, a dataset")
def no_data_at_all():
    fit(regression(), None, None)


@mistake(ValueError, "empty", "x: 0", remedy="Check how it was read")
def predict_of_no_rows():
    regression().predict(X[:0], verbose=0)


@mistake(
    ValueError,
    "takes 2 inputs",
    "['left', 'right']",
    "Received: 1",
    remedy="in a list or a dict",
)
def one_array_for_two_inputs():
    fit(two_inputs())


@mistake(
    ValueError, "'boring'", "takes 1 inputs", "Received: 2", remedy="np.stack"
)
def two_arrays_for_one_input():
    fit(regression(), [X, X])


@mistake(
    ValueError,
    "misses the inputs ['right']",
    "'wright'",
    remedy="Name the data as the inputs",
)
def an_unknown_name_among_the_inputs():
    fit(two_inputs(), {"left": X, "wright": X})


@mistake(ValueError, "x/0: 8", "x/1: 5", remedy="same number of rows")
def inputs_with_unequal_rows():
    fit(two_inputs(), [X, X[:5]])


@mistake(
    ValueError,
    "2 outputs",
    "['price', 'sold']",
    "(None, 1)",
    remedy="must be a dict or a list",
)
def one_target_for_two_outputs():
    model = two_outputs()
    model.compile("sgd", "mse")
    fit(model)


@mistake(ValueError, "`y`", "'slod'", remedy="Did you mean 'sold'?")
def targets_with_an_unknown_name():
    model = two_outputs()
    model.compile("sgd", {"price": "mse", "sold": "mse"})
    fit(model, y={"price": Y, "slod": Y})


# Arguments of fit


@mistake(ValueError, "batch_size=0", remedy="must be a positive integer")
def batch_size_of_zero():
    fit(regression(), batch_size=0)


@mistake(ValueError, "batch_size=2.5", remedy="must be a positive integer")
def batch_size_as_a_fraction():
    fit(regression(), batch_size=2.5)


@mistake(
    UserWarning,
    "`batch_size`",
    "batch_size=4",
    "BatchDataset",
    remedy="dataset.batch(32)",
)
def batch_size_with_a_dataset():
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(4)
    fit(regression(), data, None, batch_size=4)


@mistake(
    ValueError,
    "`validation_split`",
    "BatchDataset",
    remedy="Pass `validation_data`",
)
def validation_split_with_a_dataset():
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(4)
    fit(regression(), data, None, validation_split=0.5)


@mistake(ValueError, "validation_split=1.0", remedy="fraction between 0 and 1")
def validation_split_of_everything():
    fit(regression(), validation_split=1.0)


@mistake(ValueError, "validation_split=20", remedy="fraction between 0 and 1")
def validation_split_in_percent():
    fit(regression(), validation_split=20)


@mistake(
    ValueError, "`y` must be None", "BatchDataset", remedy="Put `y` into what"
)
def targets_beside_a_dataset():
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(4)
    fit(regression(), data, Y)


@mistake(
    ValueError, "'boring'", "(None, 2)", "(2,)", remedy="dataset.batch(32)"
)
def a_dataset_that_is_not_batched():
    data = tf.data.Dataset.from_tensor_slices((X, Y))
    fit(regression(), data, None)


@mistake(ValueError, "no end", "`fit`", remedy="Pass `steps_per_epoch`")
def an_infinite_dataset_without_steps():
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(4).repeat()
    fit(regression(), data, None)


@mistake(
    ValueError, "`x`", "function", remedy="Call a function that yields batches"
)
def a_generator_function_instead_of_a_generator():
    def batches():
        yield X, Y

    fit(regression(), batches, None)


@mistake(
    ValueError,
    "empty",
    "yielded no batch",
    remedy="A generator makes one pass",
)
def a_generator_of_nothing():
    fit(regression(), iter(()), None)


@mistake(
    tf.errors.InvalidArgumentError,
    "[8,3]",
    "[?,2]",
    remedy="Every batch must have the shape",
)
def a_generator_of_other_shapes():
    fit(regression(), iter([(X, Y), (np.ones((8, 3), "float32"), Y)]), None)


@mistake(ValueError, "`x`", "'train.csv'", "str", remedy="Read files first")
def a_file_name_as_the_data():
    fit(regression(), "train.csv", None)


@mistake(ValueError, "loss='mse'", "without targets", remedy="Pass `y`")
def validation_data_without_targets():
    fit(regression(), validation_data=(X,))


@mistake(
    ValueError, "'boring'", "(None, 2)", "(None, 3)", remedy="Reshape the data"
)
def validation_data_of_another_width():
    fit(regression(), validation_data=(np.ones((8, 3), "float32"), Y))


@mistake(TypeError, "epochs='3'", remedy="must be an integer")
def epochs_as_a_string():
    fit(regression(), epochs="3")


@mistake(
    ValueError,
    "`class_weight`",
    "0..2",
    "'guess'",
    "7: 2.0",
    remedy="names a class outside of",
)
def class_weight_beyond_the_classes():
    fit(classifier(), y=CLASSES, class_weight={0: 1.0, 7: 2.0})


@mistake(
    ValueError,
    "class_weight",
    "'cat'",
    remedy="from class indices (0, 1, 2...) to numbers",
)
def class_weight_with_names_of_classes():
    fit(classifier(), y=CLASSES, class_weight={"cat": 1.0, "dog": 2.0})


@mistake(ValueError, "sample_weight: 5", "x: 8", remedy="same number of rows")
def sample_weight_of_another_length():
    fit(regression(), sample_weight=np.ones(5, "float32"))


@mistake(
    ValueError,
    "'guess'",
    "`sample_weight`",
    "(None, 3)",
    "(None, 1)",
    remedy="one number for each sample",
)
def sample_weight_of_another_rank():
    fit(regression(), sample_weight=np.ones((8, 3), "float32"))


# Callbacks


@mistake(TypeError, "`callbacks`", "[History]", remedy="Write `History(...)`")
def a_callback_class_instead_of_an_object():
    fit(regression(), callbacks=[tfk.callbacks.History])


@mistake(
    TypeError, "`callbacks`", "lambda", remedy="tfk.callbacks.LambdaCallback"
)
def a_function_as_a_callback():
    fit(regression(), callbacks=[lambda epoch, logs: None])


@mistake(UserWarning, "`EarlyStopping`", "'val_los'", remedy="val_loss")
def monitor_that_does_not_exist():
    stop = tfk.callbacks.EarlyStopping(monitor="val_los")
    fit(regression(), callbacks=[stop], validation_data=(X, Y))


@mistake(
    UserWarning,
    "`EarlyStopping`",
    "mode='minimum'",
    remedy="'auto', 'min' or 'max'",
)
def mode_that_does_not_exist():
    tfk.callbacks.EarlyStopping(mode="minimum")


@mistake(
    ValueError,
    "`ModelCheckpoint`",
    "'val_acc'",
    remedy="Available: loss, epoch",
)
def checkpoint_path_with_an_unknown_key():
    keep = tfk.callbacks.ModelCheckpoint("{epoch}-{val_acc:.2f}.keras")
    fit(regression(), callbacks=[keep])


@mistake(
    ValueError,
    "`ModelCheckpoint`",
    "'a.keras'",
    remedy="must end in `.weights.h5`",
)
def weights_checkpoint_with_a_wrong_ending():
    keep = tfk.callbacks.ModelCheckpoint("a.keras", save_weights_only=True)
    fit(regression(), callbacks=[keep])


@mistake(
    ValueError, "`LearningRateScheduler`", "None", remedy="must return a number"
)
def schedule_that_returns_nothing():
    schedule = tfk.callbacks.LearningRateScheduler(lambda epoch: None)
    fit(regression(), callbacks=[schedule])


@mistake(
    ValueError, "`ReduceLROnPlateau`", "factor=1.5", remedy="must be below 1"
)
def reduce_lr_that_raises_it():
    tfk.callbacks.ReduceLROnPlateau(factor=1.5)


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


@mistake(ValueError, "'guest'", remedy="Did you mean ['guess']?")
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


# Files


@mistake(
    tfk.errors.CorruptFileError,
    "missing.keras",
    "no such file",
    remedy="Check the path",
)
def load_of_a_missing_file():
    tfk.models.load_model("missing.keras")


@mistake(
    tfk.errors.CorruptFileError,
    "notes.keras",
    "not a `.keras` archive",
    remedy="Take another copy",
)
def load_of_a_file_that_is_no_model():
    with open("notes.keras", "w") as file:
        file.write("no model")
    tfk.models.load_model("notes.keras")


@mistake(ValueError, "'model.onnx'", remedy="`model.export`")
def save_with_an_unknown_ending():
    regression().save("model.onnx")


@mistake(ValueError, "'model.kears'", remedy="ends in `.keras`")
def save_with_a_misspelt_ending():
    regression().save("model.kears")


@mistake(ValueError, "'w.txt'", remedy="ends in `.weights.h5`")
def save_weights_with_an_unknown_ending():
    regression().save_weights("w.txt")


@mistake(
    ValueError, "other.weights.h5", "'boring'", remedy="skip_mismatch=True"
)
def weights_of_another_architecture():
    classifier().save_weights("other.weights.h5")
    regression().load_weights("other.weights.h5")


@mistake(
    tfk.errors.CorruptFileError,
    "missing.weights.h5",
    "no such file",
    remedy="Check the path",
)
def weights_of_a_missing_file():
    regression().load_weights("missing.weights.h5")


@mistake(ValueError, "custom.keras", "`Unknown`", remedy="custom_objects=")
def class_that_is_not_registered():
    class Unknown(tfk.layers.Layer):
        def call(self, inputs):
            return inputs

    with pytest.warns(UserWarning, match="register_keras_serializable"):
        tfk.Sequential([tfk.Input((2,)), Unknown()]).save("custom.keras")
    tfk.models.load_model("custom.keras")


@mistake(
    NotImplementedError, "Scale", "`factor`", remedy="def get_config(self):"
)
def config_that_cannot_be_read_back():
    class Scale(tfk.layers.Layer):
        def __init__(self, factor):
            super().__init__()
            self.times = factor

    Scale(2.0).get_config()


@mistake(ValueError, "no weights yet", remedy="`build` it")
def save_before_build():
    tfk.Sequential([tfk.layers.Dense(1)]).save_weights("a.weights.h5")


@mistake(ValueError, "can't be exported", remedy="Call it on data")
def export_before_build():
    tfk.Sequential([tfk.layers.Dense(1)]).export("served")


@mistake(ValueError, "'a.keras'", "overwrite=False", remedy="`overwrite=True`")
def save_over_a_file():
    regression().save("a.keras")
    regression().save("a.keras", overwrite=False)


@mistake(ValueError, "no such directory", "'nowhere'", remedy="Check the path")
def images_of_a_missing_folder():
    tfk.utils.image_dataset_from_directory("nowhere")


@mistake(
    ValueError, "no files", "'empty'", remedy="one directory for each class"
)
def images_of_an_empty_folder():
    tf.io.gfile.makedirs("empty/cats")
    tfk.utils.image_dataset_from_directory("empty")


# Preprocessing


@mistake(ValueError, "'string_lookup", "['a']", remedy="Remove the repetitions")
def token_twice_in_a_vocabulary():
    tfk.layers.StringLookup(vocabulary=["a", "b", "a"])


@mistake(
    RuntimeError,
    "'string_lookup",
    "before `adapt`",
    remedy="Call `layer.adapt(data)`",
)
def lookup_before_adapt():
    tfk.layers.StringLookup()(tf.constant(["a"]))


@mistake(
    RuntimeError,
    "'normalization",
    "before `adapt`",
    remedy="Call `layer.adapt(data)`",
)
def normalization_before_adapt():
    tfk.layers.Normalization()(X)


@mistake(ValueError, "'vocab.txt'", remedy="Check the path")
def vocabulary_of_a_missing_file():
    tfk.layers.StringLookup(vocabulary="vocab.txt")


@mistake(
    ValueError, "IntegerLookup", "output_mode='multihot'", remedy="'multi_hot'"
)
def typo_in_an_output_mode():
    tfk.layers.IntegerLookup(output_mode="multihot")


@mistake(ValueError, "0 to 2", "num_classes=2", remedy="classes from 0 to 1")
def to_categorical_of_too_few_classes():
    tfk.utils.to_categorical([0, 1, 2], num_classes=2)


# Settings of the whole program


@mistake(
    ValueError, "'mixed_flaot16'", remedy="'mixed_float16' or 'mixed_bfloat16'"
)
def typo_in_a_policy():
    tfk.mixed_precision.set_global_policy("mixed_flaot16")


@mistake(ValueError, "`floatx`", "'float23'", remedy="must be one of")
def typo_in_floatx():
    tfk.backend.set_floatx("float23")


@mistake(ValueError, "data_format='channel_last'", remedy="'channels_last'")
def typo_in_a_data_format():
    tfk.backend.set_image_data_format("channel_last")


@mistake(
    ValueError,
    "strategy",
    "outside of the scope",
    remedy="within the same `strategy.scope()`",
)
def compile_outside_of_the_strategys_scope():
    strategy = strategies.two_replicas()
    model = tfk.Sequential([tfk.Input((2,)), tfk.layers.Dense(1)])
    with strategy.scope():
        model.compile("sgd", "mse")


def message_of(row):
    """Returns what a user reads: the message and the notes below it."""
    if issubclass(row.error, Warning):
        with pytest.warns(row.error) as warned:
            row.make()
        return str(warned[0].message)
    with pytest.raises(row.error) as raised:
        row.make()
    notes = getattr(raised.value, "__notes__", ())
    return "\n".join([str(raised.value), *notes])


class MistakesTest:
    @pytest.mark.parametrize("name", MISTAKES)
    def test_the_message_helps(self, name, tmp_path, monkeypatch):
        row = MISTAKES[name]
        monkeypatch.chdir(tmp_path)
        start = time.monotonic()
        message = message_of(row)
        seconds = time.monotonic() - start
        first_line = message.splitlines()[0]
        for words in row.first_line:
            assert words in first_line, message
        assert row.remedy in message, message
        assert len(message.splitlines()) <= MAX_LINES, message
        assert len(first_line) <= MAX_FIRST_LINE, message
        assert seconds < MAX_SECONDS, message

    def test_there_are_a_hundred(self):
        assert len(MISTAKES) >= 100

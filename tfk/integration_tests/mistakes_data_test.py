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
"""Mistakes with data, and with arguments of `fit`."""

import numpy as np
import pytest
import tensorflow as tf

from tfk.testing.mistakes import CLASSES
from tfk.testing.mistakes import Table
from tfk.testing.mistakes import X
from tfk.testing.mistakes import Y
from tfk.testing.mistakes import classifier
from tfk.testing.mistakes import fit
from tfk.testing.mistakes import regression
from tfk.testing.mistakes import two_inputs
from tfk.testing.mistakes import two_outputs

MISTAKES = Table()
mistake = MISTAKES.mistake

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


class DataMistakesTest:
    @pytest.mark.parametrize("name", MISTAKES)
    def test_the_message_helps(self, name, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        MISTAKES[name].check()

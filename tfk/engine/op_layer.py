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
"""TensorFlow ops, operators and slices on symbolic tensors, as layers.

One dispatcher turns every op that is given a symbolic tensor into an
`OpLayer`. In a file an op is written by its public name, and only names of
functions that compute are read back: a file can't name one that opens files,
runs Python or prints, nor hand such a one the path of a file.
"""

import functools
import inspect
import math
import re

import numpy as np
import tensorflow as tf

from tfk.engine import symbolic
from tfk.engine import weight_view
from tfk.engine.layer import Layer
from tfk.saving import budget
from tfk.saving import errors
from tfk.saving import registry
from tfk.utils import naming
from tfk.utils import tf_internal

_GETITEM = "__operators__.getitem"

# Modules of TensorFlow whose functions compute values from values.
_COMPUTING_MODULES = frozenset(
    "math nn linalg strings sparse ragged image signal bitwise audio random "
    "quantization sets dtypes __operators__".split()
)
_COMPUTING_FUNCTIONS = frozenset(
    "argsort batch_to_space bitcast boolean_mask broadcast_to cast "
    "clip_by_global_norm clip_by_norm clip_by_value complex concat constant "
    "convert_to_tensor dynamic_partition dynamic_stitch edit_distance einsum "
    "ensure_shape expand_dims eye fill gather gather_nd histogram_fixed_width "
    "identity linspace meshgrid norm one_hot ones ones_like pad "
    "parallel_stack range rank realdiv repeat reshape reverse "
    "reverse_sequence roll saturate_cast scatter_nd searchsorted "
    "sequence_mask shape shape_n size slice sort space_to_batch "
    "space_to_batch_nd split squeeze stack stop_gradient strided_slice "
    "tensor_scatter_nd_add tensor_scatter_nd_max tensor_scatter_nd_min "
    "tensor_scatter_nd_sub tensor_scatter_nd_update tensordot tile transpose "
    "truncatediv truncatemod unique unique_with_counts unravel_index unstack "
    "where zeros zeros_like".split()
)
# Functions of these modules that do something else, by the last parts of their
# names: they change how random numbers are drawn, write a model, take Python
# functions or objects that no file holds, or make no tensors.
_NO_COMPUTATIONS = frozenset(
    "bidirectional_dynamic_rnn conjugate_gradient consumers create_rng_state "
    "dynamic_rnn eval general_dropout get_global_generator get_seed graph "
    "inverse_stft_window_fn map_flat_values map_values op placeholder "
    "quantize_saved_model raw_rnn set_global_generator set_random_seed "
    "set_seed static_bidirectional_rnn static_rnn static_state_saving_rnn "
    "with_space_to_batch".split()
)
# Parameters that take a path, such as `vocab_file`.
_OF_FILES = re.compile("(^|_)(file(name)?|path|dir(ectory)?)$")
# These make ragged tensors of dense ones, row by row and in Python.
_RAGGED_MODULES = frozenset(("RaggedTensor", "ragged", "strings"))
_FROM_ROWS = ".from_uniform_row_length"
_INTEGER_BYTES = 8
# Of these, the number of outputs is an argument, or the size of an axis.
_SPLITTING_FUNCTIONS = frozenset(
    "ctc_beam_search_decoder ctc_beam_search_decoder_v2 dynamic_partition "
    "split stack_dynamic_partitions unstack".split()
)
_UNSTACK = "unstack"
_GATHER = "gather"
_TENSOR_CLASSES = {
    "RaggedTensor": tf.RaggedTensor,
    "SparseTensor": tf.SparseTensor,
}


class OpLayer(Layer):
    """A TensorFlow op that was called on symbolic tensors.

    Made by the dispatcher, not by users.

    Arguments:
        function: The op, or its public name, such as `"math.add"`.
    """

    def __init__(self, function, **kwargs):
        name = function if isinstance(function, str) else op_name(function)
        if kwargs.get("name") is None:
            kwargs["name"] = naming.unique_name(
                f"tf.{name or function.__name__}"
            )
        super().__init__(autocast=False, **kwargs)
        self.function = name
        self.built = True
        vars(self)["_op"] = (
            resolve(function) if isinstance(function, str) else function
        )

    def __call__(self, *args, **kwargs):
        if symbolic.contains(args) or symbolic.contains(kwargs):
            return self._record(args, kwargs)
        return self.call(*args, **kwargs)

    def call(self, *args, **kwargs):
        """Runs the op."""
        if args and "y" in kwargs:
            args = (_like(args[0], kwargs["y"]), *args[1:])
        return self._op(*args, **kwargs)

    def get_config(self):
        if self.function is None:
            raise ValueError(
                f"The function {self._op} was called on symbolic tensors, and "
                "has no public name in TensorFlow under which it could be "
                "saved. Call it in a layer of your own."
            )
        return super().get_config()

    def get_build_config(self):
        return None

    def _record(self, args, kwargs):
        variables = [
            variable
            for x in tf.nest.flatten((args, kwargs))
            if isinstance(x, (tf.Variable, weight_view.WeightView))
            for _, variable in weight_view.named_variables("", x)
        ]
        if variables:
            self.variables_in_call = variables
        return super()._record(args, kwargs)


class TFOpLambda(OpLayer):
    """A TensorFlow function on symbolic tensors, as Keras files call it."""


class SlicingOpLambda(OpLayer):
    """A slice of a symbolic tensor, as Keras files call it."""

    def call(self, inputs, slice_spec):
        """Slices the tensor."""
        return inputs[_python_slices(slice_spec)]


def _limited(function, name):
    """Refuses calls of an op that do more than compute, or too much.

    Arguments:
        function: The op.
        name: String: its public name.

    Returns:
        A function like it.
    """
    signature = _signature(function)
    takes_files = signature and any(
        _OF_FILES.search(parameter) for parameter in signature.parameters
    )
    is_gather = name.rpartition(".")[2] == _GATHER

    @functools.wraps(function)
    def call(*args, **kwargs):
        if is_gather:
            _check_batch_axes(signature.bind(*args, **kwargs).arguments)
        if takes_files:
            _check_files(name, signature.bind(*args, **kwargs).arguments)
        if budget.is_limited():
            _check_count_of_outputs(name, args, kwargs)
            _check_count_of_rows(name, args, kwargs)
        return function(*args, **kwargs)

    return call


def _signature(function):
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


def _check_files(name, arguments):
    """Refuses an op that would read or write a file."""
    for parameter, value in arguments.items():
        is_none = value is None or (isinstance(value, str) and not value)
        if _OF_FILES.search(parameter) and not is_none:
            raise errors.UnsafeFileError(
                f"The op {name!r} may not open a file in a model. Received: "
                f"{parameter}={value!r}. Pass the content of the file, or "
                "write a layer of your own and register it."
            )


def _check_batch_axes(arguments):
    """Refuses what TensorFlow doesn't check but ends the process at."""
    count = arguments.get("batch_dims")
    if not isinstance(count, int):
        return
    for parameter in ("params", "indices"):
        rank = tf.TensorShape(np.shape(arguments.get(parameter))).rank
        if rank is not None and abs(count) > rank:
            raise ValueError(
                "`batch_dims` of `tf.gather` must be at most the rank of "
                f"`{parameter}`, {rank}. Received: batch_dims={count}."
            )


def _check_count_of_rows(name, args, kwargs):
    """Refuses an op in a file that makes ragged tensors of too many rows."""
    values = tf.nest.flatten((args, kwargs))
    if name.removeprefix("compat.v1.").split(".")[0] not in _RAGGED_MODULES:
        if not any(isinstance(x, tf.RaggedTensor) for x in values):
            return
    for x in values:
        rows = 0
        if isinstance(x, tf.Tensor) and x.shape.rank:
            sizes = x.shape[:-1] if x.shape.rank > 1 else x.shape
            rows = math.prod(size or 1 for size in sizes)
        elif isinstance(x, int) and name.endswith(_FROM_ROWS):
            rows = abs(x)
        budget.spend(rows * _INTEGER_BYTES, name, "the rows of")


def _check_count_of_outputs(function, args, kwargs):
    """Refuses an op in a file that gives more tensors than can be meant."""
    name = function.rpartition(".")[2]
    if name not in _SPLITTING_FUNCTIONS:
        return
    counts = [x for x in (*args, *kwargs.values()) if isinstance(x, int)]
    if name == _UNSTACK and args and isinstance(args[0], tf.Tensor):
        axis = kwargs.get("axis", 0)
        shape = args[0].shape
        if shape.rank and -shape.rank <= axis < shape.rank:
            counts.append(shape[axis] or 0)
    budget.check_count(max(counts, default=0), "outputs of an op")


def _like(x, y):
    """Takes a number in the dtype of the tensor it is combined with."""
    if isinstance(x, (int, float, np.ndarray, list)) and tf.is_tensor(y):
        return tf.convert_to_tensor(x, y.dtype)
    return x


def op_name(function):
    """Returns the public name of an op, or None if it has none."""
    return tf_internal.api_name(function)


def resolve(name):
    """Returns the op with a public name, if it is one that only computes.

    What it returns opens no files, and keeps to what a file may ask for.

    Raises:
        ValueError: If the name is unknown or is not that of such an op.
    """
    if name == _GETITEM:
        return tf_internal.getitem
    head, _, tail = name.partition(".")
    if head in _TENSOR_CLASSES:
        return _tensor_attribute(_TENSOR_CLASSES[head], tail, name)
    # `tf.shape` and others pass on to the functions of TensorFlow 1.
    head, _, tail = name.removeprefix("compat.v1.").partition(".")
    allowed = head in (_COMPUTING_MODULES if tail else _COMPUTING_FUNCTIONS)
    if tail.rpartition(".")[2] in _NO_COMPUTATIONS:
        allowed = False
    found = tf_internal.symbol_from_api_name(name) if allowed else None
    if found is None or inspect.isclass(found) or not callable(found):
        raise _not_computing(name)
    return _limited(found, name)


def _not_computing(name):
    return errors.UnsafeFileError(
        f"The op {name!r} is not one that a model may name: only TensorFlow "
        "functions that compute values from values are. Received: "
        f"function={name!r}. Write a layer of your own and register it."
    )


def _tensor_attribute(cls, attribute, name):
    # Unlike `getattr`, `dir` leaves out what the class of the class has.
    if attribute.startswith("_") or attribute not in dir(cls):
        raise ValueError(
            f"`tf.{cls.__name__}` has no `{attribute}`. Received: "
            f"function={name!r}."
        )
    if attribute in _NO_COMPUTATIONS:
        raise _not_computing(name)
    found = getattr(cls, attribute)
    if callable(found):
        return _limited(found, name)
    return lambda tensor: getattr(tensor, attribute)


def _python_slices(spec):
    """Makes an index from what `_plain_slices` wrote."""
    if isinstance(spec, (list, tuple)):
        return tuple(_python_slice(item) for item in spec)
    return _python_slice(spec)


def _python_slice(item):
    if isinstance(item, dict):
        if item.get("class_name") == "__ellipsis__":
            return Ellipsis
        return slice(item.get("start"), item.get("stop"), item.get("step"))
    return item


def _plain_slices(key):
    """Opens slices, so that symbolic tensors in them can be found."""
    if isinstance(key, tuple):
        return [_plain_slice(item) for item in key]
    return _plain_slice(key)


def _plain_slice(item):
    if isinstance(item, slice):
        return {"start": item.start, "stop": item.stop, "step": item.step}
    if item is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    return item


def record(op, args, kwargs):
    """Records `op(*args, **kwargs)` on symbolic tensors."""
    if op is tf_internal.getitem or op_name(op) == _GETITEM:
        tensor, key = (*args, *kwargs.values())[:2]
        return SlicingOpLambda(_GETITEM)(tensor, slice_spec=_plain_slices(key))
    if not isinstance(op, str):
        args, kwargs = _bound(op, args, kwargs)
    return TFOpLambda(op)(*args, **kwargs)


def _bound(op, args, kwargs):
    """Gives all arguments but the first by name, as files hold them."""
    try:
        parameters = inspect.signature(op).parameters.values()
    except (TypeError, ValueError):
        return args, kwargs
    names = []
    for parameter in parameters:
        if parameter.kind is not parameter.POSITIONAL_OR_KEYWORD:
            break
        names.append(parameter.name)
    if not names or len(args) > len(names):
        return args, kwargs
    by_name = {**dict(zip(names, args)), **kwargs}
    if names[0] not in by_name:
        return args, kwargs
    first = by_name.pop(names[0])
    return (first,), by_name


class _SymbolicDispatcher(tf_internal.GlobalOpDispatcher):
    """Records TensorFlow ops that are given symbolic tensors."""

    def handle(self, op, args, kwargs):
        if symbolic.contains(args) or symbolic.contains(kwargs):
            return record(op, args, kwargs)
        return self.NOT_SUPPORTED


_SymbolicDispatcher().register()
symbolic.set_op_recorder(record)
registry.add_builtins(
    "keras.layers",
    {"TFOpLambda": TFOpLambda, "SlicingOpLambda": SlicingOpLambda},
)

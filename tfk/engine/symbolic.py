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
"""Symbolic tensors: what a functional model is drawn with.

A symbolic tensor is a `tf.TypeSpec` with an origin. Calling a layer on it, or
any TensorFlow op, operator or slice, records a `Node` and gives new ones.
"""

import tensorflow as tf

from tfk.saving import budget
from tfk.utils import naming
from tfk.utils import tf_internal

# Set by `op_layer`, the one place that records ops on symbolic tensors.
_recorder = None


def set_op_recorder(recorder):
    """Says which function records `op(*args, **kwargs)` on symbolic tensors."""
    global _recorder
    _recorder = recorder


class Node:
    """One recorded call of a layer.

    Attributes:
        layer: The layer that was called.
        args: Its positional arguments, with symbolic tensors in them.
        kwargs: Its keyword arguments.
        inputs: All symbolic tensors among the arguments.
        outputs: The structure of symbolic tensors that the call gave.
    """

    def __init__(self, layer, args, kwargs, outputs=None):
        self.layer = layer
        self.args = args
        self.kwargs = kwargs
        self.inputs = find(args, kwargs)
        self.outputs = outputs
        self.index = len(layer.inbound_nodes)
        layer.inbound_nodes.append(self)
        for x in self.inputs:
            if x.node is not None:
                x.node.layer.outbound_nodes.append(self)

    def set_outputs(self, outputs):
        """Takes a structure of symbolic tensors as the node's outputs."""
        self.outputs = outputs
        flat = [x for x in tf.nest.flatten(outputs) if is_symbolic(x)]
        for index, x in enumerate(flat):
            x.node = self
            x.index = index

    @property
    def flat_outputs(self):
        """The symbolic outputs as a list."""
        return [x for x in tf.nest.flatten(self.outputs) if is_symbolic(x)]

    def __repr__(self):
        return f"<Node of layer '{self.layer.name}'>"


class KerasTensor:
    """Stands for a tensor while a functional model is drawn.

    `tfk.Input` makes one, and so does each layer and each TensorFlow op that
    is called on one. It has a shape and a dtype but no value.

    Arguments:
        type_spec: `tf.TypeSpec` of the value: dense, ragged or sparse.
        name: String.

    Example:

    >>> x = tfk.Input(shape=(3,))
    >>> y = 2 * x[:, :2] + 1
    >>> y.shape
    TensorShape([None, 2])
    """

    # Makes NumPy arrays leave operators to this class.
    __array_priority__ = 100

    def __init__(self, type_spec, name=None):
        self.type_spec = type_spec
        self.name = name or naming.unique_name("keras_tensor")
        self.node = None
        self.index = 0
        self.mask_spec = None

    @property
    def shape(self):
        """The static shape."""
        return self.type_spec.shape

    @property
    def dtype(self):
        """The dtype."""
        return self.type_spec.dtype

    @property
    def _keras_history(self):
        return self.node.layer, self.node.index, self.index

    def get_shape(self):
        """Returns the static shape."""
        return self.shape

    def set_shape(self, shape):
        """Narrows the static shape."""
        self.type_spec = tf.TensorSpec(
            self.shape.merge_with(shape), self.dtype, self.type_spec.name
        )

    def __getitem__(self, key):
        return _recorder(tf_internal.getitem, (self, key), {})

    def __len__(self):
        raise TypeError(
            "The length of a symbolic tensor is not known while the model is "
            f"drawn. Received: {self!r}. Use `x.shape[0]` or `tf.shape(x)[0]`."
        )

    def __bool__(self):
        raise TypeError(
            "A symbolic tensor has no value while the model is drawn, so "
            f"Python's `if`, `and` and `or` can't use it. Received: {self!r}. "
            "Use `tf.where` or `tf.cond`, or write a layer."
        )

    def __iter__(self):
        shape = self.shape
        if shape.rank is None or shape.rank == 0 or shape[0] is None:
            raise TypeError(
                "A symbolic tensor can be iterated over only when the size of "
                f"its first axis is known. Received: {self!r}."
            )
        budget.check_count(shape[0], "parts of a tensor")
        return iter([self[i] for i in range(shape[0])])

    def __array__(self, *args, **kwargs):
        raise TypeError(
            "A symbolic tensor has no value and can't become a NumPy array. "
            f"Received: {self!r}. Use TensorFlow's functions, or put the NumPy "
            "code into a layer."
        )

    def __getattr__(self, name):
        # Methods and properties of ragged and sparse tensors, such as
        # `x.row_lengths()` and `x.values`, are recorded like ops.
        if name.startswith("_") or "type_spec" not in vars(self):
            raise AttributeError(name)
        return _recorded_attribute(self, name)

    def __repr__(self):
        origin = f" of layer '{self.node.layer.name}'" if self.node else ""
        return f"<KerasTensor {self.type_spec}{origin}>"


def _recorded_attribute(tensor, name):
    value_type = tensor.type_spec.value_type
    attribute = getattr(value_type, name, None)
    if attribute is None or value_type is tf.Tensor:
        raise AttributeError(
            f"A symbolic tensor of {tensor.type_spec} has no `{name}`."
        )
    op = f"{value_type.__name__}.{name}"
    if callable(attribute):
        return lambda *args, **kwargs: _recorder(op, (tensor, *args), kwargs)
    return _recorder(op, (tensor,), {})


def _add_operators():
    binary = {
        "add": tf.add,
        "sub": tf.subtract,
        "mul": tf.multiply,
        "truediv": tf.truediv,
        "floordiv": tf.math.floordiv,
        "mod": tf.math.floormod,
        "pow": tf.pow,
        "matmul": tf.matmul,
        "and": tf.logical_and,
        "or": tf.logical_or,
        "xor": tf.math.logical_xor,
    }
    compare = {
        "lt": tf.less,
        "le": tf.less_equal,
        "gt": tf.greater,
        "ge": tf.greater_equal,
        "ne": tf.not_equal,
    }
    unary = {"neg": tf.negative, "abs": tf.abs, "invert": tf.logical_not}

    def forward(op):
        return lambda self, other: _recorder(op, (self, other), {})

    def reflected(op):
        return lambda self, other: _recorder(op, (other, self), {})

    for name, op in {**binary, **compare}.items():
        setattr(KerasTensor, f"__{name}__", forward(op))
    for name, op in binary.items():
        setattr(KerasTensor, f"__r{name}__", reflected(op))
    for name, op in unary.items():
        setattr(
            KerasTensor,
            f"__{name}__",
            (lambda op: lambda self: _recorder(op, (self,), {}))(op),
        )


_add_operators()


def is_symbolic(value):
    """Whether a value is a symbolic tensor."""
    return isinstance(value, KerasTensor)


def contains(value):
    """Whether a value is a symbolic tensor, or a structure with one in it."""
    if isinstance(value, KerasTensor):
        return True
    if isinstance(value, (list, tuple)):
        return any(contains(item) for item in value)
    if isinstance(value, dict):
        return any(contains(item) for item in value.values())
    return False


def find(*structures):
    """Returns all symbolic tensors in some structures, in order."""
    return [x for x in tf.nest.flatten(structures) if is_symbolic(x)]


def is_plain(tensor):
    """Whether a symbolic tensor is dense, of known rank, without a mask."""
    return (
        isinstance(tensor, KerasTensor)
        and type(tensor.type_spec) is tf.TensorSpec
        and tensor.mask_spec is None
        and tensor.shape.rank is not None
    )


def from_output(value):
    """Makes the symbolic tensor that stands for a traced output."""
    if not isinstance(value, (tf.Tensor, tf.RaggedTensor, tf.SparseTensor)):
        if not isinstance(value, tf_internal.CompositeTensor):
            return value
    made = KerasTensor(tf.type_spec_from_value(value))
    mask = getattr(value, "_keras_mask", None)
    if mask is not None:
        made.mask_spec = tf.type_spec_from_value(mask)
    return made


def placeholder(tensor):
    """Makes a placeholder for a symbolic tensor in the current graph."""
    value = _placeholder_of(tensor.type_spec)
    if tensor.mask_spec is not None:
        value._keras_mask = _placeholder_of(tensor.mask_spec)
    return value


def _placeholder_of(spec):
    if isinstance(spec, tf.SparseTensorSpec):
        return tf.compat.v1.sparse_placeholder(spec.dtype, spec.shape)
    return tf.nest.map_structure(
        lambda part: tf.compat.v1.placeholder(part.dtype, part.shape),
        spec,
        expand_composites=True,
    )


def replace(structure, function):
    """Applies a function to the symbolic tensors of a structure."""
    return tf.nest.map_structure(
        lambda x: function(x) if is_symbolic(x) else x, structure
    )

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
"""Weights that layers read as a function of variables.

A layer keeps a view as its attribute, in the place of a variable, and reads it
like one: as a tensor that is computed anew at each reading. The variables
behind it are the layer's weights.
"""

import contextlib
import math

import tensorflow as tf

from tfk.utils import tf_internal

_num_exchanges = 0


class WeightView(tf_internal.NativeTensor):
    """A value computed from variables, which stands in a weight's place.

    Subclass it, keep the variables as attributes, and write `parts`, `value`,
    `dtype` and `shape`.
    """

    def parts(self):
        """Returns the variables, and views of some, that the value is made of.

        Returns:
            A dict of patterns for their names, in which `{}` stands for the
            name of the weight. That of the first is `"{}"`.
        """
        raise NotImplementedError

    def value(self):
        """Computes the weight as a tensor."""
        raise NotImplementedError

    @property
    def dtype(self):
        """The dtype in which the weight is read now."""
        raise NotImplementedError

    @property
    def shape(self):
        """The shape of the weight."""
        return self._first.shape

    @property
    def variables(self):
        """List of the variables behind the weight."""
        return [variable for _, variable in named_variables("", self)]

    @property
    def name(self):
        """The name of the weight."""
        return self._first.name

    @property
    def device(self):
        """The device that the weight is on."""
        return self._first.device

    @property
    def _first(self):
        return next(iter(self.parts().values()))

    def read_value(self):
        """The same as `value`."""
        return self.value()

    def numpy(self):
        """The weight as an array."""
        return self.value().numpy()

    def __tf_tensor__(self, dtype=None, name=None):
        """Converts the weight where an op takes a tensor.

        A distributed variable has this method too, so that leaving it to a
        `__getattr__` would hand out the weight as it is kept.
        """
        tensor = tf.convert_to_tensor(self.value(), dtype)
        return tf.identity(tensor, name=name) if name else tensor

    def __array__(self, dtype=None, copy=None):
        del copy
        array = self.numpy()
        return array if dtype is None else array.astype(dtype)

    def sparse_read(self, indices, name=None):
        """Reads some rows. Views override it to compute no others."""
        return tf.gather(self.value(), indices, name=name)

    def matmul(self, x, num_axes):
        """Multiplies a matrix by the weight: see the function `matmul`."""
        return tf.matmul(x, _as_matrix(self.value(), num_axes))

    def __getitem__(self, key):
        return self.value()[key]

    def __repr__(self):
        return f"<{type(self).__name__} of {self._first!r}>"


def _add_operators():
    operators = (
        "add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod "
        "rmod pow rpow matmul rmatmul lt le gt ge neg abs"
    )

    def operator(name):
        def apply(self, *others):
            return getattr(self.value(), name)(*others)

        return apply

    for word in operators.split():
        name = f"__{word}__"
        setattr(WeightView, name, operator(name))


_add_operators()


def look_up(weight, indices):
    """Returns some rows of a weight, and computes no others of a view.

    Arguments:
        weight: A variable or a view of some.
        indices: Tensor of integers.
    """
    if isinstance(weight, WeightView):
        return weight.sparse_read(indices)
    return tf.nn.embedding_lookup(weight, indices)


def matmul(x, weight, num_axes=1):
    """Returns the product of a matrix and a weight that is seen as one.

    A view may compute it without computing the weight.

    Arguments:
        x: Matrix of shape `(rows, n)`.
        weight: A tensor, a variable or a view of some. The sizes of its first
            axes have the product n.
        num_axes: Integer: the number of these axes.

    Returns:
        Matrix of shape `(rows, m)`, where m is the product of the sizes of the
        other axes.
    """
    if isinstance(weight, WeightView):
        return weight.matmul(x, num_axes)
    return tf.matmul(x, _as_matrix(weight, num_axes))


def _as_matrix(weight, num_axes):
    if weight.shape.rank == 2 and num_axes == 1:
        return weight
    return tf.reshape(weight, [math.prod(weight.shape[:num_axes]), -1])


def named_variables(name, weight):
    """Yields `(name, variable)` for each variable behind a weight.

    Arguments:
        name: String: the name of the weight.
        weight: A variable or a view of some.
    """
    if not isinstance(weight, WeightView):
        yield name, weight
        return
    for pattern, part in weight.parts().items():
        yield from named_variables(pattern.format(name), part)


@contextlib.contextmanager
def scopes_of(weight):
    """Within it, variables are made as a weight was: strategy and name scope.

    Arguments:
        weight: A variable or a view of some.
    """
    with contextlib.ExitStack() as stack:
        variable = next(v for _, v in named_variables("", weight))
        strategy = getattr(variable, "distribute_strategy", None)
        if strategy is not None:
            stack.enter_context(strategy.scope())
        scope = variable.name.rpartition("/")[0]
        stack.enter_context(tf.name_scope(f"{scope}/" if scope else ""))
        yield


def note_exchange():
    """Tells models that a weight was exchanged for another one.

    Functions that were compiled before read the variable that was there then.
    """
    global _num_exchanges
    _num_exchanges += 1


def num_exchanges():
    """Returns how many weights have been exchanged in this process."""
    return _num_exchanges

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
"""Adapts the preprocessing layers of a model, one pass for each depth.

A layer learns from what the layers before it give, so these have to learn
first. Layers that don't wait for one another learn in the same pass.
"""

import contextlib
import dataclasses
import time
from typing import Any

import numpy as np
import tensorflow as tf

from tfk.data import arrays
from tfk.engine import call_context
from tfk.engine import preprocessing_layer
from tfk.engine import symbolic
from tfk.engine.preprocessing_layer import PreprocessingLayer
from tfk.utils import naming
from tfk.utils import progress_bar
from tfk.utils import structure

# Work that takes longer than this shows a progress bar.
_SECONDS_WITHOUT_BAR = 2.0


def adapt(model, data, batch_size, steps, reset_state, verbose):
    """Lets all preprocessing layers of a model learn from data.

    Arguments:
        model: A functional or sequential model.
        data: What `adapt` of a layer takes, or batches of `(x, y)`, of which
            `x` is used.
        batch_size: Rows in a batch of arrays, or None.
        steps: Most batches to look at in each pass, or None.
        reset_state: Boolean: whether layers forget what they learned before.
        verbose: 0 for silence, 1 or `"auto"` for a bar on long work.

    Raises:
        ValueError: If there is nothing to learn, or nothing to learn from.
            Layers that were adapted before keep the state they had.
    """
    batch_size, steps = preprocessing_layer.checked_amounts(batch_size, steps)
    program = _Program(model)
    levels = program.levels()
    if not levels:
        raise ValueError(
            f"'{model.name}' (of type {type(model).__name__}) has no "
            "preprocessing layer that learns from data. Use it without "
            "`adapt`."
        )
    if len(levels) > 1 and hasattr(data, "__next__"):
        raise ValueError(
            f"`adapt` of '{model.name}' goes through the data {len(levels)} "
            "times, since layers learn from the outputs of others. Received: "
            f"{structure.describe(data)}, which can be gone through once. Pass "
            "arrays or a `tf.data.Dataset`."
        )
    layers = [layer for level in levels for layer in level]
    passes = _Passes(program, data, batch_size, steps)
    bar = _LongWork(passes.num_batches(levels), verbose)
    strategy = getattr(model, "distribute_strategy", None)
    strategy = strategy or tf.distribute.get_strategy()
    with contextlib.ExitStack() as stack:
        stack.enter_context(strategy.scope())
        for layer in layers:
            stack.enter_context(_kept_on_failure(layer))
            if reset_state and (layer.built or layer._takes_arrays):
                layer.reset_state()
        for level in levels:
            passes.run(level, bar)
    for layer in layers:
        layer._is_adapted = True
        layer._state_changed()
    bar.finish()


@contextlib.contextmanager
def _kept_on_failure(layer):
    """Restores what a layer had learned, if a later one can't learn."""
    learned = None
    if layer.is_adapted and hasattr(layer, "_adapted_arrays"):
        learned = layer._adapted_arrays()
    collected = layer._collected_state()
    try:
        with layer._kept_on_failure():
            yield
    except BaseException:
        if learned is not None:
            layer._set_adapted_arrays(learned)
            layer._restore_collected_state(collected)
        raise


def learning_layers(model):
    """Returns the layers of a model that `adapt` would adapt.

    Arguments:
        model: A functional or sequential model.
    """
    return _Program(model).learners


@dataclasses.dataclass(frozen=True)
class _Slot:
    """The place of a value."""

    index: int


@dataclasses.dataclass(frozen=True)
class _Call:
    """One call: of what, with which values, and where the results go.

    With several places, the result is flattened into them.
    """

    function: Any
    args: tuple
    kwargs: dict
    outputs: tuple
    is_single: bool = True

    @property
    def inputs(self):
        return [
            x.index
            for x in tf.nest.flatten((self.args, self.kwargs))
            if isinstance(x, _Slot)
        ]

    def run(self, values):
        args, kwargs = tf.nest.map_structure(
            lambda x: values[x.index] if isinstance(x, _Slot) else x,
            (self.args, self.kwargs),
        )
        results = self.function(*args, **kwargs)
        results = [results] if self.is_single else tf.nest.flatten(results)
        for slot, value in zip(self.outputs, results):
            values[slot] = value


class _Program:
    """The calls of a model, with those of models inside it, in a row."""

    def __init__(self, model):
        self.model = model
        self.size = 0
        self.calls = []
        self.learners = []
        if not _is_open(model):
            raise ValueError(
                f"`adapt` of model '{model.name}' (of type "
                f"{type(model).__name__}) can't know what its layers learn "
                "from, since the model has a `call` of its own. Adapt the "
                "layers one by one, or write the model as a functional one."
            )
        self.input = self._new()
        self._add(model, (self.input,), {})

    def _new(self):
        self.size += 1
        return _Slot(self.size - 1)

    def _add(self, layer, args, kwargs):
        """Adds the calls that a call comes to, and returns its result."""
        if not _is_open(layer):
            return self._add_leaf(layer, args, kwargs)
        if hasattr(layer, "_branches"):
            return self._add_branches(layer, args[0])
        graph = layer._functional_graph
        if graph is not None:
            return self._add_graph(layer, graph, args[0])
        result = args[0]
        for inner in layer.layers:
            result = self._add(inner, (result,), {})
        return result

    def _add_leaf(self, layer, args, kwargs):
        if _learns(layer):
            if layer not in self.learners:
                self.learners.append(layer)
        else:
            _check_has_no_learners(layer, self.model)
        result = self._new()
        self.calls.append(_Call(layer, args, kwargs, (result.index,)))
        return result

    def _add_branches(self, layer, inputs):
        """Adds the layers side by side that columns of the inputs go to."""
        names = list(layer._branches)
        columns = [self._new() for _ in names]
        places = tuple(x.index for x in columns)
        self.calls.append(
            _Call(
                lambda x: [layer._columns_of(x)[name] for name in names],
                (inputs,),
                {},
                places,
                is_single=False,
            )
        )
        results = tuple(
            self._add(layer._branches[name], (column,), {})
            for name, column in zip(names, columns)
        )
        joined = self._new()
        self.calls.append(
            _Call(
                lambda *x: layer._join_branches(dict(zip(names, x))),
                results,
                {},
                (joined.index,),
            )
        )
        return joined

    def _add_graph(self, model, graph, inputs):
        places = {}
        flat = [self._new() for _ in graph.flat_inputs]
        self.calls.append(
            _Call(
                model.conform_inputs,
                (inputs,),
                {},
                tuple(x.index for x in flat),
                is_single=False,
            )
        )
        places.update((id(x), s) for x, s in zip(graph.flat_inputs, flat))

        def place(x):
            return places[id(x)]

        for node in graph.computing_nodes:
            args = symbolic.replace(node.args, place)
            kwargs = symbolic.replace(node.kwargs, place)
            results = self._add(node.layer, args, kwargs)
            for x, slot in zip(
                tf.nest.flatten(node.outputs),
                self._opened(results, node.outputs),
            ):
                if symbolic.is_symbolic(x):
                    places[id(x)] = slot
        return tf.nest.map_structure(place, graph.outputs)

    def _opened(self, results, like):
        """Returns the slots of the parts of what a call gives."""
        if not isinstance(results, _Slot) or symbolic.is_symbolic(like):
            return tf.nest.flatten(results)
        parts = [self._new() for _ in tf.nest.flatten(like)]
        places = tuple(x.index for x in parts)
        self.calls.append(
            _Call(lambda x: x, (results,), {}, places, is_single=False)
        )
        return parts

    def levels(self):
        """Returns the learning layers, a list for each pass over the data.

        A layer comes after all that its inputs depend on.
        """
        levels, done = [], set()
        while len(done) < len(self.learners):
            known = self._known_slots(done)
            level = [
                layer
                for layer in self.learners
                if layer not in done
                and all(
                    known.issuperset(call.inputs) for call in self._of(layer)
                )
            ]
            if not level:
                names = [x.name for x in self.learners if x not in done]
                raise ValueError(
                    f"The layers {names} of '{self.model.name}' can't be "
                    "adapted, since one of them is used on outputs of its "
                    "own. Make a layer for each place."
                )
            levels.append(level)
            done.update(level)
        return levels

    def _of(self, layer):
        return [call for call in self.calls if call.function is layer]

    def _known_slots(self, done):
        """Returns the places of values that no layer is missing for."""
        known = {self.input.index}
        for call in self.calls:
            is_open = call.function in done or (
                call.function not in self.learners
            )
            if is_open and known.issuperset(call.inputs):
                known.update(call.outputs)
        return known

    def inputs_of(self, layers):
        """Returns a function of the model's input to what layers learn from.

        Arguments:
            layers: List of learning layers.

        Returns:
            A function that returns a list with one entry for each call of each
            layer: its first argument; and whether all of them have the rows of
            the input for certain.
        """
        targets = [call.args[0] for layer in layers for call in self._of(layer)]
        wanted = {x.index for x in tf.nest.flatten(targets)}
        calls = []
        for call in reversed(self.calls):
            if wanted.intersection(call.outputs):
                calls.append(call)
                wanted.update(call.inputs)
        calls.reverse()
        keeps_rows = all(
            isinstance(call.function, PreprocessingLayer)
            or call.function == getattr(self.model, "conform_inputs", None)
            for call in calls
        )

        def run(inputs):
            if calls:
                inputs = tf.nest.map_structure(arrays.to_tensor, inputs)
            values = [None] * self.size
            values[self.input.index] = inputs
            before = call_context.swap(call_context.CallContext(False))
            try:
                for call in calls:
                    call.run(values)
            finally:
                call_context.swap(before)
            return [
                tf.nest.map_structure(lambda x: values[x.index], target)
                for target in targets
            ]

        return run, keeps_rows

    def owners(self, layers):
        """Returns the layer that each entry of `inputs_of` is for."""
        return [layer for layer in layers for _ in self._of(layer)]


class _Passes:
    """Goes through the data, as often as it takes."""

    def __init__(self, program, data, batch_size, steps):
        self.program = program
        self.data = data
        self.batch_size = batch_size
        self.steps = steps

    def num_batches(self, levels):
        """Returns the number of batches in all passes, or None."""
        count = -1
        if isinstance(self.data, tf.data.Dataset):
            if any(x._is_elementwise for level in levels for x in level):
                return None  # Batches may be made larger.
            count = int(self.data.cardinality())
        if self.steps is not None:
            count = self.steps if count < 0 else min(count, self.steps)
        return None if count < 0 else count * len(levels)

    def run(self, layers, bar):
        """Lets some layers learn."""
        program = self.program
        for layer in filter(_adapts_itself, layers):
            layer.adapt(self._data_for(layer))
        learning = [x for x in layers if not _adapts_itself(x)]
        found = not learning
        owners = program.owners(learning)
        for batch in self._batches(learning) if learning else ():
            for layer, values in zip(owners, batch):
                if not layer._takes_arrays:
                    values = tf.nest.map_structure(arrays.to_tensor, values)
                values = tf.nest.map_structure(_readable, values)
                layer._build_for(values)
                layer.update_state(values)
            found = True
            bar.step()
        if not found:
            raise ValueError(
                f"'{program.model.name}' can't adapt to empty data. Received: "
                f"data={structure.describe(self.data)}."
            )
        for layer in learning:
            layer.finalize_state()

    def _batches(self, layers):
        """Yields what layers learn from, batch by batch."""
        compute, keeps_rows = self.program.inputs_of(layers)
        count = _num_inputs(self.program.model)
        name = self.program.model.name
        if isinstance(self.data, tf.data.Dataset):
            data = (
                self.data if self.steps is None else self.data.take(self.steps)
            )
            data = data.map(
                lambda *element: tuple(
                    compute(_inputs_of(_element(element, data), count))
                ),
                num_parallel_calls=tf.data.AUTOTUNE,
            )
            if keeps_rows and all(layer._is_elementwise for layer in layers):
                data = preprocessing_layer.in_large_batches(data, None)
            yield from preprocessing_layer.adapt_batches(
                data, self.batch_size, None, name
            )
            return
        for batch in preprocessing_layer.adapt_batches(
            self.data, self.batch_size, self.steps, name
        ):
            batch = arrays.to_arrays(
                _inputs_of(batch, count), "data", scalars=True
            )
            yield compute(batch)

    def _data_for(self, layer):
        """Returns data of the kind given, for a layer with its own `adapt`."""
        if not isinstance(self.data, tf.data.Dataset):
            parts = [batch[0] for batch in self._batches([layer])]
            return tf.nest.map_structure(
                lambda *x: np.concatenate([np.asarray(y) for y in x]), *parts
            )
        compute, _ = self.program.inputs_of([layer])
        count = _num_inputs(self.program.model)
        data = self.data if self.steps is None else self.data.take(self.steps)
        return data.map(
            lambda *element: compute(
                _inputs_of(_element(element, data), count)
            )[0]
        )


class _LongWork:
    """A progress bar that shows itself only if there is much to do."""

    def __init__(self, num_batches, verbose):
        self.target = num_batches
        self.verbose = 1 if verbose == "auto" else verbose
        self.done = 0
        self.start = time.perf_counter()
        self.bar = None

    def step(self):
        """Notes that one more batch is done."""
        self.done += 1
        if not self.verbose:
            return
        if self.bar is None:
            if time.perf_counter() - self.start < _SECONDS_WITHOUT_BAR:
                return
            self.bar = progress_bar.Progbar(
                self.target, verbose=self.verbose, unit_name="batch"
            )
            self.bar.title = "Adapting"
        self.bar.update(self.done, finalize=False)

    def finish(self):
        """Ends the line of the bar, if there is one."""
        if self.bar is not None:
            self.bar.update(self.done, finalize=True)


def _is_open(layer):
    """Whether what a layer calls is known: a graph, a chain, or branches."""
    if hasattr(layer, "_branches"):
        return True
    if not hasattr(layer, "_functional_graph"):
        return False
    if not naming.is_own_module(type(layer).call.__module__):
        return False
    return layer._functional_graph is not None or hasattr(layer, "_chain")


def _learns(layer):
    return (
        isinstance(layer, PreprocessingLayer)
        and layer._learns
        and not layer._has_given_state
    )


def _readable(x):
    """Returns a tensor in a dtype that NumPy knows."""
    is_short = tf.is_tensor(x) and x.dtype == tf.bfloat16
    return tf.cast(x, tf.float32) if is_short else x


def _adapts_itself(layer):
    """Whether a layer has an `adapt` of its own, and no `update_state`."""
    return type(layer).adapt is not PreprocessingLayer.adapt


def _check_has_no_learners(layer, model):
    for inner in layer._flatten_layers(include_self=False):
        if _learns(inner) and not inner.is_adapted:
            raise ValueError(
                f"'{model.name}' can't adapt layer '{inner.name}', since it "
                f"can't know what '{layer.name}' (of type "
                f"{type(layer).__name__}) gives to it. Adapt it by itself "
                "first."
            )


def _num_inputs(model):
    graph = getattr(model, "_functional_graph", None)
    return None if graph is None else len(graph.flat_inputs)


def _element(parts, dataset):
    """Undoes that `map` opens tuples."""
    return parts if isinstance(dataset.element_spec, tuple) else parts[0]


def _inputs_of(element, count):
    """Leaves out targets and weights.

    Arguments:
        element: What a dataset yields: inputs, or a tuple that begins with
            them.
        count: How many inputs the model has, or None if that isn't known.
    """
    if not isinstance(element, tuple):
        return element
    is_all = count == len(tf.nest.flatten(element))
    if is_all and count != len(tf.nest.flatten(element[0])):
        return element
    return element[0]

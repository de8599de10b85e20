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
"""Weights in TensorFlow's checkpoints, of tfk and of tf.keras.

A checkpoint holds a graph of objects, whose edges are the names of attributes,
and variables at its nodes. Which of them belongs to which variable of a model
follows from going through both graphs side by side. That is done before
TensorFlow restores anything, for it loads what fits and passes over the rest.
"""

import collections
import re
import warnings
from typing import NamedTuple

import tensorflow as tf

from tfk.saving import checkpoint_files
from tfk.saving import checkpoint_index
from tfk.saving import errors
from tfk.utils import caller
from tfk.utils import tf_internal

_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
_VALUE = "VARIABLE_VALUE"
_MAX_LISTED = 10
# What stands in a checkpoint beside the weights of a model.
_TRAINING = frozenset(
    {
        "optimizer",
        "keras_api",
        "save_counter",
        "loss_tracker",
        "compiled_loss",
        "compiled_metrics",
    }
)
_STREAMS = frozenset({"random_generator", "random_stream", "seed_generator"})
# What lookups and `Discretization` of tf.keras learn; `saved_tables` looks
# after it where a vocabulary comes with it.
_LEARNED = frozenset({"idf_weights", "num_documents", "summary"})
# What optimizers of tf.keras before TensorFlow 2.11 called their iterations.
_OLDER_COUNTER = "iter"
# What tells optimizers from other objects with a counter of that name.
_OF_OLDER = frozenset({_OLDER_COUNTER, "decay"})
_SLOT_LIST = "_variables"
# Of these a layer has two: where one does not fit, the other may.
_NUMBERED = re.compile(r"^layer(_with_weights)?-\d+$")
# Its iterations and its learning rate.
_BEFORE_FIRST_STEP = 2


def is_checkpoint(path):
    """Whether a path is that of a checkpoint, without its endings.

    Arguments:
        path: String.
    """
    return tf.io.gfile.exists(f"{path}.index")


def save(model, path, options=None):
    """Writes a checkpoint, and notes it as the latest of its folder.

    Arguments:
        model: A model.
        path: String: the path without an ending.
        options: `tf.train.CheckpointOptions`.

    Raises:
        ValueError: If TensorFlow would leave out some of the weights, or could
            not read what has such a path.
    """
    known = _variables(model)
    left_out = [v.name for v in model.variables if id(v) not in known]
    if left_out:
        raise ValueError(
            f"Model '{model.name}' keeps weights where TensorFlow's "
            "checkpoints do not look, such as in a `defaultdict`. Received: "
            f"{left_out[:_MAX_LISTED]}. Keep them in lists and dicts, or save "
            "as `name.weights.h5`."
        )
    checkpoint_files.write(model, path, options)


def load(model, path, skip_mismatch=False, options=None):
    """Sets the weights of a model to those in a checkpoint: all, or none.

    Where the model is not built yet, its variables take their values when they
    are made, and nothing can be compared before.

    Arguments:
        model: A model.
        path: String: the path without an ending.
        skip_mismatch: Boolean: whether to leave alone the layers that do not
            fit, and the optimizer if there are any, with a warning.
        options: `tf.train.CheckpointOptions`.

    Returns:
        The status object of TensorFlow, with the methods `assert_consumed` and
        `expect_partial`; None if something was left alone.

    Raises:
        ValueError: If a weight has no value, a value no weight, or the shapes
            differ. Nothing was changed then.
        CorruptFileError: If the checkpoint can't be read.
    """
    saved = _Saved(path)
    if not model.built:
        status = saved.checkpoint_of(model).read(path, options)
        _set_learned(model, saved)
        return status
    _choose_root(model, saved)
    _build_optimizer(model, saved)
    plan = _Plan(model, saved)
    if plan.problems and not skip_mismatch:
        raise ValueError(plan.message(model, path))
    if plan.problems:
        text = plan.message(model, path)
        if _optimizer_node(model, saved) is not None:
            text += "\nNor was the state of the optimizer loaded."
        warnings.warn(text, stacklevel=caller.stacklevel())
        for _, key in plan.fitting:
            saved.value(key)  # Nothing is assigned before all can be read.
        for variable, key in plan.fitting:
            variable.assign(saved.value(key))
        _set_learned(model, saved, plan.left_alone)
        return None
    if plan.ownerless:
        warnings.warn(
            f"The state of optimizers was not loaded from {path}: the model "
            f"has none in {plan.ownerless}. To go on with its training, "
            "compile it first.",
            stacklevel=caller.stacklevel(),
        )
    root = model
    if plan.other_optimizer:
        warnings.warn(
            "The state of the optimizer was not loaded: the one in "
            f"{path} has other variables. Training goes on with a fresh "
            "optimizer.",
            stacklevel=caller.stacklevel(),
        )
        root = tf_internal.WithoutChildren(model, ("optimizer",))
    try:
        status = saved.checkpoint_of(root).read(path, options)
    except tf.errors.OpError as error:
        # All values are read, and their checksums with them, before the first
        # one is assigned.
        raise errors.CorruptFileError(
            f"it is damaged ({error.message}). Take another copy of it.", path
        ) from error
    for variable, key in plan.from_shared:
        variable.assign(saved.value(key))
    _set_learned(model, saved)
    # What stands beside the weights need not all be taken.
    return status.expect_partial()


def num_bytes(path):
    """Returns how many bytes the values of a checkpoint take.

    Arguments:
        path: String: the path without an ending.
    """
    parts = checkpoint_files.data_files(path)
    return sum(tf.io.gfile.stat(part).length for part in parts)


def reader(path):
    """Returns a function from the path of a value to the value, or None.

    Arguments:
        path: String: the path of the checkpoint, without an ending.
    """
    saved = _Saved(path)

    def read(place):
        node = saved.root
        for name in place:
            node = saved.children[node].get(name)
            if node is None:
                return None
        key = saved.key(node)
        return None if key is None else saved.value(key)

    return read


class _Saved:
    """The graph of objects in a checkpoint.

    Arguments:
        path: String: the path without an ending.
    """

    def __init__(self, path):
        self.path = path
        checkpoint_files.check_name(path)
        checkpoint_index.check(path)
        with errors.corrupt(self.path):
            # `tf.train.load_checkpoint` would look into a folder of this name.
            self._reader = tf.compat.v1.train.NewCheckpointReader(path)
            self.shapes = self._reader.get_variable_to_shape_map()
            if _GRAPH not in self.shapes:
                raise errors.CorruptFileError(
                    "this is a checkpoint of TensorFlow 1, without a graph of "
                    "objects. Load it in a program of its own and save it with "
                    "`tf.train.Checkpoint`.",
                    path,
                )
            text = self._reader.get_tensor(_GRAPH)
            graph = tf_internal.ObjectGraphProto.FromString(text)
            self._nodes = graph.nodes
            self.children = [
                {x.local_name: x.node_id for x in node.children}
                for node in graph.nodes
            ]
            if any(
                not 0 <= x < len(self._nodes)
                for node, children in zip(self._nodes, self.children)
                for x in (
                    *children.values(),
                    *(x.slot_variable_node_id for x in node.slot_variables),
                )
            ):
                raise ValueError("an object refers to one that is not there")
        # Names of objects of which each may be the model.
        self.alike = []
        self.start_at(None)

    def key(self, node):
        """Returns the name of the value at a node, or None."""
        for attribute in self._nodes[node].attributes:
            if attribute.name == _VALUE:
                key = attribute.checkpoint_key
                return key if key in self.shapes else None
        return None

    def value(self, key):
        """Returns one value as an array."""
        with errors.corrupt(self.path):
            return self._reader.get_tensor(key)

    def paths(self, node):
        """Returns where values stand below a node.

        Returns:
            A dict of the names of values to `(path, nodes on the path)`.
        """
        found, seen = {}, {node}
        stack = [(node, "", ())]
        while stack:
            node, path, above = stack.pop()
            key = self.key(node)
            if key is not None:
                found[key] = path, above
            above = (*above, node)
            # Names of layers come before the lists that a SavedModel has.
            for name, child in sorted(self.children[node].items())[::-1]:
                if child not in seen:
                    seen.add(child)
                    below = f"{path}/{name}".lstrip("/")
                    stack.append((child, below, above))
        return found

    def optimizers(self):
        """Yields the paths and the nodes of optimizers."""
        stack, seen = [("", self.root)], {self.root}
        while stack:
            path, node = stack.pop()
            children = self.children[node]
            is_one = "_iterations" in children or _OF_OLDER <= set(children)
            if path and is_one:
                yield path, node
            for name, child in sorted(children.items())[::-1]:
                if child not in seen:
                    seen.add(child)
                    stack.append((f"{path}/{name}".lstrip("/"), child))

    def slots(self, node):
        """Returns the slots that an older optimizer keeps beside the graph.

        Returns:
            A list of `(number of the variable's node, name, key of the value)`.
        """
        return [
            (
                slot.original_variable_node_id,
                slot.slot_name,
                self.key(slot.slot_variable_node_id),
            )
            for slot in self._nodes[node].slot_variables
        ]

    def start_at(self, name):
        """Takes a child of the outermost object for the model, or itself."""
        self.root = 0 if name is None else self.children[0][name]
        self._root_name = name

    def checkpoint_of(self, obj):
        """Returns the checkpoint that puts an object in the root's place."""
        if self._root_name is None:
            return tf.train.Checkpoint(obj)
        return tf.train.Checkpoint(**{self._root_name: obj})


class _Plan:
    """What of a checkpoint goes where, found out before anything is changed.

    Arguments:
        model: A model that is built.
        saved: `_Saved`.
    """

    def __init__(self, model, saved):
        known = _variables(model)
        matched = dict(_pairs(model, saved))
        fitting = []
        self.problems = []
        # The ids of layers, or parts of such, that do not fit as a whole.
        self.left_alone = set()
        for variable in model.variables:
            key = matched.get(id(variable))
            place = known.get(id(variable), _Place(variable.name, variable))
            if key is not None and saved.shapes[key] == _shape(variable):
                fitting.append((variable, key, place.owner))
                continue
            found = "nothing" if key is None else saved.shapes[key]
            self.problems.append(
                f"{place.path}: the model has {_shape(variable)}, the "
                f"checkpoint {found}"
            )
            self.left_alone.add(place.owner)
        parts = {node: part for part, node in _side_by_side(model, saved)}
        self.ownerless, awaited = _optimizers_to_come(model, saved)
        taken = awaited | set(matched.values())
        for key, (path, nodes) in saved.paths(saved.root).items():
            if key not in taken and not _is_beside(path):
                self.problems.append(
                    f"{path}: the model has nothing, the checkpoint "
                    f"{saved.shapes[key]}"
                )
                # What stands in an object that the model lacks is that one's.
                above = [parts[node] for node in nodes if nodes[-1] in parts]
                owners = [id(part) for part in above if _has_weights(part)]
                self.left_alone.update(owners[-1:])
        self.left_alone.discard(None)
        self.fitting = [
            (variable, key)
            for variable, key, owner in fitting
            if owner not in self.left_alone
        ]
        counts = collections.Counter(key for _, key in self.fitting)
        # Of two variables in the place of one, TensorFlow restores the first.
        self.from_shared = [x for x in self.fitting if counts[x[1]] > 1]
        self.other_optimizer = _is_other_optimizer(model, saved)
        self._alike = saved.alike

    def message(self, model, path):
        """Lists what does not fit, and says what to do."""
        listed = self.problems[:_MAX_LISTED]
        rest = len(self.problems) - len(listed)
        if rest:
            listed.append(f"and {rest} more")
        lines = "".join(f"\n  {line}" for line in listed)
        if self._alike:
            name = self._alike[0]
            lines += (
                f"\nThe checkpoint holds several models: {self._alike}. Read "
                f"one with `tf.train.Checkpoint({name}=model).restore(path)`."
            )
        return (
            f"The weights in {path} do not fit the model '{model.name}'. Build "
            "the same model, or pass `skip_mismatch=True`. These do not match:"
            f"{lines}"
        )


def _choose_root(model, saved):
    """Finds out whether the checkpoint is of a model, or holds one.

    `tf.train.Checkpoint(model=...)` and others of that kind hold one.
    """
    counts = {None: len(list(_pairs(model, saved)))}
    own = set(tf_internal.children_in_checkpoints(model))
    is_whole = counts[None] >= len(model.variables)
    for name, node in saved.children[0].items():
        if not is_whole and own & set(saved.children[node]):
            saved.start_at(name)
            counts[name] = len(list(_pairs(model, saved)))
    most = max(counts.values())
    found = [name for name, count in counts.items() if count == most]
    # Of two alike, the usual names come first.
    usual = [name for name in ("model", None) if name in found]
    if usual or len(found) == 1:
        saved.start_at(usual[0] if usual else found[0])
    else:
        saved.start_at(None)
        saved.alike = found


def _set_learned(model, saved, left_alone=()):
    """Gives layers what tf.keras keeps in weights, and they do not."""
    for obj, node in _side_by_side(model, saved):
        if id(obj) in left_alone:
            continue
        arrays = {}
        for name, own in getattr(obj, "names_in_tf_keras", {}).items():
            child = saved.children[node].get(name)
            key = None if child is None else saved.key(child)
            if key is not None:
                arrays[own] = saved.value(key)
        if arrays:
            with errors.corrupt(saved.path):
                obj.load_own_variables(arrays)


def _pairs(obj, saved, node=None):
    """Yields `(id of a variable, name of its value)` below an object."""
    for part, place in _side_by_side(obj, saved, node):
        key = saved.key(place)
        if isinstance(part, tf.Variable) and key is not None:
            yield id(part), key


def _side_by_side(obj, saved, node=None):
    """Yields objects, and the nodes of a checkpoint in the same places.

    As TensorFlow does, it goes by the names in their order in the checkpoint,
    and a node is that of the first object found there. Others come last, with
    the node that they would share.
    """
    start = saved.root if node is None else node
    queue, others = collections.deque([(obj, start)]), collections.deque()
    owners, placed = {start: obj}, {id(obj)}
    while queue:
        obj, node = queue.popleft()
        yield obj, node
        children = tf_internal.children_in_checkpoints(obj)
        for name, found in saved.children[node].items():
            child = children.get(name)
            if child is None:
                continue
            if found not in owners:
                owners[found] = child
                placed.add(id(child))
                queue.append((child, found))
            elif owners[found] is not child and not _NUMBERED.match(name):
                others.append((child, found))
        while others and not queue:
            child, found = others.popleft()
            if id(child) not in placed:
                placed.add(id(child))
                queue.append((child, found))


class _Place(NamedTuple):
    """Where a variable stands below an object."""

    path: str
    variable: tf.Variable
    # The id of the layer, or other object with state, right above it.
    owner: int | None = None


def _variables(obj):
    """Returns a dict of ids of the variables below an object to `_Place`."""
    found, stack = {}, [("", obj, None)]
    seen = {id(obj)}
    while stack:
        path, obj, owner = stack.pop()
        if isinstance(obj, tf.Variable):
            found[id(obj)] = _Place(path, obj, owner)
        elif _has_weights(obj):
            owner = id(obj)
        for name, child in tf_internal.children_in_checkpoints(obj).items():
            if id(child) not in seen:
                seen.add(id(child))
                below = f"{path}/{name}".lstrip("/")
                stack.append((below, child, owner))
    return found


def _has_weights(obj):
    return hasattr(obj, "save_own_variables")


def _is_beside(path):
    """Whether something in a checkpoint is the state of no layer."""
    return any(
        part in _TRAINING or part in _LEARNED or part.strip("_") in _STREAMS
        for part in path.split("/")
    )


def _build_optimizer(model, saved):
    """Makes the slots for which the checkpoint holds values."""
    optimizer = getattr(model, "optimizer", None)
    node = _optimizer_node(model, saved)
    if node is None or getattr(optimizer, "built", True):
        return
    if len(saved.paths(node)) > _BEFORE_FIRST_STEP:
        optimizer.build(model.trainable_variables)


def _optimizer_node(model, saved):
    """Returns where the state of the model's optimizer stands, or None."""
    if getattr(model, "optimizer", None) is None:
        return None
    return saved.children[saved.root].get("optimizer")


def _optimizers_to_come(model, saved):
    """Finds the optimizers beside that of `compile` that the model lacks.

    Those of a model with a training step of its own are built in that step, and
    take what was saved then.

    Returns:
        The list of the names of those that it does not have, and the set of
        the names of the values of these and of those that are not built.
    """
    own = {node: obj for obj, node in _side_by_side(model, saved)}
    names, keys = [], set()
    for place, node in saved.optimizers():
        optimizer = own.get(node)
        if _is_beside(place) or getattr(optimizer, "built", False):
            continue
        if optimizer is None:
            names.append(place)
        elif not hasattr(optimizer, "apply_gradients"):
            continue
        keys.update(saved.paths(node))
    return names, keys


def _is_other_optimizer(model, saved):
    """Whether the optimizer's state in the checkpoint is that of another."""
    optimizer = getattr(model, "optimizer", None)
    node = _optimizer_node(model, saved)
    if node is None or not hasattr(optimizer, "iterations"):
        return False
    if _OLDER_COUNTER in saved.children[node]:
        return not _takes_slots(optimizer, model, saved, saved.slots(node))
    shapes = {k: _shape(x.variable) for k, x in _variables(optimizer).items()}
    pairs = dict(_pairs(optimizer, saved, node))
    if any(saved.shapes[key] != shapes[place] for place, key in pairs.items()):
        return True
    if min(len(saved.paths(node)), len(shapes)) <= _BEFORE_FIRST_STEP:
        return False
    # Some of tf.keras have variables beside the list, which stand for nothing.
    own_list = tf_internal.children_in_checkpoints(optimizer).get(_SLOT_LIST)
    saved_list = saved.children[node].get(_SLOT_LIST)
    if own_list is None or saved_list is None:
        return True
    own_slots = tf_internal.children_in_checkpoints(own_list)
    same_number = len(own_slots) == len(saved.children[saved_list])
    return len(pairs) < len(shapes) or not same_number


def _takes_slots(optimizer, model, saved, slots):
    """Whether an optimizer has a place for each slot of an older one."""
    if not hasattr(optimizer, "slot_of_older"):
        return not slots
    variables = {
        node: part
        for part, node in _side_by_side(model, saved)
        if isinstance(part, tf.Variable)
    }
    for node, name, key in slots:
        variable, slot = variables.get(node), None
        if variable is not None:
            slot = optimizer.slot_of_older(variable, name)
        if slot is None or key is None or _shape(slot) != saved.shapes[key]:
            return False
    return True


def _shape(variable):
    return variable.shape.as_list()

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
"""Which of the arrays that an optimizer saved belongs to which variable."""

# Variables that are no slots of tfk's, and what `iterations` was called.
_NOT_KEPT = frozenset(
    {
        "learning_rate",
        "current_learning_rate",
        "current_loss_scale",
        "good_steps",
        "step_counter",
        "dynamic_scale",
        # They follow from the number of steps.
        "m_schedule",
        "momentum_cache",
    }
)
_COUNTERS = frozenset({"iter", "iteration", "iterations"})


def order(
    own_names, own_shapes, names, shapes, is_legacy=False, variable_names=()
):
    """Returns for each variable of an optimizer the number of its array.

    Arguments:
        own_names: List of strings: the names of the optimizer's variables, the
            number of iterations first, such as `"m/dense/kernel:0"`.
        own_shapes: List of tuples.
        names: List of strings: the names of the arrays.
        shapes: List of tuples.
        is_legacy: Boolean: whether the file holds all first slots before all
            second ones.
        variable_names: List of strings: the names of the variables that the
            slots belong to.

    Returns:
        A list of integers, with None for what the file lacks, or None if the
        arrays are not those of such an optimizer.
    """
    kept = [i for i, n in enumerate(names) if _last(n) not in _NOT_KEPT]
    if len(kept) == 1 and _last(names[kept[0]]) in _COUNTERS:
        # It has no slots, as plain SGD, or was saved before its first step.
        return kept + [None] * (len(own_names) - 1)
    if not is_legacy:
        return kept if [shapes[i] for i in kept] == own_shapes else None
    has_counter = (
        bool(kept)
        and shapes[kept[0]] == ()
        and (_last(names[kept[0]]) in _COUNTERS or len(kept) % 2 == 1)
    )
    counter = kept[0] if has_counter else None
    slots = kept[1:] if has_counter else kept
    slots = _grouped(slots, names, len(variable_names))
    wanted = _by_slot(own_names, variable_names)
    # Keras before tf.keras wrote further arrays that stand for nothing.
    if [shapes[i] for i in slots[: len(wanted)]] != [
        own_shapes[i] for i in wanted
    ]:
        return None
    result = [counter] + [None] * (len(own_names) - 1)
    for own, saved in zip(wanted, slots):
        result[own] = saved
    return result


def _grouped(slots, names, num_variables):
    """Brings all slots of one kind together, as most optimizers write them.

    Those of `Ftrl` stand variable by variable.
    """
    kinds = {}
    for slot in slots:
        kinds.setdefault(_last(names[slot]), []).append(slot)
    if any(len(group) != num_variables for group in kinds.values()):
        return slots
    return [slot for group in kinds.values() for slot in group]


def _last(name):
    return name.partition(":")[0].rpartition("/")[2]


def _by_slot(own_names, variable_names):
    """Returns the numbers of the slots: all of the first kind, then others."""
    owners = sorted(variable_names, key=len, reverse=True)

    def kind_of(name):
        for owner in owners:
            if name.endswith(f"/{owner}"):
                return name.removesuffix(owner)
        return name.partition("/")[0]

    kinds = [kind_of(name) for name in own_names]
    order_of_kinds = list(dict.fromkeys(kinds[1:]))
    return sorted(
        range(1, len(kinds)), key=lambda i: order_of_kinds.index(kinds[i])
    )

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
"""What optimizers of Keras 3 keep in files, in the order of ours.

Keras 3 lists more than the iterations and the slots: second the learning rate,
zeros in the place of slots that a weight does not need, and last what follows
from the iterations. Its `LossScaleOptimizer` lists its own numbers first.
"""

_INNER = "inner_optimizer"
_LOSS_SCALE = "_loss_scale"


def rearrange(arrays, place, own):
    """Leaves out what is not kept here; nothing, if the rest does not fit.

    Arguments:
        arrays: Dict of the places of objects to what a file holds of them:
            dicts of names to what is known of each array. It is changed.
        place: String: the place of an optimizer.
        own: Dict of the names of the optimizer's arrays to their shapes.
    """
    saved = arrays.get(place, {})
    if len(saved) <= len(own) or not all(key.isdecimal() for key in saved):
        return
    entries = [saved[key] for key in sorted(saved, key=int)]
    loss_scale = None
    if f"{place}/{_INNER}" in arrays:
        if len(entries) < 5 or any(x.shape for x in entries[:4]):
            return
        (skipped, _, good_steps, scale), entries = entries[:4], entries[4:]
        # Steps that were skipped are not counted there: this is a zero.
        loss_scale = {"0": scale, "1": good_steps, "2": skipped}
    kept = _matched(entries, list(own.values()))
    if kept is None:
        return
    arrays[place] = {str(i): entry for i, entry in enumerate(kept)}
    if loss_scale is not None:
        arrays.setdefault(f"{place}/{_LOSS_SCALE}", loss_scale)


def _matched(entries, shapes):
    """Returns the arrays of some shapes, if only scalars stand between them."""
    if len(entries) > 1 and entries[1].shape == ():
        entries = [entries[0], *entries[2:]]
    kept, left = [], iter(entries)
    for shape in shapes:
        entry = next((x for x in left if x.shape == shape or x.shape), None)
        if entry is None or entry.shape != shape:
            return None
        kept.append(entry)
    return kept if all(x.shape == () for x in left) else None

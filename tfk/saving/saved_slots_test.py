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

from tfk.saving import saved_slots

VARIABLES = ["d/a:0", "d/b:0"]
NAMES = ["iteration:0"] + [f"Adam/{s}/{v}" for v in VARIABLES for s in "mv"]
SHAPES = [(), (2,), (2,), (3,), (3,)]


def order(names, shapes, is_legacy=False):
    return saved_slots.order(NAMES, SHAPES, names, shapes, is_legacy, VARIABLES)


class SavedSlotsTest:
    def test_equal_variables_keep_their_order(self):
        assert order(NAMES, SHAPES) == [0, 1, 2, 3, 4]

    def test_learning_rates_are_left_out(self):
        names = ["adam/iteration", "adam/learning_rate", *NAMES[1:]]
        shapes = [(), (), *SHAPES[1:]]
        assert order(names, shapes) == [0, 2, 3, 4, 5]

    def test_older_files_hold_all_first_slots_first(self):
        names = ["Adam/iter:0", "a/m:0", "b/m:0", "a/v:0", "b/v:0"]
        shapes = [(), (2,), (3,), (2,), (3,)]
        assert order(names, shapes, is_legacy=True) == [0, 1, 3, 2, 4]

    def test_what_stands_for_nothing_is_left_out(self):
        names = ["it:0"] + [f"Variable_{i}:0" for i in range(6)]
        shapes = [(), (2,), (3,), (2,), (3,), (1,), (1,)]
        assert order(names, shapes, is_legacy=True) == [0, 1, 3, 2, 4]

    def test_older_files_may_lack_the_number_of_steps(self):
        names = ["a/rms:0", "b/rms:0"]
        assert saved_slots.order(
            ["iteration:0", "velocity/a:0", "velocity/b:0"],
            [(), (2,), (3,)],
            names,
            [(2,), (3,)],
            is_legacy=True,
        ) == [None, 0, 1]

    def test_slots_may_stand_variable_by_variable(self):
        names = ["Ftrl/iter:0", *(f"{v}/{s}" for v in "ab" for s in "mv")]
        shapes = [(), (2,), (2,), (3,), (3,)]
        assert order(names, shapes, is_legacy=True) == [0, 1, 2, 3, 4]

    def test_the_number_of_steps_may_be_all(self):
        for is_legacy in (False, True):
            for names in (["SGD/iter:0"], ["iteration", "learning_rate"]):
                found = order(names, [()] * len(names), is_legacy)
                assert found == [0, None, None, None, None]

    def test_what_follows_from_the_steps_is_left_out(self):
        names = [f"Nadam/{x}:0" for x in ("iter", "momentum_cache")]
        names += ["a/m:0", "b/m:0", "a/v:0", "b/v:0"]
        shapes = [(), (), (2,), (3,), (2,), (3,)]
        assert order(names, shapes, is_legacy=True) == [0, 2, 4, 3, 5]

    def test_other_shapes_are_told(self):
        for is_legacy in (False, True):
            assert order(NAMES[:3], SHAPES[:3], is_legacy) is None
            assert order(NAMES, [(), (9,), *SHAPES[2:]], is_legacy) is None
            assert order([], [], is_legacy) is None

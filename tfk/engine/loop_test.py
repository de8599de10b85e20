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
"""Tests of the loop over steps and epochs."""

import numpy as np
import pytest
import tf_keras

import tfk
from tfk.engine import loop


class FakeFunction:
    """Runs steps as long as there is data."""

    def __init__(self, available):
        self.available = available
        self.sizes = []
        self.group_size = None

    def run(self, iterator, count):
        if count > self.available:
            raise StopIteration
        self.available -= count
        self.sizes.append(count)
        return {"left": self.available}


class GroupSizeTest:
    def test_a_number_is_kept(self):
        size = loop.GroupSize(3, every_batch=True)
        size.took(3, 0.0)
        size.took(3, 0.0)
        assert [size.next(10), size.next(2), size.next(None)] == [3, 2, 1]

    def test_batch_hooks_want_single_steps(self):
        size = loop.GroupSize("auto", every_batch=True, start=64)
        for _ in range(5):
            size.took(1, 1e-6)
        assert size.next(1000) == 1

    def test_auto_grows_with_fast_steps_and_shrinks_with_slow_ones(self):
        size = loop.GroupSize("auto", every_batch=False)
        size.took(1, 5.0)  # The first call compiles, and says nothing.
        assert size.next(1000) == 1
        for _ in range(4):
            size.took(size.next(1000), 1e-4)
        grown = size.next(10**6)
        assert grown > 100
        # The next run over the same function starts from there.
        again = loop.GroupSize("auto", False, start=size.learned)
        assert again.next(10**6) == grown
        size.took(grown, 10.0)
        assert size.next(10**6) == grown // 2
        # A short last group is no measure.
        size.took(1, 1e-6)
        assert size.next(10**6) == grown // 2


class RunStepsTest:
    def run(self, available, num_steps, size=2, **kwargs):
        function, calls = FakeFunction(available), []
        done, logs = loop.run_steps(
            function,
            None,
            num_steps,
            loop.GroupSize(size, False),
            lambda step: calls.append(("begin", step)),
            lambda step, logs: calls.append(("end", step)),
            kwargs.pop("should_stop", lambda: False),
            **kwargs,
        )
        return function.sizes, done, logs, calls

    def test_indices_of_groups(self):
        sizes, done, logs, calls = self.run(9, 5)
        assert sizes == [2, 2, 1] and done == 5 and logs == {"left": 4}
        assert calls == [
            ("begin", 0),
            ("end", 1),
            ("begin", 2),
            ("end", 3),
            ("begin", 4),
            ("end", 4),
        ]

    def test_data_of_unknown_length_is_taken_step_by_step(self):
        sizes, done, _, _ = self.run(3, None)
        assert sizes == [1, 1, 1] and done == 3
        sizes, done, _, _ = self.run(3, 4, can_group=False)
        assert sizes == [1, 1, 1] and done == 3

    def test_stops_when_told(self):
        _, done, _, _ = self.run(9, 8, should_stop=lambda: True)
        assert done == 2


class FitLoopAgainstTfKerasTest:
    @pytest.mark.parametrize(
        "arguments",
        [
            {"epochs": 3, "validation_freq": [1, 3]},
            {"epochs": 5, "validation_freq": 2},
            {"epochs": 4, "initial_epoch": 2},
            {"epochs": 2, "validation_steps": 2, "validation_batch_size": 3},
            {"epochs": 2, "steps_per_epoch": 3},
        ],
        ids=["list", "frequency", "initial", "steps", "steps_per_epoch"],
    )
    def test_calls_and_histories(self, arguments):
        x = np.linspace(-1, 1, 20).reshape(10, 2).astype("float32")
        y = x.sum(axis=1, keepdims=True) + 1

        def run(api):
            calls = []

            class Record(api.callbacks.Callback):
                def on_train_batch_begin(self, batch, logs=None):
                    calls.append(("begin", batch))

                def on_train_batch_end(self, batch, logs=None):
                    calls.append(("end", batch, sorted(logs)))

                def on_test_batch_end(self, batch, logs=None):
                    calls.append(("test", batch))

                def on_epoch_end(self, epoch, logs=None):
                    calls.append(("epoch", epoch, sorted(logs)))

            dense = api.layers.Dense(
                1, kernel_initializer="ones", input_shape=(2,)
            )
            model = api.Sequential([dense])
            model.compile("sgd", "mse", steps_per_execution=3)
            history = model.fit(
                x,
                y,
                batch_size=None if "steps_per_epoch" in arguments else 2,
                shuffle=False,
                verbose=0,
                validation_data=(x, y),
                callbacks=[Record()],
                **arguments,
            )
            return calls, history.epoch, history.history

        ours, theirs = run(tfk), run(tf_keras)
        assert ours[0] == theirs[0] and ours[1] == theirs[1]
        for key, values in theirs[2].items():
            np.testing.assert_allclose(ours[2][key], values, rtol=1e-5)

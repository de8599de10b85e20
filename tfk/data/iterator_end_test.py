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
"""Tests of `iterator_end`."""

import subprocess
import sys
import textwrap
import threading
import time

import pytest
import tensorflow as tf

from tfk.data import iterator_end


def _read_slowly(seconds):
    """Returns an iterator that has come to its end after some time."""
    dataset = tf.data.Dataset.range(int(seconds * 100))
    dataset = dataset.map(lambda x: x + 1, num_parallel_calls=tf.data.AUTOTUNE)
    iterator = iter(dataset)
    for _ in iterator:
        time.sleep(0.01)
    return iterator


def _threads():
    return [
        thread
        for thread in threading.enumerate()
        if thread.name == "tfk_iterator_end"
    ]


def _join():
    for thread in _threads():
        thread.join(10)
        assert not thread.is_alive()


class EndInBackgroundTest:

    def test_nobody_waits_for_the_thread_that_tunes(self):
        waits = []
        for _ in range(3):
            iterator = _read_slowly(0.75)
            iterator_end.end_in_background(iterator)
            start = time.perf_counter()
            del iterator
            waits.append(time.perf_counter() - start)
        # TensorFlow's thread looks again 1.27 s after the start.
        assert min(waits) < 0.1
        _join()

    def test_iterator_is_usable_until_it_is_dropped(self):
        iterator = iter(tf.data.Dataset.range(2))
        iterator_end.end_in_background(iterator)
        assert [int(value) for value in iterator] == [0, 1]
        del iterator
        _join()

    @pytest.mark.parametrize("iterator", [iter([1]), (i for i in range(1))])
    def test_other_iterators_are_left_alone(self, iterator):
        iterator_end.end_in_background(iterator)
        assert len(list(iterator)) == 1
        assert not _threads()


SCRIPT = """
    import time

    import numpy as np
    import tensorflow as tf

    import tfk

    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * 2,
    )

    def batches():
        for seconds in SECONDS:
            time.sleep(seconds)
            yield np.ones((2, 3), "float32"), np.ones((2, 1), "float32")

    class Counting(tfk.layers.Layer):
        def build(self, input_shape):
            self.count = self.add_weight((), "zeros", trainable=False)

        def call(self, inputs):
            count = self.count.assign_add(1.0)
            tf.debugging.assert_less(count, MOST, "Error of the layer.")
            return inputs

    class Failing(tfk.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 2:
                raise ValueError("Error of the callback.")

    with STRATEGY.scope():
        model = tfk.Sequential([Counting(), tfk.layers.Dense(1)])
        model.compile("sgd", "mse")
    callbacks = [Failing()]
    model.fit(batches(), steps_per_epoch=99, callbacks=callbacks, verbose=0)
"""


class EndAtExitTest:

    @pytest.mark.parametrize(
        "seconds, strategy, most, error",
        [
            ("[0.3] * 99", "get_strategy()", 99.0, "callback"),
            ("[0.3] * 99", "get_strategy()", 2.0, "layer"),
            ("[0.1] * 4 + [999]", "get_strategy()", 99.0, "callback"),
            ("[0.3] * 99", "MirroredStrategy(CPUS)", 99.0, "callback"),
        ],
    )
    def test_programs_end_with_an_error(
        self, seconds, strategy, most, error, tmp_path
    ):
        text = textwrap.dedent(SCRIPT).replace("SECONDS", seconds)
        text = text.replace("STRATEGY", f"tf.distribute.{strategy}")
        text = text.replace("CPUS", "['CPU:0', 'CPU:1']")
        path = tmp_path / "script.py"
        path.write_text(text.replace("MOST", str(most)))
        done = subprocess.run(
            [sys.executable, path],
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert done.returncode == 1
        assert f"Error of the {error}." in done.stderr

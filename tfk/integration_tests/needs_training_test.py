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
"""What users need of training, where no test of a part proves it.

The needs, and the tests that prove them:

- 4, the loss of `fit` and of `evaluate`: `fit_and_evaluate_test.py`
- 6, splits and orders: `data/splits_test.py`, and here
- 7, names of outputs: `outputs_test.py`
- 8, reproducibility: `determinism_test.py`, `resume_test.py`
- 13, resuming: `resume_test.py`, `resume_killed_test.py`,
  `checkpoint_killed_test.py`, `callbacks/backup_and_restore_test.py`
- 16 and 17, overhead and memory of calls: here; in figures:
  `benchmarks/figures`
- 18, programs of other packages: `programs_layers_test.py` and its
  neighbours; in figures: `benchmarks/catalog.py`
- 19, traces: `traces_test.py`
- 23, Python data: `python_data_test.py`, `data/worker_pool_test.py`
- 27, weights of classes: `class_weight_test.py`
- 32, messages: `mistakes_*_test.py`
"""

import gc
import warnings
import weakref

import numpy as np
import pytest
import tensorflow as tf

import tfk


def model():
    result = tfk.Sequential([tfk.Input((3,)), tfk.layers.Dense(1)])
    result.compile("sgd", "mse", metrics=["mae"])
    return result


def rows(count):
    x = np.random.normal(size=(count, 3)).astype("float32")
    return x, x[:, :1]


class OrderTest:
    """Need 6: `shuffle` is for arrays."""

    def test_to_shuffle_a_dataset_is_refused_by_a_warning(self):
        data = tf.data.Dataset.from_tensor_slices(rows(8)).batch(4)
        for source in (data, iter([rows(4), rows(4)])):
            with pytest.warns(UserWarning, match="`shuffle` has no effect"):
                model().fit(source, shuffle=True, verbose=0)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model().fit(data, verbose=0)
            model().fit(data, shuffle=False, verbose=0)
            model().fit(*rows(8), shuffle=True, verbose=0)

    def test_an_order_for_each_epoch_of_arrays(self):
        seen = []

        class Watch(tfk.Model):
            def train_step(self, data):
                return {"rows": data}

        watched = Watch()
        watched.compile()
        keep = tfk.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: seen.append(logs["rows"])
        )
        x = np.arange(6.0)
        for shuffle in (True, False):
            watched.fit(
                x,
                batch_size=6,
                epochs=3,
                shuffle=shuffle,
                callbacks=[keep],
                verbose=0,
            )
        orders = [np.ravel(order).tolist() for order in seen]
        assert all(sorted(order) == x.tolist() for order in orders)
        assert len(set(map(tuple, orders[:3]))) > 1
        assert orders[3:] == [x.tolist()] * 3


class SmallCallTest:
    """Need 16: small arrays need no pipeline, and calls leave nothing."""

    def test_no_dataset_is_made(self, monkeypatch):
        trained = model()
        x, y = rows(8)

        def refuse(*args, **kwargs):
            raise AssertionError

        monkeypatch.setattr(tf.data.Dataset, "__init__", refuse)
        for count in (8, 1, 5):
            trained.predict(x[:count], verbose=0)
            trained.evaluate(x[:count], y[:count], verbose=0)
            trained.train_on_batch(x[:count], y[:count])
            trained.test_on_batch(x[:count], y[:count])
            trained.predict_on_batch(x[:count])

    def test_calls_leave_no_objects_behind(self):
        trained = model()
        x, y = rows(70)

        def calls(sizes):
            for size in sizes:
                part = x[:size], y[:size]
                trained.predict(part[0], verbose=0)
                trained.evaluate(*part, verbose=0)
                trained.train_on_batch(*part)
                trained.test_on_batch(*part)
                trained.predict_on_batch(part[0])
            gc.collect()
            return len(gc.get_objects())

        calls([1, 5, 40, 70])
        before = calls([2, 50])
        assert calls([3, 60] * 20) - before < 100


class MemoryTest:
    """Need 17: `fit` keeps nothing of a model that is gone."""

    def test_models_and_their_data_are_freed(self):
        def train(data):
            trained = model()
            trained.fit(*data, validation_data=data, epochs=2, verbose=0)
            trained.predict(data[0], batch_size=4, verbose=0)
            return weakref.ref(trained), weakref.ref(data[0])

        references = train(rows(40))
        gc.collect()
        assert [reference() for reference in references] == [None, None]

    def test_validation_data_is_read_once_a_fit(self):
        class Table:
            """Rows that are read in slices."""

            def __init__(self, array):
                self.array, self.shape = array, array.shape
                self.dtype, self.num_conversions = array.dtype, 0

            def __getitem__(self, rows):
                return self.array[rows]

            def __array__(self, dtype=None, copy=None):
                self.num_conversions += 1
                return self.array

        x, y = rows(40)
        trained = model()
        trained.fit(x, y, validation_data=(Table(x), y), epochs=3, verbose=0)
        counts = trained.trace_counts
        trained.fit(x, y, validation_data=(Table(x), y), epochs=3, verbose=0)
        assert trained.trace_counts == counts

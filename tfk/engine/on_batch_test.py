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
"""Tests of single batches: the numbers are those of `fit` and `evaluate`."""

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.testing import strategies

X = np.linspace(-1, 1, 24).reshape(8, 3).astype("float32")
CLASSES = np.array([0, 1, 1, 0, 1, 1, 1, 0])


def classifier(**arguments):
    model = tfk.Sequential(
        [
            tfk.Input((3,)),
            tfk.layers.Dense(2, "softmax", kernel_initializer="ones"),
        ]
    )
    arguments = {"metrics": ["accuracy"], **arguments}
    model.compile("sgd", "sparse_categorical_crossentropy", **arguments)
    return model


class ResetTest:
    @pytest.mark.parametrize("eager", [False, True])
    def test_metrics_are_of_a_batch_or_of_all_since(self, eager):
        model = classifier(run_eagerly=eager)
        parts = X[:4], X[4:]
        single = [
            model.test_on_batch(x, y)
            for x, y in zip(parts, (CLASSES[:4], CLASSES[4:]))
        ]
        both = model.test_on_batch(X[:4], CLASSES[:4], reset_metrics=False)
        np.testing.assert_allclose(both, np.mean(single, axis=0), rtol=1e-5)

    def test_metrics_with_a_reset_of_their_own(self):
        class Count(tfk.metrics.Metric):
            calls = 0

            def __init__(self):
                super().__init__(name="count")
                self.total = self.add_weight("total")

            def update_state(self, y_true, y_pred, sample_weight=None):
                self.total.assign_add(tf.cast(tf.size(y_true), tf.float32))

            def result(self):
                return tf.convert_to_tensor(self.total)

            def reset_state(self):
                self.calls += 1
                self.total.assign(100.0)

        metric = Count()
        model = classifier(metrics=[metric])
        for _ in range(3):
            assert model.test_on_batch(X, CLASSES)[1] == 108
        assert metric.calls == 3

    def test_metrics_that_make_variables_late(self):
        class Late(tfk.metrics.Metric):
            total = None

            def update_state(self, y_true, y_pred, sample_weight=None):
                if self.total is None:
                    self.total = self.add_weight("total")
                self.total.assign_add(1.0)

            def result(self):
                return tf.convert_to_tensor(self.total)

        model = classifier(metrics=[Late(name="late")])
        assert [model.test_on_batch(X, CLASSES)[1] for _ in range(3)] == [1] * 3

    def test_metrics_of_a_class_of_ones_own(self):
        class Own(tfk.Sequential):
            names = ("a",)

            @property
            def metrics(self):
                return [getattr(self, name) for name in self.names]

            def train_step(self, data):
                self.a.update_state(1.0)
                return {"b": tf.constant(2.0), "a": self.a.result()}

        model = Own([tfk.Input((3,)), tfk.layers.Dense(1)])
        model.a = tfk.metrics.Sum(name="a")
        model.compile()
        for _ in range(2):
            assert model.train_on_batch(X) == [1, 2]
        assert model.train_on_batch(X, reset_metrics=False) == [2, 2]
        model.a.reset_state()
        assert model.train_on_batch(X, return_dict=True) == {"a": 1, "b": 2}

    def test_a_model_that_is_compiled_anew_has_its_new_metrics(self):
        model = classifier()
        assert len(model.train_on_batch(X, CLASSES)) == 2
        model.compile("sgd", "sparse_categorical_crossentropy")
        assert isinstance(model.train_on_batch(X, CLASSES), float)


class ClassWeightTest:
    def test_it_is_a_sample_weight(self):
        weights, found = {0: 3.0, 1: 0.5}, []
        by_sample = np.where(CLASSES == 0, 3.0, 0.5)
        for arguments in (
            {"class_weight": weights},
            {"sample_weight": by_sample},
            {"sample_weight": np.ones(8), "class_weight": weights},
        ):
            model = classifier()
            found.append(
                [model.train_on_batch(X, CLASSES, **arguments)[0]] * 2
                + [model.train_on_batch(X, CLASSES, **arguments)[0]]
            )
            assert model.trace_counts["train"] == 1
        np.testing.assert_allclose(found, [found[0]] * 3, rtol=1e-6)

    def test_two_replicas(self):
        expected = classifier()
        with strategies.two_replicas().scope():
            model = classifier()
        for _ in range(2):
            arguments = {"class_weight": {0: 3.0}, "sample_weight": np.ones(8)}
            np.testing.assert_allclose(
                model.train_on_batch(X, CLASSES, **arguments),
                expected.train_on_batch(X, CLASSES, **arguments),
                rtol=1e-5,
            )

    def test_wrong_weights_are_refused(self):
        with pytest.raises(ValueError, match="names a class outside of 0..1"):
            classifier().train_on_batch(X, CLASSES, class_weight={2: 1.0})
        with pytest.raises(ValueError, match="needs targets"):
            classifier().train_on_batch(X, class_weight={0: 1.0})


class StepTest:
    def test_logs_of_ones_own_step_must_be_a_dict(self):
        class Model(tfk.Sequential):
            def train_step(self, data):
                return tf.constant(1.0)

            test_step = train_step

        model = Model([tfk.layers.Dense(1)])
        model.compile("sgd", "mse")
        for run in (model.train_on_batch, model.test_on_batch, model.evaluate):
            with pytest.raises(ValueError, match="must return a dict"):
                run(X, CLASSES)

    def test_verbosity_of_one_batch(self, capsys):
        model = classifier()
        tfk.utils.disable_interactive_logging()
        try:
            model.evaluate(X, CLASSES)
            model.predict(X)
        finally:
            tfk.utils.enable_interactive_logging()
        assert capsys.readouterr().out == ""
        model.evaluate(X, CLASSES, verbose=2)
        assert capsys.readouterr().out.count("1/1 - 0s") == 1

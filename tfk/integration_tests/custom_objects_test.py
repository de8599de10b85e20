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
"""Models of users' own objects, saved by one program and loaded by another."""

import json
import os
import subprocess
import sys
import textwrap

import pytest

# What the author of a model wrote. `REGISTERED` says which way it is known.
_OBJECTS = '''
import os
import numpy as np
import tensorflow as tf
import tfk

def known(obj):
    if os.environ["REGISTERED"] == "1":
        return tfk.saving.register_keras_serializable("mine")(obj)
    return obj

@known
class Scale(tfk.layers.Layer):
    """No `get_config`: the signature is it."""
    def __init__(self, factor, activation=None, inner=None, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor
        self.activation = tfk.activations.get(activation)
        self.inner = inner
    def build(self, input_shape):
        self.bias = self.add_weight("bias", (input_shape[-1],))
    def call(self, x):
        x = self.activation(x * self.factor + self.bias)
        return x if self.inner is None else self.inner(x)

@known
class Cell(tfk.layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = self.state_size = self.output_size = units
    def build(self, input_shape):
        self.kernel = self.add_weight("k", (input_shape[-1], self.units))
    def call(self, x, states):
        y = x @ self.kernel + states[0]
        return y, [y]

@known
def square(x):
    return x * x

@known
def half(x):
    return x / 2

@known
def my_loss(y_true, y_pred):
    return tf.reduce_mean((y_true - y_pred) ** 2, -1) * 3.0

@known
class MyLoss(tfk.losses.Loss):
    def __init__(self, weight=2.0, name="my_loss", **kwargs):
        super().__init__(name=name, **kwargs)
        self.weight = weight
    def call(self, y_true, y_pred):
        return tf.reduce_mean(tf.abs(y_true - y_pred), -1) * self.weight

@known
def my_metric(y_true, y_pred):
    return tf.reduce_mean(y_pred, -1)

@known
class MyMetric(tfk.metrics.Mean):
    def __init__(self, offset=1.0, name="my_mean", **kwargs):
        super().__init__(name=name, **kwargs)
        self.offset = offset
    def update_state(self, y_true, y_pred, sample_weight=None):
        return super().update_state(y_pred + self.offset, sample_weight)

@known
class MySchedule(tfk.optimizers.schedules.LearningRateSchedule):
    def __init__(self, rate):
        self.rate = rate
    def __call__(self, step):
        return self.rate / (1.0 + tf.cast(step, "float32"))
    def get_config(self):
        return {"rate": self.rate}

@known
class MyOptimizer(tfk.optimizers.SGD):
    pass

@known
class MyRegularizer(tfk.regularizers.Regularizer):
    def __init__(self, rate):
        self.rate = rate
    def __call__(self, w):
        return self.rate * tf.reduce_sum(w * w)
    def get_config(self):
        return {"rate": self.rate}

@known
class MyInitializer(tfk.initializers.Initializer):
    def __init__(self, value=0.5):
        self.value = value
    def __call__(self, shape, dtype=None, **kwargs):
        return tf.fill(shape, tf.cast(self.value, dtype or "float32"))

@known
class MyConstraint(tfk.constraints.Constraint):
    def __call__(self, w):
        return tf.clip_by_value(w, -1.0, 1.0)

@known
class Hooked(tfk.layers.Layer):
    """All hooks that a file knows."""
    def __init__(self, words=None, **kwargs):
        super().__init__(**kwargs)
        self._words = list(words or [])
        self._is_built_by = None
    def get_config(self):
        return {**tfk.layers.Layer.get_config(self)}
    def get_build_config(self):
        return {"size": int(self.table.shape[0])}
    def build_from_config(self, config):
        self._is_built_by = "config"
        self._make(config["size"])
        self.built = True
    def build(self, input_shape):
        self._make(3)
    def _make(self, size):
        self.table = self.add_weight("table", (size,))
    def save_own_variables(self, store):
        store["negated"] = -self.table.numpy()
    def load_own_variables(self, store):
        self.table.assign(-np.asarray(store["negated"]))
    def save_assets(self, dir_path):
        with open(os.path.join(dir_path, "words.txt"), "w") as file:
            file.write("\\n".join(self._words))
    def load_assets(self, dir_path):
        with open(os.path.join(dir_path, "words.txt")) as file:
            self._words = file.read().splitlines()
    def call(self, x):
        return x + tf.reduce_sum(self.table) + float(len(self._words))

@known
class Trained(tfk.Model):
    """A step, a state, and a way to be compiled of its own."""
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.dense = tfk.layers.Dense(units)
        self.seen = tf.Variable(0.0, trainable=False)
        self.rate = None
    def call(self, x):
        return self.dense(x)
    def compile(self, rate, optimizer):
        super().compile(optimizer=optimizer)
        self.rate = rate
    def get_compile_config(self):
        return {"rate": self.rate,
                "optimizer": tfk.optimizers.serialize(self.optimizer)}
    def compile_from_config(self, config):
        self.compile(config["rate"],
                     tfk.optimizers.deserialize(config["optimizer"]))
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self(x, training=True) - y) ** 2) * self.rate
        weights = self.dense.trainable_variables
        gradients = tape.gradient(loss, weights)
        self.optimizer.apply_gradients(zip(gradients, weights))
        self.seen.assign_add(1.0)
        return {"loss": loss}

@known
class Rivals(tfk.Model):
    """Two parts, each with an optimizer of its own, by the signature alone."""
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.one, self.other = tfk.layers.Dense(units), tfk.layers.Dense(units)
    def call(self, x):
        return self.one(x) - self.other(x)
    def compile(self, one_optimizer, other_optimizer, loss_fn, rate=1.0):
        super().compile()
        self.one_optimizer = one_optimizer
        self.other_optimizer = other_optimizer
        self.loss_fn, self._rate = loss_fn, rate
    def train_step(self, data):
        x, y = data
        with tf.GradientTape(persistent=True) as tape:
            loss = tf.reduce_mean(self.loss_fn(y, self(x))) * self._rate
        for part, optimizer in ((self.one, self.one_optimizer),
                                (self.other, self.other_optimizer)):
            weights = part.trainable_variables
            gradients = tape.gradient(loss, weights)
            optimizer.apply_gradients(zip(gradients, weights))
        return {"loss": loss}

def layers_model():
    inputs = tfk.Input((4, 3), name="x")
    x = tfk.layers.TimeDistributed(Scale(2.0, square, name="timed"))(inputs)
    x = tfk.layers.Bidirectional(tfk.layers.RNN(Cell(2), return_sequences=True,
                                               name="rnn"), name="both")(x)
    nested = tfk.Sequential([
        Scale(0.5, "relu", inner=Scale(3.0, half, name="in"), name="out"),
        tfk.layers.Dense(3, half, kernel_initializer=MyInitializer(0.25),
                         kernel_regularizer=MyRegularizer(0.1),
                         kernel_constraint=MyConstraint(), name="dense"),
    ], name="nested")
    x = nested(x)
    x = tfk.layers.Lambda(square, name="squared")(x)
    x = tfk.layers.Activation(half)(x)
    x = tfk.layers.GlobalAveragePooling1D()(x)
    return tfk.Model(inputs, x, name="layers")

def compiled_model(loss, metric):
    model = layers_model()
    model.compile(MyOptimizer(MySchedule(0.01), momentum=0.5), loss, [metric])
    return model

def hooked_model():
    layer = Hooked(["a", "b"], name="hooked")
    inputs = tfk.Input((3,))
    model = tfk.Model(inputs, layer(inputs), name="hooked_model")
    layer.table.assign([1.0, 2.0, 3.0])
    return model

def trained_model():
    model = Trained(2, name="trained")
    model.compile(0.5, MyOptimizer(0.1, momentum=0.9))
    return model

def rivals_model():
    model = Rivals(2, name="rivals")
    schedule = MySchedule(0.01)
    model.compile(MyOptimizer(schedule, momentum=0.5), tfk.optimizers.Adam(0.1),
                  my_loss, rate=3.0)
    return model

x = np.linspace(-1, 1, 24).reshape(2, 4, 3).astype("float32")
y = np.ones((2, 3), "float32")
DATA = {"layers": (x, y), "loss": (x, y), "losses": (x, y),
        "hooked": (x[0], None), "trained": (x[0], np.ones((4, 2), "float32")),
        "rivals": (x[0], np.ones((4, 2), "float32"))}
MAKE = {"layers": layers_model,
        "loss": lambda: compiled_model(my_loss, my_metric),
        "losses": lambda: compiled_model(MyLoss(4.0), MyMetric(2.0)),
        "hooked": hooked_model, "trained": trained_model,
        "rivals": rivals_model}
ALL = {obj.__name__: obj for obj in list(globals().values())
       if getattr(obj, "__module__", "") == __name__ and callable(obj)
       and getattr(obj, "__name__", "") not in ("known", "<lambda>")}

def train(model, name):
    xs, ys = DATA[name]
    if ys is not None and getattr(model, 'optimizer', None):
        return model.fit(xs, ys, epochs=2, verbose=0, shuffle=False).history
    return {}
'''

_SAVE = """
    import sys, json, warnings
    sys.path.insert(0, sys.argv[1])
    from objects import *
    said, found = [], {}
    for name, make in MAKE.items():
        model = make()
        model(DATA[name][0])
        train(model, name)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for ending in ENDINGS[name]:
                model.save(f"{sys.argv[1]}/{name}.{ending}")
        said += [str(w.message) for w in caught]
        outputs = model.predict(DATA[name][0], verbose=0).tolist()
        found[name] = [outputs, train(model, name)]
    print(json.dumps([found, said]))
"""

_LOAD = """
    import sys, json
    sys.path.insert(0, sys.argv[1])
    custom_objects = None
    if os.environ["REGISTERED"] == "0":
        import objects
        custom_objects = objects.ALL
    from objects import *
    found, errors = {}, []
    for name in MAKE:
        for ending in ENDINGS[name]:
            path = f"{sys.argv[1]}/{name}.{ending}"
            if custom_objects:
                try:
                    tfk.models.load_model(path)
                except ValueError as error:
                    errors.append(str(error))
            model = tfk.models.load_model(path, custom_objects)
            outputs = model.predict(DATA[name][0], verbose=0).tolist()
            found[f"{name}.{ending}"] = [outputs, train(model, name)]
            if name == "hooked":
                assert model.layers[1]._words == ["a", "b"]
                assert model.layers[1]._is_built_by == "config"
            if name == "trained":
                assert model.rate == 0.5 and float(model.seen) == 4.0
    print(json.dumps([found, errors]))
"""
_ENDINGS = """
    import os
    ENDINGS = {"layers": ["keras", "h5"], "loss": ["keras", "h5"],
               "losses": ["keras", "h5", "folder"],
               "hooked": ["keras", "folder"], "trained": ["keras", "folder"],
               "rivals": ["keras", "h5", "folder"]}
"""


def _run(code, folder, registered):
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_ENDINGS + code), str(folder)],
        env={**os.environ, "REGISTERED": str(int(registered))},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return json.loads(result.stdout.splitlines()[-1])


class CustomObjectsTest:
    @pytest.mark.parametrize("registered", [True, False])
    def test_another_program_goes_on(self, registered, tmp_path):
        (tmp_path / "objects.py").write_text(_OBJECTS)
        saved, said = _run(_SAVE, tmp_path, registered)
        loaded, errors = _run(_LOAD, tmp_path, registered)
        assert len(loaded) == 14
        for name, (outputs, history) in loaded.items():
            expected, continued = saved[name.split(".")[0]]
            assert _flat(outputs) == pytest.approx(_flat(expected), abs=1e-6)
            assert history.keys() == continued.keys()
            for key in history:
                assert history[key] == pytest.approx(continued[key], rel=1e-4)
        if registered:
            assert not said
            return
        # Saving said what another program has to know, and where it stands.
        for name, place in (
            ("Scale", "layers/time_distributed/timed"),
            ("square", "layers/time_distributed/timed"),
            ("Cell", "layers/both/rnn/cell"),
            ("half", "layers/nested/out/in"),
            ("MyInitializer", "layers/nested/dense/MyInitializer"),
            ("MyRegularizer", "layers/nested/dense/MyRegularizer"),
            ("MyConstraint", "layers/nested/dense/MyConstraint"),
            ("MyOptimizer", "layers"),
            ("MySchedule", "layers"),
            ("MyLoss", "layers"),
            ("my_loss", "layers"),
            ("MyMetric", "layers"),
            ("my_metric", "layers"),
            ("Trained", "trained"),
            ("Hooked", "hooked_model/hooked"),
        ):
            lines = [s for s in said if s.startswith(f"`{name}` (in '{place}")]
            assert lines, (name, said)
            assert f'custom_objects={{"{name}": {name}}}' in lines[0]
        # Loading without them named the first one that was missing.
        assert len(errors) == 14
        assert all("neither built in nor registered" in e for e in errors)


def _flat(values):
    if not isinstance(values, list):
        return [values]
    return [x for value in values for x in _flat(value)]

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
"""Small models, made alike with tfk and with tf_keras, for tests of saving."""

import h5py
import numpy as np
import tensorflow as tf


def functional(keras):
    """Shared layers, ops, slices, nested models, a dict in and a dict out."""
    layers = keras.layers
    first = keras.Input((4,), name="first")
    second = keras.Input((4,), name="second")
    shared = layers.Dense(3, name="shared")
    x = layers.BatchNormalization(name="norm")(shared(first))
    x = tf.concat([x, shared(second)], axis=-1) + 1.0
    x = x[:, 1:]
    chain = [layers.Dense(2, name="c1"), layers.Dense(3, "relu", name="c2")]
    x = keras.Sequential(chain, name="chain")(x)
    inner = keras.Input((3,), name="inner_input")
    y = layers.Dense(2, name="i1")(layers.Dropout(0.5, name="drop")(inner))
    x = keras.Model(inner, y, name="nested")(x)
    outputs = {
        "score": layers.Dense(1, "sigmoid", name="o1")(x),
        "size": layers.Dense(1, kernel_regularizer="l2", name="o2")(x),
    }
    return keras.Model({"first": first, "second": second}, outputs, name="m")


def functional_data():
    """Inputs and targets for `functional`."""
    rng = np.random.default_rng(0)
    x = {name: rng.normal(size=(6, 4)) for name in ("first", "second")}
    y = {"score": np.ones((6, 1)), "size": np.ones((6, 1))}
    return x, y


def sequential(keras):
    """Convolution, normalisation and a head."""
    layers = keras.layers
    chain = [
        keras.Input((6, 6, 1), name="image"),
        layers.Conv2D(2, 3, activation="relu", name="conv"),
        layers.BatchNormalization(name="norm"),
        layers.MaxPooling2D(name="pool"),
        layers.Flatten(name="flat"),
        layers.Dense(3, activation="softmax", name="head"),
    ]
    return keras.Sequential(chain, name="net")


def lazy_sequential(keras):
    """A chain that learns the shape of its inputs from data."""
    chain = [keras.layers.Dense(2, name="a"), keras.layers.Dense(1, name="b")]
    model = keras.Sequential(chain, name="lazy")
    model(np.ones((1, 3), "float32"))
    return model


def embedding(keras):
    """Integers in, a list of two inputs, a branch that ends early."""
    layers = keras.layers
    words = keras.Input((3,), dtype="int64", name="words")
    other = keras.Input((2,), name="other")
    x = layers.Embedding(5, 4, name="table")(words)
    x = layers.Flatten(name="flat")(x)
    x = layers.Concatenate(name="join")([x, layers.Dense(2, name="d")(other)])
    x = layers.LayerNormalization(name="norm")(x)
    y = layers.Dense(1, name="top")(x)
    z = layers.Dense(2, name="side")(words_as_floats(words))
    return keras.Model([words, other], [y, z], name="two")


def words_as_floats(words):
    """Casts, as an op layer."""
    return tf.cast(words, tf.float32)


def subclassed(keras):
    """Every way in which a layer can be reached from another."""
    model = subclassed_class(keras)()
    model(np.ones((2, 2), "float32"))
    return model


def subclassed_class(keras):
    """Returns the class of `subclassed`, which takes no arguments."""
    layers = keras.layers

    class Tangle(layers.Layer):
        # Properties count for classes that are no part of tfk.
        __module__ = "users_program"

        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.aaa = self.zzz = layers.Dense(2)
            self.Big = self.small = layers.Dense(3)
            self._private = layers.Dense(4)
            self.some = [self.aaa, layers.Dense(5), layers.LayerNormalization()]
            self.zlist = [layers.Dense(6), layers.Dense(7)]
            self.amember, self.zmember = self.zlist
            self.table = {"b": layers.Dense(8), "a": layers.Dense(9)}
            self.pair = (layers.Dense(1),)
            self.mean = keras.metrics.Mean()
            self.ztotal = keras.metrics.Sum()
            self.inner_model = keras.Sequential([layers.Dense(9)])
            self.loss_object = keras.losses.Huber()
            self.variable = tf.Variable([1.0, 2.0, 3.0])
            self.variables_list = [tf.Variable([1.0])]

        @property
        def shown(self):
            return self._private

        def build(self, input_shape):
            self.w = self.add_weight(name="w", shape=(2,))
            self.n = self.add_weight(name="n", shape=(3,), trainable=False)
            self.w2 = self.add_weight(name="w2", shape=(4,))
            super().build(input_shape)

        def call(self, inputs):
            for layer in (self.aaa, self.Big, self._private, *self.some[1:]):
                layer(inputs)
            for layer in (*self.zlist, *self.table.values(), *self.pair):
                layer(inputs)
            return self.inner_model(inputs)

    class Whole(keras.Model):
        def __init__(self):
            super().__init__(name="whole")
            self.zz = layers.Dense(2)
            self.aa = Tangle()
            self.seq = keras.Sequential([layers.Dense(3)])
            self.Upper = layers.Dense(2)
            self._hidden = layers.Dense(3)
            self.more = [layers.Dense(2), layers.Dense(2)]
            self.zmean = keras.metrics.Mean()
            self.amean = keras.metrics.Mean()
            self.drop = layers.Dropout(0.5)

        def call(self, inputs):
            x = self._hidden(self.Upper(self.zz(self.aa(inputs))))
            return self.more[1](self.more[0](self.seq(self.drop(x))))

        def get_config(self):
            return {}

        @classmethod
        def from_config(cls, config):
            return cls()

    return Whole


def functional_subclass(keras):
    """A subclass that is a graph and has attributes beside it."""

    class Framed(keras.Model):
        def __init__(self):
            inputs = keras.Input((2,), name="i")
            dense = keras.layers.Dense(3, name="d")
            outputs = keras.layers.Dense(1, name="o")(dense(inputs))
            super().__init__(inputs, outputs, name="framed")
            self.zdense = dense
            self.zother = keras.layers.Dense(5, name="zo")
            self.aother = keras.layers.Dense(5, name="ao")
            self.zother.build((1, 2))
            self.aother.build((1, 2))

        def get_config(self):
            return {}

    return Framed()


def wide_deep(keras):
    """A model of models, with an optimizer for each."""
    deep = keras.Sequential([keras.layers.Dense(1, name="top")], name="deep")
    linear = keras.experimental.LinearModel(name="linear")
    model = keras.experimental.WideDeepModel(linear, deep, name="both")
    x = [np.ones((2, 2), "float32"), np.ones((2, 3), "float32")]
    model.compile(["sgd", "adam"], "mse")
    model.fit(x, np.ones((2, 1)), verbose=0)
    return model


MAKERS = {
    maker.__name__: maker
    for maker in (
        functional,
        sequential,
        lazy_sequential,
        embedding,
        subclassed,
        functional_subclass,
        wide_deep,
    )
}


def arrays_in(path):
    """Returns the shapes of the arrays in a `.weights.h5` file, by path."""
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = item.shape

    with h5py.File(path, "r") as file:
        file.visititems(visit)
    return found

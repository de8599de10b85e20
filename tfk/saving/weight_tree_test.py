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
"""Tests of the names and the order of what files hold."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tfk
from tfk.saving import weight_tree
from tfk.testing import models_to_save


class WalkTest:
    @pytest.mark.parametrize("name", models_to_save.MAKERS)
    def test_paths_and_shapes_are_those_of_keras(self, name, tmp_path):
        paths = {}
        for keras in (tf_keras, tfk):
            file = str(tmp_path / f"{keras.__name__}.weights.h5")
            models_to_save.MAKERS[name](keras).save_weights(file)
            found = models_to_save.arrays_in(file)
            # Keras keeps the state of random layers in no file.
            paths[keras] = {
                k: v for k, v in found.items() if "random_stream" not in k
            }
        assert paths[tfk] == paths[tf_keras]

    def test_nothing_in_nested_containers_and_modules_is_lost(self):
        class Holder(tf.Module):
            def __init__(self):
                super().__init__()
                self.values = [tf.Variable([1.0]), {"a": tf.Variable(2.0)}]
                self.layer = tfk.layers.Dense(1)

        class Outer(tfk.layers.Layer):
            def __init__(self):
                super().__init__()
                self.nested = [[tfk.layers.Dense(1)], {"x": Holder()}]
                self.holder = Holder()

        layer = Outer()
        paths = dict(weight_tree.walk(layer))
        assert list(paths) == [
            "",
            "nested/0/dense",
            "nested/1/holder",
            "nested/1/holder/layer",
            "holder",
            "holder/layer",
        ]
        store = {}
        paths["holder"].save_own_variables(store)
        assert [np.size(value) for value in store.values()] == [1, 1]

    def test_each_object_stands_once_in_a_cycle(self):
        layer = tfk.layers.Dense(1)
        layer.itself = layer
        other = tfk.layers.Dense(1)
        layer.other, other.back = other, layer
        assert [path for path, _ in weight_tree.walk(layer)] == ["", "other"]

    def test_properties_that_raise_are_passed_over(self):
        class Broken(tfk.layers.Layer):
            __module__ = "users_program"

            @property
            def broken(self):
                raise RuntimeError("not now")

        assert len(list(weight_tree.walk(Broken()))) == 1

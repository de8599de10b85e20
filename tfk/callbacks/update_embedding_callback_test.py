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
"""Tests for the renewal of vocabularies while a model trains."""

import numpy as np
import pytest

import tfk


class UpdateEmbeddingCallbackTest:
    def test_frequent_terms_get_a_vector_in_training(self):
        layer = tfk.layers.experimental.DynamicEmbedding(2, 4, ["ant", "bee"])
        model = tfk.Sequential(
            [
                tfk.Input((1,), dtype="string"),
                layer,
                tfk.layers.Flatten(),
                tfk.layers.Dense(1),
            ]
        )
        model.compile("sgd", "mse")
        x = np.array([["cow"], ["cow"], ["cow"], ["ant"], ["cow"], ["ant"]])
        callbacks = tfk.callbacks.experimental
        seldom = callbacks.UpdateEmbeddingCallback(layer, 1000)
        model.fit(x, np.ones((6, 1)), verbose=0, callbacks=[seldom])
        assert sorted(layer.get_vocabulary().numpy()) == [b"ant", b"bee"]
        often = callbacks.UpdateEmbeddingCallback(layer, 1e-9)
        model.fit(x, np.ones((6, 1)), verbose=0, callbacks=[often])
        assert sorted(layer.get_vocabulary().numpy()) == [b"ant", b"cow"]

    def test_wrong_arguments_are_refused(self):
        make = tfk.callbacks.experimental.UpdateEmbeddingCallback
        with pytest.raises(TypeError, match="needs a `DynamicEmbedding`"):
            make(tfk.layers.Embedding(2, 2), 1)
        layer = tfk.layers.experimental.DynamicEmbedding(2, 4, ["ant", "bee"])
        with pytest.raises(ValueError, match="Received: interval=0"):
            make(layer, 0)

    def test_backup_and_restore_is_an_alias(self):
        experimental = tfk.callbacks.experimental
        assert experimental.BackupAndRestore is tfk.callbacks.BackupAndRestore

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
"""Tests of losses by name."""

import pytest
import tf_keras

from tfk import losses
from tfk.losses import family


class FamilyTest:
    @pytest.mark.parametrize("name", [*family.FUNCTIONS, *family.ALIASES])
    def test_names_mean_what_they_mean_in_tf_keras(self, name):
        found = losses.get(name)
        if name in dir(tf_keras.losses) or name in family.ALIASES:
            assert found.__name__ == tf_keras.losses.get(name).__name__
        assert losses.get(losses.serialize(found)) is found
        assert losses.deserialize(losses.serialize(found)) is found
        if hasattr(tf_keras.losses, name):
            assert getattr(losses, name) is found

    @pytest.mark.parametrize("name", family.CLASSES)
    def test_class_names_make_instances(self, name):
        assert type(losses.get(name)) is getattr(losses, name)

    def test_losses_pass_through(self):
        loss = losses.Huber(2.0)
        assert losses.get(loss) is loss
        assert losses.get(None) is None
        assert losses.get(losses.serialize(loss)).delta == 2.0
        with pytest.raises(ValueError, match="mean_squared_error"):
            losses.get("mean_squared_eror")

    def test_aliases_that_only_files_use_are_read(self):
        config = {
            "class_name": "function",
            "config": "mse",
            "module": "builtins",
        }
        assert losses.deserialize(config) is losses.mse

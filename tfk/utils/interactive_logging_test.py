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
import logging

import numpy as np
import pytest

import tfk
from tfk.utils import interactive_logging


@pytest.fixture
def not_interactive():
    interactive_logging.disable_interactive_logging()
    yield
    interactive_logging.enable_interactive_logging()


class InteractiveLoggingTest:
    def test_auto_is_a_line_an_epoch(self, not_interactive, caplog, capsys):
        model = tfk.Sequential([tfk.layers.Dense(1)])
        model.compile("sgd", "mse")
        with caplog.at_level(logging.INFO, logger="tfk"):
            model.fit(np.ones((4, 2)), np.ones(4), epochs=2)
        lines = [record.getMessage() for record in caplog.records]
        assert sum("loss: " in line for line in lines) == 2
        assert not any("\b" in line or "\r" in line for line in lines)
        assert capsys.readouterr().out == ""

    def test_is_on_by_default(self, capsys):
        assert tfk.utils.is_interactive_logging_enabled()
        model = tfk.Sequential([tfk.layers.Dense(1)])
        model.compile("sgd", "mse")
        model.evaluate(np.ones((4, 2)), np.ones(4))
        assert "loss: " in capsys.readouterr().out

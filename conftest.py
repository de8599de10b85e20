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
"""What every test runs under: fixed seeds, two devices, few threads."""

import os
import random

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Test processes share a GPU, if there is one, instead of taking it whole.
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")

import hypothesis
import numpy as np
import pytest
import tensorflow as tf

SEED = 1234

# The same draws in each run, unless `--hypothesis-profile nightly` asks for
# many new ones; and no limit on their time, as the first one pays for the
# tracing of what it calls. A failure shows the draw, and a line to repeat it.
hypothesis.settings.register_profile(
    "tfk", max_examples=300, derandomize=True, deadline=None, print_blob=True
)
hypothesis.settings.register_profile(
    "nightly",
    hypothesis.settings.get_profile("tfk"),
    max_examples=2000,
    derandomize=False,
)
hypothesis.settings.load_profile("tfk")


def _split_cpu():
    """Makes two logical CPUs, so that strategies have two replicas."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(
        cpu, [tf.config.LogicalDeviceConfiguration()] * 2
    )


def _limit_threads():
    """Keeps parallel pytest workers from competing for the cores.

    Two threads between ops stay, as an op may wait for another one (a
    collective, a Python function in a dataset).
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(2)


# Before tfk is imported: TensorFlow takes these only until its first op.
_split_cpu()
_limit_threads()

import tfk


@pytest.fixture(autouse=True)
def fix_seeds():
    """Starts every test and doctest from the same random state."""
    random.seed(SEED)
    np.random.seed(SEED)
    tf.random.set_seed(SEED)


@pytest.fixture(autouse=True)
def doctest_names(doctest_namespace):
    """Lets the examples in docstrings start without their imports."""
    doctest_namespace.update(np=np, tf=tf, tfk=tfk)

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
"""How Keras names modules in files, so that files open both ways."""

# Where a file may say that a built-in class comes from. The names are labels:
# they choose entries of a table and are never imported.
PACKAGES = ("keras", "tf_keras", "tensorflow", "tfk", "builtins")

# Public modules of Keras, in the order in which a bare name is looked up.
MODULES = (
    "keras.layers",
    "keras",
    "keras.models",
    "keras.initializers",
    "keras.regularizers",
    "keras.constraints",
    "keras.activations",
    "keras.losses",
    "keras.metrics",
    "keras.optimizers",
    "keras.optimizers.schedules",
    "keras.mixed_precision",
    "keras.experimental",
    "keras.layers.experimental",
    "keras.callbacks",
    "keras.utils",
)

# Private modules that older files name, by a word that stands in their path.
_PRIVATE_PARTS = {
    "engine": "keras",
    "layers": "keras.layers",
    "initializers": "keras.initializers",
    "regularizers": "keras.regularizers",
    "constraints": "keras.constraints",
    "activations": "keras.activations",
    "losses": "keras.losses",
    "metrics": "keras.metrics",
    "learning_rate_schedule": "keras.optimizers.schedules",
    "schedules": "keras.optimizers.schedules",
    "optimizers": "keras.optimizers",
    "mixed_precision": "keras.mixed_precision",
    "premade_models": "keras.experimental",
}

# Classes that stand in files under the name of another.
CLASS_NAMES = {
    "tfk.engine.model.Model": "Functional",
    "tfk.engine.compile.LossTracker": "Mean",
    "tfk.layers.grouped_query_attention.GroupQueryAttention": (
        "GroupedQueryAttention"
    ),
}

# Classes that the files of tf.keras do not call by their public name.
FILE_NAMES = {"LossScaleOptimizer": "LossScaleOptimizerV3"}

# Classes without a public name in Keras, and the modules that it finds them in.
PRIVATE_MODULES = {
    "AddLoss": "tf_keras.src.engine.base_layer",
    "AddMetric": "tf_keras.src.engine.base_layer",
    "Cross": "tf_keras.src.utils.feature_space",
    "Feature": "tf_keras.src.utils.feature_space",
    "Functional": "tf_keras.src.engine.functional",
    "LossScaleOptimizerV3": (
        "tf_keras.src.mixed_precision.loss_scale_optimizer"
    ),
    "TensorFlowOpLayer": "tf_keras.src.engine.base_layer",
    "TFOpLambda": "tf_keras.src.layers.core.tf_op_layer",
    "SlicingOpLambda": "tf_keras.src.layers.core.tf_op_layer",
}

# Arguments that some classes have in Keras 3 alone, and their defaults, with
# which nothing is other than without them.
NEW_ARGUMENTS = {
    "data_format": "channels_last",
    "input_axes": None,
    "output_axes": None,
    "quantization_config": None,
    "rms_scaling": False,
}


def public_module(module):
    """Returns the public Keras module that a file means by `module`."""
    if module in MODULES:
        return module
    for part in reversed(module.split(".")):
        if part in _PRIVATE_PARTS:
            return _PRIVATE_PARTS[part]
    return None

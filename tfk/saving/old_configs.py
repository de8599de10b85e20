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
"""Configs of earlier Kerases, said in the words of today.

It turns plain data into plain data; nothing is looked up or made here.
"""

from tfk.saving import registry

# How tf.keras writes values that JSON has no word for.
_SEQUENCES = frozenset({"__tuple__", "TensorShape"})
_CUSTOM = "Custom>"
# Layers that ran on GPUs alone, which those of today take in.
_OF_CUDNN = {
    "CuDNNLSTM": ("LSTM", {}),
    "CuDNNGRU": ("GRU", {"reset_after": True}),
}
# Classes that went by other names in TensorFlow 1.13 to 2.3.
_NEW_NAMES = {
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "LayerNormalizationV1": "LayerNormalization",
    "LayerNormalizationV2": "LayerNormalization",
    "PolicyV1": "Policy",
    "UnifiedGRU": "GRU",
    "UnifiedLSTM": "LSTM",
}
_POLICY, _LOSS_SCALE = "Policy", "loss_scale"
_ACTIVATIONS_OF_CUDNN = {
    "activation": "tanh",
    "recurrent_activation": "sigmoid",
}
_VERSION_OF_RESET_AFTER = (2, 3)
_TRAINING_KEYS = (
    "loss",
    "metrics",
    "weighted_metrics",
    "loss_weights",
    "run_eagerly",
    "steps_per_execution",
    "jit_compile",
)


def modernized(config, keras_version=None):
    """Returns a config as it would be written today.

    Arguments:
        config: Nested plain data that JSON held.
        keras_version: String: the version that wrote it, if that is known.
    """
    if isinstance(config, list):
        return [modernized(item, keras_version) for item in config]
    if not isinstance(config, dict):
        return config
    name = config.get("class_name")
    if isinstance(name, str) and name in _SEQUENCES and "items" in config:
        return modernized(config["items"], keras_version)
    if config.keys() == {"type", "value"} and config["type"] == "ndarray":
        return modernized(config["value"], keras_version)
    config = {
        key: modernized(value, keras_version) for key, value in config.items()
    }
    if name == "Sequential" and isinstance(config.get("config"), list):
        config["config"] = {"name": None, "layers": config["config"]}
    if name == "__ellipsis__":
        config.setdefault("config", {})
    if isinstance(name, str) and name.startswith(_CUSTOM):
        # So tf.keras registers its own optimizers, beside the users' classes.
        if registry.get_registered_object(name) is None:
            config["class_name"] = name.removeprefix(_CUSTOM)
    inner = config.get("config")
    if not isinstance(name, str) or not isinstance(inner, dict):
        return config
    is_own = registry.get_registered_object(name) is not None
    if name in _NEW_NAMES and not is_own:
        name = config["class_name"] = _NEW_NAMES[name]
    if name == _POLICY:
        # It has gone over to the optimizer.
        inner.pop(_LOSS_SCALE, None)
    if name == "GRU":
        if parsed_version(keras_version) < _VERSION_OF_RESET_AFTER:
            inner.setdefault("reset_after", False)
    if name in _OF_CUDNN and not is_own:
        config["class_name"], arguments = _OF_CUDNN[name]
        inner.update(_ACTIVATIONS_OF_CUDNN, **arguments)
    return config


def parsed_version(version):
    """Returns the first two numbers of a version, or (2, 0) if there is none.

    Arguments:
        version: String such as `"2.2.4-tf"`, or None.
    """
    parts = str(version or "").split(".")[:2]
    if len(parts) == 2 and all(part.isdecimal() for part in parts):
        return tuple(int(part[:9]) for part in parts)
    return (2, 0)


def compile_config(training_config, model_config, keras_version=None):
    """Returns what `Model.compile_from_config` takes.

    Arguments:
        training_config: Dict from an HDF5 file.
        model_config: Dict: the config of the model.
        keras_version: String: the version that wrote it, if that is known.
    """
    found = modernized(training_config, keras_version)
    config = {key: found[key] for key in _TRAINING_KEYS if key in found}
    if "optimizer_config" in found:
        config["optimizer"] = _optimizer(found["optimizer_config"])
    inner = model_config.get("config")
    outputs = inner.get("output_layers") if isinstance(inner, dict) else None
    for key in ("metrics", "weighted_metrics"):
        if isinstance(config.get(key), list):
            config[key] = _metrics(config[key], outputs)
        if key in config:
            config[key] = _with_functions(config[key])
    return config


def _with_functions(metrics):
    """Tells names of registered functions from those that name a metric."""
    if isinstance(metrics, list):
        return [_with_functions(item) for item in metrics]
    if isinstance(metrics, dict) and "class_name" not in metrics:
        return {key: _with_functions(item) for key, item in metrics.items()}
    if isinstance(metrics, str) and registry.is_qualified(metrics):
        return {
            "module": "builtins",
            "class_name": "function",
            "config": metrics,
            "registered_name": "function",
        }
    return metrics


def _metrics(metrics, outputs):
    """Gives lists of metrics, one for each output, to the outputs.

    So tf.keras writes them, whatever `compile` was given; their names begin
    with that of the layer of the output then.
    """
    if not metrics or not all(
        isinstance(x, (list, type(None))) for x in metrics
    ):
        return metrics
    keys = sorted(outputs) if isinstance(outputs, dict) else None
    places = [outputs[key] for key in keys] if keys else outputs
    if not isinstance(places, list) or len(places) != len(metrics):
        places = [None] * len(metrics)
    lists = [
        [_without_prefix(item, place) for item in items or () if item]
        for items, place in zip(metrics, places)
    ]
    if keys and len(keys) == len(lists):
        return {key: items for key, items in zip(keys, lists) if items}
    return lists[0] if len(lists) == 1 else lists


def _without_prefix(metric, place):
    config = metric.get("config") if isinstance(metric, dict) else None
    if not isinstance(config, dict) or not isinstance(place, list) or not place:
        return metric
    name = str(config.get("name")).removeprefix(f"{place[0]}_")
    return {**metric, "config": {**config, "name": name}}


def _optimizer(config):
    if not isinstance(config, dict) or "module" in config:
        return config
    return {**config, "module": "keras.optimizers"}


def is_of_legacy_optimizer(training_config, keras_version=None):
    """Whether the slots in a file are in the order of tf.keras before 2.11.

    These optimizers hold all of their first slots, then all second ones.
    """
    optimizer = training_config.get("optimizer_config")
    if not isinstance(optimizer, dict) or "module" in optimizer:
        return False
    if parsed_version(keras_version) >= (3, 0):
        return False
    inner = optimizer.get("config")
    is_marked = isinstance(inner, dict) and inner.get(
        "is_legacy_optimizer", True
    )
    name = optimizer.get("class_name")
    return bool(is_marked) and not str(name).startswith(_CUSTOM)

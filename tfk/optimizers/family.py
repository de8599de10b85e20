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
"""Finding optimizers by name, and writing and reading them."""

from tfk.optimizers import adadelta
from tfk.optimizers import adafactor
from tfk.optimizers import adagrad
from tfk.optimizers import adam
from tfk.optimizers import adamax
from tfk.optimizers import adamw
from tfk.optimizers import ftrl
from tfk.optimizers import lamb
from tfk.optimizers import lazy_adam
from tfk.optimizers import lion
from tfk.optimizers import loss_scale_optimizer
from tfk.optimizers import multi_optimizer
from tfk.optimizers import muon
from tfk.optimizers import nadam
from tfk.optimizers import rmsprop
from tfk.optimizers import schedule_free_adamw
from tfk.optimizers import sgd
from tfk.saving import object_family
from tfk.saving import registry

_CLASSES = (
    adadelta.Adadelta,
    adafactor.Adafactor,
    adagrad.Adagrad,
    adam.Adam,
    adamax.Adamax,
    adamw.AdamW,
    ftrl.Ftrl,
    lamb.Lamb,
    lazy_adam.LazyAdam,
    lion.Lion,
    muon.Muon,
    nadam.Nadam,
    rmsprop.RMSprop,
    schedule_free_adamw.ScheduleFreeAdamW,
    sgd.SGD,
)
_FAMILY = object_family.ObjectFamily(
    "optimizer",
    "keras.optimizers",
    {
        name: cls
        for cls in _CLASSES
        for name in (cls.__name__, cls.__name__.lower())
    },
)
registry.add_builtins(
    "keras.mixed_precision",
    {
        name: loss_scale_optimizer.LossScaleOptimizer
        for name in ("LossScaleOptimizer", "LossScaleOptimizerV3")
    },
)
# Not to be made by their names, as they need arguments.
registry.add_builtins(
    "keras.optimizers",
    {
        cls.__name__: cls
        for cls in (
            loss_scale_optimizer.LossScaleOptimizer,
            multi_optimizer.MultiOptimizer,
            multi_optimizer.OptimizerMap,
        )
    },
)


def get(identifier, **kwargs):
    """Returns the optimizer that a name, config or object stands for.

    Arguments:
        identifier: Name in any case (`"adam"`), config dict, optimizer, class,
            or None.
        **kwargs: Accepted for old code's sake.

    Example:

    >>> tfk.optimizers.get("rmsprop").name
    'RMSprop'
    """
    del kwargs
    return _FAMILY.get(_own_name(identifier))


def serialize(optimizer, use_legacy_format=False):
    """Returns the config of an optimizer.

    Arguments:
        optimizer: An optimizer.
        use_legacy_format: Boolean: whether to write the short form of old
            Keras files.

    Returns:
        A dict that `deserialize` reads.
    """
    return _FAMILY.serialize(optimizer, use_legacy_format)


def deserialize(config, custom_objects=None, use_legacy_format=False, **kwargs):
    """Returns the optimizer that a config describes.

    Arguments:
        config: Dict made by `serialize`, or a name.
        custom_objects: Dict of names to classes.
        use_legacy_format: Accepted for Keras' sake; both forms are read.
        **kwargs: Accepted for old code's sake.

    Example:

    >>> config = tfk.optimizers.serialize(tfk.optimizers.Adam(beta_1=0.8))
    >>> tfk.optimizers.deserialize(config).beta_1
    0.8
    """
    del kwargs
    if isinstance(config, dict) and isinstance(config.get("class_name"), str):
        config = {**config, "class_name": _own_name(config["class_name"])}
    return _FAMILY.deserialize(
        _own_name(config), custom_objects, use_legacy_format
    )


def _own_name(name):
    """Lets names be written in any case."""
    if isinstance(name, str) and name.lower() in _FAMILY.objects:
        return name.lower()
    return name

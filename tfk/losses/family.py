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
"""Losses by name: strings, configs and back."""

from tfk.losses import circle_loss
from tfk.losses import crossentropy
from tfk.losses import ctc_loss
from tfk.losses import generalized
from tfk.losses import margin
from tfk.losses import overlap
from tfk.losses import regression
from tfk.losses.loss import LossFunctionWrapper
from tfk.saving import object_family
from tfk.saving import registry

FUNCTIONS = {
    function.__name__: function
    for function in (
        circle_loss.circle,
        crossentropy.binary_crossentropy,
        crossentropy.binary_focal_crossentropy,
        crossentropy.categorical_crossentropy,
        crossentropy.categorical_focal_crossentropy,
        crossentropy.kl_divergence,
        crossentropy.poisson,
        crossentropy.sparse_categorical_crossentropy,
        ctc_loss.ctc,
        generalized.categorical_generalized_cross_entropy,
        margin.categorical_hinge,
        margin.hinge,
        margin.squared_hinge,
        overlap.dice,
        overlap.tversky,
        regression.cosine_similarity,
        regression.huber,
        regression.log_cosh,
        regression.mean_absolute_error,
        regression.mean_absolute_percentage_error,
        regression.mean_squared_error,
        regression.mean_squared_logarithmic_error,
    )
}

_ALIASES = {
    "binary_crossentropy": ("bce", "BCE"),
    "huber": ("huber_loss",),
    "kl_divergence": ("kld", "KLD", "kullback_leibler_divergence"),
    "log_cosh": ("logcosh",),
    "mean_absolute_error": ("mae", "MAE"),
    "mean_absolute_percentage_error": ("mape", "MAPE"),
    "mean_squared_error": ("mse", "MSE"),
    "mean_squared_logarithmic_error": ("msle", "MSLE"),
}

ALIASES = {
    alias: FUNCTIONS[name]
    for name, aliases in _ALIASES.items()
    for alias in aliases
}

CLASSES = {
    cls.__name__: cls
    for cls in (
        circle_loss.Circle,
        crossentropy.BinaryCrossentropy,
        crossentropy.BinaryFocalCrossentropy,
        crossentropy.CategoricalCrossentropy,
        crossentropy.CategoricalFocalCrossentropy,
        crossentropy.KLDivergence,
        crossentropy.Poisson,
        crossentropy.SparseCategoricalCrossentropy,
        ctc_loss.CTC,
        generalized.CategoricalGeneralizedCrossEntropy,
        margin.CategoricalHinge,
        margin.Hinge,
        margin.SquaredHinge,
        overlap.Dice,
        overlap.Tversky,
        regression.CosineSimilarity,
        regression.Huber,
        regression.LogCosh,
        regression.MeanAbsoluteError,
        regression.MeanAbsolutePercentageError,
        regression.MeanSquaredError,
        regression.MeanSquaredLogarithmicError,
    )
}

_FAMILY = object_family.ObjectFamily(
    "loss", "keras.losses", {**FUNCTIONS, **ALIASES, **CLASSES}
)
# Not a name to type, but one that files hold.
registry.add_builtins(
    "keras.losses", {"LossFunctionWrapper": LossFunctionWrapper}
)


def get(identifier):
    """Returns the loss that an argument such as `compile(loss=...)` means.

    Arguments:
        identifier: None, a name (`"mse"` for the function,
            `"MeanSquaredError"` for the class), a config, a class, or a loss,
            which is returned as it is.

    Returns:
        A function, a `Loss`, or None.

    Raises:
        ValueError: If the name is unknown.
        TypeError: If the identifier is none of these.

    Example:

    >>> tfk.losses.get("mse").__name__
    'mean_squared_error'
    """
    return _FAMILY.get(identifier)


def serialize(loss, use_legacy_format=False):
    """Returns the name or config from which `deserialize` makes the loss.

    Arguments:
        loss: A `Loss` or a function.
        use_legacy_format: Boolean: whether to write the config as TensorFlow
            2.12 and older did.

    Example:

    >>> tfk.losses.serialize(tfk.losses.mean_squared_error)
    'mean_squared_error'
    """
    return _FAMILY.serialize(loss, use_legacy_format)


def deserialize(name, custom_objects=None, use_legacy_format=False):
    """Makes a loss of what `serialize` returned.

    Arguments:
        name: A name or config.
        custom_objects: Optional dict of names to losses of your own.
        use_legacy_format: Boolean: both formats are read in any case.

    Returns:
        A function or a `Loss`.

    Raises:
        ValueError: If the config names an unknown loss.

    Example:

    >>> config = tfk.losses.serialize(tfk.losses.Huber(delta=2.0))
    >>> tfk.losses.deserialize(config).delta
    2.0
    """
    return _FAMILY.deserialize(name, custom_objects, use_legacy_format)

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
"""Layers that apply random changes of many kinds.

The kinds and how far each goes at full strength are those of the papers on
AutoAugment and RandAugment.
"""

import math

import tensorflow as tf

from tfk.layers.preprocessing.image import color
from tfk.layers.preprocessing.image import coloring
from tfk.layers.preprocessing.image import distributions
from tfk.layers.preprocessing.image import factors
from tfk.layers.preprocessing.image import image_layer
from tfk.layers.preprocessing.image import projection
from tfk.saving import budget
from tfk.utils import checks
from tfk.utils import image_scaling

_BYTES = (0, 255)

# How far changes go at full strength.
_ROTATION = math.radians(30)
_SHEAR = 0.3
_TRANSLATION = 0.45
_ENHANCEMENT = 0.9
_LOST_BITS = 4


def _enhanced(plain):
    """Returns the change that moves images away from, or to, plain ones."""

    def enhance(images, strength):
        return color.blend(plain(images), images, 1 + _ENHANCEMENT * strength)

    return enhance


def _contrast(images, strength):
    return color.contrasted(images, 1 + _ENHANCEMENT * strength)


def _posterize(images, strength):
    return color.posterized(images, 8 - tf.round(_LOST_BITS * tf.abs(strength)))


def _solarize(images, strength):
    thresholds = 256 * (1 - tf.abs(strength))
    return color.solarized(images, tf.zeros_like(strength), thresholds)


# Changes of values: functions of images in [0, 255] and of a strength from -1
# to 1 for each.
_TONES = {
    "auto_contrast": lambda images, _: color.auto_contrasted(images, _BYTES),
    "equalization": lambda images, _: color.equalized(images),
    "posterization": _posterize,
    "solarization": _solarize,
    "brightness": _enhanced(tf.zeros_like),
    "color": _enhanced(color.grayscale),
    "contrast": _contrast,
    "sharpness": _enhanced(color.smoothed),
}

# Changes that AugMix leaves out where models are tested on such ones.
_ENHANCEMENTS = ("brightness", "color", "contrast", "sharpness")

# Changes of places: functions of a strength, height and width, to maps.
_MOVES = {
    "rotation": lambda strength, height, width: projection.rotation(
        _ROTATION * strength, height, width
    ),
    "shear_x": lambda strength, height, width: projection.shear(
        _SHEAR * strength, tf.zeros_like(strength)
    ),
    "shear_y": lambda strength, height, width: projection.shear(
        tf.zeros_like(strength), _SHEAR * strength
    ),
    "translation_x": lambda strength, height, width: projection.translation(
        _TRANSLATION * strength * width, tf.zeros_like(strength)
    ),
    "translation_y": lambda strength, height, width: projection.translation(
        tf.zeros_like(strength), _TRANSLATION * strength * height
    ),
}

_IDENTITY = 0
# About so many TensorFlow ops, constants aside, make a change, and draw one.
_OPS_A_CHANGE = 200
_OPS_A_DRAW = 50
_OPS = "ops that change images"


class PolicyLayer(image_layer.RandomImageLayer):
    """A layer that applies one change after another to each image.

    Changes have numbers: 0 for none, then those of places, then those of
    values. Each change is computed for the images that it was drawn for only.

    Arguments:
        value_range: Pair of numbers: what the values of images lie between.
        factor: Number `a` for a range `(0, a)`, or a range, within [0, 1]: the
            strength of changes.
        interpolation: `"bilinear"` or `"nearest"`.
        tones: List of the names of changes of values.
        seed: Integer, which gives the same changes in each run, or None.
        **kwargs: As for `ImageLayer`.
    """

    _own_unsaved_arguments = ("tones",)

    def __init__(
        self,
        value_range=(0, 255),
        factor=0.5,
        interpolation="bilinear",
        tones=tuple(_TONES),
        seed=None,
        **kwargs,
    ):
        super().__init__(seed=seed, **kwargs)
        self.value_range = factors.value_range(value_range, self.name)
        self._limits = coloring.share("factor", factor, self.name)
        self.factor = factor
        projection.check_arguments("constant", interpolation, self.name)
        self.interpolation = interpolation
        self._tones = tuple(tones)

    def _draw_change(self, uniform):
        """Returns a kind of change and its strength for each image.

        Arguments:
            uniform: Float tensor of shape `(count, 3)`, from [0, 1).
        """
        kinds = 1 + len(_MOVES) + len(self._tones)
        strength = factors.between(uniform[:, 1], self._limits)
        return {
            "kind": tf.cast(uniform[:, 0] * kinds, tf.int32),
            "strength": tf.where(uniform[:, 2] < 0.5, strength, -strength),
        }

    def _apply(self, images, change):
        """Returns images in [0, 255] after one change each."""
        kind, strength = change["kind"], change["strength"]
        count = len(self._tones)
        # The groups: none, moves, and each change of values.
        group = tf.clip_by_value(kind - len(_MOVES), 0, count) + tf.cast(
            kind > _IDENTITY, tf.int32
        )
        parts, kinds, strengths, places = (
            tf.dynamic_partition(x, group, count + 2)
            for x in (images, kind, strength, tf.range(tf.size(kind)))
        )
        changed = [parts[0]]
        changed.append(
            self._move(parts[1], kinds[1], strengths[1], self.interpolation)
        )
        for index, name in enumerate(self._tones):
            changed.append(
                color.clip(
                    _TONES[name](parts[index + 2], strengths[index + 2]), _BYTES
                )
            )
        changed = [
            tf.ensure_shape(part, [None, *images.shape[1:]]) for part in changed
        ]
        stitched = tf.dynamic_stitch(places, changed)
        return tf.ensure_shape(stitched, images.shape)

    def _move(self, images, kind, strength, interpolation):
        """Returns images after a change of places; others stay."""
        height, width = (
            tf.cast(size, tf.float32) for size in image_scaling.size_of(images)
        )
        maps = _maps(kind, strength, height, width)
        return projection.project(
            images, maps, "constant", 0.0, interpolation, projection.AFFINE
        )


def _maps(kind, strength, height, width):
    """Returns the maps of changes of places, and the identity for others."""
    maps = [projection.identity(tf.size(kind))]
    maps += [move(strength, height, width) for move in _MOVES.values()]
    chosen = tf.where(kind > len(_MOVES), _IDENTITY, kind)
    return tf.gather(tf.stack(maps, 1), chosen, axis=1, batch_dims=1)


class RandAugment(PolicyLayer):
    """Applies a few changes of random kinds to each image, in training.

    One number, the strength, takes the place of the tuning of many: rotation,
    shearing, translation, brightness, contrast, colour, sharpness,
    posterisation, solarisation, equalisation, auto-contrast, or no change.

    Reference: [Cubuk et al., 2020](https://arxiv.org/abs/1909.13719).

    Arguments:
        value_range: Pair of numbers: what the values of images lie between.
        num_ops: Integer: how many changes are made.
        factor: Number `a` for a range `(0, a)`, or a range, within [0, 1]: the
            strength of changes, where 1 is the strongest of the paper.
        interpolation: `"bilinear"` or `"nearest"`.
        seed: Integer, which gives the same changes in each run, or None.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `image_data_format` of the configuration.
        **kwargs: As for `Layer`, and `bounding_box_format`.

    Call arguments:
        inputs: Images, or a dict of images, labels, masks and boxes.
        training: Boolean: whether to do it. Defaults to True.
        seed: Optional integer, or integer tensor of shape `()` or `(2,)`:
            what this call draws follows from it alone.

    Input shape:
        `(batch_size, height, width, 3)` or `(height, width, 3)`: numbers,
        dense or ragged.

    Output shape:
        The same.

    Example:

    >>> layer = tfk.layers.RandAugment(num_ops=2, seed=1)
    >>> layer(tf.ones((2, 8, 8, 3))).shape
    TensorShape([2, 8, 8, 3])
    """

    def __init__(
        self,
        value_range=(0, 255),
        num_ops=2,
        factor=0.5,
        interpolation="bilinear",
        seed=None,
        data_format=None,
        **kwargs,
    ):
        super().__init__(
            value_range,
            factor,
            interpolation,
            seed=seed,
            data_format=data_format,
            **kwargs,
        )
        self.num_ops = checks.positive_integer("num_ops", num_ops)
        budget.check_count(_OPS_A_CHANGE * self.num_ops, _OPS)

    def _draw(self, draws, images):
        uniform = draws.uniform(3 * self.num_ops)
        changes = [
            self._draw_change(uniform[:, 3 * index : 3 * index + 3])
            for index in range(self.num_ops)
        ]
        return {
            name: tf.stack([change[name] for change in changes], 1)
            for name in ("kind", "strength")
        }

    def _transform(self, images, transformation):
        images = color.rescale(images, self.value_range, _BYTES)
        for change in self._changes(transformation):
            images = self._apply(images, change)
        return color.rescale(images, _BYTES, self.value_range)

    def _transform_masks(self, masks, transformation):
        for change in self._changes(transformation):
            masks = self._move(
                masks, change["kind"], change["strength"], "nearest"
            )
        return masks

    def _move_points(self, x, y, transformation, height, width):
        for change in self._changes(transformation):
            maps = _maps(change["kind"], change["strength"], height, width)
            x, y = projection.move_points(maps, x, y)
        return x, y

    def _changes(self, transformation):
        """Yields what is to be done, step by step."""
        for index in range(self.num_ops):
            yield {key: x[:, index] for key, x in transformation.items()}


class AugMix(PolicyLayer):
    """Mixes images with several changed versions of them, in training.

    Each version has gone through a chain of random changes. The mixtures are
    varied and still look natural.

    Reference: [Hendrycks et al., 2020](https://arxiv.org/abs/1912.02781).

    Arguments:
        value_range: Pair of numbers: what the values of images lie between.
        num_chains: Integer: how many changed versions are mixed.
        chain_depth: Integer: how many changes each went through at most; at
            least it is one.
        factor: Number `a` for a range `(0, a)`, or a range, within [0, 1]: the
            strength of changes.
        alpha: Positive number: the parameter of the Dirichlet distribution
            that versions are weighted by, and of the beta distribution of the
            weight of the original.
        all_ops: Boolean: whether to change brightness, contrast, colours and
            sharpness too. They are left out where a model is to be tested on
            such changes.
        interpolation: `"bilinear"` or `"nearest"`.
        seed: Integer, which gives the same changes in each run, or None.
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `image_data_format` of the configuration.
        **kwargs: As for `Layer`, and `bounding_box_format`.

    Call arguments:
        inputs: Images, or a dict of images, labels, masks and boxes. All but
            images stay as they are.
        training: Boolean: whether to do it. Defaults to True.
        seed: Optional integer, or integer tensor of shape `()` or `(2,)`:
            what this call draws follows from it alone.

    Input shape:
        `(batch_size, height, width, 3)` or `(height, width, 3)`: numbers,
        dense or ragged.

    Output shape:
        The same.

    Example:

    >>> layer = tfk.layers.AugMix(seed=1)
    >>> layer(tf.ones((2, 8, 8, 3))).shape
    TensorShape([2, 8, 8, 3])
    """

    # What is mixed with the image is moved, the image itself stays.
    _moves_things = False

    def __init__(
        self,
        value_range=(0, 255),
        num_chains=3,
        chain_depth=3,
        factor=0.3,
        alpha=1.0,
        all_ops=True,
        interpolation="bilinear",
        seed=None,
        data_format=None,
        **kwargs,
    ):
        super().__init__(
            value_range,
            factor,
            interpolation,
            [name for name in _TONES if all_ops or name not in _ENHANCEMENTS],
            seed=seed,
            data_format=data_format,
            **kwargs,
        )
        self.num_chains = checks.positive_integer("num_chains", num_chains)
        self.chain_depth = checks.positive_integer("chain_depth", chain_depth)
        # Chains draw one by one, and are applied together.
        count = _OPS_A_DRAW * self.num_chains + _OPS_A_CHANGE
        budget.check_count(count * self.chain_depth, _OPS)
        if not alpha > 0:
            raise ValueError(
                f"`alpha` of layer '{self.name}' (AugMix) must be positive. "
                f"Received: alpha={alpha!r}."
            )
        self.alpha = alpha
        self.all_ops = all_ops

    def _draw(self, draws, images):
        uniform = draws.uniform(2 * self.num_chains)
        depths = tf.cast(
            uniform[:, : self.num_chains] * self.chain_depth, tf.int32
        )
        chains = [
            self._draw_chain(draws, chain, depths[:, chain])
            for chain in range(self.num_chains)
        ]
        return {
            "weights": distributions.dirichlet(
                uniform[:, self.num_chains : -1], self.alpha
            ),
            "share": distributions.beta(uniform[:, -1], self.alpha, self.alpha),
            "kind": tf.stack([kinds for kinds, _ in chains], 1),
            "strength": tf.stack([strengths for _, strengths in chains], 1),
        }

    def _draw_chain(self, draws, chain, depth):
        """Returns kinds and strengths of shape `(count, chain_depth)`."""
        uniform = draws.uniform(3 * self.chain_depth, part=1 + chain)
        kinds, strengths = [], []
        for index in range(self.chain_depth):
            change = self._draw_change(uniform[:, 3 * index : 3 * index + 3])
            kinds.append(tf.where(index <= depth, change["kind"], _IDENTITY))
            strengths.append(change["strength"])
        return tf.stack(kinds, 1), tf.stack(strengths, 1)

    def _transform(self, images, transformation):
        images = color.rescale(images, self.value_range, _BYTES)
        # All chains at once, one after the other along the first axis.
        changed = tf.tile(images, (self.num_chains, 1, 1, 1))
        for index in range(self.chain_depth):
            change = {
                name: tf.concat(
                    tf.unstack(transformation[name][:, :, index], axis=1), 0
                )
                for name in ("kind", "strength")
            }
            changed = self._apply(changed, change)
        weights = tf.unstack(transformation["weights"], axis=1)
        mixed = tf.add_n(
            [
                color.of_each(weight, images) * version
                for weight, version in zip(
                    weights, tf.split(changed, self.num_chains)
                )
            ]
        )
        mixed = color.blend(images, mixed, transformation["share"])
        return color.rescale(mixed, _BYTES, self.value_range)

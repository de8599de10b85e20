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
"""The base classes of layers that change images."""

import tensorflow as tf

from tfk import config as defaults
from tfk.engine import element_stream
from tfk.engine.preprocessing_layer import PreprocessingLayer
from tfk.layers.preprocessing.image import moved_boxes
from tfk.utils import conv_shapes
from tfk.utils import image_scaling
from tfk.utils import structure
from tfk.utils.bounding_boxes import formats

_ENTRIES = ("images", "labels", "bounding_boxes", "segmentation_masks")

# Where the height and width of images are among what was drawn for them.
_SIZE = "image_size"


class ImageLayer(PreprocessingLayer):
    """A layer that changes images, each for itself.

    It takes a batch of images or a single one, of any numeric dtype, dense or
    ragged, or a dict with images and what belongs to them: `"labels"`,
    `"segmentation_masks"`, `"bounding_boxes"`, which is a dict of `"boxes"`
    and `"labels"`. It computes in float32 at least and gives its compute
    dtype.

    Children write `_transform`, and `_transform_masks` and `_move_points` if
    they move pixels.

    Arguments:
        data_format: `"channels_last"` or `"channels_first"`. Defaults to
            `image_data_format` of the configuration.
        bounding_box_format: String: what the numbers of bounding boxes are;
            see `tfk.utils.bounding_boxes`.
        **kwargs: As for `Layer`.
    """

    # Whether tf.keras has the layer. Its configs have no data format.
    _is_of_tf_keras = False

    # Whether images are changed although nothing was drawn for them.
    _acts_without_draws = True

    # Whether things are at other places afterwards, or there are others.
    _moves_things = True

    # Whether `_transform` takes images of any dtype, to be cast afterwards:
    # for layers that copy values, of which bytes are fewer than floats are.
    _takes_any_dtype = False

    _unsaved_arguments = (
        *PreprocessingLayer._unsaved_arguments,
        "data_format",
        "bounding_box_format",
    )

    def __init__(self, data_format=None, bounding_box_format=None, **kwargs):
        super().__init__(**{"autocast": False, **kwargs})
        self.data_format = conv_shapes.normalize_data_format(
            data_format, self.name
        )
        if bounding_box_format is not None:
            formats.check(bounding_box_format)
        self.bounding_box_format = bounding_box_format

    def get_config(self):
        config = super().get_config()
        default = defaults.image_data_format()
        if not self._is_of_tf_keras or self.data_format != default:
            config["data_format"] = self.data_format
        if self.bounding_box_format is not None:
            config["bounding_box_format"] = self.bounding_box_format
        return config

    # To be written by children

    def _transform(self, images, transformation):
        """Returns the changed images.

        Arguments:
            images: Floating tensor of shape `(count, height, width,
                channels)`, or one of any dtype (`_takes_any_dtype`).
            transformation: What was drawn for them, or None.
        """
        raise NotImplementedError

    def _transform_masks(self, masks, transformation):
        """Returns masks that are moved as the images are.

        Arguments:
            masks: Tensor of shape `(count, height, width, channels)`.
            transformation: What was drawn for the images, or None.
        """
        return masks

    def _transform_labels(self, labels, transformation):
        """Returns the labels of the changed images.

        Arguments:
            labels: Tensor whose first axis is that of the images.
            transformation: What was drawn for the images, or None.
        """
        return labels

    def _transform_boxes(self, boxes, transformation, height, width):
        """Returns the boxes around the things in the changed images.

        Arguments:
            boxes: Dict of tensors with one row an image.
            transformation: What was drawn for the images, or None.
            height: The height of the images before.
            width: The width of the images before.
        """
        if not self._moves_things:
            return boxes
        moved_boxes.check(boxes, self)
        old_size = [tf.cast(size, tf.float32) for size in (height, width)]
        return moved_boxes.moved(
            boxes,
            self.bounding_box_format,
            old_size,
            self._size_after(transformation, height, width),
            lambda x, y: self._move_points(x, y, transformation, *old_size),
        )

    def _move_points(self, x, y, transformation, height, width):
        """Returns where points of the images are in the changed images.

        Arguments:
            x: Float tensor of shape `(count, points)`: from 0 to the width.
            y: The same, from 0 to the height.
            transformation: What was drawn for the images, or None.
            height: The height of the images before, a float.
            width: The width of the images before.
        """
        raise NotImplementedError

    def _output_size(self, height, width):
        """Returns height and width of the outputs; None where not known."""
        return height, width

    def _size_after(self, transformation, height, width):
        """Returns height and width of images changed so."""
        return self._output_size(height, width)

    # The call

    def call(self, inputs, training=True):
        """Changes the images, in inference too."""
        del training
        return self._change(inputs, None)

    def _change(self, inputs, draws):
        """Changes images and what belongs to them.

        Arguments:
            inputs: Tensor, or dict of tensors.
            draws: `ElementDraws`, or None where nothing is random.
        """
        images = images_of(inputs, self)
        if isinstance(images, tf.RaggedTensor):
            return self._change_ragged(inputs, draws)
        entries = inputs if isinstance(inputs, dict) else {"images": images}
        single = images.shape.rank == 3
        if single:
            entries = tf.nest.map_structure(lambda x: x[tf.newaxis], entries)
        images = self._to_working(entries["images"])
        size = image_scaling.size_of(images)
        transformation = None if draws is None else self._draw(draws, images)
        changed = {
            **entries,
            "images": self._from_working(
                self._transform(images, transformation)
            ),
        }
        for name in entries:
            if name != "images":
                changed[name] = self._change_entry(
                    name, entries[name], transformation, size
                )
        if single:
            changed = tf.nest.map_structure(lambda x: x[0], changed)
        return changed if isinstance(inputs, dict) else changed["images"]

    def _change_entry(self, name, value, transformation, size):
        if name == "labels":
            return self._transform_labels(value, transformation)
        if name == "segmentation_masks":
            return self._change_masks(value, transformation)
        if name == "bounding_boxes":
            return self._transform_boxes(value, transformation, *size)
        return value

    def _change_masks(self, masks, transformation):
        has_channels = masks.shape.rank == 4
        if not has_channels:
            masks = masks[..., tf.newaxis]
        elif self.data_format == "channels_first":
            masks = tf.transpose(masks, (0, 2, 3, 1))
        changed = self._transform_masks(masks, transformation)
        if not has_channels:
            return changed[..., 0]
        if self.data_format == "channels_first":
            changed = tf.transpose(changed, (0, 3, 1, 2))
        return changed

    def _change_ragged(self, images, draws):
        """Changes images of different sizes, one by one."""
        if isinstance(images, dict):
            raise ValueError(
                f"Layer '{self.name}' (of type {type(self).__name__}) takes "
                "ragged images only by themselves. Received: "
                f"{structure.describe(images)}. Bring the images to one size "
                "first, with `Resizing`."
            )

        def change_one(image_and_index):
            image, index = image_and_index
            if isinstance(image, tf.RaggedTensor):
                image = image.to_tensor()
            image.set_shape(images.shape[1:])
            own = None if draws is None else draws.of_one(index)
            changed = self._change(image, own)
            if isinstance(spec, tf.RaggedTensorSpec):
                return tf.RaggedTensor.from_tensor(changed, ragged_rank=1)
            return changed

        shape = self.compute_output_shape(images.shape[1:])
        if shape.is_fully_defined():
            spec = tf.TensorSpec(shape, self.compute_dtype)
        else:
            spec = tf.RaggedTensorSpec(
                [None, None, shape[2]], self.compute_dtype, ragged_rank=1
            )
        indices = tf.range(images.nrows(), dtype=tf.int64)
        return tf.map_fn(
            change_one, (images, indices), fn_output_signature=spec
        )

    def _to_working(self, images):
        """Returns images as the formulas take them: floats, channels last."""
        if not self._takes_any_dtype:
            images = self._to_floats(images)
        if self.data_format == "channels_first":
            images = tf.transpose(images, (0, 2, 3, 1))
        return images

    def _to_floats(self, images):
        dtype = tf.as_dtype(self.compute_dtype)
        working = tf.float64 if dtype == tf.float64 else tf.float32
        return tf.cast(images, working)

    def _from_working(self, images):
        if self.data_format == "channels_first":
            images = tf.transpose(images, (0, 3, 1, 2))
        return self._to_compute_dtype(images)

    def _to_compute_dtype(self, images):
        dtype = tf.as_dtype(self.compute_dtype)
        if dtype.is_integer:
            return tf.saturate_cast(tf.round(images), dtype)
        return tf.cast(images, dtype)

    def compute_output_shape(self, input_shape):
        if isinstance(input_shape, dict):
            return {
                key: self._entry_shape(key, shape, len(input_shape["images"]))
                for key, shape in input_shape.items()
            }
        shape = tf.TensorShape(input_shape).as_list()
        first = len(shape) - 3 + (self.data_format == "channels_first")
        size = self._output_size(*shape[first : first + 2])
        return tf.TensorShape([*shape[:first], *size, *shape[first + 2 :]])

    def _entry_shape(self, name, shape, rank):
        if name == "images":
            return self.compute_output_shape(shape)
        if not isinstance(shape, dict):
            return tf.TensorShape(shape)
        if name == "bounding_boxes":
            # The axis of an image's boxes comes after that of the batch.
            axis = rank - 3
            shape = {
                key: [*x[:axis], self._num_boxes(x[axis]), *x[axis + 1 :]]
                for key, x in shape.items()
            }
        return {key: tf.TensorShape(x) for key, x in shape.items()}

    def _num_boxes(self, count):
        """Returns how many boxes an image has afterwards; None if unknown."""
        return count

    # Step by step, under the names of Keras 3

    def get_random_transformation(self, data, training=True, seed=None):
        """Draws what is to be done with each image.

        Arguments:
            data: Batch of images, or dict with it.
            training: Boolean: nothing is drawn if False.
            seed: Optional integer or integer tensor, for this draw only.

        Returns:
            A dict of tensors with one row an image, or None. For layers that
            move things, `"image_size"` holds the height and width.
        """
        images = images_of(data, self)
        if images.shape.rank == 3:
            images = images[tf.newaxis]
        return self._with_size(None, self._to_working(images))

    def _with_size(self, transformation, images):
        """Returns what was drawn, with the size that boxes need."""
        if not self._moves_things:
            return transformation
        size = tf.stack(image_scaling.size_of(images))
        return {**(transformation or {}), _SIZE: size}

    def transform_images(self, images, transformation=None, training=True):
        """Changes a batch of images as drawn.

        Arguments:
            images: Tensor of shape `(count, height, width, channels)`.
            transformation: What `get_random_transformation` returned.
            training: Boolean: whether random changes are made.
        """
        transformation = _drawn(transformation, training)
        images = self._to_working(images)
        if transformation is not None or self._acts_without_draws:
            images = self._transform(images, transformation)
        return self._from_working(images)

    def transform_labels(self, labels, transformation=None, training=True):
        """Changes labels as the images are changed.

        Arguments:
            labels: Tensor with one row an image.
            transformation: What `get_random_transformation` returned.
            training: Boolean: whether random changes are made.
        """
        transformation = _drawn(transformation, training)
        if transformation is None:
            return labels
        return self._transform_labels(labels, transformation)

    def transform_segmentation_masks(
        self, segmentation_masks, transformation=None, training=True
    ):
        """Moves the pixels of masks as those of the images are moved.

        Arguments:
            segmentation_masks: Tensor of shape `(count, height, width)`, or
                with a last axis of channels.
            transformation: What `get_random_transformation` returned.
            training: Boolean: whether random changes are made.
        """
        transformation = _drawn(transformation, training)
        if transformation is None and not self._acts_without_draws:
            return segmentation_masks
        return self._change_masks(segmentation_masks, transformation)

    def transform_bounding_boxes(
        self, bounding_boxes, transformation=None, training=True
    ):
        """Moves boxes as the things in them are moved.

        Arguments:
            bounding_boxes: Dict of tensors with one row an image: `"boxes"`,
                of shape `(count, boxes, 4)`, and `"labels"`.
            transformation: What `get_random_transformation` returned.
            training: Boolean: whether random changes are made.

        Returns:
            A dict with the same keys. Boxes that are outside of the images
            then have the label -1, and -1 for all sides.

        Raises:
            ValueError: If the layer moves things and was not told the format
                of boxes, or the size of images.
        """
        size = (transformation or {}).get(_SIZE)
        transformation = _drawn(transformation, training)
        if transformation is None and not self._acts_without_draws:
            return bounding_boxes
        if self._moves_things and size is None:
            raise ValueError(
                f"Layer '{self.name}' (of type {type(self).__name__}) can move "
                "boxes only in images of a known size. Received: "
                f"transformation={transformation!r}. Pass what "
                "`get_random_transformation` returned."
            )
        height, width = (None, None) if size is None else tf.unstack(size)
        return self._transform_boxes(
            bounding_boxes, transformation, height, width
        )

    def transform_single_bounding_box(
        self, bounding_box, transformation=None, training=True
    ):
        """Moves the boxes of one image."""
        boxes = self.transform_bounding_boxes(
            tf.nest.map_structure(lambda x: x[tf.newaxis], bounding_box),
            transformation,
            training,
        )
        return tf.nest.map_structure(lambda x: x[0], boxes)

    def transform_single_image(self, image, transformation=None, training=True):
        """Changes one image, as `transform_images` does a batch of one."""
        return self.transform_images(
            image[tf.newaxis], transformation, training
        )[0]

    def transform_single_label(self, label, transformation=None, training=True):
        """Changes one label, as `transform_labels` does a batch of one."""
        return self.transform_labels(
            label[tf.newaxis], transformation, training
        )[0]

    def transform_single_segmentation_mask(
        self, segmentation_mask, transformation=None, training=True
    ):
        """Moves the pixels of one mask."""
        return self.transform_segmentation_masks(
            segmentation_mask[tf.newaxis], transformation, training
        )[0]


class RandomImageLayer(ImageLayer):
    """A layer that changes images at random in training.

    It draws numbers for each image, from which all else follows: what is done
    with the image (`_draw`), and with the labels and masks that belong to it.
    The n-th image that the layer meets gets the same numbers however images
    are dealt out to batches.

    Children say what they draw in `_draw`, and do it in `_transform`.

    Arguments:
        seed: Integer, which gives the same changes in each run, or None.
        **kwargs: As for `ImageLayer`.
    """

    _acts_without_draws = False

    def __init__(self, seed=None, **kwargs):
        # tf.keras's files may name its random generator.
        for name in ("rng_type", "force_generator"):
            kwargs.pop(name, None)
        super().__init__(**kwargs)
        self.seed = seed
        self.element_stream = element_stream.ElementStream(
            seed, type(self).__name__
        )

    def get_config(self):
        config = super().get_config()
        if self._is_of_tf_keras:
            config["rng_type"] = "stateful"
        return config

    def _draw(self, draws, images):
        """Returns what is to be done with each image.

        Arguments:
            draws: `ElementDraws`.
            images: The images, as `_transform` takes them.

        Returns:
            A dict of tensors with one row an image.
        """
        raise NotImplementedError

    def call(self, inputs, training=True, seed=None):
        """Changes the images, in training only."""
        if tf.is_tensor(training) or isinstance(training, tf.Variable):
            static = tf.get_static_value(training)
            if static is None:
                return tf.cond(
                    tf.cast(training, tf.bool),
                    lambda: self._change(inputs, self._draws(inputs, seed)),
                    lambda: self._leave(inputs),
                )
            training = static
        if not training:
            return self._leave(inputs)
        return self._change(inputs, self._draws(inputs, seed))

    def _leave(self, inputs):
        """Returns the inputs as they are, in the compute dtype."""
        images = images_of(inputs, self)
        if self._acts_without_draws:
            return self._change(inputs, None)
        kept = tf.cast(images, self.compute_dtype)
        return {**inputs, "images": kept} if isinstance(inputs, dict) else kept

    def _draws(self, data, seed):
        images = images_of(data, self)
        return self.element_stream.draws(_count_of(images), seed)

    def get_random_transformation(self, data, training=True, seed=None):
        if not training:
            if self._acts_without_draws:
                return super().get_random_transformation(data)
            return None
        images = images_of(data, self)
        draws = self._draws(data, seed)
        if images.shape.rank == 3:
            images = images[tf.newaxis]
        images = self._to_working(images)
        return self._with_size(self._draw(draws, images), images)


def images_of(inputs, layer):
    """Returns the images among the inputs of a layer.

    Arguments:
        inputs: Tensor of images, or dict with it.
        layer: The layer, for messages.

    Raises:
        ValueError: If there are none, or they are no images.
    """
    if isinstance(inputs, dict):
        if "images" not in inputs:
            raise ValueError(
                f"Layer '{layer.name}' (of type {type(layer).__name__}) takes "
                f"a dict with some of the keys {_ENTRIES}, `images` among "
                f"them. Received: keys {sorted(inputs)}."
            )
        inputs = inputs["images"]
    images = inputs
    if not tf.is_tensor(images):
        images = tf.convert_to_tensor(images)
    if images.shape.rank not in (3, 4) or not is_numeric(images.dtype):
        raise ValueError(
            f"Layer '{layer.name}' (of type {type(layer).__name__}) takes "
            "images: numbers of shape (height, width, channels), or batches "
            f"of them. Received: {structure.describe(images)}."
        )
    return images


def is_numeric(dtype):
    """Whether values of a dtype may be pixels."""
    return dtype.is_floating or dtype.is_integer


def _drawn(transformation, training):
    """Returns what `_transform` takes of a public transformation."""
    if not training or transformation is None:
        return None
    return {key: x for key, x in transformation.items() if key != _SIZE} or None


def _count_of(images):
    if images.shape.rank == 3:
        return 1
    if isinstance(images, tf.RaggedTensor):
        return images.nrows()
    return images.shape[0] or tf.shape(images)[0]


def pick(images, rows, columns):
    """Returns images made of some rows and columns of others.

    Arguments:
        images: Tensor of shape `(count, height, width, channels)`.
        rows: Integer tensor of shape `(count, new_height)`.
        columns: Integer tensor of shape `(count, new_width)`.
    """
    height, width = image_scaling.size_of(images)
    channels = images.shape[-1]
    if channels is None:
        channels = tf.shape(images)[-1]
    places = rows[:, :, tf.newaxis] * width + columns[:, tf.newaxis, :]
    # One gather of pixels takes half the time of one of rows and columns.
    pixels = tf.reshape(images, (-1, height * width, channels))
    return tf.gather(pixels, places, axis=1, batch_dims=1)


def choose(condition, images, others):
    """Returns for each image the one or the other.

    `tf.where` would take longer, as it broadcasts.

    Arguments:
        condition: Boolean tensor of shape `(count,)`.
        images: Tensor of shape `(count, height, width, channels)`.
        others: Tensor of the same shape.
    """
    return tf.raw_ops.Select(condition=condition, x=images, y=others)

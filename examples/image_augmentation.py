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
"""Images that were seen upright, recognised at any angle: augmentation.

A few hundred images of shapes, upright and in the middle, are drawn and written
as PNG files; those to be tested on are turned and moved. One convolutional
network is trained on the images as they are, another with an `ImagePipeline`
that turns and moves them: part of the model, run by `fit` in the input
pipeline, and left out in `evaluate` and `predict`.

    python examples/image_augmentation.py --epochs 25
"""

import argparse
import pathlib

import numpy as np

import tfk as keras
from tfk import layers

HERE = pathlib.Path(__file__).resolve().parent
SEED = 7
SIZE = 24
SHAPES = ("cross", "square", "triangle")


# The data


def draw(shape, generator, is_moved):
    """Draws a shape, in noise.

    Arguments:
        shape: One of `SHAPES`.
        generator: `np.random.Generator`.
        is_moved: Boolean: whether it is turned and out of the middle.

    Returns:
        An array of shape `(SIZE, SIZE, 3)`: values up to 255.
    """
    angle = generator.uniform(0, 2 * np.pi) if is_moved else 0.0
    middle = generator.uniform(-0.3, 0.3, 2) if is_moved else np.zeros(2)
    size = generator.uniform(0.4, 0.55)
    places = np.linspace(-1, 1, SIZE)
    x, y = np.meshgrid(places - middle[0], places - middle[1])
    x, y = (
        (np.cos(angle) * x + np.sin(angle) * y) / size,
        (np.cos(angle) * y - np.sin(angle) * x) / size,
    )
    inside = {
        "cross": (np.minimum(abs(x), abs(y)) < 0.3)
        & (np.maximum(abs(x), abs(y)) < 1.1),
        "square": np.maximum(abs(x), abs(y)) < 0.8,
        "triangle": (y < 0.7) & (y > 2 * abs(x) - 1.1),
    }[shape]
    dark, bright = generator.uniform(0, 90, 3), generator.uniform(150, 255, 3)
    image = np.where(inside[..., np.newaxis], bright, dark)
    image += generator.normal(0, 12, image.shape)
    return image.clip(0, 255)


def write_images(folder, count, is_moved, seed):
    """Writes PNG files: a directory for each shape, `count` images in each."""
    generator = np.random.default_rng(seed)
    for shape in SHAPES:
        (folder / shape).mkdir(parents=True, exist_ok=True)
        for index in range(count):
            image = draw(shape, generator, is_moved)
            path = folder / shape / f"{index:03}.png"
            keras.utils.save_img(path, image, scale=False)


def read_images(folder):
    """Returns a dataset of batches of images and shapes."""
    return keras.utils.image_dataset_from_directory(
        folder, image_size=(SIZE, SIZE), batch_size=32, seed=SEED
    )


# The model


def make_augmenter():
    """Makes the layers that turn and move images."""
    return layers.ImagePipeline(
        [
            layers.RandomRotation(0.5, fill_mode="nearest", seed=SEED),
            layers.RandomTranslation(
                0.15, 0.15, fill_mode="nearest", seed=SEED
            ),
        ],
        name="augmenter",
    )


def make_model(augmenter=None, **compile_arguments):
    """Makes a small convolutional network that takes images as read.

    Arguments:
        augmenter: Layer that comes first, or None.
        **compile_arguments: Arguments of `compile`.
    """
    inputs = x = keras.Input(shape=(SIZE, SIZE, 3), name="image")
    if augmenter is not None:
        x = augmenter(x)
    x = layers.Rescaling(1 / 127.5, offset=-1)(x)
    for filters in (16, 32):
        x = layers.Conv2D(filters, 3, activation="relu", padding="same")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    x = layers.Dense(64, activation="relu")(x)
    outputs = layers.Dense(len(SHAPES))(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        keras.optimizers.Adam(0.003),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        **compile_arguments,
    )
    return model


def run(epochs, directory, count=100):
    """Runs the whole job.

    Arguments:
        epochs: Integer: epochs to train each model.
        directory: Path: where images are written.
        count: Integer: how many images of each shape there are.

    Returns:
        The accuracies on turned images, of the plain model and of the other.
    """
    train, test = directory / "train", directory / "test"
    write_images(train, count, is_moved=False, seed=1)
    write_images(test, count, is_moved=True, seed=2)
    augmenter = make_augmenter()
    samples = [train / shape / "000.png" for shape in SHAPES]
    sheets = augmenter.preview(samples, directory / "preview")
    print(f"what becomes of images: {', '.join(map(str, sheets))}")

    accuracies = []
    for layer in (None, augmenter):
        keras.utils.set_random_seed(SEED)
        model = make_model(layer)
        if layer is not None:
            model.summary()
        model.fit(read_images(train), epochs=epochs, verbose=2)
        result = model.evaluate(read_images(test), verbose=0, return_dict=True)
        accuracies.append(result["accuracy"])
    print("\n--- accuracy on images that are turned and moved ---")
    print(f"without augmentation {accuracies[0]:.3f}")
    print(f"with augmentation    {accuracies[1]:.3f}")
    return tuple(accuracies)


def main():
    """Reads the command line and runs the job."""
    parser = argparse.ArgumentParser(
        description="Trains a network with and without image augmentation."
    )
    parser.add_argument(
        "--epochs", type=int, default=25, help="epochs to train each model"
    )
    parser.add_argument(
        "--output",
        type=pathlib.Path,
        default=HERE / "output" / "image_augmentation",
        help="directory for the images",
    )
    arguments = parser.parse_args()
    run(arguments.epochs, arguments.output)


if __name__ == "__main__":
    main()

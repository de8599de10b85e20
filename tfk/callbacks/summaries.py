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
"""TensorBoard's summaries, written with core TensorFlow alone.

The `tf.summary` functions of the same names need the `tensorboard` package,
which TensorFlow does not install; the formats are those of its scalar,
histogram, image, graph and projector plugins. Summaries go to the default
summary writer.
"""

import json
import os

import numpy as np
import tensorflow as tf

# What the projector plugin looks for in the folder of a run.
_PROJECTOR_CONFIG = "projector_config.pbtxt"


def _write(tag, tensor, step, plugin, content=b""):
    metadata = tf.compat.v1.SummaryMetadata()
    metadata.plugin_data.plugin_name = plugin
    metadata.plugin_data.content = content
    tf.summary.write(tag, tensor, step=step, metadata=metadata)


def scalar(tag: str, value, step: int) -> None:
    """Writes one number.

    Arguments:
        tag: The name of the summary.
        value: The number.
        step: The position on the time axis.
    """
    _write(tag, tf.cast(value, tf.float32), step, "scalars")


def histogram(tag: str, values, step: int, buckets: int = 30) -> None:
    """Writes how the finite ones of some values are distributed.

    Arguments:
        tag: The name of the summary.
        values: An array of numbers.
        step: The position on the time axis.
        buckets: The number of buckets of equal width.
    """
    values = np.asarray(values, "float64").ravel()
    values = values[np.isfinite(values)]
    if not values.size:
        return
    counts, edges = np.histogram(values, buckets)
    rows = np.stack([edges[:-1], edges[1:], counts], axis=1)
    _write(tag, tf.constant(rows, tf.float64), step, "histograms")


def image(tag: str, images, step: int, max_outputs: int = 3) -> None:
    """Writes some images of 1, 3 or 4 channels, stretched to the full range.

    Arguments:
        tag: The name of the summary.
        images: Array of shape `(count, height, width, channels)`.
        step: The position on the time axis.
        max_outputs: How many images to write.
    """
    images = np.asarray(images, "float64")[:max_outputs]
    low, high = np.min(images), np.max(images)
    scaled = np.round(255 * (images - low) / ((high - low) or 1.0))
    encoded = [
        tf.io.encode_png(tf.constant(scaled[i].astype("uint8")))
        for i in range(len(scaled))
    ]
    height, width = images.shape[1:3]
    parts = [tf.constant(str(width)), tf.constant(str(height)), *encoded]
    _write(tag, tf.stack(parts), step, "images")


def model_graph(config: str) -> None:
    """Writes the layers of a model, for the graph plugin to draw.

    Arguments:
        config: The configuration of the model, as JSON text.
    """
    _write("keras", tf.constant(config), 0, "graph_keras_model", b"1")


def embedding(folder: str, variables: dict, metadata: dict, step: int) -> None:
    """Writes tables of vectors, for the projector plugin to show.

    Arguments:
        folder: The folder of the run.
        variables: A dict of names to variables: the tables.
        metadata: A dict of such names to paths of files with a line for each
            row of the table.
        step: The number of the checkpoint.
    """
    checkpoint = tf.train.Checkpoint(**variables)
    manager = tf.train.CheckpointManager(
        checkpoint, folder, 1, checkpoint_name="keras_embedding.ckpt"
    )
    manager.save(checkpoint_number=step)
    entries = []
    for name in variables:
        fields = {"tensor_name": f"{name}/.ATTRIBUTES/VARIABLE_VALUE"}
        if name in metadata:
            fields["metadata_path"] = os.fspath(metadata[name])
        lines = [f"  {key}: {json.dumps(fields[key])}\n" for key in fields]
        entries.append(f"embeddings {{\n{''.join(lines)}}}\n")
    path = os.path.join(folder, _PROJECTOR_CONFIG)
    with tf.io.gfile.GFile(path, "w") as file:
        file.write("".join(entries))

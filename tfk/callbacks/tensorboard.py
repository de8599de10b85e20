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
"""TensorBoard: event files for the TensorBoard viewer."""

import os
import time
import warnings

import numpy as np
import tensorflow as tf

from tfk.callbacks import learning_rate
from tfk.callbacks import summaries
from tfk.callbacks.callback import Callback
from tfk.utils import checks

# Arguments of TensorFlow 1, without effect since 2.0.
_FORMER_ARGUMENTS = {
    "batch_size",
    "embeddings_data",
    "embeddings_layer_names",
    "write_grads",
}


def _check_arguments(update_freq, profile_batch, kwargs):
    is_count = isinstance(update_freq, int) and update_freq > 0
    if update_freq not in ("epoch", "batch") and not is_count:
        raise ValueError(
            "`update_freq` of `TensorBoard` must be 'epoch', 'batch' or a "
            "positive number of batches. "
            f"Received: update_freq={update_freq!r}."
        )
    first, last = _profiled_batches(profile_batch)
    if not 0 <= first <= last:
        raise ValueError(
            "`profile_batch` of `TensorBoard` must be a batch or a pair "
            "(first, last) of batches, counted from 1, or 0 for none. "
            f"Received: profile_batch={profile_batch!r}."
        )
    unknown = set(kwargs) - _FORMER_ARGUMENTS
    if unknown:
        raise TypeError(
            f"`TensorBoard` received unknown arguments: {sorted(unknown)}."
        )
    if kwargs:
        warnings.warn(
            "These arguments of `TensorBoard` have no effect since TensorFlow "
            f"2: {sorted(kwargs)}.",
            stacklevel=3,
        )


def _profiled_batches(profile_batch):
    """The first and last batch to profile, 0 and 0 for none."""
    if isinstance(profile_batch, str):
        parts = profile_batch.split(",")
        profile_batch = [int(part) for part in parts]
    pair = np.ravel(profile_batch or 0).tolist()
    return (pair[0], pair[-1]) if len(pair) in (1, 2) else (1, 0)


def _as_images(weight):
    """The weight as images `(count, height, width, channels)`, or None."""
    weight = np.squeeze(weight)
    if weight.ndim == 1:
        return weight.reshape(1, -1, 1, 1)
    if weight.ndim == 2:
        if weight.shape[0] > weight.shape[1]:
            weight = weight.T
        return weight[None, :, :, None]
    if weight.ndim == 3:
        return np.transpose(weight, (2, 0, 1))[..., None]
    if weight.ndim == 4 and weight.shape[-1] in (1, 3, 4):
        return weight
    return None


class TensorBoard(Callback):
    """Writes event files that the TensorBoard viewer shows.

    Use it to watch and compare trainings: losses and metrics of epochs
    (`epoch_loss`) and batches (`batch_loss`), of the training data in
    `log_dir/train` and of the validation data in `log_dir/validation`. Start
    the viewer with `tensorboard --logdir=logs`.

    Arguments:
        log_dir: The folder to write to; a new one for each training keeps them
            apart. Defaults to "logs".
        histogram_freq: The number of epochs between two histograms of all
            weights, 0 (the default) for none.
        write_graph: Whether to write the layers of the model and the graph of
            its training step, once. Defaults to True.
        write_images: Whether to write the weights as images, too, as often as
            histograms. Defaults to False.
        write_steps_per_second: Whether to write the speed of the training.
            Defaults to False.
        update_freq: "epoch" (the default) to write at the end of epochs,
            "batch" or 1 to write after every batch, too, or the number of
            batches between two values.
        profile_batch: The batch, or the pair (first, last) of batches, to
            profile, counted from 1 at the start of `fit`. Defaults to 0, none.
        embeddings_freq: The number of epochs between two copies of the tables
            of `Embedding` layers, for the projector; 0 (the default) for none.
        embeddings_metadata: A file with a line (a name) for each row of the
            tables, or a dict of such files by the names of the layers.
        **kwargs: Arguments of TensorFlow 1 that no longer have an effect.

    Raises:
        ValueError: If `update_freq` or `profile_batch` has no meaning; in
            `fit`, if `embeddings_metadata` names a layer that is not there.

    Example:

    >>> import os
    >>> import tempfile
    >>> log_dir = tempfile.mkdtemp()
    >>> board = tfk.callbacks.TensorBoard(log_dir)
    >>> model = tfk.Sequential([tfk.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> x, y = np.ones((8, 2)), np.ones((8, 1))
    >>> history = model.fit(
    ...     x, y, verbose=0, validation_data=(x, y), callbacks=[board]
    ... )
    >>> sorted(os.listdir(log_dir))
    ['train', 'validation']

    The time axis of batches goes on where the optimizer's `iterations` stand.
    tf.keras 2.21 writes the values of batches only together with
    `write_steps_per_second=True`; here `update_freq` alone decides. The
    `tensorboard` package is needed for viewing, not for writing.
    """

    def __init__(
        self,
        log_dir="logs",
        histogram_freq=0,
        write_graph=True,
        write_images=False,
        write_steps_per_second=False,
        update_freq="epoch",
        profile_batch=0,
        embeddings_freq=0,
        embeddings_metadata=None,
        **kwargs,
    ):
        _check_arguments(update_freq, profile_batch, kwargs)
        self.log_dir = checks.path("log_dir", log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self.profile_batch = profile_batch
        self.embeddings_freq = embeddings_freq
        self.embeddings_metadata = embeddings_metadata
        self._profile = _profiled_batches(profile_batch)
        self._profiling = False
        self._writers = {}
        self._in_fit = False
        self._graph_is_due = False
        self._train_step = 0
        self._first_train_step = 0
        self._epoch_start = (0, 0.0)
        self._batch_start = (0, 0.0)

    def wants_every_batch(self, mode):
        return mode == "train" and (
            self.update_freq != "epoch" or self._profile[1] > 0
        )

    def _writer(self, name):
        """The writer of `log_dir/name`; it is opened when first needed."""
        if name not in self._writers:
            path = os.path.join(self.log_dir, name)
            self._writers[name] = tf.summary.create_file_writer(path)
        return self._writers[name]

    def _close_writers(self):
        for writer in self._writers.values():
            writer.close()
        self._writers = {}

    def _write_scalars(self, writer, scalars, step):
        numbers = {
            tag: value
            for tag, value in scalars.items()
            if isinstance(value, (int, float, np.number))
        }
        if not numbers:
            return
        with self._writer(writer).as_default(), tf.summary.record_if(True):
            for tag, value in numbers.items():
                summaries.scalar(tag, value, step)

    def _iterations(self):
        optimizer = getattr(self.model, "optimizer", None)
        iterations = getattr(optimizer, "iterations", None)
        return None if iterations is None else int(iterations)

    # Training

    def on_train_begin(self, logs=None):
        self._in_fit = True
        self._graph_is_due = self.write_graph
        if self.embeddings_freq:
            self._check_metadata(self._embedding_layers())
        # A model that was trained before goes on where it stopped.
        self._train_step = self._iterations() or 0
        self._first_train_step = self._train_step

    def get_state(self):
        return {
            "train_step": self._train_step,
            "first_train_step": self._first_train_step,
            "graph_is_due": self._graph_is_due,
        }

    def set_state(self, state):
        self._train_step = state["train_step"]
        self._first_train_step = state["first_train_step"]
        self._graph_is_due = state["graph_is_due"]

    def on_train_end(self, logs=None):
        self._stop_profiling()
        self._close_writers()
        self._in_fit = False

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch_start = (self._train_step, time.perf_counter())

    def on_train_batch_begin(self, batch, logs=None):
        self._batch_start = (batch, time.perf_counter())
        number = self._train_step - self._first_train_step + 1
        if not self._profiling and number == self._profile[0]:
            tf.profiler.experimental.start(self.log_dir)
            self._profiling = True

    def on_train_batch_end(self, batch, logs=None):
        first, start = self._batch_start
        steps = batch - first + 1
        self._train_step += steps
        number = self._train_step - self._first_train_step
        if self._profiling and number >= self._profile[1]:
            self._stop_profiling()
        if self.update_freq == "epoch" or self._train_step % self.update_freq:
            return
        scalars = {f"batch_{k}": v for k, v in (logs or {}).items()}
        if self.write_steps_per_second:
            rate = steps / (time.perf_counter() - start)
            scalars["batch_steps_per_second"] = rate
        self._write_scalars("train", scalars, self._train_step)

    def on_epoch_end(self, epoch, logs=None):
        train, validation = {}, {}
        for name, value in (logs or {}).items():
            if name.startswith("val_"):
                validation["epoch_" + name[len("val_") :]] = value
            else:
                train["epoch_" + name] = value
        train.update(self._scheduled_learning_rate())
        if self.write_steps_per_second:
            first_step, start = self._epoch_start
            seconds = time.perf_counter() - start
            rate = (self._train_step - first_step) / seconds
            train["epoch_steps_per_second"] = rate
        self._write_scalars("train", train, epoch)
        self._write_scalars("validation", validation, epoch)
        if self._graph_is_due:
            self._graph_is_due = False
            self._write_graphs()
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            self._write_embeddings(epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)

    def _scheduled_learning_rate(self):
        optimizer = getattr(self.model, "optimizer", None)
        schedule = learning_rate.schedule(optimizer)
        if schedule is None:
            return {}
        return {"epoch_learning_rate": float(schedule(optimizer.iterations))}

    def _write_weights(self, epoch):
        writer = self._writer("train")
        with writer.as_default(), tf.summary.record_if(True):
            for layer in self.model.layers:
                for weight in layer.weights:
                    self._write_weight(layer, weight, epoch)
        writer.flush()

    def _write_weight(self, layer, weight, epoch):
        name = weight.name.replace(":", "_")
        if "/" not in name:
            name = f"{layer.name}/{name}"
        value = weight.numpy()
        summaries.histogram(f"{name}/histogram", value, epoch)
        images = _as_images(value) if self.write_images else None
        if images is not None:
            summaries.image(f"{name}/image", images, epoch)

    def _write_graphs(self):
        """Writes what is known of the model once a step was traced."""
        fit = getattr(self.model, "fit_state", None)
        graph = None if fit is None else fit.graph
        config = self._model_config()
        with self._writer("train").as_default(), tf.summary.record_if(True):
            if config is not None:
                summaries.model_graph(config)
            if graph is not None:
                tf.summary.graph(graph)
        self._writer("train").flush()

    def _model_config(self):
        """Returns the model as JSON, or None where it is Python code."""
        if getattr(self.model, "inputs", None) is None:
            return None
        try:
            return self.model.to_json()
        except (NotImplementedError, TypeError, ValueError):
            # Layers without a configuration can't be drawn.
            return None

    def _embedding_layers(self):
        """Returns the variables of layers with a table, by layers' names."""
        found = {}
        for layer in self.model.submodules:
            if getattr(layer, "embeddings", None) is not None:
                found[layer.name] = layer.embeddings
        return found

    def _check_metadata(self, layers):
        if not isinstance(self.embeddings_metadata, dict):
            return
        # A layer that is not built yet has no table.
        names = {layer.name for layer in self.model.submodules} | set(layers)
        unknown = sorted(set(self.embeddings_metadata) - names)
        if unknown:
            raise ValueError(
                "`embeddings_metadata` of `TensorBoard` names layers that the "
                f"model does not have: {unknown}. Received: "
                f"embeddings_metadata={self.embeddings_metadata!r}. Layers "
                f"with a table: {sorted(layers)}."
            )

    def _write_embeddings(self, epoch):
        tables = {
            # A view of several variables has no row of its own in any file.
            name: tf.Variable(tf.convert_to_tensor(table), trainable=False)
            for name, table in self._embedding_layers().items()
        }
        metadata = self.embeddings_metadata or {}
        if not isinstance(metadata, dict):
            metadata = dict.fromkeys(tables, metadata)
        if tables:
            folder = os.path.join(self.log_dir, "train")
            summaries.embedding(folder, tables, metadata, epoch)

    def _stop_profiling(self):
        if self._profiling:
            self._profiling = False
            tf.profiler.experimental.stop()

    # Evaluation

    def on_test_begin(self, logs=None):
        pass

    def on_test_end(self, logs=None):
        iterations = self._iterations()
        if iterations is not None:
            scalars = {
                f"evaluation_{name}_vs_iterations": value
                for name, value in (logs or {}).items()
            }
            self._write_scalars("validation", scalars, iterations)
        if not self._in_fit:
            self._close_writers()

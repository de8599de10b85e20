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
"""Tests for event files."""

import glob
import json
import os

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk import callbacks
from tfk.callbacks import summaries


def read_events(folder):
    """The `(step, tag, plugin, value)` of all event files in a folder."""
    events = []
    for path in sorted(glob.glob(os.path.join(folder, "*tfevents*"))):
        for record in tf.data.TFRecordDataset(path):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                plugin = value.metadata.plugin_data.plugin_name
                tensor = tf.make_ndarray(value.tensor)
                events.append((event.step, value.tag, plugin, tensor))
    return events


def read_graphs(folder):
    """The graphs of all event files in a folder."""
    graphs = []
    for path in sorted(glob.glob(os.path.join(folder, "*tfevents*"))):
        for record in tf.data.TFRecordDataset(path):
            event = tf.compat.v1.Event.FromString(record.numpy())
            if event.graph_def:
                graphs.append(tf.compat.v1.GraphDef.FromString(event.graph_def))
    return graphs


def step_and_tag(events):
    return [event[:2] for event in events]


def run(board, model, epochs=2, batches=2):
    """Calls the board as `fit` with validation does."""
    callback_list = callbacks.CallbackList([board], model=model)
    callback_list.on_train_begin()
    for epoch in range(epochs):
        callback_list.on_epoch_begin(epoch)
        for batch in range(batches):
            callback_list.on_train_batch_begin(batch)
            model.optimizer.iterations.assign_add(1)
            callback_list.on_train_batch_end(
                batch, {"loss": tf.constant(0.5), "mae": 0.25}
            )
        callback_list.on_test_begin()
        callback_list.on_test_end({"loss": tf.constant(2.0)})
        logs = {"loss": 0.5, "mae": 0.25, "val_loss": 2.0, "matrix": np.ones(2)}
        callback_list.on_epoch_end(epoch, logs)
    callback_list.on_train_end()


# Expected tags and steps are those that tf_keras 2.21 writes when the
# tensorboard package, which its callback needs, is installed.
class TensorBoardTest:
    def test_epochs_are_laid_out_as_by_tf_keras(self, make_model, tmp_path):
        run(callbacks.TensorBoard(tmp_path), make_model())
        train = read_events(tmp_path / "train")
        assert step_and_tag(train) == [
            (0, "epoch_loss"),
            (0, "epoch_mae"),
            (1, "epoch_loss"),
            (1, "epoch_mae"),
        ]
        assert {event[2] for event in train} == {"scalars"}
        assert [float(event[3]) for event in train] == [0.5, 0.25] * 2
        assert train[0][3].dtype == np.float32
        assert step_and_tag(read_events(tmp_path / "validation")) == [
            (2, "evaluation_loss_vs_iterations"),
            (0, "epoch_loss"),
            (4, "evaluation_loss_vs_iterations"),
            (1, "epoch_loss"),
        ]

    def test_batches_are_written_as_often_as_asked(self, make_model, tmp_path):
        board = callbacks.TensorBoard(
            tmp_path, update_freq="batch", write_steps_per_second=True
        )
        run(board, make_model(), epochs=1)
        assert sorted(step_and_tag(read_events(tmp_path / "train"))) == [
            (0, "epoch_loss"),
            (0, "epoch_mae"),
            (0, "epoch_steps_per_second"),
            (1, "batch_loss"),
            (1, "batch_mae"),
            (1, "batch_steps_per_second"),
            (2, "batch_loss"),
            (2, "batch_mae"),
            (2, "batch_steps_per_second"),
        ]
        third = callbacks.TensorBoard(tmp_path / "third", update_freq=3)
        run(third, make_model(), epochs=2, batches=4)
        events = read_events(tmp_path / "third" / "train")
        steps = [step for step, tag, *_ in events if tag == "batch_loss"]
        assert steps == [3, 6]

    def test_a_second_training_goes_on(self, make_model, tmp_path):
        model = make_model()
        model.optimizer.iterations.assign(10)
        run(callbacks.TensorBoard(tmp_path, update_freq=1), model, epochs=1)
        events = read_events(tmp_path / "train")
        steps = [step for step, tag, *_ in events if tag == "batch_loss"]
        assert steps == [11, 12]

    def test_scheduled_learning_rates_are_written(self, make_model, tmp_path):
        model = make_model(lambda step: 1.0 / (1.0 + tf.cast(step, tf.float32)))
        run(callbacks.TensorBoard(tmp_path), model)
        rates = [
            (step, float(value))
            for step, tag, _, value in read_events(tmp_path / "train")
            if tag == "epoch_learning_rate"
        ]
        assert rates == [(0, pytest.approx(1 / 3)), (1, pytest.approx(1 / 5))]

    def test_weights_are_written(self, make_model, tmp_path):
        board = callbacks.TensorBoard(
            tmp_path, histogram_freq=2, write_images=True
        )
        run(board, make_model(), epochs=2)
        events = read_events(tmp_path / "train")
        weights = {tag: v for step, tag, _, v in events if step == 0}
        assert sorted(tag for tag in weights if "dense" in tag) == [
            "dense/bias_0/histogram",
            "dense/bias_0/image",
            "dense/kernel_0/histogram",
            "dense/kernel_0/image",
        ]
        assert not any("dense" in tag for step, tag, *_ in events if step == 1)
        rows = weights["dense/kernel_0/histogram"]
        assert rows.shape == (30, 3)
        assert rows[0, 0] == 0.0 and rows[-1, 1] == 5.0
        assert rows[:, 2].sum() == 6
        width, height, png = weights["dense/kernel_0/image"]
        assert (width, height) == (b"3", b"2")
        np.testing.assert_array_equal(
            tf.io.decode_png(png).numpy()[..., 0],
            [[0, 51, 102], [153, 204, 255]],
        )

    def test_evaluation_alone_is_written(self, make_model, tmp_path):
        board = callbacks.TensorBoard(tmp_path)
        for value in (1.0, 2.0):
            callback_list = callbacks.CallbackList([board], model=make_model())
            callback_list.on_test_begin()
            callback_list.on_test_end({"loss": value})
        events = read_events(tmp_path / "validation")
        assert [float(event[3]) for event in events] == [1.0, 2.0]
        assert os.listdir(tmp_path) == ["validation"]

    def test_batches_are_profiled(self, make_model, tmp_path, monkeypatch):
        calls = []
        profiler = tf.profiler.experimental
        monkeypatch.setattr(profiler, "start", lambda d: calls.append(batch))
        monkeypatch.setattr(profiler, "stop", lambda: calls.append(batch))
        board = callbacks.TensorBoard(tmp_path, profile_batch="2, 3")
        board.set_model(make_model())
        board.on_train_begin()
        for batch in range(5):
            board.on_train_batch_begin(batch)
            board.on_train_batch_end(batch)
        batch = "end"
        board.on_train_end()
        assert calls == [1, 2]

    def test_bad_arguments_are_refused(self):
        for update_freq in ("step", 0, None):
            with pytest.raises(ValueError, match="Received: update_freq="):
                callbacks.TensorBoard(update_freq=update_freq)
        for batches in ((3, 2), -1, (1, 2, 3)):
            with pytest.raises(ValueError, match="Received: profile_batch="):
                callbacks.TensorBoard(profile_batch=batches)
        with pytest.raises(TypeError, match="unknown arguments: .'logdir'."):
            callbacks.TensorBoard(logdir="a")
        with pytest.warns(UserWarning, match="write_grads"):
            callbacks.TensorBoard(write_grads=True)


def train(board, epochs=2):
    """Trains a model with tables, and returns it."""
    model = tfk.Sequential(
        [
            tfk.Input((2,), dtype="int32"),
            tfk.layers.Embedding(5, 3, name="words"),
            tfk.layers.Flatten(),
            tfk.layers.Dense(1),
        ]
    )
    model.compile("sgd", "mse")
    x, y = np.zeros((4, 2), "int32"), np.zeros((4, 1))
    model.fit(x, y, epochs=epochs, verbose=0, callbacks=[board])
    return model


class TensorBoardGraphTest:
    def test_model_and_steps_are_drawn_once(self, tmp_path):
        model = train(callbacks.TensorBoard(tmp_path))
        (event,) = [
            event
            for event in read_events(tmp_path / "train")
            if event[1] == "keras"
        ]
        assert event[2] == "graph_keras_model"
        assert json.loads(event[3].item()) == json.loads(model.to_json())
        graphs = read_graphs(tmp_path / "train")
        assert len(graphs) == 1
        names = {
            function.signature.name for function in graphs[0].library.function
        }
        ops = {node.op for node in graphs[0].node}
        assert names and "While" in " ".join(ops)

    def test_no_graph_where_none_is_wanted(self, tmp_path):
        train(callbacks.TensorBoard(tmp_path, write_graph=False))
        assert not read_graphs(tmp_path / "train")
        tags = {event[1] for event in read_events(tmp_path / "train")}
        assert "keras" not in tags


class TensorBoardEmbeddingsTest:
    def test_tables_are_written_for_the_projector(self, tmp_path):
        board = callbacks.TensorBoard(
            tmp_path, embeddings_freq=2, embeddings_metadata="names.tsv"
        )
        model = train(board, epochs=3)
        folder = tmp_path / "train"
        path = tf.train.latest_checkpoint(str(folder))
        assert os.path.basename(path) == "keras_embedding.ckpt-2"
        name = "words/.ATTRIBUTES/VARIABLE_VALUE"
        np.testing.assert_array_equal(
            tf.train.load_variable(path, name),
            model.get_layer("words").embeddings.numpy(),
        )
        assert (folder / "projector_config.pbtxt").read_text() == (
            f'embeddings {{\n  tensor_name: "{name}"\n'
            '  metadata_path: "names.tsv"\n}\n'
        )

    def test_names_of_layers_must_be_right(self, tmp_path):
        board = callbacks.TensorBoard(
            tmp_path, embeddings_freq=1, embeddings_metadata={"no": "a.tsv"}
        )
        with pytest.raises(ValueError, match="does not have: .'no'.*'words'"):
            train(board)


class HistogramTest:
    def test_buckets_hold_the_finite_values(self, tmp_path):
        with tf.summary.create_file_writer(str(tmp_path)).as_default():
            summaries.histogram("a", [1.0, np.nan, 2.0, np.inf, 2.0], 0)
            summaries.histogram("same", np.full(5, 3.0), 0)
            summaries.histogram("none", [np.nan], 0)
        rows = {tag: value for _, tag, _, value in read_events(tmp_path)}
        assert sorted(rows) == ["a", "same"]
        assert rows["a"][0, 2] == 1 and rows["a"][-1, 2] == 2
        assert rows["same"][:, 2].sum() == 5

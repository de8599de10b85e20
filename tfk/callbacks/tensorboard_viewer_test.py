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
"""Tests that TensorBoard itself can read what the callback writes.

They need the `tensorboard` package, through whose interface for the viewer
all is read.
"""

import glob
import json
import os

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorboard import context as context_lib
from tensorboard.backend.event_processing import data_provider
from tensorboard.backend.event_processing import (
    plugin_event_multiplexer as multiplexer,
)
from tensorboard.plugins.projector import projector_config_pb2 as projector

import tfk


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder and the model of a training that writes all there is."""
    folder = tmp_path_factory.mktemp("logs")
    model = tfk.Sequential(
        [
            tfk.Input((2,), dtype="int32"),
            tfk.layers.Embedding(5, 3, name="words"),
            tfk.layers.Flatten(),
            tfk.layers.Dense(2, name="head"),
        ]
    )
    model.compile("sgd", "mse", metrics=["mae"])
    x, y = np.zeros((8, 2), "int32"), np.zeros((8, 2))
    (folder / "train").mkdir()
    (folder / "train" / "names.tsv").write_text("a\nb\nc\nd\ne\n")
    board = tfk.callbacks.TensorBoard(
        folder,
        histogram_freq=1,
        write_images=True,
        write_steps_per_second=True,
        update_freq="batch",
        profile_batch=(2, 3),
        embeddings_freq=1,
        embeddings_metadata="names.tsv",
    )
    model.fit(
        x,
        y,
        batch_size=2,
        epochs=2,
        verbose=0,
        validation_data=(x, y),
        callbacks=[board],
    )
    return folder, model


class Viewer:
    """What the viewer's plugins get to see.

    Arguments:
        folder: The folder that it is started with.
    """

    def __init__(self, folder):
        events = multiplexer.EventMultiplexer()
        events.AddRunsFromDirectory(str(folder))
        events.Reload()
        self._provider = data_provider.MultiplexerDataProvider(
            events, str(folder)
        )

    def _ask(self, method, plugin, **kwargs):
        return getattr(self._provider, method)(
            context_lib.RequestContext(),
            experiment_id="",
            plugin_name=plugin,
            **kwargs,
        )

    def scalars(self, run):
        """Steps and values by tags."""
        found = self._ask("read_scalars", "scalars", downsample=1000)[run]
        return {
            tag: [(point.step, point.value) for point in points]
            for tag, points in found.items()
        }

    def tensors(self, plugin, run):
        found = self._ask("read_tensors", plugin, downsample=1000)[run]
        return {
            tag: [(point.step, point.numpy) for point in points]
            for tag, points in found.items()
        }

    def blobs(self, plugin, run):
        """Lists of blobs by tags, those of the last step."""
        found = self._ask("read_blob_sequences", plugin, downsample=1000)[run]
        return {
            tag: [
                self._provider.read_blob(
                    context_lib.RequestContext(), blob_key=value.blob_key
                )
                for value in points[-1].values
            ]
            for tag, points in found.items()
        }


@pytest.fixture(scope="module")
def viewer(run):
    return Viewer(run[0])


class TensorBoardViewerTest:
    def test_scalars_of_epochs_and_batches(self, run, viewer):
        history = run[1].history.history
        train, validation = map(viewer.scalars, ("train", "validation"))
        for name in ("loss", "mae"):
            steps, values = zip(*train[f"epoch_{name}"])
            assert steps == (0, 1)
            np.testing.assert_allclose(values, history[name], rtol=1e-6)
            steps, values = zip(*train[f"batch_{name}"])
            assert steps == tuple(range(1, 9))
            # The value of the last batch of an epoch is that of the epoch.
            np.testing.assert_allclose(values[3::4], history[name], rtol=1e-6)
            _, values = zip(*validation[f"epoch_{name}"])
            np.testing.assert_allclose(
                values, history[f"val_{name}"], rtol=1e-6
            )
            steps, _ = zip(*validation[f"evaluation_{name}_vs_iterations"])
            assert steps == (4, 8)
        assert len(train["epoch_steps_per_second"]) == 2
        assert len(train["batch_steps_per_second"]) == 8

    def test_histograms_and_images_of_weights(self, run, viewer):
        histograms = viewer.tensors("histograms", "train")
        images = viewer.blobs("images", "train")
        names = {"words/embeddings_0", "head/kernel_0", "head/bias_0"}
        assert set(histograms) == {f"{name}/histogram" for name in names}
        assert set(images) == {f"{name}/image" for name in names}
        weights = run[1].get_weights()[0]
        points = histograms["words/embeddings_0/histogram"]
        assert [step for step, _ in points] == [0, 1]
        rows = points[-1][1]
        assert rows[:, 2].sum() == weights.size
        np.testing.assert_allclose(rows[0, 0], weights.min(), rtol=1e-6)
        np.testing.assert_allclose(rows[-1, 1], weights.max(), rtol=1e-6)
        width, height, png = images["words/embeddings_0/image"]
        pixels = tf.io.decode_png(png).numpy()[..., 0]
        assert (width, height) == (b"5", b"3") and pixels.shape == (3, 5)
        assert pixels.argmax() == weights.T.argmax()

    def test_graphs_of_the_model_and_of_the_step(self, run, viewer):
        (blobs,) = viewer.blobs("graph_keras_model", "train").values()
        (config,) = blobs
        assert json.loads(config) == json.loads(run[1].to_json())
        (blobs,) = viewer.blobs("graphs", "train").values()
        graph = tf.compat.v1.GraphDef.FromString(blobs[0])
        assert graph.node

    def test_tables_for_the_projector(self, run):
        folder = run[0] / "train"
        config = text_format.Parse(
            (folder / "projector_config.pbtxt").read_text(),
            projector.ProjectorConfig(),
        )
        (table,) = config.embeddings
        assert (folder / table.metadata_path).read_text().split() == [*"abcde"]
        path = tf.train.latest_checkpoint(str(folder))
        np.testing.assert_array_equal(
            tf.train.load_variable(path, table.tensor_name),
            run[1].get_weights()[0],
        )

    def test_a_trace_of_the_profiler(self, run):
        # Where the plugin for profiles looks for runs.
        pattern = os.path.join(run[0], "plugins", "profile", "*", "*.xplane.pb")
        (path,) = glob.glob(pattern)
        with open(path, "rb") as file:
            trace = file.read()
        assert b"/host:CPU" in trace and b"MatMul" in trace

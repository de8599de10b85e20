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
"""Sends what happens in a training to Weights & Biases, Comet or MLflow.

Such services need no code in tfk: an ordinary callback calls theirs. The one
here takes three functions, which each of them has:

    run = wandb.init(project="flowers")
    ExperimentTracker(run.config.update, run.log, run.save, checkpoint)

    experiment = comet_ml.start(project_name="flowers")
    ExperimentTracker(
        experiment.log_parameters,
        lambda values, step: experiment.log_metrics(values, step=step),
        experiment.log_asset,
        checkpoint,
    )

    with mlflow.start_run():
        ExperimentTracker(
            mlflow.log_params,
            lambda values, step: mlflow.log_metrics(values, step=step),
            mlflow.log_artifact,
            checkpoint,
        )

This program trains a small model and sends to a folder instead:

    python examples/experiment_tracking.py --folder /tmp/run
"""

import argparse
import json
import pathlib
import shutil
import tempfile

import numpy as np

import tfk as keras

SEED = 3


class ExperimentTracker(keras.callbacks.Callback):
    """Sends the configuration, losses and metrics, and the best model.

    Put it behind the `ModelCheckpoint` in the list of callbacks.

    Arguments:
        log_config: Function of a dict: what the training was asked to do.
        log_metrics: Function of a dict of numbers and of the step, which is
            the number of batches since the training began.
        log_file: Function of the path of a file.
        checkpoint: `ModelCheckpoint` with `save_best_only=True`, whose file is
            sent each time that it has become better.
        every: The least number of batches between two values. `fit` runs many
            batches in one call and so sends less with very fast ones.
        config: Dict of further things to send at the beginning.
    """

    def __init__(
        self,
        log_config,
        log_metrics,
        log_file,
        checkpoint=None,
        every=100,
        config=None,
    ):
        self.log_config = log_config
        self.log_metrics = log_metrics
        self.log_file = log_file
        self.checkpoint = checkpoint
        self.every = every
        self.config = config or {}
        self._sent_step = 0
        self._sent_best = None

    def wants_every_batch(self, mode):
        # Without this, each batch would be a call of Python's.
        return False

    @property
    def _step(self):
        return int(self.model.optimizer.iterations)

    def on_train_begin(self, logs=None):
        self._sent_step = self._step
        if self.checkpoint is not None:
            self._sent_best = self.checkpoint.best
        optimizer = self.model.optimizer.get_config()
        self.log_config(
            {
                **{f"optimizer/{name}": optimizer[name] for name in optimizer},
                "epochs": self.params["epochs"],
                "steps": self.params["steps"],
                "weights": self.model.count_params(),
                **self.config,
            }
        )

    def on_train_batch_end(self, batch, logs=None):
        step = self._step
        if step - self._sent_step >= self.every:
            self._sent_step = step
            values = {f"batch/{name}": logs[name] for name in logs}
            self.log_metrics(values, step=step)

    def on_epoch_end(self, epoch, logs=None):
        values = {f"epoch/{name}": logs[name] for name in logs}
        self.log_metrics({**values, "epoch": epoch}, step=self._step)
        # A file that is still being written goes with a later epoch.
        if self.checkpoint is not None and not self.checkpoint.is_writing():
            self._send_best()

    def on_train_end(self, logs=None):
        if self.checkpoint is not None:
            self.checkpoint.wait()
            self._send_best()

    def _send_best(self):
        if self.checkpoint.best != self._sent_best:
            self._sent_best = self.checkpoint.best
            self.log_file(self.checkpoint.filepath)

    # A training that `BackupAndRestore` resumes goes on where it was.

    def get_state(self):
        return {"sent_step": self._sent_step, "sent_best": self._sent_best}

    def set_state(self, state):
        self._sent_step = state["sent_step"]
        self._sent_best = state["sent_best"]


class FolderRun:
    """A service that keeps all in a folder, to look at without an account.

    Arguments:
        folder: `pathlib.Path`.
    """

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "metrics.jsonl").write_text("")

    def log_config(self, config):
        text = json.dumps(config, default=str, indent=2)
        (self.folder / "config.json").write_text(text)

    def log_metrics(self, values, step):
        values = {name: float(value) for name, value in values.items()}
        with open(self.folder / "metrics.jsonl", "a") as file:
            file.write(json.dumps({"step": step, **values}) + "\n")

    def log_file(self, path):
        shutil.copy(path, self.folder)


def train(run, epochs, folder, background=True):
    """Trains a model to tell points inside of a ring from those outside.

    Arguments:
        run: An object with `log_config`, `log_metrics` and `log_file`.
        epochs: Integer.
        folder: `pathlib.Path`: for the best model.
        background: Boolean: whether a thread writes it.

    Returns:
        The model.
    """
    keras.utils.set_random_seed(SEED)
    x = np.random.default_rng(SEED).normal(size=(2000, 2)).astype("float32")
    y = (np.abs(np.linalg.norm(x, axis=1) - 1) < 0.4).astype("float32")
    model = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    checkpoint = keras.callbacks.ModelCheckpoint(
        folder / "best.keras", save_best_only=True, background=background
    )
    tracker = ExperimentTracker(
        run.log_config,
        run.log_metrics,
        run.log_file,
        checkpoint,
        every=20,
        config={"data": "ring", "seed": SEED},
    )
    model.fit(
        x,
        y,
        epochs=epochs,
        validation_split=0.2,
        verbose=2,
        callbacks=[checkpoint, tracker],
    )
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        run = FolderRun(arguments.folder)
        train(run, arguments.epochs, pathlib.Path(scratch))
    print("Sent to", *sorted(arguments.folder.iterdir()))


if __name__ == "__main__":
    main()

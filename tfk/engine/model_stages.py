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
"""The preprocessing that a model begins with, and what comes after it."""

from tfk.engine import cascade
from tfk.engine import stage_split
from tfk.saving import registry


class ModelStages:
    """The side of a `Model` that may begin with preprocessing."""

    _stage_split = None

    @property
    def stage_split(self):
        """The preprocessing part and the main part, or None if not both."""
        if self._functional_graph is None:
            return None
        cached = self._stage_split
        if cached is None or cached[0] is not self._functional_graph:
            cached = (
                self._functional_graph,
                stage_split.split(self._functional_graph),
            )
            vars(self)["_stage_split"] = cached
        return cached[1]

    def adapt(
        self,
        data,
        batch_size=None,
        steps=None,
        reset_state=True,
        verbose="auto",
    ):
        """Lets all preprocessing layers of the model learn from data.

        A layer learns from what the layers before it give, so that it takes
        one pass over the data for each depth: layers that don't wait for one
        another learn together. Layers that were given their state keep it. The
        layers run in inference mode.

        Arguments:
            data: Arrays (a list or dict of them for several inputs), a
                `tf.data.Dataset` of batches, or another iterable of batches
                that can be gone through several times. Of batches
                `(x, y)` or `(x, y, sample_weight)`, `x` is used.
            batch_size: Rows in a batch, for arrays. Chosen by size if None.
            steps: Number of batches to look at in each pass. Defaults to all.
            reset_state: Boolean: whether to forget what was learned before.
            verbose: 0 for silence; else work of more than two seconds shows a
                progress bar.

        Raises:
            ValueError: If there is nothing to learn, or nothing to learn from,
                or if a model of layers with a `call` of its own does not tell
                what they learn from. Layers that were adapted before keep the
                state they had.

        Example:

        >>> x = tfk.Input(shape=(1,))
        >>> model = tfk.Model(
        ...     x, tfk.layers.Normalization()(tfk.layers.Rescaling(0.1)(x))
        ... )
        >>> model.adapt(np.array([[10.0], [30.0]]))
        >>> model.predict(np.array([[50.0]]), verbose=0)
        array([[3.]], dtype=float32)
        """
        cascade.adapt(self, data, batch_size, steps, reset_state, verbose)

    def get_preprocessing_stage(self):
        """Returns the part of the model that `fit` runs in the pipeline.

        Map it over a dataset of `x` or `(x, y)` in a training loop of your
        own, and train `get_main_stage()`.

        Returns:
            A `PreprocessingStage` from the inputs to what the main stage
            takes, or None if the model does not begin with preprocessing
            layers.

        Example:

        >>> x = tfk.Input(shape=(1,))
        >>> y = tfk.layers.Dense(1)(tfk.layers.Rescaling(2.0)(x))
        >>> stage = tfk.Model(x, y).get_preprocessing_stage()
        >>> stage.predict(np.ones((1, 1)), verbose=0)
        array([[2.]], dtype=float32)
        """
        split = self.stage_split
        if split is None:
            return None
        # Its class is made further up, since it extends `Model`.
        stage_class = registry.find_builtin(
            "PreprocessingStage", "keras.layers"
        )
        outputs = split.stage.outputs
        if len(outputs) > 1:
            outputs = tuple(outputs)  # `Dataset.map` would stack a list.
        return stage_class(
            inputs=split.stage.inputs,
            outputs=outputs,
            name=f"{self.name}_stage",
        )

    def get_main_stage(self):
        """Returns the part of the model after its preprocessing.

        Returns:
            A model of the outputs of `get_preprocessing_stage`; the model
            itself if it has no preprocessing part.
        """
        split = self.stage_split
        if split is None:
            return self
        return registry.find_builtin("Model", "keras")(
            split.main.inputs, split.main.outputs, name=f"{self.name}_main"
        )

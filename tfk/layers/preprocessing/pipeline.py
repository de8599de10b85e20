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
"""Pipeline: preprocessing layers in a row, for a dataset."""

from tfk.layers.preprocessing.preprocessing_stage import PreprocessingStage


class Pipeline(PreprocessingStage):
    """Layers in a row as one layer, to be mapped over a dataset.

    It is the `PreprocessingStage` of Keras 3, and differs from it in one thing:
    random layers change their inputs unless `training=False` is said.

    Arguments:
        layers: List of layers, each of which takes what the one before gives.
        name: String: the name of the pipeline.

    Call arguments:
        inputs: What the first layer takes.
        *others: More positional arguments, such as the targets that
            `Dataset.map` passes, are given back after the outputs.
        training: Boolean: whether random layers change their inputs. Defaults
            to what a model around says, else to True.

    Example:

    >>> pipeline = tfk.layers.Pipeline(
    ...     [tfk.layers.AutoContrast(), tfk.layers.Rescaling(1 / 255)]
    ... )
    >>> image = np.array([[[1], [2], [3]]])
    >>> dataset = tf.data.Dataset.from_tensors(image).batch(1)
    >>> for images in dataset.map(pipeline):
    ...     print(images.numpy().ravel())
    [0.  0.5 1. ]
    """

    def __init__(self, layers, name=None):
        super().__init__(layers, name=name)

    def call(self, inputs, training=True, mask=None):
        """Runs the layers.

        Arguments:
            inputs: Tensor or structure of tensors.
            training: Boolean: whether random layers change their inputs.
            mask: Mask of the inputs.
        """
        return super().call(inputs, training=training, mask=mask)

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
"""What a model writes to files, and reads from them."""

import json

from tfk.saving import api as saving_api
from tfk.saving import pickling
from tfk.saving import plain_json
from tfk.utils import progress_bar


class ModelFiles:
    """The side of a `Model` that goes into files."""

    def to_json(self, **kwargs):
        """Returns the architecture as JSON, without weights.

        Arguments:
            **kwargs: Arguments of `json.dumps`.
        """
        config = plain_json.with_text_keys(saving_api.model_config(self))
        return json.dumps(config, **kwargs)

    def to_yaml(self, **kwargs):
        """Refused: reading YAML can run code. Use `to_json`."""
        raise RuntimeError(
            "Models are not written as YAML, since reading YAML can run code. "
            "Use `model.to_json()`."
        )

    def save(self, filepath, overwrite=True, save_format=None, **kwargs):
        """Saves the model: architecture, weights, compile state.

        Arguments:
            filepath: Path. One that ends in `.keras` is an archive, one in
                `.h5` the older format of tf.keras, any other the folder of a
                SavedModel.
            overwrite: Boolean: whether to replace an existing file unasked.
            save_format: `"keras"`, `"h5"` or `"tf"`, or None to go by the path.
            **kwargs: Further options of the format; see
                `tfk.models.save_model`.
        """
        saving_api.save_model(self, filepath, overwrite, save_format, **kwargs)

    def save_weights(
        self,
        filepath,
        overwrite=True,
        save_format=None,
        options=None,
        max_shard_size=None,
    ):
        """Saves the weights.

        Arguments:
            filepath: Path. One that ends in `.weights.h5` is a file, any other
                that of a TensorFlow checkpoint.
            overwrite: Boolean: whether to replace an existing file unasked.
            save_format: `"h5"`, `"tf"`, or None to go by the path.
            options: `tf.train.CheckpointOptions`, for a checkpoint.
            max_shard_size: Number: the most gigabytes in one file, for a path
                that ends in `.weights.json`.
        """
        saving_api.save_weights(
            self, filepath, overwrite, save_format, options, max_shard_size
        )

    def load_weights(
        self, filepath, skip_mismatch=False, by_name=False, options=None
    ):
        """Loads weights that `save_weights` or `save` wrote.

        Arguments:
            filepath: Path.
            skip_mismatch: Boolean: whether to leave weights alone whose shapes
                differ, with a warning.
            by_name: Boolean: whether to match layers by name.
            options: `tf.train.CheckpointOptions`, for a checkpoint.

        Returns:
            For a checkpoint, a status object with the methods
            `assert_consumed` and `expect_partial`.
        """
        return saving_api.load_weights(
            self, filepath, skip_mismatch, by_name, options
        )

    def export(
        self,
        filepath,
        format="tf_saved_model",
        verbose=None,
        input_signature=None,
        **options,
    ):
        """Writes what the model computes, for serving and other runtimes.

        A SavedModel has a signature that takes the inputs by their names,
        preprocessing included, and needs no tfk to run. For several
        signatures, or labels beside the scores of classes, see
        `tfk.export.ExportArchive`. Phones and small devices run TFLite files
        in LiteRT, and ONNX Runtime runs ONNX files; both take inputs and give
        outputs by name, too, with any number of rows. These formats lack some
        operations, those on strings above all: an error names the layer, so
        that the part of the model after it can be exported.

        Arguments:
            filepath: Path of a folder, or of a file for formats other than
                SavedModels.
            format: `"tf_saved_model"`, `"tflite"` (or `"litert"`), or `"onnx"`,
                which needs the packages of `pip install 'tfk[export]'`.
            verbose: Boolean: whether to print where the export went.
            input_signature: Structure of `tf.TypeSpec` of the inputs. By
                default what the model says, with any number of rows; of the
                optional arguments of its `call`, these are the ones that its
                first call had. For others, a dict of all by their names.
            optimizations: For TFLite. None; `"float16"`: weights in 16 bits;
                or `"int8"`: weights in 8 bits, and the layers in between, too,
                given `representative_data`. Inputs and outputs stay as they
                are.
            representative_data: For TFLite, with `"int8"`: arrays as for
                `predict`, or an iterable of batches of them. Some hundred rows
                like those the model will meet, to learn the ranges from.
            opset_version: For ONNX. Integer: the version of its operations.

        Raises:
            ValueError: If it is not known what inputs the model takes, or the
                format lacks an operation that a layer needs.
            ImportError: If the packages that write ONNX are not installed.

        Example:

        >>> import tempfile
        >>> path = f"{tempfile.mkdtemp()}/model.tflite"
        >>> model = tfk.Sequential(
        ...     [tfk.Input((2,), name="x"), tfk.layers.ReLU(name="y")]
        ... )
        >>> model.export(path, format="tflite")
        >>> interpreter = tf.lite.Interpreter(path)
        >>> run = interpreter.get_signature_runner()
        >>> run(x=np.array([[-1.0, 2.0]], "float32"))
        {'y': array([[0., 2.]], dtype=float32)}
        """
        saving_api.export_model(
            self, filepath, format, input_signature, **options
        )
        if verbose:
            progress_bar.print_message(
                f"Model '{self.name}' was exported to {filepath}."
            )

    def __reduce_ex__(self, protocol):
        # For `pickle` and `copy.deepcopy`: variables and compiled functions
        # can't be copied, what a file holds can.
        if not self.built:
            return super().__reduce_ex__(protocol)
        return pickling.reduced(self)

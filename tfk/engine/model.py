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
"""Models: layers that are trained, saved and served."""

import difflib
import json
import os
import tempfile
import warnings

import tensorflow as tf

from tfk import optimizers
from tfk.engine import added_value
from tfk.engine import call_specs
from tfk.engine import cascade
from tfk.engine import executor
from tfk.engine import graph as graph_lib
from tfk.engine import graph_config
from tfk.engine import layer_state
from tfk.engine import masking
from tfk.engine import model_inputs
from tfk.engine import outputs as outputs_lib
from tfk.engine import seen_specs
from tfk.engine import stage_split
from tfk.engine import summary as summary_lib
from tfk.engine import symbolic
from tfk.engine import training
from tfk.engine import weight_view
from tfk.engine.layer import Layer
from tfk.engine.layer import shapes_of
from tfk.saving import api as saving_api
from tfk.saving import registry
from tfk.saving import serialization
from tfk.utils import progress_bar
from tfk.utils import structure

_NO_STRATEGY = tf.distribute.get_strategy()
_PICKLED = "model.keras"
_LOCAL = "<locals>"


class Model(training.Trainer, Layer):
    """A layer that can be trained, evaluated, saved and served.

    Make one of symbolic inputs and outputs, or subclass it, keep layers as
    attributes and write `call`.

    Arguments:
        inputs: Symbolic tensor, or a nested structure of them.
        outputs: Symbolic tensor, or a nested structure of them.
        name: String: the model's name.
        trainable: Boolean: whether the weights are changed by training.
        **kwargs: Further arguments of `tfk.layers.Layer`.

    Example:

    >>> inputs = tfk.Input(shape=(4,))
    >>> outputs = tfk.layers.Dense(2, activation="softmax")(inputs)
    >>> model = tfk.Model(inputs, outputs)
    >>> model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    >>> history = model.fit(np.ones((8, 4)), np.ones(8), verbose=0)
    >>> model.predict(np.ones((3, 4)), verbose=0).shape
    (3, 2)

    With a subclass:

    >>> class Classifier(tfk.Model):
    ...     def __init__(self, num_classes, **kwargs):
    ...         super().__init__(**kwargs)
    ...         self.num_classes = num_classes
    ...         self.dense = tfk.layers.Dense(num_classes)
    ...
    ...     def call(self, inputs):
    ...         return self.dense(inputs)
    >>> Classifier(3)(tf.ones((1, 4))).shape
    TensorShape([1, 3])
    """

    _functional_graph = None
    _stage_split = None
    _input_specs = None
    _call_specs = None
    _seen_specs = None
    _distribute_strategy = None

    def __init__(self, *args, **kwargs):
        inputs, outputs, args, kwargs = _split_arguments(args, kwargs)
        if args:
            if not isinstance(args[0], (str, type(None))):
                raise TypeError(
                    "A functional model is made of symbolic tensors, as "
                    "`tfk.Input` makes them. Received: "
                    f"inputs={structure.describe(args[0])}."
                )
            names = ("name", "trainable", "dtype", "dynamic")
            kwargs.update(zip(names, args))
        super().__init__(**kwargs)
        if type(self).compute_mask is Model.compute_mask:
            # The masks of the outputs are those that the layers inside set.
            vars(self).pop("supports_masking", None)
        vars(self).update(
            _distribute_strategy=(
                tf.distribute.get_strategy()
                if tf.distribute.has_strategy()
                else None
            ),
            _functions={},
        )
        if outputs is not None:
            self._set_graph(
                graph_lib.from_inputs(_only(inputs), _only(outputs))
            )

    # The graph

    @property
    def graph(self):
        """The `Graph` of a functional model; None for a subclassed one."""
        return vars(self).get("graph", self._functional_graph)

    @graph.setter
    def graph(self, value):
        # A name that subclasses, of graph networks for instance, like to use.
        vars(self)["graph"] = value

    def _set_graph(self, graph):
        """Takes a graph as the model's computation."""
        vars(self).update(
            _functional_graph=graph,
            _stage_split=None,
            _casts_to=None,
            _functions={},
            built=True,
            _build_input_shape=None,
        )

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
        # It extends `Model`, so that its class is made further up.
        stage_class = registry.find("PreprocessingStage", "keras.layers")
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
        return Model(
            split.main.inputs, split.main.outputs, name=f"{self.name}_main"
        )

    @property
    def inputs(self):
        """List of the symbolic inputs; None for a subclassed model."""
        return (
            None
            if self._functional_graph is None
            else list(self._functional_graph.flat_inputs)
        )

    @property
    def outputs(self):
        """List of the symbolic outputs; None for a subclassed model."""
        return (
            None
            if self._functional_graph is None
            else list(self._functional_graph.flat_outputs)
        )

    @property
    def input(self):
        """The symbolic inputs in their structure."""
        if self._functional_graph is None:
            return super().input
        return self._functional_graph.inputs

    @property
    def output(self):
        """The symbolic outputs in their structure."""
        if self._functional_graph is None:
            return super().output
        return self._functional_graph.outputs

    @property
    def input_shape(self):
        """The shapes of the inputs in their structure."""
        if self._functional_graph is None:
            return super().input_shape
        return _shapes(self._functional_graph.inputs)

    @property
    def output_shape(self):
        """The shapes of the outputs in their structure."""
        if self._functional_graph is None:
            return super().output_shape
        return _shapes(self._functional_graph.outputs)

    @property
    def input_names(self):
        """The names of the inputs."""
        if self._functional_graph is None:
            return []
        return [x.node.layer.name for x in self._functional_graph.flat_inputs]

    @property
    def output_names(self):
        """The names of the outputs: dict keys, else those of their layers."""
        if self._functional_graph is None:
            return []
        outputs = self._functional_graph.outputs
        if isinstance(outputs, dict):
            return outputs_lib.default_names(outputs)
        names, seen = [], {}
        for x in self._functional_graph.flat_outputs:
            name = x.node.layer.name
            count = seen.get(name, 0)
            seen[name] = count + 1
            names.append(f"{name}_{count}" if count else name)
        return names

    @property
    def layers(self):
        """The layers directly below, in order."""
        return [x for x in self._children() if isinstance(x, Layer)]

    def _children(self):
        children = super()._children()
        if self._functional_graph is None:
            return children
        seen = {id(layer) for layer in self._functional_graph.layers}
        return [
            *self._functional_graph.layers,
            *(x for x in children if id(x) not in seen),
        ]

    def get_layer(self, name=None, index=None):
        """Returns a layer by its name or its index.

        Arguments:
            name: String.
            index: Integer: the place in `layers`.
        """
        if (name is None) == (index is None):
            raise ValueError(
                "`get_layer` takes either a `name` or an `index`. Received: "
                f"name={name!r}, index={index!r}."
            )
        layers = self.layers
        if index is not None:
            if index >= len(layers):
                raise ValueError(
                    f"The model has {len(layers)} layers. Received: "
                    f"index={index}. Indices go from 0 to {len(layers) - 1}."
                )
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        names = [layer.name for layer in layers]
        close = difflib.get_close_matches(str(name), names, n=3)
        hint = f" Did you mean {close}?" if close else ""
        raise ValueError(
            f"The model has no layer named {name!r}.{hint} The layers are "
            f"{names}."
        )

    # Calling

    def build(self, input_shape):
        """Makes the weights of a subclassed model for a shape of inputs.

        Arguments:
            input_shape: Tuple with the batch axis, or a structure of tuples.
        """
        if self._functional_graph is not None or self.built:
            self.built = True
            return
        own_call = type(self).call is not Model.call
        if own_call and input_shape is not None:
            dtype = self.compute_dtype
            spec = structure.map_shapes(
                lambda shape: tf.TensorSpec(shape, dtype), input_shape
            )
            self.built = True
            try:
                executor.trace_outputs(self, spec)
                vars(self)["_input_specs"] = spec
            except Exception as error:
                self.built = False
                error.add_note(
                    f"Model '{self.name}' can't be built from the shape "
                    f"{input_shape} alone. Call it on data instead."
                )
                raise
        super().build(input_shape)

    def _built_from(self, inputs, rest, kwargs):
        if self._functional_graph is None and self._is_built_by_call():
            arguments = self._call_arguments
            vars(self)["_call_specs"] = call_specs.of_call(
                *arguments.by_name((inputs, *rest), kwargs)
            )
        return super()._built_from(inputs, rest, kwargs)

    def _call_in_scope(self, inputs, rest, kwargs):
        outputs = super()._call_in_scope(inputs, rest, kwargs)
        if self._functional_graph is None:
            self._note_call(inputs, rest, kwargs)
        return outputs

    def _note_call(self, inputs, rest, kwargs):
        """Keeps what it takes to say what the model is called on."""
        own = vars(self)
        kind = getattr(inputs, "dtype", None), getattr(inputs, "shape", None)
        if kind == own.get("_last_kind") and not rest:
            return  # As almost always; the rest of this takes a while.
        _, others = self._call_arguments.by_name((inputs, *rest), kwargs)
        own["_seen_specs"] = seen_specs.widened(
            self._seen_specs, inputs, others
        )
        own["_last_kind"] = None if kind[0] is None else kind

    def get_build_config(self):
        """Returns what `build_from_config` needs to make the weights again."""
        config = super().get_build_config()
        if config is not None and self._call_specs is not None:
            config["call"] = call_specs.serialize(self._call_specs)
        return config

    def build_from_config(self, config):
        """Makes the weights again, from what `get_build_config` returned."""
        call = config.get("call")
        if self.built or not self._is_built_by_call():
            super().build_from_config(config)
        elif call is not None:
            specs = call_specs.deserialize(call)
            executor.trace_outputs(
                lambda tensors: call_specs.run(self, specs, tensors),
                call_specs.of_tensors(specs),
            )
            shapes = structure.map_shapes(
                tf.TensorShape, config.get("input_shape")
            )
            vars(self).update(_call_specs=specs, _build_input_shape=shapes)
        elif not call_specs.needs_more(self._call_arguments):
            super().build_from_config(config)

    def _is_built_by_call(self):
        return type(self).build is Model.build

    def _build_once(self, inputs):
        self._record_specs(inputs)
        if not self._is_built_by_call():
            super()._build_once(inputs)
            return
        # The layers of a subclassed model are built as `call` reaches them.
        if "_dtype_policy" not in vars(self):
            super()._build_once(inputs)
        vars(self)["_build_input_shape"] = shapes_of(inputs)
        self.built = True

    def call(self, inputs, training=None, mask=None):
        """Computes the outputs: runs the graph of a functional model.

        Subclasses write their own.

        Arguments:
            inputs: Tensor or structure of tensors.
            training: Boolean: whether layers run in training mode.
            mask: Mask or structure of masks of the inputs.
        """
        del training
        if self._functional_graph is None:
            raise NotImplementedError(
                f"{type(self).__name__} has no `call`: write a method "
                "`call(self, inputs)`, or pass `inputs` and `outputs` to "
                "`super().__init__`."
            )
        main = self._main_graph
        if main is not None:
            return main.run(tf.nest.flatten(inputs))
        flat = self.conform_inputs(inputs)
        if mask is not None:
            flat = [
                masking.with_mask(x, m)
                for x, m in zip(flat, tf.nest.flatten(mask))
            ]
        return self._functional_graph.run(flat)

    def conform_inputs(self, inputs):
        """Returns the inputs as the flat list that the graph takes.

        A trailing axis of size 1 is added or dropped, and dtypes are cast, as
        the inputs of the graph say.
        """
        graph = self._functional_graph
        flat = model_inputs.flatten_like(
            inputs, graph, self.input_names, self.name
        )
        return [
            model_inputs.conform(x, reference, self.name)
            for x, reference in zip(flat, graph.flat_inputs)
        ]

    def compute_output_shape(self, input_shape):
        """Returns the shapes of the outputs for shapes of the inputs.

        Arguments:
            input_shape: Tuple, `tf.TensorShape`, or a structure of them.
        """
        if self._functional_graph is None:
            return super().compute_output_shape(input_shape)
        specs = structure.map_shapes(tf.TensorSpec, input_shape)
        flat = model_inputs.flatten_like(
            specs, self._functional_graph, self.input_names, self.name
        )
        inputs = [
            symbolic.KerasTensor(_with_shape(x.type_spec, spec.shape))
            for x, spec in zip(self._functional_graph.flat_inputs, flat)
        ]
        inputs = tf.nest.pack_sequence_as(self._functional_graph.inputs, inputs)
        outputs = self._trace_outputs((inputs,), {})
        return tf.nest.map_structure(lambda x: x.shape, outputs)

    def compute_mask(self, inputs, mask=None):
        """Returns the masks of the outputs."""
        if self._functional_graph is None:
            return super().compute_mask(inputs, mask)
        outputs = self(inputs, mask=mask)
        return masking.collect_masks(outputs)

    def _with_masks(self, inputs, outputs, mask):
        # The layers of a graph have set the masks of the outputs already.
        if self._functional_graph is not None:
            return outputs
        return super()._with_masks(inputs, outputs, mask)

    def add_loss(self, losses, **kwargs):
        """Adds values to what training makes small; see `Layer.add_loss`."""
        for loss in tf.nest.flatten(losses):
            if symbolic.is_symbolic(loss):
                loss = added_value.AddLoss()(loss)
                self._add_extras([loss])
            else:
                super().add_loss(loss, **kwargs)

    def add_metric(self, value, name=None, **kwargs):
        """Reports a value with the metrics; see `Layer.add_metric`."""
        if symbolic.is_symbolic(value):
            layer = added_value.AddMetric(metric_name=name, **kwargs)
            self._add_extras([layer(value)])
        else:
            super().add_metric(value, name, **kwargs)

    def _add_extras(self, tensors):
        graph = self._functional_graph
        self._set_graph(
            graph_lib.Graph(
                graph.inputs, graph.outputs, (*graph.extras, *tensors)
            )
        )

    # Weights

    @property
    def trainable_weights(self):
        """The weights that training changes."""
        if not self._trainable:
            return []
        own = [v for v in self._own_weights() if v.trainable]
        return layer_state.unique(self._gather("trainable_variables") + own)

    @property
    def weights(self):
        """All weights, layer by layer."""
        own = self._own_weights()
        ordered = [v for v in own if v.trainable]
        ordered += [v for v in own if not v.trainable]
        return layer_state.unique(self._gather("variables") + ordered)

    def get_weight_paths(self):
        """Returns a dict of paths ("dense.kernel") to weights."""
        found = {}

        def walk(layer, prefix):
            own = set(map(id, layer._own_weights()))
            for name, value in vars(layer).items():
                for path, v in weight_view.named_variables(name, value):
                    if id(v) in own:
                        found[f"{prefix}{path}"] = v
            for child in layer._children():
                if isinstance(child, Layer):
                    walk(child, f"{prefix}{child.name}.")

        walk(self, "")
        return found

    def quantize(self, mode="int8", only=None):
        super().quantize(mode, only)
        if isinstance(self.optimizer, optimizers.Optimizer):
            # What it knows of the weights in floats takes twice their memory.
            with self.distribute_strategy.scope():
                self.optimizer = type(self.optimizer).from_config(
                    self.optimizer.get_config()
                )

    def _named_children(self):
        # The names that tf.keras gives the layers of a graph in checkpoints.
        children = super()._named_children()
        if self._functional_graph is None:
            return children
        layers = self.layers
        for index, layer in enumerate(layers):
            children[f"layer-{index}"] = layer
        for index, layer in enumerate(x for x in layers if x.weights):
            children[f"layer_with_weights-{index}"] = layer
        return children

    def _trackable_children(self, save_type="checkpoint", **kwargs):
        children = super()._trackable_children(save_type, **kwargs)
        if save_type == "savedmodel" and not self._inbound_nodes:
            # Of models that are no layers of others: `tf.saved_model.save`.
            children.update(saving_api.functions_for_saving(self))
        return children

    def reset_states(self):
        """Resets the states of stateful layers."""
        for layer in self.layers:
            if hasattr(layer, "reset_states") and layer.stateful:
                layer.reset_states()

    @property
    def distribute_strategy(self):
        """The `tf.distribute` strategy the model was made under."""
        strategy = self._distribute_strategy
        return _NO_STRATEGY if strategy is None else strategy

    # Showing

    def summary(
        self,
        line_length=None,
        positions=None,
        print_fn=None,
        expand_nested=False,
        show_trainable=False,
        layer_range=None,
    ):
        """Prints a table of the layers, their shapes and their weights.

        Preprocessing layers that `fit` runs in the input pipeline are marked.

        Arguments:
            line_length: Integer: characters in a line.
            positions: List of the ends of the columns: parts of the line, or
                characters.
            print_fn: Function that takes each line. Defaults to `print`.
            expand_nested: Boolean: whether to show the layers of models
                inside the model.
            show_trainable: Boolean: whether to show which layers are trained.
            layer_range: List of the names of the first and last layer to show.
        """
        if not self.built:
            raise ValueError(
                f"Model '{self.name}' is not built, so its shapes and weights "
                "are not known. Call it on data, `fit` it or call "
                "`model.build(input_shape)` first."
            )
        summary_lib.summary(
            self,
            line_length,
            positions,
            print_fn,
            expand_nested,
            show_trainable,
            layer_range,
        )

    # Configs and files

    def get_config(self):
        """Returns what `from_config` needs to make an equal model."""
        if self._functional_graph is not None and self._is_plain_functional():
            return {
                "name": self.name,
                "trainable": self.trainable,
                **graph_config.get_config(self._functional_graph),
            }
        return super().get_config()

    _unsaved_arguments = Layer._unsaved_arguments + ("inputs", "outputs")

    def _is_plain_functional(self):
        """Whether the graph is all that there is to the model."""
        init = type(self).__init__
        return init is Model.__init__

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Makes a model from the output of `get_config`.

        Arguments:
            config: Dict.
            custom_objects: Dict of names to classes and functions.
        """
        with registry.preserved_scopes(custom_objects):
            if "layers" in config and "output_layers" in config:
                inputs, outputs, extras = graph_config.from_config(config)
                model = cls(
                    inputs=inputs, outputs=outputs, name=config.get("name")
                )
                if extras:
                    model._add_extras(extras)
                if not config.get("trainable", True):
                    vars(model)["_trainable"] = False
                return model
            return super().from_config(config)

    def to_json(self, **kwargs):
        """Returns the architecture as JSON, without weights.

        Arguments:
            **kwargs: Arguments of `json.dumps`.
        """
        return json.dumps(saving_api.model_config(self), **kwargs)

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
                default what the model says, with any number of rows.
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

    def save_spec(self, dynamic_batch=True):
        """Returns the specs of the inputs as `(args, kwargs)`, or None.

        A model without a graph takes what it was called on; sizes that differed
        between calls are open.
        """
        if self._functional_graph is not None:
            specs = tf.nest.map_structure(
                lambda x: _batch_spec(x, dynamic_batch),
                self._functional_graph.inputs,
            )
            return (specs,), {}
        seen = self._seen_specs
        if seen is None:
            seen = self._input_specs, {}
        elif self._input_specs is not None:
            seen = seen_specs.joined((self._input_specs, seen[1]), seen)
        if seen[0] is None:
            return None
        if dynamic_batch:
            seen = tf.nest.map_structure(executor.open_spec, seen)
        specs, others = seen_specs.uncast(seen, self._casts_to)
        return (specs,), others

    def _record_specs(self, inputs):
        """Keeps what a model without a graph was first called on."""
        try:
            specs = tf.nest.map_structure(tf.type_spec_from_value, inputs)
        except TypeError:
            return  # Inputs of a kind that no SavedModel takes.
        vars(self)["_input_specs"] = specs

    def __reduce_ex__(self, protocol):
        # For `pickle` and `copy.deepcopy`: variables and compiled functions
        # can't be copied, what a file holds can.
        if not self.built:
            return super().__reduce_ex__(protocol)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, _PICKLED)
            with warnings.catch_warnings(), serialization.noting() as objects:
                # Of what a file has by name only: it is kept here.
                warnings.simplefilter("ignore")
                saving_api.save_model(self, path)
            # What is registered inside of a function can't be pickled.
            kept = {
                name: obj
                for name, obj in objects.items()
                if not (_LOCAL in obj.__qualname__ and registry.is_known(obj))
            }
            with open(path, "rb") as file:
                return _unpickle, (file.read(), kept)


def _unpickle(archive, objects):
    """Makes a model of what `Model.__reduce_ex__` gave."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, _PICKLED)
        with open(path, "wb") as file:
            file.write(archive)
        return saving_api.load_model(path, objects, safe_mode=False)


def _only(tensors):
    """Opens a list of one tensor: it stands for the tensor, as in tf.keras."""
    if isinstance(tensors, list) and len(tf.nest.flatten(tensors)) == 1:
        return tensors[0]
    return tensors


def _split_arguments(args, kwargs):
    """Takes `inputs` and `outputs` out of a constructor's arguments."""
    kwargs = dict(kwargs)
    inputs, outputs = kwargs.pop("inputs", None), kwargs.pop("outputs", None)
    if args and symbolic.contains(args[0]) or (args and outputs is not None):
        inputs, args = args[0], args[1:]
        if args and outputs is None:
            outputs, args = args[0], args[1:]
    if (inputs is None) != (outputs is None):
        raise ValueError(
            "A functional model needs both `inputs` and `outputs`. Received: "
            f"inputs={inputs!r}, outputs={outputs!r}."
        )
    return inputs, outputs, args, kwargs


def _with_shape(spec, shape):
    """Returns the spec of a dense input with another shape."""
    if type(spec) is tf.TensorSpec:
        return tf.TensorSpec(shape, spec.dtype)
    return spec


def _shapes(tensors):
    return tf.nest.map_structure(
        lambda x: None if x.shape.rank is None else tuple(x.shape.as_list()),
        tensors,
    )


def _batch_spec(x, dynamic_batch):
    spec = executor.open_spec(x.type_spec) if dynamic_batch else x.type_spec
    if type(spec) is not tf.TensorSpec:
        return spec
    return tf.TensorSpec(spec.shape, spec.dtype, name=x.node.layer.name)


registry.add_builtins("keras", {"Model": Model, "Functional": Model})
registry.add_builtins("keras.models", {"Model": Model})

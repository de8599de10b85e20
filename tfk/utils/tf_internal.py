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
"""The one place for TensorFlow names outside its public API.

Each name stands here with the reason why nothing public does the job.
"""

import contextlib

import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.core.protobuf import tensor_bundle_pb2
from tensorflow.core.protobuf import trackable_object_graph_pb2
from tensorflow.lite.python import convert as tflite_convert
from tensorflow.lite.tools import flatbuffer_utils
from tensorflow.python.autograph.core import ag_ctx
from tensorflow.python.autograph.core import config as ag_config
from tensorflow.python.data.ops import dataset_ops
from tensorflow.python.data.ops import structured_function
from tensorflow.python.distribute import distribute_lib
from tensorflow.python.eager import context
from tensorflow.python.framework import func_graph
from tensorflow.python.framework import op_def_registry
from tensorflow.python.ops import control_flow_util
from tensorflow.python.ops import resource_variable_ops
from tensorflow.python.saved_model import fingerprinting_utils
from tensorflow.python.saved_model import save_context
from tensorflow.python.util import tf_export

# Public TensorFlow has no trackable base class but `tf.Module`, which would
# make metrics and optimizers count as parts of a model.
AutoTrackable = tf.__internal__.tracking.AutoTrackable

# What TensorFlow can save as a part of something else; no public class is the
# base of all such objects.
Trackable = tf.__internal__.tracking.Trackable

# Made for one optimizer around another, whose checkpoints look like those of
# the inner one. Nothing public lets an object stand for another in them.
DelegatingTrackable = tf.__internal__.tracking.DelegatingTrackableMixin

# TensorFlow's ops ask these dispatchers when their arguments are of types they
# do not know; `tf.experimental.dispatch_for_api` serves one op at a time.
GlobalOpDispatcher = tf.__internal__.dispatch.GlobalOpDispatcher

# A variable that only looks like a `tf.Variable` has to say that it is a
# tensor for `tf.is_tensor`, `tf.nest` and op conversion.
NativeTensor = tf.__internal__.types.Tensor


def api_name(function):
    """Returns the public name of a TensorFlow op ("math.add"), or None."""
    name = tf_export.get_canonical_name_for_symbol(
        function, add_prefix_to_v1_names=True
    )
    return name or None


def symbol_from_api_name(name):
    """Returns the TensorFlow op with a public name, or None."""
    return tf_export.get_symbol_from_name(name)


def op_definition(kind):
    """Returns what TensorFlow says of the inputs and attributes of an op."""
    # The public `op_def` is that of an op in a graph, which takes them to make.
    return op_def_registry.get(kind)


# AutoGraph asks these rules which modules to leave alone. There is no public
# way to add one, and without it a user's `@tf.function` that calls a model
# would convert all of tfk, line by line.
ag_config.CONVERSION_RULES = (
    ag_config.DoNotConvert("tfk"),
) + ag_config.CONVERSION_RULES


def convert_control_flow(function):
    """Lets Python `if` and `for` over tensors work in a user's function.

    `tf.autograph.to_graph` raises where the source cannot be read (lambdas
    from a console, C extensions); this form leaves such functions as they are.
    """
    enabled = ag_ctx.ControlStatusCtx(status=ag_ctx.Status.ENABLED)

    def call(*args, **kwargs):
        with enabled:
            return converted(*args, **kwargs)

    converted = tf.__internal__.autograph.tf_convert(
        function, enabled, user_requested=True
    )
    return call


def scratch_graph(name="scratch"):
    """Returns a graph for tracing whose operations are never run."""
    return func_graph.FuncGraph(name)


def is_composite_variable(value):
    """Whether a value stands for one variable a replica."""
    return hasattr(value, "_distributed_container") or hasattr(value, "_values")


# The op behind `tensor[...]`: public only as the operator itself.
getitem = tf.__operators__.getitem

# The base of ragged, sparse and users' extension tensors.
CompositeTensor = tf.__internal__.CompositeTensor

# `isinstance(x, tf.Tensor)` is slower by far than a comparison of types.
EagerTensor = tf.__internal__.EagerTensor


def maybe_merge_call(function, strategy, *args):
    """Runs `function(strategy, *args)` once for all replicas where it must be.

    `ReplicaContext.merge_call` is public, but which strategies do without it
    (TPUs, collectives inside XLA) is not.
    """
    return tf.__internal__.distribute.interim.maybe_merge_call(
        function, strategy, *args
    )


def runs_in_place(strategy):
    """Whether steps need not go through `strategy.run`, which costs time.

    TensorFlow has no public name for the strategy that is none.
    """
    return isinstance(strategy, distribute_lib._DefaultDistributionStrategy)


def whole_variable(variable):
    """Returns the distributed variable of which a variable is one replica's.

    `Strategy.extended.update` hands out the parts, and nothing public leads
    from a part to the whole. Any other variable is returned as it is.
    """
    # Parts that were made while a function was traced carry it themselves.
    container = getattr(variable, "_distributed_container", None)
    if container is None:
        handle = getattr(variable, "handle", None)
        container = getattr(handle, "_distributed_container", None)
    whole = container() if container is not None else None
    return variable if whole is None else whole


# What the file `saved_model.pb` holds; public TensorFlow has only its parts.
SavedModelProto = saved_model_pb2.SavedModel

# Writes into the folder of a SavedModel by what its graph is known again. Only
# `tf.saved_model.save` does so publicly, before anything of it is revised.
write_fingerprint = fingerprinting_utils.write_fingerprint

# Notes the latest checkpoint of a folder. The public one advises against
# itself, in a warning, and is to go.
update_checkpoint_state = tf.__internal__.train.update_checkpoint_state

# The child of an object whose function `tf.saved_model.save` takes for the
# signature if it is given none. It has no public name.
DEFAULT_SIGNATURE = "_default_save_signature"

# The same holds for the graph of objects that a checkpoint is made of.
ObjectGraphProto = trackable_object_graph_pb2.TrackableObjectGraph

# What the index of a checkpoint is made of. TensorFlow's reader ends the
# process where one of them is damaged, so they are looked at before.
BundleHeaderProto = tensor_bundle_pb2.BundleHeaderProto
BundleEntryProto = tensor_bundle_pb2.BundleEntryProto


def make_variable(initial_value, name, **kwargs):
    """Makes a `tf.Variable` in the name scope in force.

    TensorFlow keeps the kernel that made a variable, some 25 KB, for each
    different name, for ever: a process that builds models again and again
    would grow. So variables are made under the last part of their names, of
    which there are few, and get the full ones afterwards, for which there is
    no public way.
    """
    if tf.distribute.has_strategy() or not tf.executing_eagerly():
        return tf.Variable(initial_value, name=name, **kwargs)
    scope = tf.get_current_name_scope()
    with tf.name_scope(""):
        variable = tf.Variable(
            initial_value, name=name.rpartition("/")[2], **kwargs
        )
    if hasattr(variable, "_handle_name"):
        variable._handle_name = f"{scope}/{name}:0" if scope else f"{name}:0"
    return variable


class RunningState(AutoTrackable):
    """Variables that exported models need, and checkpoints leave out.

    The states of a stateful layer are such: their batch size is that of the
    data at hand, and a model for another one shall load the same weights.
    There is no public way to tell the two kinds of saving apart.

    Arguments:
        variables: List of variables.
    """

    def __init__(self, variables):
        self._self_variables = list(variables)

    @property
    def values(self):
        """The list of variables."""
        return list(self._self_variables)

    def _trackable_children(self, save_type="checkpoint", **kwargs):
        if save_type == "checkpoint":
            return {}
        return super()._trackable_children(save_type, **kwargs)


def children_in_checkpoints(obj):
    """Returns a dict of names to what an object holds in checkpoints.

    There is no public way to go through it.

    Arguments:
        obj: Any trackable object.
    """
    return obj._trackable_children()


class WithoutChildren(AutoTrackable):
    """Stands for an object in checkpoints that leave some of it out.

    There is no public way to restore an object but for a part of it.

    Arguments:
        source: Trackable object.
        names: Tuple of the names of its children to leave out.
    """

    def __init__(self, source, names):
        self._self_source = lambda: source
        self._self_names = names

    def _trackable_children(self, save_type="checkpoint", **kwargs):
        children = self._self_source()._trackable_children(save_type, **kwargs)
        return {k: v for k, v in children.items() if k not in self._self_names}

    def _lookup_dependency(self, name, cached_dependencies=None):
        if name in self._self_names:
            return None
        return self._self_source()._lookup_dependency(name, cached_dependencies)


class NamedChildren:
    """Lets a class name what checkpoints find in it beside its attributes.

    TensorFlow finds variables and trackable objects among attributes as they
    are set, and has no public way to add others.
    """

    def _named_children(self):
        """Returns a dict of names to variables and trackable objects."""
        return {}

    def _trackable_children(self, save_type="checkpoint", **kwargs):
        children = super()._trackable_children(save_type, **kwargs)
        for name, child in self._named_children().items():
            children.setdefault(name, child)
        return children

    def _lookup_dependency(self, name, cached_dependencies=None):
        found = super()._lookup_dependency(name, cached_dependencies)
        return self._named_children().get(name) if found is None else found


class SlotOwner:
    """Lets an optimizer take what checkpoints hold of older ones.

    There, slots are no children of the optimizer: TensorFlow asks it for each
    by a method of this name.
    """

    def _take_slot(self, variable, name, restore):
        """Returns the slot to restore, or None.

        Arguments:
            variable: The variable that the slot belongs to.
            name: String: the name of the slot in the checkpoint.
            restore: Function of a variable, which sets it, for later.
        """
        raise NotImplementedError

    def _lookup_older(self, name):
        """Returns what the checkpoint calls by another name, or None."""
        raise NotImplementedError

    def _create_or_restore_slot_variable(
        self,
        slot_variable_position,
        slot_name,
        variable,
        slot_variable_shape=None,
    ):
        del slot_variable_shape
        return self._take_slot(
            variable, slot_name, slot_variable_position.restore
        )

    def _lookup_dependency(self, name, cached_dependencies=None):
        found = super()._lookup_dependency(name, cached_dependencies)
        return self._lookup_older(name) if found is None else found


def set_trainable(variable, trainable):
    """Changes whether gradient tapes and layers take a variable for trained.

    It is fixed when a variable is made, and there is no public way to freeze
    one in place: a copy would lose what else refers to the variable.
    """
    for part in getattr(variable, "_values", (variable,)):
        part._trainable = trainable


def forget_attribute(obj, name):
    """Lets checkpoints forget what an attribute held.

    TensorFlow does so by itself when an attribute is deleted; one that is
    deleted and set again has another place in the order of attributes.
    """
    obj._delete_tracking(name)


def eager_random_state():
    """Returns the state from which eager random ops without seed draw one.

    `tf.random.set_seed` makes it, and it is None before. Nothing public tells
    how far it has got.
    """
    generator = getattr(context.context(), "_rng", None)
    return None if generator is None else generator.getstate()


def set_eager_random_state(state):
    """Goes back to what `eager_random_state` returned."""
    generator = getattr(context.context(), "_rng", None)
    if generator is not None and state is not None:
        generator.setstate(state)


# What `SerializeIterator` calls to fail where a pipeline has state that is not
# part of the iterator: stateful random ops, Python functions.
_FAIL_ON_OTHER_STATE = 2


def iterator_handle(iterator):
    """Returns what keeps the resource of an iterator alive.

    The public op that deletes an iterator does nothing to such a resource.
    """
    return iterator._iterator_resource


def empty(iterator):
    """Drops all that an iterator holds; it is of no use then."""
    vars(iterator).clear()


def iterator_state(iterator):
    """Returns where an iterator over a `tf.data.Dataset` stands, as bytes.

    `tf.train.Checkpoint` takes iterators too, but writes files. The public op
    wants the iterator's resource, which is private.

    Raises:
        tf.errors.OpError: If the pipeline can't tell.
    """
    state = tf.raw_ops.SerializeIterator(
        resource_handle=iterator._iterator_resource,
        external_state_policy=_FAIL_ON_OTHER_STATE,
    )
    return tf.io.serialize_tensor(state).numpy()


def set_iterator_state(iterator, state):
    """Moves an iterator over the same dataset to where another one stood."""
    tf.raw_ops.DeserializeIterator(
        resource_handle=iterator._iterator_resource,
        serialized=tf.io.parse_tensor(state, tf.variant),
    )


def dataset_parts(dataset):
    """Yields the kinds of datasets that a dataset is made of, and of ops.

    A dataset does not say in public what it was made of. The ops are those in
    its functions, which may make datasets, too.

    Arguments:
        dataset: `tf.data.Dataset`.
    """
    yield type(dataset).__name__
    for function in dataset._functions():
        graph = function.function.graph.as_graph_def()
        yield from (op.op for op in graph.node)
        for inner in graph.library.function:
            yield from (op.op for op in inner.node_def)
    for part in dataset._inputs():
        yield from dataset_parts(part)


def shared_array(variable):
    """Returns the numbers of a variable without a copy.

    `Variable.numpy()` copies them, and finds out more about the variable than
    the reading takes.

    Returns:
        An array that must not be changed, or None for anything but a variable
        that is all in one place.
    """
    if type(variable) is not resource_variable_ops.ResourceVariable:
        return None
    value = tf.raw_ops.ReadVariableOp(
        resource=variable.handle, dtype=variable.dtype
    )
    return value._numpy()


def parts_of(variable):
    """Returns the variables that a variable is made of, one for each replica.

    `Strategy.experimental_local_results` wants the strategy, which a variable
    of parameter servers does not tell.
    """
    return list(getattr(variable, "_values", (variable,)))


def run_for_device(by_device, default):
    """Runs the function for the kind of device that a graph is placed on.

    The public `tf.switch_case` takes its branches apart, so that the ops of
    all of them must have kernels for the devices at hand.

    Arguments:
        by_device: Dict of kinds of devices ("GPU") to functions without
            arguments, which return the same structure of tensors.
        default: Function for any other device, and for XLA.
    """
    return tf.__internal__.execute_fn_for_device(by_device, default)


def traces_of(function):
    """Returns the list of the concrete functions that a `tf.function` has.

    There is no public list of them.
    """
    traces = getattr(
        function, "_list_all_concrete_functions_for_serialization", list
    )
    return traces()


def is_in_xla():
    """Whether a function is being traced that XLA compiles.

    There is no public way to ask.
    """
    graph = tf.compat.v1.get_default_graph()
    return control_flow_util.GraphOrParentsInXlaContext(graph)


def is_being_saved():
    """Whether a gradient is being traced for a SavedModel.

    Such a gradient can't take the state of loops over from the way forward,
    and there is no public way to ask.
    """
    return save_context.in_save_context()


@contextlib.contextmanager
def tracing_for_saved_model(options):
    """Lets functions be traced as `tf.saved_model.save` would do it.

    Those that were traced otherwise it traces again; there is no public way to
    say beforehand that they are to be saved.

    Arguments:
        options: `tf.saved_model.SaveOptions`.
    """
    if save_context.in_save_context():
        yield
        return
    with save_context.save_context(options):
        yield


def set_message(error, message):
    """Gives an error of TensorFlow's another message.

    Its class and traceback stay; there is no public way to change the text.

    Arguments:
        error: `tf.errors.OpError`.
        message: String.
    """
    error._message = message


class WiderDataset(dataset_ops.UnaryDataset):
    """A dataset that says less about its elements than is known.

    So one function serves iterators over data of other sizes. The public
    `tf.data.experimental.from_variant` would lose the options of the dataset.

    Arguments:
        dataset: A `tf.data.Dataset`.
        spec: The spec that its elements shall have.
    """

    def __init__(self, dataset, spec):
        self._wider_spec = spec
        super().__init__(dataset, dataset._variant_tensor)

    @property
    def element_spec(self):
        """The spec of the elements."""
        return self._wider_spec


class PipelineFunction:
    """A function of elements that the pipelines of several datasets share.

    It is traced once for each kind of elements; `Dataset.map` does so for each
    dataset. A `tf.function` in it would be traced once too, but TensorFlow
    takes no note of where an iterator stands that calls one with tables in it.

    Arguments:
        function: Function of what `Dataset.map` gives its function.
    """

    def __init__(self, function):
        self._function = function
        self._traced = {}

    def map(self, dataset):
        """Returns the dataset of what the function returns, in order.

        Arguments:
            dataset: `tf.data.Dataset`.
        """
        spec = dataset.element_spec
        key = spec_key(spec)
        if key not in self._traced:
            self._traced[key] = structured_function.StructuredFunctionWrapper(
                self._function, "Dataset.map()", input_structure=spec
            )
        return _MappedDataset(dataset, self._traced[key])


def calibrated_tflite(converter):
    """Returns a TFLite graph in 32 bits that knows the ranges of its values.

    What is public of the converter, `QuantizationDebugger`, quantizes twice.

    Arguments:
        converter: `tf.lite.TFLiteConverter` with optimizations and
            representative data.
    """
    converter._experimental_calibrate_only = True
    return converter.convert()


def quantized_tflite(content, names):
    """Returns a TFLite graph in 8 bits, but for some operations.

    Arguments:
        content: Bytes, as of `calibrated_tflite`.
        names: List of the names of operations that stay in 32 bits.
    """
    return tflite_convert.mlir_quantize(content, denylisted_nodes=names)


def tflite_graphs(content):
    """Returns what a TFLite file does; nothing public lists that.

    Arguments:
        content: Bytes: what is in the file.

    Returns:
        A list for the main graph and each one of its loops and branches, of
        `(kind, name, inputs, outputs)`: strings, and lists of the numbers of
        tensors. An operation has the name of its first output.
    """
    model = flatbuffer_utils.convert_bytearray_to_object(content)
    kinds = [
        flatbuffer_utils.opcode_to_name(model, place)
        for place in range(len(model.operatorCodes))
    ]
    return [
        [
            (
                kinds[operation.opcodeIndex],
                graph.tensors[operation.outputs[0]].name.decode(),
                list(operation.inputs),
                list(operation.outputs),
            )
            for operation in graph.operators
        ]
        for graph in model.subgraphs
    ]


def spec_key(spec):
    """Returns something hashable that tells apart specs and structures.

    Arguments:
        spec: Structure of `tf.TypeSpec`.
    """
    places = str(tf.nest.map_structure(lambda _: 0, spec))
    return places, tuple(tf.nest.flatten(spec))


class _MappedDataset(dataset_ops.UnaryDataset):
    """What `Dataset.map` returns, for a function that is traced already."""

    def __init__(self, dataset, function):
        self._map_function = function
        super().__init__(
            dataset,
            tf.raw_ops.ParallelMapDatasetV2(
                input_dataset=dataset._variant_tensor,
                other_arguments=function.function.captured_inputs,
                num_parallel_calls=tf.constant(tf.data.AUTOTUNE, tf.int64),
                f=function.function,
                deterministic="true",
                preserve_cardinality=True,
                **self._flat_structure,
            ),
        )

    def _functions(self):
        return [self._map_function]

    @property
    def element_spec(self):
        """The spec of what the function returns."""
        return self._map_function.output_structure

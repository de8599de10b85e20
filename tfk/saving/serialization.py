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
"""Objects to plain data and back, in the format of Keras files.

An object is written as a dict with `module`, `class_name`, `config` and
`registered_name`. Reading one back builds only what `registry.find` knows: a
file can name nothing else.
"""

import base64
import contextlib
import inspect
import marshal
import reprlib
import threading
import types
import warnings

import numpy as np
import tensorflow as tf

from tfk.saving import errors
from tfk.saving import keras_names
from tfk.saving import registry
from tfk.saving import shared_objects
from tfk.utils import caller
from tfk.utils import naming
from tfk.utils import signatures

_KEYWORD_ONLY = inspect.Parameter.KEYWORD_ONLY
_PLAIN = (str, int, float, bool, bytes)
_local = threading.local()
# What code raises that expects another config than it gets.
_OF_BAD_CONFIGS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
)

# What Keras calls a model that is all graph.
_FUNCTIONAL = {
    "module": keras_names.PRIVATE_MODULES["Functional"],
    "class_name": "Functional",
    "registered_name": "Functional",
}
# What a function of a user's is said to be.
_REGISTERED_FUNCTION = {
    "module": "builtins",
    "class_name": "function",
    "registered_name": "function",
}


def serialize_whole(model, is_checked=True):
    """Describes a model for a file.

    Arguments:
        model: A model.
        is_checked: Boolean: whether to warn of what can't be read back.

    Returns:
        A dict. A layer that stands in several places of the model is the same
        one in all of them when it is read.
    """
    with contextlib.ExitStack() as stack:
        if is_checked:
            stack.enter_context(checking())
        with shared_objects.writing():
            config = serialize_keras_object(model)
    shared_objects.number_shared(config)
    return config


def serialize_keras_object(obj):
    """Turns an object into plain data that JSON can hold.

    Arguments:
        obj: A layer, model, loss, metric, optimizer, schedule, initializer,
            regularizer, constraint or function, or a structure of them.

    Returns:
        Nested dicts, lists, strings, numbers and None.

    Example:

    >>> config = tfk.saving.serialize_keras_object(tfk.initializers.Ones())
    >>> config["class_name"]
    'Ones'
    """
    if obj is None or isinstance(obj, (str, bool, int, float)):
        return obj
    if isinstance(obj, bytes):
        return _marked("__bytes__", obj.decode("utf-8"))
    if isinstance(obj, (list, tuple)) and not hasattr(obj, "get_config"):
        items = [serialize_keras_object(item) for item in obj]
        if type(obj) is tuple:
            return _marked("__tuple__", items)
        return items
    if isinstance(obj, dict):
        return {k: serialize_keras_object(v) for k, v in obj.items()}
    plain = _serialize_tensor_value(obj)
    if plain is not None:
        return plain
    if isinstance(obj, types.FunctionType):
        return _serialize_function(obj)
    if inspect.isclass(obj):
        return _identity(obj) | {"config": None}
    if hasattr(obj, "get_config"):
        return _serialize_object(obj)
    if hasattr(obj, "frozen_config"):
        # A `Snapshot` in the place of a model.
        return obj.frozen_config()
    raise TypeError(
        f"An object of type {type(obj)} can't be saved: it has no "
        f"`get_config` method. Received: {obj!r}. Give its class one, and "
        "register it with `tfk.saving.register_keras_serializable`."
    )


def serialize_value(value):
    """Serialises one constructor argument: tuples and plain values stay."""
    if value is None or isinstance(value, _PLAIN):
        return value
    if type(value) in (list, tuple):
        return type(value)(serialize_value(item) for item in value)
    if isinstance(value, (list, tuple)):
        return [serialize_value(item) for item in value]
    if isinstance(value, dict):
        return {key: serialize_value(item) for key, item in value.items()}
    if isinstance(value, types.FunctionType):
        key = registry.builtin_key(value)
        if key is not None:
            return key[1]
    return serialize_keras_object(value)


def _marked(class_name, value):
    return {"class_name": class_name, "config": {"value": value}}


def _serialize_tensor_value(obj):
    if isinstance(obj, tf.TensorShape):
        return obj.as_list() if obj.rank is not None else None
    if isinstance(obj, tf.DType):
        return obj.name
    if isinstance(obj, np.dtype):
        return obj.name
    if isinstance(obj, np.generic):
        return obj.item()
    if isinstance(obj, np.ndarray):
        return {
            "class_name": "__numpy__",
            "config": {"value": obj.tolist(), "dtype": obj.dtype.name},
        }
    if isinstance(obj, tf.Tensor):
        if not hasattr(obj, "numpy"):
            raise TypeError(
                "A tensor that belongs to a graph can't be saved. Received: "
                f"{obj!r}."
            )
        return {
            "class_name": "__tensor__",
            "config": {"value": obj.numpy().tolist(), "dtype": obj.dtype.name},
        }
    if isinstance(obj, slice):
        parts = (obj.start, obj.stop, obj.step)
        return {
            "class_name": "__slice__",
            "config": dict(
                zip(
                    ("start", "stop", "step"),
                    (serialize_keras_object(part) for part in parts),
                )
            ),
        }
    if obj is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    return None


def _serialize_function(function):
    if function.__name__ == "<lambda>":
        return _serialize_lambda(function)
    if registry.builtin_key(function) is None:
        _warn_if_unknown(function)
    identity = _identity(function)
    name = identity["registered_name"]
    if registry.is_qualified(name):
        # All Kerases find a registered function by its `config` alone.
        return _REGISTERED_FUNCTION | {"config": name}
    return {
        **identity,
        "class_name": "function",
        "config": function.__name__,
    }


def _serialize_lambda(function):
    warnings.warn(
        "A lambda was saved as Python bytecode, which is read back only with "
        "`safe_mode=False` and by the same version of Python. Use a named "
        "function registered with `tfk.saving.register_keras_serializable`.",
        stacklevel=caller.stacklevel(),
    )
    return {"class_name": "__lambda__", "config": lambda_code(function)}


def lambda_code(function):
    """Returns the marshalled code of a function, as Keras files hold it."""
    closure = None
    if function.__closure__:
        closure = [cell.cell_contents for cell in function.__closure__]
    return {
        "value": base64.b64encode(marshal.dumps(function.__code__)).decode(),
        "defaults": list(function.__defaults__ or ()) or None,
        "closure": closure,
    }


def _serialize_object(obj):
    name = getattr(obj, "name", None)
    kind = type(obj).__name__
    with _inside(name if isinstance(name, str) else kind):
        if registry.builtin_key(type(obj)) is None:
            _warn_if_unknown(type(obj))
        try:
            config = serialize_dict(obj.get_config())
        except (NotImplementedError, TypeError) as error:
            if not hasattr(error, "config_path"):
                named = f" '{name}'" if isinstance(name, str) else ""
                error.add_note(
                    f"In the config of {kind}{named}, at '{current_path()}'."
                )
            raise
        _warn_if_incomplete(type(obj), config)
        return _serialize_parts(obj, config)


def _serialize_parts(obj, config):
    serialized = _identity(type(obj))
    if serialized["class_name"] == "Model" and "output_layers" in config:
        serialized = _FUNCTIONAL.copy()
    serialized["config"] = config
    for key, getter in (
        ("build_config", "get_build_config"),
        ("adapter_config", "get_adapter_config"),
        ("compile_config", "get_compile_config"),
    ):
        value = getattr(obj, getter, lambda: None)()
        if value is not None:
            serialized[key] = serialize_dict(value)
    number = shared_objects.number_of(obj)
    if number is not None:
        serialized[shared_objects.KEY] = number
    return serialized


def serialize_dict(config):
    """Serialises the values of a config; tuples become lists."""
    return {key: _serialize_listed(v) for key, v in config.items()}


def _serialize_listed(value):
    if value is None or isinstance(value, _PLAIN):
        return value
    if isinstance(value, (list, tuple)):
        return [_serialize_listed(item) for item in value]
    if isinstance(value, dict):
        return {key: _serialize_listed(item) for key, item in value.items()}
    return _listed(serialize_value(value))


def _listed(value):
    if isinstance(value, (list, tuple)):
        return [_listed(item) for item in value]
    if isinstance(value, dict):
        return {key: _listed(item) for key, item in value.items()}
    return value


def _identity(obj):
    key = registry.builtin_key(obj)
    if key is not None:
        module, name = key
        name = keras_names.FILE_NAMES.get(name, name)
        private = keras_names.PRIVATE_MODULES.get(name)
        return {
            "module": private or module,
            "class_name": name,
            "registered_name": name if private else None,
        }
    return {
        "module": obj.__module__,
        "class_name": obj.__name__,
        "registered_name": _name_in_file(obj),
    }


def _name_in_file(obj):
    """Returns the name of a user's class or function: the registered one.

    Where objects are noted, it is one that no other object has.
    """
    name = registry.get_registered_name(obj)
    found = getattr(_local, "own_objects", None)
    if found is None:
        _warn_if_ambiguous(obj, name)
        return name
    found.setdefault(obj.__name__, obj)
    unique, count = name, 1
    while found.setdefault(unique, obj) is not obj:
        unique, count = f"{name}#{count}", count + 1
    return unique


def _warn_if_ambiguous(obj, name):
    """Tells of two objects one of which would be read in place of the other."""
    if not is_checking() or _local.names_seen.setdefault(name, obj) is obj:
        return
    warnings.warn(
        f"Two different classes or functions are saved as `{name}` (the second "
        f"one in '{current_path()}'), and a program that loads the file can't "
        "tell them apart. Register one of them under another name: "
        "`@tfk.saving.register_keras_serializable(name=...)`.",
        stacklevel=caller.stacklevel(),
    )


@contextlib.contextmanager
def noting():
    """Within it, users' objects are written under names of their own.

    Gives a dict of these names to the objects, to be read back with.
    """
    before = getattr(_local, "own_objects", None)
    _local.own_objects = found = {}
    try:
        yield found
    finally:
        _local.own_objects = before


def copy_of(obj, **changes):
    """Makes an object of the config of another one.

    What the config names is known from the object itself, registered or not.

    Arguments:
        obj: An object with `get_config` and `from_config`.
        **changes: Entries of the config that differ.
    """
    with noting() as found, shared_objects.not_writing():
        config = {**obj.get_config(), **changes}
    with registry.preserved_scopes(found):
        return type(obj).from_config(config)


def clone_of(obj):
    """Makes a layer of the config of another one, as part of a clone.

    Within `shared_objects.copying`, what was cloned before, alone or as a part
    of another object, is not cloned again.

    Arguments:
        obj: A layer.
    """
    number = {shared_objects.KEY: shared_objects.number_of(obj)}
    clone = shared_objects.found(number, type(obj))
    if clone is None:
        with noting() as found:
            config = obj.get_config()
        with registry.preserved_scopes(found):
            clone = type(obj).from_config(config)
        adapters = obj.get_adapter_config()
        if adapters is not None:
            clone.adapt_from_config(adapters)
        shared_objects.keep(number, clone)
    return clone


def _warn_if_unknown(obj):
    if registry.is_known(obj) or not is_checking():
        return
    warnings.warn(
        f"`{obj.__name__}` (in '{current_path()}') is saved by name only, and "
        "a program that loads the file has to know it. Put "
        f'`@tfk.saving.register_keras_serializable("{_package_of(obj)}")` '
        f"above `{obj.__name__}`, or pass "
        f'`custom_objects={{"{obj.__name__}": {obj.__name__}}}` when loading.',
        stacklevel=caller.stacklevel(),
    )


def _warn_if_incomplete(cls, config):
    """Tells of a class that could not be made again from its config."""
    if not is_checking() or naming.is_own_module(cls.__module__):
        return
    if "layers" in config:
        return  # Of a model that is a graph, the layers are the arguments.
    reader = getattr(cls, "from_config", None)
    if not naming.is_own_module(getattr(reader, "__module__", "")):
        return
    missing = [
        name
        for name, parameter in inspect.signature(cls).parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, _KEYWORD_ONLY)
        and name not in config
    ]
    if missing:
        lines = "".join(
            f"\n    config[{name!r}] = self.{name}" for name in missing
        )
        warnings.warn(
            f"`{cls.__name__}` ('{current_path()}') can't be loaded again: its "
            f"`get_config` leaves out what its constructor needs, {missing}. "
            "Leave `get_config` out, as a class that keeps its arguments under "
            f"their names needs none; or add to it:{lines}",
            stacklevel=caller.stacklevel(),
        )


def _package_of(obj):
    return obj.__module__.split(".")[0].strip("_") or "Custom"


@contextlib.contextmanager
def checking():
    """Within it, what could not be read back is warned about."""
    before, _local.checking = is_checking(), True
    names_before = getattr(_local, "names_seen", None)
    _local.names_seen = names_before if before else {}
    try:
        yield
    finally:
        _local.checking = before
        _local.names_seen = names_before


def is_checking():
    """Whether names that can't be read back are warned about."""
    return getattr(_local, "checking", False)


@contextlib.contextmanager
def _inside(name):
    """Within it, an object of this name is written or read.

    An error that passes is told where it was, once.
    """
    before = getattr(_local, "names", ())
    _local.names = (*before, name)
    try:
        yield
    except Exception as error:
        if not hasattr(error, "config_path"):
            # Not all errors take attributes.
            with contextlib.suppress(AttributeError):
                error.config_path = current_path()
        raise
    finally:
        _local.names = before


def current_path():
    """Returns the path, in names, of the object that is written or read."""
    return "/".join(getattr(_local, "names", ()))


# Reading


def deserialize_keras_object(
    config, custom_objects=None, safe_mode=True, **kwargs
):
    """Builds the object that `serialize_keras_object` described.

    Only built-in, registered and custom objects are built; nothing that the
    config names is imported.

    Arguments:
        config: Plain data made by `serialize_keras_object`, or a file's JSON.
        custom_objects: Dict of names to classes and functions, for this call.
        safe_mode: Boolean: whether to refuse Python bytecode in the config.
            Set it to False only for files that you would run as a program.

    Returns:
        The object.

    Raises:
        ValueError: If the config names something that is not known, holds
            code, or describes nothing that could be built. Errors of classes
            of your own pass as they are.

    Example:

    >>> config = tfk.saving.serialize_keras_object(tfk.losses.Huber(delta=2.0))
    >>> tfk.saving.deserialize_keras_object(config).get_config()["delta"]
    2.0
    """
    del kwargs
    with _failures(config):
        return read_object(config, custom_objects, safe_mode)


def read_object(config, custom_objects=None, safe_mode=True):
    """Does what `deserialize_keras_object` does; all errors pass as they are.

    Arguments:
        config: Plain data.
        custom_objects: Dict of names to classes and functions.
        safe_mode: Boolean: whether to refuse Python bytecode in the config.

    Returns:
        The object.
    """
    before = getattr(_local, "safe_mode", True)
    _local.safe_mode = bool(safe_mode) if safe_mode is not None else True
    try:
        with registry.preserved_scopes(custom_objects):
            with shared_objects.reading():
                return _deserialize(config)
    finally:
        _local.safe_mode = before


@contextlib.contextmanager
def _failures(config):
    """Within it, what a bad config leads to becomes a ValueError.

    Only the outermost call does so; errors of users' classes pass as they are.
    """
    try:
        yield
    except _OF_BAD_CONFIGS as error:
        if getattr(_local, "names", ()) or hasattr(error, "of_user_class"):
            raise
        place = getattr(error, "config_path", "")
        place = f" at '{place}'" if place else ""
        raise ValueError(
            f"The config describes nothing that could be built{place} "
            f"({type(error).__name__}: {error}). Pass what "
            "`serialize_keras_object` returned. Received: "
            f"config={reprlib.repr(config)}."
        ) from error


@contextlib.contextmanager
def _noting_user(cls):
    """Within it, errors are noted to be of the class, if it is a user's."""
    try:
        yield
    except _OF_BAD_CONFIGS as error:
        if not naming.is_own_module(cls.__module__):
            # Not all errors take attributes.
            with contextlib.suppress(AttributeError):
                error.of_user_class = True
        raise


def deserialize_plain_value(config):
    """Builds a number, array, slice or the like that a config describes.

    Raises:
        ValueError: If it describes an object of any other kind.
    """
    name = config["class_name"]
    if name not in _MARKED or name == "__lambda__":
        raise ValueError(
            "An argument in a call of a layer must be plain data. Received: "
            f"config={_excerpt(config)}."
        )
    return _deserialize(config)


def in_safe_mode():
    """Whether code in configs is refused; so it is outside any loading."""
    return getattr(_local, "safe_mode", True)


def is_serialized_object(value):
    """Whether a value is the description of an object."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("class_name"), str)
        and "config" in value
    )


def is_serialized_function(value):
    """Whether a value is the description of a function with a name."""
    return (
        is_serialized_object(value)
        and value["class_name"] == "function"
        and isinstance(value["config"], str)
    )


def deserialize_arguments(config):
    """Revives what `Configurable.get_config` serialised."""
    return {key: _revive_inside(value) for key, value in config.items()}


def _revive_inside(value):
    if is_serialized_object(value):
        return _deserialize(value)
    if type(value) in (list, tuple):
        return type(value)(_revive_inside(item) for item in value)
    if isinstance(value, dict):
        return {key: _revive_inside(item) for key, item in value.items()}
    return value


def _deserialize(config):
    if config is None or isinstance(config, _PLAIN):
        return config
    if isinstance(config, (list, tuple)):
        return [_deserialize(item) for item in config]
    if not isinstance(config, dict):
        return config
    if not is_serialized_object(config):
        return {key: _deserialize(item) for key, item in config.items()}
    if config["class_name"] in _MARKED:
        return _MARKED[config["class_name"]](config["config"])
    inner = config["config"]
    name = inner.get("name") if isinstance(inner, dict) else None
    with _inside(name if isinstance(name, str) else config["class_name"]):
        return _deserialize_object(config)


def _deserialize_object(config):
    class_name = config["class_name"]
    module = config.get("module")
    inner = config["config"]
    is_function = class_name == "function"
    name = inner if is_function else class_name
    if not isinstance(name, str):
        raise ValueError(
            "A function is saved by its name. Received: "
            f"config={_excerpt(config)}."
        )
    found = registry.find(name, module, config.get("registered_name"))
    if found is None:
        found = registry.get_registered_object(registry.bare_name(name))
    if found is None:
        raise ValueError(unknown_message(name, module, config))
    if is_function or inner is None:
        return found
    if not inspect.isclass(found):
        if callable(found) and not inner:
            return found
        raise ValueError(
            f"`{name}` is no class here but {found!r}, and the config "
            f"describes an object of a class. Received: "
            f"config={_excerpt(config)}."
        )
    if not isinstance(inner, dict):
        raise ValueError(
            f"The `config` of `{name}` must be a dict. Received: "
            f"config={_excerpt(config)}."
        )
    with _noting_user(found):
        arguments = _without_new_arguments(found, inner)
        return _build_object(found, arguments, config)


def _without_new_arguments(cls, config):
    """Leaves out what only Keras 3 has, where it says nothing new."""
    new = {
        key
        for key, default in keras_names.NEW_ARGUMENTS.items()
        if key in config and config[key] in (default, None)
    }
    if not new or not naming.is_own_module(cls.__module__):
        return config
    known = {
        name
        for base in cls.__mro__
        if "__init__" in vars(base)
        for name in signatures.parameters(vars(base)["__init__"])
    }
    new -= known - set(getattr(cls, "_unsaved_arguments", ()))
    return {key: value for key, value in config.items() if key not in new}


def _build_object(cls, inner, config):
    if not hasattr(cls, "from_config"):
        raise ValueError(
            f"`{cls.__name__}` has no `from_config` and can't be built from "
            f"a file. Received: config={_excerpt(config)}."
        )
    obj = shared_objects.found(config, cls)
    if obj is not None:
        return obj
    obj = cls.from_config(inner)
    shared_objects.keep(config, obj)
    build_config = config.get("build_config")
    if build_config and hasattr(obj, "build_from_config"):
        obj.build_from_config(build_config)
    adapter_config = config.get("adapter_config")
    if adapter_config and hasattr(obj, "adapt_from_config"):
        obj.adapt_from_config(adapter_config)
    compile_config = config.get("compile_config")
    if compile_config and hasattr(obj, "compile_from_config"):
        obj.compile_from_config(compile_config)
    return obj


def unknown_message(name, module, config):
    """Says what a file names that is not known, and how to make it known."""
    is_told = module and module != _REGISTERED_FUNCTION["module"]
    origin = f" (module {module!r})" if is_told else ""
    return (
        f"The file names `{name}`{origin}, which is neither built in nor "
        "registered. If it is your class or function, decorate it with "
        "`@tfk.saving.register_keras_serializable()` before loading, or pass "
        f"`custom_objects={{{name!r}: ...}}`.\nReceived: "
        f"config={_excerpt(config)}."
    )


def _excerpt(config):
    text = repr(config)
    return text if len(text) <= 200 else text[:197] + "..."


def _read_lambda(config):
    if in_safe_mode():
        raise errors.UnsafeFileError(
            "The file holds Python code (a lambda), which could do anything "
            "on this machine. If you trust its author as much as you would "
            "trust a program, load it with `safe_mode=False`."
        )
    # In Keras 3, it is called `code`.
    value = config["code"] if "code" in config else config["value"]
    code = marshal.loads(base64.b64decode(value))
    closure = tuple(
        types.CellType(value) for value in config.get("closure") or ()
    )
    return types.FunctionType(
        code,
        {"tf": tf, "np": np, "__builtins__": __builtins__},
        code.co_name,
        tuple(config.get("defaults") or ()) or None,
        closure or None,
    )


def _plain_dtype(config):
    """Returns the dtype of an array; a file may not choose its items' size."""
    name = str(config["dtype"])
    if name == "object" or name.startswith("str"):
        return object if name == "object" else str
    return tf.as_dtype(name).as_numpy_dtype


_MARKED = {
    "__tuple__": lambda c: tuple(_deserialize(v) for v in c["value"]),
    "__bytes__": lambda c: c["value"].encode("utf-8"),
    "__numpy__": lambda c: np.array(c["value"], dtype=_plain_dtype(c)),
    "__tensor__": lambda c: tf.constant(c["value"], dtype=c["dtype"]),
    "__slice__": lambda c: slice(
        *(_deserialize(c[part]) for part in ("start", "stop", "step"))
    ),
    "__ellipsis__": lambda c: Ellipsis,
    "__lambda__": _read_lambda,
}

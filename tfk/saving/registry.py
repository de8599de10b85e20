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
"""Which classes and functions a file may name.

Reading a file never imports anything. What it names is looked up, in this
order, in the custom objects of the caller, in the registrations made by
`register_keras_serializable`, and in the table of built-in objects that each
package of tfk fills when it is imported.
"""

import collections.abc
import contextlib
import inspect
import threading

from tfk.saving import keras_names

_registered = {}
_registered_names = {}
_builtins = {}
_local = threading.local()
# Stands between a package and a name.
_SEPARATOR = ">"


def register_keras_serializable(package="Custom", name=None):
    """Makes a class or function of yours known to saved models.

    Decorate what you use in models that are saved, so that loading them in
    another program finds it.

    Arguments:
        package: String: keeps equal names of different authors apart.
        name: String: the name in files. Defaults to the object's own name.

    Returns:
        A decorator that registers the object and returns it unchanged.

    Example:

    >>> @tfk.saving.register_keras_serializable(package="my_package")
    ... def double(x):
    ...     return 2 * x
    >>> tfk.saving.get_registered_name(double)
    'my_package>double'
    """

    def register(obj):
        if inspect.isclass(obj) and not hasattr(obj, "get_config"):
            raise ValueError(
                "A class that is registered needs a `get_config` method, so "
                f"that it can be saved. Received: {obj}."
            )
        registered_name = f"{package}{_SEPARATOR}{name or obj.__name__}"
        _registered[registered_name] = obj
        _registered_names[obj] = registered_name
        return obj

    return register


def get_registered_name(obj):
    """Returns the name an object was registered under, else its own name."""
    try:
        found = _registered_names.get(obj)
    except TypeError:
        found = None
    return found or getattr(obj, "__name__", None)


def is_qualified(name):
    """Whether a name in a file, or None, begins with that of a package."""
    return bool(name) and _SEPARATOR in name


def bare_name(name):
    """Returns a name in a file without that of a package."""
    return name.rpartition(_SEPARATOR)[2]


def get_registered_object(name, custom_objects=None, module_objects=None):
    """Returns the class or function registered under a name, or None.

    Arguments:
        name: String: `"package>Name"` or a key of `custom_objects`.
        custom_objects: Optional dict of names to objects, looked at first.
        module_objects: Optional dict of names to objects, looked at last.
    """
    for table in (
        *reversed(_scopes()),
        custom_objects or {},
        _registered,
        module_objects or {},
    ):
        if name in table:
            return table[name]
    return None


class CustomObjectScope:
    """Names objects for saving and loading, for the time of a `with` block.

    Arguments:
        *args: Dicts of names to classes or functions.

    Example:

    >>> def halve(x):
    ...     return x / 2
    >>> with tfk.saving.custom_object_scope({"halve": halve}):
    ...     layer = tfk.layers.Activation("halve")
    """

    def __init__(self, *args):
        self.custom_objects = {}
        for objects in args:
            self.custom_objects.update(objects or {})

    def __enter__(self):
        _scopes().append(self.custom_objects)
        return self

    def __exit__(self, *exception):
        _scopes().remove(self.custom_objects)


custom_object_scope = CustomObjectScope


def get_custom_objects():
    """Returns the process-wide dict of registered objects.

    Prefer `register_keras_serializable` or `custom_object_scope`.
    """
    return _registered


def active_custom_objects():
    """Returns one dict of all objects named by the scopes in force."""
    merged = {}
    for scope in _scopes():
        merged.update(scope)
    return merged


def _scopes():
    if not hasattr(_local, "scopes"):
        _local.scopes = []
    return _local.scopes


def add_builtins(module, objects, base=None):
    """Adds the public classes and functions of a module of tfk.

    Arguments:
        module: String: the module's name in Keras, such as `"keras.layers"`.
        objects: Dict of names to objects, such as `globals()`.
        base: Class, or tuple of them: takes subclasses of it only.
    """
    for name, obj in objects.items():
        if name.startswith("_") or not callable(obj):
            continue
        if base is not None and not (
            inspect.isclass(obj) and issubclass(obj, base)
        ):
            continue
        _builtins.setdefault((module, name), obj)


def builtin_key(obj):
    """Returns the (module, name) of a built-in object, or None."""
    name = getattr(obj, "__name__", None)
    for module in keras_names.MODULES:
        if _builtins.get((module, name)) is obj:
            return module, name
    for key, value in _builtins.items():
        if value is obj:
            return key
    return None


def find(class_name, module=None, registered_name=None, custom_objects=None):
    """Returns the class or function that a config names, or None.

    `module` and `registered_name` are labels to look up, never to import.
    """
    for name in (registered_name, class_name):
        if name:
            found = get_registered_object(name, custom_objects)
            if found is not None:
                return found
    if module and module.split(".")[0] in keras_names.PACKAGES:
        return find_builtin(class_name, keras_names.public_module(module))
    if module or registered_name:
        return None
    return find_builtin(class_name)


def find_builtin(name, module=None):
    """Returns the class or function that a package made known, or None.

    Arguments:
        name: String.
        module: String: the Keras module, or None for the first that has it.
    """
    if module is not None and (module, name) in _builtins:
        return _builtins[module, name]
    for candidate in keras_names.MODULES:
        if (candidate, name) in _builtins:
            return _builtins[candidate, name]
    return None


def is_known(obj):
    """Whether a file that names this object can be read back here."""
    if obj in _registered_names or builtin_key(obj) is not None:
        return True
    return any(
        obj is known
        for scope in _scopes() + [_registered]
        for known in scope.values()
    )


@contextlib.contextmanager
def preserved_scopes(custom_objects):
    """Puts `custom_objects` in force, if there are any."""
    if not isinstance(custom_objects, (collections.abc.Mapping, type(None))):
        raise TypeError(
            "`custom_objects` must be a dict of names to classes and "
            f"functions. Received: custom_objects={custom_objects!r}. Pass "
            "for instance `{'MyLayer': MyLayer}`."
        )
    if not custom_objects:
        yield
        return
    with CustomObjectScope(custom_objects):
        yield

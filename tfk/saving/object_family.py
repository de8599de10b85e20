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
"""Families of objects that strings can name: losses, optimizers and so on."""

import difflib
import inspect

from tfk.saving import registry
from tfk.saving import serialization


class ObjectFamily:
    """Finds, reads and writes the members of one family.

    Arguments:
        kind: String: what a member is called in messages, such as `"loss"`.
        module: String: the family's module in Keras, such as
            `"keras.losses"`.
        objects: Dict of every accepted name to a class or function.
    """

    def __init__(self, kind, module, objects):
        self.kind = kind
        self.module = module
        self.objects = objects
        own_names = {obj.__name__: obj for obj in objects.values()}
        registry.add_builtins(module, {**objects, **own_names})

    def get(self, identifier):
        """Returns the member that an identifier stands for.

        Arguments:
            identifier: None, a name, a config dict, a class, or a member.

        Raises:
            ValueError: If the name is unknown; close matches are shown.
            TypeError: If the identifier is of no such kind.
        """
        if identifier is None:
            return None
        if isinstance(identifier, str):
            return _instance(self._named(identifier))
        if isinstance(identifier, dict):
            return self.deserialize(identifier)
        if inspect.isclass(identifier):
            return identifier()
        if callable(identifier) or hasattr(identifier, "get_config"):
            return identifier
        raise TypeError(
            f"A {self.kind} is given by its name, a config, or an object. "
            f"Received: {identifier!r} (of type {type(identifier).__name__})."
        )

    def _named(self, name):
        found = registry.get_registered_object(name, None, self.objects)
        if found is None:
            found = registry.get_registered_object(registry.bare_name(name))
        if found is not None:
            return found
        candidates = [*registry.active_custom_objects(), *self.objects]
        close = difflib.get_close_matches(name, candidates, n=3, cutoff=0.5)
        hint = (
            f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
        )
        raise ValueError(
            f"Unknown {self.kind}: {name!r}.{hint} If it is your own, "
            "register it with `tfk.saving.register_keras_serializable` or "
            "pass the object itself."
        )

    def serialize(self, obj, use_legacy_format=False):
        """Returns the name or config that `deserialize` reads back."""
        if obj is None or isinstance(obj, str):
            return obj
        if inspect.isfunction(obj):
            key = registry.builtin_key(obj)
            if key is not None:
                return key[1]
        serialized = serialization.serialize_keras_object(obj)
        if use_legacy_format and isinstance(serialized, dict):
            if serialized["class_name"] == "function":
                return serialized["config"]
            return {k: serialized[k] for k in ("class_name", "config")}
        return serialized

    def deserialize(self, config, custom_objects=None, use_legacy_format=False):
        """Returns the member that a name or config describes."""
        del use_legacy_format
        if isinstance(config, str):
            with registry.preserved_scopes(custom_objects):
                return _instance(self._named(config))
        if not isinstance(config, dict):
            return config
        if not serialization.is_serialized_object(config):
            raise ValueError(
                f"The config of a {self.kind} needs the keys `class_name` and "
                f"`config`. Received: config={config!r}."
            )
        if not config.get("module"):
            config = {**config, "module": self.module}
        if config["class_name"] in self.objects:
            config = self._canonical(config)
        return serialization.deserialize_keras_object(
            config, custom_objects, serialization.in_safe_mode()
        )

    def _canonical(self, config):
        """Lets old configs name a class by any of its aliases."""
        name = config["class_name"]
        target = self.objects[name]
        known = inspect.isclass(target) and target.__name__ != name
        return {**config, "class_name": target.__name__} if known else config


def _instance(found):
    return found() if inspect.isclass(found) else found

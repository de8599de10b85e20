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
"""Inputs of signatures under names that Python has no arguments for.

A signature of TensorFlow is traced with keyword arguments, so that a column
called `class` or `body mass` can't be one. It is traced under another name
instead, and gets its own name back in the file that was written.
"""

import keyword
import re

_PREDICT = "tensorflow/serving/predict"


def to_identifiers(names):
    """Chooses a name for each input that can be that of an argument.

    Arguments:
        names: Iterable of strings.

    Returns:
        A dict of the names to identifiers, which are the names themselves
        wherever possible.

    Example:

    >>> from tfk.saving import signature_names
    >>> signature_names.to_identifiers(["age", "class", "body mass", "1st"])
    {'age': 'age', 'class': 'class_', 'body mass': 'body_mass',
     '1st': 'arg_1st'}
    """
    names = list(names)
    chosen, taken = {}, set()
    # Those that can stay as they are come first.
    for name in sorted(names, key=lambda x: not _is_identifier(x)):
        # As TensorFlow mends names that a function is called with.
        identifier = re.sub(r"[^A-Za-z0-9_]", "_", name)
        if not identifier[:1].isascii() or not identifier[:1].isalpha():
            identifier = f"arg_{identifier}"
        # It tells no capitals from small letters.
        while not _is_identifier(identifier) or identifier.lower() in taken:
            identifier += "_"
        chosen[name] = identifier
        taken.add(identifier.lower())
    return {name: chosen[name] for name in names}


def _is_identifier(name):
    # Python takes more, TensorFlow doesn't.
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name)
    is_reserved = keyword.iskeyword(name) or name == "self"
    return plain is not None and not is_reserved


def are_to_be_revised(endpoints):
    """Whether `revise` would change a graph.

    Arguments:
        endpoints: As `revise` takes them.
    """
    return any(
        _renamed(endpoint.argument_names) or endpoint.method != _PREDICT
        for endpoint in endpoints.values()
    )


def revise(graph, endpoints):
    """Gives the signatures of a SavedModel their own names and method.

    `loaded.signatures[...]` then takes the inputs by either name, and serving,
    which goes by the definition of the signature alone, by their own.

    Arguments:
        graph: `MetaGraphDef` of the SavedModel, which is changed.
        endpoints: Dict of the names of signatures to objects with the
            attributes `argument_names`, which `to_identifiers` returned, and
            `method`.
    """
    for name, endpoint in endpoints.items():
        graph.signature_def[name].method_name = endpoint.method
        _rename_inputs(graph, name, _renamed(endpoint.argument_names))


def _renamed(identifiers):
    return {x: name for name, x in identifiers.items() if x != name}


def _rename_inputs(graph, signature, renamed):
    inputs = graph.signature_def[signature].inputs
    for identifier, name in renamed.items():
        inputs[name].CopyFrom(inputs[identifier])
        del inputs[identifier]
    function = _signature_function(graph.object_graph_def, signature)
    if function is not None:
        function.argument_keywords[:] = [
            renamed.get(x, x) for x in function.argument_keywords
        ]


def _signature_function(object_graph, signature):
    """Returns the concrete function that `loaded.signatures[...]` calls."""
    nodes = object_graph.nodes
    for child in nodes[0].children:
        if child.local_name == "signatures":
            for item in nodes[child.node_id].children:
                if item.local_name == signature:
                    return nodes[item.node_id].bare_concrete_function
    return None

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
"""The rules of ARCHITECTURE.md that a machine can check."""

import ast
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).parent

# What may import what: a module imports from lower levels and its own folder.
LEVELS = {
    0: "utils config",
    1: "saving",
    2: "activations initializers regularizers constraints dtype_policies "
    "distribute data datasets",
    3: "losses metrics optimizers callbacks",
    4: "engine",
    5: "adapters",
    6: "layers",
    7: "experimental applications nlp cv tuner visualization wrappers",
    8: "backend models errors export mixed_precision preprocessing",
    10: "testing integration_tests",
}
LEVEL_OF = {
    part: level for level, parts in LEVELS.items() for part in parts.split()
}
LEVEL_OF[None] = 9  # `tfk/__init__.py`
SIDEWAYS = {
    ("data", "distribute"),
    ("metrics", "losses"),
    ("utils", "config"),
}


def sources():
    """Returns the modules of the package, tests left out."""
    return [
        path
        for path in sorted(ROOT.rglob("*.py"))
        if not path.name.endswith("_test.py")
    ]


def module_name(path):
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def part_of(module):
    pieces = module.split(".")
    return pieces[1] if len(pieces) > 1 else None


MODULES = {module_name(path): path for path in sources()}


def imported(path):
    """Yields the modules of tfk that a file imports, with the AST nodes."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = []
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                names.append(full if full in MODULES else node.module)
        else:
            continue
        for name in names:
            if name.split(".")[0] == "tfk":
                yield name, node


class ArchitectureTest:
    def test_every_part_has_a_level(self):
        parts = {part_of(module) for module in MODULES} - {None}
        assert parts <= set(LEVEL_OF)

    def test_imports_go_down(self):
        wrong = []
        for module, path in MODULES.items():
            part = part_of(module)
            for name, _ in imported(path):
                other = part_of(name)
                allowed = other == part or (part, other) in SIDEWAYS
                if not allowed and LEVEL_OF[other] >= LEVEL_OF[part]:
                    wrong.append(f"{module} imports {name}")
        assert not wrong

    def test_there_is_no_import_cycle(self):
        graph = {
            module: {name for name, _ in imported(path) if name in MODULES}
            for module, path in MODULES.items()
        }
        done, active = set(), []

        def visit(module):
            assert module not in active, " -> ".join(
                active[active.index(module) :] + [module]
            )
            if module in done:
                return
            active.append(module)
            for other in sorted(graph[module]):
                visit(other)
            active.pop()
            done.add(module)

        for module in sorted(graph):
            visit(module)

    def test_nothing_is_imported_inside_a_function_to_dodge_a_cycle(self):
        for module, path in MODULES.items():
            tree = ast.parse(path.read_text())
            top = set(map(id, tree.body))
            for node in ast.walk(tree):
                if not isinstance(node, (ast.Import, ast.ImportFrom)):
                    continue
                source = ast.unparse(node)
                if "tfk" in source.split() or " tfk." in source:
                    assert id(node) in top, f"{module}: {source}"

    def test_private_tensorflow_names_are_in_one_file(self):
        for module, path in MODULES.items():
            if module == "tfk.utils.tf_internal":
                continue
            text = path.read_text()
            for name in ("tensorflow.python", "tf.__internal__"):
                assert name not in text, f"{module} uses {name}"

    def test_no_keras_is_imported(self):
        # TensorFlow imports Keras by itself; what counts is what tfk adds.
        code = (
            "import sys, tensorflow\n"
            "before = set(sys.modules)\n"
            "import tfk\n"
            "peers = [m for m in set(sys.modules) - before if "
            "m.split('.')[0] in ('keras', 'tf_keras')]\n"
            "sys.exit(str(peers) if peers else 0)"
        )
        environment = {**os.environ, "PYTHONPATH": str(ROOT.parent)}
        subprocess.run(
            [sys.executable, "-c", code], check=True, env=environment
        )

    def test_every_folder_is_a_package(self):
        for path in sources():
            assert (path.parent / "__init__.py").exists(), path

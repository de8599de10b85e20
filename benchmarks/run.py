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
"""Prints the benchmark figures: `python benchmarks/run.py [ARGUMENT...]`.

Every number comes from a process of its own. The variants of a figure take
turns, round by round, so that a machine that grows slower or faster meanwhile
does so for all of them.
"""

import argparse
import json
import os
import pathlib
import platform
import subprocess
import sys
from importlib import metadata

# As a script, Python looks for modules beside this file and not in the root.
if not __package__:
    sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from benchmarks import catalog
from benchmarks import report

_ROOT_DIRECTORY = pathlib.Path(__file__).resolve().parents[1]
_ERROR_LINES = 20
# The goals are for CPUs. Bytecode is kept, whatever the caller prefers:
# compiling it anew is no part of an import's time.
_CHILD_ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "-1",
    "PYTHONDONTWRITEBYTECODE": "",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


def main(arguments=None):
    """Measures and prints; returns the exit status.

    Arguments:
        arguments: List of strings. Defaults to those of the command line.
    """
    options = _parse(arguments)
    results = [
        measure(figure, options.rounds, options.quick)
        for figure in options.figures
    ]
    print(_describe_run(options), report.to_markdown(results), sep="\n\n")
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(
            json.dumps(_as_json(results, options), indent=2)
        )
    return int(any(result.has_failures() for result in results))


def _parse(arguments):
    parser = argparse.ArgumentParser(
        description="Measures tfk against its peers and TensorFlow by hand."
    )
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        help="a figure, or the start of its name; may be given repeatedly",
    )
    parser.add_argument(
        "--rounds", type=int, help="how often to measure (default: 5)"
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="one round on little data: shows that all runs, and no more",
    )
    parser.add_argument(
        "--json",
        type=pathlib.Path,
        metavar="PATH",
        help="file to write all single values to",
    )
    options = parser.parse_args(arguments)
    if options.rounds is None:
        options.rounds = 1 if options.quick else 5
    if options.rounds < 1:
        parser.error(f"--rounds must be at least 1. Received: {options.rounds}")
    try:
        options.figures = catalog.select(options.only)
    except ValueError as error:
        parser.error(str(error))
    return options


def measure(figure, rounds, quick):
    """Measures all variants of a figure in turns.

    Arguments:
        figure: A `catalog.Figure`.
        rounds: Integer: how often.
        quick: Boolean: whether to use little data.

    Returns:
        A `report.Result`.
    """
    rounds = min(rounds, figure.max_rounds or rounds)
    values = {variant: [] for variant in figure.variants}
    for i in range(rounds):
        # Who comes first changes, as one who does may find a cooler machine.
        start = i % len(figure.variants)
        for variant in figure.variants[start:] + figure.variants[:start]:
            value = _measure_in_child(figure, variant, quick)
            values[variant].append(value)
            _show_progress(f"{figure.name} {variant} {i + 1}/{rounds}", value)
    return report.Result(figure, values)


def _measure_in_child(figure, variant, quick):
    """Returns a number, or None if the measurement fails."""
    command = [sys.executable, "-m", "benchmarks.child", figure.name, variant]
    if quick:
        command.append("--quick")
    process = subprocess.run(
        command,
        cwd=_ROOT_DIRECTORY,
        env={**os.environ, **_CHILD_ENVIRONMENT},
        capture_output=True,
        text=True,
    )
    if process.returncode:
        print(
            f"{figure.name}: {variant} failed (exit status "
            f"{process.returncode}). The end of what it said:",
            *process.stderr.splitlines()[-_ERROR_LINES:],
            sep="\n",
            file=sys.stderr,
        )
        return None
    return json.loads(process.stdout.splitlines()[-1])["value"]


def _show_progress(what, value):
    shown = "failed" if value is None else f"{value:.4g}"
    print(f"{what}: {shown}", file=sys.stderr, flush=True)


def _describe_run(options):
    versions = ", ".join(
        f"{name} {version}" for name, version in _versions().items()
    )
    sizes = catalog.QUICK if options.quick else catalog.FULL
    quick = " A quick run: too short to compare." if options.quick else ""
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, {versions}. "
        f"{sizes.rows:,} rows, {sizes.memory_calls:,} calls to gain memory, "
        f"rounds: {options.rounds}.{quick}"
    )


def _versions():
    return {
        "Python": platform.python_version(),
        "TensorFlow": metadata.version("tensorflow"),
        "tf_keras": metadata.version("tf_keras"),
        "Keras": metadata.version("keras"),
    }


def _as_json(results, options):
    return {
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "versions": _versions(),
        "is_quick": options.quick,
        "figures": {r.figure.name: r.as_json() for r in results},
    }


if __name__ == "__main__":
    sys.exit(main())

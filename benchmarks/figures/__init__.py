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
"""One figure a file; `benchmarks/catalog.py` lists them.

A figure has one function per thing that is measured. All take the `Sizes` of
the run and return a number in the unit of the catalog:

- `measure_package(name, sizes)` measures the package that is imported as
  `tfk`, `tf_keras` or `keras`, by one API;
- `measure_by_hand(sizes)` measures the same work in plain TensorFlow, and
  `measure_by_hand_graph(sizes)`, if it is there, does so in one graph.
"""

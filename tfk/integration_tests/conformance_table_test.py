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
"""The conformance table has a row for every public class."""

import pytest

import tfk
from tfk.testing import conformance

TABLES = [
    (tfk.layers, tfk.layers.Layer, conformance.LAYERS),
    (tfk.losses, tfk.losses.Loss, conformance.LOSSES),
    (tfk.metrics, tfk.metrics.Metric, conformance.METRICS),
    (tfk.optimizers, tfk.optimizers.Optimizer, conformance.OPTIMIZERS),
]


class ConformanceTableTest:
    @pytest.mark.parametrize(
        "module, base, cases", TABLES, ids=lambda x: getattr(x, "__name__", "")
    )
    def test_every_public_class_has_a_row(self, module, base, cases):
        names = [case.name for case in cases]
        assert len(names) == len(set(names))
        missing = conformance.public_classes(module, base) - set(names)
        assert not missing, (
            f"Add a row to {conformance.__file__} for each of these: "
            f"{sorted(missing)}."
        )
        assert set(names) <= conformance.public_classes(module, base)

    def test_rows_make_what_they_are_named_after(self):
        for _, _, cases in TABLES[:3]:
            for case in cases:
                assert type(case.make()).__name__ == case.name
                assert set(case.fails) <= set(conformance.CHECKS)
        for case in conformance.OPTIMIZERS:
            assert type(case.make(tfk.optimizers)).__name__ == case.name

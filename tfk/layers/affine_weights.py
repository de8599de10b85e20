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
"""The weights that scale and shift what a layer has normalised."""


def add(layer, **options):
    """Makes `gamma` and `beta` of a layer, None where it has none.

    Arguments:
        layer: The layer: what its arguments `scale` and `center`, and the
            initializers, regularizers and constraints of both weights say.
        **options: Further arguments of `Layer.add_weight`.
    """
    layer.gamma = layer.beta = None
    if layer.scale:
        layer.gamma = layer.add_weight(
            "gamma",
            initializer=layer.gamma_initializer,
            regularizer=layer.gamma_regularizer,
            constraint=layer.gamma_constraint,
            autocast=False,
            **options,
        )
    if layer.center:
        layer.beta = layer.add_weight(
            "beta",
            initializer=layer.beta_initializer,
            regularizer=layer.beta_regularizer,
            constraint=layer.beta_constraint,
            autocast=False,
            **options,
        )

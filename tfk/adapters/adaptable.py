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
"""The base of layers with a weight that adapters can take hold of."""

import numpy as np
import tensorflow as tf

from tfk import initializers
from tfk.adapters import int8
from tfk.adapters import lora
from tfk.engine import autocast
from tfk.engine import weight_view
from tfk.engine import weights
from tfk.engine.layer import Layer
from tfk.saving import stores
from tfk.utils import checks
from tfk.utils import tf_internal

# Arguments that a config holds only where they say something: tf.keras knows
# none of them.
_DEFAULTS = {
    "lora_rank": None,
    "lora_alpha": None,
    "lora_bias": True,
    "quantization_mode": None,
}


class Adaptable(Layer):
    """A layer whose large weight can be exchanged for one that is adapted.

    A subclass says which weight that is (`_adapted_weight`), under the name
    that the attribute has too, and along which axes of it a sum is taken
    (`_summed_axes`), if those are not all but the last. That is all that it
    has to do with adapters.

    Arguments:
        lora_rank: Integer: to enable LoRA of this rank once the layer is
            built. None for no LoRA.
        lora_alpha: Number: the product of the LoRA matrices is multiplied by
            `lora_alpha / lora_rank`. Defaults to `lora_rank`.
        lora_bias: Boolean: whether weights without LoRA are trained too.
        quantization_mode: `"int8"` to keep the weight in 8 bits, or None.
        **kwargs: Arguments of `Layer`.
    """

    _adapted_weight = "kernel"

    def __init__(
        self,
        lora_rank=None,
        lora_alpha=None,
        lora_bias=True,
        quantization_mode=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if lora_rank is not None:
            checks.positive_integer("lora_rank", lora_rank, self.name)
        if quantization_mode not in (None, "int8"):
            raise ValueError(
                "`quantization_mode` must be None or 'int8'. Received: "
                f"quantization_mode={quantization_mode!r}."
            )
        self.lora_rank = lora_rank
        self.lora_alpha = lora_rank if lora_alpha is None else lora_alpha
        self.lora_bias = lora_bias
        self.quantization_mode = quantization_mode

    def _summed_axes(self, rank):
        """Returns the axes of the weight along which an output is a sum.

        Arguments:
            rank: Integer: the number of all axes of the weight.
        """
        return list(range(rank - 1))

    @property
    def _weight(self):
        return vars(self).get(self._adapted_weight)

    @property
    def _takes_adapters(self):
        # A subclass may have made other weights.
        return not self.built or self._weight is not None

    @property
    def _base(self):
        """The weight below LoRA."""
        return self._weight.base if self.lora_enabled else self._weight

    def _exchange(self, weight):
        tf_internal.forget_attribute(self, self._adapted_weight)
        setattr(self, self._adapted_weight, weight)
        weight_view.note_exchange()

    def _forget(self, weight):
        """Takes the variables of a weight from those of the layer."""
        gone = {id(v) for _, v in weight_view.named_variables("", weight)}
        state = vars(self)
        state["_added_weights"] = [
            v for v in self._added_weights if id(v) not in gone
        ]
        state["_regularized"] = [
            pair
            for pair in state.get("_regularized", ())
            if id(pair[0]) not in gone
        ]

    def _forget_regularizer(self, weight):
        """Takes the regularizer of a weight away, and returns it."""
        variable = autocast.unwrap(weight)
        found, kept = None, []
        for pair in vars(self).get("_regularized", ()):
            if pair[0] is variable:
                found = pair[1]
            else:
                kept.append(pair)
        vars(self)["_regularized"] = kept
        return found

    def get_config(self):
        config = super().get_config()
        for name, default in _DEFAULTS.items():
            if config.get(name, default) == default:
                config.pop(name, None)
        return config

    # Making weights

    def add_weight(self, name=None, shape=None, *args, **kwargs):
        if name != self._adapted_weight:
            weight = super().add_weight(name, shape, *args, **kwargs)
            if self.lora_rank is not None and not self.lora_bias:
                _set_trainable(weight, False)
            return weight
        if self.quantization_mode is None:
            weight = super().add_weight(name, shape, *args, **kwargs)
        else:
            weight = self._make_int8(name, shape, *args, **kwargs)
        if self.lora_rank is not None:
            weight = self._make_lora(weight, "he_uniform", "zeros")
        return weight

    # LoRA

    @property
    def lora_enabled(self):
        """Whether the weight is adapted by LoRA."""
        return isinstance(self._weight, lora.LoraWeight)

    def enable_lora(
        self,
        rank,
        a_initializer="he_uniform",
        b_initializer="zeros",
        lora_alpha=None,
    ):
        """Freezes the kernel and adds a trained product of narrow matrices.

        The bias is trained as before; `tfk.adapters.lora.enable` freezes all
        but the matrices, and does so for whole models.

        Arguments:
            rank: Integer: the number of columns of the narrow matrices.
            a_initializer: Initializer of the first matrix.
            b_initializer: Initializer of the second matrix.
            lora_alpha: Number: the product is multiplied by
                `lora_alpha / rank`. Defaults to `rank`.

        Raises:
            ValueError: If the layer is not built, has LoRA already, or has a
                constraint on its kernel.

        Reference: [Hu et al., 2021](https://arxiv.org/abs/2106.09685).
        """
        self._check_can_enable_lora(rank)
        self.lora_rank = rank
        self.lora_alpha = rank if lora_alpha is None else lora_alpha
        with weight_view.scopes_of(self._weight):
            weight = self._make_lora(self._weight, a_initializer, b_initializer)
        self._exchange(weight)

    def _check_can_enable_lora(self, rank):
        checks.positive_integer("rank", rank, self.name)
        problem = None
        if self._weight is None:
            problem = "is not built. Call it on data, or `build` it, first"
        elif self.lora_enabled:
            problem = (
                f"has LoRA already, of rank {self.lora_rank}. Call "
                "`tfk.adapters.lora.merge` or `disable` first"
            )
        else:
            self._check_has_no_constraint(self._weight)
        if problem is not None:
            raise ValueError(
                f"LoRA can't be enabled: layer '{self.name}' (of type "
                f"{type(self).__name__}) {problem}. Received: rank={rank}."
            )

    def _check_has_no_constraint(self, weight):
        constraint = getattr(autocast.unwrap(weight), "constraint", None)
        if constraint is not None:
            raise ValueError(
                f"LoRA can't be enabled: layer '{self.name}' (of type "
                f"{type(self).__name__}) has a constraint on its "
                f"`{self._adapted_weight}`, which would not hold for the sum. "
                f"Received: {constraint!r}. Leave the layer or the constraint "
                "out."
            )

    def _make_lora(self, base, a_initializer, b_initializer):
        self._check_has_no_constraint(base)
        name, rank = self._adapted_weight, self.lora_rank
        regularizer = self._forget_regularizer(base)
        a, b = [
            super(Adaptable, self).add_weight(
                f"lora_{name}_{letter}",
                shape=shape,
                initializer=initializers.get(initializer),
                regularizer=regularizer,
            )
            for letter, shape, initializer in (
                ("a", (*base.shape[:-1], rank), a_initializer),
                ("b", (rank, base.shape[-1]), b_initializer),
            )
        ]
        _set_trainable(base, False)
        # The names that Keras 3 has for them.
        vars(self)[f"lora_{name}_a"] = a
        vars(self)[f"lora_{name}_b"] = b
        weight = lora.LoraWeight(base, a, b, self.lora_alpha / rank)
        weight.regularizer = regularizer
        return weight

    def disable_lora(self, merge=True):
        """Takes the LoRA matrices away.

        Arguments:
            merge: Boolean: whether to add their product to the kernel first.

        Raises:
            ValueError: If the layer has no LoRA.
        """
        if not self.lora_enabled:
            raise ValueError(
                f"Layer '{self.name}' has no LoRA that could be disabled. Call "
                "`enable_lora` first."
            )
        weight = self._weight
        if merge:
            weight.base.assign(weight.value())
        for letter, part in (("a", weight.a), ("b", weight.b)):
            self._forget(part)
            tf_internal.forget_attribute(
                self, f"lora_{self._adapted_weight}_{letter}"
            )
            vars(self).pop(f"lora_{self._adapted_weight}_{letter}")
        if not isinstance(weight.base, int8.Int8Weight):
            _set_trainable(weight.base, True)
            if weight.regularizer is not None:
                vars(self).setdefault("_regularized", []).append(
                    (autocast.unwrap(weight.base), weight.regularizer)
                )
        self._exchange(weight.base)
        self.lora_rank = self.lora_alpha = None
        if not self.lora_bias:
            self._set_others_trainable(True)

    def _set_others_trainable(self, trainable):
        self.lora_bias = trainable
        adapted = self._parts().values()
        for variable in self._own_weights():
            if not any(variable is part for part in adapted):
                tf_internal.set_trainable(variable, trainable)

    # Quantisation

    def _check_can_quantize(self):
        if self.quantization_mode is not None:
            raise ValueError(
                f"Layer '{self.name}' (of type {type(self).__name__}) is "
                "quantised already. Received: "
                f"quantization_mode={self.quantization_mode!r}."
            )

    def _quantize_own(self, mode):
        weight, base = self._weight, self._base
        value = tf.convert_to_tensor(base)
        with weight_view.scopes_of(base):
            quantized = int8.make(
                super().add_weight,
                self._adapted_weight,
                base.shape,
                lambda: value,
                self._summed_axes(base.shape.rank),
            )
        self._forget_regularizer(base)
        self._forget(base)
        if self.lora_enabled:
            weight.base = quantized
            quantized = weight
        self.quantization_mode = mode
        self._exchange(quantized)

    def _make_int8(self, name, shape, dtype=None, initializer=None, **kwargs):
        del dtype, kwargs
        initializer = initializers.get(initializer or "glorot_uniform")
        return int8.make(
            super().add_weight,
            name,
            shape,
            lambda: initializer(shape, dtype=self.variable_dtype),
            self._summed_axes(len(shape)),
        )

    def _check_own_can_train(self):
        if (
            self.quantization_mode is not None
            and self.trainable
            and not self.lora_enabled
        ):
            raise ValueError(
                f"Layer '{self.name}' (of type {type(self).__name__}) is "
                f"quantised and can't be trained. Received: quantization_mode="
                f"{self.quantization_mode!r}. Set its `trainable` to False to "
                "train other layers, or call `tfk.adapters.lora.enable` to "
                "train matrices beside it; then compile the model again."
            )

    # Files: a weight without its adapters has the key that it has anyway

    def _parts(self):
        """Returns a dict of names to the variables behind the weight."""
        return dict(
            weight_view.named_variables(self._adapted_weight, self._weight)
        )

    def _variables_by_key(self):
        parts = self._parts()
        del parts[self._adapted_weight]
        added = set(map(id, parts.values()))
        own = [v for v in self._own_weights() if id(v) not in added]
        numbered = {str(index): v for index, v in enumerate(own)}
        return {**numbered, **parts}

    @property
    def _is_adapted(self):
        return self.lora_enabled or self.quantization_mode is not None

    def save_own_variables(self, store):
        if not self._is_adapted:
            super().save_own_variables(store)
            return
        for key, variable in self._variables_by_key().items():
            stores.put(store, key, variable)

    def load_own_variables(self, store):
        """Reads what the layer wrote, with its adapters or before it had them.

        Arguments:
            store: Mapping of names to arrays.
        """
        if not self._is_adapted:
            super().load_own_variables(store)
            return
        values = {key: store[key] for key in store.keys()}
        shapes = {key: tuple(np.shape(v)) for key, v in values.items()}
        if not self.reads_arrays(shapes):
            wanted = {k: v.shape for k, v in self._variables_by_key().items()}
            raise ValueError(
                f"Layer '{self.name}' (of type {type(self).__name__}) has "
                f"weights of the shapes {wanted}. Received: arrays of the "
                f"shapes {shapes}."
            )
        variables = self._variables_by_key()
        if self.lora_enabled and self._lora_keys.isdisjoint(values):
            self._weight.reset()
        if self.quantization_mode and self._scale_key not in values:
            base = self._parts()[self._adapted_weight]
            key = next(k for k, v in variables.items() if v is base)
            self._base.assign(tf.cast(values.pop(key), self._base.dtype))
        weights.assign_all(
            [variables[key] for key in values],
            values.values(),
            f"Layer '{self.name}'",
        )

    def reads_arrays(self, shapes):
        """Whether the layer can load arrays of some names and shapes.

        Those that adapters added may be missing.

        Arguments:
            shapes: Dict of names to tuples.
        """
        if not self._is_adapted:
            return False
        wanted = {
            key: tuple(variable.shape)
            for key, variable in self._variables_by_key().items()
        }
        if not shapes.items() <= wanted.items():
            return False
        missing = wanted.keys() - shapes.keys()
        if missing & self._lora_keys:
            missing -= self._lora_keys
            if self._lora_keys & shapes.keys():
                return False
        return missing <= {self._scale_key}

    @property
    def _lora_keys(self):
        return {f"lora_{self._adapted_weight}_{letter}" for letter in "ab"}

    @property
    def _scale_key(self):
        return f"{self._adapted_weight}_scale"

    def _adapter_arguments(self):
        """Returns the arguments that say which adapters the layer has."""
        return {
            name: getattr(self, name)
            for name, default in _DEFAULTS.items()
            if getattr(self, name) != default
        }

    def _attach_adapters(self, arguments):
        """Adds the adapters that `_adapter_arguments` of a layer gave."""
        if arguments == self._adapter_arguments():
            return
        rank = arguments.get("lora_rank")
        if rank is not None:
            self._check_can_enable_lora(rank)
        if arguments.get("quantization_mode") is not None:
            self.quantize(arguments["quantization_mode"])
        if rank is not None:
            self.enable_lora(rank, lora_alpha=arguments.get("lora_alpha"))
            self._set_others_trainable(arguments.get("lora_bias", True))


def _set_trainable(weight, trainable):
    for _, variable in weight_view.named_variables("", weight):
        tf_internal.set_trainable(variable, trainable)

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
"""Which figures there are, what each compares and what it should reach."""

import dataclasses

PACKAGES = ("tfk", "tf_keras")
# Keras 3 on TensorFlow.
KERAS3 = "keras3"
# Which module is the package of a variant.
MODULES = {"tfk": "tfk", "tf_keras": "tf_keras", KERAS3: "keras"}
# No variant, but a baseline: the one of these that takes less time.
PEERS = ("tf_keras", KERAS3)
FASTER_PEER = "faster_peer"
# A hand-written loop in Python, and one that is a `tf.function` as a whole.
BY_HAND = "by_hand"
BY_HAND_GRAPH = "by_hand_graph"
# The same program in tfk without what the figure is about.
WITHOUT = "without"


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How much work one measurement does.

    Arguments:
        rows: Integer: rows of the data set, a multiple of the batch size.
        seconds: Float: time spent on repeating a short call.
        memory_calls: Integer: calls during which memory may not grow.
        memory_warm_up: Integer: calls before that.
        memory_builds: Integer: how many models are made, one after the other.
    """

    rows: int
    seconds: float
    memory_calls: int
    memory_warm_up: int
    memory_builds: int


FULL = Sizes(
    rows=60_000,
    seconds=3.0,
    memory_calls=10_000,
    memory_warm_up=300,
    memory_builds=200,
)
QUICK = Sizes(
    rows=1_280,
    seconds=0.1,
    memory_calls=30,
    memory_warm_up=10,
    memory_builds=3,
)


@dataclasses.dataclass(frozen=True)
class Goal:
    """What tfk should stay under.

    Arguments:
        limit: Float: the greatest value that is good enough.
        against: String: the variant that `limit` is a multiple of, or
            `FASTER_PEER`. None says that `limit` is in the unit of the figure.
    """

    limit: float
    against: str | None = None


@dataclasses.dataclass(frozen=True)
class Figure:
    """One thing that is measured for several variants.

    Arguments:
        name: String: the file in `benchmarks/figures`, unless `module` says it.
        title: String: what is measured, for the tables.
        unit: String: the unit of the values; less is better in all of them.
        variants: Tuple of strings: what is compared.
        goals: Tuple of `Goal`, each against another baseline.
        has_ratios: Boolean: whether quotients of the values mean anything.
        max_rounds: Integer: the most rounds worth running, for slow figures.
        module: String: the file, where several figures share one.
        case: Tuple of strings: what the file measures in this figure.
    """

    name: str
    title: str
    unit: str
    variants: tuple[str, ...]
    goals: tuple[Goal, ...] = ()
    has_ratios: bool = True
    max_rounds: int | None = None
    module: str | None = None
    case: tuple[str, ...] = ()

    @property
    def baselines(self):
        """What the values of packages are divided by."""
        if not self.has_ratios:
            return ()
        others = tuple(v for v in self.variants if v != "tfk")
        if set(PEERS) <= set(others):
            others += (FASTER_PEER,)
        return others


def _step_figure(task, title, *goals):
    """Returns the figure of a training step of a network."""
    return Figure(
        name=f"step_{task}",
        title=f"a training step of {title}",
        unit="ms",
        variants=(*MODULES, BY_HAND),
        goals=(
            Goal(1.02, against=FASTER_PEER),
            Goal(1.05, against=BY_HAND),
            *goals,
        ),
        module="training_step",
        case=(task,),
    )


_RECURRENT_GOAL = Goal(0.85, against="tf_keras")

FIGURES = (
    Figure(
        name="import_time",
        title="`import` beyond TensorFlow's",
        unit="s",
        variants=PACKAGES,
        goals=(Goal(0.25),),
    ),
    Figure(
        name="fit",
        title="`fit`, a step of an MLP, batch 32",
        unit="us",
        variants=(*PACKAGES, BY_HAND, BY_HAND_GRAPH),
        goals=(Goal(1.1, against=BY_HAND),),
    ),
    Figure(
        name="predict_row",
        title="`predict` of one row",
        unit="us",
        variants=(*PACKAGES, BY_HAND),
        goals=(Goal(1.5, against=BY_HAND),),
    ),
    Figure(
        name="eager_call",
        title="`model(x)`, eager, one row",
        unit="us",
        variants=(*PACKAGES, BY_HAND),
        goals=(Goal(1.8, against=BY_HAND),),
    ),
    *(
        Figure(
            name=f"memory_{call}",
            title=f"memory gained by {title}",
            unit="MB",
            variants=("tfk", BY_HAND),
            goals=(Goal(5.0),),
            has_ratios=False,
            max_rounds=3,
            module="memory",
            case=(call,),
        )
        for call, title in (
            ("predict", "`predict` of one row"),
            ("predict_sizes", "`predict` of 1 to 100 rows"),
            ("evaluate", "`evaluate` of 32 rows"),
            ("on_batch", "the `*_on_batch` methods"),
        )
    ),
    Figure(
        name="memory_builds",
        title="memory gained by build, `fit` and delete",
        unit="MB",
        variants=(*PACKAGES, BY_HAND),
        goals=(Goal(20.0),),
        has_ratios=False,
        max_rounds=3,
    ),
    Figure(
        name="train_on_batch",
        title="`train_on_batch`, 32 rows",
        unit="us",
        variants=(*PACKAGES, BY_HAND),
        goals=(Goal(1.5, against=BY_HAND),),
    ),
    Figure(
        name="evaluate",
        title="`evaluate` of all rows, batch 32",
        unit="ms",
        variants=(*PACKAGES, BY_HAND, BY_HAND_GRAPH),
        goals=(Goal(1.1, against=BY_HAND),),
    ),
    Figure(
        name="predict_rows",
        title="`predict` of all rows, batch 32",
        unit="ms",
        variants=(*PACKAGES, BY_HAND),
        goals=(Goal(1.1, against=BY_HAND),),
    ),
    Figure(
        name="fit_batch_hook",
        title="`fit`, a step of an MLP whose loss a callback reads",
        unit="us",
        variants=(*PACKAGES, BY_HAND),
        goals=(Goal(1.5, against=BY_HAND),),
    ),
    Figure(
        name="fit_validation",
        title="`fit` with validation, by `fit` and `evaluate`",
        unit="x",
        variants=PACKAGES,
        goals=(Goal(1.05),),
        has_ratios=False,
    ),
    Figure(
        name="fit_vae",
        title="`fit`, a step of a VAE's own `train_step`, batch 32",
        unit="us",
        variants=(*MODULES, BY_HAND),
        goals=(
            Goal(1.05, against=FASTER_PEER),
            Goal(1.1, against=BY_HAND),
        ),
    ),
    Figure(
        name="fit_metrics",
        title="`fit` with accuracy, top-5, AUC and crossentropy",
        unit="us",
        variants=(*PACKAGES, WITHOUT),
        goals=(Goal(1.1, against=WITHOUT),),
    ),
    Figure(
        name="bfloat16",
        title="`mixed_bfloat16`, a training step of wide layers",
        unit="ms",
        variants=(*PACKAGES, WITHOUT),
    ),
    Figure(
        name="transformer",
        title="a training step of 4 Transformer blocks, 256 wide, 16 x 128",
        unit="ms",
        variants=(*MODULES, BY_HAND),
        goals=(
            Goal(1.02, against=FASTER_PEER),
            Goal(0.95, against="tf_keras"),
            Goal(1.05, against=BY_HAND),
        ),
    ),
    *(
        Figure(
            name=f"optimizer_{kind}_{rule}",
            title=f"{rule}, a step over {what}",
            unit="ms",
            variants=PACKAGES,
            goals=(Goal(0.5, against="tf_keras"),),
            module="optimizer_step",
            case=(kind, rule, rule),
        )
        for kind, what in (
            ("dense", "ResNet50's weights"),
            ("sparse", "a few of a million rows"),
        )
        for rule in ("Adam", "AdamW", "RMSprop", "SGD", "Ftrl")
    ),
    Figure(
        name="optimizer_sparse_LazyAdam",
        title="LazyAdam (tf_keras: Adam), a step over a few of a million rows",
        unit="ms",
        variants=PACKAGES,
        goals=(Goal(0.15, against="tf_keras"),),
        module="optimizer_step",
        case=("sparse", "LazyAdam", "Adam"),
    ),
    _step_figure("convnet", "a small BN convnet"),
    _step_figure("residual", "16 residual blocks, batch 16"),
    _step_figure("lstm", "LSTM(128)", _RECURRENT_GOAL),
    _step_figure("lstm_masked", "LSTM(128), masked", _RECURRENT_GOAL),
    _step_figure("gru", "GRU(128)", _RECURRENT_GOAL),
    _step_figure("gru_masked", "GRU(128), masked", _RECURRENT_GOAL),
    _step_figure("bidirectional", "Bidirectional(LSTM(64))"),
    _step_figure("embedding", "a million embeddings"),
    *(
        Figure(
            name=f"adapt_{layer}",
            title=f"`{layer}.adapt` on {data}",
            unit="s",
            variants=PACKAGES,
            goals=(Goal(limit, against="tf_keras"),),
            module="adapt",
            case=(layer,),
        )
        for layer, data, limit in (
            ("Normalization", "2M rows of 32 features", 0.3),
            ("StringLookup", "2M strings of 20k kinds", 0.4),
            ("TextVectorization", "100k sentences of 12 words", 0.6),
            ("Discretization", "4M numbers, 64 intervals", 0.25),
        )
    ),
    *(
        Figure(
            name=f"adapt_dataset_{layer}",
            title=f"`{layer}.adapt` on a dataset of {data} in batches of 256",
            unit="s",
            variants=PACKAGES,
            goals=(Goal(0.8, against="tf_keras"),),
            module="adapt_dataset",
            case=(layer,),
        )
        for layer, data in (
            ("Normalization", "200k rows of 32 features"),
            ("StringLookup", "200k strings of 20k kinds"),
            ("TextVectorization", "50k sentences of 12 words"),
            ("Discretization", "400k numbers, 64 intervals,"),
        )
    ),
    *(
        Figure(
            name=f"lookup_call_{layer}",
            title=f"a call of `{layer}` with 10M entries (without: 100)",
            unit="us",
            variants=("tfk", WITHOUT),
            goals=(Goal(1.1, against=WITHOUT),),
            module="lookup_call",
            case=(layer,),
        )
        for layer in ("StringLookup", "IntegerLookup")
    ),
    *(
        Figure(
            name=f"vocabulary_file_{what}",
            title=f"saving and loading a vocabulary of 10M tokens: {what}",
            unit=unit,
            variants=("tfk",),
            goals=goals,
            has_ratios=False,
            max_rounds=2,
            module="vocabulary_file",
            case=(what,),
        )
        for what, unit, goals in (
            ("seconds", "s", (Goal(60.0),)),
            ("megabytes", "MB", ()),
        )
    ),
    Figure(
        name="fit_words",
        title="`fit` from texts of 50 words (without: not lifted)",
        unit="s",
        variants=(*PACKAGES, BY_HAND, WITHOUT),
        goals=(Goal(1.05, against=BY_HAND), Goal(1.0, against=WITHOUT)),
        module="fit_preprocessing",
        case=("words",),
    ),
    *(
        Figure(
            name=f"fit_{task}",
            title=f"`fit` with {what} (without: not lifted)",
            unit="s",
            variants=(*PACKAGES, WITHOUT),
            goals=(Goal(1.0, against="tf_keras"), Goal(1.0, against=WITHOUT)),
            module="fit_preprocessing",
            case=(task,),
        )
        for task, what in (
            ("bigrams", "bigrams of texts of 200 words"),
            ("augmentation", "augmented images of 224 pixels"),
        )
    ),
    *(
        Figure(
            name=f"build_{network}",
            title=f"building {title} from layers",
            unit="s",
            variants=tuple(MODULES),
            goals=(Goal(0.5, against="tf_keras"),),
            module="build",
            case=(network,),
        )
        for network, title in (
            ("resnet50", "a ResNet50"),
            ("bert", "a BERT-base"),
        )
    ),
    *(
        Figure(
            name=f"{what}_{network}",
            title=f"{doing} {title}",
            unit="s",
            variants=(*PACKAGES, BY_HAND),
            goals=(Goal(0.6, against="tf_keras"),),
            max_rounds=3,
            module="saving",
            case=(what, network),
        )
        for network, title in (
            ("resnet50", "a ResNet50 (100 MB)"),
            ("bert", "a BERT-base (430 MB)"),
        )
        for what, doing in (
            ("save_keras", "saving, as `.keras`,"),
            ("load_keras", "loading, from `.keras`,"),
            ("save_h5", "saving, as `.h5`,"),
            ("load_h5", "loading, from `.h5`,"),
        )
    ),
    *(
        Figure(
            name=f"export_{network}",
            title=f"exporting {title} as a SavedModel",
            unit="s",
            variants=PACKAGES,
            goals=(Goal(0.7, against="tf_keras"),),
            max_rounds=3,
            module="exporting",
            case=(network,),
        )
        for network, title in (
            ("resnet50", "a ResNet50"),
            ("bert", "a BERT-base"),
        )
    ),
)


def select(names):
    """Returns the figures of some names, or whose names start with them.

    Arguments:
        names: List of strings. An empty list or None selects all figures.

    Raises:
        ValueError: If a word is no figure's name, and starts none.

    Example:

    >>> [figure.name for figure in select(["import", "fit"])]
    ['import_time', 'fit']
    """
    if not names:
        return FIGURES
    selected = set()
    for name in names:
        known = [figure.name for figure in FIGURES]
        found = {name} & set(known) or {
            other for other in known if other.startswith(name)
        }
        if not found:
            raise ValueError(
                f"There is no such figure. Received: {name!r}. Pass the name, "
                "or the start of the name, of one of these: "
                f"{', '.join(known)}."
            )
        selected |= found
    return tuple(figure for figure in FIGURES if figure.name in selected)

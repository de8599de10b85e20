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
"""Tests of PreprocessingStage and of `Model.adapt`."""

import numpy as np
import pytest
import tensorflow as tf

import tfk
from tfk.engine import cascade
from tfk.testing import strategies

WORDS = np.array([["b"], ["a"], ["b"], ["c"], ["b"], ["a"]], object)
NUMBERS = np.array([[1.0], [3.0], [5.0], [7.0], [2.0], [6.0]], "float32")
TEXTS = np.array([["a b"], ["b c"], ["b"], ["b a"], ["d"], ["a"]], object)
PLACE = {"b": 1, "a": 2, "c": 3}
ONE_HOT = np.eye(4, dtype="float32")[[PLACE[w] for w in WORDS.ravel()]]
STANDARD = (NUMBERS - NUMBERS.mean()) / NUMBERS.std()


class Probe(tfk.layers.PreprocessingLayer):
    """Notes what it learns from, and adds what it has learned."""

    passes = None

    def build(self, input_shape):
        self.total = self.add_weight(
            "total", (), initializer="zeros", trainable=False
        )
        self.seen = []
        super().build(input_shape)

    def reset_state(self):
        self.total.assign(0.0)
        self.seen = []

    def update_state(self, data):
        self.seen.append(data.numpy())
        self.total.assign_add(tf.reduce_sum(data))

    def call(self, inputs):
        return inputs + self.total


def words_chain():
    return [
        tfk.layers.StringLookup(),
        tfk.layers.CategoryEncoding(4, "one_hot"),
    ]


def numbers_chain():
    return [tfk.layers.Rescaling(0.1), tfk.layers.Normalization()]


def functional(make=tfk.layers.PreprocessingStage):
    """A stage of two inputs, with a nested stage and an op."""
    word = tfk.Input((1,), dtype="string", name="word")
    number = tfk.Input((1,), name="number")
    nested = tfk.layers.PreprocessingStage(numbers_chain())
    lookup, encode = words_chain()
    joined = tfk.layers.Concatenate()(
        [encode(lookup(word)), nested(number * 2.0)]
    )
    return make(inputs={"word": word, "number": number}, outputs=joined)


BOTH = {"word": WORDS, "number": NUMBERS}
JOINED = np.concatenate([ONE_HOT, STANDARD], 1)


class PreprocessingStageTest:
    def test_chains_learn_in_order(self):
        stage = tfk.layers.PreprocessingStage(words_chain())
        assert not stage.is_adapted
        stage.adapt(WORDS)
        assert stage.is_adapted
        np.testing.assert_array_equal(stage(WORDS), ONE_HOT)
        stage = tfk.layers.PreprocessingStage(numbers_chain())
        stage.adapt(NUMBERS)
        np.testing.assert_allclose(stage(NUMBERS), STANDARD, atol=1e-5)

    def test_graphs_learn(self):
        stage = functional()
        stage.adapt(BOTH)
        np.testing.assert_allclose(stage(BOTH), JOINED, atol=1e-5)
        model = functional(tfk.Model)
        model.adapt(BOTH)
        np.testing.assert_allclose(
            model.predict(BOTH, verbose=0), JOINED, atol=1e-5
        )

    @pytest.mark.parametrize("kind", ["pairs", "list", "batches", "steps"])
    def test_kinds_of_data(self, kind):
        stage = functional()
        dataset = tf.data.Dataset.from_tensor_slices((BOTH, NUMBERS)).batch(4)
        if kind == "pairs":
            stage.adapt(dataset)
        elif kind == "list":
            stage.adapt(BOTH, batch_size=4)
        elif kind == "batches":
            stage.adapt([BOTH][0])
        else:
            stage.adapt(dataset.repeat(), steps=2)
        np.testing.assert_allclose(stage(BOTH), JOINED, atol=1e-5)

    def test_a_tuple_of_all_inputs_is_no_pair(self):
        a, b = tfk.Input((1,)), tfk.Input((1,))
        norms = [tfk.layers.Normalization() for _ in range(2)]
        stage = tfk.layers.PreprocessingStage(
            inputs=[a, b], outputs=[norms[0](a), norms[1](b)]
        )
        pairs = tf.data.Dataset.from_tensor_slices((NUMBERS, -NUMBERS))
        stage.adapt(pairs.batch(2))
        assert norms[0].adapt_mean == 4.0 and norms[1].adapt_mean == -4.0
        triples = tf.data.Dataset.zip((pairs, pairs)).batch(2)
        stage.adapt(triples)
        assert norms[1].adapt_mean == -4.0

    def test_layers_of_one_depth_share_a_pass(self):
        a = tfk.Input((1,))
        probes = [Probe() for _ in range(4)]
        first, second = probes[0](a), probes[1](a)
        third = probes[2](first + second)
        model = tfk.Model(a, [third, probes[3](tfk.layers.Dense(1)(a))])
        passes = []

        def data():
            passes.append(1)
            yield from NUMBERS.reshape((3, 2, 1))

        spec = tf.TensorSpec((2, 1))
        model.adapt(tf.data.Dataset.from_generator(data, output_signature=spec))
        assert len(passes) == 2
        total = NUMBERS.sum()
        assert probes[0].total == total and probes[1].total == total
        expected = 2 * NUMBERS + 2 * total
        np.testing.assert_allclose(
            np.concatenate(probes[2].seen), expected, rtol=1e-6
        )

    @pytest.mark.parametrize("flat", [False, True])
    def test_lookups_side_by_side(self, flat):
        # Small batches are joined where all that is learned has their rows.
        inputs = [tfk.Input((width,), dtype="string") for width in (1, 2)]
        lookups = [tfk.layers.StringLookup() for _ in inputs]
        tensors = [tf.reshape(inputs[0], (-1,)) if flat else inputs[0]]
        tensors.append(tf.reshape(inputs[1], (-1,)) if flat else inputs[1])
        model = tfk.Model(inputs, [f(x) for f, x in zip(lookups, tensors)])
        pairs = np.concatenate([WORDS, [["x"], ["y"]] * 3], 1)
        dataset = tf.data.Dataset.from_tensor_slices(
            ((WORDS, pairs.astype("U")), NUMBERS)
        )
        model.adapt(dataset.batch(2))
        vocabularies = [lookup.get_vocabulary() for lookup in lookups]
        assert vocabularies[0] == ["[UNK]", "b", "a", "c"]
        assert vocabularies[1][1:4] == ["y", "x", "b"]

    def test_going_on_from_the_present_state(self):
        stage = tfk.layers.PreprocessingStage(words_chain())
        stage.adapt(np.array([["c"], ["c"]]))
        stage.adapt(np.array([["a"], ["b"], ["a"], ["a"]]), reset_state=False)
        assert stage.layers[0].get_vocabulary() == ["[UNK]", "a", "c", "b"]
        stage.adapt(np.array([["b"]]))
        assert stage.layers[0].get_vocabulary() == ["[UNK]", "b"]

    def test_given_state_is_kept(self):
        lookup = tfk.layers.StringLookup(vocabulary=["c", "b", "a"])
        stage = tfk.layers.PreprocessingStage(
            [lookup, tfk.layers.CategoryEncoding(output_mode="one_hot")]
        )
        stage.adapt(WORDS)
        assert lookup.get_vocabulary() == ["[UNK]", "c", "b", "a"]
        assert stage.layers[1].num_tokens == 4

    def test_texts(self):
        text = tfk.layers.TextVectorization(output_mode="tf_idf")
        stage = tfk.layers.PreprocessingStage(
            [text, tfk.layers.Normalization()]
        )
        stage.adapt(TEXTS)
        alone = tfk.layers.TextVectorization(output_mode="tf_idf")
        alone.adapt(TEXTS)
        expected = alone(TEXTS).numpy()
        deviation = expected.std(0)
        expected = (expected - expected.mean(0)) / np.where(
            deviation == 0, 1e-7, deviation
        )
        np.testing.assert_allclose(stage(TEXTS), expected, atol=1e-4)

    def test_shared_layers_learn_from_all_their_inputs(self):
        a, b = tfk.Input((1,)), tfk.Input((1,))
        shared = tfk.layers.Normalization()
        model = tfk.Model([a, b], [shared(a), shared(b)])
        model.adapt([NUMBERS, NUMBERS + 10.0])
        assert shared.adapt_mean == NUMBERS.mean() + 5.0
        with pytest.raises(ValueError, match="outputs of its own"):
            tfk.Model(a, shared(shared(a))).adapt(NUMBERS)

    def test_map_passes_targets_through(self):
        stage = tfk.layers.PreprocessingStage(numbers_chain())
        stage.adapt(NUMBERS)
        arrays = (NUMBERS, WORDS.astype("U"), NUMBERS)
        for count in (1, 2, 3):
            dataset = tf.data.Dataset.from_tensor_slices(arrays[:count])
            for element in dataset.batch(6).map(stage):
                if count == 1:
                    element = (element,)
                assert len(element) == count
                np.testing.assert_allclose(element[0], STANDARD, atol=1e-5)
                for part, array in zip(element[1:], arrays[1:]):
                    np.testing.assert_array_equal(
                        part.numpy().astype(array.dtype), array
                    )

    def test_training_as_second_argument(self):
        stage = tfk.layers.PreprocessingStage(
            [tfk.layers.RandomBrightness((1.0, 1.0), value_range=(0, 1))]
        )
        images = np.full((2, 3, 3, 1), 0.25, "float32")
        np.testing.assert_array_equal(stage(images, False), images)
        np.testing.assert_array_equal(stage(images, True), images * 0 + 1)

    def test_other_layers_are_frozen(self):
        dense, norm = tfk.layers.Dense(2), tfk.layers.BatchNormalization()
        stage = tfk.layers.PreprocessingStage([*numbers_chain(), dense, norm])
        model = tfk.Sequential([tfk.Input((1,)), stage, tfk.layers.Dense(1)])
        model.adapt(NUMBERS)
        assert len(model.trainable_weights) == 2
        model.trainable = True
        before = [w.numpy() for w in stage.weights]
        model.compile("adam", "mse")
        model.fit(NUMBERS, NUMBERS, verbose=0)
        assert len(stage.trainable_weights) == 0
        for weight, value in zip(stage.weights, before):
            np.testing.assert_array_equal(weight, value)
        assert len(stage.weights) == 3 + 2 + 4

    def test_fit_runs_the_stage_in_the_pipeline(self):
        results = []
        for lift in (True, False):
            tfk.utils.set_random_seed(3)
            stage = functional()
            stage.adapt(BOTH)
            word = tfk.Input((1,), dtype="string", name="word")
            number = tfk.Input((1,), name="number")
            inputs = {"word": word, "number": number}
            model = tfk.Model(inputs, tfk.layers.Dense(1)(stage(inputs)))
            assert model.stage_split.layers == (stage,)
            model.compile("sgd", "mse", lift_preprocessing=lift)
            history = model.fit(
                BOTH, NUMBERS, epochs=2, batch_size=3, verbose=0
            )
            results.append(history.history["loss"])
        np.testing.assert_allclose(results[0], results[1], rtol=1e-5)

    def test_the_stage_of_a_model_is_mapped_over_pairs(self):
        word = tfk.Input((1,), dtype="string")
        lookup, encode = words_chain()
        outputs = tfk.layers.Dense(1)(encode(lookup(word)))
        model = tfk.Model(word, outputs)
        model.adapt(WORDS)
        stage, main = model.get_preprocessing_stage(), model.get_main_stage()
        assert isinstance(stage, tfk.layers.PreprocessingStage)
        dataset = tf.data.Dataset.from_tensor_slices((WORDS, NUMBERS))
        for x, y in dataset.batch(6).map(stage):
            np.testing.assert_allclose(main(x), model(WORDS), rtol=1e-5)
            np.testing.assert_array_equal(y, NUMBERS)

    def test_the_stage_of_branches_is_mapped_over_pairs(self):
        inputs = {name: tfk.Input((1,), name=name) for name in "ab"}
        branches = [tfk.layers.Rescaling(2.0)(inputs["a"]), inputs["b"]]
        branches.append(tfk.layers.Rescaling(3.0)(inputs["b"]))
        joined = tfk.layers.Concatenate()(branches)
        model = tfk.Model(inputs, tfk.layers.Dense(1)(joined))
        x = {"a": NUMBERS, "b": NUMBERS + 1.0}
        stage, main = model.get_preprocessing_stage(), model.get_main_stage()
        np.testing.assert_allclose(main(stage(x)), model(x), rtol=1e-5)
        dataset = tf.data.Dataset.from_tensor_slices((x, NUMBERS)).batch(6)
        for values, y in dataset.map(stage):
            np.testing.assert_allclose(main(values), model(x), rtol=1e-5)
            np.testing.assert_array_equal(y, NUMBERS)
        two = tfk.layers.PreprocessingStage(
            inputs=inputs, outputs=[branches[0], branches[2]]
        )
        for (a, b), _ in dataset.map(two):
            np.testing.assert_allclose(a, NUMBERS * 2.0)
            np.testing.assert_allclose(b, (NUMBERS + 1.0) * 3.0)

    @pytest.mark.parametrize("kind", ["chain", "graph"])
    def test_files(self, kind, tmp_path):
        if kind == "chain":
            stage, data = tfk.layers.PreprocessingStage(words_chain()), WORDS
            dense = tfk.layers.Dense(2)
            stage = tfk.layers.PreprocessingStage([stage, dense])
        else:
            stage, data = functional(), BOTH
        stage.adapt(data)
        expected = stage(data)
        again = type(stage).from_config(stage.get_config())
        assert len(again.layers) == len(stage.layers)
        path = str(tmp_path / "stage.keras")
        stage.save(path)
        loaded = tfk.models.load_model(path)
        assert type(loaded) is tfk.layers.PreprocessingStage
        np.testing.assert_allclose(loaded(data), expected, rtol=1e-6)
        assert loaded.trainable is False
        stage.export(str(tmp_path / "served"))
        served = tf.saved_model.load(str(tmp_path / "served"))
        tensors = tf.nest.map_structure(tf.constant, data)
        np.testing.assert_allclose(served.serve(tensors), expected, rtol=1e-6)

    def test_embedding_knows_the_size(self):
        lookup = tfk.layers.StringLookup()
        stage = tfk.layers.PreprocessingStage([lookup])
        stage.adapt(WORDS)
        assert stage._num_categories() == lookup._num_categories() == 4

    def test_two_replicas(self):
        with strategies.two_replicas().scope():
            stage = functional()
            stage.adapt(BOTH)
            model = tfk.Model(stage.input, tfk.layers.Dense(1)(stage.output))
            model.compile("sgd", "mse")
        model.adapt(BOTH)
        np.testing.assert_allclose(stage(BOTH), JOINED, atol=1e-5)
        model.fit(BOTH, NUMBERS, batch_size=6, verbose=0)


class AdaptTest:
    def test_bad_input(self):
        stage = tfk.layers.PreprocessingStage(numbers_chain())
        with pytest.raises(ValueError, match="empty data"):
            stage.adapt(NUMBERS[:0])
        with pytest.raises(ValueError, match="without an end"):
            data = tf.data.Dataset.from_tensors(NUMBERS).repeat()
            stage.adapt(data)
        plain = tfk.layers.PreprocessingStage([tfk.layers.Rescaling(0.5)])
        with pytest.raises(ValueError, match="no preprocessing layer that"):
            plain.adapt(NUMBERS)
        twice = tfk.layers.PreprocessingStage(
            [*numbers_chain(), tfk.layers.Normalization()]
        )
        with pytest.raises(ValueError, match="2 times"):
            twice.adapt(iter([NUMBERS]))
        for arguments in ({}, {"layers": [], "outputs": 1, "inputs": 1}):
            with pytest.raises(ValueError, match="is made of"):
                tfk.layers.PreprocessingStage(**arguments)

    def test_models_with_a_call_of_their_own(self):
        class Own(tfk.Model):
            def __init__(self):
                super().__init__()
                self.norm = tfk.layers.Normalization()

            def call(self, inputs):
                return self.norm(inputs)

        with pytest.raises(ValueError, match="call` of its own"):
            Own().adapt(NUMBERS)
        stage = tfk.layers.PreprocessingStage(
            [tfk.layers.Normalization(), Own()]
        )
        with pytest.raises(ValueError, match="by itself first"):
            stage.adapt(NUMBERS)
        stage.layers[1].norm.adapt(NUMBERS)
        stage.adapt(NUMBERS)

    def test_layers_with_an_adapt_of_their_own(self):
        class Shift(tfk.layers.PreprocessingLayer):
            kinds = []

            def adapt(self, data):
                self.kinds.append(type(data))
                if isinstance(data, tf.data.Dataset):
                    data = np.concatenate(list(data.as_numpy_iterator()))
                self.least = float(np.min(data))

            def call(self, inputs):
                return inputs - self.least

        for wrap in (
            lambda x: x,
            lambda x: tf.data.Dataset.from_tensor_slices((x, x)).batch(4),
        ):
            stage = tfk.layers.PreprocessingStage([*numbers_chain(), Shift()])
            stage.adapt(wrap(NUMBERS))
            np.testing.assert_allclose(
                stage(NUMBERS), STANDARD - STANDARD.min(), atol=1e-5
            )
        assert issubclass(Shift.kinds[0], np.ndarray)

    def test_failures_leave_the_state_as_it_was(self):
        lookup = tfk.layers.StringLookup()
        cut = tfk.layers.CategoryEncoding(output_mode="tf_idf", num_tokens=4)
        stage = tfk.layers.PreprocessingStage([lookup, cut])
        stage.adapt(WORDS)
        expected = stage(WORDS)
        with pytest.raises(ValueError, match="below num_tokens"):
            stage.adapt(np.array([["x"], ["y"], ["z"], ["t"], ["u"]]))
        assert lookup.get_vocabulary() == ["[UNK]", "b", "a", "c"]
        np.testing.assert_array_equal(stage(WORDS), expected)

    def test_compiled_functions_see_the_new_state(self):
        model = tfk.Sequential([tfk.Input((1,)), *numbers_chain()])
        model.adapt(NUMBERS)
        model.predict(NUMBERS, verbose=0)
        model.adapt(NUMBERS + 2.0)
        np.testing.assert_allclose(
            model.predict(NUMBERS + 2.0, verbose=0), STANDARD, atol=1e-5
        )

    def test_long_work_shows_a_bar(self, capsys, monkeypatch):
        stage = tfk.layers.PreprocessingStage(numbers_chain())
        data = tf.data.Dataset.from_tensor_slices(NUMBERS).batch(2)
        stage.adapt(data)
        assert capsys.readouterr().out == ""
        monkeypatch.setattr(cascade, "_SECONDS_WITHOUT_BAR", 0.0)
        stage.adapt(data)
        assert "3/3" in capsys.readouterr().out
        stage.adapt(data, verbose=0)
        assert capsys.readouterr().out == ""

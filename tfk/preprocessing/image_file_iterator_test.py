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
"""Tests of the iterators over files of images, with tf_keras as oracle."""

import pathlib
import warnings

import numpy as np
import pandas
import pytest
import tf_keras

import tfk

OURS = tfk.preprocessing.image
ORACLE = tf_keras.preprocessing.image
CLASSES = ("bird", "cat", "dog")


@pytest.fixture(scope="module", name="directory")
def make_directory(tmp_path_factory):
    """Returns a directory with a few images of three classes."""
    directory = tmp_path_factory.mktemp("images")
    draws = np.random.RandomState(0)
    for number, name in enumerate(CLASSES):
        (directory / name / "more").mkdir(parents=True)
        for index in range(3 + number):
            folder = directory / name / ("more" if index == 2 else "")
            pixels = draws.randint(0, 256, (9, 7 + index, 3))
            OURS.save_img(folder / f"{index}.png", pixels, scale=False)
        (directory / name / "notes.txt").write_text("no image")
    return str(directory)


def both(method, *args, generator=None, **kwargs):
    """Returns the iterators of tfk and of tf_keras."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [
            getattr(module.ImageDataGenerator(**(generator or {})), method)(
                *args, **kwargs
            )
            for module in (OURS, ORACLE)
        ]


def assert_alike(ours, oracle):
    """Raises unless both know the same files and give the same batches."""
    assert list(ours.filenames) == list(oracle.filenames)
    assert ours.filepaths == oracle.filepaths
    assert ours.samples == ours.n == oracle.samples
    assert ours.image_shape == oracle.image_shape
    if ours.class_mode in ("binary", "categorical", "sparse"):
        assert ours.class_indices == oracle.class_indices
        assert list(ours.classes) == list(oracle.classes)
    for _ in range(len(oracle) + 1):
        found, wanted = next(ours), next(oracle)
        if not isinstance(wanted, tuple):
            found, wanted = (found,), (wanted,)
        assert len(found) == len(wanted)
        for x, y in zip(found, wanted):
            assert type(x) is type(y)
            for part, other in zip(
                *((x, y) if isinstance(x, list) else ([x], [y]))
            ):
                assert part.dtype == other.dtype
                np.testing.assert_allclose(part, other, atol=0.02)


class DirectoryIteratorTest:
    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"class_mode": "sparse", "color_mode": "grayscale", "seed": 3},
            {"class_mode": "binary", "classes": ["dog", "cat"]},
            {"class_mode": "input", "interpolation": "bilinear"},
            {"class_mode": None, "color_mode": "rgba"},
            {"subset": "training"},
            {"subset": "validation", "keep_aspect_ratio": True},
        ],
    )
    def test_files_and_batches_are_those_of_tf_keras(
        self, directory, options, capsys
    ):
        options = {"shuffle": "seed" in options, "batch_size": 5, **options}
        ours, oracle = both(
            "flow_from_directory",
            directory,
            generator={"validation_split": 0.4, "zoom_range": 0.0},
            target_size=(8, 6),
            **options,
        )
        mine, other = capsys.readouterr().out.splitlines()
        assert mine == other
        assert_alike(ours, oracle)
        np.testing.assert_array_equal(ours.labels, oracle.labels)
        assert ours.num_classes == oracle.num_classes
        assert ours.split == oracle.split

    def test_a_model_trains_on_files(self, directory):
        generator = OURS.ImageDataGenerator(
            rescale=1 / 255, rotation_range=20, validation_split=0.4
        )
        parts = [
            generator.flow_from_directory(
                directory, (8, 6), batch_size=4, subset=subset, seed=1
            )
            for subset in ("training", "validation")
        ]
        model = tfk.Sequential(
            [tfk.layers.Flatten(), tfk.layers.Dense(3, "softmax")]
        )
        model.compile("sgd", "categorical_crossentropy")
        history = model.fit(parts[0], validation_data=parts[1], verbose=0)
        assert np.isfinite(history.history["val_loss"][0])

    def test_changed_images_are_written(self, directory, tmp_path):
        flow = OURS.ImageDataGenerator().flow_from_directory(
            directory, (8, 6), batch_size=2, save_to_dir=tmp_path / "new"
        )
        next(flow)
        assert len(list((tmp_path / "new").iterdir())) == 2

    def test_hidden_directories_are_no_classes(self, directory, tmp_path):
        (tmp_path / ".ipynb_checkpoints").mkdir()
        (tmp_path / "a").mkdir()
        flow = OURS.ImageDataGenerator().flow_from_directory(tmp_path)
        assert flow.class_indices == {"a": 0}
        with pytest.raises(ValueError, match="no images"):
            next(flow)

    def test_bad_arguments(self, directory, tmp_path):
        flow = OURS.ImageDataGenerator().flow_from_directory
        for arguments, message in (
            ({"color_mode": "red"}, "color_mode='red'"),
            ({"class_mode": "raw"}, "class_mode='raw'"),
            ({"class_mode": "binary"}, "two classes"),
            ({"target_size": 8}, "target_size"),
            ({"subset": "training"}, "validation_split"),
            ({"interpolation": "soft", "batch_size": 1}, "interpolation"),
        ):
            with pytest.raises(ValueError, match=message):
                next(flow(directory, **arguments))
        with pytest.raises(ValueError, match="no such directory"):
            flow(str(tmp_path / "none"))
        (tmp_path / "a").mkdir()
        broken = tmp_path / "a" / "broken.png"
        contents = pathlib.Path(directory, "cat", "0.png").read_bytes()
        broken.write_bytes(contents[: len(contents) // 2])
        with pytest.raises(OSError) as raised:
            next(flow(tmp_path))
        assert "broken.png" in "".join(raised.value.__notes__)


class DataFrameIteratorTest:
    @pytest.fixture(name="table")
    def make_table(self, directory):
        paths = sorted(pathlib.Path(directory).rglob("*.png"))
        names = [str(path.relative_to(directory)) for path in paths]
        return pandas.DataFrame(
            {
                "filename": [*names, "cat/missing.png"],
                "class": [name.split("/")[0] for name in names] + ["cat"],
                "several": [["a"], ["a", "b"], ["c"]] * 4 + [["a"]],
                "x": np.arange(13.0),
                "y": np.arange(13),
                "weight": np.linspace(0, 1, 13),
            }
        )

    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"class_mode": "sparse", "classes": ["dog", "cat"]},
            {"class_mode": "binary", "classes": ["dog", "cat"]},
            {"class_mode": "raw", "y_col": "x", "weight_col": "weight"},
            {"class_mode": "raw", "y_col": ["x", "y"], "seed": 3},
            {"class_mode": "multi_output", "y_col": ["x", "y"]},
            {"class_mode": "categorical", "y_col": "several"},
            {"class_mode": "input"},
            {"class_mode": None, "subset": "training"},
            {"class_mode": "sparse", "subset": "validation"},
        ],
    )
    def test_files_and_batches_are_those_of_tf_keras(
        self, directory, table, options
    ):
        options = {"shuffle": "seed" in options, "batch_size": 5, **options}
        ours, oracle = both(
            "flow_from_dataframe",
            table,
            directory,
            generator={"validation_split": 0.4},
            target_size=(8, 6),
            **options,
        )
        assert_alike(ours, oracle)

    def test_missing_files_are_left_out_with_a_warning(self, directory, table):
        flow = OURS.ImageDataGenerator().flow_from_dataframe
        with pytest.warns(UserWarning, match="1 of 13 files"):
            assert flow(table, directory).n == 12
        everything = flow(table, directory, validate_filenames=False)
        assert everything.n == 13
        with pytest.warns(UserWarning, match="1 of 13 files"):
            again = flow(table.to_dict("list"), directory)
        assert again.class_indices == {"bird": 0, "cat": 1, "dog": 2}

    def test_bad_tables(self, directory, table):
        flow = OURS.ImageDataGenerator().flow_from_dataframe
        table = table[:-1]
        with pytest.raises(ValueError, match="no column 'path'"):
            flow(table, directory, x_col="path")
        with pytest.raises(TypeError, match="must be strings"):
            flow(table, directory, y_col="y")
        with pytest.raises(TypeError, match="must be paths"):
            flow(table, directory, x_col="y")
        with pytest.raises(TypeError, match="list of columns"):
            flow(table, directory, class_mode="multi_output")
        with pytest.raises(TypeError, match="several columns"):
            flow(table, directory, y_col=["x", "y"])
        with pytest.raises(ValueError, match="several classes"):
            flow(table, directory, y_col="several", class_mode="sparse")
        with pytest.raises(TypeError, match="no such argument"):
            flow(table, directory, colour="red")
        with pytest.warns(UserWarning, match="has_ext"):
            flow(table, directory, has_ext=True)

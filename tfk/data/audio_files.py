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
"""Datasets of the sounds in a directory."""

import tensorflow as tf

from tfk.data import labelled_files

_EXTENSIONS = (".wav",)


def audio_dataset_from_directory(
    directory,
    labels="inferred",
    label_mode="int",
    class_names=None,
    batch_size=32,
    sampling_rate=None,
    output_sequence_length=None,
    ragged=False,
    shuffle=True,
    seed=None,
    validation_split=None,
    subset=None,
    follow_links=False,
    verbose=True,
    broken_files="error",
):
    """Makes a dataset of the sound files in a directory, with labels.

    Arguments:
        directory: String or path. For inferred labels it holds a directory for
            each class, named as the class. Files are 16-bit PCM and end with
            `.wav`.
        sampling_rate: Integer: samples a second that all sounds are brought to.
            By default, they stay as they are.
        output_sequence_length: Integer: the number of samples that all sounds
            are cut or padded to. By default, they are padded to the longest
            sound of their batch.
        ragged: Boolean: whether sounds keep their own lengths, as a ragged
            tensor.
        labels, label_mode, class_names, batch_size, shuffle, seed,
            validation_split, subset, follow_links, verbose, broken_files: see
            `tfk.utils.image_dataset_from_directory`.

    Returns:
        A `tf.data.Dataset` of float32 sounds of shape `(batch_size, samples,
        channels)` with values from -1 to 1, and of labels, with the attributes
        `class_names`, `file_paths` and `num_skipped`.

    Raises:
        ValueError: If there is no such directory, no sound in it, or if the
            arguments contradict one another.

    Example:

    >>> import os, tempfile
    >>> directory = tempfile.mkdtemp()
    >>> for samples in (100, 200):
    ...     wave = tf.audio.encode_wav(tf.zeros((samples, 1)), 8000)
    ...     tf.io.write_file(os.path.join(directory, f"{samples}.wav"), wave)
    >>> dataset = tfk.utils.audio_dataset_from_directory(
    ...     directory, labels=None, label_mode=None
    ... )
    Found 2 files.
    >>> for sounds in dataset:
    ...     print(sounds.shape)
    (2, 200, 1)
    """
    if ragged and output_sequence_length is not None:
        raise ValueError(
            "Sounds of one length are not ragged. Received: ragged=True, "
            f"output_sequence_length={output_sequence_length}."
        )
    options = labelled_files.Options(
        labels,
        label_mode,
        class_names,
        batch_size,
        shuffle,
        seed,
        validation_split,
        subset,
        follow_links,
        verbose,
        broken_files,
    )

    def read(path):
        samples, rate = tf.audio.decode_wav(tf.io.read_file(path))
        if sampling_rate is not None:
            samples = resample(samples, rate, sampling_rate)
        if output_sequence_length is not None:
            samples = samples[:output_sequence_length]
            missing = output_sequence_length - tf.shape(samples)[0]
            samples = tf.pad(samples, [[0, missing], [0, 0]])
            samples = tf.ensure_shape(samples, [output_sequence_length, None])
        return samples

    def batch(dataset, size):
        if ragged:
            return dataset.ragged_batch(size)
        return dataset.padded_batch(size)

    return labelled_files.dataset(directory, _EXTENSIONS, read, options, batch)


def resample(samples, rate, new_rate):
    """Returns a sound with another number of samples a second.

    The spectrum is cut off, or filled up with zeros, so that all frequencies
    that both rates can hold stay as they are.

    Arguments:
        samples: Float tensor of shape `(samples, channels)`.
        rate: Integer scalar tensor: samples a second.
        new_rate: Integer: samples a second to bring it to.
    """
    count = tf.shape(samples)[0]
    ratio = new_rate / tf.cast(rate, tf.float64)
    new_count = tf.cast(tf.round(tf.cast(count, tf.float64) * ratio), tf.int32)
    # A sound of no samples has no spectrum.
    length = [tf.maximum(new_count, 1)]
    spectrum = tf.signal.rfft(tf.transpose(samples), [tf.maximum(count, 1)])
    kept = tf.minimum(count, new_count) // 2 + 1
    spectrum = _halve_edge(spectrum[:, :kept], count, new_count)
    resampled = tf.signal.irfft(spectrum, length)[:, :new_count]
    scale = tf.cast(new_count, tf.float32) / tf.cast(
        tf.maximum(count, 1), tf.float32
    )
    return tf.transpose(resampled) * scale


def _halve_edge(spectrum, count, new_count):
    """Shares out the frequency that is at the edge of the shorter spectrum.

    A spectrum of an even number of samples holds it once, a longer one twice.
    """
    shorter = tf.minimum(count, new_count)
    is_edge = (shorter % 2 == 0) & (shorter > 0)
    factor = tf.where(new_count > count, 0.5, 2.0)
    factor = tf.where(is_edge & (new_count != count), factor, 1.0)
    factor = tf.cast(factor, spectrum.dtype)
    return tf.concat([spectrum[:, :-1], spectrum[:, -1:] * factor], 1)

"""Fit the network that reads lines with connectionist temporal classification (Graves et al. 2006)."""

from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from digitrec.datasets.digits import scale_to_unit
from digitrec.imaging.line.straightening import STRIP_HEIGHT
from digitrec.recognition.ctc import ALPHABET, BLANK
from digitrec.training.data.line_examples import Strips
from digitrec.training.trainer import Curves, cosine_adamw, train_epochs

BATCH = 64
_WIDTH_STEP = 32
"""The width of a batch is a multiple of this."""
_EPSILON = 1e-7


@keras.saving.register_keras_serializable("digitrec")  # type: ignore[untyped-decorator]
def ctc_loss(texts: tf.Tensor, probabilities: tf.Tensor) -> tf.Tensor:
    """Return the negative log-likelihood (N,) of texts (N, longest), padded with -1.

    The likelihood of a text is the sum over all its alignments with the columns of ``probabilities``
    (N, columns, symbols).
    """
    labels = tf.cast(texts, tf.int32)
    # TensorFlow's CTC loss refuses empty texts; their only alignment is a blank in every column.
    empty = labels[:, 0] < 0
    labels = tf.concat([tf.maximum(labels[:, :1], 0), labels[:, 1:]], 1)
    positions = tf.where(labels >= 0)
    sparse = tf.SparseTensor(positions, tf.gather_nd(labels, positions), tf.shape(labels, tf.int64))
    logits = tf.math.log(probabilities + _EPSILON)
    count, columns = tf.shape(probabilities)[0], tf.shape(probabilities)[1]
    losses = tf.nn.ctc_loss(sparse, tf.transpose(logits, (1, 0, 2)), None, tf.fill([count], columns), blank_index=BLANK)
    return tf.where(empty, -tf.reduce_sum(logits[..., BLANK], 1), losses)


def fit_lines(
    network: keras.Model, make_epoch: Callable[[int], Strips], run: Path, *, epochs: int, fingerprint: str
) -> tuple[keras.Model, Curves]:
    """Train a network on lines, epoch n on the strips ``make_epoch(n)``.

    Raises:
        TrainingMismatch: ``run`` holds another training, or is damaged.
    """

    def train_epoch(network: keras.Model, epoch: int) -> Curves:
        strips = make_epoch(epoch)
        steps = -(-len(strips) // BATCH)
        if not network.compiled:
            network.compile(cosine_adamw(steps * epochs), ctc_loss)
        batches = tf.data.Dataset.from_generator(
            lambda: make_batches(strips, np.random.default_rng(epoch)),
            output_signature=(
                tf.TensorSpec((None, STRIP_HEIGHT, None, 1), tf.float32),
                tf.TensorSpec((None, None), tf.int32),
            ),
        )
        return network.fit(  # type: ignore[no-any-return]
            batches.apply(tf.data.experimental.assert_cardinality(steps)).prefetch(4),
            initial_epoch=epoch,
            epochs=epoch + 1,
            shuffle=False,
            verbose=2,
        ).history

    return train_epochs(network, train_epoch, run, epochs=epochs, fingerprint=fingerprint)


def make_batches(
    strips: Strips, random: np.random.Generator
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.int32]]]:
    """Yield batches of strips of similar width (N, 32, width, 1), and their texts as ``ctc_loss`` takes them."""
    widths = np.array([image.shape[1] for image in strips.images])
    order = np.argsort(widths * np.exp(random.normal(0, 0.1, len(widths))))
    for number in random.permutation(-(-len(strips) // BATCH)):
        batch = order[number * BATCH : (number + 1) * BATCH]
        width = -(-int(widths[batch].max()) // _WIDTH_STEP) * _WIDTH_STEP
        images = np.zeros((len(batch), STRIP_HEIGHT, width, 1), np.float32)
        texts = np.full((len(batch), max(1, *(len(strips.texts[index]) for index in batch))), -1, np.int32)
        for row, index in enumerate(batch):
            image, text = strips.images[index], strips.texts[index]
            images[row, :, : image.shape[1], 0] = scale_to_unit(image)
            texts[row, : len(text)] = [ALPHABET.index(character) for character in text]
        yield images, texts

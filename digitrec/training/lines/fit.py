"""Fitting a network that reads lines, by connectionist temporal classification (Graves et al. 2006)."""

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
from digitrec.training.trainer import Curves, fit_in_epochs, optimizer

BATCH = 64
_STEP = 32
"""Strips of a batch are as wide as its widest, rounded up to this."""
_FAINTEST = 1e-7


@keras.saving.register_keras_serializable("digitrec")  # type: ignore[untyped-decorator]
def ctc_loss(texts: tf.Tensor, probabilities: tf.Tensor) -> tf.Tensor:
    """The negative logarithm (N,) of the probability of texts (N, longest), filled up with -1.

    The probability of a text is the sum over all ways (N, columns, symbols) to tell it.
    """
    labels = tf.cast(texts, tf.int32)
    # TensorFlow's own refuses texts of nothing, for which there is but one way: to tell nothing everywhere.
    empty = labels[:, 0] < 0
    labels = tf.concat([tf.maximum(labels[:, :1], 0), labels[:, 1:]], 1)
    told = tf.where(labels >= 0)
    sparse = tf.SparseTensor(told, tf.gather_nd(labels, told), tf.shape(labels, tf.int64))
    logits = tf.math.log(probabilities + _FAINTEST)
    count, columns = tf.shape(probabilities)[0], tf.shape(probabilities)[1]
    losses = tf.nn.ctc_loss(sparse, tf.transpose(logits, (1, 0, 2)), None, tf.fill([count], columns), blank_index=BLANK)
    return tf.where(empty, -tf.reduce_sum(logits[..., BLANK], 1), losses)


def fit_lines(
    network: keras.Model, epoch_of: Callable[[int], Strips], run: Path, *, epochs: int, fingerprint: str
) -> tuple[keras.Model, Curves]:
    """Train a network on lines, epoch n on what ``epoch_of(n)`` gives, resumed as ``fit_in_epochs`` does.

    Raises:
        RunMismatch: the folder holds a training that was begun otherwise, or is damaged.
    """

    def fit(network: keras.Model, epoch: int) -> Curves:
        made = epoch_of(epoch)
        steps = -(-len(made) // BATCH)
        if epoch == 0:
            network.compile(optimizer(steps * epochs), ctc_loss)
        batches = tf.data.Dataset.from_generator(
            lambda: batches_of(made, np.random.default_rng(epoch)),
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

    return fit_in_epochs(network, fit, run, epochs=epochs, fingerprint=fingerprint)


def batches_of(made: Strips, random: np.random.Generator) -> Iterator[tuple[NDArray[np.float32], NDArray[np.int32]]]:
    """Strips of about the same width together (N, 32, width, 1), and their texts as ``ctc_loss`` takes them."""
    widths = np.array([picture.shape[1] for picture in made.pictures])
    order = np.argsort(widths * np.exp(random.normal(0, 0.1, len(widths))))
    for place in random.permutation(-(-len(made) // BATCH)):
        batch = order[place * BATCH : (place + 1) * BATCH]
        wide = -(-int(widths[batch].max()) // _STEP) * _STEP
        pictures = np.zeros((len(batch), STRIP_HEIGHT, wide, 1), np.float32)
        texts = np.full((len(batch), max(1, *(len(made.texts[number]) for number in batch))), -1, np.int32)
        for row, number in enumerate(batch):
            picture, text = made.pictures[number], made.texts[number]
            pictures[row, :, : picture.shape[1], 0] = scale_to_unit(picture)
            texts[row, : len(text)] = [ALPHABET.index(character) for character in text]
        yield pictures, texts

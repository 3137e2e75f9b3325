"""Train the line model with connectionist temporal classification (Graves et al. 2006)."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from digitrec.config import EVERYHAND, LINE
from digitrec.datasets.digits import scale_to_unit
from digitrec.imaging.line.straightening import STRIP_HEIGHT
from digitrec.recognition.classifier import Classifier
from digitrec.recognition.ctc import ALPHABET, BLANK
from digitrec.recognition.models.cards import LineCard
from digitrec.recognition.models.digit_model import KERAS_FILE, LITERT_FILE
from digitrec.recognition.models.line_model import LineNetwork
from digitrec.training.architectures import line
from digitrec.training.calibrate_lines import calibrate_lines
from digitrec.training.data.data_uses import data_uses
from digitrec.training.data.examples import LabeledStrip, Material, make_line_epoch
from digitrec.training.data.training_data import load_training_data
from digitrec.training.export_model import export_litert, inference_copy, layers_of
from digitrec.training.trainer import Curves, cosine_adamw, train_network
from digitrec.training.training_record import TrainingOptions, training_record

LINES_PER_EPOCH = 12_000
"""How many lines are generated for each epoch; each is used as drawn on a canvas and as photographed from paper."""
_RATE, _CONTINUED_RATE = 2e-3, 6e-4
_BATCH = 64
_WIDTH_STEP = 32  # The width of a batch is a multiple of this.
_EPSILON = 1e-7
_CARD_WIDTH = 256  # The width of the strip for which the card gives the output shape of each layer.


def train_line(models: Path, runs: Path, data: Path, options: TrainingOptions) -> LineCard:
    """Train the line model, write its folder in ``models`` and return its card.

    ``data`` is a folder with ``mnist.npz`` and ``pendigits-orig.tra.gz``, see ``load_training_data``. ``runs`` keeps
    what an interrupted training run needs to continue. Raises MissingDataError, TrainingMismatch, or ModelError if
    training can't start from the model in ``options``, or if everyhand, which scores the single digits of a line, is
    missing or broken.
    """
    digit_classifier = Classifier(models / EVERYHAND / LITERT_FILE)
    digits = load_training_data(data, options.seed, unipen=options.unipen)
    material = digits.material
    network, curves = train_network(line, _line_epoch(material, options), runs / LINE, material, options)
    network = inference_copy(network, line)
    folder = models / LINE
    folder.mkdir(parents=True, exist_ok=True)
    network.save(folder / KERAS_FILE)
    export_litert(network, folder / LITERT_FILE, quantize=True)
    predict_columns = LineNetwork(folder / LITERT_FILE).predict_columns
    calibration, validation_lines = calibrate_lines(digits, predict_columns, digit_classifier, options.seed)
    start_text = "Training continued from an earlier line model. " if options.start else ""
    data_text = (
        f"{start_text}Training used {LINES_PER_EPOCH:,} new lines in every epoch, composed of "
        f"{len(material.scans):,} MNIST training digits, {len(material.images):,} images of digits and "
        f"{digits.pens_text}, or one of {len(material.numbers):,} numbers written as a whole. Each line has "
        "its own handwriting style and spacing; some contain dots, dashes, slashes, parentheses, scribbles or letters, "
        "most of them written by people. Each line is used twice: as drawn and as photographed. The temperature, "
        f"the thresholds and the weight of {EVERYHAND}'s predictions were chosen on {validation_lines:,} other lines, "
        f"composed of {digits.validation_text}, or one of {len(digits.validation_numbers):,} numbers written as a whole"
    )
    command = options.command(f"--model {LINE} --data DIR")
    uses = data_uses(data, unipen=options.unipen, others=False)
    card = LineCard(
        name=LINE,
        description="Recognizes numbers on paper and screens, and marks characters that are not digits with a ?. "
        f"Combines its own scores with {EVERYHAND}'s prediction for each digit.",
        license=digits.license,
        layers=layers_of(line(_CARD_WIDTH)),
        parameters=network.count_params(),
        size_bytes=(folder / LITERT_FILE).stat().st_size,
        training=training_record(data_text, command, options.seed, curves, uses),
        **calibration,
    )
    card.write(folder)
    return card


def _line_epoch(material: Material, options: TrainingOptions) -> Callable[[keras.Model, int], Curves]:
    """Return a function that trains a network for one epoch on new lines made of this material."""

    def train_epoch(network: keras.Model, epoch: int) -> Curves:
        strips = make_line_epoch(material, LINES_PER_EPOCH, options.seed, epoch)
        steps = -(-len(strips) // _BATCH)
        if not network.compiled:
            rate = _CONTINUED_RATE if options.start else _RATE
            network.compile(cosine_adamw(steps * options.epochs, rate), ctc_loss)
        images, texts = tf.TensorSpec((None, STRIP_HEIGHT, None, 1), tf.float32), tf.TensorSpec((None, None), tf.int32)
        batches = tf.data.Dataset.from_generator(
            lambda: make_batches(strips, np.random.default_rng(epoch)), output_signature=(images, texts)
        )
        batches = batches.apply(tf.data.experimental.assert_cardinality(steps)).prefetch(4)
        history = network.fit(batches, initial_epoch=epoch, epochs=epoch + 1, shuffle=False, verbose=2)
        return history.history  # type: ignore[no-any-return]

    return train_epoch


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


def make_batches(
    strips: Sequence[LabeledStrip], random: np.random.Generator
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.int32]]]:
    """Yield batches of strips of similar width (N, 32, width, 1), and their texts as ``ctc_loss`` takes them."""
    widths = np.array([image.shape[1] for image, _ in strips])
    order = np.argsort(widths * np.exp(random.normal(0, 0.1, len(widths))))
    for number in random.permutation(-(-len(strips) // _BATCH)):
        batch = order[number * _BATCH : (number + 1) * _BATCH]
        width = -(-int(widths[batch].max()) // _WIDTH_STEP) * _WIDTH_STEP
        images = np.zeros((len(batch), STRIP_HEIGHT, width, 1), np.float32)
        texts = np.full((len(batch), max(1, *(len(strips[index][1]) for index in batch))), -1, np.int32)
        for row, index in enumerate(batch):
            image, text = strips[index]
            images[row, :, : image.shape[1], 0] = scale_to_unit(image)
            texts[row, : len(text)] = [ALPHABET.index(character) for character in text]
        yield images, texts

"""Measure which pictures an imported network expects and what its outputs mean."""

from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from digitrec.datasets.digits import Digits, scale_to_unit
from digitrec.imaging.normalize import INPUT_SIDE
from digitrec.recognition.classifier import ClassifierOutput
from digitrec.recognition.imported.classifier import classify, run
from digitrec.recognition.imported.conventions import Colors, Conventions, Fit, Scale, Values, interpret
from digitrec.recognition.imported.image_input import MAX_SIDE, MIN_SIDE, ImageInput
from digitrec.recognition.imported.network import Network, Signature
from digitrec.training.imported import NotImportable

MIN_ACCURACY = 0.5
_GOOD_ACCURACY = 0.9  # If a network is as accurate as this, cropped pictures aren't tried, to save time.
_MIN_TRIAL_DIGITS = 100
_MIN_REORDERED_ACCURACY = 0.8
"""Even a network for classes other than digits predicts some digits correctly if its classes are put in the order that
fits best."""
_SUM_TOLERANCE = 0.02
_MAX_OTHERS = 0.01
"""With more than eleven outputs, those that aren't digits may win for at most this share of the digits."""
_OTHER_CLASSES = {
    **dict.fromkeys((26, 27, 52), "letters"),
    **dict.fromkeys((36, 37, 47, 62, 63), "letters and digits"),
}
"""The classes of models with so many outputs."""
_CLASSES = (10, 11)
_MAX_OUTPUTS = 1024  # Networks with more outputs, such as those without a head, are refused before they are measured.
_EXPECTED_OUTPUTS = "but a digit model has ten outputs, plus any that it almost never predicts for a digit"


def choose_conventions(
    network: Network, pictures: ImageInput, validation: Digits
) -> tuple[Conventions, ClassifierOutput]:
    """Return the conventions with which a network is most accurate on validation digits, and its outputs for them.

    The digits are in random order, because all conventions are tried on only the first few. Raises NotImportable
    if it isn't a digit model: it doesn't take pictures, has no output of ten values, of eleven with one for no digit,
    or of more that almost never win, or predicts too few of the digits correctly. In the last case, the message lists
    what was tried.
    """
    count = max(len(validation) // 16, _MIN_TRIAL_DIGITS)
    trials = list(_trials(network, pictures, validation.take(slice(count))))
    if not trials:
        raise NotImportable("returns values that are not numbers (NaN or infinity).")
    # Those that are close to the best, by about the error of so few digits, are compared again, with more digits and by
    # likelihood: a wrong scale often changes the confidence more than the accuracy.
    trials.sort(key=lambda tried: tried.accuracy, reverse=True)
    least = trials[0].accuracy - 0.5 / np.sqrt(count)
    near = [tried for tried in trials if tried.accuracy >= least]
    more = validation.take(slice(len(validation) * 2 // 5))
    best = min(near, key=lambda tried: _log_loss(classify(network, scale_to_unit(more.images), tried), more.labels))
    output = run(network, scale_to_unit(validation.images), best.scale, best.colors, best.fit, best.output)
    outputs = interpret(output, best.values, best.classes)
    best = best.model_copy(update={"accuracy": _accuracy(outputs, validation.labels)})
    values = output.reshape(len(validation), -1)
    has_others = values.shape[1] not in _CLASSES
    if has_others and (~np.isin(values.argmax(1), best.classes)).mean() > _MAX_OTHERS:
        raise NotImportable(f"has {values.shape[1]:,} outputs, {_EXPECTED_OUTPUTS}.")
    if best.accuracy < (_MIN_REORDERED_ACCURACY if has_others else MIN_ACCURACY):
        table = "\n".join(map(_describe, trials))
        raise NotImportable(
            f"is not a digit model, or is a very weak one: it predicts {best.accuracy:.1%} of MNIST's validation "
            f"digits correctly. What was tried:\n{table}"
        )
    return best, outputs


def check_input(signature: Signature) -> ImageInput:
    """Return the picture input of a network. Raises NotImportable if it takes anything else."""
    if signature.pictures:
        return signature.pictures
    if len(signature.inputs) != 1:
        raise NotImportable(f"takes {len(signature.inputs)} inputs, but a digit model takes one image.")
    (shape,) = signature.inputs.values()
    lengths = " × ".join("N" if length < 0 else str(length) for length in shape) or "one value"
    raise NotImportable(
        f"takes inputs of {lengths}, but a digit model takes images, gray or in color, with sides of {MIN_SIDE} to "
        f"{MAX_SIDE} pixels and the longer side at most twice the shorter."
    )


def _trials(network: Network, pictures: ImageInput, digits: Digits) -> Iterator[Conventions]:
    images = scale_to_unit(digits.images)
    names = _digit_outputs(network, pictures, images[:1])
    colors = list(Colors) if pictures.channels > 3 else [Colors.WHITE_ON_BLACK, Colors.BLACK_ON_WHITE]
    best = 0.0
    for fit in _fits(pictures):
        if fit is Fit.CROPPED and best >= _GOOD_ACCURACY:
            break
        for scale, color, name in product(_scales(pictures), colors, names):
            output = run(network, images, scale, color, fit, name).reshape(len(digits), -1)
            if not np.isfinite(output).all():
                continue
            values, pixels = _kind_of_values(output), {"scale": scale, "colors": color, "fit": fit}
            for classes in _orders(output, digits.labels):
                accuracy = _accuracy(interpret(output, values, classes), digits.labels)
                best = max(best, accuracy)
                yield Conventions(**pixels, output=name, values=values, classes=classes, accuracy=accuracy)


def _digit_outputs(network: Network, pictures: ImageInput, image: NDArray[np.float32]) -> list[str]:
    """Return the names of the outputs that may be digits; raises NotImportable, saying what they are, if none may."""
    guess = Scale.UNIT, Colors.WHITE_ON_BLACK, Fit.RESIZED
    shapes = {name: run(network, image, *guess, name).shape[1:] for name in network.signature.outputs}
    sizes = {name: int(np.prod(shape)) for name, shape in shapes.items()}
    tasks = {name: _other_task(shape, pictures) for name, shape in shapes.items()}
    if names := [name for name, size in sizes.items() if size in _CLASSES]:
        return names
    letters = [name for name, size in sizes.items() if size in _OTHER_CLASSES]
    if not letters and (names := [name for name, task in tasks.items() if not task]):
        return names
    telling = max(letters or sizes, key=lambda name: sizes[name], default=None)
    what = tasks[telling] if telling else "has no numeric output"
    raise NotImportable(f"{what}, {_EXPECTED_OUTPUTS}.")


def _other_task(shape: tuple[int, ...], pictures: ImageInput) -> str | None:
    """Return what a network returns that has an output of this shape, or None if that may be digits."""
    size = int(np.prod(shape))
    if classes := _OTHER_CLASSES.get(size):
        return f"has {size:,} outputs, like a model for {classes}"
    if size == int(np.prod(pictures.shape)):
        return "returns an image for each image, like an autoencoder"
    if len(shape) == 2 and min(shape) > 1:
        return f"returns a sequence of {shape[0]} × {shape[1]} values, like a model for words"
    if len(shape) > 2 and min(shape[:2]) > 1:
        return f"returns images of {' × '.join(map(str, shape))} values"
    if size == 1:
        return "returns one value for each image"
    return None if min(_CLASSES) <= size <= _MAX_OUTPUTS else f"has {size:,} outputs"


def _fits(pictures: ImageInput) -> Iterator[Fit]:
    yield Fit.RESIZED
    if min(pictures.height, pictures.width) > INPUT_SIDE:
        yield Fit.PADDED
    if pictures.height != pictures.width:
        yield Fit.LETTERBOXED
    yield Fit.CROPPED


def _scales(pictures: ImageInput) -> Iterator[Scale]:
    if pictures.takes_fractions:
        yield from (Scale.UNIT, Scale.SIGNED, Scale.CENTERED, Scale.STANDARDIZED, Scale.COLUMNS)
        if pictures.channels == 3:
            yield Scale.IMAGENET
    yield Scale.BYTE
    if pictures.height == pictures.width == MIN_SIDE:
        yield Scale.SIXTEEN


def _kind_of_values(output: NDArray[np.float32]) -> Values:
    if output.min() < -_SUM_TOLERANCE or output.max() > 1 + _SUM_TOLERANCE:
        return Values.LOGITS
    is_distribution = np.allclose(output.sum(1), 1, atol=_SUM_TOLERANCE)
    return Values.PROBABILITIES if is_distribution else Values.SCORES


def _orders(output: NDArray[np.float32], labels: NDArray[np.uint8]) -> Iterator[tuple[int, ...]]:
    """Yield the possible orders of the digits among the outputs."""
    count = output.shape[1]
    orders = [tuple(range(first, first + 10)) for first in range(min(count - 9, 2))]
    yield from orders
    predicted = np.zeros((10, count), np.int64)
    np.add.at(predicted, (labels, output.argmax(1)), 1)
    rows, columns = linear_sum_assignment(-predicted)
    best = tuple(map(int, columns))
    if predicted[rows, columns].sum() >= _MIN_REORDERED_ACCURACY * len(labels) and best not in orders:
        yield best


def _accuracy(outputs: ClassifierOutput, labels: NDArray[np.uint8]) -> float:
    return float((outputs.probabilities.argmax(1) == labels).mean())


def _log_loss(outputs: ClassifierOutput, labels: NDArray[np.uint8]) -> float:
    return float(-np.log(np.maximum(outputs.probabilities[np.arange(len(labels)), labels], 1e-7)).mean())


def _describe(tried: Conventions) -> str:
    """Describe conventions that were tried in one row of a table."""
    order = "" if tried.classes == tuple(range(10)) else f", classes {' '.join(map(str, tried.classes))}"
    pixels = f"{tried.scale}, {tried.colors}, {tried.fit}"
    return f"{tried.accuracy:>7.1%}  {pixels}; {tried.values} of {tried.output}{order}"

"""What model cards say about a model, its training data and its license."""

from digitrec.config import EVERYHAND
from digitrec.datasets.digits import Digits
from digitrec.training.data.training_data import TrainingData

_MNIST = "MNIST (Yann LeCun and Corinna Cortes, CC BY-SA 3.0)"
_PEN_DIGITS = "Pen-Based Recognition of Handwritten Digits (E. Alpaydin and F. Alimoglu, UCI, CC BY 4.0)"
MNIST_LICENSE = f"MIT; trained on {_MNIST}"
LICENSE = f"MIT; trained on {_MNIST} and {_PEN_DIGITS}"

BASELINE_DESCRIPTION = "A plain convolutional network with three layers, trained on MNIST only."
EVERYHAND_DESCRIPTION = (
    "Reads digits from paper, pens and screens in many handwriting styles, and rejects what is not a digit."
)
LINE_DESCRIPTION = (
    "Reads a line of digits from paper, pens and screens, and marks characters that are not digits. "
    f"Combines its own scores with {EVERYHAND}'s prediction for each digit."
)


def baseline_data(train: Digits, validation: Digits) -> str:
    """Describe the data of the baseline."""
    return f"{len(train):,} MNIST training digits. {len(validation):,} other MNIST digits decided when to stop"


def everyhand_data(data: TrainingData) -> str:
    """Describe the data of everyhand."""
    return (
        f"{len(data.scans):,} MNIST training digits and {len(data.pens):,} pen digits by {data.writers} writers, with "
        "different handwriting, sizes and brushes in every epoch, plus letters, scribbles and groups of digits to "
        f"reject. {_validation_data(data)} chose the temperature and the thresholds"
    )


def fine_tuned_description(pictures: int) -> str:
    """Describe a model fine-tuned on the user's pictures."""
    return f"{EVERYHAND}, fine-tuned on {pictures:,} pictures of your own."


def fine_tuned_data(pictures: int, scans: int, held_out: int, data: TrainingData) -> str:
    """Describe the data of a fine-tuned model."""
    return (
        f"{pictures:,} pictures of your own, {scans:,} MNIST training digits and {len(data.pens):,} pen digits. "
        f"{held_out:,} more of your pictures measured the accuracy; {_validation_data(data)} chose the temperature and "
        "the thresholds"
    )


def line_data(data: TrainingData, lines_per_epoch: int, validation_lines: int) -> str:
    """Describe the data of the line model."""
    return (
        f"{lines_per_epoch:,} new lines in every epoch, composed of {len(data.scans):,} MNIST training digits and "
        f"{len(data.pens):,} pen digits by {data.writers} writers. Each line has its own handwriting style and "
        "spacing; some contain dots, dashes, letters or scribbles. Each line is used twice: as drawn on a canvas and "
        f"as photographed from paper. {validation_lines:,} other lines, composed of {_validation_data(data)}, chose "
        f"the temperature, the thresholds and the weight of {EVERYHAND}'s predictions"
    )


def _validation_data(data: TrainingData) -> str:
    return (
        f"{len(data.validation_scans):,} other MNIST digits and {len(data.validation_pens):,} pen digits by "
        f"{len({pen.writer for pen in data.validation_pens})} other writers"
    )

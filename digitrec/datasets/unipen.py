"""UNIPEN (International Unipen Foundation, train_r01_v07): digits, numbers, letters and words written on tablets.

The files are in the folder ``handwriting``: ``strokes/unipen-digits.npz``, ``numbers/unipen-numbers.npz``,
``negatives/unipen-letters-symbols.npz`` and ``negatives/unipen-words.npz``. A writer belongs to the same part in all
of them.
"""

from dataclasses import replace
from pathlib import Path

from digitrec.datasets.handwriting import LOOK_LIKE_DIGITS, Points, Writing, load_writing, pen_digits
from digitrec.datasets.parts import Part
from digitrec.datasets.pen_strokes import PenDigit
from digitrec.prediction import NON_DIGIT

DIGITS_FILE = "strokes/unipen-digits.npz"
NUMBERS_FILE = "numbers/unipen-numbers.npz"
LETTERS_FILE = "negatives/unipen-letters-symbols.npz"
WORDS_FILE = "negatives/unipen-words.npz"
UNIPEN_FILES = {
    "UNIPEN digits": DIGITS_FILE,
    "UNIPEN numbers": NUMBERS_FILE,
    "UNIPEN letters and symbols": LETTERS_FILE,
    "UNIPEN words": WORDS_FILE,
}
"""Files by what they hold, in the order in which their writers get their parts."""

_MARKS = " .,-:;"  # What may stand between the digits of a number without belonging to its text.


def load_unipen_digits(folder: Path, part: Part) -> list[PenDigit]:
    """Load the digits by the writers of a part; return nothing if the file is missing.

    Raises MissingDataError if it is damaged.
    """
    return pen_digits(load_unipen(folder, DIGITS_FILE, part))


def load_unipen_numbers(folder: Path, part: Part) -> list[Writing]:
    """Load numbers of 2 to 11 digits, each written as a whole, by the writers of a part.

    Their labels hold the digits, and a ? for each other character that isn't a mark between digits: ($ / #).
    """
    numbers = load_unipen(folder, NUMBERS_FILE, part)
    return [replace(number, label=_number_text(number.content or number.label)) for number in numbers]


def load_unipen_letters(folder: Path, part: Part) -> list[list[Points]]:
    """Load the letters and symbols that don't look like a digit, by the writers of a part."""
    return [
        sample.strokes for sample in load_unipen(folder, LETTERS_FILE, part) if sample.label not in LOOK_LIKE_DIGITS
    ]


def load_unipen_words(folder: Path, part: Part) -> list[list[Points]]:
    """Load the words by the writers of a part."""
    return [sample.strokes for sample in load_unipen(folder, WORDS_FILE, part)]


def load_unipen(folder: Path, file: str, part: Part) -> list[Writing]:
    """Load what the writers of a part wrote in one of the files. Raises MissingDataError if it is damaged."""
    files = list(UNIPEN_FILES.values())
    return load_writing(folder, file, part, files[: files.index(file)])


def _number_text(content: str) -> str:
    return "".join(character if character.isdigit() else NON_DIGIT for character in content if character not in _MARKS)

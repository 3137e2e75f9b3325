"""``compare``: compare models."""

import argparse
import sys
from pathlib import Path

from digitrec.cli.arguments import existing_path
from digitrec.config import settings
from digitrec.errors import DigitrecError, ModelError

HELP = (
    "Compare digit models on every available test set: accuracy, size and speed, as a table, a CSV file and an image."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("models", nargs="*", metavar="MODEL", help="names of the models (default all)")
    data = "folder with the data, as for evaluate (MNIST is downloaded if not given)"
    parser.add_argument("--data", type=existing_path, metavar="DIR", help=data)
    output = "where to write the table: a CSV file, and an image next to it (default %(default)s)"
    parser.add_argument("--output", type=Path, default=Path("comparison.csv"), metavar="FILE", help=output)


def run(arguments: argparse.Namespace) -> int:
    from digitrec.datasets.comparison import compare_models, draw_table, format_table
    from digitrec.datasets.sources import load_available_sources
    from digitrec.recognition.models.cards import model_names
    from digitrec.recognition.models.digit_model import load_digit_model
    from digitrec.training.data.training_data import data_folder

    picture = _picture_beside(arguments.output)
    folder = settings().models
    models, skipped = [], False
    for name in dict.fromkeys(arguments.models or model_names(folder)):
        try:
            models.append(load_digit_model(name, folder))
        except ModelError as error:
            print(f"Skipped {name}: {error}", file=sys.stderr)
            skipped = True
    if not models:
        raise DigitrecError("There is no model to compare.")
    compared = compare_models(models, load_available_sources(data_folder(arguments.data)))
    print(format_table(compared).rename(columns=" {}".format).to_string())
    compared.round(5).to_csv(arguments.output)
    draw_table(compared).save(picture)
    print(f"\nThe table is in {arguments.output} and {picture}. Times are medians for one digit on one core.")
    return int(skipped)


def _picture_beside(output: Path) -> Path:
    """Return where the picture of a table goes; raises DigitrecError if the table can't be written to ``output``."""
    if output.suffix.lower() == ".png":
        raise DigitrecError(f"{output} would be overwritten by the image. Use --output with a .csv file.")
    if output.is_dir():
        raise DigitrecError(f"{output} is a folder. Use --output with a file.")
    if not output.parent.is_dir():
        raise DigitrecError(f"The folder {output.parent} does not exist. Create it, or use another --output.")
    return output.with_suffix(".png")

"""``compare``: compare models."""

import argparse
from pathlib import Path

from digitrec.config import settings

HELP = "Compare digit models on every available source: accuracy, size and speed, as a table, a CSV file and a picture."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("models", nargs="*", metavar="MODEL", help="names of the models (default all)")
    data = "folder with the data, as for evaluate (MNIST is downloaded if not given)"
    parser.add_argument("--data", type=Path, metavar="DIR", help=data)
    output = "where to write the table: a CSV file, and a picture next to it (default %(default)s)"
    parser.add_argument("--output", type=Path, default=Path("comparison.csv"), metavar="FILE", help=output)


def run(arguments: argparse.Namespace) -> int:
    from digitrec.datasets.comparison import compare_models, draw_table, header, row, write_csv
    from digitrec.datasets.sources import load_available_sources
    from digitrec.recognition.models.cards import model_names
    from digitrec.recognition.models.digit_model import load_digit_model
    from digitrec.training.data.training_data import data_folder

    folder = settings().models
    names = dict.fromkeys(arguments.models or model_names(folder))
    models = [load_digit_model(name, folder) for name in names]
    compared = compare_models(models, load_available_sources(data_folder(arguments.data)))
    table = [header(compared), *map(row, compared)]
    widths = [max(len(cells[column]) for cells in table) for column in range(len(table[0]))]
    for name, *cells in table:
        columns = zip(cells, widths[1:], strict=True)
        print(f"{name:<{widths[0]}}" + "".join(f"{text:>{width + 2}}" for text, width in columns))
    picture = arguments.output.with_suffix(".png")
    write_csv(compared, arguments.output)
    draw_table(compared).save(picture)
    print(f"\nThe table is in {arguments.output} and {picture}. Times are medians for one digit on one core.")
    return 0

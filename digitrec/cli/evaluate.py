"""``evaluate``: evaluate a model."""

import argparse
from pathlib import Path

from digitrec.cli.arguments import existing_path
from digitrec.config import LINE, settings
from digitrec.datasets.parts import Part
from digitrec.errors import DigitrecError, MissingDataError

HELP = "Evaluate a model on every available test set of digits or numbers and write the figures to its card."
_ECE = "  expected calibration error"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default=settings().model, help="name of the model (default %(default)s)")
    data = (
        "folder with mnist.npz, pendigits-orig.tra.gz, other-scans.npz, photo-digits.zip, number-strings.zip, or some "
        "of them (MNIST is downloaded if not given)"
    )
    parser.add_argument("--data", type=existing_path, metavar="DIR", help=data)
    validation = "evaluate on validation data instead of held-out data, and leave the card unchanged"
    parser.add_argument("--validation", action="store_true", help=validation)
    mistakes = "also write an image of the misclassified digits of each test set to this folder"
    parser.add_argument("--mistakes", type=Path, metavar="DIR", help=mistakes)


def run(arguments: argparse.Namespace) -> int:
    if arguments.model != LINE:
        part = Part.VALIDATION if arguments.validation else Part.HELD_OUT
        evaluate_digits(arguments.model, arguments.data, arguments.mistakes, part)
    elif arguments.validation or arguments.mistakes:
        raise DigitrecError(f"--validation and --mistakes are for digit models. Leave them out to evaluate {LINE}.")
    elif not arguments.data:
        raise MissingDataError(f"{LINE} is evaluated on lines made from your data. Use --data with its folder.")
    else:
        evaluate_numbers(arguments.data)
    return 0


def evaluate_digits(name: str, data: Path | None, mistakes: Path | None = None, part: Part = Part.HELD_OUT) -> None:
    """Evaluate a digit model on all test sets in a folder, print the figures and write them to its card.

    With ``mistakes``, write an image of the misclassified digits of each test set to that folder. On the validation
    part, the figures are only printed.
    """
    from digitrec.datasets.mistakes import draw_contact_sheet, find_mistakes
    from digitrec.datasets.pen_strokes import PEN_DIGITS_FILE, load_pen_digits
    from digitrec.datasets.sources import load_available_sources
    from digitrec.recognition.models.digit_model import load_digit_model
    from digitrec.training.data.training_data import data_folder
    from digitrec.training.evaluate import evaluate_model
    from digitrec.training.robustness import accuracy_by_variation, reject_rates

    data, models = data_folder(data), settings().models
    if mistakes:
        mistakes.mkdir(parents=True, exist_ok=True)
    model = load_digit_model(name, models)
    card = model.card
    print(
        f"{'test set':<32}{'digits':>8}{'accuracy':>10}{'confident':>11}{'accuracy when confident':>25}"
        f"{'false rejects':>15}{_ECE}   lowest recall"
    )
    for source, digits in load_available_sources(data, part):
        evaluation = card.evaluations[source] = evaluate_model(model, digits)
        print(
            f"{source:<32}{evaluation.digits:>8}{evaluation.accuracy:>10.2%}{evaluation.confident:>11.1%}"
            f"{_percent(evaluation.confident_accuracy):>25}{evaluation.refused:>15.2%}"
            f"{evaluation.calibration_error:>{len(_ECE)}.2%}   {evaluation.lowest_recall}",
            flush=True,
        )
        if mistakes:
            draw_contact_sheet(find_mistakes(model, digits)).save(mistakes / f"{source}.png")
    refusals = reject_rates(model, data, part)
    if part is Part.HELD_OUT and (data / PEN_DIGITS_FILE).is_file():
        card.robustness = accuracy_by_variation(model, load_pen_digits(data, part))
        print("\nAccuracy on pen strokes (held-out writers), drawn and photographed differently:")
        for variation, accuracies in card.robustness.items():
            print(f"  {variation:<8}" + "  ".join(f"{value}: {share:.2%}" for value, share in accuracies.items()))
    if refusals:
        print("\nNon-digits rejected: " + ", ".join(f"{kind} {share:.1%}" for kind, share in refusals.items()))
    if part is Part.HELD_OUT:
        card.refusals |= refusals
        card.write(models / name)
    if mistakes:
        print(f"\nImages of the misclassified digits are in {mistakes}.")


def evaluate_numbers(data: Path) -> None:
    """Evaluate the line model on all test sets in a folder, print the figures and write them to its card."""
    from digitrec.datasets.pen_strokes import PEN_DIGITS_FILE
    from digitrec.recognition.models.line_model import load_line_model
    from digitrec.training.data.line_sources import line_sources, non_numbers
    from digitrec.training.evaluate import evaluate_lines, false_accept_rates

    models = settings().models
    model = load_line_model(models)
    card = model.card
    print(
        f"{'test set':<46}{'lines':>8}{'exact match':>13}{'character error rate':>22}{'confident':>11}"
        f"{'exact match when confident':>28}{'false rejects':>15}{_ECE}"
    )
    for source, lines in line_sources(data):
        evaluation = card.evaluations[source] = evaluate_lines(model, lines)
        print(
            f"{source:<46}{evaluation.lines:>8}{evaluation.exact_match:>13.2%}{evaluation.character_error_rate:>22.2%}"
            f"{evaluation.confident:>11.1%}{_percent(evaluation.confident_exact_match):>28}"
            f"{evaluation.refused:>15.2%}{evaluation.calibration_error:>{len(_ECE)}.2%}",
            flush=True,
        )
    if (data / PEN_DIGITS_FILE).is_file():
        shares = []
        for kind, lines in non_numbers(data):
            share, confident = false_accept_rates(model, lines)
            card.false_accepts[kind], card.confident_false_accepts[kind] = share, confident
            shares.append(f"{kind} {share:.1%} ({confident:.1%})")
        print(f"\nLines with non-digits read as digits only (in parentheses, confidently): {', '.join(shares)}")
    card.write(models / LINE)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.2%}"

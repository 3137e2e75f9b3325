"""``evaluate``: measure a model."""

import argparse
from pathlib import Path

from digitrec.config import LINE, settings
from digitrec.errors import MissingDataError

HELP = "Measure a model on every source of digits or numbers there is and write the figures to its card."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default=settings().model, help="name of the model (default %(default)s)")
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="folder with mnist.npz, pendigits-orig.tra.gz, other-scans.npz, photo-digits.zip, number-strings.zip, or "
        "some of them (else Keras downloads MNIST)",
    )
    parser.add_argument(
        "--mistakes", type=Path, metavar="FOLDER", help="also write a picture of all digits read wrong for each source"
    )


def run(arguments: argparse.Namespace) -> int:
    if arguments.model != LINE:
        measure(arguments.model, arguments.data, arguments.mistakes)
    elif arguments.data:
        measure_line(arguments.data)
    else:
        raise MissingDataError(
            f"Name the folder with mnist.npz by --data: {LINE} is measured on lines made of what is there."
        )
    return 0


def measure(name: str, data: Path | None, mistakes: Path | None = None) -> None:
    """Measure a model on whatever lies in a folder, print the figures and write them to its card.

    The digits it reads wrong become pictures in the folder ``mistakes``, one a source.
    """
    from digitrec.datasets.digits import scale_to_unit
    from digitrec.datasets.mistakes import draw_contact_sheet, find_mistakes
    from digitrec.datasets.pen_strokes import PEN_DIGITS_FILE, load_held_out_pen_digits
    from digitrec.datasets.sources import load_available_sources
    from digitrec.recognition.models.digit_model import load_digit_model
    from digitrec.training.data.download import data_folder
    from digitrec.training.digits.evaluate import evaluated, not_digits
    from digitrec.training.digits.robustness import drawn_otherwise, no_digits

    data, models = data_folder(data), settings().models
    model = load_digit_model(name, models)
    card, classify = model.card, model.classifier.classify
    print(
        f"{'source':<32}{'digits':>8}{'right':>9}{'sure':>9}{'right, if sure':>16}{'refused':>9}"
        f"{'calib. error':>14}   worst digit"
    )
    for source, digits in load_available_sources(data):
        found = evaluated(model, digits)
        recalls = [(recall, digit) for digit, recall in enumerate(found.per_digit) if recall is not None]
        worst, digit = min(recalls)
        right_if_sure = "-" if found.confident_accuracy is None else f"{found.confident_accuracy:.2%}"
        print(
            f"{source:<32}{found.digits:>8}{found.accuracy:>9.2%}{found.confident:>9.1%}{right_if_sure:>16}"
            f"{found.refused:>9.2%}{found.calibration_error:>14.2%}   {digit}: {worst:.1%}",
            flush=True,
        )
        card = card.model_copy(update={"evaluations": {**card.evaluations, source: found}})
        if mistakes:
            mistakes.mkdir(parents=True, exist_ok=True)
            draw_contact_sheet(find_mistakes(model, digits)).save(mistakes / f"{source}.png")
    if (data / PEN_DIGITS_FILE).is_file():
        pens = load_held_out_pen_digits(data)
        print("\npen strokes, writers held out, drawn and photographed otherwise, right:")
        robustness: dict[str, dict[str, float]] = {}
        for changed, to, digits in drawn_otherwise(pens):
            right = classify(scale_to_unit(digits.images)).probabilities.argmax(1) == digits.labels
            robustness.setdefault(changed, {})[to] = float((right & digits.images.any((1, 2))).mean())
        for changed, shares in robustness.items():
            print(f"  {changed:<8}" + "  ".join(f"{to}: {share:.2%}" for to, share in shares.items()), flush=True)
        refusals = {}
        for kind, images in no_digits(pens):
            inked = images.any((1, 2))
            refusals[kind] = float((not_digits(classify(images), card.digit_threshold) | ~inked).mean())
        print("\nno digits, refused: " + ", ".join(f"{kind} {share:.1%}" for kind, share in refusals.items()))
        card = card.model_copy(update={"robustness": robustness, "refusals": refusals})
    card.write(models / name)
    if mistakes:
        print(f"\nThe digits it reads wrong are in {mistakes}.")


def measure_line(data: Path) -> None:
    """Measure the model of lines on whatever lies in a folder, print the figures and write them to its card."""
    from digitrec.datasets.pen_strokes import PEN_DIGITS_FILE, load_held_out_pen_digits
    from digitrec.recognition.models.line_model import load_line_model
    from digitrec.training.data.line_sources import measured_lines, no_numbers
    from digitrec.training.lines.evaluate import evaluated_lines, false_accepts

    models = settings().models
    model = load_line_model(models)
    evaluations, without = {}, {}
    print(
        f"{'source':<46}{'lines':>8}{'exact':>9}{'digits wrong':>14}{'sure':>9}{'exact, if sure':>16}{'refused':>9}"
        f"{'calib. error':>14}"
    )
    for source, lines in measured_lines(data):
        found = evaluations[source] = evaluated_lines(model, lines)
        exact_if_sure = "-" if found.confident_exact_match is None else f"{found.confident_exact_match:.2%}"
        print(
            f"{source:<46}{found.lines:>8}{found.exact_match:>9.2%}{found.character_error_rate:>14.2%}{found.confident:>9.1%}"
            f"{exact_if_sure:>16}{found.refused:>9.2%}{found.calibration_error:>14.2%}",
            flush=True,
        )
    if (data / PEN_DIGITS_FILE).is_file():
        without = {kind: false_accepts(model, lines) for kind, lines in no_numbers(load_held_out_pen_digits(data))}
        shares = ", ".join(f"{kind} {share:.1%}" for kind, share in without.items())
        print(f"\nsomething that is no digit, read as digits alone: {shares}")
    model.card.model_copy(update={"evaluations": evaluations, "false_accepts": without}).write(models / LINE)

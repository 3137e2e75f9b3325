import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from digitrec.api.responses import response_from
from digitrec.cli import main
from digitrec.prediction import InputMethod
from tests.support.damaged_files import mutate, sample_files
from tests.support.pictures import drawing_png, encode_image, number_ink, on_paper, photo

KEYS = ["file", "text", "confidence", "verdict", "reason", "probabilities", "model", "milliseconds", "error"]
NUMBER_DETAILS = ["digits", "alternatives", "doubts"]
NUMBER_KEYS = ["file", "text", "confidence", "verdict", *NUMBER_DETAILS, "model", "milliseconds", "error"]


@pytest.fixture
def images(tmp_path):
    (tmp_path / "below").mkdir()
    (tmp_path / "three.png").write_bytes(drawing_png(3))
    (tmp_path / "below" / "seven.JPG").write_bytes(encode_image(photo(7), "JPEG"))
    (tmp_path / "notes.txt").write_text("not a picture, and not named like one")
    return tmp_path


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_each_image_of_a_folder_is_a_json_line(images, capsys):
    assert main(["predict", "--json", str(images)]) == 0

    seven, three = lines(capsys)
    assert list(seven) == KEYS
    assert (seven["text"], three["text"]) == ("7", "3")
    assert seven["file"].endswith("seven.JPG")
    assert len(three["probabilities"]) == 10
    assert three["confidence"] == max(three["probabilities"])
    assert three["error"] is None


def test_damaged_file_is_reported_and_others_are_recognized(images, capsys):
    (images / "broken.png").write_bytes(drawing_png(3)[:100])

    status = main(["predict", "--json", str(images / "broken.png"), str(images / "gone.png"), str(images)])

    broken, gone, *others = lines(capsys)
    assert status == 1
    assert list(broken) == KEYS
    assert "damaged" in broken["error"] or "Unsupported file type" in broken["error"]
    assert "No such file" in gone["error"]
    assert broken["text"] is None
    assert [line["text"] for line in others] == ["7", None, "3"]


def test_text_output_has_tab_separated_columns(images, capsys):
    (images / "blank.png").write_bytes(encode_image(Image.new("L", (50, 50), 255)))

    main(["predict", str(images / "three.png"), str(images / "blank.png"), str(images / "notes.txt")])

    three, blank, notes = (line.split("\t") for line in capsys.readouterr().out.splitlines())
    assert three[1] == "3"
    assert three[3] in ("digit", "unsure")
    assert blank[1:] == ["", "0.0%", "blank"]
    assert notes[1].startswith("error: Unsupported file type")


def test_folder_without_images_is_an_error(tmp_path, capsys):
    assert main(["predict", str(tmp_path)]) == 1
    assert "No images found" in capsys.readouterr().err


def test_file_name_with_line_breaks_stays_on_one_line(tmp_path, capsys):
    (tmp_path / "two\nlines.png").write_bytes(drawing_png(2))
    main(["predict", str(tmp_path)])
    assert capsys.readouterr().out.count("\n") == 1


def test_file_name_that_the_output_cannot_hold_is_no_error(tmp_path, monkeypatch):
    (tmp_path / "数字.png").write_bytes(drawing_png(2))
    output = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(output, "cp1252"))

    assert main(["predict", str(tmp_path)]) == 0

    assert b"??.png\t2\t" in output.getvalue()


@pytest.mark.slow
def test_closed_pipe_ends_quietly(images):
    command = f"{sys.executable} -m digitrec predict {images} {images} {images} | head -1"
    output = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert "Traceback" not in output.stderr


def test_image_is_read_from_standard_input(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(drawing_png(3))))

    assert main(["predict", "--json", "-"]) == 0

    [three] = lines(capsys)
    assert (three["file"], three["text"]) == ("-", "3")


@pytest.mark.slow
def test_only_errors_are_written_to_standard_error(images):
    arguments = ["predict", str(images / "three.png")]
    output = subprocess.run([sys.executable, "-m", "digitrec", *arguments], capture_output=True, text=True)
    assert (output.stdout.split("\t")[1], output.stderr) == ("3", "")


def test_modes_are_named_as_they_are_given(images, capsys):
    with pytest.raises(SystemExit):
        main(["predict", "--mode", "letter", str(images)])

    message = capsys.readouterr().err
    assert "digit" in message and "Mode" not in message


def test_unknown_model_is_an_error(images, capsys):
    assert main(["predict", "--model", "nobody", str(images)]) == 1
    assert "card.json is missing" in capsys.readouterr().err


@pytest.mark.parametrize("options", [["--number", "--model", "everyhand"], ["--model", "line"]])
def test_model_for_the_other_mode_is_an_error(images, capsys, options):
    assert main(["predict", *options, str(images)]) == 1
    assert "Use the model line with --mode number" in capsys.readouterr().err


@pytest.mark.slow
def test_results_are_streamed_without_loading_tensorflow(images):
    code = (
        "import sys; from digitrec.cli import main; status = main(sys.argv[1:]);"
        "print('tensorflow' in sys.modules or 'keras' in sys.modules); sys.exit(status)"
    )
    fifo = images / "later.png"
    os.mkfifo(fifo)
    with subprocess.Popen(
        [sys.executable, "-c", code, "predict", str(images / "three.png"), str(fifo)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        # The second image becomes available only after the first result.
        first = process.stdout.readline()
        fifo.write_bytes(drawing_png(5))
        second, tensorflow = process.stdout.read().splitlines()

    assert first.split("\t")[1] == "3"
    assert second.split("\t")[1] == "5"
    assert tensorflow == "False"
    assert process.returncode == 0


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
@pytest.mark.slow
def test_each_damaged_file_has_its_own_line(tmp_path, capsys):
    random = np.random.default_rng(1)
    for number, file in enumerate(sample_files() * 3):
        (tmp_path / f"{number:03}.png").write_bytes(mutate(file, random))

    main(["predict", "--json", str(tmp_path)])

    results = lines(capsys)
    assert len(results) == 3 * len(sample_files())
    assert all((line["error"] is None) != (line["verdict"] is None) for line in results)
    assert any(line["error"] for line in results)


def test_numbers_have_boxes_and_alternatives_like_the_api(tmp_path, capsys, number_recognizer):
    sheet, _ = on_paper(number_ink("2026", 60)[0])
    (tmp_path / "year.jpg").write_bytes(encode_image(Image.fromarray(sheet), "JPEG"))
    (tmp_path / "broken.png").write_bytes(b"no picture")

    assert main(["predict", "--number", "--json", str(tmp_path)]) == 1
    broken, year = lines(capsys)
    assert list(year) == list(broken) == NUMBER_KEYS
    assert "Unsupported file type" in broken["error"]
    assert year["text"] == "".join(str(digit["digit"]) for digit in year["digits"]) == "2026"
    assert year["model"] == "line"
    left = [digit["box"]["left"] for digit in year["digits"]]
    assert left == sorted(left)
    assert all(
        alternative["number"] and alternative["confidence"] < year["confidence"] for alternative in year["alternatives"]
    )
    # Fields that the API has too hold the same values.
    response = response_from(
        number_recognizer.recognize((tmp_path / "year.jpg").read_bytes(), InputMethod.UPLOAD), debug=False
    )
    response = response.model_dump(include=set(NUMBER_DETAILS), exclude={"digits": {"__all__": {"steps"}}})
    assert {name: year[name] for name in response} == response

    assert main(["predict", "--number", str(tmp_path / "year.jpg")]) == 0
    assert capsys.readouterr().out.split("\t")[1] == "2026"


def test_automatic_mode_recognizes_digits_and_numbers(tmp_path, capsys):
    encoded = encode_image(Image.fromarray(on_paper(number_ink("2741", 90)[0])[0]), "JPEG")
    (tmp_path / "a.jpg").write_bytes(encoded)
    (tmp_path / "b.png").write_bytes(drawing_png(7))

    assert main(["predict", "--json", str(tmp_path)]) == 0

    number, digit = map(json.loads, capsys.readouterr().out.splitlines())
    assert (number["text"], number["model"], digit["text"]) == ("2741", "line", "7")

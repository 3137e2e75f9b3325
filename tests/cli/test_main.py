import errno
import subprocess
import sys

import pytest

from digitrec.cli import main


@pytest.mark.parametrize(
    ("library", "command", "requirements"),
    [
        ("pydantic", "tidy", "requirements-serve.txt"),
        ("ai_edge_litert", "predict", "requirements-serve.txt"),
        ("tensorflow", "train", "requirements.txt"),
    ],
)
@pytest.mark.slow
def test_missing_library_is_named_with_the_command_to_install_it(library, command, requirements, tmp_path):
    arguments = {"tidy": [], "predict": ["x.png"], "train": ["--data", str(tmp_path)]}[command]
    # None makes every import of the library fail, as if it weren't installed.
    program = (
        f"import sys; sys.modules[{library!r}] = None; from digitrec.cli import main; sys.exit(main(sys.argv[1:]))"
    )

    result = subprocess.run([sys.executable, "-c", program, command, *arguments], capture_output=True, text=True)

    assert result.returncode == 1
    assert result.stderr.splitlines()[-2:] == [
        f"{library} isn't installed. Activate digitrec's environment, or run:",
        f"pip install -r {requirements}",
    ]


@pytest.mark.slow
def test_command_for_digit_models_refuses_the_line_model(capsys):
    assert main(["benchmark", "--model", "line"]) == 1
    assert capsys.readouterr().err == "The model line recognizes numbers. Use one that recognizes digits.\n"


def test_name_without_fine_tuning_is_refused(tmp_path, capsys):
    assert main(["train", "--data", str(tmp_path), "--name", "mine"]) == 1
    assert "Leave it out to train everyhand" in capsys.readouterr().err


def test_system_error_without_a_file_is_one_line(monkeypatch, capsys):
    def fail(arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("digitrec.cli.tidy.run", fail)

    assert main(["tidy"]) == 1
    assert capsys.readouterr().err == "[Errno 28] No space left on device\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("import", "{}"),
        ("import", "pyproject.toml", "--data", "{}"),
        ("train", "--data", "{}"),
        ("evaluate", "--data", "{}"),
        ("evaluate", "--model", "line", "--data", "{}"),
        ("compare", "--data", "{}"),
        ("index", "--data", "{}"),
        ("folds", "--data", "{}"),
        ("train", "--extra", "{}"),
    ],
)
def test_missing_path_is_reported_before_anything_else(tmp_path, capsys, arguments):
    missing = tmp_path / "missing"

    assert main([argument.format(missing) for argument in arguments]) == 1

    assert capsys.readouterr() == ("", f"{missing}: No such file or directory\n")


def test_missing_model_to_start_from_is_reported_before_anything_else(tmp_path, capsys):
    assert main(["train", "--data", str(tmp_path), "--start", str(tmp_path)]) == 1

    assert capsys.readouterr() == ("", f"{tmp_path / 'model.keras'}: No such file or directory\n")

"""Import a model that was trained elsewhere, in a separate process with limits on time and memory."""

import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from digitrec.errors import DigitrecError, ModelBroken
from digitrec.recognition.models.cards import INCOMPLETE_PREFIX, DigitCard, read_card
from digitrec.server.limited_process import run_limited

MAX_SECONDS = 15 * 60
MAX_BYTES = 8 * 2**30  # Address space: TensorFlow alone takes three gigabytes.
_KILLED = -9  # The exit status of a process that was killed, for example by Linux when memory ran out.
# Importing it would import much that only the process needs.
_WORKER = "digitrec.training.imported.worker"


@dataclass(frozen=True, slots=True)
class Request:
    """A request to import a model."""

    path: Path
    name: str
    data: Path  # The folder with mnist.npz.
    command: str  # The command line, for the card.
    trusted: bool = False  # Whether code in the file may run.


def import_model(
    request: Request, models: Path, progress: Callable[[str], object], seconds: float = MAX_SECONDS
) -> DigitCard:
    """Import a model into the folder ``models`` and return its card.

    ``progress`` is called with a line of text for each stage. Raises ModelBroken if the model can't be imported,
    exceeds the limits on time or memory, or has a name that is taken, and ModuleNotFoundError if a library that it
    needs isn't installed.
    """
    models.mkdir(parents=True, exist_ok=True)
    target = models / request.name
    # In the same file system, so that the complete model appears in one step: the app offers every model it finds.
    with tempfile.TemporaryDirectory(prefix=INCOMPLETE_PREFIX, dir=models) as temporary:
        folder = Path(temporary) / request.name
        folder.mkdir()
        _run_worker(request, folder, progress, seconds)
        try:
            folder.rename(target)
        except OSError as error:
            if not target.exists():
                raise
            raise ModelBroken(f"A model named {request.name} already exists. Use another name.", target) from error
    return read_card(request.name, models)


def _run_worker(request: Request, folder: Path, progress: Callable[[str], object], seconds: float) -> None:
    path = request.path
    # What a killed process leaves behind is deleted with this folder.
    environment = {"TMPDIR": str(folder.parent)}
    trusted = "trusted" if request.trusted else ""
    arguments = str(path), request.name, str(request.data), request.command, trusted, str(folder)
    messages = run_limited(_WORKER, *arguments, seconds=seconds, **environment)
    try:
        with closing(messages):
            for message in messages:
                match message:
                    case {"progress": stage}:
                        progress(stage)
                    case {"broken": text}:
                        raise ModelBroken(text, path)
                    case {"error": text}:
                        raise DigitrecError(text)
    except TimeoutError as error:
        minutes = round(seconds / 60)
        raise ModelBroken(f"{path} couldn't be imported: it took more than {minutes} minutes.", path) from error
    except ChildProcessError as error:
        if error.args == (_KILLED,):
            why = "its process was killed. The machine may have run out of memory"
        else:
            why = f"it crashed TensorFlow, or needs more than {MAX_BYTES // 2**30} GB of memory"
        raise ModelBroken(f"{path} couldn't be imported: {why}.", path) from error

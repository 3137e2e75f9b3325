"""Import a network that was trained elsewhere, in a separate process with limits on time and memory."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Timer

from digitrec.config import ROOT
from digitrec.errors import DigitrecError, ModelBroken
from digitrec.recognition.models.cards import DigitCard, read_card
from digitrec.training.imported.worker import MEMORY_BYTES, SECONDS, Request

_COMMAND = (sys.executable, "-W", "ignore", "-m", "digitrec.training.imported.worker")


def import_model(
    request: Request, models: Path, progress: Callable[[str], object], seconds: int = SECONDS
) -> DigitCard:
    """Import a model into the folder ``models`` and return its card.

    ``progress`` is called with a line of text for each stage. Raises ModelBroken if the model can't be imported, or
    takes more time or memory than it may.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / request.name
        folder.mkdir()
        _run_worker(request, folder, progress, seconds)
        # Move the complete folder in one step, because the app offers every model it finds.
        models.mkdir(parents=True, exist_ok=True)
        shutil.move(folder, models / request.name)
    return read_card(request.name, models)


def _run_worker(request: Request, folder: Path, progress: Callable[[str], object], seconds: int) -> None:
    command = [*_COMMAND, request.to_json(), str(folder), str(seconds)]
    done = False
    # What a killed process leaves behind is deleted with this folder.
    environment = os.environ | {"TMPDIR": str(folder.parent)}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as worker:
        timer = Timer(seconds, worker.kill)
        timer.start()
        try:
            assert worker.stdout is not None
            for line in worker.stdout:
                message = json.loads(line)
                match message:
                    case {"missing": name}:
                        raise ModuleNotFoundError(name=name)
                    case {"error": text}:
                        raise ModelBroken(text, request.path)
                    case {"other_error": text}:
                        raise DigitrecError(text)
                    case {"progress": text}:
                        progress(text)
                    case _:
                        done = True
        except BaseException:
            worker.kill()
            raise
        finally:
            is_late = not timer.is_alive()
            timer.cancel()
    if is_late and not done:
        raise ModelBroken(
            f"{request.path} was given up, because it took more than {seconds // 60} minutes.", request.path
        )
    if not done:
        gigabytes = MEMORY_BYTES // 2**30
        raise ModelBroken(
            f"{request.path} was given up, because it is damaged or takes more than {gigabytes} GB of memory: the "
            f"process that converted it ended with status {worker.returncode}.",
            request.path,
        )

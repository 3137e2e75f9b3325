"""Importing a model file, and deleting an imported model."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from threading import Lock

import streamlit as st

from digitrec.accounts.users import LOCAL_USER
from digitrec.config import ROOT, settings
from digitrec.recognition.models.cards import (
    INCOMPLETE_PREFIX,
    MODEL_NAME,
    MODEL_NAME_RULE,
    DigitCard,
    suggest_model_name,
)
from digitrec.server.addresses import is_loopback
from digitrec.services import services
from digitrec.web.shared.current_user import current_user, is_admin
from digitrec.web.shared.names import escape_markdown
from digitrec.web.shared.notices import notify_errors, queue_notice

SUFFIXES = ("keras", "h5", "hdf5", "tflite", "onnx", "zip")
_MAX_MEGABYTES = 10  # As server.maxUploadSize.
_MAX_MINUTES = 20
_FOLDER_PREFIX = "digitrec-import-"
_END_SECONDS = 5
_STOPPED = "The import was stopped. The machine may have run out of memory."
# What TensorFlow and Keras log isn't part of the error message.
_NOISE = re.compile(r"WARNING: All log messages|[IWE]\d{4} |Downloading data from")
_importing = Lock()  # Held while a model is imported: one takes a core and up to 8 GB.


def may_import() -> bool:
    """Return whether this user may import and delete models.

    That is an admin or, without sign-in, the local user; and only on a server that other machines can't reach, unless a
    setting allows it elsewhere.
    """
    is_behind_proxy = any(name in st.context.headers for name in ("Forwarded", "X-Forwarded-For"))
    is_private = is_loopback(st.get_option("server.address")) and not is_behind_proxy
    return (is_admin() or current_user() == LOCAL_USER) and (is_private or settings().import_models)


def show_import() -> None:
    """Show the form that imports a model from a file, if the user may import models."""
    if not may_import():
        return
    st.header("Import a model")
    if find_spec("tensorflow") is None:
        st.info("Importing needs TensorFlow, which isn't installed here. Run this command, then restart the app:")
        st.code("pip install -r requirements.txt", language="bash")
        return
    st.markdown(
        "Upload a model that recognizes single digits: a `.keras`, `.h5`, `.tflite` or `.onnx` file, or a ZIP file "
        "that contains one of these or a SavedModel. digitrec works out which input the model expects. Files that "
        "contain code are rejected. Still, only import models from people you trust. On the server, "
        "`python -m digitrec import FILE` imports larger files too."
    )
    file = st.file_uploader("Model file", type=SUFFIXES, max_upload_size=_MAX_MEGABYTES, key="model-file")
    suggested = suggest_model_name(file.name) if file else ""
    name = st.text_input("Name", suggested, max_chars=40, help=MODEL_NAME_RULE, key=f"name-{suggested}")
    if st.button("Import", icon=":material/upload:", disabled=not (file and name), key="import") and file:
        if not MODEL_NAME.fullmatch(name):
            st.error(f"This name isn't valid. {MODEL_NAME_RULE}", icon=":material/error:")
        elif (settings().models / name).exists():
            st.error(f"A model named {name} already exists. Choose another name.", icon=":material/error:")
        # The button may have been clicked in a session that is no longer an admin's.
        elif may_import():
            _import(file.name, file.getvalue(), name)


def show_delete(card: DigitCard, default: str) -> None:
    """Show the button that deletes an imported model, if the user may delete models."""
    if card.conventions is None or card.name == default or not may_import():
        return
    with st.popover("Delete model", icon=":material/delete:"):
        st.markdown(f"Delete {card.name} from this server? Its predictions stay in the history.")
        st.button("Delete", key="delete-model", type="primary", on_click=_delete, args=(card.name,))


def delete_abandoned_imports() -> None:
    """Delete the temporary files of imports during which the server was killed."""
    uploads = Path(tempfile.gettempdir()).glob(f"{_FOLDER_PREFIX}*")
    for folder in (*uploads, *settings().models.glob(f"{INCOMPLETE_PREFIX}*")):
        with suppress(OSError):
            # Another server on this machine may still be importing.
            if time.time() - folder.stat().st_mtime > 2 * 60 * _MAX_MINUTES:
                shutil.rmtree(folder, ignore_errors=True)


@notify_errors()
def _delete(name: str) -> None:
    if may_import():
        services().delete_model(name)
        queue_notice(f"Deleted {name}.")


def _import(filename: str, content: bytes, name: str) -> None:
    if not _importing.acquire(blocking=False):
        st.error("Another model is being imported. Try again when it is done.", icon=":material/error:")
        return
    try:
        with tempfile.TemporaryDirectory(prefix=_FOLDER_PREFIX, ignore_cleanup_errors=True) as folder:
            # The card names the file. A name may have up to 255 bytes, and a character up to 4.
            safe = Path(re.sub(r"[^\w ().-]", "_", Path(filename).name))
            path = Path(folder) / f"{safe.stem[:50]}{safe.suffix.lower()}"
            path.write_bytes(content)
            error = _run(path, filename, name)
    finally:
        _importing.release()
    if error is not None:
        # The message may end with a table of what was tried.
        summary, _, table = error.partition("\n")
        st.error(escape_markdown(summary), icon=":material/error:")
        if table:
            st.code(table, language=None)
        return
    queue_notice(f"Imported {name}. You can choose it on the Draw page.")
    st.rerun()


def _run(path: Path, filename: str, name: str) -> str | None:
    """Import a file with the command, show its progress, and return its error message if it fails.

    Users see the file's own name, not where it was saved.
    """
    command = [sys.executable, "-W", "ignore", "-m", "digitrec", "import", str(path), "--name", name]
    if folder := settings().datasets:
        command += ["--data", str(folder)]
    with st.status("Importing", expanded=False) as status, _started(command, path.parent) as process:
        lines, stage, start = list[str](), "Importing …", time.monotonic()
        for line in _lines_of(process):
            seconds = int(time.monotonic() - start)
            if seconds > 60 * _MAX_MINUTES:
                status.update(label="The model wasn't imported", state="error")
                return f"{filename} couldn't be imported: it took more than {_MAX_MINUTES} minutes."
            if line is not None and not _NOISE.match(line):
                line = line.replace(str(path), filename)
                if line.endswith("…"):
                    stage, lines = line, []
                else:
                    lines.append(line)
                    st.text(line)
            # If the user has left the page, this ends the run.
            status.update(label=f"{stage} {seconds} s")
        if process.wait() == 0:
            status.update(label=f"Imported {name}", state="complete")
            return None
        status.update(label="The model wasn't imported", state="error")
    # The last stage ended with the error message.
    return "\n".join(lines) or _STOPPED


def _lines_of(process: subprocess.Popen[bytes]) -> Iterator[str | None]:
    """Yield the lines that a process writes, and None for each second in which it writes none."""
    assert process.stdout is not None
    with DefaultSelector() as selector:
        selector.register(process.stdout, EVENT_READ)
        while True:
            if not selector.select(timeout=1):
                yield None
            elif line := process.stdout.readline():
                yield line.decode(errors="replace").rstrip()
            else:
                return


@contextmanager
def _started(command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command whose temporary files are in a folder, and end it with all its processes if the user leaves."""
    environment = os.environ | {
        "DIGITREC_MODELS": str(settings().models),
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        "TMPDIR": str(folder),
    }
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,  # A buffer would hide lines from the selector.
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                # Let the command delete the incomplete model.
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_END_SECONDS)
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

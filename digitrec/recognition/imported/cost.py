"""Measure what a prediction of an imported network costs."""

import math
from pathlib import Path
from textwrap import shorten
from time import process_time

import numpy as np

from digitrec.errors import ModelBroken
from digitrec.recognition.imported.network import load_network
from digitrec.server.limited_process import Report, limit_growth, run_limited

MAX_SECONDS = 0.1
MAX_BYTES = 2**30
_RUNS = 2  # The first may include some preparation.
_PATIENCE_SECONDS = 5 * 60


def check_cost(file: Path, path: Path) -> float:
    """Return the seconds of CPU time that a network takes for one picture.

    Raises ModelBroken, naming the model ``path``, if that is more than 0.1 seconds or if, on Linux, loading the network
    and running it on a full batch takes more than 1 GB. It runs in a separate process, so that an expensive network
    does no harm.
    """
    try:
        [measured] = run_limited(__name__, str(file), seconds=_PATIENCE_SECONDS)
    except TimeoutError as error:
        raise ModelBroken(f"{path} is too slow: it takes minutes for a prediction.", path) from error
    except ChildProcessError as error:
        gigabytes = MAX_BYTES // 2**30
        message = f"{path} crashes, or takes more than {gigabytes} GB of memory for predictions."
        raise ModelBroken(message, path) from error
    if "error" in measured:
        raise ModelBroken(f"{path} can't be run: {measured['error']}", path)
    if measured["seconds"] > MAX_SECONDS:
        raise ModelBroken(
            f"{path} is too slow: it takes {measured['seconds']:.2f} seconds for a prediction, and the app allows "
            f"{MAX_SECONDS}.",
            path,
        )
    return float(measured["seconds"])


def work(report: Report, file: str) -> None:
    """Run a network, and report the seconds that one picture takes, or why it can't be run."""
    limit_growth(MAX_BYTES)
    try:
        report(seconds=_seconds(Path(file)))
    except Exception as error:  # LiteRT and ONNX Runtime raise many kinds of exceptions.
        if isinstance(error, MemoryError) or "allocate" in str(error):
            raise
        report(error=shorten(str(error), 200, placeholder=" …"))


def _seconds(file: Path) -> float:
    network = load_network(file)
    pictures = network.signature.pictures
    assert pictures is not None
    noise = np.random.default_rng(0).random((pictures.batch_size, *pictures.shape), np.float32)
    batch, single = (pictures.batch_of(pictures.quantize(part)) for part in (noise, noise[:1]))
    output, *others = network.signature.outputs
    seconds = math.inf
    for _ in range(_RUNS):
        start = process_time()
        network.run(single, output)
        seconds = min(seconds, process_time() - start)
        if seconds <= MAX_SECONDS:
            for name in (output, *others):
                network.run(batch, name)
            break
    return seconds

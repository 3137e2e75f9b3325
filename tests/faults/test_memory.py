"""Threads that recognize an image and end leave nothing in the memory of the server."""

import ctypes
import os
import subprocess
import sys
from textwrap import dedent

import pytest

from digitrec.config import ROOT

THREADS = 1000
MEASURE_LEAK = """
    import ctypes, threading
    from digitrec.config import settings
    from digitrec.prediction import InputMethod
    from digitrec.recognition.digit_recognizer import DigitRecognizer
    from digitrec.recognition.models.digit_model import load_digit_model
    from digitrec.samples import samples, strokes_to_png
    from digitrec.server.process import configure_process

    class Mallinfo(ctypes.Structure):
        _fields_ = [(name, ctypes.c_size_t) for name in "arena o s b hblkhd u f used free k".split()]

    libc = ctypes.CDLL(None)
    libc.mallinfo2.restype = Mallinfo
    configure_process()
    recognizer = DigitRecognizer(load_digit_model(settings().model, settings().models))
    drawing = strokes_to_png(samples()[7])

    def used_after(threads):
        for _ in range(threads):
            thread = threading.Thread(target=recognizer.recognize, args=(drawing, InputMethod.CANVAS))
            thread.start()
            thread.join()
        return libc.mallinfo2().used

    before = used_after(100)
    print((used_after({threads}) - before) / {threads})
"""


@pytest.mark.full
@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="only glibc has mallinfo2"
)
def test_finished_threads_leak_no_memory(tmp_path):
    script = dedent(MEASURE_LEAK).format(threads=THREADS)
    environment = {**os.environ, "DIGITREC_DATA": str(tmp_path), "PYTHONPATH": str(ROOT)}

    process = subprocess.run([sys.executable, "-c", script], env=environment, cwd=ROOT, capture_output=True, text=True)

    assert process.returncode == 0, process.stderr
    # With OpenCV's own threads, each thread would leak 880 bytes.
    assert float(process.stdout) < 100

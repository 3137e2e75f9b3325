"""What a thread that comes, reads and goes leaves in the memory of the server."""

import ctypes
import subprocess
import sys
from textwrap import dedent

import pytest

from digitrec.config import ROOT

THREADS = 1000
LEFT = """
    import ctypes, threading
    import server
    from digitrec.recognition.recognition import Source
    from digitrec.samples import png, samples

    class Mallinfo(ctypes.Structure):
        _fields_ = [(name, ctypes.c_size_t) for name in "arena o s b hblkhd u f used free k".split()]

    libc = ctypes.CDLL(None)
    libc.mallinfo2.restype = Mallinfo
    recognizer, drawing = server.recognizer(), png(samples()[7])

    def used_after(threads):
        for _ in range(threads):
            thread = threading.Thread(target=recognizer.recognize, args=(drawing, Source.CANVAS))
            thread.start()
            thread.join()
        return libc.mallinfo2().used

    before = used_after(100)
    print((used_after({threads}) - before) / {threads})
"""


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="only glibc tells what is used"
)
def test_thread_that_read_leaves_nothing(tmp_path):
    script = dedent(LEFT).format(threads=THREADS)
    environment = {"DIGITREC_DATA": str(tmp_path), "PYTHONPATH": str(ROOT)}

    ran = subprocess.run([sys.executable, "-c", script], env=environment, cwd=ROOT, capture_output=True, text=True)

    assert ran.returncode == 0, ran.stderr
    # One that OpenCV keeps something of leaves 880 bytes.
    assert float(ran.stdout) < 100

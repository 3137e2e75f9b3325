import json
import os
import signal
import subprocess
import sys
from contextlib import closing
from threading import Thread

import numpy as np
import psutil
import pytest
from PIL import Image

from digitrec.config import ROOT
from digitrec.errors import Busy, DigitrecError, ImageError
from digitrec.imaging.files import decoder_pool
from digitrec.imaging.files.decode import decode_color, to_gray
from digitrec.imaging.files.decode_worker import READY, SIZE
from digitrec.imaging.files.decoder_pool import DecoderPool, decode_untrusted
from digitrec.prediction import InputMethod
from tests.support.app import eventually
from tests.support.damaged_files import mutate, sample_files
from tests.support.hostile import blank_png, progressive_jpeg, with_text
from tests.support.pictures import encode_image, photo
from tests.support.processes import children

MAX_PIXELS = 80_000_000
SMALL = encode_image(Image.new("L", (40, 30), 200))
# Pillow warns about damaged files and decodes many of them anyway.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")


@pytest.fixture
def pool():
    """Return a separate pool that allows many pixels and much time."""
    pool = DecoderPool(MAX_PIXELS, seconds=20)
    yield pool
    pool.close()


def large_photos():
    picture = photo(5).resize((1200, 900)).convert("RGB")
    return [encode_image(picture, name) for name in ("JPEG", "PNG", "WEBP", "HEIF", "AVIF", "TIFF")]


def outcome(decode, data):
    try:
        gray, steps = decode(data)
    except ImageError as error:
        return str(error), error.reason
    return gray.tobytes(), [(step.name, step.reason, step.image.shape, step.image.tobytes()) for step in steps]


def decoders():
    return children("digitrec.imaging.files.decode_worker")


@pytest.mark.slow
def test_decoder_process_returns_the_same_as_decoding_here():
    random = np.random.default_rng(0)
    damaged = [mutate(data, random) for data in sample_files() for _ in range(2)]
    for data in [*sample_files(), *large_photos(), *damaged, b"", b"text", blank_png(8000, 10), bytes(11 * 2**20)]:
        assert outcome(decode_untrusted, data) == outcome(lambda data: to_gray(decode_color(data, 24_000_000)), data)


@pytest.mark.slow
def test_only_small_png_files_are_decoded_here():
    # The next pool hasn't started any process.
    decoder_pool.decoder_pool.cache_clear()
    before = len(decoders())
    small, large = (encode_image(Image.new("L", (side, 30), 200)) for side in (2000, 2001))

    assert outcome(decode_untrusted, small)
    assert len(decoders()) == before
    jpeg, bomb = encode_image(Image.new("RGB", (40, 30)), "JPEG"), with_text(small)
    for data in (large, jpeg, bomb, small + bytes(2**20), b"text"):
        outcome(decode_untrusted, data)
        assert len(decoders()) == before + 1, data[:10]
        decoder_pool.decoder_pool().close()
        decoder_pool.decoder_pool.cache_clear()


@pytest.mark.parametrize(("cores", "megapixels", "processes"), [(1, 24, 2), (3, 24, 3), (64, 24, 4), (64, 80, 2)])
def test_memory_of_decoders_does_not_grow_with_the_cores(monkeypatch, cores, megapixels, processes):
    monkeypatch.setattr(decoder_pool, "available_cores", lambda: cores)

    assert len(DecoderPool(megapixels * 10**6)._decoders) == processes


@pytest.mark.slow
def test_slow_image_is_rejected_and_the_next_one_is_decoded(pool):
    def allow(seconds):
        for decoder in pool._decoders:
            decoder._seconds = seconds

    allow(0.7)
    with pytest.raises(ImageError, match=r"takes too long to open\. Save it as a plain JPEG or PNG") as caught:
        pool.decode(progressive_jpeg(50, megapixels=80))

    assert caught.value.reason == "too_complex"
    allow(20)
    [killed] = [decoder._process for decoder in pool._decoders if decoder._process]
    assert killed.returncode == -signal.SIGKILL
    assert pool.decode(SMALL).pixels.shape == (30, 40, 3)


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux limits the memory of a process.")
def test_image_that_takes_too_much_memory_is_rejected(pool):
    pool.decode(SMALL)
    [decoder] = [decoder for decoder in decoders() if decoder.cmdline()[-1] == str(MAX_PIXELS)]
    soft, hard = decoder.rlimit(psutil.RLIMIT_AS)
    assert 192 * 2**20 < soft - 16 * MAX_PIXELS < 2**30
    assert hard == soft
    decoder.rlimit(psutil.RLIMIT_AS, (2**28, 2**28))

    with pytest.raises(ImageError) as caught:
        pool.decode(blank_png(9000, 8000))

    assert caught.value.reason == "too_complex"
    assert pool.decode(SMALL).pixels.shape == (30, 40, 3)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "size"), [("HEIF", (1000, 1000)), ("JPEG", (1000, 1000)), ("WEBP", (6000, 4000))])
def test_image_of_the_most_pixels_has_enough_memory(name, size):
    image = encode_image(Image.new("RGB", size, "white"), name)
    with closing(DecoderPool(size[0] * size[1], seconds=60)) as pool:
        assert pool.decode(image).width == size[0]


def has_ended(process):
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_killed_decoder_is_replaced(pool):
    pool.decode(SMALL)
    # Decoders of other tests may be left.
    [process] = [psutil.Process(decoder._process.pid) for decoder in pool._decoders if decoder._process]
    process.kill()
    eventually(lambda: has_ended(process), True)

    assert pool.decode(SMALL).pixels.shape == (30, 40, 3)


def header(**fields):
    content = json.dumps(fields).encode()
    return SIZE.pack(len(content)) + content


GRAY = {"pixels": [2, 2, 1], "file_format": "PNG", "width": 2, "height": 2}


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        SIZE.pack(2**32 - 1),
        SIZE.pack(4) + b"1234",
        SIZE.pack(1000) + b"[" * 1000,
        header(**GRAY) + bytes(4),
        header(**GRAY | {"pixels": [100_000, 100_000, 3]}),
        header(**GRAY | {"pixels": [2, 2, 3]}) + bytes(11),
        header(**GRAY | {"pixels": [2, 2, 3], "width": "wide"}) + bytes(12),
        header(message="a", reason=["b"]) + b"more",
    ],
)
def test_invalid_decoder_output_is_an_image_error(pool, monkeypatch, answer):
    program = f"import sys; sys.stdout.buffer.write({READY + answer!r}); sys.stdout.flush(); sys.stdin.read(100)"
    monkeypatch.setattr(decoder_pool, "_COMMAND", (sys.executable, "-c", program))

    with pytest.raises(ImageError):
        pool.decode(bytes(100))


def test_decoder_that_cannot_start_is_not_an_image_error(pool, monkeypatch):
    monkeypatch.setattr(decoder_pool, "_COMMAND", (sys.executable, "-c", ""))

    with pytest.raises(DigitrecError, match="python -m digitrec"):
        pool.decode(SMALL)


def test_decoder_imports_no_settings():
    program = "import sys, digitrec.imaging.files.decode_worker; sys.exit('pydantic' in sys.modules)"

    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


@pytest.mark.slow
def test_closing_stops_decoders_and_rejects_images(pool):
    before = decoders()
    pool.decode(SMALL)
    [decoder] = set(decoders()) - set(before)
    refused = []

    def decode():
        with pytest.raises(ImageError) as caught:
            pool.decode(progressive_jpeg(50, megapixels=80))
        refused.append(caught.value.reason)

    busy_since = decoder.cpu_times().user
    thread = Thread(target=decode)
    thread.start()
    eventually(lambda: decoder.cpu_times().user > busy_since, True)
    pool.close()
    thread.join()

    assert refused == ["too_complex"]
    assert not decoder.is_running()
    with pytest.raises(Busy, match="stopping"):
        pool.decode(SMALL)


@pytest.mark.server
def test_decoders_exit_when_the_server_is_killed(tmp_path):
    (tmp_path / "image").write_bytes(encode_image(Image.new("RGB", (40, 30)), "JPEG"))
    program = (
        "import sys, psutil; from pathlib import Path;"
        "from digitrec.imaging.files.decoder_pool import decode_untrusted;"
        "decode_untrusted(Path(sys.argv[1]).read_bytes());"
        "print(*(child.pid for child in psutil.Process().children()), flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "image")]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        [decoder] = map(int, process.stdout.readline().split())
        assert psutil.pid_exists(decoder)
        os.kill(process.pid, signal.SIGKILL)

    eventually(lambda: psutil.pid_exists(decoder) and psutil.Process(decoder).status() != psutil.STATUS_ZOMBIE, False)


def test_setting_limits_the_pixels_of_an_image(recognizer, setting):
    setting("MAX_MEGAPIXELS", 1)

    with pytest.raises(ImageError, match=r"1200×1000 pixels\)\. Use one with at most 1 megapixels"):
        recognizer.recognize(encode_image(Image.new("L", (1200, 1000))), InputMethod.UPLOAD)


def test_fifty_megapixels_are_too_many_by_default(recognizer):
    with pytest.raises(ImageError, match="at most 24 megapixels") as caught:
        recognizer.recognize(blank_png(8000, 6250), InputMethod.UPLOAD)
    assert caught.value.reason == "too_many_pixels"

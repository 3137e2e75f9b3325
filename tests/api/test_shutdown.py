"""Ending the real server while it is busy."""

import json
from base64 import b64encode
from contextlib import suppress
from threading import Thread

import psutil
import pytest

from tests.api.test_server import ask
from tests.support.app import eventually, running_app
from tests.support.hostile import progressive_jpeg

pytestmark = [pytest.mark.server, pytest.mark.full]


def test_server_stops_while_slow_images_are_decoded(tmp_path):
    image = "data:image/jpeg;base64," + b64encode(progressive_jpeg(50)).decode()
    body = json.dumps({"images": [image] * 32}).encode()

    with running_app(DIGITREC_DATA=str(tmp_path)) as server:

        def send():
            with suppress(OSError):
                ask(f"{server.url}/api/predict/batch", {"Content-Type": "application/json"}, body)

        def is_decoding():
            return any(sum(child.cpu_times()[:2]) > 1.5 for child in psutil.Process(server.process.pid).children())

        request = Thread(target=send)
        request.start()
        eventually(is_decoding, True)
        decoders = psutil.Process(server.process.pid).children()

        server.process.terminate()

        server.process.wait(10)
        request.join()
    eventually(lambda: [decoder for decoder in decoders if decoder.is_running()], [])

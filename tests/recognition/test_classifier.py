import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from digitrec.errors import ModelBroken, ModelMissing
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import render
from digitrec.recognition.classifier import Classifier
from digitrec.samples import samples


@pytest.fixture(scope="module")
def images():
    return np.stack([normalize(render(strokes, 280))[0] for strokes in samples().values()])


@pytest.fixture(scope="module")
def classifier(recognizer):
    return recognizer.model.classifier


def test_probabilities_sum_to_one(classifier, images):
    probabilities = classifier.probabilities(images)

    assert probabilities.shape == (10, 10)
    assert probabilities.sum(1) == pytest.approx(1, abs=1e-5)
    assert probabilities.min() >= 0


@pytest.mark.parametrize("count", [0, 1, 3, 256, 600])
def test_a_batch_of_any_size_reads_as_one_by_one(classifier, images, count):
    batch = images[np.arange(count) % 10]

    probabilities = classifier.probabilities(batch)

    single = np.concatenate([classifier.probabilities(image[np.newaxis]) for image in images])
    assert probabilities.shape == (count, 10)
    assert probabilities == pytest.approx(single[np.arange(count) % 10], abs=1e-5)


def test_a_hundred_threads_each_get_their_own_answer(classifier, images):
    alone = [classifier.probabilities(image[np.newaxis]) for image in images]
    together = threading.Barrier(100)

    def read(thread):
        together.wait()
        return all(
            np.array_equal(classifier.probabilities(images[digit : digit + 1]), alone[digit])
            for digit in ((thread + turn) % 10 for turn in range(50))
        )

    with ThreadPoolExecutor(100) as threads:
        assert all(threads.map(read, range(100)))


def test_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    path = tmp_path / "model.tflite"
    path.write_bytes(b"")
    monkeypatch.setattr(Path, "read_bytes", lambda self: os.open(self / "below a file", os.O_RDONLY))

    with pytest.raises(ModelBroken, match=r"model\.tflite is damaged"):
        Classifier(path)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(ModelMissing, match=r"nowhere\.tflite is missing") as caught:
        Classifier(tmp_path / "nowhere.tflite")
    assert caught.value.path == tmp_path / "nowhere.tflite"


@pytest.mark.parametrize("content", [b"", b"not a model", os.urandom(4096)])
def test_broken_file_is_named(tmp_path, content):
    path = tmp_path / "model.tflite"
    path.write_bytes(content)

    with pytest.raises(ModelBroken, match=r"model\.tflite is damaged"):
        Classifier(path)

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from digitrec.config import BASELINE, EVERYHAND, settings
from digitrec.errors import ModelBroken, ModelMissing
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import render
from digitrec.prediction import KINDS, Kind
from digitrec.recognition.classifier import Classifier, enlarge
from digitrec.recognition.models.digit_model import LITERT_FILE
from digitrec.samples import samples


@pytest.fixture(scope="module")
def images():
    return sample_inputs()


@pytest.fixture(scope="module")
def classifier(recognizer):
    return recognizer.model.classifier


def test_probabilities_sum_to_one(classifier, images):
    probabilities = classifier.classify(images).probabilities

    assert probabilities.shape == (10, 10)
    assert probabilities.sum(1) == pytest.approx(1, abs=1e-5)
    assert probabilities.min() >= 0


@pytest.mark.parametrize("count", [1, 3, 256, 600])
def test_batch_size_does_not_change_the_output(classifier, images, count):
    batch = images[np.arange(count) % 10]

    probabilities = classifier.classify(batch).probabilities

    single = np.concatenate([classifier.classify(image[np.newaxis]).probabilities for image in images])
    assert probabilities.shape == (count, 10)
    assert probabilities == pytest.approx(single[np.arange(count) % 10], abs=1e-5)


def test_kinds_sum_to_one_and_the_samples_are_digits(classifier, images):
    kinds = classifier.classify(images).kinds

    assert kinds.shape == (10, len(KINDS))
    assert kinds.sum(1) == pytest.approx(1, abs=1e-5)
    assert (kinds.argmax(1) == KINDS.index(Kind.DIGIT)).all()


def test_digit_only_network_has_no_kinds(images):
    assert Classifier(settings().models / BASELINE / LITERT_FILE).classify(images).kinds is None


def test_each_of_100_threads_gets_its_own_output(classifier, images):
    assert count_wrong_outputs(classifier, images) == 0


@pytest.mark.slow
def test_shared_interpreter_mixes_up_outputs(tmp_path):
    """Show that the previous test fails without the pool.

    Runs in a separate process, which may crash.
    """
    script = """
import numpy as np
from digitrec.recognition.classifier import Classifier, enlarge
from tests.recognition.test_classifier import share_interpreter, count_wrong_outputs
classifier, images = share_interpreter()
for attempt in range(20):
    assert count_wrong_outputs(classifier, images) == 0
"""
    process = subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[2], capture_output=True)

    assert process.returncode != 0
    assert b"ImportError" not in process.stderr


class SharedInterpreter:
    """Replaces the pool and gives every thread the same interpreter."""

    def __init__(self, interpreter):
        self.interpreter = interpreter

    def get(self):
        return self.interpreter

    def put(self, interpreter):
        pass


def share_interpreter():
    classifier = Classifier(settings().models / settings().model / LITERT_FILE)
    pool = classifier._interpreters
    pool._idle = SharedInterpreter(pool._idle.get())
    return classifier, sample_inputs()


def sample_inputs():
    return np.stack([normalize(render(strokes, 280))[0] for strokes in samples().values()])


def count_wrong_outputs(classifier, images):
    """Count how many of 100 simultaneous threads get another thread's output or an error."""
    expected = [classifier.classify(image[np.newaxis]).probabilities for image in images]
    barrier = threading.Barrier(100)

    def is_correct(thread):
        barrier.wait()
        try:
            return all(
                np.array_equal(classifier.classify(images[digit : digit + 1]).probabilities, expected[digit])
                for digit in ((thread + turn) % 10 for turn in range(10))
            )
        except (RuntimeError, ValueError):
            return False

    with ThreadPoolExecutor(100) as threads:
        return sum(not correct for correct in threads.map(is_correct, range(100)))


def test_enlarging_spreads_the_ink_from_the_middle():
    image = np.zeros((1, 28, 28), np.float32)
    image[0, 10:18, 7:21] = 1

    (enlarged,) = enlarge(image)

    assert enlarged.sum() == pytest.approx(8 * 14 * (28 / 26) ** 2, rel=0.01)
    assert np.allclose(enlarged, enlarged[::-1, ::-1], atol=1e-6)


def test_augmented_probabilities_are_the_mean_of_both_views():
    path, images = settings().models / EVERYHAND / LITERT_FILE, sample_inputs()[:3]
    plain = Classifier(path)
    views = plain.classify(images), plain.classify(enlarge(images))

    augmented = Classifier(path, test_time_augmentation=True).classify(images)

    for values, *of_views in zip(augmented, *views, strict=True):
        assert np.allclose(values, np.mean(of_views, 0), atol=1e-6)


def test_unreadable_file_is_named(tmp_path, monkeypatch):
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
def test_damaged_file_is_named(tmp_path, content):
    path = tmp_path / "model.tflite"
    path.write_bytes(content)

    with pytest.raises(ModelBroken, match=r"model\.tflite is damaged"):
        Classifier(path)

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from digitrec.config import settings
from digitrec.errors import ModelBroken
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import render
from digitrec.recognition.exploration.digit_index import INDEX_FILE, load_index
from digitrec.recognition.exploration.gradients import GRADIENT_FILE, load_gradients
from digitrec.recognition.feature_maps import FEATURES_FILE, load_feature_maps
from digitrec.samples import samples


@pytest.fixture(scope="module")
def images():
    return [normalize(render(strokes, 280))[0] for strokes in samples().values()]


def test_each_of_20_threads_gets_its_own_feature_maps(images):
    feature_maps = load_feature_maps("everyhand", settings().models)
    expected = [feature_maps.compute(image) for image in images]
    barrier = threading.Barrier(20)

    def is_correct(thread):
        barrier.wait()
        return all(
            np.array_equal(mine.activations, its.activations)
            for digit in ((thread + turn) % 10 for turn in range(10))
            for mine, its in zip(feature_maps.compute(images[digit]), expected[digit], strict=True)
        )

    with ThreadPoolExecutor(20) as threads:
        assert all(threads.map(is_correct, range(20)))


@pytest.mark.parametrize(
    ("load", "file"),
    [(load_feature_maps, FEATURES_FILE), (load_gradients, GRADIENT_FILE), (load_index, INDEX_FILE)],
)
def test_missing_file_gives_none_and_damaged_file_is_named(load, file, tmp_path):
    assert load("mine", tmp_path) is None

    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / file).write_bytes(b"PK\3\4 neither a network nor an archive")
    with pytest.raises(ModelBroken, match=f"{file} is damaged"):
        load("mine", tmp_path)

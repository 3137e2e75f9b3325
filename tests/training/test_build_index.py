import gzip
import shutil

import numpy as np
import pytest

from digitrec.config import settings
from digitrec.datasets.digits import scale_to_unit
from digitrec.datasets.pen_strokes import HELD_OUT_WRITERS, VALIDATION_WRITERS
from digitrec.errors import MissingDataError
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import render
from digitrec.recognition.exploration.digit_index import load_index
from digitrec.recognition.feature_maps import load_feature_maps
from digitrec.samples import samples, vary_strokes
from digitrec.training.build_index import build_index
from digitrec.training.tsne import embed_in_plane
from tests.support.pictures import unipen_segment


@pytest.fixture
def data(tmp_path):
    random = np.random.default_rng(0)
    labels = np.arange(100) % 10
    images = [normalize(render(vary_strokes(samples()[digit], random), 280))[0] * 255 for digit in labels]
    images = np.round(images).astype(np.uint8)
    np.savez(tmp_path / "mnist.npz", x_train=images, y_train=labels, x_test=images[:1], y_test=labels[:1])
    return tmp_path


@pytest.fixture
def models(tmp_path):
    for name in ("baseline", "everyhand"):
        shutil.copytree(settings().models / name, tmp_path / "models" / name)
    return tmp_path / "models"


def test_index_is_balanced_and_has_the_embeddings_of_its_images(data, models):
    build_index("baseline", models, data, count=40)

    index = load_index("baseline", models)
    assert np.bincount(index.labels).tolist() == 10 * [4]
    features = load_feature_maps("baseline", models).embed(scale_to_unit(index.images))
    assert [index.nearest(one, 1)[0].position for one in features] == list(range(40))
    assert index.sources.tolist() == ["MNIST"]


def test_index_of_everyhand_has_pen_digits_of_training_writers_only(data, models):
    with pytest.raises(MissingDataError, match="was trained on"):
        build_index("everyhand", models, data)
    random = np.random.default_rng(1)
    pens = "".join(
        unipen_segment(writer, digit, random.normal(0, 5, 2)) for writer in range(1, 31) for digit in range(10)
    )
    (data / "pendigits-orig.tra.gz").write_bytes(gzip.compress(pens.encode()))

    index = build_index("everyhand", models, data, count=90)

    writers = {int(source.split()[-1]) for source in index.sources.tolist()[1:]}
    assert writers and not writers & (HELD_OUT_WRITERS | VALIDATION_WRITERS)
    assert (index.source > 0).sum() == 30
    assert "CC BY 4.0" in str(index.license)


def test_map_keeps_clusters_apart_and_is_always_the_same():
    random = np.random.default_rng(0)
    labels = np.arange(90) % 3
    points = (8 * np.eye(3, 20)[labels] + random.normal(size=(90, 20))).astype(np.float32)

    places = embed_in_plane(points)

    distances = np.linalg.norm(places[:, np.newaxis] - places, axis=-1)
    np.fill_diagonal(distances, np.inf)
    assert (labels[distances.argmin(1)] == labels).all()
    assert np.abs(places).max() == 1
    assert np.array_equal(embed_in_plane(points), places)

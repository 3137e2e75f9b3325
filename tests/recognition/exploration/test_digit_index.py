import shutil

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from digitrec.config import settings
from digitrec.datasets.digits import scale_to_unit
from digitrec.errors import ModelBroken
from digitrec.recognition.exploration.digit_index import INDEX_FILE, DigitIndex, load_index
from digitrec.recognition.feature_maps import FEATURES_FILE, load_feature_maps

MODELS = ("baseline", "everyhand")


def clusters(count=400, dimensions=96):
    random = np.random.default_rng(0)
    labels = np.arange(count) % 10
    centers = random.normal(size=(10, dimensions)) * 2
    return (centers[labels] + random.normal(size=(count, dimensions))).astype(np.float32), labels.astype(np.uint8)


@pytest.fixture(scope="module")
def index():
    features, labels = clusters()
    images = np.zeros((len(labels), 28, 28), np.uint8)
    source = np.zeros(len(labels), np.uint8)
    return DigitIndex.build(images, labels, source, ["MNIST"], features, features[:, :2], "CC", "0")


@pytest.fixture(params=MODELS)
def shipped(request):
    return load_index(request.param, settings().models), load_feature_maps(request.param, settings().models)


def brute_force(features, query):
    return np.argsort(np.linalg.norm(features - query, axis=1))[:12]


def test_nearest_digits_match_a_brute_force_search(index):
    features, _ = clusters()
    shares = [
        len({neighbor.position for neighbor in index.nearest(query)} & {*brute_force(features, query).tolist()}) / 12
        for query in features[::20] + np.float32(0.1)
    ]

    # The index has eight bits and fewer dimensions.
    assert np.mean(shares) > 0.7


def test_nearest_digits_are_exact_in_the_space_of_the_index(shipped):
    index, feature_maps = shipped
    queries = feature_maps.embed(scale_to_unit(index.images[::250]))
    stored = index.quantized * index.scale
    for query in queries:
        projected = (query - index.mean) @ index.components.T
        distances = np.linalg.norm(stored - projected, axis=1)
        neighbors = index.nearest(query)
        assert [neighbor.position for neighbor in neighbors] == np.argsort(distances, kind="stable")[:12].tolist()
        expected = np.sort(distances)[:12] / index.unit
        assert [neighbor.distance for neighbor in neighbors] == pytest.approx(expected, rel=0.01, abs=0.01)


def test_nearest_digits_of_shipped_models_match_full_embeddings(shipped):
    index, feature_maps = shipped
    features = feature_maps.embed(scale_to_unit(index.images[::5]))
    for query in features[:10]:
        found = [neighbor.position for neighbor in index.nearest(query, len(index)) if neighbor.position % 5 == 0][:12]
        expected = 5 * brute_force(features, query)
        assert len({*found} & {*expected.tolist()}) >= 10


def test_shipped_index_belongs_to_its_model(shipped):
    index, feature_maps = shipped
    features = feature_maps.embed(scale_to_unit(index.images[:40]))

    assert [index.nearest(one, 1)[0].position for one in features] == list(range(40))
    assert 2000 <= len(index) == len(index.map)
    assert np.bincount(index.labels).min() > 200
    assert np.abs(index.map).max() <= 1
    assert "CC BY-SA 3.0" in str(index.license)


def test_shipped_map_keeps_similar_digits_together(shipped):
    index, _ = shipped
    distances = cdist(index.map, index.map)
    np.fill_diagonal(distances, np.inf)

    assert np.mean(index.labels[distances.argmin(1)] == index.labels) > 0.9


def test_shipped_index_is_small():
    for name in MODELS:
        assert (settings().models / name / INDEX_FILE).stat().st_size < 3 * 2**20


def test_digit_of_the_index_is_placed_where_the_map_has_it(shipped):
    index, feature_maps = shipped

    places = index.place(feature_maps.embed(scale_to_unit(index.images[:20])))

    assert np.linalg.norm(places - index.map[:20], axis=1).max() < 0.05


def test_written_index_is_read_again(index, tmp_path):
    index.write(tmp_path / INDEX_FILE)

    again = DigitIndex.read(tmp_path / INDEX_FILE)

    query = clusters()[0][3]
    assert again.nearest(query) == index.nearest(query)
    assert again.sources.tolist() == ["MNIST"]


def test_index_of_other_weights_is_refused(tmp_path):
    shutil.copytree(settings().models / "baseline", tmp_path / "baseline")
    assert load_index("baseline", tmp_path)
    shutil.copy(settings().models / "everyhand" / FEATURES_FILE, tmp_path / "baseline")

    with pytest.raises(ModelBroken, match="python -m digitrec index --model baseline"):
        load_index("baseline", tmp_path)

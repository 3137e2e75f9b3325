import numpy as np
import pytest

from digitrec.config import settings
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import Stroke, render
from digitrec.recognition.models.digit_model import load_digit_model
from digitrec.recognition.saliency import explain
from digitrec.samples import samples


@pytest.fixture(scope="module")
def classifier():
    return load_digit_model("everyhand", settings().models).classifier


def network_input(strokes):
    return normalize(render(strokes, 280))[0]


def log_odds(classifier, image, digit):
    probability = float(np.clip(classifier.classify(image[np.newaxis]).probabilities[0, digit], 1e-6, 1 - 1e-6))
    return np.log(probability / (1 - probability))


@pytest.mark.parametrize("digit", [2, 7])
def test_saliency_is_the_log_odds_lost_by_occlusion(classifier, digit):
    image = network_input(samples()[digit])
    before = log_odds(classifier, image, digit)
    is_ink = image >= 0.3 * image.max()

    evidence = explain(classifier, image).prediction

    assert evidence.label == str(digit)
    assert not evidence.saliency[~is_ink].any()
    for row, column in np.argwhere(is_ink)[::9]:
        costs = []
        for top in range(0, 25, 2):
            for left in range(0, 25, 2):
                if top <= row < top + 4 and left <= column < left + 4:
                    covered = image.copy()
                    square = covered[top : top + 4, left : left + 4]
                    square[is_ink[top : top + 4, left : left + 4]] = 0
                    costs.append(before - log_odds(classifier, covered, digit))
        assert evidence.saliency[row, column] == pytest.approx(np.mean(costs), abs=0.02)


def test_gap_in_a_0_counts_against_a_9(classifier):
    against = {other.label: other for other in explain(classifier, network_input(samples()[0])).alternatives}

    assert (against["9"].region, against["9"].is_ink) == ("in the middle", False)


def test_side_of_an_image_is_named_as_one_says_it(classifier):
    assert explain(classifier, network_input(samples()[4])).prediction.region == "on the left"


def test_alternatives_are_ordered_by_probability(classifier):
    image = network_input(samples()[1])
    probabilities = classifier.classify(image[np.newaxis]).probabilities[0]

    explanation = explain(classifier, image)

    evidence = [explanation.prediction, *explanation.alternatives]
    assert [int(item.label) for item in evidence] == np.argsort(-probabilities)[:3].tolist()
    assert [item.probability for item in evidence] == pytest.approx(sorted(probabilities)[:-4:-1])


def test_rejection_is_explained_by_the_kind_of_ink(classifier):
    scrawl = [Stroke(((20, y), (260, y + 12), (20, y + 24)), 8) for y in range(10, 250, 30)]

    explanation = explain(classifier, network_input(scrawl), refused=True)

    kinds = classifier.classify(network_input(scrawl)[np.newaxis]).kinds[0]
    assert explanation.prediction.probability == pytest.approx(kinds[1:].max())
    [other] = explanation.alternatives
    assert (other.label, other.probability) == ("digit", pytest.approx(kinds[0]))


def test_faint_ink_is_explained(classifier):
    faint = network_input(samples()[3]) * 0.1

    assert explain(classifier, faint.astype(np.float32)).prediction.saliency.shape == (28, 28)


def test_digit_only_model_is_explained():
    baseline = load_digit_model("baseline", settings().models).classifier

    assert explain(baseline, network_input(samples()[7])).prediction.label == "7"

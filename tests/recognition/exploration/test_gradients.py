import numpy as np
import pytest

from digitrec.config import settings
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import render
from digitrec.recognition.exploration.adversarial import fool
from digitrec.recognition.exploration.gradients import (
    gradient_times_input,
    integrated_gradients,
    load_gradients,
)
from digitrec.recognition.models.digit_model import load_digit_model
from digitrec.samples import samples

MODELS = ("baseline", "everyhand")


@pytest.fixture(scope="module")
def images():
    return [normalize(render(strokes, 280))[0] for strokes in samples().values()]


@pytest.fixture(params=MODELS)
def model(request):
    return load_digit_model(request.param, settings().models)


@pytest.fixture
def gradients(model):
    return load_gradients(model.card.name, settings().models)


def score(gradients, image, digit):
    weights = gradients.digit_score(digit)
    return float(gradients.compute(image, weights)[0] @ weights)


def test_gradient_matches_finite_differences(gradients, images):
    random = np.random.default_rng(0)
    found, expected = [], []
    for digit, image in enumerate(images):
        gradient = gradients.compute(image, gradients.digit_score(digit))[1]
        for _ in range(5):
            step = 0.01 * random.normal(size=image.shape) / 28
            found.append(float((gradient * step).sum()))
            expected.append((score(gradients, image + step, digit) - score(gradients, image - step, digit)) / 2)

    assert np.corrcoef(found, expected)[0, 1] > 0.99
    assert np.std(found) == pytest.approx(np.std(expected), rel=0.1)


def test_integrated_gradients_add_up_to_the_score(gradients, images):
    differences = [
        score(gradients, image, digit) - score(gradients, 0 * image, digit) for digit, image in enumerate(images)
    ]
    sums = [float(integrated_gradients(gradients, image, digit).sum()) for digit, image in enumerate(images)]

    assert np.mean(np.abs(np.subtract(sums, differences))) < 0.2 * np.mean(np.abs(differences))


@pytest.mark.slow
def test_integrated_gradients_match_an_integral_of_many_points(gradients, images):
    for digit in (2, 5, 8):
        image, weights = images[digit], gradients.digit_score(digit)
        # The trapezoidal rule, with points closer together where the ink is faint.
        shares = np.linspace(0, 1, 101, dtype=np.float32) ** 2
        path = np.array([gradients.compute(share * image, weights)[1] for share in shares])
        expected = image * np.trapezoid(path, shares, axis=0)

        found = integrated_gradients(gradients, image, digit)

        assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.9


def test_gradient_times_input_is_zero_on_paper(gradients, images):
    saliency = gradient_times_input(gradients, images[7], 7)

    assert not saliency[images[7] == 0].any()
    assert saliency.any()


def test_fooled_model_predicts_the_target_for_a_small_change(model, gradients, images):
    for digit, target in ((7, 1), (3, 8), (0, 6)):
        example = fool(model, gradients, images[digit], target)

        output = model.classifier.classify(example.image[np.newaxis])
        assert output.probabilities[0].argmax() == target
        assert output.probabilities[0, target] == pytest.approx(example.probability)
        if output.kinds is not None:
            assert output.kinds[0, 0] >= model.card.digit_threshold
        assert example.image.min() >= 0 and example.image.max() <= 1
        assert example.image * 255 == pytest.approx(np.round(example.image * 255), abs=1e-3)
        assert images[digit] + example.change == pytest.approx(example.image, abs=1e-6)
        # Much less than what it would take to draw the other digit.
        assert 0 < example.distance < np.linalg.norm(images[digit] - images[target]) / 2

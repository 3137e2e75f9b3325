from itertools import product
from math import prod

import numpy as np
import pytest

from digitrec.datasets.digits import MNIST_TEST
from digitrec.prediction import InputMethod
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.recognition.models.digit_model import load_digit_model
from digitrec.training.imported import worker
from digitrec.training.imported.import_model import Request
from digitrec.training.imported.worker import convert_model
from tests.support.foreign_models import Foreign, build, varied_samples
from tests.support.pictures import drawing_png

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file"),
]
IN_ORDER = tuple(range(10))
REORDERED = (3, 1, 4, 0, 5, 9, 2, 6, 8, 7)
SHAPES = [(28, 28), (784,), (28, 28, 1), (28, 28, 3), (1, 28, 28), (3, 28, 28), (1, 784), (784, 1)]
SIDES = [(8, 8), (16, 16, 1), (20, 20), (32, 32, 1), (64, 64, 3), (128, 128, 1), (256, 256)]
SIDES += [(32, 20, 1), (40, 80), (3, 20, 30), (40, 40, 4), (4, 32, 20)]
FORMATS = [
    ".keras",
    ".h5",
    "saved",
    "saved-function",
    "saved-dictionary",
    "saved-signature",
    "saved-unsigned",
    ".tflite",
    ".onnx",
]
KERAS_2 = [".keras-keras2", ".h5-keras2", "saved-keras2"]
SCALES = ["0 to 1", "0 to 255", "-1 to 1", "-0.5 to 0.5", "mean 0, standard deviation 1", "columns of length 1"]
COLORS = ["white on black", "black on white"]
RGBA_COLORS = [*COLORS, "black on transparent", "white on transparent"]
VALUES = ["probabilities", "scores", "logits"]

CORE = [
    Foreign(".keras", (28, 28), scale="0 to 255"),
    Foreign(".h5", (784,), colors="black on white", values="logits"),
    Foreign("saved", (28, 28, 3), scale="-1 to 1"),
    Foreign("saved-dictionary", (1, 28, 28), scale="mean 0, standard deviation 1", values="logits"),
    Foreign("saved-signature", (16, 16), dtype="uint8", scale="0 to 255"),
    Foreign("saved-unsigned", (784,), values="scores", order=REORDERED),
    Foreign(".tflite", (32, 32, 1), batch=4, classes=11),
    Foreign(".tflite-uint8", (28, 28), batch=1),
    Foreign(".onnx", (1, 28, 28), scale="mean 0, standard deviation 1", values="logits"),
    Foreign(".onnx-external", (3, 32, 32), scale="mean 0, standard deviation 1 on ImageNet"),
    Foreign(".onnx-maps", (64,), scale="0 to 16"),
    Foreign(".onnx-squeezed", (1, 28, 28), batch=1),
    Foreign(".onnx-free", (1, 28, 28), scale="-0.5 to 0.5"),
    Foreign(".onnx", (784,), scale="columns of length 1"),
    Foreign(".onnx", (28, 28), fit="cropped"),
    Foreign(".keras", (32, 20, 1)),
    Foreign(".onnx", (20, 30, 3), fit="letterboxed"),
    Foreign(".onnx", (28, 28, 4), scale="0 to 255", colors="white on transparent"),
    Foreign(".onnx-canvas", (56, 56, 4), scale="0 to 255", colors="black on transparent"),
    Foreign(".onnx", classes=128),
]
EVERY = [
    *(Foreign(*kind) for kind in product([*FORMATS, *KERAS_2], SHAPES + SIDES)),
    # Conventions are measured in the same way for all formats, and an ONNX file is written within milliseconds.
    *(
        Foreign(".onnx", scale=scale, colors=colors, values=values, order=order, classes=classes)
        for scale, colors, values in product(SCALES, COLORS, VALUES)
        for order, classes in [
            (tuple(range(10)), 10),
            (REORDERED, 10),
            (tuple(range(10)), 11),
            (tuple(range(1, 11)), 11),
        ]
    ),
    *(Foreign(".onnx", (28, 28, 4), scale=scale, colors=colors) for scale, colors in product(SCALES, RGBA_COLORS)),
    Foreign(".onnx-canvas", (280 * 280 * 4,), scale="0 to 255", colors="black on transparent"),
    *(Foreign(".onnx", shape, fit="letterboxed") for shape in [(32, 20), (40, 80), (3, 60, 40), (400, 512)]),
    *(
        Foreign(kind, values=values, order=order, classes=classes)
        for kind, values, order, classes in product(
            (".h5", ".onnx"), VALUES, [tuple(range(10)), REORDERED], (12, 32, 512)
        )
    ),
    *(Foreign(kind, batch=batch) for kind, batch in product([".keras", "saved", ".tflite", ".onnx"], [1, 32])),
    *(Foreign(kind, dtype="uint8", scale="0 to 255") for kind in (".keras", "saved-function", ".tflite", ".onnx")),
    *(Foreign(f".tflite-{special}", (28, 28), batch=1) for special in ("float16", "dynamic", "int8", "squeezed")),
    *(Foreign(f"saved-{special}") for special in ("quantized", "trainable")),
    *(Foreign(".onnx", dtype=dtype) for dtype in ("float16", "float64")),
    *(Foreign(".onnx-old", (1, 28, 28), values=values) for values in VALUES),
    *(
        Foreign(kind, (64, 64, 3), scale="mean 0, standard deviation 1 on ImageNet")
        for kind in (".h5", ".tflite", ".onnx")
    ),
    *(Foreign(kind, (8, 8, 1), scale="0 to 16") for kind in (".h5", ".tflite", ".onnx")),
]


def skip_without_libraries(foreign):
    if foreign.format.startswith(".onnx"):
        pytest.importorskip("onnx", reason="install onnx and onnxruntime to test ONNX files")
        pytest.importorskip("onnxruntime", reason="install onnxruntime to test ONNX files")
    if "keras2" in foreign.format:
        pytest.importorskip("tf_keras", reason="install tf_keras to test files of Keras 2")


def import_and_check(foreign, tmp_path):
    skip_without_libraries(foreign)
    path = build(foreign, tmp_path)
    folder = tmp_path / "models" / "mine"
    folder.mkdir(parents=True)

    card = convert_model(
        Request(path, "mine", tmp_path, "import"), folder, varied_samples(1), varied_samples(2), lambda stage: None
    )

    chosen = card.conventions
    assert chosen.accuracy > 0.85
    # An ONNX file's number is estimated from its size.
    if not foreign.format.startswith(".onnx"):
        assert card.parameters == pytest.approx((prod(foreign.shape) + 1) * foreign.classes, rel=0.01)
    # A quantized input may be scaled in any way that its own scale undoes.
    if foreign.format not in (".tflite-uint8", ".tflite-int8"):
        assert (chosen.scale, chosen.colors) == (foreign.scale, foreign.colors)
        assert chosen.fit == foreign.fit
        assert (chosen.values, chosen.classes) == (foreign.values, foreign.order)
    model = load_digit_model("mine", folder.parent)
    for digit in range(10):
        prediction = DigitRecognizer(model).recognize(drawing_png(digit), InputMethod.CANVAS)
        assert (prediction.label, prediction.model) == (str(digit), "mine")
        assert sum(prediction.probabilities) == pytest.approx(1, abs=1e-4)
    images = varied_samples(1).images.astype(np.float32) / 255
    single = [model.classifier.classify(image[np.newaxis]).probabilities[0] for image in images[:5]]
    np.testing.assert_allclose(model.classifier.classify(images[:5]).probabilities, single, atol=1e-4)


def test_slow_model_is_measured_on_fewer_digits(tmp_path, monkeypatch):
    foreign = Foreign(".onnx")
    skip_without_libraries(foreign)
    monkeypatch.setattr(worker, "check_cost", lambda target, path: 0.15)
    monkeypatch.setattr(worker, "_MIN_DIGITS", 300)
    path, folder = build(foreign, tmp_path), tmp_path / "models" / "mine"
    folder.mkdir(parents=True)
    digits = varied_samples(1), varied_samples(2)

    card = convert_model(Request(path, "mine", tmp_path, "import"), folder, *digits, lambda stage: None)

    assert card.evaluations[MNIST_TEST].digits == 333
    assert card.conventions.scale == foreign.scale


@pytest.mark.parametrize("foreign", CORE, ids=str)
def test_model_is_imported_and_recognizes_the_samples(foreign, tmp_path):
    import_and_check(foreign, tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("foreign", EVERY, ids=str)
def test_model_of_every_kind_recognizes_the_samples(foreign, tmp_path):
    import_and_check(foreign, tmp_path)

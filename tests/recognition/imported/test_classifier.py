import tracemalloc

import numpy as np
import pytest

from digitrec.recognition.imported.classifier import ImportedClassifier
from digitrec.recognition.imported.conventions import Conventions
from tests.support.foreign_models import Foreign, build_onnx, varied_samples

pytest.importorskip("onnx", reason="install onnx and onnxruntime to test ONNX files")


@pytest.mark.parametrize("batch", [None, 4])
@pytest.mark.slow
def test_many_digits_take_little_memory_in_large_pictures(batch, tmp_path):
    shape, classes = (224, 224, 3), 10
    weights = np.random.default_rng(0).normal(size=(224 * 224 * 3, classes)).astype(np.float32) / 100
    path = build_onnx(
        Foreign(".onnx", shape, batch), weights, np.zeros(classes, np.float32), tmp_path / "model.onnx", ""
    )
    chosen = Conventions(
        scale="0 to 1", colors="white on black", fit="resized", output="answers", values="probabilities",
        classes=tuple(range(classes)), accuracy=1,
    )  # fmt: skip
    classifier = ImportedClassifier(path, chosen)
    images = np.resize(varied_samples().images, (301, 28, 28)).astype(np.float32) / 255

    tracemalloc.start()
    probabilities = classifier.classify(images).probabilities
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert probabilities.shape == (301, classes)
    for number in (0, 1, 17, 300):
        single = classifier.classify(images[number : number + 1]).probabilities[0]
        np.testing.assert_allclose(probabilities[number], single, atol=1e-4)
    # All pictures together have 180 MB.
    assert peak < 100 * 2**20

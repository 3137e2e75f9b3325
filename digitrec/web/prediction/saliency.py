"""Saliency maps and feature maps: why a model made its prediction."""

import html

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from digitrec.imaging.trace import MARK_COLOR
from digitrec.prediction import Kind, Prediction, Verdict, percent
from digitrec.recognition.exploration.gradients import gradient_times_input, integrated_gradients
from digitrec.recognition.feature_maps import FeatureMap
from digitrec.recognition.saliency import Evidence, explain
from digitrec.services import services
from digitrec.web.shared.figures import captioned, data_url, figure, show_figures
from digitrec.web.shared.notices import show_errors

_SIDE = 224
_AGAINST_COLOR = (60, 130, 255)
_COLUMNS = 12


@show_errors()
def show_saliency(prediction: Prediction) -> None:
    """Show which parts of the input support the prediction, and which count against the alternatives."""
    image = _network_input(prediction)
    if image is None:
        return
    classifier = services().digit_recognizer(prediction.model).model.classifier
    explanation = explain(classifier, image, refused=prediction.verdict is Verdict.NOT_A_DIGIT)
    label = _label_name(explanation.prediction.label)
    st.markdown(f"**Saliency maps** of {prediction.model}: evidence for {label} and against the alternatives.")
    evidences = [(explanation.prediction, "For"), *((other, "Against") for other in explanation.alternatives)]
    show_figures(
        figure(overlay(image, evidence.saliency), *_describe(evidence, side), _SIDE) for evidence, side in evidences
    )
    st.caption(
        "Orange areas support the prediction; blue areas count against it. To find them, the app erases 4×4 pixels "
        "of ink or fills 3×3 pixels of a gap, one patch at a time, and classifies each changed image (occlusion)."
    )
    _show_gradients(prediction, image)


def _show_gradients(prediction: Prediction, image: NDArray[np.float32]) -> None:
    """Show two saliency maps computed from the gradient, if the model has one and predicts a digit."""
    gradients = services().gradients(prediction.model) if prediction.text else None
    if not gradients:
        return
    digit = int(prediction.label)
    maps = {
        "Gradient × input": gradient_times_input(gradients, image, digit),
        "Integrated gradients": integrated_gradients(gradients, image, digit),
    }
    show_figures(
        figure(overlay(image, saliency), f"{name} for {digit}", f"<b>{name}</b>", _SIDE)
        for name, saliency in maps.items()
    )
    st.caption(
        f"Two other methods: how much each pixel of ink adds to the score of {digit}, estimated first from the "
        "gradient at this image, then from the gradients along the way from blank paper to this image."
    )


@show_errors()
def show_feature_maps(prediction: Prediction) -> None:
    """Show how strongly each filter of each convolution responds to the input."""
    image, name = _network_input(prediction), prediction.model
    if image is None:
        return
    feature_maps = services().feature_maps(name)
    if not feature_maps:
        st.caption(f"{name} has no feature maps.")
        return
    st.markdown(f"**Feature maps** of {name}: the brighter a pixel, the stronger the response of the filter.")
    show_figures(map(_feature_map_figure, feature_maps.compute(image)))


def _network_input(prediction: Prediction) -> NDArray[np.float32] | None:
    """Return the network input of a prediction; without ink, say that there is none and return None."""
    if prediction.verdict is Verdict.BLANK:
        st.caption("There is no ink to explain.")
        return None
    return prediction.network_input


def _describe(evidence: Evidence, side: str) -> tuple[str, str]:
    """Return the alternative text and the caption of a saliency map."""
    title = f"{side} {_label_name(evidence.label)}"
    part = "ink" if evidence.is_ink else "gap"
    strongest = f"Strongest: the {part} {evidence.region}" if evidence.region else "No region stands out"
    caption = f"<b>{html.escape(title)}</b> ({html.escape(percent(evidence.probability))})<br>{strongest}"
    return f"{title}. {strongest}", caption


def _label_name(label: str) -> str:
    return label.description if isinstance(label, Kind) else label


def overlay(image: NDArray[np.float32], saliency: NDArray[np.float32]) -> Image.Image:
    """Color an image (28, 28) by its saliency: orange where it is positive, blue where it is negative."""
    share = saliency[..., np.newaxis] / max(float(np.abs(saliency).max()), 1e-9)
    gray = 40 + 150 * image[..., np.newaxis]
    color = np.where(share > 0, MARK_COLOR, _AGAINST_COLOR)
    return Image.fromarray((gray + (color - gray) * np.abs(share)).astype(np.uint8))


def _feature_map_figure(map_: FeatureMap) -> str:
    """Tile all channels of a convolution on one scale; its square root makes weak responses visible."""
    height, width, channels = map_.activations.shape
    rows = -(-channels // _COLUMNS)
    tiles = np.full((rows * _COLUMNS, height + 1, width + 1), 0.35, np.float32)
    brightest = max(float(map_.activations.max()), 1e-9)
    tiles[:channels, :height, :width] = np.sqrt(np.moveaxis(map_.activations, -1, 0).clip(0) / brightest)
    sheet = tiles.reshape(rows, _COLUMNS, height + 1, width + 1).swapaxes(1, 2).reshape(rows * (height + 1), -1)
    image = Image.fromarray((sheet * 255).clip(0, 255).astype(np.uint8))
    picture = (
        f'<img src="{data_url(image, max(image.size))}" alt="{channels} feature maps of {map_.layer}" '
        f'style="width:{_COLUMNS * 28}px;max-width:100%;image-rendering:pixelated;border-radius:.4rem">'
    )
    return captioned(picture, f"<b>{map_.layer}</b>: {channels} filters, {height}×{width}")

"""Why the network answers as it does, in pictures."""

import html

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from digitrec.errors import ModelError
from digitrec.imaging.trace import MARK_COLOR
from digitrec.prediction import Kind, Prediction, Verdict, percent
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.recognition.feature_maps import FeatureMap
from digitrec.recognition.saliency import Evidence, explain
from digitrec.services import services
from digitrec.web.shared.thumbnails import data_url, figure, show_figures

_SIDE = 224
_AGAINST = (60, 130, 255)
_COLUMNS = 12


def show_explanation(recognizer: DigitRecognizer, prediction: Prediction) -> None:
    """Show what speaks for the answer, what against the nearest others, and what each convolution makes of it."""
    name = prediction.model
    if prediction.verdict is Verdict.BLANK:
        st.caption("There is no ink to explain.")
        return
    image = prediction.steps[-1].image.astype(np.float32) / np.float32(255)
    explanation = explain(recognizer.model.classifier, image, refused=prediction.verdict is Verdict.NOT_A_DIGIT)
    st.markdown(f"**Why {_named(explanation.prediction.label)}?** Asked of {name}, part of the picture by part.")
    show_figures(
        figure(_overlay(image, evidence.saliency), name, caption, _SIDE)
        for evidence, name, caption in (
            (explanation.prediction, *_words(explanation.prediction, "For")),
            *((other, *_words(other, "Against")) for other in explanation.alternatives),
        )
    )
    st.caption(
        "Orange: without it, or with ink in that gap, the answer would be less sure. Blue: it would be surer. Each "
        "patch of 4x4 pixels is covered in turn, a blot of 3x3 put into each gap, and the network asked again."
    )
    try:
        feature_maps = services().feature_maps(name)
    except ModelError as error:
        st.error(str(error), icon=":material/error:")
        return
    if not feature_maps:
        st.caption(f"{name} carries no feature maps of its convolutions.")
        return
    st.markdown("**What does each convolution see?** The brighter, the more a filter found what it looks for.")
    show_figures(map(_sheet, feature_maps.compute(image)))


def _words(evidence: Evidence, side: str) -> tuple[str, str]:
    part = "ink" if evidence.is_ink else "gap"
    says = f"Most of all the {part} {evidence.region}." if evidence.region else "No place counts more than others."
    name = f"{side} {_named(evidence.label)}"
    return f"{name}: {says}", f"<b>{html.escape(name)}</b> ({html.escape(percent(evidence.probability))})<br>{says}"


def _named(label: str) -> str:
    return label.description if isinstance(label, Kind) else label


def _overlay(image: NDArray[np.float32], saliency: NDArray[np.float32]) -> Image.Image:
    """The picture in grey under its heat: orange where it is positive, blue where it is negative."""
    share = saliency[..., np.newaxis] / max(float(np.abs(saliency).max()), 1e-9)
    gray = 40 + 150 * image[..., np.newaxis]
    color = np.where(share > 0, MARK_COLOR, _AGAINST)
    mixed = gray + (color - gray) * np.abs(share)
    return Image.fromarray(mixed.astype(np.uint8)).resize((2 * _SIDE, 2 * _SIDE), Image.Resampling.NEAREST)


def _sheet(map_: FeatureMap) -> str:
    """All channels of a convolution side by side, on one scale, the square root of which shows what is faint too."""
    height, width, channels = map_.activations.shape
    rows = -(-channels // _COLUMNS)
    tiles = np.full((rows * _COLUMNS, height + 1, width + 1), 0.35, np.float32)
    brightest = max(float(map_.activations.max()), 1e-9)
    tiles[:channels, :height, :width] = np.sqrt(np.moveaxis(map_.activations, -1, 0).clip(0) / brightest)
    sheet = tiles.reshape(rows, _COLUMNS, height + 1, width + 1).swapaxes(1, 2).reshape(rows * (height + 1), -1)
    picture = Image.fromarray((sheet * 255).clip(0, 255).astype(np.uint8))
    return (
        f'<figure style="margin:0;max-width:100%"><img src="{data_url(picture, max(picture.size))}" '
        f'alt="{channels} feature maps of {map_.layer}" '
        f'style="width:{_COLUMNS * 28}px;max-width:100%;image-rendering:pixelated;border-radius:.4rem">'
        f"<figcaption><b>{map_.layer}</b>: {channels} filters, {height} x {width}</figcaption></figure>"
    )

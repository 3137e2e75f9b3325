"""The smallest change that makes the model predict another digit."""

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image

from digitrec.prediction import DIGITS, Step, percent
from digitrec.recognition.exploration.adversarial import AdversarialExample, fool
from digitrec.recognition.models.digit_model import DigitModel
from digitrec.services import services
from digitrec.web.explore.elements import SIDE, show_downloads
from digitrec.web.explore.subject import Subject
from digitrec.web.prediction.saliency import overlay
from digitrec.web.shared.admission import admitted
from digitrec.web.shared.figures import figure, show_figures


@st.fragment
@admitted
def show_fool(subject: Subject) -> None:
    """Show the drawing, a small change, and the result, which the model predicts as the chosen digit."""
    st.markdown(
        "An *adversarial example* is an input that was changed on purpose, often too little to notice, so that a model "
        "gets it wrong. The *gradient* shows how the prediction changes when a pixel changes a little, and so "
        "which pixels to change."
    )
    model = subject.recognizer.model
    gradients = services().gradients(model.card.name)
    if not gradients and model.card.conventions:
        st.markdown(f"This view needs a gradient. {model.card.name} has none, because it was imported.")
        return
    if not gradients:
        st.markdown(f"{model.card.name} has no gradient file. Run this command to create it, then restart the app:")
        st.code(f"python -m digitrec features --model {model.card.name}", language="bash")
        return
    current = subject.prediction.text
    options = [digit for digit in DIGITS if digit != current]
    target = st.pills("Make it predict", options, default=options[0], required=True, key="target", bind="query-params")
    example = fool(model, gradients, subject.image, int(target))
    if not example:
        st.markdown(f"No small change makes {model.card.name} predict {target}. Choose another digit.")
        return
    change = np.asarray(overlay(np.zeros_like(example.change), example.change))
    pixels = np.round(example.image * 255).astype(np.uint8)
    outcome = f"predicts {current}" if current else "rejects it"
    steps = [
        Step("Original", subject.prediction.steps[-1].image, f"{model.card.name} {outcome}"),
        Step("Change", change, "orange: more ink, blue: less"),
        Step("Result", pixels, f"{model.card.name} predicts {target} ({percent(example.probability)})"),
    ]
    show_figures(
        figure(Image.fromarray(step.image), step.name, f"<b>{step.name}</b><br>{step.reason}", SIDE) for step in steps
    )
    st.markdown(_describe(example))
    for recognizer in subject.recognizers[1:]:
        st.markdown(_describe_transfer(recognizer.model, example, target))
    values = pd.DataFrame(example.image.reshape(28, 28), columns=[f"column {column}" for column in range(28)])
    show_downloads("fooled", steps, values)


def _describe(example: AdversarialExample) -> str:
    count = int((np.abs(example.change) > 0.02).sum())
    return (
        f"{count} of 784 pixels change by more than 2%, none by more than {example.largest:.0%}. In total, this is as "
        f"much change as turning {example.distance**2:.1f} pixels from paper to ink."
    )


def _describe_transfer(model: DigitModel, example: AdversarialExample, target: str) -> str:
    probabilities = model.classifier.classify(example.image[np.newaxis]).probabilities[0]
    best = str(probabilities.argmax())
    fooled = "is fooled too" if best == target else "is not fooled"
    return f"{model.card.name} {fooled}: its most likely digit is {best} ({percent(float(probabilities.max()))})."

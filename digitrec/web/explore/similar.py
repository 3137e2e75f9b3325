"""The training digits that a model finds similar to the drawing."""

import html

import pandas as pd
import streamlit as st
from PIL import Image

from digitrec.prediction import Prediction, Step
from digitrec.recognition.exploration.digit_index import DigitIndex, Neighbor
from digitrec.recognition.feature_maps import FeatureMaps
from digitrec.services import services
from digitrec.web.explore.elements import show_downloads
from digitrec.web.explore.subject import Subject
from digitrec.web.shared.figures import figure, show_figures

_SIDE = 112


def explorable(name: str) -> tuple[FeatureMaps, DigitIndex] | None:
    """Return the feature maps and the index of a model; show a message and return None if it lacks either."""
    feature_maps, index = services().feature_maps(name), services().digit_index(name)
    if feature_maps and feature_maps.has_embedding and index:
        return feature_maps, index
    if services().digit_recognizer(name).model.card.conventions:
        st.markdown(
            f"{name} has no embedding, so similar digits can't be shown. Of the imported models, only Keras 3 models "
            "with convolutions have one."
        )
        return None
    st.markdown(f"{name} has no index of training digits. Run this command to create one, then restart the app:")
    st.code(f"python -m digitrec index --model {name} --data DIR", language="bash")
    return None


def show_similar(subject: Subject) -> None:
    """Show the twelve training digits nearest to the drawing, for each model."""
    st.markdown(
        "To a model, a drawing is a point in a space with many dimensions: its *embedding*, the last numbers before "
        "the prediction. These training digits lie closest to the drawing. What looks similar to the model doesn't "
        "always look similar to you."
    )
    rows: list[dict[str, object]] = []
    steps = [subject.prediction.steps[-1]]
    for prediction in subject.predictions:
        found = explorable(prediction.model)
        if not found:
            continue
        _, index = found
        if len(subject.predictions) > 1:
            st.subheader(prediction.model)
        neighbors = show_neighbors(prediction, *found, 12)
        st.caption(str(index.license))
        for rank, neighbor in enumerate(neighbors, 1):
            label, source = _label_and_source(index, neighbor)
            row = {"model": prediction.model, "rank": rank, "label": label, "source": source}
            rows.append({**row, "distance": round(neighbor.distance, 3)})
            distance = f"distance {neighbor.distance:.2f}"
            steps.append(Step(f"{label}: {source}", index.images[neighbor.position], distance))
    if rows:
        st.caption("Between a training digit and its nearest neighbor, a distance of 1 is typical.")
        show_downloads("similar", steps, pd.DataFrame(rows))


def show_neighbors(prediction: Prediction, feature_maps: FeatureMaps, index: DigitIndex, count: int) -> list[Neighbor]:
    """Show the training digits nearest to the network input of a prediction, and return them."""
    neighbors = index.nearest(feature_maps.embed(prediction.network_input[None])[0], count)
    st.markdown(describe_neighbors(prediction, index, neighbors))
    figures = []
    for neighbor in neighbors:
        label, source = _label_and_source(index, neighbor)
        name = f"Training digit {label}, {source}"
        caption = f"<b>{label}</b> · {neighbor.distance:.2f}<br><small>{html.escape(source)}</small>"
        figures.append(figure(Image.fromarray(index.images[neighbor.position]), name, caption, _SIDE))
    show_figures(figures)
    return neighbors


def describe_neighbors(prediction: Prediction, index: DigitIndex, neighbors: list[Neighbor]) -> str:
    """Return a sentence on whether the nearest training digits agree with each other and with the prediction."""
    labels = [str(index.labels[neighbor.position]) for neighbor in neighbors]
    counts = pd.Series(labels).value_counts()
    if len(counts) > 1:
        parts = ", ".join(f"{label} ({count})" for label, count in counts.items())
        text = f":material/call_split: The labels of the nearest digits disagree: {parts}."
    else:
        text = f"All {len(labels)} nearest digits are {labels[0]}s."
    if prediction.text and counts.get(prediction.text, 0) < counts.max():
        text += f" {prediction.model} still predicts {prediction.text}."
    if neighbors[0].distance > 2:
        text += f" None of the {len(index):,} digits searched is close to this drawing."
    return text


def _label_and_source(index: DigitIndex, neighbor: Neighbor) -> tuple[int, str]:
    return int(index.labels[neighbor.position]), str(index.sources[index.source[neighbor.position]])

"""A map of the training digits, with the drawing and the user's own predictions on it."""

from contextlib import suppress
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from digitrec.analytics.charts import explore as charts
from digitrec.errors import ImageError
from digitrec.imaging.files.encode import png_url
from digitrec.prediction import InputMethod, Mode, Step
from digitrec.recognition.digit_recognizer import preprocess
from digitrec.recognition.exploration.digit_index import DigitIndex
from digitrec.recognition.feature_maps import FeatureMaps
from digitrec.services import services
from digitrec.storage.filters import Filter, Order
from digitrec.storage.history import History
from digitrec.storage.images import Images
from digitrec.web.explore.elements import SIDE, show_downloads
from digitrec.web.explore.similar import explorable
from digitrec.web.explore.subject import Subject
from digitrec.web.prediction.dialog import open_prediction, show_opened_prediction
from digitrec.web.shared.figures import figure, show_figures
from digitrec.web.shared.history import current_history
from digitrec.web.shared.names import PREDICTION, drawing_name, label_name

_HEIGHT = 520
_OWN = 30  # How many of the newest predictions are on the map.
_FROM_CANVAS = Filter(modes=(Mode.DIGIT,), input_methods=(InputMethod.CANVAS, InputMethod.SAMPLE))


def show_map(subject: Subject) -> None:
    """Show the map of the model's training digits, and open the point that is clicked."""
    st.markdown(
        "Each dot is a training digit. Digits lie close together if the model finds them similar (t-SNE of their "
        "embeddings); distances between groups mean little. The diamond is your drawing, squares are your latest "
        "recognized drawings, and red triangles are those that don't match your label."
    )
    if found := explorable(subject.prediction.model):
        _show_chart(subject, *found)
    show_opened_prediction(current_history(), _FROM_CANVAS, Order.NEWEST)


def _show_chart(subject: Subject, feature_maps: FeatureMaps, index: DigitIndex) -> None:
    name, history = subject.prediction.model, current_history()
    own = _own_predictions(history, name, feature_maps, index)
    rows = pd.concat([_training_rows(name, index), own, _drawing_row(subject, feature_maps, index)], ignore_index=True)
    alt = f"Map of {len(index):,} training digits of {name}, colored by label"
    event = st.vega_lite_chart(
        rows, charts.map_of_digits(_HEIGHT), alt=alt, key="map", on_select="rerun", selection_mode=charts.POINT
    )
    st.caption("Scroll or pinch to zoom, drag to move, double-click to reset. Point at a dot to see its image.")
    selected = [point.get("id") for point in event["selection"].get(charts.POINT) or ()]
    for _, row in rows[rows["id"].isin(selected)].iterrows():
        _show_point(row, index)
    show_downloads("map", [_map_step(index, rows)], rows[["group", "digit", "what", "x", "y"]])


def _show_point(row: "pd.Series[Any]", index: DigitIndex) -> None:
    kind, number = str(row["id"]).split("-")
    if kind == "training":
        image, what = index.images[int(number)], str(row["what"])
        show_figures([figure(Image.fromarray(image), what, f"<b>{what}</b>", SIDE)])
    elif kind == "prediction":
        st.button(
            f"Open {PREDICTION.lower()} {number}",
            key="open-point",
            icon=":material/open_in_full:",
            on_click=open_prediction,
            args=(int(number),),
        )


@lru_cache(4)
def _pictures(name: str, version: str) -> tuple[str, ...]:
    """Return the pictures of the digits in the index of a model as data URLs."""
    index = services().digit_index(name)
    return tuple(_small_picture(image) for image in index.images) if index else ()


def _small_picture(image: NDArray[np.uint8]) -> str:
    """Return an image (28, 28) as a data URL in 16 shades, at its own size."""
    shades = Image.fromarray(image // 17).convert("P")
    shades.putpalette([level for shade in range(16) for level in 3 * (17 * shade,)])
    return png_url(shades, bits=4, compress_level=9)


def _training_rows(name: str, index: DigitIndex) -> pd.DataFrame:
    labels = index.labels.astype(str)
    sources = index.sources[index.source]
    return pd.DataFrame(
        {
            "x": index.map[:, 0],
            "y": index.map[:, 1],
            "digit": labels,
            "group": "training",
            "what": [f"{label}, {source}" for label, source in zip(labels, sources, strict=True)],
            "image": _pictures(name, str(index.version)),
            "id": [f"training-{position}" for position in range(len(index))],
        }
    )


def _drawing_row(subject: Subject, feature_maps: FeatureMaps, index: DigitIndex) -> pd.DataFrame:
    [(x, y)] = index.place(feature_maps.embed(subject.image[np.newaxis])).tolist()
    image = _small_picture(subject.prediction.steps[-1].image)
    what = f"Your drawing: {subject.prediction.text or 'not a digit'}"
    row = {"x": x, "y": y, "digit": None, "group": "drawing", "what": what, "image": image, "id": "drawing-0"}
    return pd.DataFrame([row])


def _own_predictions(history: History, name: str, feature_maps: FeatureMaps, index: DigitIndex) -> pd.DataFrame:
    shown = []
    for saved in history.page(_FROM_CANVAS, Order.NEWEST, _OWN):
        # Without the images that can't be read right now.
        with suppress(OSError, ImageError):
            if saved.text and (image := _network_input(history.images, saved.image, saved.input_method)).any():
                shown.append((saved, image))
    if not shown:
        return pd.DataFrame()
    images = np.stack([image for _, image in shown])
    places = index.place(feature_maps.embed(images.astype(np.float32) / np.float32(255))).tolist()
    return pd.DataFrame(
        [
            {
                "x": x,
                "y": y,
                "digit": each.text,
                "group": "mistake" if each.true_label not in (None, each.text) else "prediction",
                "what": drawing_name(each) + (f", labeled {label_name(each).lower()}" if each.true_label else ""),
                "image": _small_picture(image),
                "id": f"prediction-{each.prediction_id}",
            }
            for (each, image), (x, y) in zip(shown, places, strict=True)
        ]
    )


# Keyed by name: a prediction's image never changes.
@lru_cache(256)
def _network_input(images: Images, name: str, input_method: InputMethod) -> NDArray[np.uint8]:
    image, _ = preprocess(images.read(name), input_method)
    return np.rint(image * 255).astype(np.uint8)


def _map_step(index: DigitIndex, rows: pd.DataFrame) -> Step:
    """Return the map as a picture of its digits, each at its place."""
    side = 1200
    sheet = np.zeros((side, side), np.uint8)
    places = ((rows[["x", "y"]].to_numpy(float) * (1, -1) + 1) / 2 * (side - 29)).clip(0, side - 29).astype(int)
    for (x, y), image in zip(places[: len(index)], index.images, strict=True):
        cell = sheet[y : y + 28, x : x + 28]
        np.maximum(cell, image, out=cell)
    return Step("Map", sheet, f"{len(index):,} training digits, each at its place on the map")

"""Previews of a drawing that sliders vary while they are still moving."""

from collections.abc import Mapping
from typing import Any

from PIL import Image

from digitrec.imaging.arrays import Ink
from digitrec.imaging.files.decode import decode_drawing
from digitrec.imaging.variations import PARAMETERS, Parameter, Variation, vary
from digitrec.prediction import Prediction, Verdict
from digitrec.samples import CANVAS_SIDE
from digitrec.services import services
from digitrec.web.explore.elements import SIDE, predictions_html
from digitrec.web.shared.figures import data_url
from digitrec.web.shared.preview import decode_canvas

VARIATION = "variation"  # The kind of these previews.


def preview_variation(signed: Any, message: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the panel shows for the ``image`` of a drawing, a data URL, and the ``values`` of the sliders."""
    ink, _ = decode_drawing(decode_canvas(message["image"], CANVAS_SIDE))
    changed = vary(ink, read_variation(message["values"]))
    return shown(changed, [services().digit_recognizer(name).recognize_ink(changed) for name in signed])


def shown(changed: Ink, predictions: list[Prediction]) -> dict[str, Any]:
    """Return the pictures of a changed drawing and of its network input, and its predictions as HTML."""
    html = "No ink is left. Move the sliders back or click Reset."
    if predictions[0].verdict is not Verdict.BLANK:
        html = predictions_html(predictions)
    images = changed, predictions[0].steps[-1].image
    return {"pictures": [data_url(Image.fromarray(image), 2 * SIDE) for image in images], "predictions": html}


def read_variation(values: Mapping[str, Any]) -> Variation:
    """Return the variation given by values that a browser sent; what isn't a value of a slider changes nothing."""
    return Variation(**{parameter.name: _number(values, parameter) for parameter in PARAMETERS})


def _number(values: Mapping[str, Any], parameter: Parameter) -> int:
    try:
        value = round(float(values[parameter.name]))
    except (KeyError, TypeError, ValueError, OverflowError):
        return parameter.neutral
    return value if parameter.low <= value <= parameter.high else parameter.neutral

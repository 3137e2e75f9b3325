"""Previews of a drawing while the pen is still moving."""

from collections.abc import Mapping, Sequence
from typing import Any

from digitrec.prediction import InputMethod, Mode
from digitrec.recognition.automatic import AnyRecognizer
from digitrec.samples import CANVAS_SIDE
from digitrec.services import services
from digitrec.web.draw.drawing import CANVASES
from digitrec.web.draw.picture import Picture, live_result_html
from digitrec.web.draw.recognize import recognize_drawing
from digitrec.web.shared.preview import decode_canvas, preview_source

DRAWING = "drawing"  # The kind of these previews.


def canvas_source(
    mode: Mode | None, input_method: InputMethod, recognizers: Sequence[AnyRecognizer], picture: Picture | None
) -> dict[str, Any] | None:
    """Return what the browser needs to request previews of the canvas, or None for an image."""
    if not mode or input_method is not InputMethod.CANVAS:
        return None
    names = [recognizer.model.card.name for recognizer in recognizers]
    # Where a digit is on the canvas doesn't matter.
    image = {"width": CANVASES[mode].width, "height": CANVAS_SIDE, "cropped": mode is Mode.DIGIT}
    return preview_source(DRAWING, [mode, names, picture]) | image


def preview_drawing(signed: Any, message: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ``html`` of the result for the ``image`` of a canvas, a data URL.

    Of a digit, the part with ink is enough.
    """
    mode, names, picture = Mode(signed[0]), signed[1], signed[2] and Picture(signed[2])
    png = decode_canvas(message["image"], CANVASES[mode].width, may_be_part=mode is Mode.DIGIT)
    recognizers: list[AnyRecognizer] = (
        [services().number_recognizer()] if mode is Mode.NUMBER else [*map(services().digit_recognizer, names)]
    )
    # Once the pen is lifted, the run of the script needs the predictions too.
    is_lifted = message["lifted"]
    predictions = [
        recognize_drawing(recognizer, png) if is_lifted else recognizer.recognize(png, InputMethod.CANVAS)
        for recognizer in recognizers
    ]
    return {"html": live_result_html(mode, predictions, picture=picture)}

"""What tests do on the pages, and what the pages say."""

import json
import re

import pyarrow as pa

from digitrec.samples import NUMBER_CANVAS_WIDTH, samples, write_number
from tests.support.pictures import canvas_state


def text(app):
    """What the page's own pieces of HTML and its captions say."""
    html = " ".join(re.sub(r"<[^>]+>", " ", html.proto.body) for html in app.get("html"))
    return " ".join([html, *(caption.value for caption in app.caption)])


def tables(app):
    """What each chart shows, by its title."""
    return {
        json.loads(chart.proto.spec)["title"]: pa.ipc.open_stream(chart.proto.data.data).read_all().to_pylist()
        for chart in app.get("vega_lite_chart")
    }


def draw(app, digit, strokes=None):
    """Put a drawing of one of our digits, or only some of its strokes, on the canvas."""
    app.session_state["canvas"] = canvas_state(samples()[digit][:strokes])
    return app.run()


def draw_number(app, number):
    """Choose to draw a number, and put one of our digits on the wide canvas."""
    app.segmented_control(key="draw-mode").set_value("number").run()
    app.session_state["wide-canvas"] = canvas_state(write_number(number, samples()), NUMBER_CANVAS_WIDTH)
    return app.run()


def upload(app, name, content):
    app.segmented_control(key="draw-input").set_value("upload").run()
    return app.file_uploader(key="upload").upload(name, content).run()

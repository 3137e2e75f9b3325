"""Actions on the pages, and what the pages show."""

import json
import re
from contextlib import contextmanager
from html import unescape

import pyarrow as pa

from digitrec.samples import NUMBER_CANVAS_WIDTH, samples, write_number
from digitrec.services import services
from tests.support.pictures import canvas_state


def text(app):
    """Return the text of the page's own HTML, the result first, and its captions."""
    bodies = [result_html(app), *(html.proto.body for html in app.get("html"))]
    html = " ".join(unescape(re.sub(r"<[^>]+>", " ", body)) for body in bodies)
    return " ".join([html, *(caption.value for caption in app.caption)])


def result_html(app):
    """Return the HTML of the result on the Draw page, empty on the other pages."""
    components = [component.proto for component in app.get("bidi_component")]
    found = [component.json for component in components if component.component_name == "live_result"]
    return json.loads(found[0])["html"] if found else ""


def gallery(app):
    """Return the alternative text of each picture in a gallery, and the text below it."""
    labels = [button.label for button in app.button if button.key.startswith("open-")]
    return [re.fullmatch(r"!\[(.+)\]\(data:image/png;base64,\S+\) (.+)", label).groups() for label in labels]


def tables(app):
    """Return the data of each chart by its title."""
    return {
        json.loads(chart.proto.spec)["title"]: pa.ipc.open_stream(chart.proto.data.data).read_all().to_pylist()
        for chart in app.get("vega_lite_chart")
    }


@contextmanager
def busy_server(admission=None):
    """Hold every slot that pages have."""
    admission = admission or services().admission
    callers = [f"caller {number}" for number in range(admission._pages.slots)]
    held = [admission._join(admission._pages, caller, f"views of {caller}") for caller in callers]
    try:
        yield
    finally:
        for slot in held:
            admission._leave(admission._pages, slot)


def draw(app, digit, strokes=None):
    """Draw a sample digit, or its first strokes, on the canvas."""
    app.session_state["canvas"] = canvas_state(samples()[digit][:strokes])
    return app.run()


def clear(app):
    """Empty the canvas, as Clear does in the browser."""
    app.session_state["canvas"] = canvas_state((), key=f"{app.session_state['session'].drawing.key} cleared")
    return app.run()


def draw_number(app, number):
    """Switch to number mode and draw a number in sample digits."""
    app.segmented_control(key="draw-mode").set_value("number").run()
    app.session_state["wide-canvas"] = canvas_state(write_number(number, samples()), NUMBER_CANVAS_WIDTH)
    return app.run()


def open_tab(app, name):
    """Open one of the tabs below the drawing."""
    app.session_state["details"] = name
    return app.run()


def upload(app, name, content):
    """Switch to file upload and upload a file."""
    app.segmented_control(key="draw-input").set_value("upload").run()
    return app.file_uploader(key="upload").upload(name, content).run()

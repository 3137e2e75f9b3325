"""The result beside the canvas, which is updated as the pen moves."""

from pathlib import Path
from typing import Any

import streamlit as st

from digitrec.web.shared.preview import preview_script

# Not isolated, so that the style of the page applies.
_live_result = st.components.v2.component(
    "live_result",
    # Screen readers announce only changes inside an existing live region. This one changes with the script's result.
    html=(
        '<div role="status" style="position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)"></div>'
        '<div data-state="run"></div>'
    ),
    js=preview_script(Path(__file__).with_suffix(".js")),
    isolate_styles=False,
)


def show_live_result(html: str, announcement: str, preview: dict[str, Any] | None) -> None:
    """Show the result of recognition, as HTML, and announce it to screen readers once.

    With ``preview``, the browser updates it while the user draws.
    """
    _live_result(data={"html": html, "announcement": announcement, "preview": preview}, key="live-result")

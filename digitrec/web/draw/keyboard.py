"""Keyboard shortcuts of the Draw page."""

from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

from digitrec.web.prediction.result import SALIENCY_KEY, STEPS_KEY

# Streamlit's own shortcuts exclude C and work for buttons only, with one key each.
_SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
_listener = st.components.v2.component("keyboard", js=_SCRIPT)
LABEL_KEY = "correct-label"


@dataclass(frozen=True, slots=True)
class Shortcut:
    """Keys that operate a control on the page."""

    keys: tuple[str, ...]
    control: str
    """The key of the Streamlit widget."""
    action: str
    clicks: bool = True
    """Whether the keys click the control; otherwise they focus it."""


SHORTCUTS = (
    Shortcut(("Escape", "Alt+C"), "clear", "Clear the canvas"),
    Shortcut(("Alt+Z",), "undo", "Undo the last stroke"),
    Shortcut(("Alt+S",), LABEL_KEY, "Go to the label (arrow keys or typing, then Enter)", clicks=False),
    Shortcut(("Alt+D",), STEPS_KEY, "Show or hide the preprocessing steps"),
    Shortcut(("Alt+W",), SALIENCY_KEY, "Show or hide the saliency map"),
    Shortcut(("Alt+K",), "keyboard", "Show the keyboard shortcuts"),
)


def show_keyboard() -> None:
    """Handle the shortcuts, and show the button that lists them."""
    st.button("Keyboard shortcuts", key="keyboard", icon=":material/keyboard:", type="tertiary", on_click=_show_help)
    _listener(data=[asdict(shortcut) for shortcut in SHORTCUTS], key="keyboard-listener", height=1)


@st.dialog("Keyboard shortcuts")
def _show_help() -> None:
    rows = "\n".join(f"| {' or '.join(f'`{key}`' for key in item.keys)} | {item.action} |" for item in SHORTCUTS)
    st.markdown(
        f"| Keys | Action |\n|---|---|\n{rows}\n\n"
        "On a Mac, Alt is the Option key. To use the app without a mouse, pick a sample or upload an image. Tab moves "
        "to the next control; Enter or Space activates it."
    )

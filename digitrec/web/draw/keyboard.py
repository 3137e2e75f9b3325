"""Keyboard shortcuts of the Draw page."""

from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

from digitrec.web.draw.details import DETAILS_KEY

# Streamlit's own shortcuts exclude C and work for buttons only, with one key each.
_SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
_listener = st.components.v2.component("keyboard", js=_SCRIPT)
LABEL_KEY = "correct-label"


@dataclass(frozen=True, slots=True)
class Shortcut:
    """Keys that operate a control on the page."""

    keys: tuple[str, ...]
    control: str  # The CSS selector of an element on the page.
    action: str
    clicks: bool = True  # Whether the keys click the control; otherwise they focus it.


def _tab(number: int) -> str:
    return f".st-key-{DETAILS_KEY} [role=tab]:nth-of-type({number})"


SHORTCUTS = (
    Shortcut(("Escape", "Alt+C"), ".st-key-clear button", "Clear the canvas"),
    Shortcut(("Alt+Z",), ".st-key-undo button", "Undo the last stroke"),
    Shortcut(
        ("Alt+S",),
        f".st-key-{LABEL_KEY} :is(input, button:not([aria-label]))",
        "Go to the label (use the arrow keys or type, then press Enter)",
        clicks=False,
    ),
    Shortcut(("Alt+R",), _tab(1), "Show the recent predictions"),
    Shortcut(("Alt+D",), _tab(2), "Show the preprocessing steps"),
    Shortcut(("Alt+W",), _tab(3), "Show the saliency maps"),
    Shortcut(("Alt+F",), _tab(4), "Show the feature maps"),
    Shortcut(("Alt+K",), ".st-key-keyboard button", "Show the keyboard shortcuts"),
)


def show_keyboard() -> None:
    """Handle the shortcuts, and show the button that lists them."""
    st.button("Shortcuts", key="keyboard", icon=":material/keyboard:", type="tertiary", on_click=_show_help)
    _listener(data=[asdict(shortcut) for shortcut in SHORTCUTS], key="keyboard-listener", height=1)


@st.dialog("Keyboard shortcuts")
def _show_help() -> None:
    rows = "\n".join(f"| {' or '.join(f'`{key}`' for key in item.keys)} | {item.action} |" for item in SHORTCUTS)
    st.markdown(
        f"| Keys | Action |\n|---|---|\n{rows}\n\n"
        "On a Mac, Alt is the Option key. To use the app without a mouse, pick a sample or upload an image. Tab moves "
        "to the next control; Enter or Space activates it."
    )

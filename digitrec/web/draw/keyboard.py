"""The Draw page without a pointer."""

from dataclasses import asdict, dataclass

import streamlit as st

# Streamlit's own shortcuts take no C, one key a button, and buttons only.
_listener = st.components.v2.component(
    "keyboard",
    js="""
        const listeners = new WeakMap();

        function pressed(event) {
            const letter = /^[a-z]$/i.test(event.key) ? event.key.toUpperCase() : event.code.replace("Key", "");
            return event.altKey && !event.ctrlKey && !event.metaKey ? `Alt+${letter}` : event.key;
        }

        function isBusy(target) {
            return target.matches("textarea, input:not([type=checkbox], [type=radio], [type=file])")
                || document.querySelector("[role=dialog], [role=listbox], [role=menu]");
        }

        export default function ({ data, parentElement }) {
            document.removeEventListener("keydown", listeners.get(parentElement));
            const listener = (event) => {
                const shortcut = data.find(({ keys }) => keys.includes(pressed(event)));
                if (!shortcut || (event.key === "Escape" && isBusy(event.target))) return;
                event.preventDefault();
                const controls = `.st-key-${shortcut.control} :is(button, input):not(:disabled)`;
                const control = document.querySelector(controls);
                if (shortcut.clicks) control?.click();
                else control?.focus();
            };
            listeners.set(parentElement, listener);
            document.addEventListener("keydown", listener);
            return () => document.removeEventListener("keydown", listener);
        }
    """,
)


@dataclass(frozen=True, slots=True)
class Shortcut:
    """Keys that do what a control on the page does."""

    keys: tuple[str, ...]
    control: str
    """The key of the Streamlit widget."""
    does: str
    clicks: bool = True
    """Whether the control is clicked, or only gets the focus."""


SHORTCUTS = (
    Shortcut(("Escape", "Alt+C"), "clear", "Clear the canvas"),
    Shortcut(("Alt+Z",), "undo", "Take the last stroke back"),
    Shortcut(("Alt+S",), "truth", "Say what it really is: choose by arrow keys, or type; Enter saves", clicks=False),
    Shortcut(("Alt+D",), "debug", "Show or hide every step of preprocessing"),
    Shortcut(("Alt+W",), "why", "Show or hide why this answer, of a digit"),
    Shortcut(("Alt+K",), "keyboard", "Show these keys"),
)


def show_keyboard() -> None:
    """Listen to the keys, and show the button that tells them."""
    st.button("Keyboard", key="keyboard", icon=":material/keyboard:", type="tertiary", on_click=_show_keys)
    _listener(data=[asdict(shortcut) for shortcut in SHORTCUTS], key="keyboard-listener", height=1)


@st.dialog("Keyboard")
def _show_keys() -> None:
    rows = "\n".join(f"| {' or '.join(f'`{key}`' for key in one.keys)} | {one.does} |" for one in SHORTCUTS)
    st.markdown(
        f"| Keys | What they do |\n|---|---|\n{rows}\n\n"
        "On a Mac, Alt is the Option key. Without a pointer, the samples and Upload are the way in: Tab reaches every "
        "control, Enter or Space uses it."
    )

"""The state of one browser session, in one typed object.

Values of widgets are not in it: Streamlit keeps those in ``st.session_state`` under the widget's key.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from digitrec.imaging.strokes import Stroke
from digitrec.imaging.variations import Variation
from digitrec.prediction import AnyPrediction, InputMethod, Mode
from digitrec.storage.history import Attempt
from digitrec.storage.saved_prediction import SavedPrediction
from digitrec.web.shared.figures import forget_thumbnails

_KEY = "session"


@dataclass(frozen=True, slots=True)
class UserInput:
    """One drawing, image or photo in its current state.

    While the user keeps drawing, ``data`` changes and ``key`` stays: it is the same drawing.
    """

    input_method: InputMethod
    key: str
    data: bytes
    strokes: tuple[Stroke, ...] = ()  # The strokes of a drawing; empty for images.
    filename: str | None = None  # The name of the uploaded file.


@dataclass(slots=True)
class Drawing:
    """The drawing on the canvas, which loses its own state when the user leaves the page."""

    key: str = ""  # The browser gives each new drawing a key.
    mode: Mode = Mode.DIGIT
    input_method: InputMethod = InputMethod.CANVAS
    objects: list[dict[str, Any]] = field(default_factory=list)  # The strokes as Fabric.js objects.
    png: bytes | None = None
    initial: list[dict[str, Any]] = field(default_factory=list)  # The objects that a new canvas starts from.
    brush: int | None = None
    previous: "Drawing | None" = None  # The drawing before, which Undo brings back if it was cleared.
    converted_from: "Drawing | None" = None  # The same drawing in the other mode, if it started there.


@dataclass(frozen=True, slots=True)
class SavedInput:
    """The drawing or image last saved by one input method."""

    saved: SavedPrediction | None  # None once the user has deleted it.
    key: str
    content: tuple[int, str, int]
    """What was saved: a hash of the image, the name of the model, and the generation of the database."""


@dataclass(slots=True)
class SessionState:
    """Everything the pages remember between the runs of one browser session."""

    user_subject: str | None = None  # The subject of the user this state belongs to.
    recorded_subject: str | None = None  # The subject of the user whose sign-in is recorded in the database.
    ended_sign_in: Any = None  # The issue time (``iat``) of a sign-in that was ended in another browser.
    guest_secret: str | None = None  # The secret of a guest whose browser refuses the guest cookie.
    guest_import_offered: bool = False
    page: str | None = None  # The title of the page shown last.
    page_changed: bool = False  # Whether this run is the first one after a change of page.
    notices: list[tuple[str, str | None]] = field(default_factory=list)  # Texts to show as toasts, each with its icon.
    acknowledged_losses: int = 0
    """The generation of the database up to which the user has dismissed the warning about a lost history."""

    drawing: Drawing = field(default_factory=Drawing)
    pending_drawing: SavedPrediction | None = None
    """The saved prediction whose strokes the Draw page puts on the canvas when it opens."""
    admitted: object = None  # The last content that the rate limit let through.
    retries: int = 0  # How often the server was busy for that content.
    counted: object = None  # The last content whose verdict was counted in the metrics.
    last_recognition: tuple[str, dict[object, AnyPrediction]] | None = None
    """The key of the last uploaded image or photo, and its predictions by recognizer and model."""
    saved_inputs: dict[InputMethod, SavedInput] = field(default_factory=dict)
    save_attempt: tuple[object, Attempt] | None = None
    """A save that may have failed: what it saves, and the attempt to repeat."""
    saved_count: int = 0  # How many predictions this session has saved.
    variation: Variation = field(default_factory=Variation)  # How the What-if view varies a drawing.
    last_move: Mapping[str, Any] | None = None  # The last move of a slider of that view during this visit.
    preview_caller: str = field(default_factory=secrets.token_urlsafe)
    """The key that the previews of this session are counted under."""
    details: str = ""  # The name of the tab opened last on the Draw page.
    recent: tuple[object, Sequence[SavedPrediction]] = (None, ())
    """A state of the history, and its most recent predictions, which the Draw page shows."""

    opened_prediction: int | None = None  # The ID of the prediction shown in the dialog.
    selected: dict[int, str] = field(default_factory=dict)
    """The IDs of the predictions selected on the History page, each with the name of its image."""
    chart_selections: dict[str, set[str]] = field(default_factory=dict)
    """The digits selected in each chart of the Analytics page, by the chart's key."""
    measured_speeds: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The speeds measured on the Models page, by the name of the model."""
    new_api_key: str | None = None  # An API key that was just created and is shown once.

    def update_saved(self, saved: SavedPrediction) -> None:
        """Replace a saved prediction with its new version, for example after it was labeled."""
        for input_method, item in self.saved_inputs.items():
            if item.saved and item.saved.prediction_id == saved.prediction_id:
                self.saved_inputs[input_method] = replace(item, saved=saved)
        self.recent = None, ()

    def forget_deleted(self, prediction_id: int | None = None) -> None:
        """Note that a prediction was deleted, or all of them if it is None.

        A deleted drawing that is still on the canvas isn't saved again.
        """
        for input_method, item in self.saved_inputs.items():
            if item.saved and prediction_id in (None, item.saved.prediction_id):
                self.saved_inputs[input_method] = replace(item, saved=None)
        if prediction_id in (None, self.opened_prediction):
            self.opened_prediction = None
        self.recent = None, ()
        forget_thumbnails()


def session() -> SessionState:
    """Return the state of the current browser session."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = SessionState()
    state: SessionState = st.session_state[_KEY]
    return state


def start_session(user_subject: str) -> None:
    """Forget everything about the previous user, including widget values, and start over for another one."""
    previous = session()
    st.session_state.clear()
    st.session_state[_KEY] = SessionState(
        user_subject=user_subject, ended_sign_in=previous.ended_sign_in, guest_secret=previous.guest_secret
    )

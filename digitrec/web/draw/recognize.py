"""Reading what was handed in, once, and as soon as there is time for it."""

from collections.abc import Sequence
from time import monotonic

import streamlit as st

from digitrec.errors import Busy, ImageError, RetryLater
from digitrec.prediction import AnyPrediction, InputMethod
from digitrec.recognition.number_recognizer import AnyRecognizer
from digitrec.server.admission import reading_queue
from digitrec.server.logging import begin_request
from digitrec.server.metrics import VERDICTS
from digitrec.server.rate_limits import Limited, rate_limits
from digitrec.web.shared.current_user import rate_limit_key
from digitrec.web.shared.session import session
from digitrec.web.shared.user_input import UserInput

_RETRIES = 2
_RETRY_SECONDS = 2.0
_DRAWN = (InputMethod.CANVAS, InputMethod.SAMPLE)


def recognize_all(
    recognizers: Sequence[AnyRecognizer], user_input: UserInput
) -> tuple[list[AnyPrediction], tuple[str, str]]:
    """What each recognizer reads; else nothing, and in words why not, and the page comes back to it by itself."""
    begin_request()
    state = session()
    content = user_input.input_method, hash(user_input.data)
    try:
        if state.admitted != content:
            rate_limits().hit(
                Limited.DRAWINGS if user_input.input_method in _DRAWN else Limited.UPLOADS, rate_limit_key()
            )
            state.admitted, state.retries = content, 0
        predictions = [_read(user_input, recognizer) for recognizer in recognizers]
    except ImageError as error:
        return [], ("This cannot be read", str(error))
    except Busy:
        return [], _put_off_busy()
    except RetryLater as error:
        _come_back(error.seconds)
        wait = f"{error.seconds:.0f} {'second' if error.seconds == 1 else 'seconds'}"
        return [], ("One moment", f"That was a lot in a short time. Nothing is lost: this is read by itself in {wait}.")
    if state.counted != content:
        VERDICTS.labels(user_input.input_method, predictions[0].verdict).inc()
        state.counted = content
    return predictions, ("", "")


def _read(user_input: UserInput, recognizer: AnyRecognizer) -> AnyPrediction:
    def read() -> AnyPrediction:
        return reading_queue().read(lambda: recognizer.recognize(user_input.data, user_input.input_method))

    if user_input.input_method in _DRAWN:
        # Read in milliseconds, and its steps would take more memory than all else that a session keeps.
        return read()
    last = session().last_recognition
    if not last or last[0] != user_input:
        last = user_input, {}
    name = recognizer.model.card.name
    if name not in last[1]:
        with st.spinner("Reading the picture"):
            last[1][name] = read()
        session().last_recognition = last
    return last[1][name]


def _put_off_busy() -> tuple[str, str]:
    if session().retries == _RETRIES:
        return "Too busy", "Too many draw at once. Nothing is lost: whatever you do next on this page tries again."
    session().retries += 1
    _come_back(_RETRY_SECONDS)
    return "Busy, trying again", "Many draw at once. Nothing is lost: this is tried again in a moment."


def _come_back(seconds: float) -> None:
    st.fragment(_run_again_from, run_every=seconds)(monotonic() + seconds)


def _run_again_from(moment: float) -> None:
    if monotonic() >= moment:
        st.rerun()

"""Recognize what the user drew, uploaded or photographed, as soon as the server has time for it."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from time import monotonic

import streamlit as st

from digitrec.errors import ImageError, RateLimitExceeded
from digitrec.prediction import AnyPrediction, InputMethod
from digitrec.recognition.automatic import AnyRecognizer
from digitrec.server.logging import begin_request
from digitrec.server.metrics import VERDICTS
from digitrec.server.rate_limits import Limited
from digitrec.services import services
from digitrec.web.shared.current_user import client_address, rate_limit_key
from digitrec.web.shared.session import UserInput, session

_RETRIES = 2
_RETRY_SECONDS = 2.0
_DRAWN = (InputMethod.CANVAS, InputMethod.SAMPLE)


def recognize_all(
    recognizers: Sequence[AnyRecognizer], user_input: UserInput, is_admitted: bool
) -> tuple[list[AnyPrediction], tuple[str, str]]:
    """Return the prediction of each recognizer, or none with a heading and a sentence that say why.

    If the rate limit is reached, the page retries by itself. If the server is busy, it retries twice and then offers a
    button.
    """
    begin_request()
    state = session()
    content = user_input.input_method, hash(user_input.data)
    kind, noun = (Limited.DRAWINGS, "drawing") if user_input.input_method in _DRAWN else (Limited.UPLOADS, "image")
    try:
        # However often the page reruns, the same drawing counts once.
        if state.admitted != content:
            state.retries = 0
            services().admission.limits.hit(kind, rate_limit_key())
            state.admitted = content
        if not is_admitted:
            return [], _retry_when_busy(noun)
        predictions = [_recognize(user_input, recognizer) for recognizer in recognizers]
    except ImageError as error:
        return [], ("Can't read this image", str(error))
    except RateLimitExceeded as error:
        _rerun_in(error.seconds)
        return [], ("Rate limit reached", f"Your {noun} is safe. Retrying in {error.seconds:.0f} s.")
    if state.counted != content:
        VERDICTS.labels(user_input.input_method, predictions[0].verdict).inc()
        state.counted = content
    return predictions, ("", "")


@lru_cache(maxsize=32)
def recognize_drawing(recognizer: AnyRecognizer, png: bytes) -> AnyPrediction:
    """Recognize the drawing on the canvas, only once for its last preview and the script run that follows.

    Raises ImageError if it can't be used.
    """
    return recognizer.recognize(png, InputMethod.CANVAS)


def has_given_up() -> bool:
    """Return whether the server has been busy for so long that the page no longer retries by itself."""
    return session().retries > _RETRIES


def admitted_run(input_method: InputMethod) -> AbstractContextManager[bool]:
    """Return the context of a run that waits for a free slot, and says whether it got one."""
    is_drawn = input_method in _DRAWN
    charged = f"{'drawings' if is_drawn else 'images'} of {rate_limit_key()}"
    return services().admission.page_run(client_address(), charged, is_cheap=is_drawn)


def _recognize(user_input: UserInput, recognizer: AnyRecognizer) -> AnyPrediction:
    if user_input.input_method in _DRAWN:
        return recognize_drawing(recognizer, user_input.data)
    last = session().last_recognition
    if not last or last[0] != user_input.key:
        last = user_input.key, {}
    predictions, name = last[1], (type(recognizer), recognizer.model.card.name)
    if name not in predictions:
        with st.spinner("Recognizing the image"), services().admission.limits.work(Limited.UPLOADS, rate_limit_key()):
            predictions[name] = recognizer.recognize(user_input.data, user_input.input_method)
        session().last_recognition = last
    return predictions[name]


def _retry_when_busy(noun: str) -> tuple[str, str]:
    session().retries += 1
    if has_given_up():
        return "Server busy", f"Your {noun} is safe. Try again in a moment."
    _rerun_in(_RETRY_SECONDS)
    return "Server busy", f"Your {noun} is safe. Retrying."


def _rerun_in(seconds: float) -> None:
    st.fragment(_rerun_from, run_every=seconds)(monotonic() + seconds)


def _rerun_from(moment: float) -> None:
    if monotonic() >= moment:
        st.rerun()

"""Which records History shows, and in what order, as its address says it.

What a link to the page may carry; whatever the page does not offer is passed over:

=============  ==================================================================================
``text``       what is in the number that was read or is said to be right, digits and ``?``
``digit``      the digit that was read, 0 to 9; given several times, any of them
``really``     what people said it is, 0 to 9 or ``no digit``; several
``verdict``    ``Sure``, ``Unsure``, ``Not a digit``, ``Not a number``; several
``confidence`` given twice: the least and the most, in per cent
``entered``    ``Drawn``, ``Sample``, ``Upload``, ``Camera``; several
``mode``       ``Digit``, ``Number``; several
``by``         the name of the model that read; several
``told``       ``Not yet``, ``Said``, ``Read right``, ``Read wrong``: what people said of it
``since``      the first day, as 2026-03-31, in the viewer's time zone; ``until`` the last one
``sort``       ``Newest first``, ``Oldest first``, ``Least confident first``, ``Surest first``
``view``       ``Gallery``, ``Table``
``page``       from 1
=============  ==================================================================================
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import streamlit as st

from digitrec.prediction import DIGITS
from digitrec.storage.filters import NO_FILTER, Filter, LabelStatus, Order, Period
from digitrec.storage.history import History
from digitrec.storage.saved_prediction import NO_DIGIT
from digitrec.storage.schema import MAX_LABEL_LENGTH
from digitrec.web.history.models import models_of
from digitrec.web.shared.local_time import viewer_zone
from digitrec.web.shared.names import INPUT_METHOD_NAMES, MODE_NAMES, VERDICT_NAMES, join_or
from digitrec.web.shared.session import session

_TOLD_NAMES = {
    LabelStatus.NOTHING: "Not yet",
    LabelStatus.ANYTHING: "Said",
    LabelStatus.RIGHT: "Read right",
    LabelStatus.WRONG: "Read wrong",
}
_ORDER_NAMES = {
    Order.NEWEST: "Newest first",
    Order.OLDEST: "Oldest first",
    Order.LEAST_CONFIDENT: "Least sure first",
    Order.MOST_CONFIDENT: "Surest first",
}
_ANY: dict[str, Any] = {
    "text": "",
    "digit": [],
    "really": [],
    "verdict": [],
    "confidence": (0, 100),
    "entered": [],
    "mode": [],
    "by": [],
    "told": None,
    "since": None,
    "until": None,
}
"""The filters by their keys, with the value that lets everything through."""
_HIGH = 360
"""How high the panel of filters is, in pixels."""


def show_filters(history: History) -> Filter:
    """Show the choice of filters, folded away, and return what they come to.

    Raises:
        StoreError: the models there are cannot be read.
    """
    if session().page_changed and any(key in st.query_params for key in _ANY):
        # A link means what it says, and not what was filtered here before beside it.
        let_through = {**_ANY, "page": 1}
        st.session_state.update({key: value for key, value in let_through.items() if key not in st.query_params})
    # Within its own scroll, so that what is filtered stays in sight on a phone too.
    panel = st.expander("Filters", icon=":material/filter_list:", key="filters").container(height=_HIGH, border=False)
    with panel, st.grid("auto", min_column_width=300):
        text = st.text_input(
            "Number",
            type="search",
            max_chars=MAX_LABEL_LENGTH,
            key="text",
            bind="query-params",
            on_change=_turn_to_first_page,
            placeholder="Digits in a row, such as 20",
            validate=(r"^[0-9? .,\-]*$", "Digits only, and ? for what is none."),
        )
        labels = _several("Read as", "digit", {digit: digit for digit in DIGITS})
        true_labels = _several("You said it is", "really", {label: label for label in [*DIGITS, NO_DIGIT]})
        names = _several("Verdict", "verdict", {name: name for name in VERDICT_NAMES.values()})
        told = st.pills(
            "Have you said what it is?",
            list(_TOLD_NAMES),
            format_func=_TOLD_NAMES.__getitem__,
            key="told",
            bind="query-params",
            on_change=_turn_to_first_page,
            wrap=True,
        )
        input_methods = _several("Entered", "entered", INPUT_METHOD_NAMES)
        modes = _several("Mode", "mode", MODE_NAMES)
        models = _several("Read by", "by", {model: model for model in models_of(history)})
        low, high = st.slider(
            "Confidence",
            0,
            100,
            _ANY["confidence"],
            format="%d%%",
            key="confidence",
            bind="query-params",
            on_change=_turn_to_first_page,
        )
        with st.container(horizontal=True):
            since, until = _day("From", "since"), _day("To", "until")
    verdicts = tuple(verdict for verdict, name in VERDICT_NAMES.items() if name in names)
    return Filter(
        # Whatever else may be typed or in a link is in no number.
        text=re.sub("[^0-9?]", "", text),
        labels=labels,
        true_labels=true_labels,
        verdicts=verdicts,
        confidence=(min(low, high) / 100, max(low, high) / 100),
        input_methods=input_methods,
        modes=modes,
        models=models,
        told=told,
        period=_period(since, until),
    )


def show_order() -> Order:
    """Show the choice of an order and return it."""
    return st.selectbox(
        "Order",
        list(_ORDER_NAMES),
        format_func=_ORDER_NAMES.__getitem__,
        label_visibility="collapsed",
        key="sort",
        bind="query-params",
        on_change=_turn_to_first_page,
        width=180,
    )


def show_clear() -> None:
    """Show what lets everything through again."""
    st.button("Clear filters", key="clear-filters", type="tertiary", icon=":material/close:", on_click=_clear)


def described(which: Filter) -> str:
    """What is filtered, in a line; nothing where everything is let through."""
    low, high = (f"{bound:.0%}" for bound in which.confidence)
    since, until = which.period.since, which.period.until
    get_many = (
        ("with ", [f"{which.text} in it"] if which.text else []),
        ("", list(dict.fromkeys(VERDICT_NAMES[verdict].lower() for verdict in which.verdicts))),
        ("read as ", which.labels),
        ("really ", which.true_labels),
        ("", [INPUT_METHOD_NAMES[input_method].lower() for input_method in which.input_methods]),
        ("", [MODE_NAMES[mode].lower() for mode in which.modes]),
        ("read by ", which.models),
    )
    parts = [
        *(before + join_or(names) for before, names in get_many if names),
        *([f"confidence {low} to {high}"] if which.confidence != NO_FILTER.confidence else []),
        *([_TOLD_NAMES[which.told].lower()] if which.told else []),
        *([f"from {since:%Y-%m-%d}"] if since else []),
        *([f"to {until - timedelta(days=1):%Y-%m-%d}"] if until else []),
    ]
    return " · ".join(parts)


def _several(label: str, key: str, names: dict[Any, str]) -> tuple[Any, ...]:
    chosen: Sequence[Any] = st.pills(
        label,
        list(names),
        format_func=names.__getitem__,
        selection_mode="multi",
        key=key,
        bind="query-params",
        on_change=_turn_to_first_page,
        wrap=True,
    )
    return tuple(sorted(chosen, key=list(names).index))


def _day(label: str, key: str) -> date | None:
    return st.date_input(
        label, None, format="YYYY-MM-DD", key=key, bind="query-params", on_change=_turn_to_first_page, width=150
    )


def _period(since: date | None, until: date | None) -> Period:
    def midnight(day: date) -> datetime:
        return datetime.combine(day, time(), viewer_zone())

    return Period(midnight(since) if since else None, midnight(until + timedelta(days=1)) if until else None)


def _clear() -> None:
    st.session_state.update(_ANY)
    _turn_to_first_page()


def _turn_to_first_page() -> None:
    st.session_state.page = 1

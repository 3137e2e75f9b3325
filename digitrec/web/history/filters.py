"""The filters and the order of the history, and the address of the page, which holds them so that it can be shared.

The parameters of the address are those of ``NO_FILTERS`` with the words of the page as values, ``sort``, ``view``, and
``page`` from 1. Most can be repeated to match any of several values. ``confidence`` is given twice: lowest and highest,
in percent. Days, such as 2026-03-31, are in the viewer's time zone. Anything else is ignored.
"""

import re
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import streamlit as st

from digitrec.accounts.users import User
from digitrec.prediction import DIGITS, Mode
from digitrec.services import services
from digitrec.storage.filters import NO_FILTER, Filter, LabelStatus, Order, Period
from digitrec.storage.history import History
from digitrec.storage.saved_prediction import NO_DIGIT
from digitrec.storage.schema import MAX_LABEL_LENGTH
from digitrec.web.shared.local_time import format_date, viewer_zone
from digitrec.web.shared.names import CONFIDENT, INPUT_METHOD_NAMES, MODE_NAMES, REJECTED_NAMES, VERDICT_NAMES, join_or
from digitrec.web.shared.session import session

NO_FILTERS: dict[str, Any] = {
    "text": "",
    "digit": [],
    "label": [],
    "verdict": [],
    "labeled": None,
    "input": [],
    "mode": [],
    "model": [],
    "confidence": (0, 100),
    "since": None,
    "until": None,
}
"""The value of each filter that matches everything."""
_STYLE = Path(__file__).with_suffix(".css")
_OLD_NAMES = {"really": "label", "told": "labeled", "entered": "input", "by": "model"}
_OLD_VALUES = {
    "label": {"no digit": REJECTED_NAMES[Mode.DIGIT]},
    "verdict": {"Sure": CONFIDENT},
    "labeled": {"Not yet": "Unlabeled", "Said": "Labeled", "Read right": "Correct", "Read wrong": "Incorrect"},
    "input": {"Drawn": "Canvas"},
    "sort": {"Least sure first": "Least confident first", "Surest first": "Most confident first"},
}
"""The names of parameters and values in versions before 0.2."""
_LABEL_NAMES = {**{digit: digit for digit in DIGITS}, NO_DIGIT: REJECTED_NAMES[Mode.DIGIT]}


def _turn_to_first_page() -> None:
    st.session_state.page = 1


_IN_LINK: Any = {"bind": "query-params", "on_change": _turn_to_first_page}
"""Every filter is part of the address, and changing one leads to the first page."""


def open_link() -> None:
    """When the page is opened by a link, apply the link's filters and drop those of an earlier visit."""
    if not session().page_changed:
        return
    old = {name: st.query_params.get_all(name) for name in st.query_params}
    new: dict[str, list[str]] = {}
    for name, values in old.items():
        name = _OLD_NAMES.get(name, name)
        new[name] = [_OLD_VALUES.get(name, {}).get(value, value) for value in values]
    if new != old:
        session().page = None
        st.switch_page("pages/history.py", query_params=new)
    if any(name in NO_FILTERS for name in new):
        defaults = {**NO_FILTERS, "page": 1}
        st.session_state.update({name: value for name, value in defaults.items() if name not in new})


def show_filters(history: History) -> Filter:
    """Show the panel of filters and return the current filter."""
    st.html(_STYLE)
    expander = st.expander("Filters", icon=":material/filter_list:", key="filters")
    with expander.container(key="filter-panel"), st.grid("auto", min_column_width=250):
        with st.container(gap="xsmall"):
            text = st.text_input(
                "Contains",
                type="search",
                max_chars=MAX_LABEL_LENGTH,
                key="text",
                placeholder="Digits, such as 20",
                **_IN_LINK,
            )
            if re.search(r"[^0-9? .,\-]", text):
                st.caption(":material/error: Use digits, with ? for any other character.")
        labels = _show_pills("Predicted digit", "digit", {digit: digit for digit in DIGITS})
        true_labels = _show_pills("Label", "label", _LABEL_NAMES)
        verdict_names = _show_pills("Verdict", "verdict", {name: name for name in VERDICT_NAMES.values()})
        label_status = st.pills(
            "Label status", list(LabelStatus), format_func=str.capitalize, key="labeled", wrap=True, **_IN_LINK
        )
        input_methods = _show_pills("Input", "input", INPUT_METHOD_NAMES)
        modes = _show_pills("Mode", "mode", MODE_NAMES)
        model_names = _model_names(history.user, history.database.generation, session().saved_count)
        models = _show_pills("Model", "model", {name: name for name in model_names})
        everything = NO_FILTERS["confidence"]
        low, high = st.slider("Confidence", 0, 100, everything, format="%d%%", key="confidence", **_IN_LINK)
        since, until = (
            st.date_input(label, None, format="YYYY-MM-DD", key=key, **_IN_LINK)
            for label, key in (("From", "since"), ("To", "until"))
        )
    return Filter(
        # Other characters never occur in a label, but a link may contain them.
        text=re.sub("[^0-9?]", "", text),
        labels=labels,
        true_labels=true_labels,
        verdicts=tuple(verdict for verdict, name in VERDICT_NAMES.items() if name in verdict_names),
        confidence=(min(low, high) / 100, max(low, high) / 100),
        input_methods=input_methods,
        modes=modes,
        models=models,
        label_status=label_status,
        period=_period(since, until),
    )


def show_order() -> Order:
    """Show the select box of orders and return the selected one."""
    order: Order = st.selectbox(
        "Order",
        list(Order),
        format_func=str.capitalize,
        label_visibility="collapsed",
        key="sort",
        width=210,
        **_IN_LINK,
    )
    return order


def show_clear_button() -> None:
    """Show the button that clears all filters."""
    icon, values = ":material/close:", {**NO_FILTERS, "page": 1}
    on_click = st.session_state.update
    st.button("Clear filters", key="clear-filters", type="tertiary", icon=icon, on_click=on_click, args=(values,))


def describe(filter: Filter) -> str:
    """Describe a filter in one line; return an empty string if it matches everything."""
    low, high = (f"{bound:.0%}" for bound in filter.confidence)
    since, until = filter.period.since, filter.period.until
    choices = (
        ("containing ", [filter.text] if filter.text else []),
        ("", list(dict.fromkeys(VERDICT_NAMES[verdict].lower() for verdict in filter.verdicts))),
        ("predicted as ", filter.labels),
        ("labeled ", [_LABEL_NAMES[label].lower() for label in filter.true_labels]),
        ("", [INPUT_METHOD_NAMES[input_method] for input_method in filter.input_methods]),
        ("", [MODE_NAMES[mode].lower() for mode in filter.modes]),
        ("by ", filter.models),
    )
    parts = [
        *(prefix + join_or(names) for prefix, names in choices if names),
        *([f"confidence {low} to {high}"] if filter.confidence != NO_FILTER.confidence else []),
        *([filter.label_status] if filter.label_status else []),
        *([f"from {format_date(since)}"] if since else []),
        *([f"to {format_date(until - timedelta(days=1))}"] if until else []),
    ]
    return " · ".join(parts)


def _show_pills(label: str, key: str, names: dict[Any, str]) -> tuple[Any, ...]:
    selected = st.pills(
        label, list(names), format_func=names.__getitem__, selection_mode="multi", key=key, wrap=True, **_IN_LINK
    )
    return tuple(sorted(selected, key=list(names).index))


def _period(since: date | None, until: date | None) -> Period:
    def midnight(day: date) -> datetime:
        return datetime.combine(day, time(), viewer_zone())

    return Period(midnight(since) if since else None, midnight(until + timedelta(days=1)) if until else None)


# The generation and the count are part of the key only: a new database or prediction may bring another model.
@st.cache_data(ttl=60, show_spinner=False)
def _model_names(user: User, generation: int, saved_count: int) -> list[str]:
    return services().history_of(user).models()

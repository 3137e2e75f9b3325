"""The address of the History page, which holds its filters so that a view can be shared as a link.

Its parameters are those of ``NO_FILTERS`` with the words of the page as values, ``sort``, ``view``, and ``page`` from
1. Most can be repeated to match any of several values. ``confidence`` is given twice: lowest and highest, in percent.
Days, such as 2026-03-31, are in the viewer's time zone. Anything else is ignored.
"""

from typing import Any

import streamlit as st

from digitrec.prediction import Mode
from digitrec.web.shared.names import CONFIDENT, REJECTED_NAMES
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
_OLD_NAMES = {"really": "label", "told": "labeled", "entered": "input", "by": "model"}
_OLD_VALUES = {
    "label": {"no digit": REJECTED_NAMES[Mode.DIGIT]},
    "verdict": {"Sure": CONFIDENT},
    "labeled": {"Not yet": "Unlabeled", "Said": "Labeled", "Read right": "Correct", "Read wrong": "Incorrect"},
    "input": {"Drawn": "Canvas"},
    "sort": {"Least sure first": "Least confident first", "Surest first": "Most confident first"},
}
"""The names of parameters and values in versions before 0.2."""


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

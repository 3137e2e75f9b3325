"""Records in numbers, charts and pictures."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import streamlit as st

from digitrec.analytics.charts import predictions as charts
from digitrec.analytics.charts.spec import Specification
from digitrec.analytics.summary import CONFIDENCE_BANDS, WEEKDAYS, Metrics, NumberSummary, Summary
from digitrec.prediction import DIGITS, AnyVerdict, NumberVerdict, Verdict, percent
from digitrec.storage.history import History
from digitrec.storage.saved_prediction import CLASSES
from digitrec.web.prediction.gallery import show_gallery
from digitrec.web.shared.names import DIGIT_VERDICT_NAMES, INPUT_METHOD_NAMES, VERDICT_NAMES, count_noun
from digitrec.web.shared.session import session

FEWEST_CORRECTIONS = 30
"""With fewer of them, whether confidence is earned cannot be told from chance."""
_FEW = 10
"""With fewer of them, charts show single records."""
_ALL = "All digits"
_CHOICE = "analytics-digit"
_LINE_VERDICT_NAMES = {**DIGIT_VERDICT_NAMES, Verdict.NOT_A_DIGIT: VERDICT_NAMES[NumberVerdict.NOT_A_NUMBER]}
"""Verdicts on numbers are counted as those on digits, and called by their own names."""
_MEASURES = {"p50": "Median (p50)", "p95": "95 % within (p95)"}


def show_digit_choice() -> str | None:
    """Show the choice of the digit that everything is about; None where it is about all of them."""
    digit = st.pills(
        "Digit",
        [_ALL, *DIGITS],
        default=_ALL,
        required=True,
        label_visibility="collapsed",
        key=_CHOICE,
        persist_state="session",
        wrap=True,
    )
    if digit == _ALL:
        st.caption("All records. A click on a digit, here or in a chart, leaves the others out.")
        return None
    st.caption(f"Only what was read as {digit}, except where a chart compares digits. Another click brings all back.")
    return digit


def show_numbers(now: Metrics, before: Metrics | None, times: pd.DataFrame, what: str = "Records") -> None:
    """Show the numbers of a period, how they went in it, and by how much they changed since the period before."""
    change = partial(_change, now, before)
    with st.grid(5, min_column_width=150):
        _show_number(what, f"{now.records:,}", change("records", "{:+,}"), "off", times["records"])
        _show_number(
            "Average confidence",
            percent(now.confidence),
            change("confidence", "{:+.1f} points", 100),
            "normal",
            times["confidence"],
        )
        _show_number("Unsure", f"{now.unsure:.1%}", change("unsure", "{:+.1f} points", 100), "inverse", times["unsure"])
        _show_number(
            "Median time", f"{now.milliseconds:.2f} ms", change("milliseconds", "{:+.2f} ms"), "inverse", times["p50"]
        )
        _show_number(
            f"Right, of {now.told:,} told",
            "–" if now.accuracy is None else f"{now.accuracy:.1%}",
            change("accuracy", "{:+.1f} points", 100),
            "normal",
        )
    if before:
        st.caption("Arrows tell the change since the time of the same length before.")


def show_charts(summary: Summary) -> None:
    """Show what was read, and when and how it came in."""
    unit, verdicts = summary.unit, tuple(DIGIT_VERDICT_NAMES.values())
    if summary.now and summary.now.records < _FEW:
        st.caption(f"So far this rests on {count_noun(summary.now.records)}: charts tell more with some dozens.")
    _show(summary.times[["start", "end", "records"]], charts.records_by_time(unit), f"Records in each {unit}")
    with st.grid(2, min_column_width=320):
        _show_clickable(_worded(summary.digits), charts.digits(verdicts[:2]), "digits", "How often each digit was read")
        _show_clickable(
            summary.digits_by_time,
            charts.digits_by_time(unit),
            "digits-by-time",
            f"Each digit's records in each {unit}",
        )
        _show_clickable(
            summary.confidence_by_digit,
            charts.confidence_by_digit(CONFIDENCE_BANDS),
            "confidence-by-digit",
            "Records of each digit by confidence",
        )
        _show(
            _worded(summary.confidence),
            charts.confidence(CONFIDENCE_BANDS, verdicts),
            "Records by confidence and verdict",
        )
        _show(summary.hours, charts.hours(WEEKDAYS), "Records by day of the week and hour")
        _show(
            _worded(summary.sources), charts.sources(tuple(INPUT_METHOD_NAMES.values())), "Records by way of entering"
        )
    times = summary.times.rename(columns=_MEASURES).melt(
        ["start", "end"], list(_MEASURES.values()), "measure", "milliseconds"
    )
    _show(times, charts.milliseconds_by_time(unit), f"Processing time in each {unit}, median and 95th percentile")


def show_corrections(summary: Summary, told: int) -> None:
    """Show how right the network was, as far as people told."""
    st.header("Was it right?")
    if not told:
        _say_untold("these")
        return
    st.caption(
        f"This rests on {told:,} {'record' if told == 1 else 'records'} of which somebody told what they really are. "
        "People tell mistakes sooner than what is right, so that the network may well be better than this."
    )
    with st.grid(2, min_column_width=320):
        _show_clickable(
            summary.confusion, charts.confusion(CLASSES), "confusion", "What was read, by what it really was"
        )
        _show_reliability(summary.reliability, charts.reliability(), told)


def show_lines(numbers: NumberSummary) -> None:
    """Show how many whole numbers there are and how long, how sure the network was of them, and how often right."""
    st.header("Whole numbers")
    st.caption("They are counted by themselves: the other charts are about single digits.")
    show_numbers(numbers.now, numbers.before, numbers.times, "Numbers")
    with st.grid(5, min_column_width=150):
        _show_number("Not a number", f"{numbers.refused:.1%}")
        _show_number(
            f"Digits right, of {numbers.digits:,}",
            "–" if numbers.digits_right is None else f"{numbers.digits_right:.1%}",
        )
    if numbers.now.records < _FEW:
        st.caption(
            f"So far this rests on {count_noun(numbers.now.records, 'number')}: charts tell more with some dozens."
        )
    verdicts = tuple(_LINE_VERDICT_NAMES.values())
    _show(
        numbers.times[["start", "end", "records"]],
        charts.numbers_by_time(numbers.unit),
        f"Numbers in each {numbers.unit}",
    )
    with st.grid(2, min_column_width=320):
        _show(
            _worded(numbers.lengths, _LINE_VERDICT_NAMES), charts.lengths(verdicts[:2]), "Numbers by length and verdict"
        )
        _show(
            _worded(numbers.confidence, _LINE_VERDICT_NAMES),
            charts.confidence_in_numbers(CONFIDENCE_BANDS, verdicts),
            "Numbers by confidence and verdict",
        )
    told = numbers.now.told
    st.subheader("Were they right?")
    if not told:
        _say_untold("these numbers")
        return
    st.caption(
        f"This rests on {count_noun(told, 'number')} of which somebody told what they really are, with "
        f"{count_noun(numbers.digits, 'digit')}. One digit wrong makes all of a number wrong; of the digits, each to "
        "be replaced, left out or put in counts as one wrong."
    )
    with st.grid(2, min_column_width=320):
        _show(numbers.exact_match, charts.exact_by_length(), "Share of numbers read without a mistake, by their length")
        _show_reliability(numbers.reliability, charts.reliability_of_numbers(), told)


def show_least_sure(records: History, prediction_ids: Sequence[int], what: str) -> None:
    """Show the digits or numbers the network was least sure of, each with a button that opens it.

    Raises:
        StorageError: they cannot be read.
    """
    found = [record for prediction_id in prediction_ids if (record := records.get(prediction_id))]
    if found:
        st.header(f"Which {what} was it least sure of?")
        show_gallery(records, found)


def _say_untold(what: str) -> None:
    st.markdown(
        f"What {what} really are was told by nobody yet, or by too few. Open one of yours in the history and say it: "
        "accuracy is counted from that."
    )


def _show_reliability(table: pd.DataFrame, chart: Specification, told: int) -> None:
    if told < FEWEST_CORRECTIONS:
        st.markdown(
            f"**Is its confidence earned?** That is shown from {FEWEST_CORRECTIONS} corrections on; so far, "
            f"{told}. Open one of yours in the history and say what it is."
        )
    else:
        _show(table, chart, "How often it was right, by confidence")


def _show_number(
    label: str,
    value: str,
    change: str | int | None = None,
    color: Literal["normal", "inverse", "off"] = "normal",
    course: "pd.Series[float] | None" = None,
) -> None:
    st.metric(
        label,
        value,
        change,
        color,
        border=True,
        height="stretch",
        chart_data=course if course is not None and len(course) > 1 else None,
    )


def _change(now: Metrics, before: Metrics | None, name: str, form: str, scale: int = 1) -> str | int | None:
    new, old = getattr(now, name), getattr(before, name, None)
    if new is None or old is None:
        return None
    change = form.format((new - old) * scale)
    # What rounds to nothing went neither up nor down.
    return change if any(digit in change for digit in "123456789") else 0


def _show(table: pd.DataFrame, chart: Specification, alt: str) -> None:
    st.vega_lite_chart(_sent(table), chart, alt=alt)


def _show_clickable(table: pd.DataFrame, chart: Specification, key: str, alt: str) -> None:
    """Show a chart in which a click on a digit chooses it, and another click all of them."""
    clicked = st.vega_lite_chart(_sent(table), chart, key=key, on_select=partial(_choose, key), alt=alt)
    session().chart_selections[key] = _selected(clicked)


def _choose(key: str) -> None:
    # What is chosen may have been changed elsewhere since: what was clicked is what the click changed in the selection.
    for digit in _selected(st.session_state[key]) ^ session().chart_selections[key]:
        if digit in DIGITS:
            st.session_state[_CHOICE] = _ALL if st.session_state[_CHOICE] == digit else digit


def _selected(chart: Any) -> set[str]:
    return {point["digit"] for point in chart["selection"].get(charts.CLICKED, [])}


def _worded(table: pd.DataFrame, verdicts: dict[AnyVerdict, str] = DIGIT_VERDICT_NAMES) -> pd.DataFrame:
    """A table with verdicts and sources as people read them."""
    words: dict[str, dict[Any, str]] = {"verdict": verdicts, "source": INPUT_METHOD_NAMES}
    return table.assign(**{name: table[name].map(words[name]) for name in words if name in table})


def _sent(table: pd.DataFrame) -> pa.Table:
    # Else the index would be a nameless first column of what is downloaded.
    return pa.Table.from_pandas(table, preserve_index=False)

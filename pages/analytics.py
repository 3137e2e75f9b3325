"""What was read so far, in numbers and charts."""

import streamlit as st

from digitrec.analytics.summary import FEWEST_PEOPLE
from digitrec.errors import StorageError
from digitrec.storage.filters import VERDICTS_WITH_LABEL, Filter, Order
from digitrec.web.analytics.data import everybodys_summary, my_summary
from digitrec.web.analytics.period_picker import show_period_choice, show_whose_choice
from digitrec.web.analytics.sections import (
    show_charts,
    show_corrections,
    show_digit_choice,
    show_least_sure,
    show_lines,
    show_numbers,
)
from digitrec.web.prediction.dialog import show_opened_prediction
from digitrec.web.shared.history import current_history, show_lost_history_warning
from digitrec.web.shared.local_time import viewer_zone
from digitrec.web.shared.router import require_router

require_router(__file__)

show_lost_history_warning()
period = show_period_choice()
try:
    is_everybodys = show_whose_choice()
    digit = show_digit_choice()
    history = current_history()
    summary = (everybodys_summary if is_everybodys else my_summary)(period, viewer_zone(), digit)
    # A choice of a digit is about single digits alone.
    numbers = None if digit else summary.numbers
    if summary.now:
        show_numbers(summary.now, summary.before, summary.times)
        if is_everybodys:
            st.caption(f"Whatever is of fewer than {FEWEST_PEOPLE} people is left out of everybody's charts.")
        show_charts(summary)
        show_corrections(summary, summary.now.told)
        show_least_sure(history, summary.least_sure, "digits")
    if numbers:
        show_lines(numbers)
        show_least_sure(history, numbers.least_sure, "numbers")
    if summary.now or numbers:
        st.caption("At the corner of each chart: its data as a table, to download as CSV, and the chart as a picture.")
    elif is_everybodys:
        st.markdown(f"Here there are fewer than {FEWEST_PEOPLE} people: their numbers would tell of each of them.")
    else:
        st.markdown("Nothing to show for this time yet. Charts grow here from what you draw, upload or photograph.")
        st.page_link("pages/draw.py", label="Draw a digit", icon=":material/draw:")
    which = Filter(labels=(digit,) if digit else (), verdicts=VERDICTS_WITH_LABEL, period=period)
    show_opened_prediction(history, which, Order.LEAST_CONFIDENT, same_mode=True)
except StorageError as error:
    st.error(str(error), icon=":material/error:")

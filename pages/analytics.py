"""Analytics: predictions over time, confidence, accuracy and speed."""

import streamlit as st

from digitrec.analytics.summary import MIN_USERS
from digitrec.prediction import Mode
from digitrec.storage.filters import VERDICTS_WITH_LABEL, Filter, Order
from digitrec.web.analytics.data import everyones_summary, my_summary
from digitrec.web.analytics.filters import show_digit_filter, show_period_filter, show_scope_filter
from digitrec.web.analytics.sections import (
    show_accuracy,
    show_digit_charts,
    show_least_confident,
    show_metrics,
    show_numbers,
)
from digitrec.web.prediction.dialog import show_opened_prediction
from digitrec.web.shared.history import current_history, show_lost_history_warning
from digitrec.web.shared.local_time import viewer_zone
from digitrec.web.shared.router import require_router

require_router(__file__)

show_lost_history_warning()
period = show_period_filter()
is_everyone = show_scope_filter()
digit = show_digit_filter()
history = current_history()
summary = (everyones_summary if is_everyone else my_summary)(period, viewer_zone(), digit)
filter = Filter(labels=(digit,) if digit else (), verdicts=VERDICTS_WITH_LABEL, period=period)
# The digit filter is about single digits only.
numbers = None if digit else summary.numbers
if summary.metrics:
    show_metrics(summary.metrics, summary.previous, summary.by_time, "prediction")
    if is_everyone:
        st.caption(f"To protect privacy, charts leave out values from fewer than {MIN_USERS} users.")
    show_digit_charts(summary)
    show_accuracy(summary, summary.metrics.labeled, is_everyone)
    if not is_everyone:
        show_least_confident(history, filter, Mode.DIGIT)
if numbers:
    show_numbers(numbers, is_everyone)
    if not is_everyone:
        show_least_confident(history, filter, Mode.NUMBER)
if summary.metrics or numbers:
    st.caption("Use a chart's toolbar to see its data, download it as CSV, or save the chart as an image.")
elif is_everyone:
    what = f"predictions of {digit}" if digit else "predictions"
    st.markdown(f"Statistics appear once at least {MIN_USERS} users have {what} in this period.")
elif digit:
    st.markdown(f"No predictions of {digit} in this period. Choose all digits or another period.")
else:
    st.markdown("No predictions in this period. Draw, upload or photograph digits to see charts here.")
    st.page_link("pages/draw.py", label="Draw a digit", icon=":material/draw:")
show_opened_prediction(history, filter, Order.LEAST_CONFIDENT, same_mode=True)

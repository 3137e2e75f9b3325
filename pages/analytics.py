"""What was read so far, in numbers and charts."""

import streamlit as st

from digitrec import charts
from digitrec.errors import StoreError
from digitrec.store.records import CONFIDENCE_BINS
from digitrec.ui.periods import show_period_choice, utc_offset
from digitrec.ui.store import my_records, warn_of_lost_history

warn_of_lost_history()
period = show_period_choice()
try:
    summary = my_records().summary(period, utc_offset())
except StoreError as error:
    st.error(str(error), icon=":material/error:")
    st.stop()

if not summary.records:
    st.markdown("Nothing to show for this time yet. Charts grow here from what you draw, upload or photograph.")
    st.page_link("pages/draw.py", label="Draw a digit", icon=":material/draw:")
    st.stop()

with st.grid(4, min_column_width=150):
    st.metric("Records", f"{summary.records:,}", border=True)
    st.metric("Average confidence", f"{summary.confidence:.1%}", border=True)
    st.metric("Unsure", f"{summary.unsure / summary.records:.1%}", border=True)
    st.metric("Average processing time", f"{summary.milliseconds:.2f} ms", border=True)

st.altair_chart(charts.records_per_day(summary.days), alt="Number of records on each day")
with st.grid(2, min_column_width=320):
    st.altair_chart(charts.label_counts(summary.labels), alt="How often each digit was read, by verdict")
    st.altair_chart(
        charts.confidence_by_label(summary.labels, CONFIDENCE_BINS), alt="How many records of each digit by confidence"
    )
    st.altair_chart(charts.confidence_per_day(summary.days), alt="Average confidence on each day")
    st.altair_chart(charts.milliseconds_per_day(summary.days), alt="Average processing time on each day")

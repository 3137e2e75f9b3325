"""What was read so far, in numbers and charts."""

import streamlit as st

from digitrec.charts import analytics as charts
from digitrec.errors import StoreError
from digitrec.recognition.recognition import percent
from digitrec.store.summary import CONFIDENCE_BINS, FEWEST_PEOPLE
from digitrec.ui.clock import viewer_zone
from digitrec.ui.periods import show_period_choice, show_whose_choice
from digitrec.ui.store import everybodys_summary, my_records, warn_of_lost_history

warn_of_lost_history()
period = show_period_choice()
try:
    is_everybodys = show_whose_choice()
    summary = (everybodys_summary if is_everybodys else my_records().summary)(period, viewer_zone())
except StoreError as error:
    st.error(str(error), icon=":material/error:")
    st.stop()

if is_everybodys and summary.people < FEWEST_PEOPLE:
    st.markdown(f"In this time there were fewer than {FEWEST_PEOPLE} people: their numbers would tell of each of them.")
    st.stop()
if not summary.records:
    st.markdown("Nothing to show for this time yet. Charts grow here from what you draw, upload or photograph.")
    st.page_link("pages/draw.py", label="Draw a digit", icon=":material/draw:")
    st.stop()

with st.grid(4, min_column_width=150):
    st.metric("Records", f"{summary.records:,}", border=True)
    st.metric("Average confidence", percent(summary.confidence), border=True)
    st.metric("Unsure", f"{summary.unsure / summary.records:.1%}", border=True)
    st.metric("Average time", f"{summary.milliseconds:.2f} ms", border=True)

days, labels = summary.days, summary.labels
st.vega_lite_chart(days, charts.records_per_day(), alt="Number of records on each day")
with st.grid(2, min_column_width=320):
    st.vega_lite_chart(labels, charts.label_counts(), alt="How often each digit was read, by verdict")
    st.vega_lite_chart(
        labels, charts.confidence_by_label(CONFIDENCE_BINS), alt="How many records of each digit by confidence"
    )
    st.vega_lite_chart(days, charts.confidence_per_day(), alt="Average confidence on each day")
    st.vega_lite_chart(days, charts.milliseconds_per_day(), alt="Average processing time on each day")

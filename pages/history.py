"""Look back at what was drawn and read."""

import math

import streamlit as st

from digitrec.errors import StoreError
from digitrec.recognition.recognition import Source
from digitrec.ui.history import show_gallery, show_table
from digitrec.ui.owning import show_delete_all, show_export
from digitrec.ui.people import say_guest
from digitrec.ui.record import show_opened
from digitrec.ui.store import my_records, warn_of_lost_history

PAGE = 24

warn_of_lost_history()
say_guest()
try:
    records = my_records()
    total = records.count()
    if not total:
        st.markdown("Nothing here yet. What you draw, upload or photograph is kept here, newest first.")
        st.page_link("pages/draw.py", label="Draw your first digit", icon=":material/draw:")
    else:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            view = st.segmented_control(
                "View",
                ["Gallery", "Table"],
                default="Gallery",
                required=True,
                label_visibility="collapsed",
                key="view",
                persist_state="session",
            )
            st.caption(f"{total:,} {'record' if total == 1 else 'records'}, newest first")
            page = st.pagination(math.ceil(total / PAGE), key="history-page")
        show = show_gallery if view == "Gallery" else show_table
        shown = records.newest(PAGE, (page - 1) * PAGE)
        show(records, shown)
        if any(record.source is Source.SAMPLE for record in shown):
            st.caption("Records in a dashed frame, or entered as Sample, began as drawings of ours.")
        with st.expander("Take along or delete", icon=":material/inventory_2:"):
            show_export(records)
            show_delete_all(records)
        show_opened(records)
except StoreError as error:
    st.error(str(error), icon=":material/error:")

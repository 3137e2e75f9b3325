"""Look back at what was drawn and read."""

import math

import streamlit as st

from digitrec.errors import StoreError
from digitrec.prediction import Source
from digitrec.storage.filters import EVERYTHING
from digitrec.web.history.filters import described, show_clear, show_filters, show_order
from digitrec.web.history.selection import show_selecting, show_selection
from digitrec.web.history.table import show_table
from digitrec.web.prediction.dialog import show_opened
from digitrec.web.prediction.gallery import show_gallery
from digitrec.web.shared.data_export import show_export
from digitrec.web.shared.deletion import show_delete_all
from digitrec.web.shared.history import my_records, warn_of_lost_history
from digitrec.web.shared.names import counted
from digitrec.web.shared.sign_in import say_guest

PAGE = 24

warn_of_lost_history()
say_guest()
try:
    records = my_records()
    total = records.count()
    if not total:
        st.markdown("Nothing here yet. What you draw, upload or photograph is kept here.")
        st.page_link("pages/draw.py", label="Draw your first digit", icon=":material/draw:")
        st.stop()
    with st.container(horizontal=True, vertical_alignment="center"):
        view = st.segmented_control(
            "View",
            ["Gallery", "Table"],
            default="Gallery",
            required=True,
            label_visibility="collapsed",
            key="view",
            bind="query-params",
        )
        order = show_order()
        selecting = show_selecting()
    which = show_filters(records)
    count = total if which == EVERYTHING else records.count(which)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        if which == EVERYTHING:
            st.caption(counted(total))
        else:
            st.caption(f"{count:,} of {counted(total)}: {described(which)}")
            show_clear()
        # Where a filter leaves one page only too, else its number would stay in the address.
        pages = max(math.ceil(count / PAGE), 1)
        page = st.pagination(pages, width=340, key="page", bind="query-params") if total > PAGE else 1
    if not count:
        st.markdown("Nothing fits these filters. Take one away, or clear them all.")
    shown = records.page(which, order, PAGE, (page - 1) * PAGE)
    bar = st.container()
    (show_gallery if view == "Gallery" else show_table)(records, shown, selecting)
    if selecting:
        with bar:
            show_selection(records, shown)
    if any(record.source is Source.SAMPLE for record in shown):
        st.caption("Records in a dashed frame, or entered as Sample, began as drawings of ours.")
    with st.expander("Take along or delete", icon=":material/inventory_2:"):
        show_export(records, which)
        show_delete_all(records)
    show_opened(records, which, order)
except StoreError as error:
    st.error(str(error), icon=":material/error:")

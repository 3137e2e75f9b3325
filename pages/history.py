"""Look back at what was drawn and read."""

import math

import streamlit as st

from digitrec.errors import StorageError
from digitrec.prediction import InputMethod
from digitrec.storage.filters import NO_FILTER
from digitrec.web.history.filters import described, show_clear, show_filters, show_order
from digitrec.web.history.selection import show_checkbox, show_selecting, show_selection
from digitrec.web.history.table import show_table
from digitrec.web.prediction.dialog import show_opened_prediction
from digitrec.web.prediction.gallery import show_gallery, show_open_button
from digitrec.web.shared.data_export import show_export
from digitrec.web.shared.deletion import show_delete_all
from digitrec.web.shared.history import current_history, show_lost_history_warning
from digitrec.web.shared.names import count_noun
from digitrec.web.shared.router import require_router
from digitrec.web.shared.sign_in import show_guest_notice

require_router(__file__)

PAGE = 24

show_lost_history_warning()
show_guest_notice()
try:
    history = current_history()
    total = history.count()
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
    which = show_filters(history)
    count = total if which == NO_FILTER else history.count(which)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        if which == NO_FILTER:
            st.caption(count_noun(total))
        else:
            st.caption(f"{count:,} of {count_noun(total)}: {described(which)}")
            show_clear()
        # Where a filter leaves one page only too, else its number would stay in the address.
        pages = max(math.ceil(count / PAGE), 1)
        page = st.pagination(pages, width=340, key="page", bind="query-params") if total > PAGE else 1
    if not count:
        st.markdown("Nothing fits these filters. Take one away, or clear them all.")
    shown = history.page(which, order, PAGE, (page - 1) * PAGE)
    bar = st.container()
    if view == "Gallery":
        show_gallery(history, shown, show_checkbox if selecting else show_open_button)
    else:
        show_table(history, shown, selecting)
    if selecting:
        with bar:
            show_selection(history, shown)
    if any(saved.input_method is InputMethod.SAMPLE for saved in shown):
        st.caption("Records in a dashed frame, or entered as Sample, began as drawings of ours.")
    with st.expander("Take along or delete", icon=":material/inventory_2:"):
        show_export(history, which)
        show_delete_all(history)
    show_opened_prediction(history, which, order)
except StorageError as error:
    st.error(str(error), icon=":material/error:")

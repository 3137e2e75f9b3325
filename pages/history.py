"""The history: predictions to browse, filter, open, export and delete."""

import math

import streamlit as st

from digitrec.storage.filters import NO_FILTER
from digitrec.web.history.filters import describe, open_link, show_clear_button, show_filters, show_order
from digitrec.web.history.selection import show_checkbox, show_selection_bar
from digitrec.web.history.table import show_table
from digitrec.web.prediction.dialog import show_opened_prediction
from digitrec.web.prediction.gallery import show_gallery, show_open_button
from digitrec.web.shared.choice import choose
from digitrec.web.shared.deletion import show_delete_all
from digitrec.web.shared.downloads import show_export
from digitrec.web.shared.history import current_history, show_lost_history_warning
from digitrec.web.shared.names import count_noun
from digitrec.web.shared.router import require_router
from digitrec.web.shared.session import session
from digitrec.web.shared.sign_in import show_guest_notice

require_router(__file__)

PAGE_SIZE = 24

show_lost_history_warning()
show_guest_notice()
open_link()
history = current_history()
total = history.count()
if not total:
    st.markdown("No predictions yet. Your predictions will appear here.")
    st.page_link("pages/draw.py", label="Draw your first digit", icon=":material/draw:")
    st.stop()
with st.container(horizontal=True, vertical_alignment="center"):
    view = choose("View", ("Gallery", "Table"), "view", bind="query-params")
    order = show_order()
    selecting = st.toggle("Select", key="selecting", on_change=session().selected.clear)
filter = show_filters(history)
count = total if filter == NO_FILTER else history.count(filter)
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if filter == NO_FILTER:
            st.caption(count_noun(total))
        else:
            st.caption(f"{count:,} of {count_noun(total)}: {describe(filter)}", width="content")
            show_clear_button()
    # Shown even for a single page of matches: otherwise the old page number would stay in the address.
    pages = max(math.ceil(count / PAGE_SIZE), 1)
    page = st.pagination(pages, width=340, key="page", bind="query-params") if total > PAGE_SIZE else 1
predictions = history.page(filter, order, PAGE_SIZE, (page - 1) * PAGE_SIZE)
selection_bar = st.container()
if not count:
    st.markdown("No predictions match these filters.")
elif view == "Gallery":
    show_gallery(history, predictions, show_checkbox if selecting else show_open_button)
else:
    show_table(history, predictions, selecting)
if selecting:
    with selection_bar:
        show_selection_bar(history, predictions)
with st.expander("Export or delete", icon=":material/inventory_2:"):
    show_export(history, filter)
    show_delete_all(history)
show_opened_prediction(history, filter, order)

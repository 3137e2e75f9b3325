"""Explore how a model handles one drawing: variations, similar digits, a map, and how to fool it."""

import streamlit as st

from digitrec.server.addresses import client_network
from digitrec.services import services
from digitrec.web.explore.compare import show_comparison
from digitrec.web.explore.fool import show_fool
from digitrec.web.explore.map import show_map
from digitrec.web.explore.similar import show_similar
from digitrec.web.explore.subject import choose_subject
from digitrec.web.explore.what_if import show_what_if
from digitrec.web.shared.choice import choose
from digitrec.web.shared.history import current_history
from digitrec.web.shared.router import require_router

require_router(__file__)

VIEWS = {
    "What-if": show_what_if,
    "Similar digits": show_similar,
    "Map": show_map,
    "Fool the model": show_fool,
    "Compare drawings": show_comparison,
}

view = choose("View", VIEWS, "explore", bind="query-params")
with services().admission.page_run(client_network(st.context.ip_address)) as is_admitted:
    if not is_admitted:
        st.warning("The server is busy. Reload the page in a minute.", icon=":material/hourglass_top:")
    elif subject := choose_subject(current_history()):
        VIEWS[view](subject)

"""Explore how a model handles one drawing: variations, similar digits, a map, and how to fool it."""

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
if subject := choose_subject(current_history()):
    VIEWS[view](subject)

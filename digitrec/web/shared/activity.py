"""The activity log."""

from contextlib import suppress

from digitrec.accounts.users import User
from digitrec.errors import StorageError
from digitrec.services import services
from digitrec.storage import users
from digitrec.storage.schema import Activity
from digitrec.web.shared.session import session

_VISITS = {"History": Activity.VIEW_HISTORY, "Analytics": Activity.VIEW_ANALYTICS, "Account": Activity.VIEW_PROFILE}


def log_activity(user: User, activity: Activity, description: str | None = None) -> None:
    """Add an entry to a user's activity log, unless the database cannot be written."""
    with suppress(StorageError):
        users.log_activity(services().database, user, activity, description)


def log_page_visit(user: User, page: str) -> None:
    """Log that a user opened a page, and close a prediction left open on another page; do nothing on reruns."""
    state = session()
    state.page_changed, state.page = state.page != page, page
    if not state.page_changed:
        return
    state.opened_prediction = None
    if page in _VISITS:
        log_activity(user, _VISITS[page])

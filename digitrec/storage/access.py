"""Row-level access: conditions that restrict queries to one user, whom ``user_parameters`` binds, or to guests."""

from typing import Any

from sqlalchemy import bindparam, select

from digitrec.accounts.users import GUEST_PREFIX, User
from digitrec.storage.schema import UTCDateTime, predictions, users

# Matches nobody if the user is disabled or signed out after this session signed in.
IS_USER = (
    (users.c.google_id == bindparam("subject"))
    & users.c.disabled_at.is_(None)
    & (users.c.signed_out_at.is_(None) | (users.c.signed_out_at <= bindparam("signed_in_at", type_=UTCDateTime)))
)
USER_ID = select(users.c.user_id).where(IS_USER).scalar_subquery()
IS_OWN = predictions.c.user_id == USER_ID
IS_GUEST = users.c.google_id.startswith(GUEST_PREFIX)


def user_parameters(user: User) -> dict[str, Any]:
    """Return the parameters that restrict a query to a user."""
    return {"subject": user.subject, "signed_in_at": user.signed_in_at}

"""Whose rows a query is about: one person's, bound to ``me`` and ``since``, or guests'."""

from typing import Any

from sqlalchemy import bindparam, select

from digitrec.accounts.users import GUEST_PREFIX, User
from digitrec.storage.schema import UTCDateTime, predictions, users

# Nobody, where an administrator has disabled them, or where they signed out since they signed in.
IS_USER = (
    (users.c.google_id == bindparam("me"))
    & users.c.disabled_at.is_(None)
    & (users.c.signed_out_at.is_(None) | (users.c.signed_out_at <= bindparam("since", type_=UTCDateTime)))
)
USER_ID = select(users.c.user_id).where(IS_USER).scalar_subquery()
IS_OWN = predictions.c.user_id == USER_ID
IS_GUEST = users.c.google_id.startswith(GUEST_PREFIX)


def user_parameters(user: User) -> dict[str, Any]:
    """What binds a query to a person."""
    return {"me": user.subject, "since": user.signed_in_at}

"""Whose rows a query is about: one person's, bound to ``me`` and ``since``, or guests'."""

from typing import Any

from sqlalchemy import bindparam, select

from digitrec.accounts.users import GUEST, Person
from digitrec.storage.schema import UTCDateTime, predictions, users

# Nobody, where an administrator has disabled them, or where they signed out since they signed in.
IS_ME = (
    (users.c.google_id == bindparam("me"))
    & users.c.disabled_at.is_(None)
    & (users.c.signed_out_at.is_(None) | (users.c.signed_out_at <= bindparam("since", type_=UTCDateTime)))
)
ME = select(users.c.user_id).where(IS_ME).scalar_subquery()
IS_MINE = predictions.c.user_id == ME
IS_GUEST = users.c.google_id.startswith(GUEST)


def bound_to(person: Person) -> dict[str, Any]:
    """What binds a query to a person."""
    return {"me": person.subject, "since": person.signed_in_at}

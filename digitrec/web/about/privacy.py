"""What happens to drawings."""

import streamlit as st

from digitrec.accounts.users import LOCAL_USER
from digitrec.analytics.summary import FEWEST_PEOPLE
from digitrec.config import settings
from digitrec.web.shared.current_user import current_user
from digitrec.web.shared.history import GUEST_PREDICTIONS


def show_privacy() -> None:
    """Say where drawings are kept and how long, by the settings of this app and for whoever is looking."""
    chosen, user = settings(), current_user()
    history = "a database that whoever runs this app chose" if chosen.database_url else "a file of that machine"
    pictures = "a store that they chose" if chosen.pictures else "a folder of that machine"
    limit = f", and {chosen.keep_days} days at most" if chosen.keep_days else ""
    if user == LOCAL_USER:
        whose = (
            "Nobody signs in here: whoever opens this app adds to the same history and can look at it. "
            f"What is kept stays until somebody deletes it{limit}."
        )
    elif user.is_guest:
        whose = (
            f"You are a guest, known by a cookie of your browser. Your last {GUEST_PREDICTIONS} records stay until you "
            f"delete them{limit}, and no longer than {chosen.guest_days} days after the last one. "
            "When you sign in, you can take them along."
        )
    else:
        whose = (
            f"You are signed in: what is kept stays until you delete it or your account{limit}. With it are kept your "
            "name, your email and the address of your picture, as they were told when you signed in."
        )
    if user != LOCAL_USER:
        whose += (
            " The app shows your drawings to nobody else, not to its administrators either. Numbers over everybody are "
            f"shown where at least {FEWEST_PEOPLE} people drew."
        )
    st.markdown(
        f"""
- The networks run on the machine that serves this page. What they read is kept in {history}, the pictures in
  {pictures}. Nothing is sent anywhere else.
- With a record are kept its picture and its strokes, and beside the records what you did in the app and when.
  Photographs are encoded anew first, without the place and the device they tell of. A picture that cannot be read is
  not kept.
- {whose}
- *History* shows what is kept, hands it out and deletes it.
"""
    )

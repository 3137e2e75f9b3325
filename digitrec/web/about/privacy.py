"""The privacy notice."""

import streamlit as st

from digitrec.accounts.users import LOCAL_USER
from digitrec.analytics.summary import MIN_USERS
from digitrec.config import settings
from digitrec.storage.retention import GUEST_PREDICTIONS
from digitrec.web.shared.current_user import current_user
from digitrec.web.shared.names import count_noun


def show_privacy() -> None:
    """Explain where data is stored and for how long, depending on the settings and the user."""
    config, user = settings(), current_user()
    database = "in a database chosen by the operator of this app" if config.database_url else "in a file on the server"
    pictures = "in storage chosen by the operator" if config.pictures else "in a folder on the server"
    limit = f", but for no more than {count_noun(config.keep_days, 'day')}" if config.keep_days else ""
    if user == LOCAL_USER:
        retention = (
            "This app has no sign-in. Everyone who opens it shares one history and can see all of it. Predictions are "
            f"stored until someone deletes them{limit}."
        )
    elif user.is_guest:
        retention = (
            f"You're a guest, identified by a cookie in your browser. Your last {GUEST_PREDICTIONS} predictions are "
            f"stored until you delete them{limit}. After {count_noun(config.guest_days, 'day')} without a new one, "
            "they are deleted. When you sign in, you can import them."
        )
    else:
        retention = (
            f"You're signed in. Your predictions are stored until you delete them or your account{limit}. Your name, "
            "your verified email address and the link to your profile picture are stored as your sign-in provider sent "
            "them. On the Account page you can see your activity and API keys, and delete your account."
        )
    if user != LOCAL_USER:
        retention += (
            " In the app, only you can see your drawings; not even admins can. Statistics about all users "
            f"leave out values from fewer than {MIN_USERS} users."
        )
    st.markdown(
        f"""
- Your drawings are recognized on the server that you are connected to and aren't sent to any other recognition
  service. Predictions are stored {database}, images {pictures}.
- Each prediction is stored with its image, your strokes and your label, if you add one. The app also logs what you
  do in it and when. Location and camera data are removed before a photo is saved. Files that aren't images are not
  saved.
- {retention}
- On the History page you can view, export and delete your data.
"""
    )

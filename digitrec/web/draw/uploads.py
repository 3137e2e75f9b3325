"""Images from files and from the camera."""

import streamlit as st

from digitrec.imaging.decode import MAX_BYTES, SUFFIXES
from digitrec.prediction import InputMethod, Mode
from digitrec.web.shared.session import UserInput

_SUBJECTS = {Mode.DIGIT: "one digit", Mode.NUMBER: "one number"}


def show_upload(mode: Mode) -> UserInput | None:
    """Show the file uploader and return the image in it."""
    file = st.file_uploader(
        f"Image of {_SUBJECTS[mode]}",
        type=SUFFIXES,
        max_upload_size=MAX_BYTES // 2**20,
        key="upload",
    )
    return UserInput(InputMethod.UPLOAD, file.file_id, file.getvalue(), filename=file.name[-255:]) if file else None


def show_camera(mode: Mode) -> UserInput | None:
    """Show the camera and return the photo taken."""
    photo = st.camera_input(f"Photo of {_SUBJECTS[mode]} on paper", key="camera", width=480)
    return UserInput(InputMethod.CAMERA, photo.file_id, photo.getvalue()) if photo else None

"""``tidy``: delete expired predictions, inactive guests and orphaned images, as the server does every day."""

import argparse

HELP = "Delete expired predictions (DIGITREC_KEEP_DAYS), inactive guests (DIGITREC_GUEST_DAYS) and orphaned images."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(arguments: argparse.Namespace) -> int:
    from digitrec.accounts.users import LOCAL_USER
    from digitrec.services import Services
    from digitrec.storage.retention import tidy

    history = Services().history_of(LOCAL_USER)
    expired, of_guests, orphaned = tidy(history.database, history.images)
    history.database.engine.dispose()
    guests = f"predictions of inactive guests {of_guests}"
    print(f"Deleted: expired predictions {expired}, {guests}, orphaned images {orphaned}")
    return 0

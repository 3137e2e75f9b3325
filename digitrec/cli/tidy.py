"""``tidy``: delete expired predictions, inactive guests and orphaned images, as the server does every day."""

import argparse

from digitrec.config import settings

HELP = "Delete expired predictions (DIGITREC_KEEP_DAYS), inactive guests (DIGITREC_GUEST_DAYS) and orphaned images."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(arguments: argparse.Namespace) -> int:
    from digitrec.accounts.users import LOCAL_USER
    from digitrec.storage.history import open_history
    from digitrec.storage.retention import tidy

    config = settings()
    history = open_history(config.data, LOCAL_USER, config.database_url, config.pictures)
    expired, orphaned = tidy(history.database, history.images)
    history.database.engine.dispose()
    print(f"Deleted {expired} expired predictions and {orphaned} orphaned images.")
    return 0

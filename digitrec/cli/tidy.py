"""``tidy``: remove what is too old or belongs to nothing."""

import argparse

from digitrec.config import settings

HELP = "Delete records older than DIGITREC_KEEP_DAYS, where that is set, and pictures that belong to no record."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(arguments: argparse.Namespace) -> int:
    from datetime import timedelta

    from digitrec.accounts.users import LOCAL_USER
    from digitrec.storage.history import open_history
    from digitrec.storage.retention import delete_expired, delete_orphaned_images

    chosen = settings()
    history = open_history(chosen.data, LOCAL_USER, chosen.database_url, chosen.pictures)
    old = 0
    if chosen.keep_days:
        old = delete_expired(history.database, history.images, timedelta(days=chosen.keep_days))
    orphans = delete_orphaned_images(history.database, history.images)
    history.database.engine.dispose()
    print(f"{old} records past their age and {orphans} pictures of no record are deleted.")
    return 0

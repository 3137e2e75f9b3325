"""``tidy``: remove what is too old or belongs to nothing."""

import argparse

from digitrec.config import settings

HELP = "Delete records older than DIGITREC_KEEP_DAYS, where that is set, and pictures that belong to no record."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(arguments: argparse.Namespace) -> int:
    from datetime import timedelta

    from digitrec.accounts.users import LOCAL
    from digitrec.storage.history import open_records
    from digitrec.storage.retention import delete_old, sweep

    chosen = settings()
    records = open_records(chosen.data, LOCAL, chosen.database_url, chosen.pictures)
    old = 0
    if chosen.keep_days:
        old = delete_old(records.database, records.images, timedelta(days=chosen.keep_days))
    orphans = sweep(records.database, records.images)
    records.database.engine.dispose()
    print(f"{old} records past their age and {orphans} pictures of no record are deleted.")
    return 0

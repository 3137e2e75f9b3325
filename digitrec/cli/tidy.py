"""``tidy``: remove what is too old or belongs to nothing."""

import argparse

from digitrec.settings import settings

HELP = "Delete records older than DIGITREC_KEEP_DAYS, where that is set, and pictures that belong to no record."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(arguments: argparse.Namespace) -> int:
    from datetime import timedelta

    from digitrec.accounts import LOCAL
    from digitrec.store.records import open_records
    from digitrec.store.tidy import tidy

    chosen = settings()
    records = open_records(chosen.data, LOCAL, chosen.database_url, chosen.pictures)
    keep = timedelta(days=chosen.keep_days) if chosen.keep_days else None
    tidied = tidy(records.database, records.images, keep)
    records.database.engine.dispose()
    print(f"{tidied.records} records past their age and {tidied.pictures} pictures of no record are deleted.")
    return 0

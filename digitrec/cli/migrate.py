"""``migrate``: bring the database to the newest schema."""

import argparse

from digitrec.settings import settings

HELP = "Bring the history's database to the newest schema; the app does so too when it starts."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(arguments: argparse.Namespace) -> int:
    from digitrec.accounts import LOCAL
    from digitrec.store.records import open_records

    database = open_records(settings().data, LOCAL, settings().database_url).database.open()
    print(f"{database.name} is at the newest schema.")
    database.engine.dispose()
    return 0

"""``migrate``: bring the database to the newest schema, or back to an earlier one."""

import argparse

from digitrec.config import settings

HELP = "Bring the history's database to the newest schema; the app does so too when it starts."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--back-to",
        metavar="REVISION",
        help="go back to an earlier schema instead, such as 0004, for an earlier version; the app has to be stopped",
    )


def run(arguments: argparse.Namespace) -> int:
    from digitrec.accounts.users import LOCAL_USER
    from digitrec.storage.history import open_history

    database = open_history(settings().data, LOCAL_USER, settings().database_url).database.open()
    if arguments.back_to:
        database.downgrade(arguments.back_to)
    print(f"{database.name} is at {arguments.back_to or 'the newest schema'}.")
    database.engine.dispose()
    return 0

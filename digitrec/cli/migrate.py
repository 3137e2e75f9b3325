"""``migrate``: migrate the database to the newest schema, or back to an earlier one."""

import argparse

HELP = "Migrate the database to the newest schema; the app also does this when it starts."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    back_to = "migrate back to an earlier schema, such as 0004, for an earlier version of digitrec; stop the app first"
    parser.add_argument("--back-to", metavar="REVISION", help=back_to)


def run(arguments: argparse.Namespace) -> int:
    from digitrec.services import Services

    database = Services().database.open()
    if arguments.back_to:
        database.downgrade(arguments.back_to)
    print(f"{database.name} is at {arguments.back_to or 'the newest schema'}.")
    database.engine.dispose()
    return 0

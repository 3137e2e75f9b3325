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
    history.database.open()
    expired, of_guests, orphaned = tidy(history.database, history.images)
    history.database.engine.dispose()
    print(
        f"Deleted {_count(expired, 'expired prediction')}, {_count(of_guests, 'prediction')} of inactive guests and "
        f"{_count(orphaned, 'orphaned image')}."
    )
    return 0


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + "s" * (number != 1)

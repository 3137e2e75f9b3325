"""Load models without LiteRT's messages."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Discard everything written to standard error, including by native libraries.

    LiteRT announces its kernels there when it loads the first model, which no option turns off. Not for servers: other
    threads' messages would be lost.
    """
    if sys.stderr is None:  # The shell has closed it.
        yield
        return
    sys.stderr.flush()
    original = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(original, 2)
        os.close(original)
        os.close(nowhere)

"""The command line: ``python -m digitrec``."""

import signal
import sys

from digitrec.cli import main

# By default, a command that is told to end leaves its temporary files behind.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
sys.exit(main())

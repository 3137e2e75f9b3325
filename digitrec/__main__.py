"""The command line: ``python -m digitrec``."""

import signal
import sys

from digitrec.cli import main

# By default, SIGTERM ends a command without deleting its temporary files.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
sys.exit(main())

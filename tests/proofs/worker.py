"""`footprint worker`, with another patience for the silence of others.

`python -m tests.proofs.worker CONFIG SECONDS`: the whole proof lasts too long with short tests'
patience, and short tests too long with the program's.
"""

from __future__ import annotations

import logging
import sys
from datetime import timedelta
from pathlib import Path

from monitor.commands.worker import take_part

if __name__ == "__main__":
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    take_part(Path(sys.argv[1]), timedelta(seconds=float(sys.argv[2])))

"""`reader`'s side of the comparison: fetching, parsing and storing, so many times over.

`python -m benchmarks.pass_reader PORT WAY PASSES`; its parent takes its processor time.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from reader import make_reader

from benchmarks.town import FEEDS


def passes(port: int, way: str, number: int, folder: str) -> None:
    """Each pass reads every feed, whether its turn has come or not."""
    reader = make_reader(str(Path(folder) / "reader.db"))
    for feed in range(FEEDS):
        reader.add_feed(f"http://127.0.0.1:{port}/{way}/{feed}")
    for _ in range(number):
        reader.update_feeds(scheduled=False)
    reader.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        passes(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), made)

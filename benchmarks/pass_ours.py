"""Our side of the comparison with `reader`, a process of its own: so many passes over the feeds.

`python -m benchmarks.pass_ours PORT WAY PASSES`; its parent takes its processor time.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.town import FEEDS, NAMES
from monitor.commands._world import world
from monitor.settings import Http, Mail, School, Settings, SourceSettings
from sources.feed import Options


def passes(port: int, way: str, number: int, folder: str) -> None:
    """Everything a poll does: fetching, reading in a child, matching, judging, storing."""
    host = f"127.0.0.1:{port}"
    schools = tuple(
        School(id=f"s{number}", name=name, places=("Stanwick",))
        for number, name in enumerate(NAMES)
    )
    settings = Settings(
        folder=Path(folder),
        http=Http(
            contact="bench@town.example",
            private_hosts_allowed=(host,),
            private_spacing_seconds=0,
        ),
        mail=Mail(folder="outbox"),
        schools=schools,
        sources=tuple(
            SourceSettings(
                id=f"feed-{n}", kind="feed", options=Options(url=f"http://{host}/{way}/{n}")
            )
            for n in range(FEEDS)
        ),
    )
    with world(settings, schools) as made:
        for _ in range(number):
            for source in made.monitor.sources:
                polled = made.monitor.poll(source)
                if polled.error:
                    raise SystemExit(f"{source}: {polled.error}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        passes(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), made)

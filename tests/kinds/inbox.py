"""A drop folder with what a member of staff, two programs and a feed hand in, and a mail."""

from __future__ import annotations

from pathlib import Path

from tests.kinds import DATA, Case

FILES = ("report.json", "f5bot.json", "changedetection.json", "feed.json", "forwarded.eml")


def drop(folder: Path, *names: str) -> None:
    """Put recorded files into the folder, the first one first."""
    for name in names:
        (folder / name).write_bytes((DATA / "inbox" / name).read_bytes())


CASE = Case(
    web=False,
    table=lambda folder: {"folder": folder, "hmac_secret_env": "INBOX_SECRET"},
    env={"INBOX_SECRET": "swordfish-77-swordfish"},
    secrets=("swordfish-77-swordfish",),
    expected=[
        {
            "title": 'Report from Facebook group "Stanwick Mums" (closed): '
            "Hollybrook Primary School",
            "text": "Has anyone else had trouble with the new pick-up times?\n<b>It is chaos.</b>",
            "url": "",
            "author": "Dana W.",
            "published": "2026-11-15T21:40:00+00:00",
            "medium": "",
        },
        {
            "title": "Hollybrook Primary School - Reddit Comments - Buses in Stanwick",
            "text": "The bus to Hollybrook Primary School is late & full again.",
            "url": "https://www.reddit.com/r/stanwick/comments/1/buses/",
            "author": "rain_again",
            "published": "2026-11-15T18:20:30+00:00",
        },
        {
            "title": "ChangeDetection.io Notification - https://council.example/admissions",
            "text": "(added) Hollybrook Primary School takes 30 more pupils from September.",
            "url": "https://council.example/admissions",
            "published": None,
        },
        {
            "title": "Fair at Hollybrook Primary School",
            "text": "It was lovely.",
            "url": "https://forum.example/t/1",
            "author": "Sam",
        },
        {
            "title": "Fwd: have you seen this: Hollybrook Primary School",
            "url": "https://forum.example/t/77",
            "published": "2026-11-15T20:10:00+00:00",
        },
    ],
)

"""A Mastodon server's timeline of one hashtag."""

from __future__ import annotations

from tests.kinds import Case, recorded

TIMELINE = "/api/v1/timelines/tag/HollybrookPrimary"

CASE = Case(
    table=lambda base: {"servers": [base], "tags": ["#HollybrookPrimary"]},
    answers={TIMELINE: recorded("mastodon", "timeline.json")},
    expected=[
        {
            "title": "",
            "text": (
                "School closure, cross parent\n"
                "No word from #HollybrookPrimary all day & the gate is shut.\n"
                "See https://www.hollybrook.example/closures\n"
                "A padlock on a school gate\n"
                "Closures\nHollybrook Primary School is closed on Monday"
            ),
            "url": "https://hub.example/@jo/115550990000000001",
            "author": "@jo@hub.example",
            "published": "2026-11-15T20:10:00+00:00",
            "medium": "",
        },
        {
            "text": ("Cakes for #HollybrookPrimary: which?\nLemon\nCarrot\nThe fair is on Friday."),
            "author": "@baker@stanwick.example",
        },
    ],
)

"""A feed of a local newspaper."""

from __future__ import annotations

from tests.kinds import Case, recorded

CASE = Case(
    table=lambda base: {"url": f"{base}/news/rss", "user": "reader", "password_env": "FEED_WORD"},
    env={"FEED_WORD": "swordfish-77"},
    secrets=("swordfish-77",),
    answers={"/news/rss": recorded("feed", "rss20.xml")},
    expected=[
        {
            "title": "Hollybrook Primary & the flood: pupils safe",
            "text": "Staff moved every class to the hall.\nNo one was hurt\nSchool opens Tuesday",
            "url": "https://gazette.example/news/1?a=1&b=2",
            "author": "Priya Shah",
            "published": "2026-09-14T07:30:00+00:00",
        },
        {"title": "Bake sale raises £300", "author": "News Desk"},
        {"title": "No link, only a permanent id", "url": "https://gazette.example/news/3"},
    ],
)

"""Recent posts on X that name a school."""

from __future__ import annotations

from tests.kinds import Case, recorded

CASE = Case(
    table=lambda base: {
        "service": base,
        "token_env": "X_TOKEN",
        "monthly_posts": 1000,
        "i_have_read_the_terms": True,
    },
    env={"X_TOKEN": "AAAA-sesame-42"},
    secrets=("AAAA-sesame-42",),
    answers={"/2/tweets/search/recent": recorded("x", "page.json")},
    expected=[
        {
            "title": "",
            "text": "Hollybrook Primary School is shut & nobody told us. "
            "It began with a burst pipe on Friday.",
            "url": "https://x.com/i/status/1989000000000000002",
            "author": "",
            "published": "2026-11-15T21:05:00+00:00",
            "medium": "",
        },
        {
            "text": "Well done Hollybrook Primary School, Stanwick!",
            "url": "https://x.com/i/status/1988000000000000000",
        },
    ],
)

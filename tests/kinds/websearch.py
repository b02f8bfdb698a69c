"""What Brave finds about a school on the web."""

from __future__ import annotations

from tests.kinds import Case, recorded

CASE = Case(
    table=lambda base: {
        "backend": "brave",
        "service": base,
        "key_env": "SEARCH_KEY",
        "monthly_calls": 900,
    },
    env={"SEARCH_KEY": "BSA-sesame-41"},
    secrets=("BSA-sesame-41",),
    answers={"/res/v1/web/search": recorded("websearch", "brave_web.json")},
    expected=[
        {
            "title": "Parents & staff of Hollybrook Primary School on the new gate",
            "text": "The gate at Hollybrook has been shut for a week.\nNobody told the parents.",
            "url": "https://www.stanwickvoice.example/talk/gate?utm_source=search",
            "author": "",
            "published": "2026-11-14T08:15:00+00:00",
            "medium": "",
        },
        {
            "title": "Hollybrook Primary School, Stanwick",
            "url": "https://schools.example/hollybrook",
            "published": None,
        },
    ],
)

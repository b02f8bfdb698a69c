"""Articles about a school that GDELT has seen."""

from __future__ import annotations

from tests.kinds import Case, recorded

CASE = Case(
    table=lambda base: {"service": base, "i_have_read_the_terms": True},
    answers={"/api/v2/doc/doc": recorded("gdelt", "articles.json")},
    expected=[
        {
            "title": "Flood shuts Hollybrook Primary School in Stanwick",
            "text": "",
            "url": "https://gazette.example/news/flood?utm_source=feed",
            "author": "",
            "published": "2026-11-15T10:15:00+00:00",
            "medium": "news",
        },
        {
            "title": "Hollybrook Primary School wins prize",
            "url": "https://echo.example/stanwick/1",
            "published": None,
        },
    ],
)

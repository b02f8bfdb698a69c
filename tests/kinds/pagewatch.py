"""A page of inspection reports, watched as a whole."""

from __future__ import annotations

from tests.kinds import Case, recorded

ROBOTS = "/robots.txt"
PAGE = "/provider/21/100001"

CASE = Case(
    table=lambda base: {"url": f"{base}{PAGE}", "about": "Hollybrook Primary School"},
    answers={
        ROBOTS: b"User-agent: *\nDisallow: /search\n",
        PAGE: recorded("pagewatch", "page.html"),
    },
    expected=[
        {
            "title": "127.0.0.1: Hollybrook Primary School",
            "text": "Hollybrook Primary School",
            "author": "",
            "published": None,
            "medium": "",
        },
        {"text": "Overall effectiveness: Good, with outstanding behaviour"},
        {"text": "School inspection: 12 March 2026 PDF"},
        {"text": "School inspection: 5 May 2021"},
        {"text": "Seen 1,204 times by other people since the first of May"},
    ],
)

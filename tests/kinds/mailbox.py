"""A mailbox with an alert of two news items and a review; see test_mailbox.py for its server."""

from __future__ import annotations

from tests.kinds import Case, recorded

MAILS = tuple(recorded("mailbox", f"{name}.eml") for name in ("google_alert", "google_review"))
CASE = Case(
    web=False,
    table=lambda host: {
        "host": host.partition(":")[0],
        "port": int(host.partition(":")[2]),
        "security": "none",
        "user": "monitor@hollybrook.example",
        "password_env": "MAILBOX_WORD",
        "trusted_auth_server": "mx.hollybrook.example",
    },
    env={"MAILBOX_WORD": "swordfish-77"},
    secrets=("swordfish-77",),
    expected=[
        {
            "title": "Parents thank the lollipop man of Hollybrook Primary - Stanwick Gazette",
            "text": "Parents at Hollybrook Primary School gave him a card …",
            "url": "https://gazette.example/news/41?ref=rss",
            "author": "",
            "published": "2026-11-13T18:03:05+00:00",
            "medium": "",
        },
        {
            "title": "Hollybrook Primary School closes after flood - Stanwick Gazette",
            "url": "https://gazette.example/news/42",
        },
        {
            "title": "Dana left a review for Hollybrook Primary School",
            "text": "The car park of Hollybrook Primary School is chaos every morning.\n"
            "Nobody answers the phone.",
            "url": "https://business.google.com/n/1/reviews?id=x",
            "author": "Dana Whitlock",
            "published": "2026-11-15T09:30:00+00:00",
            "medium": "google_review",
        },
    ],
)

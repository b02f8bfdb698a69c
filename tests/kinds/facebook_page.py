"""A school's Page: a post of its own with comments, a visitor's post, and a post that tags it."""

from __future__ import annotations

from tests.kinds import Case, recorded

PAGE, TOKEN = "1000001", "EAAB-swordfish-41"
FEED, TAGGED = f"/v26.0/{PAGE}/feed", f"/v26.0/{PAGE}/tagged"
OF_FAIR, OF_LUNCH, OF_PHOTO = (f"/v26.0/{PAGE}_{post}/comments" for post in (501, 502, 503))
NOTHING = b'{"data": []}'

CASE = Case(
    table=lambda base: {"service": base, "page": PAGE, "token_env": "PAGE_TOKEN"},
    env={"PAGE_TOKEN": TOKEN},
    secrets=(TOKEN,),
    answers={
        FEED: recorded("facebook_page", "feed.json"),
        TAGGED: recorded("facebook_page", "tagged.json"),
        OF_FAIR: recorded("facebook_page", "comments.json"),
        OF_LUNCH: NOTHING,
        OF_PHOTO: NOTHING,
    },
    expected=[
        {
            "title": "Facebook: Hollybrook Primary School",
            "text": "Does anybody know why Year 3 were kept in at lunch again?",
            "url": "https://www.facebook.com/1000001/posts/502",
            "author": "",
            "published": "2026-11-12T12:40:00+00:00",
            "medium": "",
        },
        {
            "text": "Stanwick library: thank you Hollybrook Primary School for the poems",
            "author": "Stanwick Library",
        },
        {
            "text": "After the way you treated my daughter? No thanks.",
            "url": "https://www.facebook.com/1000001/posts/501/?comment_id=9001",
            "author": "Priya Marlow",
        },
    ],
)

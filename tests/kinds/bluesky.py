"""Bluesky: a sign-in, then a search."""

from __future__ import annotations

from tests.kinds import Case, recorded

XRPC = "/xrpc/"
SIGN_IN = f"{XRPC}com.atproto.server.createSession"
RENEW = f"{XRPC}com.atproto.server.refreshSession"
SEARCH = f"{XRPC}app.bsky.feed.searchPosts"

CASE = Case(
    table=lambda base: {
        "service": base,
        "handle": "hollybrook.bsky.social",
        "app_password_env": "BLUESKY_WORD",
        "queries": ['"Hollybrook Primary School"'],
    },
    env={"BLUESKY_WORD": "qwer-tyui-op12-3456"},
    secrets=("qwer-tyui-op12-3456", "eyJ0eXAi", "first-access", "first-refresh"),
    answers={
        SIGN_IN: recorded("bluesky", "session.json"),
        SEARCH: recorded("bluesky", "search.json"),
    },
    expected=[
        {
            "title": "",
            "text": (
                "Water up to the gate at Hollybrook Primary School again 🌧 What they say about it\n"
                "https://hollybrook.example/closures\n"
                "Two children in wellingtons before a closed gate"
            ),
            "url": "https://bsky.app/profile/did:plc:stanwickparent1/post/3lqaa2flood",
            "author": "@jo.parent.example",
            "published": "2026-11-15T18:20:11.120000+00:00",
            "medium": "",
        },
        {
            "text": (
                "Good news from Stanwick\nLibrary opens\n"
                "Pupils of Hollybrook Primary School cut the ribbon\n"
                "https://gazette.example/library\nHollybrook has a new library"
            ),
            "url": "https://bsky.app/profile/did:web:gazette.example/post/3lq9zpraise",
        },
        {"text": "Fight outside Hollybrook Primary School", "author": "@teen.example"},
    ],
)

"""A search for the school, the school's own channel, and the comments on a found video."""

from __future__ import annotations

from tests.kinds import Case, recorded
from tests.webserver import Seen

KEY = "AIza-swordfish-21"
CHANNEL = "UChollybrookprimary00001"
SEARCH, COMMENTS = "/youtube/v3/search", "/youtube/v3/commentThreads"


def comments(seen: Seen) -> bytes:
    """Those of the channel, or of the one video."""
    of_channel = "allThreadsRelatedToChannelId" in seen.query
    return recorded("youtube", "channel_comments.json" if of_channel else "video_comments.json")


CASE = Case(
    table=lambda base: {"service": base, "key_env": "YOUTUBE_KEY", "channels": [CHANNEL]},
    env={"YOUTUBE_KEY": KEY},
    secrets=(KEY,),
    answers={SEARCH: recorded("youtube", "search.json"), COMMENTS: comments},
    expected=[
        {
            "title": "YouTube: Hollybrook Primary School",
            "text": "My son has been off since Tuesday & nobody rang < why?",
            "url": "https://www.youtube.com/watch?v=hollyOwn001&lc=UgwThread0001",
            "author": "@rosie-t",
            "published": "2026-11-15T08:00:00+00:00",
            "medium": "",
        },
        {"text": "Same here", "author": "@gran-of-four"},
        {
            "title": "What's going on at Hollybrook Primary School?",
            "text": "Parked cars & closed gates: a dad's view of the school run in Stanwick ...",
            "url": "https://www.youtube.com/watch?v=aB3-dE_9xYz",
            "author": "Stanwick Dad",
            "published": "2026-11-15T17:20:00+00:00",
            "medium": "",
        },
        {
            "title": "YouTube: What's going on at Hollybrook Primary School?",
            "text": "The car park is chaos every morning",
            "url": "https://www.youtube.com/watch?v=aB3-dE_9xYz&lc=UgwThread0002",
        },
    ],
)

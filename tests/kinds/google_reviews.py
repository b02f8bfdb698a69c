"""The reviews of a school's own place, behind a sign-in with a refresh token."""

from __future__ import annotations

from tests.kinds import Case, recorded

CLIENT_SECRET, REFRESH, TOKEN = "GOCSPX-swordfish-31", "1//swordfish-32", "ya29.swordfish-33"
SIGN_IN, REVIEWS = "/token", "/v4/accounts/111/locations/222/reviews"
GRANTED = b'{"access_token": "ya29.swordfish-33", "expires_in": 3599, "token_type": "Bearer"}'

CASE = Case(
    table=lambda base: {
        "service": base,
        "sign_in_service": base,
        "account": "111",
        "location": "222",
        "client_id": "1234.apps.example",
        "client_secret_env": "GOOGLE_CLIENT_SECRET",
        "refresh_token_env": "GOOGLE_REFRESH_TOKEN",
    },
    env={"GOOGLE_CLIENT_SECRET": CLIENT_SECRET, "GOOGLE_REFRESH_TOKEN": REFRESH},
    secrets=(CLIENT_SECRET, REFRESH, TOKEN),
    answers={SIGN_IN: GRANTED, REVIEWS: recorded("google_reviews", "reviews.json")},
    expected=[
        {
            "title": "Review of Hollybrook Primary School: 2 of 5",
            "text": "Nobody answers the office phone & the car park is chaos.",
            "url": "",
            "author": "Dana Whitlock",
            "published": "2026-11-01T08:00:00+00:00",
            "medium": "google_review",
        },
        {"title": "Review of Hollybrook Primary School: 5 of 5", "text": ""},
    ],
)

"""PURE: five-minute tasks for the first day, each with its cost and what it brings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to set up. `source` is the id of the block in config.toml that waits for it, ""
    where none does.
    """

    title: str
    cost: str
    brings: str
    how: str
    source: str = ""


TASKS = (
    Task(
        "Two Google Alerts as feeds",
        "nothing",
        "the whole web as Google sees it, and Mumsnet, which has no feed",
        "google.com/alerts, signed in as the school; deliver to: RSS feed (docs/sources/feed.md)",
        "alert-1",
    ),
    Task(
        "A mailbox for alerts",
        "nothing, where the school has mail",
        "what alert services send: Google Alerts, F5Bot, reviews, TheyWorkForYou",
        "ask whoever runs the school's mail for one mailbox and an app password",
        "alerts-mail",
    ),
    Task(
        "A Bluesky app password",
        "nothing",
        "public posts on Bluesky that name the school or link to its site",
        "bsky.app, Settings, Privacy and security, App passwords",
        "bluesky",
    ),
    Task(
        "A YouTube key",
        "nothing",
        "videos that name the school, and the comments below them",
        "console.cloud.google.com: a new project, YouTube Data API v3, an API key",
        "youtube",
    ),
    Task(
        "An F5Bot account",
        "nothing",
        "posts and comments on Reddit that name the school, by mail",
        "f5bot.com, with the alert mailbox's address and the school's name",
        "alerts-mail",
    ),
    Task(
        "A Brave Search key",
        "a card; about 1,000 searches a month were free when last looked up (September 2026)",
        "pages and forums that have no feed, within a budget that you set",
        "brave.com/search/api; set a spending limit there",
        "web",
    ),
    Task(
        "Claim the Google Business Profile",
        "nothing",
        "a mail for each new Google review, and the right to answer it",
        "business.google.com; send its mails to the alert mailbox",
        "alerts-mail",
    ),
    Task(
        "Claim the Trustpilot profile",
        "nothing for the free plan",
        "a mail for each new review there, if the school has a profile",
        "business.trustpilot.com; send its mails to the alert mailbox",
        "alerts-mail",
    ),
)

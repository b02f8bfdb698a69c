"""Which posts are said or answered on one page, as each kind of place tells it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from monitor.intake import thread_of
from sources import bluesky, x
from sources.links import page_of
from sources.posts import posts
from tests.test_intake import post

REDDIT = "https://www.reddit.com/r/northants/comments/1abcde/hollybrook_primary"
FACEBOOK = "https://www.facebook.com/permalink.php?story_fbid=1017&id=99"
VIDEO = "https://www.youtube.com/watch?v=hOllyBr00k1"
NEWS = "https://gazette.example/news/bullying"
REQUEST = "https://www.whatdotheyknow.com/request/exclusions"

ONE_PAGE = [
    (f"{REDDIT}/", f"{REDDIT}/kx9/?context=3"),
    ("https://redd.it/1abcde", f"{REDDIT}/kx9"),
    (FACEBOOK, f"{FACEBOOK}&comment_id=23"),
    (f"{FACEBOOK}&comment_id=23", f"{FACEBOOK}&comment_id=23&reply_comment_id=24"),
    ("https://youtu.be/hOllyBr00k1", f"{VIDEO}&lc=Ugz.9"),
    (NEWS, f"{NEWS}#comment-12"),
    (NEWS, f"{NEWS}?page=2#p44"),
    (REQUEST, f"{REQUEST}#incoming-7"),
]
TWO_PAGES = [
    (f"{REDDIT}/", "https://www.reddit.com/r/northants/comments/1abcdf/other/"),
    (FACEBOOK, "https://www.facebook.com/permalink.php?story_fbid=1018&id=99"),
    (VIDEO, "https://www.youtube.com/watch?v=hOllyBr00k2&lc=Ugz.9"),
    (NEWS, "https://gazette.example/news/praise"),
    ("https://forum.example/?t=1", "https://forum.example/?t=2"),
    ("https://x.com/i/status/1", "https://x.com/i/status/2"),
]


@pytest.mark.parametrize(("one", "other"), ONE_PAGE)
def test_an_answer_has_the_page_of_what_it_answers(one: str, other: str) -> None:
    assert page_of(one) == page_of(other) != ""


@pytest.mark.parametrize(("one", "other"), TWO_PAGES)
def test_two_pages_are_two(one: str, other: str) -> None:
    assert page_of(one) != page_of(other)


@pytest.mark.parametrize(
    "url", ["", "https://gazette.example", "https://gazette.example/#top", "mailto:a@b.example"]
)
def test_a_front_page_and_no_address_are_no_page(url: str) -> None:
    assert page_of(url) == ""
    assert thread_of(replace(post(), url=url)) == ""


def test_a_review_answers_nobody() -> None:
    place = replace(post(), url="https://maps.example/place/hollybrook")
    assert thread_of(place)
    assert thread_of(replace(place, medium="google_review")) == ""


def test_what_a_source_says_of_a_thread_goes_before_the_address() -> None:
    answer = replace(post(), url="https://x.com/i/status/2", thread="https://x.com/i/status/1")
    assert thread_of(answer) == thread_of(replace(post(), url="https://x.com/a/status/1"))


def test_an_answer_on_bluesky_names_the_post_that_began_it() -> None:
    root = "at://did:plc:abc/app.bsky.feed.post/3kroot"
    rows = [
        {"uri": root, "record": {"text": "one"}},
        {
            "uri": "at://did:plc:xyz/app.bsky.feed.post/3kreply",
            "record": {"text": "two", "reply": {"root": {"uri": root}}},
        },
        {
            "uri": "at://did:plc:xyz/app.bsky.feed.post/3kother",
            "record": {"text": "three", "reply": {"root": {"uri": "at://nonsense"}}},
        },
    ]
    body = json.dumps({"posts": rows}).encode()
    read = bluesky.read(body, "https://bsky.example", "utf-8", query="hollybrook")
    began, answer, other = map(thread_of, posts(read["entries"]))
    assert began == answer != other


def test_a_conversation_on_x_is_one_thread() -> None:
    rows = [
        {"id": "11", "text": "one", "conversation_id": "11"},
        {"id": "12", "text": "two", "conversation_id": "11"},
        {"id": "13", "text": "three"},
        {"id": "14", "text": "four", "conversation_id": "x/../11"},
    ]
    body = json.dumps({"data": rows, "meta": {"result_count": 4}}).encode()
    read = x.read(body, "https://x.example", "utf-8", query="hollybrook")
    began, answer, alone, odd = map(thread_of, posts(read["entries"]))
    assert began == answer
    assert len({began, alone, odd}) == 3

"""Letters about sources and summaries are sound messages, whatever foreign words are in them."""

from __future__ import annotations

import pytest

from alerts.mail import Envelope
from alerts.reports import (
    Found,
    Return,
    SourceNotice,
    SummaryNotice,
    Trouble,
    source_letter,
    summary_letter,
)
from tests.letters import DATE, HOSTILE, Tags, assert_sound, body

ENVELOPE: Envelope = {
    "sender": "Footprint <footprint@hollybrook.example>",
    "recipient": "it@hollybrook.example",
    "name": "Sam Cole",
    "message_id": "<5f0c.it@footprint.example>",
    "date": DATE,
}
FORBIDDEN = {"script", "img", "svg", "form", "iframe", "input"}


def news(words: str) -> SourceNotice:
    trouble = Trouble(words, words, words, words, words, words, words)
    back = Return(words, words, words)
    return SourceNotice(words, words, (trouble, trouble), (back,), words, words)


def summary(words: str) -> SummaryNotice:
    found = Found(words, words, words, words, words, words)
    return SummaryNotice(words, words, words, (words,), (found, found), 3, words)


@pytest.mark.parametrize("words", HOSTILE)
def test_foreign_words_stay_words(words: str) -> None:
    for letter in (
        source_letter(news(words), **ENVELOPE),
        summary_letter(summary(words), **ENVELOPE),
    ):
        assert_sound(letter)
        page = Tags(body(letter, "html"))
        assert FORBIDDEN.isdisjoint(page.names())
        assert not any(name.startswith("on") for _, tag in page.tags for name in tag)
        assert page.links() == []


def test_the_same_news_gives_the_same_bytes() -> None:
    assert source_letter(news("gazette"), **ENVELOPE) == source_letter(news("gazette"), **ENVELOPE)
    assert summary_letter(summary("x"), **ENVELOPE) == summary_letter(summary("x"), **ENVELOPE)


def test_several_sources_are_counted_in_the_subject() -> None:
    one = SourceNotice("h", "Hollybrook", (), (Return("gazette", "then", "now"),), "", "")
    assert "A source is well again: gazette" in body(source_letter(one, **ENVELOPE))
    two = SourceNotice("h", "Hollybrook", (), (Return("a", "", ""), Return("b", "", "")), "", "")
    assert "2 sources are well again" in body(source_letter(two, **ENVELOPE))

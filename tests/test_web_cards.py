"""A mention on a card: how many there are, in what order, and what is never said beside one."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.store.engine import Store
from monitor.web.server import WebServer
from tests.web_cast import (
    COMPLAINT,
    HOUSE,
    NOW,
    THREAT,
    ask,
    keep,
    mention,
    named,
    served,
    settings,
)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("sentiment", "rule", "category"),
    [
        ("neutral", "complaint.grumble", "complaint"),
        ("positive", "complaint.grumble", "complaint"),
        ("negative", "praise.thanks", "praise"),
        ("negative", "press.coverage", "press"),
        ("negative", "complaint.question", "request"),
    ],
)
def test_what_is_no_criticism_is_not_called_fair(
    small: Store, tmp_path: Path, sentiment: str, rule: str, category: str
) -> None:
    reason = {**COMPLAINT.reasons[0], "rule": rule}
    made = replace(COMPLAINT, sentiment=sentiment, reasons=(reason,), categories=(category,))
    keep(small, made)
    with served(small, settings(tmp_path)) as web:
        assert "may be fair" not in ask(web, f"/mentions/{made.id}").text


def test_where_no_rule_matched_nothing_is_said_to_be_marked(web: WebServer) -> None:
    plain, marked = (ask(web, f"/mentions/{one.id}").text for one in (HOUSE, COMPLAINT))
    assert "Why No rule matched. Tone" in plain
    assert "marked above" not in plain
    assert "Nothing to do" not in plain
    assert "The words that decided are marked above." in marked


def test_the_front_page_shows_five_of_a_level_at_most_and_leads_to_the_others(
    small: Store, tmp_path: Path
) -> None:
    for level in ("urgent", "respond", "watch"):
        keep(small, *(mention(f"{level}{n}", f"{level} {n}", level=level) for n in range(21)))
    keep(small, *(mention(f"p{n}", f"{n}", categories=("praise",)) for n in range(21)))
    with served(small, settings(tmp_path)) as web:
        home, urgent = ask(web, "/mentions"), ask(web, "/mentions?level=urgent")
    assert 12 < home.body.count("<article") <= 20
    assert '<a class="more" href="/mentions?level=urgent">Urgent: all →</a>' in home.body
    assert "Routine: all →" in home.text
    assert urgent.body.count("<article") == 21


def test_what_was_found_in_one_minute_stands_by_when_it_was_posted(
    store: Store, tmp_path: Path
) -> None:
    minute = NOW.replace(second=0)
    times = {"old": (50, 9), "new": (10, 1), "middle": (30, 5), "earlier": (-1, 0)}
    several = [
        mention(
            name,
            name,
            level="watch",
            seen_at=minute + timedelta(seconds=second),
            published=minute - timedelta(days=days),
        )
        for name, (second, days) in times.items()
    ]
    keep(store, *several)
    with served(store, settings(tmp_path)) as web:
        body = ask(web, "/mentions?level=watch").body
        after = ask(web, f"/mentions?level=watch&before={named('middle')}").body
    assert re.findall(r"<h3[^>]*><a[^>]*>(\w+)<", body) == ["new", "middle", "old", "earlier"]
    assert re.findall(r"<h3[^>]*><a[^>]*>(\w+)<", after) == ["old", "earlier"]


def test_this_machine_is_called_so(small: Store, tmp_path: Path) -> None:
    keep(small, replace(THREAT, url="http://127.0.0.1:8123/p/1", source="village"))
    with served(small, settings(tmp_path)) as web:
        pages = [
            ask(web, path).text for path in ("/mentions?level=urgent", f"/mentions/{THREAT.id}")
        ]
    for text in pages:
        assert "Open the post on this machine" in text
        assert re.search(r"\b[Ii]n Village\b", text)
    assert "127.0.0.1" not in pages[0]

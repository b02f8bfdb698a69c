"""The pages of mentions as a program sees them: real requests on loopback."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from monitor.store.engine import Store
from monitor.web.server import WebServer
from monitor.web.words import every
from tests.web_cast import (
    COMPLAINT,
    HEAD,
    HOUSE,
    LEAD,
    NOW,
    OTHER,
    PRAISE,
    SCHOOL,
    THREAT,
    ask,
    keep,
    mention,
    named,
    owe,
    send,
    served,
    settings,
    watch,
)

pytestmark = pytest.mark.slow


def test_mentions_stand_by_level_the_gravest_first(web: WebServer) -> None:
    text = ask(web, "/mentions").text
    places = [text.index(f"{level} {meaning}") for level, meaning in (
        ("Urgent", "Somebody may come to harm"),
        ("Needs a response", "The school should answer"),
        ("Worth knowing", "The rules found nothing to answer"),
        ("Routine", "The rules found nothing that needs you here"),
    )]  # fmt: skip
    assert places == sorted(places)


def test_a_mention_says_what_where_when_and_why(web: WebServer) -> None:
    text = ask(web, "/mentions").text
    assert "Urgent A threat of violence he will be waiting outside the gates" in text
    assert "Found today at 21:40 posted today at 21:32 in Stanwick-forum Neutral tone" in text
    assert "Why Says someone will be hurt Alert" in text
    whole = ask(web, "/mentions?level=urgent").text
    assert "Why Says someone will be hurt: waiting outside the gates Alert" in whole


def test_a_summer_evening_is_told_in_summer_time(small: Store, tmp_path: Path) -> None:
    summer = NOW.replace(month=6, day=30)
    keep(small, replace(HOUSE, published=None, seen_at=summer))
    with served(small, settings(tmp_path)) as web:
        assert "Found 30 June at 22:45" in ask(web, "/mentions?level=routine").text


def test_an_old_post_says_when_it_was_found_too(small: Store, tmp_path: Path) -> None:
    keep(small, replace(HOUSE, published=NOW.replace(year=2024)))
    with served(small, settings(tmp_path)) as web:
        text = ask(web, "/mentions?level=routine").text
    assert "Found today at 20:45 posted 21 November 2024 at 21:45 in" in text


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(1 / 3, "20 seconds"), (1, "1 minute"), (60, "1 hour"), (90, "90 minutes")],
)
def test_how_often_is_said_as_people_say_it(minutes: float, said: str) -> None:
    assert every(minutes) == said


def test_the_routine_is_counted_and_only_praise_of_it_listed(web: WebServer) -> None:
    home, routine = ask(web, "/mentions").text, ask(web, "/mentions?level=routine").text
    assert "2 routine mentions in the last 7 days" in home
    assert "Thank you Hollybrook" in home
    assert "House for sale" not in home
    assert "House for sale" in routine


def test_one_level_can_be_asked_for(web: WebServer) -> None:
    text = ask(web, "/mentions?level=urgent").text
    assert "mr lacey" in text
    assert "Hollybrook does nothing" not in text


@pytest.mark.parametrize(
    "path",
    ["/mentions?level=grave", "/mentions?school=elsewhere", "/mentions?level=urgent&before=x"],
)
def test_what_there_is_not_is_not_found(web: WebServer, path: str) -> None:
    assert ask(web, path).status == 404


def test_every_mention_is_on_exactly_one_page_however_many_came_at_once(
    store: Store, tmp_path: Path
) -> None:
    several = [mention(f"w{n}", f"word{n:03}", level="watch") for n in range(70)]
    no_time = [replace(one, published=None) for one in several[:35]]
    keep(store, *no_time, *several[35:])
    seen: list[str] = []
    path: str | None = "/mentions?level=watch"
    with served(store, settings(tmp_path)) as web:
        while path:
            body = ask(web, path).body
            seen += re.findall(r">(word\d\d\d)</a>", body)
            older = re.search(r'href="([^"]*before=[^"]*)">Older', body)
            path = html.unescape(older[1]) if older else None
    assert sorted(seen) == [f"word{n:03}" for n in range(70)]


def test_a_story_found_twice_is_listed_once_with_its_other_places(
    small: Store, tmp_path: Path
) -> None:
    again = replace(COMPLAINT, id=named("again"), entry_key="again", source="town-reviews")
    keep(small, COMPLAINT, replace(again, same_as=COMPLAINT.id))
    with served(small, settings(tmp_path)) as web:
        home, whole = ask(web, "/mentions"), ask(web, f"/mentions/{COMPLAINT.id}").text
    assert home.body.count("Hollybrook does nothing</a>") == 1
    assert "Also seen in 1 other place" in home.text
    assert "Also seen In Town-reviews" in whole


def test_a_copy_at_another_address_is_listed_with_its_first(small: Store, tmp_path: Path) -> None:
    copy = replace(
        COMPLAINT, id=named("copy"), entry_key="copy", source="town-reviews",
        url="https://paper.example/7", story=named("another link"), same_as=COMPLAINT.id,
    )  # fmt: skip
    keep(small, COMPLAINT, copy)
    with served(small, settings(tmp_path)) as web:
        home, whole = ask(web, "/mentions"), ask(web, f"/mentions/{copy.id}").text
    assert home.body.count("Hollybrook does nothing</a>") == 1
    assert "Also seen in 1 other place" in home.text
    assert "Also seen In Stanwick-forum" in whole


def test_a_story_judged_graver_elsewhere_is_listed_there_too(small: Store, tmp_path: Path) -> None:
    graver = replace(THREAT, story=COMPLAINT.story, same_as=COMPLAINT.id)
    keep(small, COMPLAINT, graver)
    with served(small, settings(tmp_path)) as web:
        assert "mr lacey" in ask(web, "/mentions?level=urgent").text


def test_other_schools_and_what_is_not_ours_stay_unseen(small: Store, tmp_path: Path) -> None:
    theirs = mention("theirs", "Thornfield gossip", level="watch", school="thornfield")
    namesake = mention("leeds", "Hollybrook Arms quiz", level="watch", relevant=False)
    keep(small, theirs, namesake)
    with served(small, settings(tmp_path)) as web:
        text = ask(web, "/mentions").text
        elsewhere = ask(web, f"/mentions/{theirs.id}").status
        hidden = ask(web, "/mentions?hidden=yes").text, ask(web, f"/mentions/{namesake.id}").text
    assert "gossip" not in text
    assert "quiz" not in text
    assert elsewhere == 404
    assert "Hollybrook Arms quiz" in hidden[0]
    assert "gossip" not in hidden[0]
    assert "Footprint holds that this is not about the school" in hidden[1]


def test_several_schools_are_shown_together_or_one_by_one(small: Store, tmp_path: Path) -> None:
    keep(small, COMPLAINT, mention("t", "Thornfield fete", level="watch", school="thornfield"))
    with served(small, settings(tmp_path, schools=(SCHOOL, OTHER))) as web:
        both, one = ask(web, "/mentions").text, ask(web, "/mentions?school=thornfield").text
    assert "Thornfield fete" in both
    assert "Hollybrook does nothing" in both
    assert "What is said about Thornfield Infant School" in one
    assert "Hollybrook does nothing" not in one


def test_who_has_been_told_and_who_will_be_is_said(small: Store, tmp_path: Path) -> None:
    keep(small, THREAT)
    send(small, owe(small, THREAT), NOW - timedelta(minutes=4))
    owe(small, THREAT, LEAD, hours=34)
    with served(small, settings(tmp_path)) as web:
        text = ask(web, "/mentions").text
    assert "Jane Ashdown, headteacher: told today at 21:41" in text
    assert "Ravi Osei, safeguarding lead: will be told on Monday 23 November at 07:40" in text


def test_deciding_words_are_marked_in_title_and_text(small: Store, tmp_path: Path) -> None:
    first, second = COMPLAINT.reasons[0], dict(COMPLAINT.reasons[0])
    crossing = len("Hollybrook does "), len("Hollybrook does nothing\nWe have")
    second.update(start=crossing[0], end=crossing[1], says="crosses the line")
    beyond = {**second, "start": 5, "end": 9999}
    keep(small, replace(COMPLAINT, reasons=(first, second, beyond)))
    with served(small, settings(tmp_path)) as web:
        body = ask(web, f"/mentions/{COMPLAINT.id}").body
    assert re.findall("<mark>([^<]*)</mark>", body) == [
        "nothing",
        "We have",
        "reported the bullying",
    ]


def test_a_mention_whole_tells_its_author_its_evidence_and_what_to_do(web: WebServer) -> None:
    answer = ask(web, f"/mentions/{THREAT.id}")
    assert "By somebody, in Stanwick-forum" in answer.text
    assert re.search(r"Fingerprint of what was read \(SHA-256\)\s*[0-9a-f]{64}", answer.text)
    assert "What to do now" in answer.text
    assert "call 999" in answer.text
    assert "By somebody" not in ask(web, "/mentions?level=urgent").text


def test_criticism_may_be_fair_and_a_threat_is_not_called_so(web: WebServer) -> None:
    fair = "This may be fair. People are entitled to say it."
    assert ask(web, f"/mentions/{COMPLAINT.id}").text.count(fair) == 1
    assert fair not in ask(web, f"/mentions/{THREAT.id}").text


def test_the_author_of_a_post_cannot_be_asked_for(web: WebServer) -> None:
    assert ask(web, "/mentions?author=somebody").text == ask(web, "/mentions").text


def test_the_number_of_queries_does_not_grow_with_the_mentions(
    small: Store, tmp_path: Path
) -> None:
    asked: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(small.engine, "before_cursor_execute", note)
    numbers = []
    with served(small, settings(tmp_path)) as web:
        for start in (0, 40):
            several = [mention(f"m{n}", f"m{n}", level="respond") for n in range(start, start + 20)]
            keep(small, *several)
            for one in several:
                owe(small, one)
            for path in ("/", "/mail"):
                asked.clear()
                ask(web, path)
                numbers.append(len(asked))
    assert numbers[:2] == numbers[2:]
    assert max(numbers) <= 24


def test_a_person_who_has_left_is_named_by_the_address(small: Store, tmp_path: Path) -> None:
    keep(small, THREAT)
    owe(small, THREAT, HEAD.model_copy(update={"email": "old.head@hollybrook.example"}))
    with served(small, settings(tmp_path)) as web:
        assert (
            "old.head@hollybrook.example, headteacher: being told now" in ask(web, "/mentions").text
        )


def test_every_page_is_the_same_on_both_databases(store: Store, tmp_path: Path) -> None:
    watch(store)
    keep(store, THREAT, COMPLAINT, PRAISE, HOUSE)
    letter = owe(store, THREAT)
    send(store, owe(store, COMPLAINT))
    with served(store, settings(tmp_path)) as web:
        home, mail = ask(web, "/mentions").text, ask(web, "/mail").text
        whole = ask(web, f"/mentions/{COMPLAINT.id}").text
        others = [ask(web, path).status for path in (f"/mail/{letter}", "/sources", "/health")]
    assert "Thank you Hollybrook" in home
    assert "House for sale" not in home
    assert "Being told now About he will be waiting outside" in mail
    assert "Told today at 21:45 About Hollybrook does nothing" in mail
    assert "First evidence" in whole
    assert others == [200, 200, 200]

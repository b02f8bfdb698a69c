"""What needs somebody now and what was done about it, as a program sees the pages."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.judge.terms import Judgement, Level
from monitor.settings import Person, School
from monitor.store import audit, corrections, erasing, incidents, mentions
from monitor.store.engine import Store
from tests.signing import Client
from tests.web_cast import (
    COMPLAINT,
    HEAD,
    KEY,
    LEAD,
    NOW,
    PRAISE,
    SCHOOL,
    THREAT,
    deal,
    keep,
    mention,
    named,
    served,
    settings,
    sign_in,
    watch,
)

pytestmark = pytest.mark.slow

CHAIR = Person(name="Bethan Price", email="chair@hollybrook.example", roles=("chair",))
OFFICE = Person(name="Sam Reed", email="office@hollybrook.example", roles=("office",))
TEACHER = Person(name="Ann Lee", email="teacher@hollybrook.example", roles=("staff",))
WHOLE = SCHOOL.model_copy(update={"people": (HEAD, LEAD, CHAIR, OFFICE, TEACHER)})
CHILD = mention(
    "child",
    "My daughter Ava in Year 3 was left outside the gate for an hour",
    level="urgent",
    categories=("safeguarding",),
    deciding="left outside",
    rule="safeguarding.left",
    says="says a child was left alone",
)
ACCUSED = mention(
    "accused",
    "The headteacher Jane Ashdown hit my son in the corridor",
    level="urgent",
    categories=("safeguarding",),
    deciding="hit my son",
    rule="safeguarding.hit",
)
CRITICISED = mention(
    "criticised",
    "Jane Ashdown is useless and ignored our letters about the parking",
    level="respond",
    categories=("complaint",),
    sentiment="negative",
)
UNSURE = mention(
    "unsure",
    "Whoever is the person in charge there let my son be hurt again",
    level="urgent",
    categories=("safeguarding",),
    deciding="be hurt",
    rule="safeguarding.hurt",
)
NAMED = replace(
    COMPLAINT, text="We have reported the bullying four times. Our daughter Ava in Year 3 cries."
)


@contextmanager
def at(
    store: Store, folder: Path, person: Person = HEAD, school: School = WHOLE
) -> Iterator[Client]:
    """Somebody signed in at the pages."""
    with served(store, settings(folder, schools=(school,))) as web:
        secret = KEY
        if person is not HEAD:
            secret = f"s3cret of {person.email}".replace(" ", "-")
            sign_in(store, person, secret)
        client = Client(web)
        client.cookies["footprint-session"] = secret
        yield client


def doing(client: Client, incident: str, act: str, **fields: str) -> str:
    """Press a button of the incident's page, and read what the page says then."""
    client.get(f"/incidents/{incident}")
    answer = client.post(f"/incidents/{incident}/{act}", **fields)
    if answer.status == 303:
        answer = client.get(answer.headers["location"].partition("#")[0])
    return answer.text


def stored(store: Store, incident: str) -> incidents.Incident:
    with store.reading() as connection:
        found = incidents.one(connection, incident)
    assert found
    return found


def test_today_has_the_worst_first_and_says_who_has_it(store: Store, tmp_path: Path) -> None:
    watch(store)
    keep(store, NAMED, THREAT, PRAISE)
    complaint, _threat = deal(store, NAMED), deal(store, THREAT)
    with store.writing() as connection:
        incidents.take(connection, complaint, LEAD.email, NOW - timedelta(minutes=20))
    with at(store, tmp_path) as client:
        text = client.get("/").text
    assert "1 thing needs somebody now" in text
    assert text.index("A threat of violence") < text.index("Somebody is unhappy")
    assert "Nobody has this yet." in text
    assert "Ravi Osei has this since today at 21:25." in text
    assert "All 3 sources are well." in text
    assert "No alert is not proof of no problem" in text
    assert "Ava" not in text
    assert "Thank you" not in text


def test_where_nothing_waits_the_page_does_not_call_it_calm(small: Store, tmp_path: Path) -> None:
    watch(small, press_gazette={"health": "failing", "failures": 2, "error": "it answered 503"})
    with at(small, tmp_path) as client:
        answer = client.get("/")
    assert "Nothing that was found needs you now" in answer.text
    assert "What Footprint could not see may still be there" in answer.text
    assert "Not seen: press-gazette" in answer.text
    assert 'class="status unwell"' in answer.body


def test_one_press_takes_it_and_all_is_written_down(store: Store, tmp_path: Path) -> None:
    watch(store)
    keep(store, THREAT)
    name = deal(store, THREAT)
    with at(store, tmp_path) as client:
        assert "You have this now." in doing(client, name, "take")
        assert "Ticked." in doing(client, name, "step", step="threat.now.1")
        text = doing(client, name, "note", text="Rang 999, reference 4711")
        assert "1 of 3 done" in text
        assert "Rang 999, reference 4711" in text
        assert "The tick is taken back." in doing(client, name, "unstep", step="threat.now.1")
        doing(client, name, "report", platform="The forum", reference="R-9")
        doing(client, name, "contact", contact="The police", text="They come at eight")
        assert "It waits" in doing(client, name, "wait", text="The police")
        assert "Closed." in doing(client, name, "close", outcome="Police spoke to the man")
        today = client.get("/").text
        assert "Jane Ashdown closed it" in today
        assert "Nothing that was found needs you now" in today
        assert "Open again." in doing(client, name, "reopen")
    found = stored(store, name)
    assert (found.state, found.owner, found.outcome) == ("open", "", "")
    with store.reading() as connection:
        kinds = [act.kind for act in incidents.acts_of(connection, [name])]
    assert kinds == [
        "opened", "taken", "step_done", "noted", "step_undone", "reported", "contact", "waiting",
        "closed", "reopened",
    ]  # fmt: skip


def test_a_report_to_a_platform_starts_its_clocks(small: Store, tmp_path: Path) -> None:
    keep(small, THREAT)
    name = deal(small, THREAT)
    with at(small, tmp_path) as client:
        text = doing(client, name, "report", platform="The forum")
        assert "What runs" in text
        assert "48 hours" in text
        marked = doing(client, name, "contact", contact="A parent", clock="complaint received")
        assert "A complaint is to be answered" in marked


@pytest.mark.parametrize(
    ("act", "fields", "said"),
    [
        ("close", {"outcome": " "}, "The outcome is empty"),
        ("note", {"text": ""}, "The note is empty"),
        ("note", {"text": "x" * 5000}, "That is too long"),
        ("assign", {"to": "stranger@elsewhere.example"}, "Choose one of the people in the list"),
        ("assign", {}, "Choose one of the people in the list"),
        ("step", {"step": "threat.now.99"}, "There is no such step"),
        ("report", {"reference": "R-9"}, "Say which platform"),
        ("contact", {}, "Say whom you spoke to"),
        ("reopen", {}, "This incident is open"),
        ("correct", {"mention": THREAT.id, "correction": "level:urgent"}, "It is held to be that"),
        ("correct", {"mention": THREAT.id, "correction": "level:grave"}, "Choose what it really"),
        ("correct", {"mention": "0" * 32, "correction": "not-about-us"}, "This post is no longer"),
        ("uncorrect", {"number": "1"}, "There is no such correction"),
        ("uncorrect", {"number": "9" * 40}, "There is no such correction"),
        ("uncorrect", {"number": "one"}, "There is no such correction"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line_and_changes_nothing(
    small: Store, tmp_path: Path, act: str, fields: dict[str, str], said: str
) -> None:
    keep(small, THREAT)
    name = deal(small, THREAT)
    before = stored(small, name)
    with at(small, tmp_path) as client:
        client.get(f"/incidents/{name}")
        answer = client.post(f"/incidents/{name}/{act}", **fields)
    assert answer.status == 409
    assert said in answer.text
    assert stored(small, name) == before


def test_an_act_that_there_is_not_is_not_found(small: Store, tmp_path: Path) -> None:
    keep(small, THREAT)
    name = deal(small, THREAT)
    with at(small, tmp_path) as client:
        client.get("/")
        for path in (f"/incidents/{name}/explode", f"/api/incidents/{name}/__class__"):
            assert client.post(path).status == 404
        for path in (f"/incidents/{named('none')}", "/incidents/..", "/api/incidents/%2e%2e"):
            assert client.get(path).status == 404


@pytest.mark.parametrize("act", ["take", "close", "correct", "reveal"])
def test_nothing_is_done_without_the_forms_token_or_from_elsewhere(
    small: Store, tmp_path: Path, act: str
) -> None:
    keep(small, THREAT)
    name = deal(small, THREAT)
    before = stored(small, name)
    with at(small, tmp_path) as client:
        client.get(f"/incidents/{name}")
        path = f"/incidents/{name}/{act}"
        assert client.post(path, token="wrong").status == 403
        assert client.post(path, {"Origin": "http://elsewhere.example"}).status == 403
        assert client.get(path).status == 405
    assert stored(small, name) == before


def test_it_is_handed_on_to_those_alone_who_may_hear_of_it(small: Store, tmp_path: Path) -> None:
    keep(small, CHILD)
    name = deal(small, CHILD, school=WHOLE)
    with at(small, tmp_path) as client:
        body = client.get(f"/incidents/{name}").body
        offered = set(re.findall(r'<option value="([^"@]+@[^"]+)"', body))
        assert OFFICE.email not in offered
        assert LEAD.email in offered
        assert "Choose one of" in doing(client, name, "assign", to=OFFICE.email)
        assert "Ravi Osei has this" in doing(client, name, "assign", to=LEAD.email)


def test_the_words_of_a_child_at_risk_are_shown_to_whoever_says_why_and_once(
    store: Store, tmp_path: Path
) -> None:
    watch(store)
    keep(store, CHILD)
    name = deal(store, CHILD, school=WHOLE)
    with at(store, tmp_path) as client:
        shut = client.get(f"/incidents/{name}")
        assert "You do not need to read this to act on it" in shut.text
        assert "outside the gate" not in shut.body + client.get("/").body
        assert "outside the gate" not in client.get(f"/api/incidents/{name}").body
        reveal = f"/incidents/{name}/reveal"
        refused = client.post(reveal, mention=CHILD.id, reason="")
        assert refused.status == 409
        assert "outside the gate" not in refused.body
        shown = client.post(reveal, mention=CHILD.id, reason="safety")
        assert shown.status == 200
        assert "daughter Ava in Year 3 was left outside the gate" in shown.text
        assert "outside the gate" not in client.get(f"/incidents/{name}").body
    with store.reading() as connection:
        noted = audit.listed(connection, subject=CHILD.id)
    assert [(one.who, one.act, one.details) for one in noted] == [
        (HEAD.email, "mention.revealed", {"reason": "safety"})
    ]


def test_what_may_be_an_indecent_image_is_hidden_from_everybody(
    small: Store, tmp_path: Path
) -> None:
    keep(small, NAMED)
    name = deal(small, NAMED)
    with at(small, tmp_path) as client:
        assert "reported the bullying" in client.get(f"/incidents/{name}").text
        text = doing(client, name, "image")
        assert "Do not look for the image" in text
        assert "reported the bullying" not in text
        revealed = client.post(f"/incidents/{name}/reveal", mention=NAMED.id, reason="safety")
        assert revealed.status == 404
        assert "reported the bullying" not in client.get("/").text


def test_a_childs_name_is_masked_until_somebody_says_why(small: Store, tmp_path: Path) -> None:
    keep(small, NAMED)
    name = deal(small, NAMED)
    with at(small, tmp_path) as client:
        page = client.get(f"/incidents/{name}").body
        assert "Ava" not in page
        assert "<mark>reported the bullying</mark>" in page
        assert "Ava" not in client.get(f"/api/incidents/{name}").body
        client.get(f"/incidents/{name}")
        path = f"/incidents/{name}/reveal"
        assert "Ava" in client.post(path, mention=NAMED.id, reason="answer").text


def test_a_correction_is_made_and_undone_in_one_press_each(store: Store, tmp_path: Path) -> None:
    watch(store)
    keep(store, NAMED)
    with store.writing() as connection:
        judged = Judgement(
            "hollybrook", True, 0.9, "negative", -0.5, ("complaint",), Level.RESPOND, None, "en"
        )
        mentions.keep_judgements(connection, [(NAMED, judged)], "0", NOW)
    name = deal(store, NAMED)
    with at(store, tmp_path) as client:
        text = doing(client, name, "correct", mention=NAMED.id, correction="level:watch")
        assert "The level is wrong. It is: Worth knowing" in text
        with store.reading() as connection:
            (record,) = corrections.listed(connection)
            assert record.made_by == HEAD.email
            found = mentions.one(connection, NAMED.id)
        assert found
        assert found.level == "watch"
        assert "Taken back." in doing(client, name, "uncorrect", number=str(record.number))
        again = doing(client, name, "uncorrect", number=str(record.number))
        assert "That correction was undone already" in again
    with store.reading() as connection:
        back = mentions.one(connection, NAMED.id)
    assert back
    assert back.level == "respond"


def test_whom_it_may_be_about_can_neither_let_it_wait_nor_hide_it_nor_hand_it_on(
    store: Store, tmp_path: Path
) -> None:
    keep(store, UNSURE)
    name = deal(store, UNSURE, school=WHOLE)
    with at(store, tmp_path) as client:
        assert "This may be about you" in client.get(f"/incidents/{name}").text
        for act in ("take", "wait", "image", "assign", "close"):
            said = doing(client, name, act, to=LEAD.email, text="a while", outcome="Nothing")
            assert "somebody else must" in said
    assert (stored(store, name).state, stored(store, name).owner) == ("open", "")


def test_who_came_to_the_school_after_a_post_cannot_take_what_is_about_them(
    small: Store, tmp_path: Path
) -> None:
    keep(small, CRITICISED)
    name = deal(small, CRITICISED, school=WHOLE.model_copy(update={"people": (LEAD,)}))
    with at(small, tmp_path) as client:
        assert "somebody else must take it" in doing(client, name, "take")
    assert stored(small, name).state == "open"


def test_what_was_done_about_a_child_is_not_for_the_office_when_the_post_is_deleted(
    small: Store, tmp_path: Path
) -> None:
    keep(small, CHILD, THREAT)
    name = deal(small, CHILD, THREAT, school=WHOLE)
    with small.writing() as connection:
        incidents.note(connection, name, LEAD.email, NOW, "Rang the mother of the girl in Year 3")
        erasing.expire(connection, [CHILD.id], NOW)
    for is_left in (True, False):
        with at(small, tmp_path, OFFICE) as client:
            assert client.get(f"/incidents/{name}").status == 404, is_left
            assert name not in client.get("/api/incidents").body
        with at(small, tmp_path, LEAD) as client:
            assert "Rang the mother" in client.get(f"/incidents/{name}").text
        with small.writing() as connection:
            erasing.expire(connection, [THREAT.id], NOW)


def test_the_accused_finds_no_notes_when_the_post_that_accused_them_is_deleted(
    small: Store, tmp_path: Path
) -> None:
    keep(small, ACCUSED, THREAT)
    name = deal(small, ACCUSED, THREAT, school=WHOLE)
    with small.writing() as connection:
        incidents.note(connection, name, CHAIR.email, NOW, "The officer for allegations was told")
        erasing.expire(connection, [ACCUSED.id], NOW)
    with at(small, tmp_path) as client:
        assert client.get(f"/incidents/{name}").status == 404
    with at(small, tmp_path, CHAIR) as client:
        assert "was told" in client.get(f"/incidents/{name}").text


def test_a_head_is_locked_out_of_an_allegation_against_the_head(
    store: Store, tmp_path: Path
) -> None:
    watch(store)
    keep(store, ACCUSED, THREAT)
    name, _other = deal(store, ACCUSED, school=WHOLE), deal(store, THREAT)
    with at(store, tmp_path) as client:
        today = client.get("/")
        assert name not in today.body
        assert "1 thing needs somebody now" in today.text
        for path in (f"/incidents/{name}", f"/api/incidents/{name}"):
            assert client.get(path).status == 404
        assert name not in client.get("/api/incidents").body
        for act in ("take", "close", "note", "reveal", "correct", "assign"):
            assert client.post(f"/incidents/{name}/{act}", to=LEAD.email).status == 404
    with at(store, tmp_path, CHAIR) as client:
        assert "A child may be at risk" in client.get(f"/incidents/{name}").text
    assert stored(store, name).state == "open"


def test_a_head_reads_criticism_of_the_head_and_cannot_close_or_correct_it(
    small: Store, tmp_path: Path
) -> None:
    keep(small, CRITICISED)
    name = deal(small, CRITICISED, school=WHOLE)
    with at(small, tmp_path) as client:
        page = client.get(f"/incidents/{name}")
        assert "This may be about you" in page.text
        assert "I have this" not in page.text
        for act, fields in (
            ("take", {}),
            ("close", {"outcome": "Nothing in it"}),
            ("correct", {"mention": CRITICISED.id, "correction": "not-about-us"}),
        ):
            answer = client.post(f"/incidents/{name}/{act}", **fields)
            assert (act, answer.status) == (act, 409)
    with at(small, tmp_path, CHAIR) as client:
        assert "You have this now" in doing(client, name, "take")


def test_the_office_sees_no_safeguarding(small: Store, tmp_path: Path) -> None:
    keep(small, CHILD, NAMED)
    child, complaint = deal(small, CHILD, school=WHOLE), deal(small, NAMED)
    with at(small, tmp_path, OFFICE) as client:
        assert client.get(f"/incidents/{child}").status == 404
        today = client.get("/").body
        assert child not in today
        assert complaint in today


def test_a_teacher_finds_what_is_theirs_and_learns_of_nothing_else(
    small: Store, tmp_path: Path
) -> None:
    keep(small, THREAT)
    deal(small, THREAT)
    watch(small, press_gazette={"health": "failing", "failures": 2, "error": "it answered 503"})
    with at(small, tmp_path, TEACHER) as client:
        page = client.get("/")
        assert page.status == 200
        assert "Your pages" in page.text
        assert "My own check" in page.text
        assert not re.search("attention|urgent|threat|press-gazette|Mentions", page.text)
        for path in ("/mentions", "/sources", "/api/incidents"):
            assert client.get(path).status == 403


def test_programs_get_the_same_as_pages(small: Store, tmp_path: Path) -> None:
    keep(small, NAMED, THREAT)
    complaint, threat = deal(small, NAMED), deal(small, THREAT)
    with at(small, tmp_path) as client:
        found = json.loads(client.get("/api/incidents").body)["incidents"]
        assert [one["id"] for one in found] == [threat, complaint]
        client.get("/")
        taken = client.post(f"/api/incidents/{complaint}/take")
        assert json.loads(taken.body)["owner"] == HEAD.email
        whole = json.loads(client.get(f"/api/incidents/{complaint}").body)
        assert [act["kind"] for act in whole["acts"]] == ["opened", "taken"]
        assert whole["mentions"][0]["id"] == NAMED.id
        refused = client.post(f"/api/incidents/{complaint}/close")
        assert (refused.status, json.loads(refused.body)) == (
            409, {"error": "The outcome is empty: write a line."},
        )  # fmt: skip


def test_pages_are_in_the_language_that_was_chosen(small: Store, tmp_path: Path) -> None:
    keep(small, THREAT)
    deal(small, THREAT)
    with at(small, tmp_path) as client:
        client.get("/")
        answer = client.post("/language", language="cy", back="/?x=1")
        assert (answer.status, answer.headers["location"]) == (303, "/?x=1")
        welsh = client.get("/")
        assert '<html lang="cy">' in welsh.body
        assert "Mae hwn gen i" in welsh.text
        assert "Nid yw siaradwr Cymraeg wedi gwirio" in welsh.text
        english = client.get("/data").body
        assert "Mae'r dudalen hon yn Saesneg hyd yma." in html.unescape(english)
        assert '<div class="page" lang="en-GB">' in english
        client.post("/language", language="en")
        assert '<html lang="en-GB">' in client.get("/").body
        assert client.post("/language", language="xx").status == 400
        for back in ("//elsewhere.example", "/\\elsewhere.example", "http://elsewhere.example"):
            led = client.post("/language", language="en", back=back)
            assert led.headers["location"] == "/"


def test_a_page_of_the_longest_post_and_many_acts_is_small(small: Store, tmp_path: Path) -> None:
    long = replace(NAMED, text="A long and angry word about it. " * 700)
    keep(small, long)
    name = deal(small, long)
    with small.writing() as connection:
        for number in range(100):
            incidents.note(connection, name, LEAD.email, NOW, f"Note {number}: rang again")
    with at(small, tmp_path) as client:
        answer = client.get(f"/incidents/{name}")
        assert len(answer.body.encode()) < 100_000
        assert "It goes on: the rest is not shown here." in answer.text
        assert len(client.get("/").body.encode()) < 100_000

"""Warnings that stop nothing, and what stops `run` alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.config import advise, approved, run_problems
from monitor.settings import KNOWN_CONTACTS
from tests.configs import read

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
SCHOOL = '[[schools]]\nid = "ashbyvale"\nname = "Ashby Vale Primary School"\n'
FEED = '[[sources]]\nid = "gazette"\nkind = "feed"\nurl = "https://gazette.test/rss"\n'


def person(role: str, email: str) -> str:
    return f'[[schools.people]]\nname = "Somebody"\nemail = "{email}"\nrole = "{role}"\n'


LEAD = person("dsl", "dsl@a.test")
DEPUTY = person("deputy", "deputy@a.test")
DUTY = person("duty", "duty@a.test")
TOLD = (
    person("headteacher", "head@a.test") + LEAD + DEPUTY + DUTY + person("chair", "chair@a.test")
    + person("vice_chair", "vice@a.test") + person("clerk", "clerk@a.test")
)  # fmt: skip
PLACES = 'places = ["Stanwick"]\n'
TERMS = 'term_dates = ["2026-09-01..2026-12-18"]\n'
STAFF = '[[schools.staff]]\nname = "Ann Marsh"\n'
APPROVAL = (
    '[schools.approval]\nheadteacher = "J"\ndpo_advice = "v1"\ndate = 2026-09-01\n'
    'notice_url = "https://a.test"\n'
)
CONTACTS = "[schools.contacts]\n" + "".join(f'{key} = "1"\n' for key in KNOWN_CONTACTS)
PROGRAM = (
    '[http]\ncontact = "office@a.test"\n[mail]\nfrom = "footprint@a.test"\nhost = "smtp.a.test"\n'
    + FEED
)
WHOLE = PROGRAM + SCHOOL + PLACES + STAFF + TOLD + APPROVAL + CONTACTS


def advice(folder: Path, text: str) -> list[str]:
    return [str(problem) for problem in advise(read(folder, text), NOW)]


def test_a_whole_configuration_needs_no_advice(tmp_path: Path) -> None:
    assert advice(tmp_path, WHOLE) == []
    assert run_problems(read(tmp_path, WHOLE)) == ()


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        (person("headteacher", "head@a.test"), "people holds no headteacher: nobody there has ro"),
        (LEAD, "people holds no safeguarding lead: nobody there has role"),
        (DUTY, "people holds nobody of a duty leader (duty): where nobody takes an urgent alert"),
        (DEPUTY, "people holds nobody of the deputies (deputy or deputy_dsl): where nobody takes"),
        (
            LEAD + DEPUTY + DUTY,
            "IMPORTANT: schools.ashbyvale.people holds fewer than two people for urg",
        ),
        (DEPUTY, "people holds no deputy beside the safeguarding lead: what is said about the le"),
        (person("vice_chair", "vice@a.test"), "people holds no vice_chair: what is said about th"),
        (person("clerk", "clerk@a.test"), "people holds no clerk: what is said about the chair"),
        (PLACES, "places is empty"),
        (STAFF, "staff is empty"),
        (APPROVAL, "approval is missing: `run` will watch nothing; fill in the lines"),
        ('lado = "1"\n', "contacts is blank for: lado"),
        (FEED, "schools.ashbyvale is read for by no [[sources]]"),
        ('contact = "office@a.test"\n', "http.contact is empty"),
        (
            'host = "smtp.a.test"\n',
            "IMPORTANT: mail.host is empty: alerts are written to the folder",
        ),
    ],
)
def test_what_is_left_out_is_advised(tmp_path: Path, left_out: str, said: str) -> None:
    assert left_out in WHOLE
    found = advice(tmp_path, WHOLE.replace(left_out, ""))
    assert any(said in line for line in found)


def test_without_a_chair_or_a_trust_a_post_about_the_head_has_nobody_to_go_to(
    tmp_path: Path,
) -> None:
    governors = person("chair", "chair@a.test") + person("vice_chair", "vice@a.test")
    (said,) = advice(tmp_path, WHOLE.replace(governors, ""))
    assert said.startswith("IMPORTANT: schools.ashbyvale.people holds no chair: what is said about")
    trust = person("trust", "trust@a.test")
    assert advice(tmp_path, WHOLE.replace(governors, trust)) == []


def test_two_roles_of_one_address_are_one_person(tmp_path: Path) -> None:
    found = advice(tmp_path, WHOLE.replace(DEPUTY + DUTY, "").replace("dsl@a.test", "HEAD@a.test"))
    assert ["fewer than two people" in line for line in found] == [True, False]
    again = advice(tmp_path, WHOLE.replace("chair@a.test", "head@a.test").replace("vice@", "head@"))
    assert any("holds no chair: what is said about the head" in line for line in again)


@pytest.mark.parametrize("schools", ['schools = ["ashbyvale"]\n', "enabled = true\n"])
def test_a_source_that_listens_is_enough(tmp_path: Path, schools: str) -> None:
    assert advice(tmp_path, WHOLE.replace(FEED, FEED + schools)) == []


def test_a_source_that_is_switched_off_does_not_listen(tmp_path: Path) -> None:
    found = advice(tmp_path, WHOLE.replace(FEED, FEED + "enabled = false\n"))
    assert "read for by no [[sources]]" in found[0]


@pytest.mark.parametrize(
    ("alias", "why"),
    [
        ("HP", "which is too short"),
        ("Grange", "a word that means many things"),
        ("the grange", "a word that means many things"),
        ("ACADEMY", "a word that means many things"),
        ("AVPS", "initials"),
        ("A.V.P.S.", "initials"),
        ("stanwick", "which is a place"),
        ("Ashbyvale", "a single word"),
    ],
)
def test_an_alias_that_means_other_things_is_advised_against(
    tmp_path: Path, alias: str, why: str
) -> None:
    aliases = f'aliases = ["Ashby Vale", "{alias}"]\n'
    found = advice(tmp_path, WHOLE.replace(PLACES, PLACES + aliases))
    assert len(found) == 1
    assert found[0].startswith(f'schools.ashbyvale.aliases holds "{alias}", {why}')


def test_a_name_of_one_word_is_only_advised_against_where_it_means_other_things(
    tmp_path: Path,
) -> None:
    assert advice(tmp_path, WHOLE.replace("Ashby Vale Primary School", "Gordonstoun")) == []
    found = advice(tmp_path, WHOLE.replace("Ashby Vale Primary School", "Stanwick"))
    assert found[0].startswith('schools.ashbyvale.name holds "Stanwick", which is a place')


def test_what_nobody_may_read_past_comes_first_and_people_before_all(tmp_path: Path) -> None:
    text = WHOLE.replace(PLACES, "").replace('host = "smtp.a.test"\n', "")
    found = advice(tmp_path, text.replace(TOLD, person("headteacher", "head@a.test")))
    assert [line.partition(" holds ")[2][:14] for line in found[:3]] == [
        "no safeguardin",
        "fewer than two",
        "no chair: what",
    ]
    assert [line.startswith("IMPORTANT: ") for line in found] == [True] * 4 + [False]


@pytest.mark.parametrize(
    ("own", "example"),
    [
        ("office@a.test", "office@hollybrook.example"),
        ("smtp.a.test", "smtp.example.net"),
        ("https://gazette.test/rss", "https://gazette.example/rss"),
        ("dsl@a.test", "dsl@Anything.EXAMPLE"),
        ("https://a.test", "https://a.example/privacy"),
        ('headteacher = "J"', 'headteacher = "Jane Ashdown"'),
        ('lado = "1"', 'lado = "lado@council.example"'),
    ],
)
def test_a_value_of_the_example_is_said_loudly(tmp_path: Path, own: str, example: str) -> None:
    assert own in WHOLE
    found = advice(tmp_path, WHOLE.replace(own, example))
    assert len(found) == 1
    assert found[0].startswith("IMPORTANT: ")
    assert "STILL HOLDS the example's" in found[0]


BLUESKY = """[[sources]]
id = "bluesky"
kind = "bluesky"
handle = "the-school.bsky.social"
app_password_env = "BSKY"
"""
MAILBOX = """[[sources]]
id = "alerts-mail"
kind = "mailbox"
host = "imap.example.net"
user = "monitor@a.test"
password_env = "MAIL"
trusted_auth_server = "mx.a.test"
"""
PAGE = """[[sources]]
id = "inspection"
kind = "pagewatch"
url = "https://estyn.gov.wales/THE-PAGE-OF-THE-SCHOOL"
about = "Hollybrook Primary School"
"""
ENV = {"BSKY": "abcd-efgh-ijkl-mnop", "MAIL": "hunter2"}


def advice_with(folder: Path, block: str, env: Mapping[str, str] = ENV) -> list[str]:
    """What is said of a source beside the whole configuration."""
    settings = read(folder, WHOLE.replace(SCHOOL, block + SCHOOL), env)
    return [str(problem) for problem in advise(settings, NOW)]


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (BLUESKY, 'sources.bluesky.handle STILL HOLDS the example\'s "the-school.bsky.social"'),
        (MAILBOX, 'sources.alerts-mail.host STILL HOLDS the example\'s "imap.example.net"'),
        (PAGE, "sources.inspection.url STILL HOLDS the example's"),
    ],
)
def test_a_block_that_was_switched_on_and_not_filled_in_is_said_loudly(
    tmp_path: Path, block: str, said: str
) -> None:
    found = advice_with(tmp_path, block)
    assert len(found) == 1
    assert found[0].startswith(f"IMPORTANT: {said}")


def test_a_source_may_name_a_school_that_is_called_as_the_example_is(tmp_path: Path) -> None:
    assert advice_with(tmp_path, PAGE.replace("THE-PAGE-OF-THE-SCHOOL", "hollybrook")) == []


def test_a_person_who_still_has_the_example_s_name_is_said_loudly(tmp_path: Path) -> None:
    found = advice(tmp_path, WHOLE.replace('"Ann Marsh"', '"NAME OF THE HEADTEACHER"'))
    assert len(found) == 1
    assert found[0].startswith("IMPORTANT: schools.ashbyvale.staff STILL HOLDS the example's")


@pytest.mark.parametrize(
    ("host", "password", "said"),
    [
        ("outlook.office365.com", "hunter2", 'takes no passwords; write oauth = "microsoft"'),
        ("imap.gmail.com", "hunter2", "takes no ordinary password; make an app password"),
        ("imap.gmail.com", "abcd efgh ijkl mnop", ""),
        ("imap.a.test", "hunter2", ""),
    ],
)
def test_a_password_that_the_provider_will_refuse_is_told_beforehand(
    tmp_path: Path, host: str, password: str, said: str
) -> None:
    block = MAILBOX.replace("imap.example.net", host)
    found = advice_with(tmp_path, block, {"MAIL": password})
    assert len(found) == bool(said)
    assert said in "".join(found)
    assert password not in "".join(found)


@pytest.mark.parametrize(
    "own", ["example@a.test", "office@example.a.test", "office@an-example.test"]
)
def test_a_value_that_only_sounds_like_the_example_is_let_be(tmp_path: Path, own: str) -> None:
    assert advice(tmp_path, WHOLE.replace("office@a.test", own)) == []


def test_an_example_source_that_is_switched_off_is_let_be(tmp_path: Path) -> None:
    off = FEED.replace("gazette", "other").replace(".test", ".example") + "enabled = false\n"
    assert advice(tmp_path, WHOLE.replace(SCHOOL, off + SCHOOL)) == []


@pytest.mark.parametrize(
    "said",
    ["not asked", "Not yet", "none", "tbc", "TBC.", "no", "N/A", "?", "to be confirmed",
     "DPO has not been asked", "awaiting reply", "refused", "DPIA tbc", "not yet agreed"],
)  # fmt: skip
def test_an_advice_that_says_there_is_none_is_said_loudly(tmp_path: Path, said: str) -> None:
    found = advice(tmp_path, WHOLE.replace('"v1"', f'"{said}"'))
    assert len(found) == 1
    assert found[0].startswith(
        f'IMPORTANT: schools.ashbyvale.approval.dpo_advice says "{said}", which is NO ADVICE'
    )


@pytest.mark.parametrize(
    "said", ["DPIA v1 agreed", "No objection", "Go ahead; review in a year", "Notice to be updated"]
)
def test_an_advice_that_was_given_is_let_be(tmp_path: Path, said: str) -> None:
    assert advice(tmp_path, WHOLE.replace('"v1"', f'"{said}"')) == []


def test_an_approval_that_is_still_to_come_is_said_loudly(tmp_path: Path) -> None:
    settings = read(tmp_path, WHOLE)
    # In London it is the first of September from 23:00 UTC of the day before.
    eve = datetime(2026, 8, 31, 22, 59, tzinfo=UTC)
    found = [str(problem) for problem in advise(settings, eve)]
    assert len(found) == 1
    assert found[0].startswith("IMPORTANT: schools.ashbyvale.approval.date is 2026-09-01, which")
    assert advise(settings, eve + timedelta(minutes=1)) == ()
    assert advise(settings) == ()


@pytest.mark.parametrize("email", ["dsl@a.test", "footprint@a.test"])
def test_an_email_without_a_dot_is_said_loudly(tmp_path: Path, email: str) -> None:
    found = advice(tmp_path, WHOLE.replace(email, email.removesuffix(".test")))
    assert len(found) == 1
    assert found[0].startswith("IMPORTANT: ")
    assert f'"{email.removesuffix(".test")}"' in found[0]


def test_a_name_that_two_schools_share_is_advised_against(tmp_path: Path) -> None:
    second = WHOLE.removeprefix(PROGRAM).replace('"ashbyvale"', '"other"')
    second = second.replace(
        'name = "Ashby Vale', 'aliases = ["ASHBY VALE PRIMARY school"]\nname = "Other'
    )
    found = advice(tmp_path, WHOLE + second)
    assert len(found) == 1
    assert "which is also a name of ashbyvale" in found[0]


def test_a_holiday_contact_that_is_nobody_s_is_advised_against(tmp_path: Path) -> None:
    hours = '[schools.hours]\nholiday_contact = "{}"\n'
    whole = WHOLE.replace(PLACES, PLACES + TERMS)
    found = advice(tmp_path, whole + hours.format("away@a.test"))
    assert len(found) == 1
    assert found[0].startswith("schools.ashbyvale.hours.holiday_contact is the email of nobody")
    assert advice(tmp_path, whole + hours.format("DSL@a.test")) == []


def test_term_dates_and_a_holiday_contact_belong_together(tmp_path: Path) -> None:
    contact = '[schools.hours]\nholiday_contact = "dsl@a.test"\n'
    (alone,) = advice(tmp_path, WHOLE + contact)
    assert alone.startswith("schools.ashbyvale.hours.holiday_contact is given, but without term_d")
    (other,) = advice(tmp_path, WHOLE.replace(PLACES, PLACES + TERMS))
    assert other.startswith("schools.ashbyvale.hours.holiday_contact is empty: the head is told in")


def test_term_dates_that_are_over_are_advised_to_be_renewed(tmp_path: Path) -> None:
    contact = '[schools.hours]\nholiday_contact = "dsl@a.test"\n'
    over = TERMS.replace("2026-12-18", "2026-08-31").replace("2026-09-01", "2026-06-01")
    whole = WHOLE.replace(PLACES, PLACES + over) + contact
    (said,) = advice(tmp_path, whole)
    assert said.startswith("schools.ashbyvale.term_dates ends on 2026-08-31: without newer dates")
    assert [str(problem) for problem in advise(read(tmp_path, whole))] == []


def test_a_user_without_a_password_is_advised_against(tmp_path: Path) -> None:
    found = advice(tmp_path, WHOLE.replace("[mail]\n", '[mail]\nuser = "footprint"\n'))
    assert found == ["mail.user is given without a password; add password_file or password_env"]


def test_run_needs_a_school_and_each_school_needs_people(tmp_path: Path) -> None:
    assert [problem.key for problem in run_problems(read(tmp_path, PROGRAM))] == ["schools"]
    alone = run_problems(read(tmp_path, SCHOOL))
    assert [str(problem) for problem in alone] == [
        "schools.ashbyvale.people is missing: nobody would be told; add [[schools.people]]"
    ]


def test_run_needs_somebody_at_each_school_who_hears(tmp_path: Path) -> None:
    keepers = SCHOOL + person("governor", "governor@a.test") + person("it", "it@a.test")
    (said,) = run_problems(read(tmp_path, keepers))
    assert str(said).startswith("schools.ashbyvale.people holds nobody who hears of what is said:")
    assert run_problems(read(tmp_path, keepers + person("duty", "duty@a.test"))) == ()


def test_only_a_school_with_an_approval_is_watched(tmp_path: Path) -> None:
    other = SCHOOL.replace("ashbyvale", "other")
    settings = read(tmp_path, SCHOOL + APPROVAL + other)
    assert [school.id for school in approved(settings)] == ["ashbyvale"]

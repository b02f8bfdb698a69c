"""Who hears of a judgement, and who must not because it is about them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest

from monitor import hearing, whom
from monitor.judge.terms import Judgement, Level, Reason
from monitor.matters import signs, words_of
from monitor.settings import DateRange, Hours, Person, School
from monitor.store.mentions import Mention

NOW = datetime(2026, 9, 15, 10, 0, tzinfo=UTC)
HEAD = Person(name="Mrs Margaret Oakes", email="head@s.example", roles=("headteacher",))
LEAD = Person(name="Paul Hollis", email="dsl@s.example", roles=("dsl",))
SECOND = Person(name="Amina Yusuf", email="ddsl@s.example", roles=("deputy_dsl",))
DEPUTY = Person(name="Tom Reed", email="deputy@s.example", roles=("deputy",))
CHAIR = Person(name="Rev Ann Bell", email="chair@s.example", roles=("chair",))
VICE = Person(name="Ian Frobisher", email="vice@s.example", roles=("vice_chair",))
CLERK = Person(name="Carys Penhale", email="clerk@s.example", roles=("clerk",))
OFFICE = Person(name="Dawn Yardley", email="office@s.example", roles=("office",))
IT = Person(name="Bill Quince", email="it@s.example", roles=("it",))
OFFICER = Person(name="Nora Vint", email="dpo@s.example", roles=("dpo",))
GOVERNOR = Person(name="Alan Treen", email="governor@s.example", roles=("governor",))
TRUST = Person(name="Iris Thorne", email="trust@s.example", roles=("trust",))
DUTY = Person(name="Gwen Marsh", email="duty@s.example", roles=("duty",))
CONTACT = Person(name="Lena Fisk", email="contact@s.example", roles=("staff",))
HEAD_AND_LEAD = HEAD.model_copy(update={"roles": ("headteacher", "dsl")})
ALL = (HEAD, LEAD, SECOND, DEPUTY, CHAIR)
EVERYBODY = (*ALL, VICE, CLERK, OFFICE, IT, OFFICER, GOVERNOR)
# One term; half term begins the day after it.
TERM = DateRange(first=date(2026, 9, 1), last=date(2026, 10, 23))


def judged(level: Level, *categories: str) -> Judgement:
    return Judgement("s", True, 0.9, "negative", -0.5, categories, level, None, "en", ())


def told(
    words: str, *categories: str, level: Level = Level.URGENT, people: tuple[Person, ...] = ALL
) -> list[str]:
    return heard(School(id="s", name="S", people=people), words, judged(level, *categories))


def heard(school: School, words: str, judgement: Judgement, now: datetime = NOW) -> list[str]:
    found = hearing.dues(judgement, school, words, now, published=now, old=False)
    assert all(due.at.tzinfo is UTC for _, due in found)
    return sorted(person.email.partition("@")[0] for person, _ in found)


def respond(words: str, *categories: str, people: tuple[Person, ...] = EVERYBODY) -> list[str]:
    return told(words, *categories, level=Level.RESPOND, people=people)


def mention(words: str, *categories: str, author: str = "") -> Mention:
    return Mention(
        id="m", school="s", source="forum", entry_key="1", story="", same_as=None, url="",
        title="", text=words, author=author, published=NOW, seen_at=NOW, revision=1,
        relevant=True, confidence=0.9, level="respond", highest="respond", tier=None,
        sentiment="negative", compound=-0.5, language="en", categories=categories, reasons=(),
        incident=None,
    )  # fmt: skip


def test_an_urgent_post_goes_to_head_and_safeguarding_lead() -> None:
    assert told("a knife at the gates tomorrow", "threat") == ["dsl", "head"]


@pytest.mark.parametrize(
    "words",
    [
        "Margaret Oakes has been touching my daughter",
        "Mrs Oakes has been touching my daughter",
        "Mrs M. Oakes has been touching my daughter",
        "that Oakes woman hit my son",
        "margaret oakes hit my son",
    ],
)
def test_an_allegation_that_names_the_head_goes_to_the_chair_and_not_to_the_head(
    words: str,
) -> None:
    assert told(words, "safeguarding") == ["chair", "deputy", "dsl"]


def test_an_allegation_that_names_the_safeguarding_lead_goes_to_the_head_and_a_deputy() -> None:
    assert told("Mr Hollis messages my girl at night", "safeguarding") == ["ddsl", "head"]


def test_where_nobody_can_be_sure_whom_it_is_about_the_chair_hears_with_the_head() -> None:
    words = "I told the headteacher that a man had followed my son"
    assert told(words, "safeguarding") == ["chair", "dsl", "head"]


@pytest.mark.parametrize(
    "words",
    [
        "the headteacher hit my son",
        "The head has been messaging pupils",
        "our headmistress is always grabbing kids",
        "my son was slapped by the head",
        "their principal is a nonce",
        "mae'r pennaeth wedi bwrw fy mab",
    ],
)
def test_an_allegation_that_says_by_the_title_what_the_head_did_is_not_told_to_the_head(
    words: str,
) -> None:
    assert told(words, "safeguarding") == ["chair", "deputy", "dsl"]


@pytest.mark.parametrize(
    "words",
    [
        "he was hit on the head by a ball and nobody looked",
        "the head of maths hit him",
        "the head girl was pushed",
        "the deputy headteacher knows",
    ],
)
def test_a_head_that_is_not_the_headteacher_changes_nothing(words: str) -> None:
    assert told(words, "safeguarding") == ["dsl", "head"]


@pytest.mark.parametrize(
    "words",
    ["the person in charge there hit a child", "whoever runs that place is a nonce",
     "the ones who're useless, no, the one who's in charge"],
)  # fmt: skip
@pytest.mark.parametrize("category", ["safeguarding", "complaint"])
def test_where_nobody_can_tell_who_is_meant_head_and_chair_hear(words: str, category: str) -> None:
    assert {"head", "chair"} <= set(told(words, category))
    assert respond(words, category) == ["chair", "head"]


@pytest.mark.parametrize("category", ["complaint", "harassment", "defamation", "cyberbullying"])
@pytest.mark.parametrize("words", ["Mrs Oakes is a liar", "the headteacher ignored all our emails"])
def test_a_complaint_about_the_head_or_an_insult_goes_to_head_and_chair(
    words: str, category: str
) -> None:
    assert respond(words, category) == ["chair", "head"]


def test_a_complaint_that_only_mentions_the_head_goes_to_the_head() -> None:
    assert respond("I have written to the headteacher about parking", "complaint") == ["head"]


@pytest.mark.parametrize(
    ("people", "instead"),
    [
        ((HEAD, LEAD, VICE), ["dsl", "vice"]),
        ((HEAD, SECOND, CHAIR, VICE), ["chair", "ddsl"]),
        ((HEAD, OFFICE, CHAIR), ["chair"]),
    ],
)
def test_a_serious_matter_about_the_head_goes_to_a_governor_and_a_leader_never_to_the_office(
    people: tuple[Person, ...], instead: list[str]
) -> None:
    words = "Mrs Oakes posted what she thinks of pupils"
    assert respond(words, "staff_conduct", people=people) == instead


def test_what_speaks_ill_of_the_safeguarding_lead_goes_to_the_head_and_a_deputy() -> None:
    assert respond("Mr Hollis is useless", "complaint") == ["ddsl", "head"]
    assert respond("the safeguarding lead is a liar", "complaint") == ["ddsl", "head"]
    assert told("Mr Hollis and his sort", "hate", people=EVERYBODY) == ["ddsl", "head"]


def test_what_speaks_ill_of_the_chair_goes_to_the_vice_chair_and_the_clerk() -> None:
    assert respond("Ann Bell is a crook", "defamation") == ["clerk", "vice"]
    assert respond("the chair of governors is a disgrace", "complaint") == ["clerk", "vice"]


def test_a_child_at_risk_from_the_chair_is_told_to_head_and_safeguarding_lead_too() -> None:
    heard = told("Rev Bell touched my girl", "safeguarding", people=EVERYBODY)
    assert heard == ["clerk", "dsl", "head", "vice"]


@pytest.mark.parametrize("words", ["Dawn Yardley is rude", "Bill Quince is rude", "Nora Vint lies"])
def test_what_speaks_ill_of_whoever_administers_the_product_goes_to_the_head(words: str) -> None:
    assert respond(words, "complaint") == ["head"]


def test_what_speaks_ill_of_the_only_one_who_would_hear_goes_to_a_governor() -> None:
    assert respond("Dawn Yardley is rude", "complaint", people=(OFFICE, CHAIR)) == ["chair"]


def test_a_threat_reaches_whom_it_names_whatever_else_it_says_of_them() -> None:
    words = "Mr Hollis is a liar and I will stab him"
    assert told(words, "threat", "harassment") == ["dsl", "head"]


def test_urgent_reaches_two_different_people_where_one_holds_both_roles() -> None:
    both = Person(name="Zed Quill", email="both@s.example", roles=("headteacher", "dsl"))
    again = Person(name="Zed Quill", email="BOTH@s.example", roles=("dsl",))
    assert told("a knife", "threat", people=(both, DEPUTY)) == ["both", "deputy"]
    assert told("a knife", "threat", people=(both, again, CHAIR)) == ["both", "chair"]
    assert told("a knife", "threat", people=(both, IT)) == ["both"]


@pytest.mark.parametrize("category", ["cyberbullying", "sexual", "hate"])
def test_the_safeguarding_lead_hears_where_a_child_is_bullied_or_abused(category: str) -> None:
    assert respond("they mock a girl in Year 8", category) == ["dsl", "head"]
    assert respond("they mock each other", category) == ["head"]
    assert respond("a girl in Year 8 has no coat peg", "complaint") == ["head"]


@pytest.mark.parametrize("category", ["safeguarding", "self_harm", "extremism", "sexual"])
def test_the_office_never_hears_of_safeguarding(category: str) -> None:
    assert respond("the tuck shop", "complaint", people=(OFFICE,)) == ["office"]
    assert respond("something", category, people=(OFFICE, CHAIR)) == ["chair"]
    assert told("something", category, people=(LEAD, OFFICE)) == ["dsl"]
    deputy_too = OFFICE.model_copy(update={"roles": ("office", "deputy")})
    assert respond("something", category, people=(deputy_too,)) == ["office"]


@pytest.mark.parametrize("one", [IT, CLERK, OFFICER, GOVERNOR])
def test_whoever_only_keeps_things_going_never_hears_of_a_post(one: Person) -> None:
    assert told("a knife at the gates", "threat", people=(one, CHAIR)) == ["chair"]
    assert respond("nobody answers", "complaint", people=(one, CHAIR)) == ["chair"]
    able = hearing.who_may_hear(School(id="s", name="S", people=EVERYBODY), (), "nobody answers")
    assert one not in able.people


@pytest.mark.parametrize("level", [Level.URGENT, Level.RESPOND])
@pytest.mark.parametrize(
    ("people", "words", "hears"),
    [
        ((HEAD_AND_LEAD, DUTY), "Mrs Oakes hit my son", "duty"),
        ((HEAD_AND_LEAD, CONTACT), "Mrs Oakes hit my son", "contact"),
        ((HEAD_AND_LEAD, IT), "Mrs Oakes hit my son", "head"),
        ((LEAD, SECOND), "Mr Hollis hit my son", "ddsl"),
        ((LEAD,), "somebody hit my son", "dsl"),
        ((VICE,), "somebody hit my son", "vice"),
        ((TRUST,), "somebody hit my son", "trust"),
        ((DUTY, IT), "somebody hit my son", "duty"),
        ((GOVERNOR, IT), "somebody hit my son", "governor"),
        ((GOVERNOR, IT), "Mr Treen hit my son", "it"),
        ((GOVERNOR,), "Mr Treen hit my son", "governor"),
        ((OFFICE,), "somebody hit my son", "office"),
    ],
)
def test_whoever_there_is_somebody_hears(
    people: tuple[Person, ...], words: str, hears: str, level: Level
) -> None:
    hours = Hours(holiday_contact=CONTACT.email if CONTACT in people else "")
    school = School(id="s", name="S", people=people, hours=hours)
    assert heard(school, words, judged(level, "safeguarding")) == [hears]
    able = hearing.who_may_hear(school, ("safeguarding",), words).people
    assert [person.email for person in able][:1] == [f"{hears}@s.example"]


@pytest.mark.parametrize("category", ["safeguarding", "complaint"])
def test_a_mailbox_that_the_accused_reads_gets_nothing_for_another_role(category: str) -> None:
    again = LEAD.model_copy(update={"email": "DSL@s.example", "roles": ("deputy",)})
    people = (HEAD, LEAD, again, CHAIR)
    words = "the safeguarding lead hit my son"
    assert told(words, category, people=people) == ["chair", "head"]
    assert respond(words, category, people=people) == ["head"]
    able = hearing.who_may_hear(School(id="s", name="S", people=people), (category,), words)
    assert able.people == (HEAD, CHAIR)


def test_the_data_protection_officer_hears_of_a_document_that_got_out() -> None:
    leak = "the SEND list with every name was emailed to all parents"
    assert respond(leak, "privacy") == ["dpo", "head"]
    assert told(leak, "privacy", people=EVERYBODY) == ["dpo", "dsl", "head"]
    assert respond("she lives at 14 Mill Lane", "privacy") == ["head"]


def test_a_governor_hears_where_nobody_else_can() -> None:
    assert respond("nobody answers", "complaint", people=(CHAIR,)) == ["chair"]


def test_a_threat_against_the_head_reaches_the_head() -> None:
    assert told("I will stab Mrs Oakes tomorrow", "threat") == ["dsl", "head"]


def test_a_serious_matter_of_staff_is_not_sent_to_whom_it_names() -> None:
    heard = told("Margaret Oakes posted pupils' names", "staff_conduct", level=Level.RESPOND)
    assert heard == ["chair", "deputy"]


def test_a_word_that_is_only_like_a_name_leaves_nobody_out() -> None:
    assert told("oaks and hollies by the gate where a girl was hurt", "safeguarding") == [
        "dsl",
        "head",
    ]


def test_somebody_hears_even_where_the_head_is_the_only_one_but_a_governor() -> None:
    heard = told("Mrs Oakes hit my son", "safeguarding", people=(HEAD, CHAIR))
    assert heard == ["chair"]


@pytest.mark.parametrize(
    ("name", "words", "named"),
    [
        ("Jane Ashdown", "Jane Ashdown said so", True),
        ("Jane Ashdown", "Miss Ashdown said so", True),
        ("Jane Ashdown", "Jane Mary Ashdown said so", True),
        ("Jane Ashdown", "ashdown forest is nice", False),
        ("Jane Ashdown", "Jane said so", False),
        ("Siân O'Neill", "Mrs O'Neill said so", True),
        ("Anne-Marie St. John", "Mrs John came", True),
        ("Mr", "Mr anything", False),
        ("A (B", "A (B said so", True),
        ("Niamh O'Brien", "Mrs O\u2019Brien said so", True),
        ("Niamh O\u2019Brien", "mrs o'brien said so", True),
        ("Niamh O'Brien", "Mrs OBrien said so", True),
        ("Mary Smith MBE", "mary smith said so", True),
        ("Mary Smith M.B.E.", "Mrs Smith said so", True),
        ("Mary Smith BA (Hons)", "Mrs Smith said so", True),
        ("Mary Smith (Headteacher)", "Mrs Smith said so", True),
        ("Mary Smith - Headteacher", "Mrs Smith said so", True),
        ("Mary Smith, Headteacher", "Mrs Smith said so", True),
        ("Mary Smith (Headteacher)", "the Headteacher said so", False),
        ("Amadou Ba", "Mr Ba said so", True),
        ("Owen Lewis-Jones", "Mr Lewis Jones said so", True),
        ("Owen Lewis-Jones", "Lewis\u2011Jones said so", True),
        ("Owen Lewis-Jones", "owen lewis-jones said so", True),
        ("Owen Lewis-Jones", "Mr Jones said so", False),
        ("Mary Smith", "mr.smith said so", True),
        ("Mary Smith", "MrsSmith said so", True),
        ("Mary Smith", "the silversmith said so", False),
        ("Si\u00e2n M\u00fcller", "Mrs Muller said so", True),
    ],
)
def test_a_name_is_found_as_people_write_it(name: str, words: str, named: bool) -> None:
    person = Person(name=name, email="x@s.example", roles=("headteacher",))
    assert whom.is_named(person, words) is named


def test_a_post_that_names_every_leader_still_reaches_them() -> None:
    words = "Margaret Oakes and Paul Hollis both covered up what was done to my daughter"
    assert told(words, "safeguarding", people=(HEAD, LEAD)) == ["dsl", "head"]
    assert "chair" in told(words, "safeguarding")


def test_a_surname_that_is_also_a_word_counts_only_as_a_name() -> None:
    may = Person(name="Theresa May", email="may@s.example", roles=("headteacher",))
    assert not whom.is_named(may, "May I say what was done to my girl")
    assert whom.is_named(may, "Mrs May knew of it")


@pytest.mark.parametrize(
    "words",
    [
        "King slapped my son",
        "KING HIT MY SON",
        "King has been messaging girls",
        "my girl was slapped by King",
    ],
)
def test_a_surname_that_is_a_word_beside_a_deed_brings_the_chair_in(words: str) -> None:
    king = HEAD.model_copy(update={"name": "Rosa King"})
    people = (king, LEAD, CHAIR)
    assert told(words, "safeguarding", people=people) == ["chair", "dsl", "head"]
    assert told(words.lower(), "safeguarding", people=people) == ["dsl", "head"]
    assert not hearing.may_close(king, mention(words, "safeguarding"))
    assert hearing.may_close(LEAD, mention(words, "safeguarding"))


def test_the_next_leader_is_one_who_has_not_been_told() -> None:
    school = School(id="s", name="S", people=ALL)
    found = hearing.next_to_hear(school, {HEAD.email, LEAD.email}, Level.URGENT)
    assert found == ("deputy_dsl", SECOND)
    everybody = {person.email for person in ALL}
    assert hearing.next_to_hear(school, everybody, Level.URGENT) is None


@pytest.mark.parametrize(
    "rule", ["set-aside.safeguarding.grooming", "maybe.safeguarding", "maybe.staff_conduct"]
)
def test_an_allegation_that_is_only_hinted_at_is_not_told_to_whom_it_names(rule: str) -> None:
    hinted = Reason(rule, 0, 0, "", "may also be this")
    judged = Judgement(
        "s", True, 0.9, "negative", -0.5, ("complaint",), Level.RESPOND, None, "en", (hinted,)
    )
    school = School(id="s", name="S", people=ALL)
    words = "Mrs Oakes again, nobody answers"
    found = hearing.dues(judged, school, words, NOW, published=NOW, old=False)
    assert "head@s.example" not in {person.email for person, _ in found}
    assert "chair@s.example" in {person.email for person, _ in found}
    plain = replace(judged, reasons=())
    others = hearing.dues(plain, school, words, NOW, published=NOW, old=False)
    assert "head@s.example" in {person.email for person, _ in others}


def test_what_somebody_posted_themself_is_about_them() -> None:
    post = mention("the things pupils say", "staff_conduct", author="Margaret Oakes")
    school = School(id="s", name="S", people=ALL)
    able = hearing.who_may_hear(school, signs(post.categories, ()), words_of(post))
    assert HEAD not in able.people
    assert not hearing.may_close(HEAD, post)
    other = mention("the things pupils say", "complaint", author="Margaret Oakes")
    assert words_of(other).strip() == other.text


@pytest.mark.parametrize(
    ("person", "words"),
    [
        (HEAD, "Mrs Oakes is a liar"),
        (HEAD, "the headteacher is useless"),
        (HEAD, "the person in charge there"),
        (LEAD, "Paul Hollis never calls back"),
        (CHAIR, "the chair of governors is a joke"),
        (IT, "Bill Quince reads our emails"),
    ],
)
def test_nobody_may_close_what_is_about_themself(person: Person, words: str) -> None:
    assert not hearing.may_close(person, mention(words, "complaint"))
    assert hearing.may_close(DEPUTY, mention(words, "complaint"))


def test_the_head_may_close_what_only_mentions_the_title_unless_it_is_an_allegation() -> None:
    words = "I wrote to the headteacher about it"
    assert hearing.may_close(HEAD, mention(words, "complaint"))
    assert not hearing.may_close(HEAD, mention(words, "safeguarding"))


IN_TERM = datetime(2026, 9, 22, 10, 0, tzinfo=UTC)
ON_HOLIDAY = datetime(2026, 10, 27, 10, 0, tzinfo=UTC)
NEXT_DAY = datetime(2026, 10, 28, 7, 30, tzinfo=UTC)


def at_school(contact: str, *people: Person) -> School:
    hours = Hours(holiday_contact=contact)
    return School(id="s", name="S", people=people or EVERYBODY, hours=hours, term_dates=(TERM,))


@pytest.mark.parametrize("contact", ["DEPUTY@s.example", "duty@elsewhere.example"])
def test_in_the_holidays_the_contact_hears_in_place_of_the_head(contact: str) -> None:
    school, complaint = at_school(contact), judged(Level.RESPOND, "complaint")
    assert heard(school, "nobody answers", complaint, IN_TERM) == ["head"]
    found = hearing.dues(
        complaint, school, "nobody answers", ON_HOLIDAY, published=ON_HOLIDAY, old=False
    )
    assert [(one.email.casefold(), due.role, due.at) for one, due in found] == [
        (contact.casefold(), "holiday_contact", NEXT_DAY)
    ]


def test_without_a_contact_the_head_hears_in_the_holidays_too() -> None:
    complaint = judged(Level.RESPOND, "complaint")
    assert heard(at_school(""), "nobody answers", complaint, ON_HOLIDAY) == ["head"]


def test_what_is_urgent_knows_no_holidays() -> None:
    threat, school = judged(Level.URGENT, "threat"), at_school("duty@elsewhere.example")
    found = hearing.dues(threat, school, "a knife", ON_HOLIDAY, published=ON_HOLIDAY, old=False)
    assert [(one, due.at) for one, due in found] == [(HEAD, ON_HOLIDAY), (LEAD, ON_HOLIDAY)]


def test_a_holiday_contact_is_not_told_what_is_about_themself() -> None:
    school, complaint = at_school(DEPUTY.email), judged(Level.RESPOND, "complaint")
    assert heard(school, "Tom Reed is useless", complaint, ON_HOLIDAY) == ["head"]
    about_head = heard(school, "Mrs Oakes is a liar", complaint, ON_HOLIDAY)
    assert about_head == ["chair", "deputy"]


def test_the_office_is_not_told_of_safeguarding_as_the_holiday_contact_either() -> None:
    hint = judged(Level.RESPOND, "sexual")
    assert heard(at_school(OFFICE.email), "rude words", hint, ON_HOLIDAY) == ["head"]
    assert heard(at_school(IT.email), "rude words", hint, ON_HOLIDAY) == ["it"]


def opted_out(person: Person) -> Person:
    return person.model_copy(update={"respond_by_mail": False})


def test_who_wants_no_mail_of_what_can_wait_is_left_out_while_somebody_else_hears() -> None:
    assert respond("nobody answers", "complaint", people=(opted_out(HEAD), DEPUTY)) == ["deputy"]
    alone = (opted_out(HEAD), opted_out(DEPUTY), CHAIR)
    assert respond("nobody answers", "complaint", people=alone) == ["head"]
    lead = (HEAD, opted_out(LEAD))
    assert respond("they mock a girl in Year 8", "cyberbullying", people=lead) == ["head"]


def test_no_choice_changes_whom_a_post_about_somebody_goes_to_nor_what_is_urgent() -> None:
    people = tuple(opted_out(person) for person in EVERYBODY)
    assert respond("Mrs Oakes is a liar", "complaint", people=people) == ["chair", "head"]
    assert respond("Ann Bell is a crook", "defamation", people=people) == ["clerk", "vice"]
    assert told("a knife", "threat", people=people) == ["dsl", "head"]


def test_quiet_hours_put_off_what_can_wait_and_never_what_is_urgent() -> None:
    quiet = HEAD.model_copy(update={"quiet_hours": (time(9), time(12))})
    school = School(id="s", name="S", people=(quiet, LEAD))
    for level, hour in ((Level.RESPOND, 11), (Level.URGENT, 10)):
        found = hearing.dues(judged(level), school, "x", NOW, published=NOW, old=False)
        assert found[0][1].at == NOW.replace(hour=hour)

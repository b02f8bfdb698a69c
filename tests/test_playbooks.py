"""The playbooks: what their files say, and what a school is told, in each nation, at each hour."""

from __future__ import annotations

import re
import shutil
import tomllib
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, get_args

import pytest

from monitor import playbooks
from monitor.judge.rules import category_names
from monitor.judge.terms import Level
from monitor.playbooks import Playbook, PlaybookError, book, playbook
from monitor.playbooks.facts import NOT_CHECKED, Category, Hours, Police, ReplyKind
from monitor.playbooks.hours import opening
from monitor.playbooks.loading import load
from monitor.school_settings import NATIONS
from monitor.settings import KNOWN_CONTACTS, School

DATA = Path(playbooks.__file__).parent / "data"
MATRIX = tomllib.loads(
    (Path(__file__).parent / "data/playbooks/matrix.toml").read_text(encoding="utf-8")
)
BOOK = book()
EVERY = list(BOOK.categories)
NOON = datetime(2026, 9, 15, 11, 0, tzinfo=UTC)  # a Tuesday, noon in London
EVENING = datetime(2026, 9, 15, 18, 0, tzinfo=UTC)
CONTACTS = {key: f"own {key}" for key in KNOWN_CONTACTS}
ANSWERS: dict[str, set[str]] = {
    "no": {"none", "private"},
    "no, private": {"private"},
    "moderation notice": {"moderation"},
    "yes, own channel": {"own_channel"},
    "short line if asked": {"if_asked"},
    "to journalist": {"journalist"},
    "yes": {"public"},
    "optional": {"optional"},
}
# What each level may be, by the triage guide.
GUIDE = {
    "threat": "urgent",
    "self_harm": "urgent",
    "safeguarding": "urgent",
    "extremism": "urgent",
    "hate": "urgent respond",
    "sexual": "urgent respond",
    "privacy": "urgent respond",
    "impersonation": "urgent respond",
    "misinformation": "urgent respond",
    "cyberbullying": "respond",
    "harassment": "respond",
    "defamation": "respond",
    "staff_conduct": "respond",
    "request": "respond",
    "complaint": "respond watch",
    "press": "respond watch",
    "mild_criticism": "watch",
    "praise": "routine",
    "other": "urgent respond watch routine",
}


def school(nation: str = "england", **more: Any) -> School:
    table = {"id": "hollybrook", "name": "Hollybrook Primary School", "nation": nation}
    return School.model_validate({**table, **more})


def made(category: str, nation: str = "england", *, now: datetime = NOON, **more: Any) -> Playbook:
    keys = ("level", "mood", "grounds", "teacher_accused", "bank_holidays")
    asked = {key: more.pop(key) for key in keys if key in more}
    return playbook(category, school(nation, **more), now, **asked)


def words(found: Playbook) -> str:
    """Everything that a person is told to do, but not what not to do."""
    steps = (*found.now, *found.same_day, *found.follow_up, *found.common)
    steps += (*found.removal.steps, *found.platform.steps)
    reply = (part.says for part in (found.reply.text, found.reply.welsh) if part)
    return "\n".join((*(step.says for step in steps), *reply))


def test_every_category_of_the_judge_has_a_file_and_so_have_mild_criticism_and_none() -> None:
    assert set(EVERY) == {*category_names(), "mild_criticism", "other"}
    assert {path.stem for path in (DATA / "categories").iterdir()} == set(EVERY)


def test_every_fact_has_a_source_and_a_day_or_was_not_checked() -> None:
    facts = list(BOOK.facts())
    assert len(facts) > 500
    unread = {"design of this program", "ordinary practice in UK schools"}
    for fact in facts:
        assert fact.source
        if fact.checked != NOT_CHECKED:
            assert date.fromisoformat(fact.checked) <= date(2030, 1, 1)
            assert fact.source not in unread
        elif fact.source not in unread:
            assert fact.source == "general knowledge, no source was read"


def test_nothing_stands_in_the_files_that_no_category_uses() -> None:
    rows = BOOK.categories.values()
    bodies = {key for row in rows for key in (*row.bodies, *row.urgent_bodies)}
    laws = {key for row in rows for key in row.law}
    laws |= {other for law in BOOK.laws.values() for other in law.instead.values()}
    assert set(BOOK.bodies) == bodies
    assert set(BOOK.laws) == laws
    assert set(BOOK.common.warnings) == {key for row in rows for key in row.warnings}
    assert set(BOOK.common.steps) == {key for row in rows for key in row.common}
    assert set(BOOK.common.police) == {row.police for row in rows} == set(get_args(Police))
    assert {row.reply.kind for row in rows} == set(get_args(ReplyKind))


@pytest.mark.parametrize("name", EVERY)
def test_a_category_says_what_to_do_who_does_it_and_what_is_never_done(name: str) -> None:
    row = BOOK.categories[name]
    for part in (row.now, row.same_day, row.follow_up, row.lead, row.told, row.never, row.evidence):
        assert part
    assert " ".join(level.level.value for level in row.levels) == GUIDE[name]


@pytest.mark.parametrize("name", EVERY)
def test_a_category_says_what_the_matrix_says(name: str) -> None:
    row, wanted = BOOK.categories[name], MATRIX[name]
    assert [level.level.value for level in row.levels] == wanted["levels"]
    assert [part.role for part in row.lead] == wanted["lead"]
    told = [part.role for part in row.told]
    assert told[: len(wanted["told"])] == wanted["told"]
    evidence = " ".join(fact.says for fact in row.evidence)
    assert [word for word in wanted["evidence"] if word not in evidence] == []
    assert row.police == wanted["police"]
    assert row.reply.kind in ANSWERS[wanted["reply"]]
    assert list(row.bodies[: len(wanted["bodies"])]) == wanted["bodies"]
    assert list(row.law[: len(wanted["law"])]) == wanted["law"]
    for what in ("removal", "platform"):
        asking = getattr(row, what)
        kind = "ground" if asking.only_if_known else "yes"
        assert (kind if asking.steps else "no") == wanted[what]
        said = " ".join(fact.says for fact in (*asking.steps, asking.otherwise))
        assert wanted.get(f"{what}_says", "") in said


def test_the_matrix_has_a_row_for_every_category() -> None:
    assert set(MATRIX) == set(EVERY)


@pytest.mark.parametrize("nation", NATIONS)
@pytest.mark.parametrize("contacts", [{}, CONTACTS], ids=["all blank", "none blank"])
@pytest.mark.parametrize("accounts", [[], ["@hollybrookpri"]], ids=["no account", "account"])
def test_every_playbook_is_whole_in_every_nation(
    nation: str, contacts: dict[str, str], accounts: list[str]
) -> None:
    for name in EVERY:
        found = made(name, nation, contacts=contacts, official_accounts=accounts)
        assert len(found.first_three) == 3
        assert found.never_first.startswith(("Do not", "Say nothing"))
        assert found.not_legal_advice == "This is not legal advice."
        assert found.nation == nation
        assert "{" not in repr(found)
        assert not (contacts and found.missing)
        assert found.lead


@pytest.mark.parametrize("nation", NATIONS)
def test_nobody_is_threatened_with_the_law(nation: str) -> None:
    threat = re.compile(
        r"legal action|we will take|\bsue\b|solicitor|prosecut|take you to|see you in court"
        r"|consequences|reserve the right|injunction|damages",
        re.IGNORECASE,
    )
    for name in EVERY:
        found = made(name, nation, official_accounts=["@hollybrookpri"], grounds=["abuse"])
        assert threat.findall(words(found)) == []


@pytest.mark.parametrize("name", ["complaint", "mild_criticism"])
def test_criticism_is_called_fair(name: str) -> None:
    assert made(name).fair == "This may be fair. People are entitled to say it."
    assert made(name, mood="neutral").fair


@pytest.mark.parametrize("name", ["harassment", "defamation", "press"])
def test_what_may_be_criticism_is_called_fair_where_it_is_negative(name: str) -> None:
    assert made(name).fair
    assert not made(name, mood="positive").fair
    assert not made(name, level=Level.URGENT).fair


@pytest.mark.parametrize("name", ["threat", "safeguarding", "praise", "request", "hate"])
def test_what_is_no_criticism_is_not_called_fair(name: str) -> None:
    assert made(name).fair == ""


@pytest.mark.parametrize("nation", NATIONS)
@pytest.mark.parametrize(
    "name",
    ["complaint", "request", "praise", "press", "misinformation", "mild_criticism", "defamation",
     "harassment"],
)  # fmt: skip
def test_no_police_stand_among_those_who_help_with_what_is_no_danger(
    name: str, nation: str
) -> None:
    assert not any(BOOK.bodies[body.key].police for body in made(name, nation).bodies)


def test_a_rumour_of_an_intruder_does_bring_the_police() -> None:
    found = made("misinformation", level=Level.URGENT)
    assert found.bodies[0].key == "police_999"


def test_the_police_need_a_danger_a_crime_or_a_persons_wish() -> None:
    assert made("complaint").police.says == "Police: no."
    assert "chooses" in made("harassment").police.says
    assert "not for a damaging claim alone" in made("defamation").police.says


def test_a_complaint_is_asked_down_only_on_a_known_ground() -> None:
    plain = made("complaint")
    assert plain.removal.steps == ()
    assert plain.removal.otherwise is not None
    assert "no ground" in plain.removal.otherwise.says
    named = made("complaint", grounds=["privacy"])
    assert named.removal.grounds == ("a platform's rule on privacy",)
    assert "the criticism stays" in named.removal.steps[0].says
    assert named.removal.otherwise is None


def test_a_ground_of_one_nations_law_is_none_in_another() -> None:
    assert made("complaint", "england", grounds=["MCA"]).removal.steps
    assert made("complaint", "scotland", grounds=["MCA"]).removal.steps == ()
    grounds = made("defamation", "scotland").removal.grounds
    assert "Defamation Act 2013" not in grounds
    assert grounds


def test_every_step_that_takes_something_down_has_a_ground_beside_it() -> None:
    for name in EVERY:
        for nation in NATIONS:
            found = made(name, nation, grounds=["abuse", "DP", "privacy"])
            for asking in (found.removal, found.platform):
                assert bool(asking.steps) is bool(asking.grounds)
            assert bool(found.routes) is bool(found.platform.steps)


def test_an_unknown_ground_is_refused() -> None:
    with pytest.raises(PlaybookError, match='there is no ground "rude"'):
        made("complaint", grounds=["rude"])


def test_a_public_reply_needs_an_account_and_calm() -> None:
    with_account = made("complaint", official_accounts=["@hollybrookpri"])
    assert with_account.reply.route == "public"
    assert "@hollybrookpri" in with_account.reply.says
    assert len(with_account.reply.conditions) == 3
    without = made("complaint")
    assert without.reply.route == "private"
    assert without.reply.says == "No official account: answer privately."
    assert without.reply.conditions == ()
    urgent = made("complaint", official_accounts=["@hollybrookpri"], level=Level.URGENT)
    assert (urgent.reply.route, urgent.reply.text) == ("none", None)


def test_without_an_account_no_category_is_answered_in_public() -> None:
    assert {made(name).reply.route for name in EVERY}.isdisjoint({"public"})


@pytest.mark.parametrize("name", ["threat", "self_harm", "safeguarding", "extremism", "sexual"])
def test_what_may_harm_somebody_is_never_answered_in_public(name: str) -> None:
    reply = made(name, official_accounts=["@hollybrookpri"]).reply
    assert (reply.route, reply.text) == ("none", None)


def test_a_page_that_is_not_the_schools_cannot_be_moderated() -> None:
    assert made("hate").reply.text is None
    notice = made("hate", official_accounts=["@hollybrookpri"]).reply.text
    assert notice is not None
    assert "are removed" in notice.says


def test_the_never_list_goes_with_every_reply() -> None:
    for name in EVERY:
        never = " ".join(rule.says for rule in made(name).reply.never)
        assert "confirm or deny" in never
        assert "alleged" in never


def test_a_reply_holds_the_schools_own_contacts_or_a_gap_to_fill() -> None:
    full = made("complaint", contacts=CONTACTS).reply.text
    assert full is not None
    assert "own office_phone or own office_email" in full.says
    blank = made("complaint").reply.text
    assert blank is not None
    assert "[number] or [email]" in blank.says


def test_a_contact_in_braces_is_a_text_like_any_other() -> None:
    odd = made("complaint", contacts={"office_phone": "{dsl} {0}"}).reply.text
    assert odd is not None
    assert "{dsl} {0}" in odd.says


def test_a_reply_in_welsh_stands_where_welsh_is_spoken() -> None:
    assert made("complaint", "wales").reply.welsh
    assert made("complaint", languages=["en", "cy"]).reply.welsh
    assert made("complaint").reply.welsh is None


def test_the_schools_own_contact_stands_in_place_of_the_general_one() -> None:
    def police(found: Playbook) -> list[str]:
        helps = {body.key: body for body in found.bodies}
        return [way.fact.says for way in helps["police_101"].ways]

    assert police(made("hate"))[0] == "101"
    assert police(made("hate", contacts=CONTACTS)) == ["own police"]


def test_nobodys_own_number_stands_in_place_of_999() -> None:
    first = made("threat", contacts=CONTACTS).bodies[0]
    assert [way.fact.says for way in first.ways] == ["999"]


def test_blank_contacts_that_are_needed_are_named_in_plain_words() -> None:
    missing = {one.key: one.name for one in made("safeguarding").missing}
    assert missing["mash"] == "Children's social care"
    assert missing["lado"] == "local authority's designated officer (LADO)"
    assert missing["dsl"] == "the safeguarding lead, out of hours"
    assert made("safeguarding", contacts=CONTACTS).missing == ()
    assert made("praise").missing == ()


def test_each_nation_calls_its_people_by_their_names() -> None:
    leads = {nation: made("self_harm", nation).lead[0].name for nation in NATIONS}
    assert leads == {
        "england": "designated safeguarding lead (DSL)",
        "wales": "designated safeguarding person (DSP)",
        "scotland": "child protection co-ordinator",
        "northern_ireland": "designated teacher",
    }
    assert "designated teacher" in made("threat", "northern_ireland").first_three[1]


def test_the_officer_is_told_within_each_nations_time_and_none_is_made_up() -> None:
    def times(nation: str) -> str:
        steps = made("safeguarding", nation).same_day
        return " ".join(step.says for step in steps if "About an adult at work" in step.says)

    assert "within one working day" in times("england")
    assert "within 24 hours" in times("wales")
    for nation in ("scotland", "northern_ireland"):
        assert "is not known here: ask your local authority" in times(nation)


def test_where_nothing_is_known_for_a_nation_that_is_said() -> None:
    for nation in ("scotland", "northern_ireland"):
        officer = made("staff_conduct", nation).told[1]
        assert "ask your local authority" in officer.note
        assert "is not known here" in made("hate", nation).law_elsewhere
    assert made("hate", "england").law_elsewhere == ""


def test_the_law_is_the_nations() -> None:
    def keys(name: str, nation: str) -> list[str]:
        return [law.key for law in made(name, nation).law]

    assert keys("defamation", "england") == ["DEF", "DERB", "ANON", "PHA"]
    assert keys("defamation", "scotland") == ["DEFSCOT", "PHA"]
    assert keys("defamation", "northern_ireland") == []
    assert "PREV" not in keys("extremism", "northern_ireland")
    assert keys("request", "scotland") == ["FOISA", "DP"]


def test_the_prevent_lead_is_not_for_northern_ireland() -> None:
    found = made("extremism", "northern_ireland")
    assert "prevent" not in {one.key for one in found.missing}
    assert "Prevent lead" not in " ".join(found.first_three)
    assert [who.role for who in found.told] == ["headteacher", "authority"]


@pytest.mark.parametrize("nation", ["england", "wales"])
def test_an_accused_teacher_may_not_be_named_in_england_and_wales(nation: str) -> None:
    for found in (made("safeguarding", nation), made("complaint", nation, teacher_accused=True)):
        assert any("to do so is a crime" in warning.says for warning in found.warnings)


@pytest.mark.parametrize("nation", ["scotland", "northern_ireland"])
def test_no_such_law_is_claimed_elsewhere(nation: str) -> None:
    for found in (made("safeguarding", nation), made("complaint", nation, teacher_accused=True)):
        assert not any("to do so is a crime" in warning.says for warning in found.warnings)


def test_a_complaint_without_an_accused_teacher_does_not_warn_of_one() -> None:
    assert not any("crime" in warning.says for warning in made("complaint").warnings)


def test_what_staff_find_about_themselves_stays_theirs() -> None:
    assert any("that person's alone" in one.says for one in made("staff_conduct").warnings)
    assert "Go no deeper" in made("staff_conduct").first_three[1]


@pytest.mark.parametrize("name", ["safeguarding", "sexual", "extremism"])
def test_nobody_is_told_to_copy_what_it_is_a_crime_to_hold(name: str) -> None:
    found = made(name)
    assert "screen print" not in " ".join(fact.says for fact in found.evidence)
    said = " ".join((found.never_first, *(warning.says for warning in found.warnings)))
    assert re.search(r"Do not (open|download)|do not open", said)


def test_a_helpline_is_called_open_only_while_it_is() -> None:
    posh = {body.key: body for body in made("cyberbullying").bodies}["posh"]
    assert (posh.is_open, posh.opening) == (True, "open now, until 16:00")
    shut = {body.key: body for body in made("cyberbullying", now=EVENING).bodies}["posh"]
    assert (shut.is_open, shut.opening) == (False, "closed; opens at 10:00 tomorrow")
    assert [way.kind for way in shut.ways] == ["email", "phone"]


def test_hours_that_are_not_known_are_not_made_up() -> None:
    nspcc = {body.key: body for body in made("safeguarding").bodies}["nspcc"]
    assert (nspcc.is_open, nspcc.opening, nspcc.hours) == (None, "", None)


OFFICE = Hours(
    says="Monday to Friday, 10:00 to 16:00", source="s", checked=NOT_CHECKED,
    days=("Mon", "Tue", "Wed", "Thu", "Fri"), opens=time(10), closes=time(16),
)  # fmt: skip


@pytest.mark.parametrize(
    ("moment", "says"),
    [
        ("2026-09-15T08:59:59+00:00", "closed; opens at 10:00 today"),
        ("2026-09-15T09:00:00+00:00", "open now, until 16:00"),
        ("2026-09-15T14:59:59+00:00", "open now, until 16:00"),
        ("2026-09-15T15:00:00+00:00", "closed; opens at 10:00 tomorrow"),
        ("2026-09-18T15:00:00+00:00", "closed; opens at 10:00 on Monday 21 September"),
        ("2026-09-19T12:00:00+00:00", "closed; opens at 10:00 on Monday 21 September"),
        ("2026-09-20T12:00:00+00:00", "closed; opens at 10:00 tomorrow"),
        ("2026-12-24T16:30:00+00:00", "closed; opens at 10:00 on Tuesday 29 December"),
        # The clocks go back on 25 October: ten o'clock in London is then ten in UTC.
        ("2026-10-26T09:30:00+00:00", "closed; opens at 10:00 today"),
    ],
)
def test_opening_hours_are_londons_and_know_bank_holidays(moment: str, says: str) -> None:
    holidays = {date(2026, 12, 25), date(2026, 12, 28)}
    assert opening(OFFICE, datetime.fromisoformat(moment), holidays).says == says


def test_a_bank_holiday_closes_an_office_that_the_caller_tells_of() -> None:
    monday = datetime(2026, 8, 31, 11, 0, tzinfo=UTC)
    open_, shut = (
        {body.key: body for body in made("cyberbullying", now=monday, bank_holidays=days).bodies}
        for days in ((), {date(2026, 8, 31)})
    )
    assert open_["posh"].is_open is True
    assert shut["posh"].opening == "closed; opens at 10:00 tomorrow"
    assert shut["education_support"].opening == "open now"


def test_a_number_that_nobody_checked_says_so() -> None:
    numbers = {way.says: way.checked for body in BOOK.bodies.values() for way in body.contacts}
    assert numbers["0800 1111"] == NOT_CHECKED
    assert numbers["0344 381 4772"] != NOT_CHECKED


def test_an_unknown_category_is_told_with_the_nearest() -> None:
    with pytest.raises(PlaybookError, match='there is no category "complaints"; did you mean'):
        made("complaints")


def test_a_level_below_the_categorys_own_is_refused() -> None:
    with pytest.raises(PlaybookError, match="threat is never at watch"):
        made("threat", level=Level.WATCH)


def spoilt(folder: Path, file: str, old: str, new: str) -> str:
    """What is said of the packaged files with one word changed."""
    copy = folder / "data"
    shutil.copytree(DATA, copy)
    text = (copy / file).read_text("utf-8")
    assert old in text
    (copy / file).write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(PlaybookError) as refused:
        load(copy)
    return str(refused.value)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("categories/threat.toml", "police =", "polise =", "threat.toml: police: Field required"),
        ("categories/threat.toml", "fair =", 'odd = 1\nfair =', "threat.toml: odd: Extra inputs"),
        ("categories/threat.toml", '"posh"', '"pish"', "threat.toml: there is no body pish"),
        ("categories/threat.toml", '"PHA"', '"PHB"', "threat.toml: there is no law PHB"),
        ("categories/threat.toml", '"site_lead"', '"cook"', "threat.toml: there is no role cook"),
        ("categories/threat.toml", '"calm"', '"clam"', "there is no common step clam"),
        ("categories/threat.toml", '"deputy_dsl"', '"dls"', "dls is no contact of"),
        ("categories/threat.toml", '"violence"]', '"loud"]', "there is no ground loud"),
        ("categories/threat.toml", "The {dsl}", "The {dls}", "{dls} is no role"),
        ("categories/safeguarding.toml", '"images"', '"pics"', "there is no warning pics"),
        ("categories/praise.toml", 'checked = "not checked"', 'checked = "soon"', "must be a day"),
        ("categories/praise.toml", 'checked = "not checked"', 'checked = "2026-02-30"', "now.0"),
        ("categories/praise.toml", 'source = "', 'sauce = "', "now.0.source: Field required"),
        ("bodies.toml", 'local = "lado"', 'local = "lady"', "lady is no contact"),
        ("law.toml", '"DEFSCOT"', '"DEFSCAT"', "there is no law DEFSCAT"),
        ("nations.toml", "[roles.dsl.wales]", "[roles.dsp.wales]", "has no name for"),
        ("law.toml", "[MCA]", "[MCA", "law.toml cannot be read"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_file_is_found_and_named(
    tmp_path: Path, file: str, old: str, new: str, said: str
) -> None:
    assert said in spoilt(tmp_path, file, old, new)


def test_steps_that_take_something_down_without_a_ground_are_a_mistake(tmp_path: Path) -> None:
    grounds = 'grounds = ["MCA", "CA127", "PHA", "bullying", "abuse"]\n'
    said = spoilt(tmp_path, "categories/cyberbullying.toml", grounds, "")
    assert "cyberbullying.toml: there is no ground for its steps" in said


def test_a_category_is_a_frozen_value() -> None:
    row: Category = BOOK.categories["threat"]
    with pytest.raises(ValueError, match="frozen"):
        row.title = "x"  # type: ignore[misc]

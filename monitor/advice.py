"""Looks at a correct configuration for what a school would regret; it only says, never stops."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from monitor.judge.routing import HEARERS, STEPS
from monitor.problems import Problem, quoted
from monitor.settings import KNOWN_CONTACTS, Approval, School, Settings
from monitor.watch_words import weak_form, weakness

_LONDON = ZoneInfo("Europe/London")
_HEAR_URGENT = {"headteacher", "dsl", "deputy", "deputy_dsl", "duty"}
_DEPUTIES = frozenset({"deputy", "deputy_dsl"})
_LEADS = {"headteacher": "headteacher", "dsl": "safeguarding lead"}
# The names that nobody but the example has (RFC 2606), and the words of config.example.toml.
_PLACEHOLDER = re.compile(
    r"\.example(?![\w.-])|(?<![\w-])example\.(?:com|net|org)(?![\w.-])"
    # The words of the file that `init` writes.
    r"|(?<![\w.-])the-school\.bsky\.social$|THE-PAGE-OF-THE-SCHOOL|NAME[ _]OF[ _]THE[ _]",
    re.IGNORECASE,
)
_EXAMPLE_WORDS = frozenset(
    {
        "hollybrook",
        "hollybrook primary school",
        "hollybrook primary",
        "@hollybrookpri",
        "#hollybrookprimary",
        "hollybrook.sch.uk",
        "hollybrook primary leeds",
        "hollybrook arms",
        "jane ashdown",
        "tom birch",
        "amina yusuf",
        "stanwick, northants, nn9",
    }
)
_MOST_SHOWN = 6
_MICROSOFT = ("office365.com", "outlook.com")
_GMAIL = ("gmail.com", "googlemail.com")
# As Google makes them: four times four letters.
_APP_PASSWORD = re.compile(r"(?:[a-z]{4} ?){4}")


@dataclass(frozen=True, slots=True)
class _Instead:
    """Of a post about whoever holds `about`, one who holds any of `hear` is told, somebody else."""

    about: str
    hear: frozenset[str]
    why: str
    important: bool = False


_INSTEAD = (
    _Instead(
        "headteacher",
        frozenset({"chair", "vice_chair", "trust"}),
        "holds no chair: what is said about the head would have nobody else to go to; add a chair",
        important=True,
    ),
    _Instead(
        "dsl",
        _DEPUTIES,
        "holds no deputy beside the safeguarding lead: what is said about the lead would have "
        "nobody to go to beside the head; add a deputy or deputy_dsl",
    ),
    _Instead(
        "chair",
        frozenset({"vice_chair", "trust"}),
        "holds no vice_chair: what is said about the chair would have no other governor to go to; "
        "add a vice_chair",
    ),
    _Instead(
        "chair",
        frozenset({"clerk"}),
        "holds no clerk: what is said about the chair is for the clerk too; add a clerk",
    ),
)
_WORD = re.compile(r"\w+")
_NO_ADVICE = re.compile(
    r"(?:no|none|nil|n a|na|tba|tbd|pending|awaited|unknown|to ?do|to follow|"
    r"not (?:needed|required|applicable|known|done))?"
    r"|(?:awaiting|waiting|to be|no dpo|no advice)\b.*"
    r"|.*\bnot (?:been )?(?:yet|asked|sought|given|received|consulted|agreed|approved)\b.*"
    r"|.*\b(?:tbc|refused|declined|(?:advised?|advises) against)\b.*"
)


def advise(settings: Settings, now: datetime | None = None) -> tuple[Problem, ...]:
    """Warnings, the important ones first; each names a setting and what to do.

    Without `now` a date in the future is not noticed.
    """
    found = [warning for school in settings.schools for warning in _of_people(school)]
    found += [*_of_program(settings), *_of_examples(settings), *_of_mailboxes(settings)]
    for school in settings.schools:
        found += [*_of_approval(school, now), *_of_words(school), *_of_setup(school, settings)]
        found += _of_days(school, now)
    found += _of_shared_words(settings)
    return tuple(sorted(found, key=lambda warning: not warning.important))


def run_problems(settings: Settings) -> tuple[Problem, ...]:
    """What keeps `run` from starting, though the file itself is correct."""
    if not settings.schools:
        return (Problem("", 0, "schools", "is missing: there is no school to watch for"),)
    return tuple(problem for school in settings.schools for problem in _of_hearers(school))


def approved(settings: Settings) -> tuple[School, ...]:
    """The schools whose head has approved; `run` watches no others."""
    return tuple(school for school in settings.schools if school.approval is not None)


def _about(school: School, key: str, message: str, *, important: bool = False) -> Problem:
    return Problem("", 0, f"schools.{school.id}.{key}", message, important)


def _of_hearers(school: School) -> Iterator[Problem]:
    if not school.people:
        yield _about(school, "people", "is missing: nobody would be told; add [[schools.people]]")
    elif HEARERS.isdisjoint(role for person in school.people for role in person.roles):
        why = (
            "holds nobody who hears of what is said: add somebody with the role headteacher, or "
            "another who leads, such as deputy, dsl or chair"
        )
        yield _about(school, "people", why)


def _of_people(school: School) -> Iterator[Problem]:
    roles = {role for person in school.people for role in person.roles}
    for role, meaning in _LEADS.items():
        if role not in roles:
            why = f'holds no {meaning}: nobody there has role = "{role}"'
            yield _about(school, "people", why, important=True)
    urgent = {
        person.email.casefold()
        for person in school.people
        if _HEAR_URGENT.intersection(person.roles)
    }
    if len(urgent) < 2:  # noqa: PLR2004 - somebody else, where one is away or is meant
        why = "holds fewer than two people for urgent alerts; add a deputy, deputy_dsl or duty"
        yield _about(school, "people", why, important=True)
    elif missing := [step.name for step in STEPS if roles.isdisjoint(step.roles)]:
        why = (
            f"holds nobody of {' or '.join(missing)}: where nobody takes an urgent alert, that "
            "step is passed over and the next comes in its place"
        )
        yield _about(school, "people", why)
    yield from _of_conflicts(school)
    yield from _of_addresses(school)


def _of_conflicts(school: School) -> Iterator[Problem]:
    """Who else would hear where a post is about one of those who usually do."""
    roles: dict[str, set[str]] = {}
    for person in school.people:
        roles.setdefault(person.email.casefold(), set()).update(person.roles)
    held = {"headteacher"}.union(*roles.values())
    for rule in _INSTEAD:
        others = {role for each in roles.values() if rule.about not in each for role in each}
        if rule.about in held and others.isdisjoint(rule.hear):
            yield _about(school, "people", rule.why, important=rule.important)


def _of_addresses(school: School) -> Iterator[Problem]:
    for person in school.people:
        if not _has_dot(person.email):
            why = f"holds {quoted(person.email)}, which has no dot after the @: mail cannot arrive"
            yield _about(school, "people", why, important=True)
    contact = school.hours.holiday_contact.casefold()
    if contact and contact not in {person.email.casefold() for person in school.people}:
        why = (
            "is the email of nobody in people, so a post that is about whoever reads it is sent "
            "there all the same; add that person to people"
        )
        yield _about(school, "hours.holiday_contact", why)


def _of_days(school: School, now: datetime | None) -> Iterator[Problem]:
    """What is not known of the terms, and who hears in the holidays."""
    last, contact = school.calendar.last, school.hours.holiday_contact
    if last is None and contact:
        why = "is given, but without term_dates no day is known to be a holiday; add term_dates"
        yield _about(school, "hours.holiday_contact", why)
    if last is not None and not contact:
        why = "is empty: the head is told in the holidays too; name whoever is on duty then"
        yield _about(school, "hours.holiday_contact", why)
    if last is not None and now is not None and last < now.astimezone(_LONDON).date():
        why = f"ends on {last}: without newer dates it is not known when the school is open"
        yield _about(school, "term_dates", f"{why}; add the next year's")


def _has_dot(email: str) -> bool:
    return "." in email.rpartition("@")[2]


def _of_program(settings: Settings) -> Iterator[Problem]:
    mail = settings.mail
    if not mail.host:
        where = quoted(str(settings.path(mail.folder)))
        why = f"is empty: alerts are written to the folder {where} and NOBODY hears of them"
        yield Problem("", 0, "mail.host", why, important=True)
    elif not _has_dot(mail.sender_address):
        why = f"is {quoted(mail.sender_address)}, from which mail servers take nothing"
        yield Problem("", 0, "mail.from", f"{why}; give the school's own", important=True)
    if mail.user and not mail.password.get_secret_value():
        why = "is given without a password; add password_file or password_env"
        yield Problem("", 0, "mail.user", why)
    if mail.reply_to and not settings.reply_to:
        why = (
            "is the user of no mailbox that is read as a source: answers to alerts would be read "
            "by nobody, so alerts do not ask for any"
        )
        yield Problem("", 0, "mail.reply_to", why, important=True)
    if not settings.http.contact:
        why = "is empty: sites that are read cannot reach anybody; give the office's address"
        yield Problem("", 0, "http.contact", why)


def _of_examples(settings: Settings) -> Iterator[Problem]:
    """What was copied from config.example.toml and is nobody's own."""
    for key, words in _worded(settings):
        left = [quoted(word) for word in dict.fromkeys(words) if _is_example(word)]
        more = ", …" if len(left) > _MOST_SHOWN else ""
        if left:
            why = f"STILL HOLDS the example's {', '.join(left[:_MOST_SHOWN])}{more}"
            yield Problem("", 0, key, f"{why}; write your own", important=True)


def _of_mailboxes(settings: Settings) -> Iterator[Problem]:
    """Mailboxes whose provider will refuse the password that was given."""
    for source in settings.sources:
        if not source.enabled or source.kind != "mailbox" or source.options.oauth:
            continue
        host, password = source.options.host.casefold(), source.options.password
        key = f"sources.{source.id}.password"
        if host.endswith(_MICROSOFT):
            why = 'will be refused: Microsoft 365 takes no passwords; write oauth = "microsoft"'
            yield Problem("", 0, key, f"{why}, as docs/sources/mailbox.md says")
        elif host.endswith(_GMAIL) and not _APP_PASSWORD.fullmatch(password.get_secret_value()):
            why = "will be refused: Gmail takes no ordinary password; make an app password"
            yield Problem("", 0, key, f"{why}, as docs/sources/mailbox.md says")


def _is_example(word: str) -> bool:
    return word.casefold() in _EXAMPLE_WORDS or bool(_PLACEHOLDER.search(word))


def _worded(settings: Settings) -> Iterator[tuple[str, Iterable[str]]]:
    """Settings with their words, in the order of the configuration."""
    yield "http.contact", (settings.http.contact,)
    yield "web.address", (settings.web.address,)
    yield "mail.from", (settings.mail.sender_address,)
    yield "mail.host", (settings.mail.host,)
    for source in settings.sources:
        if source.enabled:
            for key, value in source.options or ():
                yield f"sources.{source.id}.{key}", _placeholders(value)
    for school in settings.schools:
        for key, words in _words_of(school):
            yield f"schools.{school.id}.{key}", words


def _placeholders(value: object) -> tuple[str, ...]:
    """What of a kind's own setting is the example's; a school may well bear the example's name."""
    words = value if isinstance(value, tuple) else (value,)
    return tuple(one for one in words if isinstance(one, str) and _PLACEHOLDER.search(one))


def _words_of(school: School) -> Iterator[tuple[str, Iterable[str]]]:
    yield "id", (school.id,)
    yield "name", (school.name,)
    for key in ("aliases", "handles", "hashtags", "urls", "exclude", "official_accounts"):
        yield key, getattr(school, key)
    # Each of these places alone is a real one, where a real school may be.
    yield "places", (", ".join(school.places),)
    yield "staff", (member.name for member in school.staff)
    yield "people", (word for person in school.people for word in (person.name, person.email))
    yield "hours.holiday_contact", (school.hours.holiday_contact,)
    yield "contacts", school.contacts.values()
    if school.approval:
        yield "approval", (school.approval.headteacher, school.approval.notice_url)


def _of_approval(school: School, now: datetime | None) -> Iterator[Problem]:
    approval = school.approval
    if approval is None:
        why = "is missing: `run` will watch nothing; fill in the lines of [schools.approval]"
        yield _about(school, "approval", why)
        return
    if _NO_ADVICE.fullmatch(" ".join(_WORD.findall(approval.dpo_advice.casefold()))):
        why = f"says {quoted(approval.dpo_advice)}, which is NO ADVICE: ask the officer first"
        yield _about(school, "approval.dpo_advice", why, important=True)
    if now is not None and _is_to_come(approval, now):
        why = f"is {approval.date}, which is still to come: write the day on which it was approved"
        yield _about(school, "approval.date", why, important=True)


def _is_to_come(approval: Approval, now: datetime) -> bool:
    return bool(approval.date > now.astimezone(_LONDON).date())


def _of_words(school: School) -> Iterator[Problem]:
    for key, word in (("name", school.name), *(("aliases", alias) for alias in school.aliases)):
        why = weakness(word, school.places)
        if not why and key == "aliases":
            why = weak_form(word)
        if why:
            yield _about(school, key, f"holds {quoted(word)}, {why}")
    if not school.places:
        why = "is empty: namesakes elsewhere cannot be told apart; add town, county and postcode"
        yield _about(school, "places", why)


def _of_setup(school: School, settings: Settings) -> Iterator[Problem]:
    if not school.staff:
        why = "is empty: posts that name a member of staff are judged less well"
        yield _about(school, "staff", why)
    if not any(source.enabled and source.listens_for(school.id) for source in settings.sources):
        why = "is read for by no [[sources]], so nothing can be found"
        yield Problem("", 0, f"schools.{school.id}", why)
    blank = [key for key in KNOWN_CONTACTS if not school.contacts.get(key)]
    if blank:
        why = f"is blank for: {', '.join(blank)}"
        yield _about(school, "contacts", why)


def _of_shared_words(settings: Settings) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    for school in settings.schools:
        for word in (school.name, *school.aliases):
            owner = owners.setdefault(word.casefold(), school.id)
            if owner != school.id:
                why = f"holds {quoted(word)}, which is also a name of {owner}; posts may go to both"
                yield _about(school, "aliases", why)

"""Looks at a correct configuration for what a school would regret; it only says, never stops."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.problems import Problem, quoted
from monitor.settings import KNOWN_CONTACTS, School, Settings

_SHORT = 3
_HEAR_URGENT = {"headteacher", "dsl", "deputy", "deputy_dsl", "duty"}
_HEAR_OF_THE_HEAD = {"chair", "vice_chair", "trust"}
# Words that many schools and many other things are called by.
_COMMON = frozenset(
    """academy abbey all ashes aspire bay beacon beech beeches birch bridge brook castle cathedral
    cedar cedars central chapel chestnut church city college common community compass court cross
    crown discovery endeavour elm elms faith farm field fields first forest gate grammar grange
    green grove hall harbour haven hawthorn head heath heights high hill hillside holly holy hope
    horizon house infant infants inspire ivy junior juniors king kings lake lane laurel lime link
    lodge manor maple marsh mead meadow meadows mill moor mount nursery oak oaks oakwood orchard
    park parkside parish phoenix pine port prep primary priory queen queens ridge rise river
    riverside road rowan royal saints school sea secondary sixth south north east west spring
    springfield spire star stone street summit swan temple tower town trinity trust unity upper
    vale valley victoria view village walk wall water way well white willow willows wood woodland
    woodlands woods ysgol""".split()  # noqa: SIM905 - a list of words is easier to read as words
)


def advise(settings: Settings) -> tuple[Problem, ...]:
    """Warnings in the order of the configuration; each names a setting and what to do."""
    found = [*_of_program(settings)]
    for school in settings.schools:
        found += [*_of_people(school), *_of_words(school), *_of_setup(school, settings)]
    found += _of_shared_words(settings)
    return tuple(found)


def run_problems(settings: Settings) -> tuple[Problem, ...]:
    """What keeps `run` from starting, though the file itself is correct."""
    if not settings.schools:
        return (Problem("", 0, "schools", "is missing: there is no school to watch for"),)
    return tuple(
        _about(school, "people", "is missing: nobody would be told; add [[schools.people]]")
        for school in settings.schools
        if not school.people
    )


def approved(settings: Settings) -> tuple[School, ...]:
    """The schools whose head has approved; `run` watches no others."""
    return tuple(school for school in settings.schools if school.approval is not None)


def _about(school: School, key: str, message: str) -> Problem:
    return Problem("", 0, f"schools.{school.id}.{key}", message)


def _of_program(settings: Settings) -> Iterator[Problem]:
    if not settings.http.contact:
        why = "is empty: sites that are read cannot reach anybody; give the office's address"
        yield Problem("", 0, "http.contact", why)
    mail = settings.mail
    if not mail.host:
        where = quoted(str(settings.path(mail.folder)))
        why = f"is empty: mail is written to the folder {where} and sent to nobody"
        yield Problem("", 0, "mail.host", why)
    if mail.user and not mail.password.get_secret_value():
        why = "is given without a password; add password_env or password_file"
        yield Problem("", 0, "mail.user", why)


def _of_people(school: School) -> Iterator[Problem]:
    roles = {role for person in school.people for role in person.roles}
    for role in ("headteacher", "dsl"):
        if role not in roles:
            yield _about(school, "people", f'holds nobody with role = "{role}"')
    urgent = {
        person.email.casefold()
        for person in school.people
        if _HEAR_URGENT.intersection(person.roles)
    }
    if len(urgent) < 2:  # noqa: PLR2004 - somebody else, where one is away or is meant
        why = "lets an urgent alert reach fewer than two people; add a deputy, deputy_dsl or duty"
        yield _about(school, "people", why)
    contact = school.hours.holiday_contact.casefold()
    if contact and contact not in {person.email.casefold() for person in school.people}:
        why = "is the email of nobody in people, so nobody can be told under it"
        yield _about(school, "hours.holiday_contact", why)
    if not roles & _HEAR_OF_THE_HEAD:
        why = "holds no chair: what is said about the head would have nobody else to go to"
        yield _about(school, "people", why)


def _of_words(school: School) -> Iterator[Problem]:
    for key, word in (("name", school.name), *(("aliases", alias) for alias in school.aliases)):
        if len(word) < _SHORT:
            yield _about(school, key, f"holds {quoted(word)}, which is too short to mean a school")
        elif word.casefold().removeprefix("the ") in _COMMON:
            why = f"holds {quoted(word)}, a word that means many things; add a second word"
            yield _about(school, key, why)
    if not school.places:
        why = "is empty: namesakes elsewhere cannot be told apart; add town, county and postcode"
        yield _about(school, "places", why)


def _of_setup(school: School, settings: Settings) -> Iterator[Problem]:
    if school.approval is None:
        why = "is missing: `run` will watch nothing; add headteacher, dpo_advice, date, notice_url"
        yield _about(school, "approval", why)
    if not school.staff:
        why = "is empty: posts that name a member of staff are judged less well"
        yield _about(school, "staff", why)
    if not any(source.enabled and source.listens_for(school.id) for source in settings.sources):
        why = "is read for by no [[sources]], so nothing can be found"
        yield Problem("", 0, f"schools.{school.id}", why)
    blank = [key for key in KNOWN_CONTACTS if not school.contacts.get(key)]
    if blank:
        why = f"lacks what the playbooks ask for: {', '.join(blank)}"
        yield _about(school, "contacts", why)


def _of_shared_words(settings: Settings) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    for school in settings.schools:
        for word in (school.name, *school.aliases):
            owner = owners.setdefault(word.casefold(), school.id)
            if owner != school.id:
                why = f"holds {quoted(word)}, which is also a name of {owner}; posts may go to both"
                yield _about(school, "aliases", why)

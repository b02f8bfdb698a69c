"""PURE: who hears of a judgement at a school as it stands now, and who must not.

A serious allegation is never sent to the person it is about: the chair of governors and another
leader hear instead (guidance for schools on allegations against staff). What cannot be told for
certain goes to the headteacher and to the chair.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime

from monitor import whom
from monitor.judge import routing
from monitor.judge.routing import GOVERNORS, HEARERS, HOLIDAY, NEXT, Due
from monitor.judge.terms import Judgement, Level
from monitor.matters import Matter, is_grave, is_unsure, matter_of, signs, words_of
from monitor.school_days import next_opening
from monitor.settings import Person, School
from monitor.store.mentions import Mention

Heard = tuple[tuple[str, Person], ...]


def holders(school: School, role: str) -> tuple[Person, ...]:
    """The people who hold a role at a school now."""
    if role == HOLIDAY:
        return tuple(person for person in school.people if _is_contact(person, school))
    return tuple(person for person in school.people if role in person.roles)


def who_may_hear(school: School, categories: Collection[str], words: str) -> School:
    """The school with only those people who may be told: not one whom an allegation is about.

    `categories` are the signs of the judgement. The holiday contact is one of the people here.

    Where that would leave nobody who leads, all who may hear of posts; and where nobody may, the
    first of the people, if possible one whom it is not about: somebody has to hear.
    """
    matter = matter_of(school, categories, words)
    barred = {one.email.casefold() for one in school.people if _must_not(one, matter)}
    people = tuple(person for person in _with_contact(school) if _may(person, school, matter))
    able = _but(people, barred)
    if not any(_leads(person, school) for person in able):
        # A post that names every leader must still reach somebody.
        able = people or _but(school.people, barred)[:1] or school.people[:1]
    return school.model_copy(update={"people": able})


def may_close(person: Person, mention: Mention) -> bool:
    """False where a mention is about the person, or may be: nobody makes away with that."""
    words = words_of(mention)
    told = signs(mention.categories, (reason["rule"] for reason in mention.reasons))
    grave, is_head = is_grave(told, words), "headteacher" in person.roles
    may_be = is_head and is_unsure(words, grave=grave)
    may_be_named = grave and whom.may_be_named(person, words)
    return not (may_be or may_be_named or whom.is_about(person, words, gravely=False))


def dues(
    judgement: Judgement,
    school: School,
    words: str,
    now: datetime,
    *,
    published: datetime | None,
    old: bool,
) -> tuple[tuple[Person, Due], ...]:
    """Who is owed an alert, and when; each person once. Empty where nobody is.

    `old` says that the post was there before this school was looked for.
    """
    if not routing.owes_alert(judgement, now, published=published, first_sight=old):
        return ()
    told = signs(judgement.categories, (reason.rule for reason in judgement.reasons))
    matter, able = matter_of(school, told, words), who_may_hear(school, told, words)
    if judgement.level is Level.URGENT:
        heard = _urgent(able, matter)
    else:
        heard = _respond(able, matter, in_holidays=next_opening(school, now).in_holidays)
    heard = heard or _somebody(able, judgement.level)
    if matter.leak:
        heard += _held(able, "dpo")
    return tuple(
        (person, Due(role, _at(judgement.level, person, school, now)))
        for role, person in _once(heard)
    )


def next_to_hear(able: School, told: Collection[str], level: str) -> tuple[str, Person] | None:
    """The next leader who has not been told, with the role; None where all have been, and for a
    letter that is not about a post: its level is none of these.
    """
    known = {email.casefold() for email in told}
    for role in NEXT.get(level, ()):
        for person in holders(able, role):
            if person.email.casefold() not in known:
                return role, person
    return None


def _somebody(able: School, level: Level) -> Heard:
    """Whoever is left, where nobody holds a role that hears first."""
    found = next_to_hear(able, (), level)
    return (found,) if found else tuple((one.roles[0], one) for one in able.people[:1])


def _but(people: tuple[Person, ...], barred: Collection[str]) -> tuple[Person, ...]:
    """The people without those mailboxes: whoever shares one with the accused is left out too."""
    return tuple(person for person in people if person.email.casefold() not in barred)


def _leads(person: Person, school: School) -> bool:
    return not HEARERS.isdisjoint(person.roles) or _is_contact(person, school)


def _with_contact(school: School) -> tuple[Person, ...]:
    """The people, and the holiday contact where that is an address alone."""
    contact = school.hours.holiday_contact
    if not contact or any(_is_contact(person, school) for person in school.people):
        return school.people
    return (*school.people, Person(name="Holiday contact", email=contact, roles=("staff",)))


def _is_contact(person: Person, school: School) -> bool:
    return person.email.casefold() == school.hours.holiday_contact.casefold()


def _may(person: Person, school: School, matter: Matter) -> bool:
    """True for whoever hears of such posts at all, by the role."""
    roles = {*person.roles, HOLIDAY} if _is_contact(person, school) else {*person.roles}
    allowed = set(HEARERS)
    if matter.is_safeguarding:
        # Whoever is the office is not sent it as the holiday contact either.
        allowed -= {"office", HOLIDAY} if "office" in roles else {"office"}
    if matter.concerns("chair"):
        allowed.add("clerk")
    if matter.leak:
        allowed.add("dpo")
    return not allowed.isdisjoint(roles)


def _must_not(person: Person, matter: Matter) -> bool:
    """The head alone hears criticism of the head, beside the chair; nobody an allegation."""
    return person in matter.about and (matter.grave or "headteacher" not in person.roles)


def _urgent(able: School, matter: Matter) -> Heard:
    """Head and safeguarding lead, and whom the rules add: two different people at least."""
    roles = routing.first_to_hear(Level.URGENT, _roles(able))
    heard = _held(able, *roles, *_by_conflict(able, matter))
    told = {person.email.casefold() for _, person in heard}
    found = next_to_hear(able, told, Level.URGENT) if len(told) == 1 else None
    return (*heard, found) if found else heard


def _respond(able: School, matter: Matter, *, in_holidays: bool) -> Heard:
    added = _held(able, *_by_conflict(able, matter))
    if added and _is_taken_over(matter):
        return added
    willing = tuple(person for person in able.people if person.respond_by_mail)
    wanted = able.model_copy(update={"people": willing})
    usual = _usual(wanted, in_holidays=in_holidays) or _usual(able, in_holidays=in_holidays)
    if matter.of_a_child:
        usual += _held(wanted, *_first(wanted, ("dsl", "deputy_dsl")))
    return usual + added


def _usual(school: School, *, in_holidays: bool) -> Heard:
    contact = _held(school, HOLIDAY) if in_holidays else ()
    return contact or _held(school, *routing.first_to_hear(Level.RESPOND, _roles(school)))


def _is_taken_over(matter: Matter) -> bool:
    """Others deal with it in place of those who usually would."""
    if matter.concerns("headteacher"):
        return matter.grave
    return matter.concerns("chair")


def _by_conflict(able: School, matter: Matter) -> tuple[str, ...]:
    return tuple(role for chain in _chains(matter) for role in _first(able, chain))


def _chains(matter: Matter) -> Iterator[Sequence[str]]:
    """Roles of which the first that somebody holds hears, by whom the post is about."""
    if matter.unsure or matter.concerns("headteacher"):
        yield GOVERNORS
    if matter.grave and matter.concerns("headteacher"):
        yield ("deputy", "deputy_dsl", "dsl")
    if matter.concerns("dsl"):
        yield ("headteacher", "deputy")
        yield ("deputy_dsl", "deputy")
    if matter.concerns("chair"):
        yield ("vice_chair", "trust")
        yield ("clerk",)


def _first(school: School, roles: Sequence[str]) -> tuple[str, ...]:
    return next(((role,) for role in roles if holders(school, role)), ())


def _roles(school: School) -> frozenset[str]:
    return frozenset(role for person in school.people for role in person.roles)


def _held(school: School, *roles: str) -> Heard:
    return tuple((role, person) for role in roles for person in holders(school, role))


def _once(heard: Heard) -> Heard:
    first: dict[str, tuple[str, Person]] = {}
    for role, person in heard:
        first.setdefault(person.email.casefold(), (role, person))
    return tuple(first.values())


def _at(level: Level, person: Person, school: School, now: datetime) -> datetime:
    """What is urgent at any hour; what can wait in the school's hours and the person's own."""
    if level is Level.URGENT:
        return now.astimezone(UTC)
    return next_opening(school, now, person.quiet_hours).at

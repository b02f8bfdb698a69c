"""Says what an alert has to say: a mention's plain values become a Notice. Pure; names nobody.

All advice is the playbooks'; here stands only how an alert words it, and in what case.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Literal

from alerts.base import Contact, Notice
from alerts.mail import LONGEST_QUOTE
from monitor.judge.routing import LONDON
from monitor.judge.rules import category_names
from monitor.judge.terms import Level, Sentiment, Tier
from monitor.masks import masked
from monitor.playbooks import Playbook, book, playbook, role_name
from monitor.playbooks.said import Help, Reach
from monitor.school_days import holidays_ahead
from monitor.settings import School

# The playbook of a post that was given a level but no category.
OTHER = "other"
# Of these no words of the post are ever sent, whatever the school has chosen.
NEVER_IN_MAIL = frozenset({"safeguarding", "sexual", "privacy", "extremism"})
# To copy an indecent image of a child is a crime, whatever else the post may be.
_IMAGES = ("safeguarding", "sexual")
_MOST_CONTACTS = 4
# Far more than is sent, so that nothing is cut within what would have been hidden.
_MOST_MASKED = 8_000


@dataclass(frozen=True, slots=True)
class Advice:
    """What a school is told first about a post: `fair` and `avoid` are one line each, `fair`
    empty where the post is no criticism; `reply` says whether to answer it in public.
    """

    kinds: tuple[str, ...]
    fair: str
    steps: tuple[str, ...]
    avoid: str
    reply: str
    contacts: tuple[Contact, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """A post as an alert speaks of it. `says` are its reasons in plain English, `words` its own;
    `place` is the source's name as people know it, `link` its public address.
    """

    level: Level
    tier: Tier | None
    categories: Sequence[str]
    says: Sequence[str]
    place: str
    link: str
    published: datetime | None
    found: datetime
    words: str = ""
    sentiment: Sentiment = "negative"


def fair() -> str:
    """What stands beside every criticism."""
    return book().common.fair.says


def kinds(categories: Collection[str]) -> tuple[str, ...]:
    """What a post of these categories may be, in plain words, the most serious first."""
    titles = (book().categories[name].title for name in _ranked(categories))
    return tuple(title[:1].lower() + title[1:] for title in titles)


def advice(
    categories: Collection[str], school: School, now: datetime, level: Level, mood: Sentiment
) -> Advice:
    """What the playbook of the most serious category says first, and what else must be said."""
    names = _ranked(categories)
    found = [_playbook(name, school, now, level, mood) for name in names]
    first = found[0]
    return Advice(
        kinds=kinds(categories),
        fair=next((each.fair for each in found if each.fair), ""),
        steps=first.first_three,
        avoid=_avoid(names, found),
        reply=_reply(first, school),
        contacts=_contacts(first.bodies),
    )


def alert(
    seen: Seen,
    school: School,
    now: datetime,
    *,
    told: Sequence[str],
    reference: str,
    page: str = "",
    page_until: datetime | None = None,
    taken: str = "",
    thread: str = "",
    facts: Mapping[str, Any] | None = None,
    zone: tzinfo = LONDON,
) -> Notice:
    """What one person is told of a post.

    `page` is the mention's page in Footprint, or empty; `page_until` when the link stops opening
    it; `told` are the roles of everybody else who hears of it, and `taken` that of whoever has
    said that they have it. `facts` may hold "spread" ({"places", "since"}) and "escalation" with
    "first_told". Raises ValueError for a level that owes no alert.
    """
    if not seen.level.needs_response:
        raise ValueError(f"a mention of level {seen.level} owes no alert")
    said = advice(seen.categories, school, now, seen.level, seen.sentiment)
    facts = facts or {}
    return Notice(
        school_id=school.id,
        school=school.name,
        level=_named(seen.level),
        possible=seen.level is Level.URGENT and seen.tier == "possible",
        kinds=said.kinds,
        place=seen.place,
        posted=worded(seen.published, zone, beside=seen.found) if seen.published else "",
        seen=worded(seen.found, zone),
        link=seen.link,
        page=page,
        why=tuple(dict.fromkeys(filter(None, seen.says))),
        steps=said.steps,
        avoid=said.avoid,
        told=tuple(dict.fromkeys(role_name(role, school.nation) for role in told)),
        reference=reference,
        line=_neutral(seen.says),
        quote=_quoted(seen, school),
        fair=said.fair,
        reply=said.reply,
        contacts=said.contacts,
        as_at=f"{now.astimezone(zone):%H:%M}",
        page_until=worded(page_until, zone) if page_until else "",
        taken=role_name(taken, school.nation) if taken else "",
        spread=_spread(facts.get("spread"), zone),
        untaken=_untaken(facts, zone),
        thread=thread,
    )


def worded(moment: datetime, zone: tzinfo = LONDON, *, beside: datetime | None = None) -> str:
    """A moment as people say it: "Saturday 21 November at 21:40".

    The year is said too where it is not that of `beside`: an old post must not look like news.
    """
    here = moment.astimezone(zone)
    year = f" {here.year}" if beside and beside.astimezone(zone).year != here.year else ""
    return f"{here:%A} {here.day} {here:%B}{year} at {here:%H:%M}"


def _named(level: Level) -> Literal["urgent", "respond"]:
    return "urgent" if level is Level.URGENT else "respond"


def _ranked(categories: Collection[str]) -> tuple[str, ...]:
    """The known categories, the most serious first; `OTHER` where there is none."""
    return tuple(name for name in category_names() if name in categories) or (OTHER,)


def _playbook(name: str, school: School, now: datetime, level: Level, mood: Sentiment) -> Playbook:
    """A person may have lowered a post's level below the least that its category has."""
    least = min((row.level for row in book().categories[name].levels), key=_rank)
    holidays = holidays_ahead(school, now)
    return playbook(name, school, now, max(level, least, key=_rank), mood, bank_holidays=holidays)


def _rank(level: Level) -> int:
    return level.rank


def _avoid(names: Sequence[str], found: Sequence[Playbook]) -> str:
    """The one thing not to do, and that images of children are left alone wherever one may be."""
    first = found[0].never_first
    if names[0] in _IMAGES:
        return first
    hidden = (each.never_first for each in found if each.category in _IMAGES)
    return " ".join((first, *list(hidden)[:1]))


def _reply(found: Playbook, school: School) -> str:
    """Whether to answer in public. The playbook's conditions are too long for a letter."""
    if found.reply.route != "public":
        return found.reply.says
    accounts = ", ".join(school.official_accounts)
    return f"A public reply only from {accounts}, and only as the playbook in Footprint says."


def _contacts(bodies: Sequence[Help]) -> tuple[Contact, ...]:
    """Who can be reached at this minute: those that are open first, and of a closed one what can
    be written to meanwhile.
    """
    found = [Contact(body.name, _way(body), _when(body)) for body in bodies if _way(body)]
    closed = {body.name for body in bodies if body.is_open is False}
    return tuple(sorted(found, key=lambda one: one.name in closed)[:_MOST_CONTACTS])


def _way(body: Help) -> str:
    """How to reach a body now; empty where it can neither be rung nor written to."""
    wanted = ("own", "email") if body.is_open is False else ("own", "phone", "text")
    ways: list[Reach] = [way for way in body.ways if way.kind in wanted]
    return ways[0].fact.says if ways else ""


def _when(body: Help) -> str:
    if body.is_open is None:
        return "" if any(way.kind == "own" for way in body.ways) else "its hours are not known here"
    return body.opening


def _neutral(says: Sequence[str]) -> str:
    """One line about a post that repeats nothing of it, from the reason that weighed most."""
    first = next(filter(None, says), "").strip().rstrip(".")
    if not first:
        return ""
    has_subject = first.split()[0].lower() in {"a", "it", "others", "somebody", "the"}
    return f"{first[:1].upper()}{first[1:]}." if has_subject else f"The post {first}."


def _quoted(seen: Seen, school: School) -> str:
    """The post's own words, masked, where the school has chosen so and they may be sent at all."""
    if not school.own_text or not NEVER_IN_MAIL.isdisjoint(seen.categories):
        return ""
    whole = masked(seen.words[:_MOST_MASKED], school).text.strip()
    return whole if len(whole) <= LONGEST_QUOTE else f"{whole[: LONGEST_QUOTE - 1].rstrip()}…"


def _spread(found: Mapping[str, Any] | None, zone: tzinfo) -> str:
    if not found:
        return ""
    places, replies = int(found.get("places", 1)), int(found.get("replies", 0))
    where = f"the same has been seen in {places} places" if places > 1 else ""
    answers = f"{replies} have replied" if replies > 1 else ""
    said = " and ".join(filter(None, (where, answers))) or "more has been said of it"
    since = f" since {_moment(found['since'], zone)}" if found.get("since") else ""
    return f"It is spreading: {said}{since}."


def _untaken(facts: Mapping[str, Any], zone: tzinfo) -> str:
    if not facts.get("escalation"):
        return ""
    sent = facts.get("first_told")
    first = f" It was first sent on {_moment(sent, zone)}." if sent else ""
    return f"Nobody has yet said that they have this.{first}"


def _moment(iso: str, zone: tzinfo) -> str:
    return worded(datetime.fromisoformat(iso), zone)

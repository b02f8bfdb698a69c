"""Whether the program itself is well: each source's state, and what must be said on every page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from monitor import confirming, coverage, health, machine
from monitor.coverage import Blind
from monitor.machine import Trouble
from monitor.settings import School, Settings, SourceSettings
from monitor.store import confirmed, looks, pages
from monitor.store.deliveries import Outage
from monitor.store.engine import Connection
from monitor.store.looks import Look
from monitor.web import telling, words
from monitor.web.translating import gettext as _
from monitor.web.translating import later, ngettext

# Ticks come every two seconds, a look may take ten minutes, and sources of one site wait in line.
PATIENCE = timedelta(minutes=30)
RECENT = timedelta(days=7)
FORTNIGHT = timedelta(days=14)
NAMED = 3
SOURCES = ("/sources", later("See the sources"))
OFF = "Switched off"
UNREAD = frozenset({"slow", "blocked", "failing", "dead", "over budget", "needs you"})


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something for everybody to see; `href` is the page that tells more, `leads` its link.

    `is_silence` says that it may make silence look like calm.
    """

    says: str
    href: str
    leads: str = later("See the mail")
    is_silence: bool = True


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source in plain words. `mark` is ok, quiet or bad; `since` is when it was last well."""

    id: str
    kind: str
    schools: tuple[str, ...]
    every: str
    state: str
    mark: str
    health: str
    since: datetime | None
    good_at: datetime | None
    error: str
    flaws: tuple[str, ...]
    due_at: datetime | None
    fetched: int


@dataclass(frozen=True, slots=True)
class Condition:
    """How the sources and the mail are."""

    sources: tuple[SourceState, ...]
    outage: Outage | None
    undelivered: int
    late: int
    unheard: tuple[tuple[datetime | None, datetime], ...]

    @property
    def unread(self) -> tuple[SourceState, ...]:
        """The sources that are switched on and are not being read."""
        return tuple(source for source in self.sources if source.mark == "bad")

    def sentence(self, now: datetime) -> str:
        """What can be seen now and what cannot, in one line."""
        on = [source for source in self.sources if source.state != OFF]
        blind = [one for one in on if one.mark == "bad" or one.health == "empty"]
        unread = [one.id for one in on if one.mark == "quiet" and one not in blind]
        well = len(on) - len(blind) - len(unread)
        return coverage.sentence(well, [_blind(one) for one in blind], unread, now)

    @property
    def last_read(self) -> datetime | None:
        """When any source was last read without a fault."""
        return max((source.good_at for source in self.sources if source.good_at), default=None)


def _blind(source: SourceState) -> Blind:
    is_well = source.health in {"ok", "waiting"}
    return Blind(source.id, source.since, source.state.lower() if is_well else source.health)


def channel(settings: Settings) -> str:
    """The name that the way out for letters goes by in the outbox."""
    return "smtp" if settings.mail.host else "folder"


def condition(
    connection: Connection, settings: Settings, schools: Sequence[School], now: datetime
) -> Condition:
    """Ask the database how things are, in five queries."""
    ids = tuple(school.id for school in schools)
    ours = tuple(s for s in settings.sources if any(s.listens_for(school) for school in ids))
    seen = {look.source: look for look in looks.everything(connection, [s.id for s in ours])}
    shut = {outage.channel: outage for outage in pages.outages(connection)}
    return Condition(
        sources=tuple(_state(source, seen.get(source.id), schools, now) for source in ours),
        outage=shut.get(channel(settings)),
        undelivered=pages.undelivered(connection, ids, now - RECENT),
        late=pages.late(connection, ids, now - PATIENCE),
        unheard=pages.unheard(connection, ids, now - FORTNIGHT),
    )


def of_machine(troubles: Iterable[Trouble], now: datetime) -> tuple[Alarm, ...]:
    """What is wrong with the machine; that mail is has words of its own (see `alarms`)."""
    return tuple(
        Alarm(
            f"{one.title} since {words.moment(one.since, now)}. {one.says} {one.advice}",
            *SOURCES,
            is_silence=one.is_vital,
        )
        for one in troubles
        if one.kind not in {machine.MAIL, machine.ADDRESS}
    )


def unconfirmed(connection: Connection, schools: Sequence[School]) -> tuple[Alarm, ...]:
    """Who has not said yet that a test message reached them."""
    rows = confirmed.listed(connection, [school.id for school in schools])
    channel_of = partial(confirmed.channel_of, connection)
    says = confirming.together(confirming.awaited(schools, rows, channel_of))
    return (Alarm(says, "/mail", is_silence=False),) if says else ()


def is_well(
    connection: Connection, settings: Settings, ids: Collection[str], now: datetime
) -> bool:
    """True while sources are looked at when they are due, no letter is late and mail goes out."""
    names = [
        source.id
        for source in settings.sources
        if source.enabled and any(source.listens_for(school) for school in ids)
    ]
    stuck = any(_is_overdue(look, now) for look in looks.everything(connection, names))
    shut = any(outage.channel == channel(settings) for outage in pages.outages(connection))
    return not (stuck or shut or pages.late(connection, ids, now - PATIENCE))


def _is_overdue(look: Look, now: datetime) -> bool:
    due = max(look.due_at, look.not_before or look.due_at)
    is_held = look.leased_until is not None and look.leased_until > now
    return due < now - PATIENCE and not is_held


def _state(
    source: SourceSettings, look: Look | None, schools: Sequence[School], now: datetime
) -> SourceState:
    state, mark = _said(source, look, now)
    return SourceState(
        id=source.id,
        kind=source.kind,
        schools=tuple(school.name for school in schools if source.listens_for(school.id)),
        every=words.every(source.every_minutes),
        state=state,
        mark=mark,
        health=look.health if look else "",
        since=(look.broken_since or look.good_at) if look else None,
        good_at=look.good_at if look else None,
        error=look.error if look else "",
        flaws=tuple(look.flaws) if look else (),
        due_at=max(look.due_at, look.not_before or look.due_at) if look else None,
        fetched=look.fetched if look else 0,
    )


def _said(source: SourceSettings, look: Look | None, now: datetime) -> tuple[str, str]:
    if not source.enabled:
        return OFF, "quiet"
    if look is None:
        return "Not looked at yet", "quiet"
    if look.told or look.health in UNREAD:
        return health.WORDS.get(look.health, look.health), "bad"
    if _is_overdue(look, now):
        return "Not looked at when it was due", "bad"
    if look.good_at is None:
        return "Not looked at yet", "quiet"
    return health.WORDS.get(look.health, look.health), "quiet" if look.health == "empty" else "ok"


def alarms(
    found: Condition, settings: Settings, watched: Collection[str], *, demo: bool, now: datetime
) -> tuple[Alarm, ...]:
    """What every page says at its top, the gravest first."""
    mail = _mail(found, settings, demo=demo, now=now)
    unwatched = tuple(
        Alarm(
            _("{school} is not watched: nobody's approval is written down yet.").format(
                school=school.name
            ),
            *SOURCES,
        )
        for school in settings.schools
        if school.id not in watched
    )
    return (*_unheard(found), *mail, *_unread(found.unread, now), *unwatched)


def _unheard(found: Condition) -> Iterator[Alarm]:
    number = len(found.unheard)
    if not number:
        return
    if all(telling.was_old(posted, seen) for posted, seen in found.unheard):
        says = ngettext(
            "{number} urgent post was found that was already old when first read: nobody has been "
            "mailed about it.",
            "{number} urgent posts were found that were already old when first read: nobody has "
            "been mailed about them.",
            number,
        )
    else:
        says = ngettext(
            "{number} urgent post was found: nobody has been mailed about it.",
            "{number} urgent posts were found: nobody has been mailed about them.",
            number,
        )
    leads = later("Look at them") if number > 1 else later("Look at it")
    yield Alarm(says.format(number=number), "/mentions?level=urgent", leads, is_silence=False)


def _mail(found: Condition, settings: Settings, *, demo: bool, now: datetime) -> Iterator[Alarm]:
    if found.outage:
        since = words.moment(found.outage.since, now)
        says = _(
            "Mail is not going out since {since}: {reason}. It is tried again by itself, and "
            "nothing is lost."
        )
        reason = found.outage.error.rstrip(".")
        yield Alarm(says.format(since=since, reason=reason), "/mail")
    elif found.late:
        says = ngettext(
            "{number} alert is late: due over half an hour ago, and not sent yet.",
            "{number} alerts are late: due over half an hour ago, and not sent yet.",
            found.late,
        )
        yield Alarm(says.format(number=found.late), "/mail")
    if found.undelivered:
        says = ngettext(
            "{number} alert could not be delivered in the last 7 days. Tell these people yourself.",
            "{number} alerts could not be delivered in the last 7 days. Tell these people "
            "yourself.",
            found.undelivered,
        )
        yield Alarm(says.format(number=found.undelivered), "/mail#unsent")
    if not settings.mail.host and not demo:
        says = _(
            "No mail server is set: alerts are written to the folder {folder} and reach nobody."
        )
        yield Alarm(says.format(folder=settings.mail.folder), "/mail")


def _unread(unread: tuple[SourceState, ...], now: datetime) -> tuple[Alarm, ...]:
    if len(unread) > NAMED:
        names = ", ".join(source.id for source in unread[:NAMED])
        says = _("{number} sources are not being read: {names} and {more} more.").format(
            number=len(unread), names=names, more=len(unread) - NAMED
        )
        return (Alarm(says, *SOURCES),)
    return tuple(Alarm(_unread_says(source, now), *SOURCES) for source in unread)


def _unread_says(source: SourceState, now: datetime) -> str:
    if source.health == "empty":
        never = _("The source {source} has brought nothing yet: {reason}.")
        since = _("The source {source} has brought nothing since {since}: {reason}.")
    else:
        never = _("The source {source} has not been read yet: {reason}.")
        since = _("The source {source} has not been read since {since}: {reason}.")
    return (since if source.since else never).format(
        source=source.id,
        since=words.moment(source.since, now) if source.since else "",
        reason=(source.error or source.state.lower()).rstrip("."),
    )

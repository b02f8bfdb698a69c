"""PURE: whether the program and the machine that it runs on are well, and what to do where not.

A trouble is told once when it has lasted for its patience, and once when it is over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

MAIL, STORE, DISK, CLOCK, HEARTBEAT = "mail", "store", "disk", "clock", "heartbeat"
ADDRESS, STEP, SILENT = "address", "step", "silent"
LEAST_FREE = 300_000_000
# Once it is short, so much more must be free before it is well: it would flicker otherwise.
EASED = 1.5
JUMP = timedelta(minutes=10)
# For so long after a jump the clock is said to be doubtful.
DOUBTFUL = timedelta(hours=1)
# Caches answer with times of hours ago, and no server's clock is a day off.
FAR_OFF = timedelta(days=1)
# Where nothing was read for so long, the clock may have been set wrong: nothing is deleted by it.
SILENCE = timedelta(days=60)
# One site may be wrong itself.
WITNESSES = 2
# There was no Footprint before.
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
# A step that takes longer than this, and than three of its intervals, has stopped.
STEP_PATIENCE, INTERVALS = timedelta(minutes=2), 3
_AT_ONCE = timedelta()
_PATIENCE: Mapping[str, timedelta] = {
    MAIL: timedelta(hours=1),
    STORE: timedelta(minutes=2),
    STEP: timedelta(minutes=15),
}
_NEVER_TOLD = frozenset({HEARTBEAT})
# Without these the program does not do its work, so that a watchdog is not told that all is well.
_VITAL = frozenset({MAIL, STORE, CLOCK, "step poll", "step deliver", "step escalate"})
_STEPS: Mapping[str, tuple[str, str]] = {
    "poll": ("Reading the sources has stopped", "no source is read"),
    "deliver": ("Sending mail has stopped", "no alert leaves"),
    "digest": ("Making the digests has stopped", "no digest is made"),
    "escalate": (
        "Passing on what nobody has taken has stopped",
        "no alert goes to the next people",
    ),
    "capture": ("Keeping evidence has stopped", "no page is kept"),
    "second": ("Sending to second channels has stopped", "no note leaves"),
    "notes": ("Owing notes to second channels has stopped", "no note leaves"),
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong: what, in a few words and in a sentence, since when, what to do.

    `name` is what it is remembered by: one of the constants, some with what it is about after a
    blank.
    """

    name: str
    title: str
    says: str
    advice: str
    since: datetime

    @property
    def kind(self) -> str:
        """The constant that the name begins with."""
        return self.name.partition(" ")[0]

    @property
    def is_vital(self) -> bool:
        """True where the program does not do its work meanwhile."""
        return self.name in _VITAL

    def is_to_be_told(self, since: datetime, now: datetime) -> bool:
        """True once people have to hear of what began then."""
        lasted = now - since >= _PATIENCE.get(self.kind, _AT_ONCE)
        return self.kind not in _NEVER_TOLD and lasted


@dataclass(frozen=True, slots=True)
class Jump:
    """That the clock moved by so much more than time did, and when that was seen."""

    by: timedelta
    at: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found on one round.

    `outage` is since when and why the mail server refuses every letter, `refused` the same of
    single addresses; `free` counts bytes on the disk of the database, None where it is a server;
    `ahead` says by how much the clock is before each site's; `idle` for how long each step has not
    come round, with how often it should; `heartbeat` why the outside service was not reached;
    `read` when any source was last read well.
    """

    outage: tuple[datetime, str] | None = None
    refused: Mapping[str, tuple[datetime, str]] | None = None
    free: int | None = None
    jump: Jump | None = None
    ahead: tuple[timedelta, ...] = ()
    idle: Mapping[str, tuple[timedelta, timedelta]] | None = None
    heartbeat: tuple[datetime, str] | None = None
    read: datetime | None = None


def silent(read: datetime | None, now: datetime) -> str:
    """Why nothing may be deleted by this clock: no source has been read for 60 days by it, since
    `read`. "" where one has, or none ever was.
    """
    if read is None or now - read <= SILENCE:
        return ""
    return (
        f"no source has been read since {read:%d %B %Y}, and it is {now:%d %B %Y} by the clock of "
        "this machine. Until one is read, nothing is deleted for its age"
    )


def troubles(reading: Reading, known: Collection[str], now: datetime) -> tuple[Trouble, ...]:
    """What is wrong now, the gravest first; `known` are the names of what was wrong before."""
    found = (
        *_steps(reading, now),
        *_mail(reading),
        *_clock(reading, now),
        *_silence(reading, now),
        *_disk(reading, known, now),
        *_heartbeat(reading),
    )
    return tuple(found)


def store_trouble(error: str, since: datetime) -> Trouble:
    """That the database takes nothing, which nobody can find out by asking it."""
    return Trouble(
        STORE,
        "The database cannot be written",
        f"{_sentence(error)} Nothing new is taken in meanwhile; what was owed stays owed.",
        "Make room on the disk, or give its folder back to the user that Footprint runs as. It "
        "goes on by itself then; `footprint check` says whether all is well.",
        since,
    )


def stalled(
    idle: Mapping[str, tuple[timedelta, timedelta]], now: datetime
) -> Iterator[tuple[str, datetime]]:
    """The steps that have stopped, each with since when."""
    for name, (lasted, every) in idle.items():
        if lasted > max(STEP_PATIENCE, every * INTERVALS):
            yield name, now - lasted


def _steps(reading: Reading, now: datetime) -> Iterator[Trouble]:
    for name, since in stalled(reading.idle or {}, now):
        title, means = _STEPS.get(name, (f"The step {name} has stopped", "its work is not done"))
        yield Trouble(
            f"{STEP} {name}",
            title,
            f"It has not come round since then: {means}.",
            "A server may be keeping it waiting. Where it lasts, stop Footprint and start it "
            "again; nothing is lost by that.",
            since,
        )


def _mail(reading: Reading) -> Iterator[Trouble]:
    if reading.outage:
        since, error = reading.outage
        yield Trouble(
            MAIL,
            "Mail is not going out",
            f"{_sentence(error)} Every alert waits; it is tried again by itself every few minutes.",
            "Type `footprint check --online`: it says what the mail server answers. Until mail "
            "goes out again, look at the pages.",
            since,
        )
    for email, (since, error) in (reading.refused or {}).items():
        yield Trouble(
            f"{ADDRESS} {email}",
            f"Mail to {email} is refused",
            _sentence(error),
            "Correct the address in config.toml and start Footprint again: what could not be "
            "delivered then goes to the new address.",
            since,
        )


def _clock(reading: Reading, now: datetime) -> Iterator[Trouble]:
    says = _wrong_clock(reading, now)
    if says:
        since = reading.jump.at if reading.jump else now
        yield Trouble(
            CLOCK,
            "The clock of this machine is not right",
            says,
            "Switch on the machine's automatic time, and keep the machine from sleeping: while it "
            "sleeps, nothing is watched.",
            since,
        )


def _silence(reading: Reading, now: datetime) -> Iterator[Trouble]:
    says = silent(reading.read, now)
    if says:
        yield Trouble(
            SILENT,
            "Nothing has been read for two months",
            _sentence(says),
            "Look whether the machine's date is right, and under Sources at what each source says.",
            now,
        )


def _wrong_clock(reading: Reading, now: datetime) -> str:
    if now < FIRST_DAY:
        return f"It says {now:%d %B %Y}, which cannot be."
    ahead = sorted(reading.ahead, key=abs)
    middle = ahead[len(ahead) // 2] if len(ahead) >= WITNESSES else timedelta()
    if abs(middle) >= FAR_OFF:
        way = "ahead of" if middle > timedelta() else "behind"
        return f"It is {_long(middle)} {way} the clocks of the servers that were read."
    if reading.jump and abs(now - reading.jump.at) < DOUBTFUL:
        way = "forward" if reading.jump.by > timedelta() else "back"
        slept = ", or the machine slept" if reading.jump.by > timedelta() else ""
        return f"It jumped {way} by {_long(reading.jump.by)}: it was set{slept}."
    return ""


def _disk(reading: Reading, known: Collection[str], now: datetime) -> Iterator[Trouble]:
    least = LEAST_FREE * EASED if DISK in known else LEAST_FREE
    if reading.free is not None and reading.free < least:
        yield Trouble(
            DISK,
            "The disk is nearly full",
            f"{reading.free // 1_000_000} MB are left where the database is. Once it is full, "
            "nothing new is taken in.",
            "Delete what is not needed there, or give the database a larger disk.",
            now,
        )


def _heartbeat(reading: Reading) -> Iterator[Trouble]:
    if reading.heartbeat:
        since, error = reading.heartbeat
        yield Trouble(
            HEARTBEAT,
            "The outside heartbeat is not taken",
            _sentence(error),
            "Look whether the address under [heartbeat] still holds; that service will say that "
            "Footprint is down.",
            since,
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """A trouble as it is remembered: since when, and whether people have been told."""

    name: str
    title: str
    since: datetime
    told: bool

    @property
    def kind(self) -> str:
        """The constant that the name begins with."""
        return self.name.partition(" ")[0]


@dataclass(frozen=True, slots=True)
class News:
    """What to remember from now on, and what people are owed: what began, and what is over."""

    kept: tuple[Kept, ...]
    begun: tuple[Trouble, ...]
    over: tuple[Kept, ...]


def news(before: Iterable[Kept], found: Iterable[Trouble], now: datetime) -> News:
    """What has changed since the last round. A trouble keeps the moment at which it was first
    seen, however often it is found.
    """
    known = {one.name: one for one in before}
    kept, begun = [], []
    for trouble in found:
        old = known.pop(trouble.name, None)
        # What lies ahead was written before the clock was set right.
        since = min(old.since if old else trouble.since, trouble.since, now)
        told = bool(old and old.told)
        if not told and trouble.is_to_be_told(since, now):
            told = True
            begun.append(replace(trouble, since=since))
        kept.append(Kept(trouble.name, trouble.title, since, told))
    return News(tuple(kept), tuple(begun), tuple(one for one in known.values() if one.told))


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:].rstrip('.')}." if words else ""


def _long(span: timedelta) -> str:
    """A span in its greatest unit: "3 days", "2 hours", "12 minutes"."""
    seconds = abs(span).total_seconds()
    for unit, length in (("year", 365 * 86_400), ("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            number = round(seconds / length)
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return "less than a minute"

"""The sections of a digest. They name nobody and quote nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.digest import Entry, Section, Tile, Trend
from monitor.coverage import Unseen
from monitor.digest.figures import Bar, Compared, Figures, Post, Speed
from monitor.digest.frame import Frame
from monitor.digest.phrases import (
    SMALL,
    about,
    age,
    counted,
    day,
    label,
    lasted,
    opened,
    rounded,
    series,
)
from monitor.judge.terms import MOODS, Level
from monitor.notices import kinds, worded

LISTED, PRAISED, NOTED, NAMED = 8, 5, 5, 6
LEVELS: Mapping[str, str] = {
    "urgent": "urgent",
    "respond": "need a response",
    "watch": "worth knowing",
    "routine": "routine",
}
CATEGORIES: Mapping[str, str] = {
    "threat": "Possible threats",
    "self_harm": "Fear for somebody's life",
    "safeguarding": "A child may be at risk",
    "extremism": "Possible extremism",
    "hate": "Abuse for who somebody is",
    "sexual": "Sexual remarks or images",
    "cyberbullying": "Cyberbullying",
    "harassment": "Abuse of staff",
    "defamation": "Damaging claims about staff",
    "privacy": "Personal details",
    "impersonation": "Impersonation",
    "staff_conduct": "Staff conduct",
    "misinformation": "Unverified claims",
    "press": "Press",
    "complaint": "Complaints",
    "request": "Questions and requests",
    "praise": "Praise",
}
# What stands in a table for what is not known.
UNKNOWN = "?"
# A post that is counted may have been deleted since, or be for another reader alone.
_NOT_LISTED = "None of the posts that are counted here can be listed in this edition."
_NONE_TOLD = "No alert was sent about the week's posts."
_FIXES: Mapping[str, str] = {
    "level": "put at another level",
    "not-about-us": "not about the school",
    "should-have-been": "missed or put too low",
    "about-us": "missed, though about the school",
}


def tiles(found: Figures) -> Iterator[Tile]:
    """The week by level, beside a usual one."""
    for one in found.levels:
        yield Tile(str(one.number), LEVELS[one.name], _beside(one))


def _beside(one: Compared) -> str:
    return f"usually {about(one.usual)}" if one.usual is not None else ""


def number(parts: Iterable[Compared], *names: str) -> int:
    """How many there are of these together."""
    return sum(one.number for one in parts if one.name in names)


def notes(frame: Frame) -> Iterator[str]:
    """That it is late, or that weeks before it had none."""
    if frame.late:
        yield f"This digest is late: Footprint was not running on {worded(frame.late)}."
    if frame.missed:
        weeks = series([str(week) for week in frame.missed[-NAMED:]])
        yield f"No digest went out for {weeks}. The chart holds those weeks too."


def action(posts: Sequence[Post], found: Figures, frame: Frame) -> Section:
    """What still needs somebody, the gravest first."""
    if not posts:
        is_counted = any(
            number(found.levels, level.value) for level in Level if level.needs_response
        )
        says = _NOT_LISTED if is_counted else "Nothing was found in these four weeks."
        return Section("What needs action", lines=(says,))
    entries = tuple(
        _entry(post, frame, f"{_level(post)}: {_kinds(post)}") for post in posts[:LISTED]
    )
    more = f"And {len(posts) - LISTED} more in Footprint. " if len(posts) > LISTED else ""
    return Section(
        "What needs action",
        entries=entries,
        more=f"{more}Footprint is not told what has been settled: strike off what has.",
    )


def praise(found: Sequence[Post], frame: Frame) -> Section | None:
    """What may be thanked for; None where there is none."""
    said = (
        replace(_entry(post, frame, f"In {post.place}"), where=_when(post, frame)) for post in found
    )
    return _listed("Praise to thank for", tuple(said), PRAISED)


def watch(found: Sequence[Post], frame: Frame) -> Section | None:
    """What a head would want to know of; None where there is none."""
    said = (_entry(post, frame, opened(_kinds(post))) for post in found)
    return _listed("Worth knowing", tuple(said), NOTED)


def _listed(heading: str, entries: tuple[Entry, ...], most: int) -> Section | None:
    if not entries:
        return None
    more = f"And {len(entries) - most} more in Footprint." if len(entries) > most else ""
    return Section(heading, entries=entries[:most], more=more)


def _entry(post: Post, frame: Frame, what: str) -> Entry:
    page = f"{frame.web}/mentions/{post.id}" if frame.web else ""
    where = f"{_when(post, frame)}, in {post.place}"
    tone = post.level.value if post.level.needs_response else ""
    return Entry(what, where, tone, post.link, page)


def _when(post: Post, frame: Frame) -> str:
    return f"{day(post.posted)}, {age(post.posted, frame.now)}"


def _level(post: Post) -> str:
    return "Urgent" if post.level is Level.URGENT else "Needs a response"


def _kinds(post: Post) -> str:
    """What it may be, the two gravest kinds of it."""
    return "; ".join(kinds(post.categories)[:2])


def done(found: Figures, frame: Frame) -> Section:
    """Who was told, and how long that took."""
    lines = list(speeds(found, numbers=True)) or [_NONE_TOLD]
    if frame.to_folder and found.speeds:
        lines.append(
            "No mail server is set: these alerts lie in a folder, and reached nobody by mail."
        )
    if found.older:
        older = f"{counted(found.older, 'older post')} {was(found.older)}"
        lines.append(f"{older} found in the week, and counted in the weeks of their own.")
    return Section("What was done, and how fast", lines=tuple(lines))


def speeds(found: Figures, *, numbers: bool) -> Iterator[str]:
    """How fast people were told; without `numbers` not of how many posts, nor of few."""
    for level in (Level.URGENT, Level.RESPOND):
        speed = found.speeds.get(level)
        if speed and (numbers or speed.told >= SMALL):
            yield _speed(level, speed, numbers=numbers)


def _speed(level: Level, speed: Speed, *, numbers: bool) -> str:
    name = "Urgent" if level is Level.URGENT else "To respond to"
    told = f"somebody was told of {speed.told}, as a rule" if numbers else "as a rule told"
    slowest = f", at the slowest {lasted(speed.longest)}" if numbers and speed.told > 1 else ""
    waits = ". What can wait is told when the school opens" if level is Level.RESPOND else ""
    return f"{name}: {told} {lasted(speed.middle)} after it was found{slowest}{waits}."


def trend(found: Figures) -> Section:
    """The chart, with words that say what it shows."""
    bars = found.bars
    drawn = Trend(
        weeks=tuple(label(bar.week) for bar in bars),
        negative=tuple(bar.moods.get("negative", 0) for bar in bars),
        neutral=tuple(bar.moods.get("neutral", 0) for bar in bars),
        positive=tuple(bar.moods.get("positive", 0) for bar in bars),
        seen=tuple(bar.is_seen for bar in bars),
        words=_trend_words(bars),
    )
    return Section("Mood and volume over 12 weeks", trend=drawn, aside=True)


def _trend_words(bars: Sequence[Bar]) -> str:
    last, most = bars[-1], max(bars, key=lambda bar: bar.mentions)
    moods = ", ".join(f"{last.moods.get(mood, 0)} {mood}" for mood in MOODS)
    says = f"Mentions a week by mood. This week: {moods}."
    if most.mentions > last.mentions:
        says += f" The most were {most.mentions}, in the week of {label(most.week)}."
    dark = sum(not bar.is_seen for bar in bars)
    return says + (f" {dark} of these weeks {was(dark)} mostly not watched." if dark else "")


def was(number: int) -> str:
    """The verb for so many."""
    return "was" if number == 1 else "were"


def hidden_trend(found: Figures) -> Section:
    """The chart without any small number."""
    bars = found.bars
    none = tuple(0 for _ in bars)
    drawn = Trend(
        weeks=tuple(label(bar.week) for bar in bars),
        negative=none,
        neutral=tuple(rounded(bar.mentions) if bar.mentions >= SMALL else 0 for bar in bars),
        positive=none,
        seen=tuple(bar.is_seen for bar in bars),
        words=f"Mentions a week, to the nearest {SMALL}. Weeks with fewer than {SMALL} are bare.",
        least=SMALL,
    )
    return Section("Volume over 12 weeks", trend=drawn)


def sources(found: Figures) -> Section | None:
    """The mentions by source."""
    return table("Where it was said", found.sources, {})


def table(heading: str, parts: Sequence[Compared], names: Mapping[str, str]) -> Section | None:
    """Numbers beside usual ones, the most first; None where there are none."""
    if not parts:
        return None
    rows = tuple(
        (
            names.get(one.name, one.name),
            str(one.number),
            about(one.usual) if one.usual is not None else UNKNOWN,
        )
        for one in parts[:NAMED]
    )
    rest = sum(one.number for one in parts[NAMED:])
    more = f"And {rest} in {counted(len(parts) - NAMED, 'other place')}." if rest else ""
    return Section(heading, columns=("", "This week", "Usually"), rows=rows, more=more, aside=True)


def themes(found: Sequence[tuple[str, int]]) -> Section | None:
    """What complaints were about."""
    if not found:
        return None
    rows = tuple((label, str(number)) for label, number in found[:NAMED])
    return Section("What complaints were about", rows=rows, aside=True)


def spikes(found: Figures) -> Section:
    """What there was much more of than usual."""
    if found.mentions.usual is None:
        says: tuple[str, ...] = ("There are not enough weeks yet to say what is usual.",)
    else:
        says = tuple(
            f"{_spike_name(one)}: {one.number}, where {about(one.usual or 0)} is usual."
            for one in found.spikes[:NAMED]
        ) or ("Nothing stands out against the school's own weeks.",)
    return Section("Out of the ordinary", lines=says, aside=True)


def _spike_name(one: Compared) -> str:
    if one.name == "mentions":
        return "All mentions"
    if one.name == "negative":
        return "Negative mentions"
    return CATEGORIES.get(one.name, f"In {one.name}")


def corrected(found: Figures) -> Section:
    """What people said the program got wrong."""
    whole = sum(found.fixes.values())
    if not whole:
        says = "Nobody corrected anything in the week. What is corrected is learnt from."
    else:
        kinds = series([f"{number} {_FIXES[kind]}" for kind, number in sorted(found.fixes.items())])
        says = f"{counted(whole, 'correction')} in the week: {kinds}."
        if found.mentions.number:
            says += f" {counted(found.mentions.number, 'mention')} stood beside them."
    return Section("How often the program was wrong", lines=(says,), aside=True)


def unseen(found: Figures, now: datetime) -> Section:
    """What could not be seen, and since when."""
    by_source: dict[str, list[Unseen]] = {}
    for one in found.unseen:
        by_source.setdefault(one.source, []).append(one)
    lines = [_gap(source, gaps, now) for source, gaps in by_source.items()][:NAMED]
    if len(by_source) > NAMED:
        lines.append(f"And {counted(len(by_source) - NAMED, 'other source')}.")
    if found.begun:
        lines.append(
            f"Footprint began to watch on {worded(found.begun, beside=now)}: of what came before, "
            "it found only what was still there."
        )
    if not lines:
        lines.append(blind(0, found.watched))
    return Section("What could not be seen", lines=tuple(lines), aside=True)


def _gap(source: str, gaps: Sequence[Unseen], now: datetime) -> str:
    last = gaps[-1]
    if last.until is None:
        return (
            f"{source}: not since {worded(last.since, beside=now)}, and still not ({last.health})."
        )
    whole = lasted(sum((one.lasted for one in gaps), timedelta()))
    return f"{source}: {whole} in all, last until {worded(last.until, beside=now)} ({last.health})."


def blind(number: int, watched: int) -> str:
    """How many sources could not be seen, in a sentence."""
    if not watched:
        return "No source is set up, so nothing was read."
    if not number:
        return f"{'The only source was' if watched == 1 else f'All {watched} sources were'} well."
    return f"{number} of {counted(watched, 'source')} could not be seen for part of the week."

"""The editions: what each reader is told of a week, and what not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from alerts.digest import Digest, Edition, Section
from monitor.digest import sections as part
from monitor.digest.figures import Compared, Figures
from monitor.digest.frame import Frame
from monitor.digest.phrases import SMALL, about, counted, hidden, opened
from monitor.judge.terms import Level

_SELF_CHECK = (
    "Members of staff can check for themselves what is public about them. What they find is "
    "theirs alone: it is shown to nobody else and counted nowhere."
)
_LIMITS = (
    "No alert is not proof that there is no problem. Footprint sees public pages alone: no private "
    "groups and no messages. It does not replace reporting a concern to the safeguarding lead, nor "
    "the school's filtering and monitoring."
)
_COUNTING = (
    "A mention is counted on the day it was posted, and twice where it stands in two places. Posts "
    "may have changed or gone since."
)
_HIDDEN = (
    f'Numbers under {SMALL} are shown as "fewer than {SMALL}" and all others to the nearest '
    f"{SMALL}, so that no figure points at anybody."
)
_NO_ANSWERS = "Governors do not answer online, and come to a complaint unaware of it."
_CHILDREN = frozenset(
    {"safeguarding", "self_harm", "threat", "extremism", "sexual", "hate", "cyberbullying"}
)


def for_head(found: Figures, frame: Frame) -> Digest:
    """The head's edition."""
    sections = (
        part.action(found.action, found, frame),
        part.done(found, frame),
        part.praise(found.praise, frame),
        part.watch(found.watch, frame),
        part.trend(found),
        part.sources(found),
        part.themes(found.themes),
        part.spikes(found),
        part.corrected(found),
        part.unseen(found, frame.now),
    )
    return _digest("head", found, frame, sections, (_LIMITS, _SELF_CHECK, _COUNTING))


def for_safeguarding(found: Figures, frame: Frame) -> Digest:
    """The safeguarding lead's edition: what may concern a child, and no other post."""
    children = [
        one
        for one in found.action
        if one.level is Level.URGENT or not _CHILDREN.isdisjoint(one.categories)
    ]
    kinds = [one for one in found.categories if one.name in _CHILDREN]
    counts = part.table("Safeguarding, by kind", kinds, part.CATEGORIES)
    sections = (
        part.action(children, found, frame),
        part.done(found, frame),
        counts,
        part.trend(found),
        part.spikes(found),
        part.unseen(found, frame.now),
    )
    return _digest("dsl", found, frame, sections, (_LIMITS, _SELF_CHECK, _COUNTING))


def for_governors(found: Figures, frame: Frame) -> Digest:
    """The governors' edition: numbers alone, and no small ones."""
    kinds = [(part.CATEGORIES.get(one.name, one.name), one.number) for one in found.categories]
    fast = tuple(part.speeds(found, numbers=False)) or (f"Fewer than {SMALL} posts were told of.",)
    fixed = sum(found.fixes.values())
    blind = len({one.source for one in found.unseen})
    sections = (
        _hiding("By level", [(part.LEVELS[one.name], one.number) for one in found.levels]),
        _hiding("By kind", kinds),
        part.hidden_trend(found),
        _hiding("By mood", [(one.name, one.number) for one in found.moods], aside=True),
        _hiding("What complaints were about", found.themes, aside=True),
        Section("How fast people were told", lines=fast, aside=True),
        Section(
            "How often the program was corrected",
            lines=(f"Corrections by people: {hidden(fixed)}.",),
            aside=True,
        ),
        Section("What could not be seen", lines=(part.blind(blind, found.watched),), aside=True),
    )
    digest = _digest("governors", found, frame, sections, (_LIMITS, _HIDDEN, _NO_ANSWERS))
    return _as_numbers(digest, f"{_about(found.mentions.number)} in the week.")


def _hiding(heading: str, counts: Iterable[tuple[str, int]], *, aside: bool = False) -> Section:
    """What is not small; whether there is any of the rest is not said either."""
    rows = tuple((opened(name), hidden(number)) for name, number in counts if number >= SMALL)
    every = "Everything else" if rows else "Everything"
    return Section(heading, rows=rows, more=f"{every}: fewer than {SMALL} each.", aside=aside)


def _about(mentions: int) -> str:
    if mentions < SMALL:
        return opened(f"{hidden(mentions)} mentions")
    return f"About {hidden(mentions)} mentions"


def for_trust(schools: Sequence[tuple[str, Figures]], frame: Frame) -> Digest:
    """The trust's edition across its schools: numbers alone, and no small ones."""
    rows = tuple(
        (
            name,
            hidden(found.mentions.number),
            hidden(part.number(found.levels, "urgent", "respond")),
            hidden(part.number(found.moods, "negative")),
            f"{len({one.source for one in found.unseen})} of {found.watched}",
        )
        for name, found in schools
    )
    columns = ("School", "Mentions", "Needing action", "Negative", "Sources not seen")
    whole = sum(found.mentions.number for _, found in schools)
    many = counted(len(schools), "school")
    return Digest(
        edition="trust",
        school_id=frame.school_id,
        school=frame.school,
        title=f"The week at {many}",
        period=str(schools[0][1].week),
        opening=f"{_about(whole)} of {many} in the week.",
        notes=tuple(part.notes(frame)),
        tiles=(),
        sections=(Section("School by school", columns=columns, rows=rows),),
        standing=(_LIMITS, _HIDDEN),
        page="",
        reference=frame.reference,
    )


def opening(found: Figures) -> str:
    """The week in a sentence."""
    number = found.mentions.number
    blind = len({one.source for one in found.unseen})
    unseen = f"{counted(blind, 'source')} could not be seen for part of it"
    if not number and not found.watched:
        return "Nothing was found in the week, since no source is set up yet."
    if not number:
        calm = f", but {unseen}: this is no proof of calm" if blind else " in what is public"
        return f"No mention was found in the week{calm}."
    parts = [_volume(found.mentions), _needs(found), _mood(found.moods)]
    return f"{parts[0]}: {parts[1]}, and {parts[2]}." + (f" {unseen}." if blind else "")


def _volume(mentions: Compared) -> str:
    said = counted(mentions.number, "mention")
    if mentions.usual is None:
        return said
    if mentions.is_spike:
        return f"{said}, far more than usual ({about(mentions.usual)})"
    return f"{said}, where {about(mentions.usual)} is usual"


def _needs(found: Figures) -> str:
    number = part.number(found.levels, "urgent", "respond")
    if not number:
        return "none needs action"
    urgent = part.number(found.levels, "urgent")
    also = f" ({urgent} urgent)" if urgent else ""
    return f"{number} {'needs' if number == 1 else 'need'} action{also}"


def _mood(moods: Sequence[Compared]) -> str:
    whole = sum(one.number for one in moods)
    highest = max(moods, key=lambda one: one.number)
    if highest.number * 2 <= whole:
        return "the mood was mixed"
    return f"the mood was mostly {highest.name}"


def _digest(
    edition: Edition,
    found: Figures,
    frame: Frame,
    sections: Iterable[Section | None],
    standing: tuple[str, ...],
) -> Digest:
    return Digest(
        edition=edition,
        school_id=frame.school_id,
        school=frame.school,
        title=f"The week at {frame.school}",
        period=str(found.week),
        opening=opening(found),
        notes=tuple(part.notes(frame)),
        tiles=tuple(part.tiles(found)),
        sections=tuple(one for one in sections if one),
        standing=standing,
        page=frame.web,
        reference=frame.reference,
    )


def _as_numbers(digest: Digest, says: str) -> Digest:
    """Without what is exact, and without a way to the posts."""
    fields = {name: getattr(digest, name) for name in Digest.__dataclass_fields__}
    return Digest(**{**fields, "opening": says, "tiles": (), "page": ""})


EDITIONS: Mapping[Edition, Callable[[Figures, Frame], Digest]] = {
    "head": for_head,
    "dsl": for_safeguarding,
    "governors": for_governors,
}

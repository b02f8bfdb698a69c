"""PURE: a stored mention as the pages show it - its words, why, and what to say beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor import notices
from monitor.judge.rules import rule_book
from monitor.playbooks import book
from monitor.settings import School
from monitor.store.mentions import Mention
from monitor.store.pages import Elsewhere, Told
from monitor.web import telling, words
from monitor.web.headline import headed
from monitor.web.links import Link, link
from monitor.web.telling import Line, Untold, Way
from monitor.web.translating import gettext as _

QUOTE = 140
# Rules of the critical categories that find no criticism: news of a death is nobody's complaint.
NO_CRITICISM = frozenset(
    {"press.coverage", "press.journalist-asks", "press.over", "press.open", "complaint.question"}
)
SURE = 0.9
FAIRLY_SURE = 0.6


@dataclass(frozen=True, slots=True)
class Why:
    """A reason in plain words, and the words of the post that decided it."""

    says: str
    quote: str


@dataclass(frozen=True, slots=True)
class Card:
    """A mention in a list. Every field may hold foreign words, and is text."""

    id: str
    school: str
    level: str
    chip: str
    kinds: tuple[str, ...]
    heading: str
    excerpt: str
    source: str
    posted: datetime | None
    found: datetime
    why: tuple[Why, ...]
    tone: str
    elsewhere: int
    link: Link | None
    told: tuple[Line, ...]
    untold: Untold | None
    fair: str

    @property
    def says(self) -> tuple[str, ...]:
        """The reasons without the words that decided, each once."""
        return tuple(dict.fromkeys(reason.says for reason in self.why))


def card(
    mention: Mention,
    school: School,
    places: Sequence[Elsewhere],
    told: Mapping[str, Sequence[Told]],
    now: datetime,
    way: Way,
) -> Card:
    """What a list says of a mention; `told` has its letters and those of its other `places`."""
    source = words.sentence(mention.source)
    heading, excerpt = headed(mention.title, mention.text, source)
    return Card(
        id=mention.id,
        school=school.name,
        level=mention.level,
        chip=words.chip(mention.level, mention.tier),
        kinds=kinds(mention.categories),
        heading=heading,
        excerpt=excerpt,
        source=source,
        posted=mention.published,
        found=mention.seen_at,
        why=why(mention),
        tone=_(words.TONES[mention.sentiment]),
        elsewhere=len(places),
        link=link(mention.url),
        told=telling.lines(told.get(mention.id, ()), school, now, way),
        untold=telling.untold(mention, school, _of_family(mention, places, told), now),
        fair=fair(mention),
    )


def _of_family(
    mention: Mention, places: Sequence[Elsewhere], told: Mapping[str, Sequence[Told]]
) -> dict[str, Sequence[Told]]:
    return {name: told.get(name, ()) for name in (mention.id, *(place.id for place in places))}


def kinds(categories: Sequence[str]) -> tuple[str, ...]:
    """What kinds of post it is, in plain words, as the judge ordered them."""
    known = rule_book().categories
    return tuple(_(known[name].title) if name in known else name for name in categories)


def fair(mention: Mention) -> str:
    """What must stand beside criticism; where somebody may come to harm, that comes first."""
    is_grave = mention.level == "urgent" or mention.sentiment != "negative"
    return _(notices.fair()) if not is_grave and any(map(_criticises, mention.reasons)) else ""


def _criticises(reason: Mapping[str, Any]) -> bool:
    rule = str(reason["rule"])
    category = book().categories.get(rule.partition(".")[0])
    return category is not None and category.fair != "never" and rule not in NO_CRITICISM


def certainty(mention: Mention) -> str:
    """How sure it is that the post is about the school."""
    if mention.confidence >= SURE:
        return _("Sure")
    is_fairly = mention.confidence >= FAIRLY_SURE
    return _("Fairly sure") if is_fairly else _("Not sure: please check")


def why(mention: Mention) -> tuple[Why, ...]:
    """Every reason once, in the judge's order."""
    found = (Why(str(r["says"]), words.clipped(str(r["text"]), QUOTE)) for r in mention.reasons)
    return tuple(dict.fromkeys(found))

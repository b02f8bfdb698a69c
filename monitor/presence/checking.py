"""One check: every place is asked, what cannot be trusted is dropped, what came is graded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import sources
from monitor.judge.terms import Watch
from monitor.presence import accounts, searching
from monitor.presence.accounts import Shown, Where
from monitor.presence.grading import Grader, Opinion, Result
from monitor.presence.names import phrase, words_of
from monitor.presence.record import Finding, Gap, Identity, Run, in_order
from monitor.settings import SourceSettings
from sources.base import Ask, Flaw, Post, Reach, SourceError
from sources.links import identity as identity_of
from sources.search_engines import ENGINES
from sources.text import decode

# Kinds that can be asked about somebody by name.
KINDS = ("websearch", "bluesky", "youtube")
NOWHERE = (
    "No place to search is set up: add a source of the kind websearch, bluesky or youtube to the "
    "configuration, or search yourself as the lesson says."
)
# A place that finds an invented name at so many sites makes up what it finds.
_MADE_UP = 3
_LONGEST = 300
_MOST_FINDINGS = 200
_FAR_BACK = timedelta(days=3650)


class Place(Protocol):
    """Somewhere that can be asked."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    def queries(self, identity: Identity, school: Watch) -> tuple[str, ...]:
        """What is asked there for a person."""
        ...

    def ask(self, query: str) -> Iterator[Post | Flaw]:
        """What it finds; raises SourceError."""
        ...


@dataclass
class Searched:
    """A configured source, asked by a person's words instead of a school's, however old they are.

    `memo` is the source's own: what it counts as spent stays counted. Nothing else of it is used.
    """

    source: SourceSettings
    reach: Reach
    now: datetime
    memo: dict[str, Any] = field(default_factory=dict)
    folder: Path = Path()

    @property
    def counted(self) -> dict[str, Any]:
        """What has been spent of an allowance, for the source to remember."""
        return {name: self.memo[name] for name in _SPENT if name in self.memo}

    @property
    def name(self) -> str:
        """What people call the place."""
        backend = getattr(self.source.options, "backend", "")
        return ENGINES[backend].name if backend in ENGINES else self.source.kind.capitalize()

    def queries(self, identity: Identity, school: Watch) -> tuple[str, ...]:
        """Everything for an engine of the web; a few where posts are searched."""
        plan = searching.queries if self.source.kind == "websearch" else searching.posts
        return plan(identity, school)

    def ask(self, query: str) -> Iterator[Post | Flaw]:
        """What it finds; raises SourceError."""
        options = self.source.options.model_copy(update=_ASKED[self.source.kind](query))
        kept = {name: self.memo[name] for name in _COUNTED if name in self.memo}
        ask = Ask(self.source.id, options, (), self.now, kept, self.folder, back=_FAR_BACK)
        try:
            yield from sources.load(self.source.kind).collect(ask, self.reach)
        finally:
            self.memo.update({name: kept[name] for name in _COUNTED if name in kept})


_SPENT = ("spent", "search")
# A sign-in lasts for the check.
_COUNTED = (*_SPENT, "session")
_ASKED: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "websearch": lambda query: {"queries": (query,), "news": False, "own_sites": ()},
    "bluesky": lambda query: {"queries": (query,), "domains": ()},
    "youtube": lambda query: {
        "queries": (query,),
        "channels": (),
        "follow_video_comments_days": 0,
    },
}


@dataclass(frozen=True, slots=True)
class Check:
    """What is to be done for one person; `chance` makes up the control's name."""

    identity: Identity
    school: Watch
    places: Sequence[Place]
    reach: Reach
    now: datetime
    chance: Callable[[], float]
    accounts: Mapping[str, Where] = field(default_factory=accounts.places)

    def run(
        self, told: Callable[[str], object] = lambda _: None
    ) -> tuple[Run, tuple[Finding, ...]]:
        """Ask everywhere; `told` hears what is being asked. Nothing is raised: gaps are told."""
        tally = _Tally(searching.invented(self.chance))
        if not self.places:
            tally.gaps.append(Gap(place="Search engines", why=NOWHERE))
        for place in self.places:
            told(place.name)
            self._search(place, tally)
        for where in self.accounts.values() if self.identity.handles else ():
            told(where.name)
            self._look(where, tally)
        run = Run(
            at=self.now,
            asked=tally.asked,
            places=tuple(tally.places),
            gaps=tuple(tally.gaps),
            dropped=tuple(dict.fromkeys(tally.dropped)),
        )
        return run, self._findings(tally.found)

    def _search(self, place: Place, tally: _Tally) -> None:
        try:
            hosts = self._made_up(place, tally)
            if len(hosts) >= _MADE_UP:
                tally.dropped.append(place.name)
                return
            tally.dropped.extend(sorted(hosts))
            tally.places.append(place.name)
            for query in place.queries(self.identity, self.school):
                tally.asked += 1
                for result in _results(place, query, tally):
                    if _host(result.url) not in hosts:
                        tally.keep(result)
        except SourceError as error:
            tally.gaps.append(Gap(place=place.name, why=str(error)))

    def _made_up(self, place: Place, tally: _Tally) -> set[str]:
        """The sites that are said to know a name that nobody has."""
        query, words = f'"{tally.control}"', phrase(tally.control)
        found = _results(place, query, tally)
        return {_host(one.url) for one in found if words_of(one.whole).has(words)}

    def _look(self, where: Where, tally: _Tally) -> None:
        """Look for each of their accounts; a place that knows the invented one is dropped."""
        users = [handle.removeprefix("@") for handle in self.identity.handles]
        asked = [user for user in users if where.address(user)]
        if not asked:
            return
        try:
            if self._shown(where, "".join(phrase(tally.control))) == "there":
                tally.dropped.append(where.name)
                return
            tally.places.append(where.name)
            for user in asked:
                tally.asked += 1
                self._account(where, user, tally)
        except SourceError as error:
            tally.gaps.append(Gap(place=where.name, why=str(error)))

    def _account(self, where: Where, user: str, tally: _Tally) -> None:
        shown = self._shown(where, user)
        if shown == "there":
            page = where.page.format(name=user)
            tally.keep(Result(page, f"{user} at {where.name}", f"@{user}", where.name))
        elif shown == "unknown":
            why = f"its answer does not say whether there is an account {user}; look yourself."
            tally.gaps.append(Gap(place=where.name, why=why))

    def _shown(self, where: Where, user: str) -> Shown:
        response = self.reach.call(where.address(user))
        return where.shown(user, decode(response.body))

    def _findings(self, found: Mapping[str, Result]) -> tuple[Finding, ...]:
        grader = Grader(self.identity, self.school)
        graded = [(key, one, grader.opinion(one)) for key, one in found.items()]
        made = [
            _finding(key, one, opinion, self.now)
            for key, one, opinion in graded
            if opinion.grade != "not" or opinion.named
        ]
        return in_order(tuple(made))[:_MOST_FINDINGS]


@dataclass
class _Tally:
    control: str
    asked: int = 0
    places: list[str] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    found: dict[str, Result] = field(default_factory=dict)

    def keep(self, result: Result) -> None:
        """Each page once, with the most words that any place gave of it."""
        key = _key(result.url)
        known = self.found.get(key)
        if known is None or len(known.whole) < len(result.whole):
            self.found[key] = result


def _results(place: Place, query: str, tally: _Tally) -> list[Result]:
    made = []
    for item in place.ask(query):
        if isinstance(item, Flaw):
            gap = Gap(place=place.name, why=item.detail)
            if gap not in tally.gaps:
                tally.gaps.append(gap)
        elif item.url:
            made.append(Result(item.url, item.title, item.text, place.name, item.medium))
    return made


def _finding(key: str, result: Result, opinion: Opinion, now: datetime) -> Finding:
    return Finding(
        id=key,
        url=result.url,
        title=_cut(result.title),
        text=_cut(result.text),
        place=result.place,
        grade=opinion.grade,
        kind=opinion.kind,
        reasons=opinion.reasons,
        first=now,
        last=now,
    )


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _key(url: str) -> str:
    return hashlib.blake2b(identity_of(url).encode("utf-8", "replace"), digest_size=8).hexdigest()


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def asked_of(
    configured: Sequence[SourceSettings],
    reach: Callable[[], Reach],
    now: datetime,
    memos: Mapping[str, Mapping[str, Any]],
    folder: Path,
) -> list[Searched]:
    """The configured sources that can be asked about somebody by name."""
    return [
        Searched(source, reach(), now, dict(memos.get(source.id, {})), folder)
        for source in configured
        if source.enabled and source.kind in KINDS
    ]

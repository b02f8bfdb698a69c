"""HOW WORDS COME IN, ON ONE SCREEN: a source is read, its posts judged, what is owed remembered.

The other half, `monitor/delivery.py`, meets this one only in the outbox. A step takes one due
thing and says whether there was any: the scheduler, the commands and the tests call the same.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any

from monitor import grouping, health, memos, source_news, summaries
from monitor.health import State
from monitor.intake import Intake, Reading, content_of, story_of, take_in, thread_of
from monitor.judge import Judge
from monitor.judge.terms import Judgement, Words
from monitor.notices import worded
from monitor.polling import (
    Harvest,
    Polled,
    fault_of,
    fingerprint,
    host_of,
    polled_of,
    seen_in,
    unjudged,
)
from monitor.replying import heed
from monitor.settings import School, Settings, SourceSettings
from monitor.store import corrections, erasing, evidence, looks, mentions, reports
from monitor.store.deliveries import owe, owe_news
from monitor.store.engine import Connection, Store, StoreError
from monitor.store.looks import Gap, Look, Place
from monitor.store.mentions import Mention
from monitor.store.reports import ReportQueue
from monitor.stories import Recalled, first_of
from monitor.timing import next_look
from sources import load
from sources.base import Ask, Flaw, NotModified, Post, SourceError
from sources.fetch import Door, Fetcher
from sources.parsing import Parser

# So many sentences of what could not be read are kept for the pages.
FLAWS = 10

log = logging.getLogger("footprint")


@dataclass(frozen=True)
class Monitor:
    """The world, made once by `commands.build`: everything a step may touch.

    `schools` are those that are watched now; `judge` knows no corrections, and `taught` holds the
    one that does by the mark it is good for; `jitter` gives a chance from 0 to 1; `owner` names
    this process in leases; `judge_version` is kept with each judgement.
    """

    settings: Settings
    schools: tuple[School, ...]
    store: Store
    fetcher: Fetcher
    parser: Parser
    judge: Judge
    clock: Callable[[], datetime]
    jitter: Callable[[], float]
    owner: str
    judge_version: str
    claiming: threading.Lock = field(default_factory=threading.Lock)
    stuck: set[str] = field(default_factory=set)
    taught: dict[corrections.Mark, Judge] = field(default_factory=dict, init=False)
    signed_in: dict[str, dict[str, Any]] = field(default_factory=dict, init=False)

    @cached_property
    def fingerprints(self) -> Mapping[str, str]:
        """What each school is watched by, as a mark that changes with it."""
        return {school.id: fingerprint(school) for school in self.schools}

    @cached_property
    def sources(self) -> Mapping[str, SourceSettings]:
        """The sources that are read for the schools that are watched."""
        return self.settings.read_for(self.schools)

    def prepare(self) -> None:
        """Make the rows that the steps work on; let go of what a dead process held."""
        rows = {
            source.id: Place(source.kind, host_of(source), timedelta(minutes=source.every_minutes))
            for source in self.sources.values()
        }
        with self.store.writing() as connection:
            looks.sync(connection, rows, self.clock())
            for look in looks.everything(connection, rows):
                if self._newly_listening(look):
                    looks.make_due(connection, look.source, self.clock())

    def _newly_listening(self, look: Look) -> bool:
        """Whether a school has come for which this source has not been read yet."""
        source = self.sources[look.source]
        return any(source.listens_for(s.id) and s.id not in look.heard for s in self.schools)

    def poll_one(self, among: Collection[str] = ()) -> Polled | None:
        """Read the source that has been due longest, of these or of all; None where none is."""
        self._let_go()
        # One claim at a time: two at once could take two sources of one site.
        with self.claiming, self.store.writing() as connection:
            look = looks.claim_due(connection, self.clock(), self.owner, among or self.sources)
        return self._poll(look) if look else None

    def poll(self, source: str) -> Polled:
        """Read one source now, due or not, unless its site has asked to be left alone."""
        with self.store.writing() as connection:
            look = looks.claim(connection, source, self.clock(), self.owner)
        return self._poll(look) if look else self._not_now(source)

    def _not_now(self, source: str) -> Polled:
        with self.store.reading() as connection:
            (look,) = looks.everything(connection, (source,))
        why = "is being read by another process"
        if look.not_before and look.not_before > self.clock():
            until = worded(look.not_before)
            why = f"its site asked to be left alone until {until}; it is read again after that"
        return Polled(source, look.kind, "waiting", error=why)

    def _poll(self, look: Look) -> Polled:
        try:
            return self._read(look)
        except Exception as error:
            # The fence around a poll: whatever was not foreseen is this source's own failure.
            fault = str(error) if isinstance(error, StoreError) else fault_of(error)
            log.error("source %s: %s", look.source, fault)
            return self._unread(look, fault)

    def _unread(self, look: Look, fault: str) -> Polled:
        """Settle a look whose reading could not be kept; it is tried again."""
        harvest = Harvest(error=SourceError(fault))
        source = self.sources[look.source]
        self.stuck.add(look.source)
        state = health.after(look, seen_in(harvest, source, 0), self.clock())
        outcome = self._outcome(source, harvest, None, state)
        with self.store.writing() as connection:
            if looks.settle(connection, look, outcome):
                self._tell(connection, look, state, outcome["due_at"])
        self.stuck.discard(look.source)
        return polled_of(look, harvest, Intake(), outcome)

    def _let_go(self) -> None:
        """Give back what a database that was away did not let us settle."""
        if self.stuck:
            with self.store.writing() as connection:
                looks.let_go(connection, tuple(self.stuck), self.owner)
            self.stuck.clear()

    def _read(self, look: Look) -> Polled:
        source = self.sources[look.source]
        schools = {s.id: s for s in self.schools if source.listens_for(s.id)}
        heard = {school: self.fingerprints[school] for school in schools}
        first = frozenset(heard.keys() - look.heard.keys())
        again = frozenset(s for s in heard if look.heard.get(s, heard[s]) != heard[s])
        queue = ReportQueue(self.store, source.id, self.clock)
        anew = bool(first | again)
        door = Door(self.fetcher, self.parser, look.validators, fresh=anew, reports=queue)
        memo = memos.opened(look.memo, self.signed_in.get(source.id, {}))
        harvest = self._collect(source, tuple(schools.values()), door, memo)
        harvest.flaws += self._heed(door)
        intake = self._take_in(source, harvest.posts, schools, first, again)
        if intake.unjudged:
            harvest.flaws.append(unjudged(intake.unjudged))
        state = self._state(look, source, harvest, intake.fresh)
        outcome = self._outcome(source, harvest, door, state)
        self.signed_in[source.id] = memos.signing_in(memo)
        failed = harvest.error is not None
        outcome["memo"] = memos.kept(look.memo, memo, failed=failed, unjudged=intake.unjudged)
        outcome["flaws"] = harvest.flaws[:FLAWS]
        for flaw in outcome["flaws"]:
            if flaw not in look.flaws:  # said once, not at every poll while it lasts
                log.warning("source %s: %s", source.id, flaw)
        if not harvest.error:
            # A post that could not be judged must come again, changed or not.
            validators = {} if intake.unjudged else dict(door.validators)
            outcome |= {"validators": validators, "heard": heard}
        self._remember(look, intake, state, outcome, door.read_to)
        return polled_of(look, harvest, intake, outcome)

    def _collect(
        self,
        source: SourceSettings,
        schools: tuple[School, ...],
        door: Door,
        memo: dict[str, Any],
    ) -> Harvest:
        harvest = Harvest()
        phrases = tuple(school.name for school in schools)
        folder = self.settings.folder
        ask = Ask(source.id, source.options, phrases, self.clock(), memo, folder)
        try:
            for item in load(source.kind).collect(ask, door):
                if isinstance(item, Flaw):
                    harvest.flaws.append(item.detail)
                    harvest.blind = harvest.blind or (item.detail if item.blind else "")
                else:
                    harvest.posts.append(item)
        except NotModified:
            harvest.unchanged = True
        except SourceError as error:
            harvest.error = error
        except Exception as error:
            # The one fence around a source: its fault must not stop the others, and is shown.
            harvest.error = SourceError(fault_of(error))
            log.error("source %s: %s", source.id, harvest.error)
        return harvest

    def _heed(self, door: Door) -> list[str]:
        """Answers to our own letters take what they say; why one could not is a flaw, and shown."""
        if not door.replies:
            return []
        with self.store.writing() as connection:
            return heed(connection, self.settings, door.replies, self.clock())

    def _take_in(
        self,
        source: SourceSettings,
        posts: list[Post],
        schools: Mapping[str, School],
        first: frozenset[str],
        again: frozenset[str],
    ) -> Intake:
        if not posts:
            return Intake()
        keys = {post.key for post in posts}
        contents = {content_of(post) for post in posts}
        stories = {story for post in posts if (story := story_of(post.url))}
        with self.store.reading() as connection:
            judge = self._taught(connection)
            known = mentions.known_entries(connection, source.id, keys, contents)
            erased = erasing.barred(connection, contents)
            reading = Reading(
                source=source.id,
                posts=[post for post in posts if content_of(post) not in erased],
                known=known,
                mentions=mentions.of_entries(connection, source.id, keys | set(known)),
                stories=mentions.of_stories(connection, stories),
                schools=schools,
                first_sight=first,
                again=again,
                now=self.clock(),
            )
        linked = (*reading.stories, *reading.mentions.values())
        recall = partial(self._recall, linked, {thread_of(post) for post in posts} - {""})
        return take_in(reading, partial(self._judge, judge, source.id), recall)

    def _recall(
        self, linked: Sequence[Mention], threads: set[str], wanted: Mapping[str, frozenset[int]]
    ) -> Recalled:
        """What is kept in like words, and who heard of what a post may be of."""
        with self.store.reading() as connection:
            alike = mentions.alike(connection, wanted)
            stories = {first_of(mention) for mention in linked}
            stories |= {first_of(found.mention) for found in alike}
            told = mentions.told(connection, stories)
            return Recalled(alike, told, mentions.told_on_pages(connection, threads))

    def _taught(self, connection: Connection) -> Judge:
        """The judge with what people have corrected so far; made anew only where that changed."""
        mark = corrections.mark(connection)
        judge = self.taught.get(mark)
        if judge is None:
            lessons = corrections.lessons(connection)
            judge = self.judge.taught(lessons) if lessons else self.judge
            self.taught.clear()
            self.taught[mark] = judge
        return judge

    def _judge(self, judge: Judge, source: str, words: Words) -> tuple[Judgement, ...] | None:
        try:
            return judge.judge(replace(words, source=source))
        except Exception as error:
            # The fence around a judgement: the post is counted, shown and tried again, and its
            # neighbours are judged.
            log.error("a post could not be judged: %s", fault_of(error))
            return None

    def _state(self, look: Look, source: SourceSettings, harvest: Harvest, fresh: int) -> State:
        seen, now = seen_in(harvest, source, fresh), self.clock()
        waits = harvest.error is not None and harvest.error.health == "waiting"
        every = timedelta(minutes=source.every_minutes)
        if waits and not health.has_waited_long(look, every, now):
            # Nothing is wrong with it: its turn has not come.
            return health.unread(look)
        return health.after(look, seen, now)

    def _outcome(
        self, source: SourceSettings, harvest: Harvest, door: Door | None, state: State
    ) -> dict[str, Any]:
        now, error = self.clock(), harvest.error
        if error and error.health == "waiting":
            return {**state.kept, "due_at": now + (error.retry_after or timedelta())}
        asked = error.retry_after if error else door.pause if door else None
        due = next_look(
            now,
            timedelta(minutes=source.every_minutes),
            jitter=self.jitter(),
            health=state.health,
            failures=state.failures if error else 0,
            asked=asked,
            own=source.is_own,
        )
        pause = now + asked if error and asked else None
        outcome = {**state.kept, "due_at": due, "not_before": pause}
        if not error:
            outcome |= {"good_at": now}
        if not (error or harvest.unchanged):
            outcome |= {"fetched": len(harvest.posts)}
        return outcome

    def _remember(
        self,
        look: Look,
        intake: Intake,
        state: State,
        outcome: Mapping[str, Any],
        read_to: int | None,
    ) -> None:
        """One transaction: mentions, judgements, evidence, incidents, what is owed, the look."""
        now = self.clock()
        judged = [(mention, judgement) for mention, judgement, _ in (*intake.new, *intake.revised)]
        read = [(mention, post.record) for mention, _, post in (*intake.new, *intake.revised)]
        with self.store.writing() as connection:
            if not looks.settle(connection, look, outcome):
                log.warning("source %s was taken over by another process", look.source)
                return
            if read_to is not None and reports.came_after(connection, look.source, read_to):
                # Handed in while the inbox was being read: settling has put it off.
                looks.make_due(connection, look.source, now)
            mentions.rename_entries(connection, look.source, intake.renamed)
            mentions.note_entries(connection, look.source, intake.entries, now)
            mentions.add(connection, [mention for mention, _, _ in intake.new])
            for mention, _, _ in intake.revised:
                mentions.revise(connection, mention)
            kept = [mention for mention, _ in judged]
            mentions.keep_sketches(connection, kept, intake.sketches)
            mentions.keep_judgements(connection, judged, self.judge_version, now)
            mentions.keep_evidence(connection, read, now)
            evidence.owe(connection, kept, now)
            owe(connection, intake.owed, now)
            schools = {school.id: school for school in self.schools}
            grouping.keep(connection, intake, schools, now)
            owe(connection, summaries.owed(look.source, intake.held, schools, now), now)
            self._tell(connection, look, state, outcome["due_at"])

    def _tell(self, connection: Connection, look: Look, state: State, next_at: datetime) -> None:
        """Owe people the source's news, and write down a gap that is over."""
        now, source = self.clock(), self.sources[look.source]
        listening = [school for school in self.schools if source.listens_for(school.id)]
        owed = source_news.owed(source, look, state, listening, next_at, now)
        owe_news(connection, owed, now)
        if look.broken_since and not state.broken_since:
            looks.keep_gap(connection, Gap(look.source, look.broken_since, now, look.health))

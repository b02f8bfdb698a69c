"""PURE: what one reading of a source means - what is new, whose it is, who is owed an alert."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from monitor import hearing
from monitor.copies import Text
from monitor.judge.lines import answer_json
from monitor.judge.routing import Due
from monitor.judge.terms import Judgement, Level, Words
from monitor.matters import words_of
from monitor.settings import Person, School
from monitor.store.deliveries import Owed
from monitor.store.mentions import Mention, Told
from monitor.stories import Recalled, Stories, first_of
from sources.base import Post
from sources.links import identity, page_of

# A page that changes at every fetch must not be kept for ever (the cap of lemon24/reader).
REVISIONS = 24
# Reviews of one place stand on one page, and answer nobody.
_APART = frozenset({"google_review"})


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source held, and what was remembered of it before.

    `known` maps entry keys to their words' hash; `mentions` the stored mentions of these entries
    by (school, key); `stories` the stored mentions behind the same links. `first_sight` are the
    schools that this source is read for the first time for, `again` those whose names have
    changed since: for both, what is known is gone through as well.
    """

    source: str
    posts: Sequence[Post]
    known: Mapping[str, str]
    mentions: Mapping[tuple[str, str], Mention]
    stories: Sequence[Mention]
    schools: Mapping[str, School]
    first_sight: frozenset[str]
    again: frozenset[str]
    now: datetime

    def is_old(self, school: str, state: str) -> bool:
        """True where a post was there before this school was looked for under these names."""
        return school in self.first_sight or state == "known"


@dataclass(frozen=True, slots=True)
class Held:
    """An alert that nobody is owed, because the post was there before its school was looked for."""

    mention: Mention
    role: str
    email: str


@dataclass(slots=True)
class Intake:
    """What is to be written down, all in one transaction."""

    entries: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)
    new: list[tuple[Mention, Judgement, Post]] = field(default_factory=list)
    revised: list[tuple[Mention, Judgement, Post]] = field(default_factory=list)
    owed: list[Owed] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    sketches: dict[str, frozenset[int]] = field(default_factory=dict)
    fresh: int = 0
    matched: int = 0
    alerted: int = 0
    unjudged: int = 0


@dataclass(frozen=True, slots=True)
class _Found:
    """A post that speaks of a school, or of its namesake; `text` is how copies of it are told."""

    post: Post
    text: Text
    judgement: Judgement
    school: School
    old: bool


# A judgement for each school that the words speak of; None where they could not be judged.
Judging = Callable[[Words], tuple[Judgement, ...] | None]
# What is kept of each school under any of these numbers of sketches; asked once a reading.
Recalling = Callable[[Mapping[str, frozenset[int]]], Recalled]


def content_of(post: Post) -> str:
    """A hash of a post's words and who is shown beside them: two people's "me too" are two."""
    return hashlib.blake2b(
        f"{post.content_key}\n{post.author}".encode(errors="replace"), digest_size=16
    ).hexdigest()


def story_of(url: str) -> str:
    """A hash of what the link leads to; "" where there is none."""
    link = identity(url)
    return hashlib.blake2b(link.encode(), digest_size=16).hexdigest() if link else ""


def thread_of(post: Post) -> str:
    """A hash of the page on which a post is said or answered; "" where that is not known."""
    page = page_of(post.thread or post.url) if post.medium not in _APART else ""
    return hashlib.blake2b(page.encode(), digest_size=16).hexdigest() if page else ""


def take_in(reading: Reading, judge: Judging, recall: Recalling) -> Intake:
    """Decide about every post of a reading."""
    intake = Intake()
    found = list(_found(reading, intake, judge))
    recalled = recall(_sketches(found)) if found else Recalled()
    stories = Stories(reading.source, reading.stories, recalled)
    for each in found:
        _keep(reading, intake, stories, each)
    return intake


def _found(reading: Reading, intake: Intake, judge: Judging) -> Iterator[_Found]:
    """What speaks of a school among the posts that are to be judged."""
    for post, state in _with_states(reading, intake):
        if state == "known" and not reading.first_sight | reading.again:
            continue
        spoken = False
        words = Words(post.title, post.text, post.url, post.author, medium=post.medium)
        text = Text(post.title, post.text, post.author, post.medium, post.published or reading.now)
        judgements = judge(words)
        if judgements is None:
            intake.entries.pop(post.key, None)
            intake.unjudged += 1
        for judgement in judgements or ():
            school = reading.schools.get(judgement.profile)
            wanted = state != "known" or judgement.profile in reading.first_sight | reading.again
            if school and wanted:
                spoken |= judgement.relevant
                yield _Found(post, text, judgement, school, reading.is_old(school.id, state))
        intake.matched += spoken


def _sketches(found: Sequence[_Found]) -> dict[str, frozenset[int]]:
    numbers: dict[str, set[int]] = {}
    for each in found:
        if each.judgement.relevant:
            numbers.setdefault(each.school.id, set()).update(each.text.sketch)
    return {school: frozenset(some) for school, some in numbers.items()}


def _with_states(reading: Reading, intake: Intake) -> Iterator[tuple[Post, str]]:
    by_content = {content: key for key, content in reading.known.items()}
    present = {post.key for post in reading.posts}
    read: set[str] = set()
    for post in reading.posts:
        # Two entries under one key are alike to the letter: some feeds list an entry twice.
        if post.key in read:
            continue
        read.add(post.key)
        content = content_of(post)
        old = by_content.get(content)
        if post.key in reading.known:
            state = "known" if reading.known[post.key] == content else "changed"
        elif old is not None and old not in present and old not in intake.renamed:
            state, intake.renamed[old] = "known", post.key
            intake.before[post.key] = old
        else:
            state, intake.fresh = "new", intake.fresh + 1
        if state != "known":
            intake.entries[post.key] = content
        yield post, state


def _keep(reading: Reading, intake: Intake, stories: Stories, found: _Found) -> None:
    post, judgement, school = found.post, found.judgement, found.school
    before = reading.mentions.get((school.id, intake.before.get(post.key, post.key)))
    if before is None:
        twins = _twins(stories, found)
        mention = _mention(reading, post, judgement, school.id, twins)
        intake.new.append((mention, judgement, post))
        told: Sequence[Told] | None = stories.told_of(mention, found.text, twins)
    elif post.key in intake.entries and _is_worth_keeping(before, judgement):
        mention = _revision(before, post, judgement)
        intake.revised.append((mention, judgement, post))
        told = stories.told_before(before, judgement.level)
    else:
        return
    intake.sketches[mention.id] = found.text.sketch if judgement.relevant else frozenset()
    if not judgement.relevant:
        return
    stories.add(mention, found.text)
    if told is not None:
        stories.note(_owe(reading, intake, mention, found, told))


def _owe(
    reading: Reading, intake: Intake, mention: Mention, found: _Found, told: Sequence[Told]
) -> list[Told]:
    """Owe an alert to each who must hear and has not heard; hold what was there before its school
    was looked for.
    """
    level = found.judgement.level
    hears = partial(_hears, mention, found.judgement, found.school, reading.now)
    alerted = [each for each in told if not each.listed]
    owed = [
        _owed(mention, found.judgement, found.school, person, due)
        for person, due in _unheard(hears(old=found.old), level, alerted)
    ]
    intake.owed.extend(owed)
    intake.alerted += bool(owed)
    held = []
    if found.old and not owed:
        due_later = _unheard(hears(old=False), level, told)
        held = [Held(mention, due.role, person.email) for person, due in due_later]
    intake.held.extend(held)
    listed = [Told(mention, each.email, level, listed=True) for each in held]
    return [*(Told(mention, each.email, level) for each in owed), *listed]


def _unheard(
    hears: Iterable[tuple[Person, Due]], level: Level, told: Sequence[Told]
) -> list[tuple[Person, Due]]:
    """Those of the people who have not heard of it at this level or above."""
    heard = {each.email.casefold() for each in told if each.level.rank >= level.rank}
    return [(person, due) for person, due in hears if person.email.casefold() not in heard]


def _is_worth_keeping(before: Mention, judgement: Judgement) -> bool:
    """Past the cap only a reading that changes what the school must do is kept."""
    changed = (judgement.level.value, judgement.relevant) != (before.level, before.relevant)
    return changed or before.revision < REVISIONS


def _rank(level: Level) -> int:
    return level.rank


def _twins(stories: Stories, found: _Found) -> list[Mention]:
    if not found.judgement.relevant:
        return []
    post = found.post
    words = f"{post.title}\n{post.text}"
    return stories.twins(found.school.id, story_of(post.url), words, found.text)


def _mention(
    reading: Reading, post: Post, judgement: Judgement, school: str, twins: Sequence[Mention]
) -> Mention:
    return Mention(
        id=uuid.uuid4().hex,
        school=school,
        source=reading.source,
        entry_key=post.key,
        story=story_of(post.url),
        same_as=first_of(twins[0]) if twins else None,
        thread=thread_of(post),
        url=post.url,
        title=post.title,
        text=post.text,
        author=post.author,
        published=post.published,
        medium=post.medium,
        seen_at=reading.now,
        revision=1,
        highest=judgement.level.value,
        incident=None,
        **_answers(judgement),
    )


def _answers(judgement: Judgement) -> dict[str, Any]:
    answers = answer_json(judgement)
    lists = {name: tuple(answers[name]) for name in ("categories", "reasons")}
    return {**answers, **lists}


def _revision(before: Mention, post: Post, judgement: Judgement) -> Mention:
    return replace(
        before,
        url=post.url,
        title=post.title,
        text=post.text,
        author=post.author,
        published=post.published,
        medium=post.medium,
        story=story_of(post.url),
        thread=thread_of(post),
        revision=before.revision + 1,
        highest=max(Level(before.highest), judgement.level, key=_rank).value,
        **_answers(judgement),
    )


def _hears(
    mention: Mention, judgement: Judgement, school: School, now: datetime, *, old: bool
) -> tuple[tuple[Person, Due], ...]:
    words = words_of(mention)
    return hearing.dues(judgement, school, words, now, published=mention.published, old=old)


def _owed(mention: Mention, judgement: Judgement, school: School, person: Person, due: Due) -> Owed:
    """An alert for one person who must hear; nobody is told twice of one level of one thing."""
    return Owed(
        id=uuid.uuid4().hex,
        mention_id=mention.id,
        school=school.id,
        level=judgement.level.value,
        priority=judgement.level.rank,
        role=due.role,
        email=person.email,
        due_at=due.at,
    )

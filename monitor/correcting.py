"""PURE: whether a correction would change anything, and what it teaches."""

from __future__ import annotations

from monitor.judge.corrected import Kind
from monitor.judge.strangers import strangers
from monitor.judge.terms import Level, Words
from monitor.settings import School
from monitor.store.mentions import Mention


def is_pointless(mention: Mention, was: Level, kind: Kind, level: Level | None) -> bool:
    """True where nothing would change, or what is called a miss was none; `was` is the level at
    which the program itself put the mention.
    """
    if kind == "should-have-been":
        return level is None or level.rank <= was.rank
    if kind == "level":
        return mention.relevant and level == mention.level
    return mention.relevant is (kind == "about-us")


def learnt(mention: Mention, kind: Kind, school: School | None) -> tuple[str, ...]:
    """The names of something else that a post not about the school was found by."""
    if kind != "not-about-us" or school is None:
        return ()
    words = Words(mention.title, mention.text, mention.url, mention.author)
    return strangers(school.watch, words)

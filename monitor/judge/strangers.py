"""PURE: the longer names in which a school's name stands and means something else."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.judge.canonical import canonical, phrase
from monitor.judge.match import Matcher
from monitor.judge.terms import MOST_CHARACTERS, Watch, Words
from monitor.judge.weigh import Scene, School, school, word_lists

_NAMES = ("name", "alias")
_MOST_WORDS = 2
_SHORT = 3


def strangers(watch: Watch, words: Words) -> tuple[str, ...]:
    """The names around the school's name in a text that is not about it, each once, as written:
    "Hollybrook Wanderers", "Hollybrook Garden Centre". Empty where the name stands alone.

    The one or two words taken are part of a name by their capitals or by the packaged lists, and
    none of them is the school's own, a place of it, or the author's.
    """
    tokens = canonical(words.whole[:MOST_CHARACTERS])
    scene, whose = Scene(tokens), school(watch)
    first_at = {start: index for index, start in enumerate(tokens.starts)}
    last_at = {end: index for index, end in enumerate(tokens.ends)}
    evidence = Matcher([watch]).match(words, watch.id, tokens)[0].evidence
    spans = [(first_at[each.start], last_at[each.end]) for each in evidence if each.kind in _NAMES]
    spread = (tokens.between(*longer) for span in spans for longer in _longer(scene, whose, *span))
    found = (" ".join(name.split()) for name in spread)
    author = set(phrase(words.author))
    return tuple(name for name in dict.fromkeys(found) if not author.issuperset(phrase(name)))


def is_any_school(nickname: str) -> bool:
    """True for words that any school may be called by, or that mean nothing: "our school"."""
    lists = word_lists()
    common = lists["neutral"] | lists["school"] | lists["kinds"]
    return all(word in common or len(word) < _SHORT for word in phrase(nickname))


def _longer(scene: Scene, whose: School, first: int, last: int) -> Iterator[tuple[int, int]]:
    """First and last token of the longer name, where there is one."""
    after = last
    while after - last < _MOST_WORDS and _goes_on(scene, whose, first, last, after + 1):
        after += 1
        if scene.tokens.words[after] in word_lists()["things"]:
            break
    if after > last:
        yield first, after
    elif _begins(scene, whose, first - 1):
        yield first - 1, last


def _goes_on(scene: Scene, whose: School, first: int, last: int, index: int) -> bool:
    if index >= len(scene.tokens) or not _joins(scene, index) or _is_own(scene, whose, index):
        return False
    lists, words = word_lists(), scene.tokens.words
    word = words[index]
    # "Hollybrook Primary School kitchen" is the school's own; "Hollybrook Kitchen" is not.
    if word in lists["own_things"] and lists["kinds"].intersection(words[first : last + 1]):
        return False
    # "hollybrook garden centre": the word after it tells, where capitals say nothing.
    told = {word, *words[index + 1 : min(index + 2, last + 1 + _MOST_WORDS)]} & lists["things"]
    return bool(told) or word in lists["other_kinds"] or _is_capital(scene, index)


def _begins(scene: Scene, whose: School, index: int) -> bool:
    if index < 0 or not _joins(scene, index + 1) or _is_own(scene, whose, index):
        return False
    # A capital before the name is as often somebody's first name, which is not ours to keep.
    return scene.tokens.words[index] in word_lists()["befores"]


def _joins(scene: Scene, index: int) -> bool:
    """True where a blank or a hyphen is all that stands before a token, on the same line."""
    return scene.tight(index) and "\n" not in scene.tokens.breaks[index]


def _is_capital(scene: Scene, index: int) -> bool:
    return not scene.is_headline and scene.capital(index)


def _is_own(scene: Scene, whose: School, index: int) -> bool:
    """True for a word that says nothing of another thing, or speaks for the school."""
    word, lists = scene.tokens.words[index], word_lists()
    return word in whose.home or word in lists["neutral"] or word in lists["school"]

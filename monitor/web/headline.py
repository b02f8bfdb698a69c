"""PURE: what stands as a card's heading, and what below it, so that no words are said twice."""

from __future__ import annotations

import re

from monitor.web import words

LONGEST = 120
EXCERPT = 320
# A sentence of some length: "Omg." alone says nothing. Its mark is not that of "Mr." or "St.".
_SENTENCE = re.compile(
    rf"(?s).{{20,{LONGEST - 2}}}?(?<!\b(?:Mr|Ms|Dr|St))(?<!\b(?:Mrs|Rev))"
    r"[.!?…]+[\"'\u201d\u2019)]*(?=\s|$)"
)


def headed(title: str, text: str, place: str) -> tuple[str, str]:
    """A heading, and the words that go on from it or stand alone.

    A title that is only where the text begins is no title. Where the first sentence is too long
    for a heading, the heading names the place and the words stand whole below it.
    """
    line = words.clipped(text, LONGEST + EXCERPT)
    named = words.clipped(title, LONGEST)
    rest = _after(named, line)
    if named and rest is None:
        return named, words.clipped(line, EXCERPT)
    if named and rest is not None and not _goes_on(named, rest):
        return named, words.clipped(rest, EXCERPT)
    return _opening(line, place)


def _after(title: str, line: str) -> str | None:
    """What follows the title in a text that begins with it; None where the text does not."""
    start = re.sub(r"\s*(?:…|\.\.\.|\[…\])$", "", title)
    return line[len(start) :] if line.casefold().startswith(start.casefold()) else None


def _goes_on(title: str, rest: str) -> bool:
    """True where the title stops within a sentence of the text."""
    was_cut = re.search(r"(?:…|\.\.\.|\[…\])$", title) is not None
    return bool(rest.strip()) and (
        was_cut or re.match(r"\s?[a-z0-9,;:'\u2019)-]", rest) is not None
    )


def _opening(line: str, place: str) -> tuple[str, str]:
    if len(line) <= LONGEST:
        return line or "A post without words", ""
    first = _SENTENCE.match(line)
    if first is None:
        return f"A post in {place}", words.clipped(line, EXCERPT)
    return first[0], words.clipped(line[first.end() :], EXCERPT)

"""Guesses the language of a text from its script and its small words; it sees the text alone."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from monitor.judge.canonical import Tokens

JUDGED = frozenset(("en",))
_FEWEST_WORDS = 6
_LONGEST_LOOK = 400
_SCRIPTS = (
    ("ar", "\u0600", "\u06ff"),
    ("pa", "\u0a00", "\u0a7f"),
    ("hi", "\u0900", "\u097f"),
    ("bn", "\u0980", "\u09ff"),
    ("ta", "\u0b80", "\u0bff"),
    ("uk", "\u0400", "\u04ff"),
    ("el", "\u0370", "\u03ff"),
    ("he", "\u0590", "\u05ff"),
    ("ja", "\u3040", "\u30ff"),
    ("zh", "\u4e00", "\u9fff"),
    ("ko", "\uac00", "\ud7af"),
    ("am", "\u1200", "\u137f"),
    ("th", "\u0e00", "\u0e7f"),
)
_URDU = frozenset("ٹڈڑںےہھگچپ")


@cache
def _small_words() -> Mapping[str, frozenset[str]]:
    text = files("monitor.judge").joinpath("languages.toml").read_text(encoding="utf-8")
    return {code: frozenset(words.split()) for code, words in tomllib.loads(text).items()}


def _script(text: str) -> str:
    """The language of the script that most letters are in, or nothing for Latin letters."""
    sample = [char for char in text[: _LONGEST_LOOK * 5] if char.isalpha() and char > "\u024f"]
    counts = {code: sum(low <= char <= high for char in sample) for code, low, high in _SCRIPTS}
    code = max(counts, key=lambda name: counts[name])
    letters = sum(char.isalpha() for char in text[: _LONGEST_LOOK * 5])
    if counts[code] * 2 <= letters:
        return ""
    return "ur" if code == "ar" and _URDU.intersection(sample) else code


def language(tokens: Tokens) -> str:
    """The language as a code of two letters, or "und"; a very short text is taken for English."""
    if code := _script(tokens.source):
        return code
    words = [word for word in tokens.words[:_LONGEST_LOOK] if not word.isdigit()]
    scores = {code: sum(word in known for word in words) for code, known in _small_words().items()}
    best = max(scores, key=lambda name: scores[name])
    english = scores["en"]
    if scores[best] > max(english, 1) and scores[best] * 8 >= len(words):
        return best
    if english * 12 >= len(words) or len(words) < _FEWEST_WORDS:
        return "en"
    return "und"

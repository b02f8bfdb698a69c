"""Reads letters that only look like Latin ones as what they look like; it sees one word alone."""

from __future__ import annotations

import re
import unicodedata

_NAME = re.compile(
    r"(?:.*LATIN|REGIONAL INDICATOR) .*LETTER(?: SMALL CAPITAL)? ([A-Z])(?: WITH .*)?"
)
# Where Latin letters in other shapes stand; a scan of all Unicode would slow the start.
_BLOCKS = (
    (0xC0, 0x2B0),
    (0x1D00, 0x1DC0),
    (0x1E00, 0x1F00),
    (0x249C, 0x24EA),
    (0x2C60, 0x2C80),
    (0xA720, 0xA800),
    (0xAB30, 0xAB70),
    (0x1F110, 0x1F18A),
    (0x1F1E6, 0x1F200),
)
# Hangul fillers and the empty Braille cell: letters by name, nothing to the eye.
_NOTHING = dict.fromkeys(map(ord, "\u115f\u1160\u3164\uffa0\u2800"), "")
_ODD = {
    "\u0251": "a",
    "\u0261": "g",
    "\u0131": "i",
    "\u0237": "j",
    "\u0269": "i",
    "\u025b": "e",
    "\u0289": "u",
}
_ODD |= {"\xe6": "ae", "\xc6": "ae", "\u0153": "oe", "\u0152": "oe", "\xf0": "d", "\u0185": "b"}
_CHEROKEE = zip(
    "\u13aa\u13f4\u13df\u13a0\u13ac\u13c0\u13bb\u13a5\u13ab\u13e6\u13de\u13b7\u13e2\u13d2\u13da"
    "\u13a2\u13d9\u13d4\u13c3\u13a9",
    "abcdeghijklmprstvwzy",
    strict=True,
)


def _latin() -> dict[int, str]:
    table = {}
    for point in (point for first, end in _BLOCKS for point in range(first, end)):
        if named := _NAME.fullmatch(unicodedata.name(chr(point), "")):
            table[point] = named[1].lower()
    return table


_LATIN = _latin() | {ord(odd): plain for odd, plain in (*_ODD.items(), *_CHEROKEE)} | _NOTHING
# A capital may look like another letter than its small form does.
_CAPITALS = str.maketrans(
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",
    "abezhikmnoptyx",
)
_TWINS = str.maketrans(
    "аеорсухіјѕһԁԛԝкмтвнгӏαοερνικτυχ",
    "aeopcyxijshdqwkmtbhrlaoepviktux",
)
# Only in a word that holds Latin letters too: by themselves these spell words of their own.
_COUSIN_CAPITALS = str.maketrans(
    "ΛΔΠΣΩΘΓΞΦИДЛ",
    "aaneooreonaa",
)
_COUSINS = str.maketrans(
    "бдзилпшщьыэяєґѵүқөғфβγδζηθλμξπςσφωϲϳօոսհցյ",
    "bdzulnwwbberervykofobydznoluensoowcjonuhgj",
)
_LOOSE = _CAPITALS | _COUSIN_CAPITALS
_ALL_SMALL = _TWINS | _COUSINS


def look_alike(raw: str) -> str:
    """A word in lower case without accents, its letters read as the Latin ones they pass for.

    Letters of another alphabet are read so where Latin ones stand beside them, or where each of
    them passes for one; else the word is left in its own alphabet.
    """
    word = unicodedata.normalize("NFKD", raw.translate(_LATIN))
    if any(char.isascii() and char.isalpha() for char in word):
        return word.translate(_LOOSE).casefold().translate(_ALL_SMALL)
    folded = word.translate(_CAPITALS).casefold().translate(_TWINS)
    bare = "".join(char for char in folded if char.isalnum())
    return folded if bare.isascii() else word.casefold()

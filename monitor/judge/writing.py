"""How words, handles and addresses are written, as regular expressions; it reads nothing."""

from __future__ import annotations

import re
import unicodedata

APOSTROPHES = "'\u2018\u2019\u02bc\uff07`\u00b4"
PICTURES = {
    "\U0001f52a": "knife",
    "\U0001f5e1": "sword",
    "\U0001f52b": "gun",
    "\U0001f4a3": "bomb",
}


def _invisible() -> str:
    """The characters that live inside a word without being one, as a regex class."""
    kinds = {"Mn", "Mc", "Me", "Cf"}
    points = [p for p in range(0x80, 0x10000) if unicodedata.category(chr(p)) in kinds]
    runs: list[list[int]] = []
    for point in points:
        if runs and runs[-1][1] == point - 1:
            runs[-1][1] = point
        else:
            runs.append([point, point])
    ranges = "".join(f"\\u{first:04x}-\\u{last:04x}" for first, last in runs)
    return f"{ranges}\U000e0001-\U000e01ef\U0001f3fb-\U0001f3ff"


_INNER = _invisible()
# Letters in circles and squares, which Python takes for symbols; two flags' letters are a flag.
_ENCLOSED = "\u249c-\u24e9\U0001f110-\U0001f169\U0001f170-\U0001f189"
_FLAG = "\U0001f1e6-\U0001f1ff"
_LETTER = rf"(?:[^\W_]|[{_ENCLOSED}])"
_BODY = rf"(?:[^\W_]|[{_INNER}{_ENCLOSED}])+|(?:[{APOSTROPHES}]|\*{{1,5}})(?={_LETTER})"
# Not before an address: "now!www.hollybrook.sch.uk", "office@hollybrook.sch.uk".
_SIGN = (
    r"(?:@(?![\w-]+\.\w)[$!|]{0,2}|[$!|]{1,3})"
    rf"(?={_LETTER})(?!(?i:https?:|www\.))"
)
# Handles, hashtags and addresses by name; all else is a word, the signs inside one included.
TOKEN = re.compile(
    rf"(?P<url>(?i:https?://|www\.)[^\s<>\"]+)"
    rf"|(?P<handle>(?<![\w.])[@\uff20]\w[\w{_INNER}]*(?:[.-]\w[\w{_INNER}]*)*)"
    rf"|(?P<hashtag>[#\uff03]\w[\w{_INNER}]*)"
    rf"|(?:\$(?=[^\W\d_]))?{_LETTER}(?:{_BODY}|{_SIGN})*"
    rf"|(?<![{_FLAG}])[{_FLAG}](?![{_FLAG}])"
    rf"|[&\uff06]|[{''.join(PICTURES)}]+"
)
# A word without signs.
PIECE = re.compile(rf"{_LETTER}(?:{_BODY})*")
POSSESSIVE = re.compile(rf"[{APOSTROPHES}][sS]\Z")

"""PURE: values and comments as TOML; whatever a value holds, it stays a value."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping

from monitor.setup.facts import tidy

Value = str | int | bool | tuple[str, ...]
_WIDTH = 98
_DELETE = 0x7F
_ESCAPES = {'"': '\\"', "\\": "\\\\"}


def text(value: str) -> str:
    """A basic string."""
    return f'"{"".join(map(_escaped, value))}"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    code = ord(character)
    return f"\\u{code:04x}" if code < ord(" ") or code == _DELETE else character


def written(value: Value) -> str:
    """A value; a list that does not fit one line has a line for each of its words."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return text(value)
    words = [text(word) for word in value]
    line = f"[{', '.join(words)}]"
    return line if len(line) <= _WIDTH - 20 else "[\n" + "".join(f"    {w},\n" for w in words) + "]"


def setting(key: str, value: Value, note: str = "") -> str:
    """`key = value`, with a note after it where there is one."""
    line = f"{key} = {written(value)}"
    return f"{line.ljust(40)}  # {tidy(note)}" if note else line


def block(heading: str, settings: Mapping[str, Value]) -> str:
    """A table: its heading and its settings."""
    return "\n".join((heading, *(setting(key, value) for key, value in settings.items())))


def off(lines: str) -> str:
    """The same lines with "# " before each: to be switched on by taking it away."""
    return "\n".join(f"# {line}".rstrip() for line in lines.splitlines())


def comment(*paragraphs: str) -> str:
    """Words as comment lines."""
    lines = (line for words in paragraphs for line in textwrap.wrap(tidy_long(words), _WIDTH))
    return "\n".join(f"# {line}" for line in lines)


def tidy_long(words: str) -> str:
    """Words of our own with foreign ones among them: no line end and no control character."""
    return " ".join(filter(None, (tidy(word) for word in words.split())))


def joined(parts: Iterable[str], between: str = "\n\n") -> str:
    """The parts that say something, one after the other."""
    return between.join(part for part in parts if part)

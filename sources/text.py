"""Foreign text made safe to keep: bytes to characters, HTML to plain text, nothing that acts."""

from __future__ import annotations

import codecs
import html
import re
import sys

_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_LATIN = re.compile("[\x80-\x9f]|[\xc2-\xf4][\x80-\xbf]")
# What bytes 0x80 to 0x9f mean where somebody took Windows' letters for ISO's.
_WINDOWS = {n: bytes([n]).decode("cp1252", "replace") for n in range(0x80, 0xA0)}
_WESTERN = frozenset(("ascii", "iso8859-1", "cp1252"))
# Several bytes make a letter in these, so that they can pass for UTF-8 or ASCII.
_WIDE = ("big5", "cp9", "euc", "gb", "hz", "iso2022", "johab", "shift", "utf-32", "utf-7")
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")

_BLOCK_NAMES = (
    "address article aside blockquote body br caption center dd details dialog div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol option p pre section "
    "summary table tbody tfoot thead title tr ul"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_SPACED = frozenset(("td", "th"))
_SILENT = frozenset(("script", "style", "template"))
_TAG_NAME = re.compile(r"(/?)([a-zA-Z][^\s/>]*)")
_TAG_REST = re.compile(r"""(?:[^"'>]++|"[^"]*+"|'[^']*+')*+>""")
_REFERENCE = re.compile(r"&#([0-9]+|[xX][0-9a-fA-F]+);?")
_LONGEST_NUMBER = 12
_MARKUP = re.compile(r"<[a-zA-Z/!?]|&[#a-zA-Z]")
_BREAK = "\x00"  # stands for the end of a block; mended text never holds one of its own


def mend(text: str) -> str:
    """The text without NUL, control characters, non-characters and lone surrogates.

    Halves of a pair that stand side by side become their character, a lone half becomes U+FFFD;
    UTF-8 that somebody took for Latin-1 is read again, as are Windows' own letters.
    """
    if not text.isascii():
        text = _rejoin(text)
    return text if text.isprintable() else _UNWANTED.sub("", text)


def _rejoin(text: str) -> str:
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if _LATIN.search(text):
        try:
            text = text.encode("latin-1").decode("utf-8")
        except UnicodeError:
            text = text.translate(_WINDOWS)
    return text


def decode(body: bytes, charset: str = "") -> str:
    """The characters of a body, whatever it claims to be written in; never raises.

    `charset` is what HTTP said. A byte order mark wins; no claim of an alphabet of 256
    letters is believed where the bytes are UTF-8.
    """
    for mark, name in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    for name in _candidates(body, charset):
        try:
            return body.decode(name)
        except UnicodeError:
            continue
    return _mostly_utf8(body)


def _candidates(body: bytes, charset: str) -> list[str]:
    found = _DECLARED.match(body[:300])
    claims = [charset, found.group(1).decode("ascii", "replace") if found else ""]
    known = [name for name in map(_codec, claims) if name and not name.startswith("utf-16")]
    marks = _without_mark(body) if 0 in body[:4] else []
    wide = [name for name in known if name.startswith(_WIDE)]
    narrow = ["cp1252" if name in _WESTERN else name for name in known if name not in wide]
    return [*marks, *wide, "utf-8", *narrow]


def _without_mark(body: bytes) -> list[str]:
    return ["utf-16-be"] if body[:1] == b"\x00" else ["utf-16-le"]


def _codec(name: str) -> str:
    """Python's name of a text encoding, or nothing where it has none."""
    try:
        info = codecs.lookup(name.strip(" \"'"))
    except (LookupError, ValueError):
        return ""
    return info.name if getattr(info, "_is_text_encoding", True) else ""


def _mostly_utf8(body: bytes) -> str:
    """One broken byte does not turn a UTF-8 body into another alphabet."""
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    if sum(1 for char in text if char > "\x7f") - broken > broken:
        return text
    return body.decode("cp1252", "replace")


def fold(text: str) -> str:
    """Runs of white space become one space, runs of line ends one line end; the ends are cut."""
    return "\n".join(filter(None, (" ".join(line.split()) for line in text.splitlines())))


def mend_references(text: str) -> str:
    """Character references that name no character (`&#0;`, `&#xD800;`) become U+FFFD or nothing.

    Two halves of a pair become their character; every other reference stays as it is.
    """
    return mend(_REFERENCE.sub(_referred, text))


def _referred(found: re.Match[str]) -> str:
    digits = found.group(1)
    if len(digits) > _LONGEST_NUMBER:
        return "\ufffd"
    code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    if code > sys.maxunicode:
        return "\ufffd"
    return chr(code) if _UNWANTED.match(chr(code)) else found.group(0)


def plain(markup: str) -> str:
    """HTML as plain text: blocks become lines; scripts, styles, comments and tags are dropped.

    Takes time in proportion to the length, whatever the markup; lxml and html.parser do not.
    """
    text = mend(markup)
    if not _MARKUP.search(text):
        return fold(text)
    bare = html.unescape(_REFERENCE.sub(_referred, _Stripper(text).bare()))
    lines = (" ".join(line.split()) for line in bare.split(_BREAK))
    return mend("\n".join(filter(None, lines)))


class _Stripper:
    """Passes over tags as a browser does.

    What is looked for in vain once (a closing quotation, comment or script) cannot be found
    further on either, and is not looked for again: that keeps the time in proportion.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.missing: set[str] = set()
        self.preserved = False

    def bare(self) -> str:
        """The text between the tags, with a mark where a block begins or ends."""
        text, out, position = self.text, [""], 0
        while (start := text.find("<", position)) >= 0 and ">" not in self.missing:
            out.append(self._words(text[position:start]))
            position = self._pass(start, out)
        return "".join(out) + text[position:]

    def _words(self, piece: str) -> str:
        return piece.replace("\n", _BREAK) if self.preserved else piece

    def _pass(self, start: int, out: list[str]) -> int:
        """Past whatever begins at `start`; words of it that show are added to `out`."""
        tag = _TAG_NAME.match(self.text, start + 1)
        if tag:
            return self._tag(start, tag, out)
        if self.text.startswith("<!--", start) and (end := self._find("-->", start + 4)) >= 0:
            return end + 3
        if self.text.startswith(("<!", "<?", "</"), start):
            return self._close(start)
        out.append("<")
        return start + 1

    def _tag(self, start: int, tag: re.Match[str], out: list[str]) -> int:
        closing, name = tag.group(1), tag.group(2).lower()
        end = self._end(start, tag.end())
        if end == start:
            return start
        out.append(_BREAK if name in _BLOCKS else " " if name in _SPACED else "")
        if name == "pre":
            self.preserved = not closing
        if name not in _SILENT or closing:
            return end
        # What never closes hides nothing: its words are shown.
        return max(end, self._find(f"</{tag.group(2)}", end))

    def _end(self, start: int, position: int) -> int:
        if '"' not in self.missing:
            rest = _TAG_REST.match(self.text, position)
            if rest:
                return rest.end()
            self.missing.add('"')
        return self._close(start)

    def _close(self, start: int) -> int:
        """Past the next `>`; `start` itself where there is none, and then no tag is left."""
        end = self._find(">", start)
        return end + 1 if end >= 0 else start

    def _find(self, what: str, position: int) -> int:
        if what in self.missing:
            return -1
        found = self.text.find(what, position)
        if found < 0:
            self.missing.add(what)
        return found

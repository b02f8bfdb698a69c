"""RSS, RDF and Atom read by the standard library's expat: the quick way for well-formed feeds."""

from __future__ import annotations

from html import escape
from typing import Final
from urllib.parse import urljoin
from xml.parsers import expat

from sources.formats.entries import FIELD, Raw, words_of


class NotOurs(Exception):  # noqa: N818 - a question handed on, not an error
    """The body is not a plain, well-formed feed; feedparser is to judge it."""


_CORE = (
    "",
    "http://www.w3.org/2005/atom",
    "http://purl.org/atom/ns#",
    "http://purl.org/rss/1.0/",
    "http://my.netscape.com/rdf/simple/0.9/",
    "http://backend.userland.com/rss",
    "http://backend.userland.com/rss2",
    "http://blogs.law.harvard.edu/tech/rss",
)
_DC = ("http://purl.org/dc/elements/1.1/",)
_TERMS = ("http://purl.org/dc/terms/",)
_CONTENT = ("http://purl.org/rss/1.0/modules/content/",)
_MEDIA = ("http://search.yahoo.com/mrss/", "http://search.yahoo.com/mrss")
_ITUNES = ("http://www.itunes.com/dtds/podcast-1.0.dtd",)
_NAMES: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (_CORE, "item entry", "entry"),
    (_CORE, "guid id", "id"),
    (_CORE, "link", "link"),
    (_CORE + _DC, "title", "title"),
    (_MEDIA, "title", "media title"),
    (_CORE + _ITUNES, "summary", "summary"),
    (_CORE + _DC + _MEDIA, "description", "description"),
    (_CORE, "content", "content"),
    (_CONTENT, "encoded", "content"),
    (_CORE + _DC + _ITUNES, "author creator managingeditor", "author"),
    (_CORE, "name", "name"),
    (_CORE, "email", "email"),
    (_CORE, "pubdate published issued", "published"),
    (_TERMS, "issued", "published"),
    (_CORE, "updated modified", "updated"),
    (_DC, "date", "updated"),
    (_TERMS, "modified", "updated"),
    (_CORE + _TERMS, "created", "created"),
    (_MEDIA, "group content", "group"),
    (_CORE, "source contributor image textinput publisher", "skip"),
)
_FIELDS: Final = {
    f"{space} {name}".strip(): role
    for spaces, names, role in _NAMES
    for space in spaces
    for name in names.split()
}
_ROOTS = frozenset(("rss", "rdf", "feed"))
_USUAL: Final = {"description": "html"}
# Most fields of most feeds: without attributes they need no more than these. By element, the
# role and the type of what stands in it.
_SIMPLE: Final = {
    name: (role, _USUAL.get(role, ""))
    for name, role in _FIELDS.items()
    if role in ("title", "description", "summary", "content", "id", "link")
    or role in ("published", "updated", "created")
}
_BASE = "http://www.w3.org/XML/1998/namespace base"
_ABOUT = "http://www.w3.org/1999/02/22-rdf-syntax-ns# about"
_HTML_LINKS = frozenset(("text/html", "application/xhtml+xml", "html", "xhtml"))
_WORDED = frozenset(("title", "media title", "summary", "description", "content"))
_TEXTS = frozenset(("summary", "description", "content"))
_DATED = frozenset(("published", "updated", "created"))
_MARKUP_DEPTH = 200


def read_xml(text: str, base: str) -> tuple[list[Raw], list[str]]:
    """The entries of a well-formed feed and what has to be told about it; raises NotOurs.

    `text` is the mended document without its XML declaration; `base` is its own address.
    """
    reader = _Reader(base)
    try:
        reader.run(text)
    except (expat.ExpatError, ValueError) as error:
        raise NotOurs(str(error)) from error
    if not reader.entries and ("<item" in text or "<entry" in text):
        raise NotOurs("no entry was recognised")
    return reader.entries, sorted(reader.notes)


class _Reader:
    """The state of one run over one document; depths count from the root, which is 1."""

    def __init__(self, base: str) -> None:
        self.entries: list[Raw] = []
        self.notes: set[str] = set()
        self.atom = False
        self._parser = expat.ParserCreate("utf-8", namespace_separator=" ")
        self._depth = 0
        self._bases = [(0, base)]
        self._raw = Raw()
        self._entry = 0  # the depth of the open entry
        self._level = 0  # the depth at which the entry's own fields stand
        self._skip = 0  # the depth of a subtree that is none of the entry's own
        self._field = ""
        self._at = 0  # the depth of the open field
        self._kind = ""
        self._markup = False
        self._pieces: list[str] = []
        self._take = self._pieces.append
        self._person: dict[str, str] | None = None

    def run(self, text: str) -> None:
        """Read the document; raises ExpatError or NotOurs."""
        parser = self._parser
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._doctype
        parser.SkippedEntityHandler = self._skipped
        parser.Parse(text.encode(), True)

    def _doctype(
        self, _name: str, _system: str | None, _public: str | None, internal: bool
    ) -> None:
        if internal:
            raise NotOurs("it declares its own entities")

    def _skipped(self, name: str, _parameter: bool) -> None:
        raise NotOurs(f"the entity {name} is not declared")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth = depth = self._depth + 1
        if self._field and self._field != "author":
            self._open_markup(name)
        elif depth == self._level and name in _SIMPLE and not (attributes or self._skip):
            self._field, self._kind = _SIMPLE[name]
            self._at, self._markup = depth, False
            self._parser.CharacterDataHandler = self._take
        elif depth == 1:
            self._root(name, attributes)
        elif not self._skip:
            self._element(_FIELDS.get(name.lower(), ""), attributes)

    def _root(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2].lower()
        if local not in _ROOTS:
            raise NotOurs(f"its root is {local}")
        self.atom = local == "feed"
        self._rebase(attributes)

    def _rebase(self, attributes: dict[str, str]) -> None:
        if _BASE in attributes:
            self._bases.append((self._depth, urljoin(self._bases[-1][1], attributes[_BASE])))

    def _element(self, role: str, attributes: dict[str, str]) -> None:
        if attributes:
            self._rebase(attributes)
        if not self._entry:
            if role == "entry":
                self._open_entry(attributes)
            elif role == "skip":
                self._skip = self._depth
        elif self._depth == self._level:
            self._own(role, attributes)
        elif self._person is not None and role in ("name", "email"):
            self._open(role, "")

    def _open_entry(self, attributes: dict[str, str]) -> None:
        self._entry, self._level = self._depth, self._depth + 1
        self._raw = Raw(id=attributes.get(_ABOUT, ""), base=self._bases[-1][1])

    def _own(self, role: str, attributes: dict[str, str]) -> None:
        """A field of the entry itself begins."""
        if role == "group":
            self._level += 1
        elif role == "skip":
            self._skip = self._depth
        elif role == "link" and not self._link(attributes):
            return
        elif role == "id":
            linked = {key.lower(): value for key, value in attributes.items()}
            self._raw.linked = linked.get("ispermalink", "true") == "true"
            self._open(role, "")
        elif role and role != "entry":
            if attributes.get("mode") == "base64":
                raise NotOurs("its words are in base64")
            self._open(role, attributes.get("type", _USUAL.get(role, "")).strip().lower())

    def _link(self, attributes: dict[str, str]) -> bool:
        """True where the link stands in the element's text; one in `href` is taken here."""
        href = attributes.get("href") or attributes.get("url") or attributes.get("uri")
        if href is None:
            return True
        kind = attributes.get("type", "text/html").lower()
        if attributes.get("rel", "alternate") == "alternate" and kind in _HTML_LINKS:
            self._raw.link, self._raw.base = href.strip(), self._bases[-1][1]
        return False

    def _open(self, role: str, kind: str) -> None:
        self._field, self._at, self._kind = role, self._depth, kind
        self._pieces.clear()
        self._markup = kind in ("xhtml", "application/xhtml+xml")
        # Only inside a field are letters wanted, and taken without a call of ours.
        self._parser.CharacterDataHandler = self._escaped if self._markup else self._take
        if role == "author":
            self._person = {}

    def _open_markup(self, name: str) -> None:
        """Markup inside a field is written out again, without its attributes."""
        if not self._markup:
            self._markup, self._kind = True, "html"
            self._parser.CharacterDataHandler = self._escaped
        if self._depth - self._at <= _MARKUP_DEPTH:
            self._take(f"<{name.rpartition(' ')[2]}>")

    def _escaped(self, data: str) -> None:
        self._take(escape(data, quote=False))

    def _end(self, name: str) -> None:
        if self._field:
            if self._depth == self._at:
                self._close()
            elif self._field != "author" and self._depth - self._at <= _MARKUP_DEPTH:
                self._take(f"</{name.rpartition(' ')[2]}>")
        elif self._depth == self._skip:
            self._skip = 0
        elif self._depth == self._entry:
            self.entries.append(self._raw)
            self._entry = 0
        elif self._entry and self._depth == self._level - 1 and not self._skip:
            self._level -= 1
        if self._bases[-1][0] == self._depth:
            self._bases.pop()
        self._depth -= 1

    def _close(self) -> None:
        """The open field ends."""
        role, self._field = self._field, ""
        self._parser.CharacterDataHandler = None
        value = "".join(self._pieces).strip()
        self._pieces.clear()
        if len(value) > FIELD:
            self.notes.add("A field of an entry was longer than a million letters and was cut.")
            value = value[:FIELD]
        if role in _WORDED:
            self._store_words(role, value)
        elif role in _DATED and value:
            self._raw.dates[role] = value
        else:
            self._store(role, value)

    def _store(self, role: str, value: str) -> None:
        if role in ("name", "email") and self._person is not None:
            self._person[role] = value
            # The person's own element is still open around this one.
            self._field, self._at = "author", self._depth - 1
        elif role == "author":
            self._store_author(value)
        elif role == "id" and value:
            self._raw.id = value
        elif role == "link" and value:
            self._raw.link = value.replace("&amp;", "&")

    def _store_author(self, value: str) -> None:
        person, self._person = self._person or {}, None
        name, email = person.get("name", ""), person.get("email", "")
        person_name = f"{name} ({email})" if name and email else name or email
        self._raw.author = person_name or value or self._raw.author

    def _store_words(self, role: str, value: str) -> None:
        words = words_of(role, value, self._kind, atom=self.atom)
        if not value or words is None:
            return
        raw = self._raw
        if role in _TEXTS:
            raw.texts.append(words)
        elif not raw.title.value or (role, raw.title.name) == ("title", "media title"):
            raw.title = words

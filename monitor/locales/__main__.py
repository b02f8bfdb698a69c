"""`python -m monitor.locales` brings the catalogue up to the pages, and says what lacks Welsh."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from monitor.clocks import MARKS
from monitor.judge.rules import rule_book
from monitor.playbooks import book

HERE = Path(__file__).parent
PAGES = HERE.parent / "web"
WELSH = HERE / "cy" / "LC_MESSAGES" / "footprint.po"
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
OPTIONS = {"templates/**.html": {"trimmed": "true", "newstyle_gettext": "true"}}
KEYWORDS = {"_": None, "ngettext": (1, 2), "later": None, "counted": (2, 3)}
HEADER = """\
# The pages of Footprint in Welsh.
# A speaker of Welsh has not yet checked this; the pages say so.
# `python -m monitor.locales` adds what pages say anew; write its Welsh here by hand."""


def extracted() -> Catalog:
    """Every message that a page or its code marks, with the files that do."""
    found = Catalog(domain="footprint")
    marked = extract_from_dir(PAGES, METHODS, OPTIONS, KEYWORDS, strip_comment_tags=True)
    for says in _packaged():
        found.add(says)
    for name, _line, message, _comments, _context in sorted(marked, key=lambda one: one[:2]):
        found.add(message, locations=[(name, 1)])
    return found


def _packaged() -> Iterator[str]:
    """What pages show of the packaged texts in their own language."""
    yield from (category.title for category in rule_book().categories.values())
    yield from (mark.capitalize() for mark in MARKS)
    yield book().common.fair.says


def kept() -> Catalog:
    """The Welsh catalogue as it stands."""
    return read_po(io.BytesIO(WELSH.read_bytes()), locale="cy", domain="footprint")


def renewed() -> Catalog:
    """The Welsh catalogue with what is said anew, and without what no page says any more."""
    catalogue = kept()
    catalogue.update(extracted(), no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    catalogue.header_comment = HEADER
    catalogue.last_translator = catalogue.language_team = "nobody yet"
    catalogue.msgid_bugs_address = "the repository"
    return catalogue


def lacking(catalogue: Catalog) -> list[str]:
    """The messages that have no Welsh yet, or not in every number."""
    return [
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalogue
        if message.id and not _is_said(message.string)
    ]


def _is_said(welsh: str | tuple[str, ...] | list[str] | None) -> bool:
    return bool(welsh) and (isinstance(welsh, str) or all(welsh or ()))


def main() -> int:
    """Write the catalogue; 1 where a message has no Welsh."""
    catalogue = renewed()
    written = io.BytesIO()
    write_po(written, catalogue, width=100, include_lineno=False, sort_output=True)
    WELSH.write_bytes(written.getvalue())
    without = lacking(catalogue)
    for message in without:
        sys.stdout.write(f"no Welsh yet: {message}\n")
    return 1 if without else 0


if __name__ == "__main__":
    sys.exit(main())

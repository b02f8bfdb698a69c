"""An inbox: what people and programs hand in, by the web or as files in a drop folder."""

from __future__ import annotations

import hashlib
import json
import re
from codecs import BOM_UTF8
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StrictInt, field_validator

from sources.base import Ask, Dropped, Drops, Flaw, Post, Reach, Response, SourceError
from sources.formats import alert_mails
from sources.formats.api import (
    NotJsonError,
    answer,
    at,
    document,
    entry,
    number_at,
    rows_at,
    text_at,
)
from sources.formats.mails import NotMailError, opened
from sources.formats.sender import sender_of
from sources.links import canonical, safe_link
from sources.own import owner, titled
from sources.posts import flaws, posts, refuse
from sources.services import in_form
from sources.text import fold, mend, plain

_MB = 1024**2
_SHORTEST_SECRET = 16
# A poll must end within ten minutes; a large mail takes its reader a second or two.
_FILES, _BYTES = 200, 50 * _MB
# Where a post could not be judged its reports are read anew, so often; then the place is left.
_READ_AGAIN = 3
_MAIL = re.compile(rb"\s*(?:From |[A-Za-z][A-Za-z0-9-]{1,60}:)")
# By which name each program calls a field: our own reports, JSON Feed and F5Bot, and the
# tokens of changedetection.io (as its documentation names them).
_NAMES = {
    "link": ("url", "external_url", "watch_url"),
    "title": ("title", "watch_title"),
    "text": ("text", "content_text", "message", "summary"),
    "author": ("author_as_shown", "username", "author"),
    "published": ("seen_at", "date_published"),
    "where": ("where",),
}
_HTML, _AUTHORS, _TAGS, _ATTACHED = "content_html", "authors", "tags", "attachments"
_BY_PROGRAMS = frozenset((_HTML, "content_text", "message", "watch_url"))
# What a record has of its own, by names that a report may have too.
_OURS = frozenset(("link", "title", "content", "author", "published", "where", "query"))
_MORE_FIELDS, _LONGEST_NAME, _LONGEST_VALUE, _LONGEST_WHERE = 50, 60, 2_000, 200
_NOTHING = "holds neither an address nor words"


class Options(BaseModel):
    """The secret with which programs sign what they hand in, and the folder where files are put.

    `about` names the school that reports are about, where several listen to this source.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    # It is asked of nobody else.
    least_minutes: ClassVar[float] = 1 / 60
    quiet_is_well: ClassVar[bool] = True

    hmac_secret: SecretStr = SecretStr("")
    folder: Annotated[
        str, in_form(r"[^\x00-\x1f\x7f]{0,500}", "must be a folder's name, such as drop")
    ] = ""
    max_file_mb: Annotated[StrictInt, Field(ge=1, le=25)] = 10
    about: str = Field(default="", max_length=200)

    @field_validator("hmac_secret")
    @classmethod
    def _hard_to_guess(cls, secret: SecretStr) -> SecretStr:
        if 0 < len(secret.get_secret_value()) < _SHORTEST_SECRET:
            raise ValueError(f"is too short; make one of at least {_SHORTEST_SECRET} characters")
        return secret


def read(body: bytes, url: str, charset: str, *, whose: str = "") -> dict[str, Any]:
    """The entries of a report, of another program's notification, or of a mail."""
    body = body.removeprefix(BOM_UTF8)
    if _MAIL.match(body):
        return _read_mail(body, whose)
    try:
        given = document(body, url, charset)
    except NotJsonError:
        return {"error": "is neither JSON nor a mail that can be read"}
    rows = _rows(given)
    entries = [made for row in rows if (made := _entry(row, whose))]
    if not entries:
        return {"error": _NOTHING}
    result = answer(entries)
    left = len(rows) - len(entries)
    notes = (
        [f"{left} of {len(rows)} items holds no address and no words; left out."] if left else []
    )
    return {**result, "notes": [*notes, *result["notes"]]}


def _rows(given: Any) -> list[dict[str, Any]]:
    """One report, or the items of a feed or list of them."""
    items = given if isinstance(given, list) else at(given, "items")
    if isinstance(items, list):
        return rows_at(items)
    return [given] if isinstance(given, dict) else []


def _entry(row: Mapping[str, Any], whose: str) -> dict[str, Any] | None:
    """The report as an entry; None where it says nothing."""
    found = {field: _first(row, field) for field in _NAMES}
    text = found["text"] or plain(text_at(row, _HTML))
    link = safe_link(found["link"])
    if not (link or fold(mend(text)) or fold(mend(found["title"]))):
        return None
    where = " ".join(mend(found["where"]).split())[:_LONGEST_WHERE]
    title = found["title"]
    if _BY_PROGRAMS.isdisjoint(row):
        title = titled(title or (f"Report from {where}" if where else "Report"), whose)
    return entry(
        id=_identity(link, text or found["title"]),
        link=found["link"],
        title=title,
        text=text,
        author=found["author"] or _nested_author(row),
        published=found["published"],
        more={"where": where, "query": text_at(row, _TAGS, 0), **_rest(row, found.values())},
    )


def _first(row: Mapping[str, Any], field: str) -> str:
    return next((text for name in _NAMES[field] if (text := text_at(row, name).strip())), "")


def _nested_author(row: Mapping[str, Any]) -> str:
    """As JSON Feed writes it: 1.0 in `author`, 1.1 in `authors`."""
    return text_at(row, "author", "name") or text_at(row, _AUTHORS, 0, "name")


def _identity(link: str, text: str) -> str:
    """Its address and its words: of one discussion several posts are reported."""
    words = f"{canonical(link)}\n{fold(mend(text))}"
    return hashlib.sha256(words.encode()).hexdigest()


def _rest(row: Mapping[str, Any], used: Collection[str]) -> dict[str, str]:
    """What else the report says, for its record; of files what they are, and never their bytes."""
    rest = {name: _as_text(value) for name, value in row.items() if name != _ATTACHED}
    kept = [
        (f"their {name}" if name in _OURS else name, value)
        for name, value in rest.items()
        if value and value.strip() not in used and not value.startswith("data:")
    ]
    files = [
        {name: text_at(file, name)[:_LONGEST_WHERE] for name in ("name", "sha256", "bytes")}
        for file in rows_at(row, _ATTACHED)[:_MORE_FIELDS]
    ]
    told = {_ATTACHED: _as_text(files)} if files else {}
    return {mend(name)[:_LONGEST_NAME]: value for name, value in kept[:_MORE_FIELDS]} | told


def _as_text(value: Any) -> str:
    if value is None or isinstance(value, str):
        return (value or "")[:_LONGEST_VALUE]
    try:
        return json.dumps(value, ensure_ascii=False)[:_LONGEST_VALUE]
    except (ValueError, RecursionError):
        return ""


def _read_mail(body: bytes, whose: str) -> dict[str, Any]:
    """Its items, with their links: whoever handed it in answers for its sender."""
    try:
        sender = sender_of(opened(body))
        if not sender:
            return {"error": "is a mail that names no single sender in its From line"}
        result = alert_mails.read(body, (sender.domain,), "", must_be_proven=False)
    except NotMailError as error:
        return {"error": f"is a mail that {error}"}
    if not result["entries"]:
        return {"error": "is a mail in which there are no words"}
    return {**result, "entries": [_named(made, whose) for made in result["entries"]]}


def _named(made: dict[str, Any], whose: str) -> dict[str, Any]:
    """A person found it to be about the school, so that its own words need not name it."""
    words = f"{made['title']}\n{made['text']}".casefold()
    if whose.casefold() in words:
        return made
    return {**made, "title": titled(made["title"] or "Mail", whose)}


def collect(ask: Ask, reach: Reach) -> Iterator[Post | Flaw]:
    """Yield what waits in the queue and then what lies in the folder; raises SourceError."""
    came = False
    for item in _handed_in(ask, reach):
        came = True
        yield item
    if not ask.options.folder:
        return
    try:
        yield from _dropped(ask, reach)
    except SourceError as error:
        if not came:
            raise
        # An error would have the queue read again from its start, and never past its first part.
        yield Flaw(str(error))


def _handed_in(ask: Ask, reach: Reach) -> Iterator[Post | Flaw]:
    """What has been handed in by the web. What an earlier poll took in is let go of first."""
    reach.forget(ask.memo.get("taken", []))
    after = number_at(ask.memo, "read")
    taken: list[int] = []
    for report in reach.handed_in(after):
        what = f"Report {report.number}, handed in on {report.received_at:%d %B %Y at %H:%M} UTC,"
        try:
            yield from _read(what, report.content, ask, reach)
            taken.append(report.number)
        except SourceError as error:
            # A reader that ran out of time may have been held up by others' work.
            if error.health == "slow" and ask.memo.get("tried") != report.number:
                ask.memo["tried"] = report.number
                yield Flaw(f"{error} It is tried once more.")
                break
            yield Flaw(f"{error} It is kept in the database as it came.")
        ask.memo["read"] = report.number
    ask.memo["taken"] = taken
    if taken and _times_read(ask, after) > _READ_AGAIN:
        ask.memo["taken"] = []
        yield Flaw(
            f"Something in reports {taken[0]} to {taken[-1]} could not be judged, however often "
            "they were read. They are kept in the database as they came."
        )


def _times_read(ask: Ask, after: int) -> int:
    """How often the reports after that number have been read, this time among them."""
    kept = ask.memo.get("tries")
    times = number_at(kept, "times") if number_at(kept, "after") == after else 0
    ask.memo["tries"] = {"after": after, "times": times + 1}
    return times + 1


def _read(what: str, content: bytes, ask: Ask, reach: Reach) -> list[Post | Flaw]:
    """What it holds; raises SourceError, of health "slow" where its reader did not end well."""
    response = Response(f"inbox://{ask.source}/", 200, {}, content)
    try:
        result = reach.parse("inbox", response, whose=owner(ask, ask.options.about))
    except SourceError:
        raise SourceError(f"{what} could not be read safely.", "slow") from None
    refuse(what, result, "a report")
    return [*flaws(what, result), *posts(result["entries"])]


def _dropped(ask: Ask, reach: Reach) -> Iterator[Post | Flaw]:
    """What lies in the folder.

    A file is moved at the poll after the one that read it: only then is what it held committed.
    `settled` says of each mark why its file is refused, "" where it has been taken in.
    """
    settled: Mapping[str, str] = ask.memo.get("settled", {})
    now_settled: dict[str, str] = {}
    drops = reach.drops(_folder(ask))
    read = size = 0
    for file in drops.files(ask.options.max_file_mb * _MB):
        if file.mark in settled:
            yield from _put_away(drops, file, settled[file.mark], now_settled)
            continue
        if read == _FILES or size > _BYTES:
            break
        read, size = read + 1, size + len(file.content)
        now_settled[file.mark] = ""
        try:
            yield from _open(file, ask, reach)
        except SourceError as error:
            now_settled[file.mark] = str(error)
            yield Flaw(str(error))
    ask.memo["settled"] = now_settled


def _folder(ask: Ask) -> Path:
    """The drop folder; a folder with files of ours in it would be emptied, and is refused."""
    home = ask.folder.resolve()
    folder = home / str(ask.options.folder)
    if folder.resolve() in (home, *home.parents):
        raise SourceError(
            f"folder = “{ask.options.folder}” leads to the configuration itself; give the drop "
            "folder one of its own.",
            "needs you",
        )
    return folder


def _put_away(
    drops: Drops, file: Dropped, why: str, settled: dict[str, str]
) -> Iterator[Post | Flaw]:
    try:
        drops.put_away(file, why)
    except SourceError as error:
        settled[file.mark] = why
        yield Flaw(str(error))


def _open(file: Dropped, ask: Ask, reach: Reach) -> list[Post | Flaw]:
    what = f"The file {' '.join(mend(file.name).split())[:100]} in {ask.options.folder}"
    if file.wrong:
        raise SourceError(f"{what} was not read. {file.wrong}")
    return _read(what, file.content, ask, reach)

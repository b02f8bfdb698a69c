"""Reads posts and schools from JSON and writes judgements as JSON; text in, values out."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from monitor.judge.terms import Judgement, Staff, Watch, Words

LONGEST_LINE = 2 * 1024 * 1024
_TEXTS = ("profile", "source", "title", "author", "url", "published")
_LISTS = ("aliases", "handles", "hashtags", "urls", "places", "exclude")


class ProfilesError(ValueError):
    """A file of schools that cannot be used; the message is one plain line."""


@dataclass(frozen=True, slots=True)
class PostLine:
    """One post: its line number (from 1), its id, the school it is for (or None), its words,
    and its labels as they stand, where it has any.
    """

    number: int
    id: str
    profile: str | None
    words: Words
    labels: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that could not be read, and why in plain English; the number is not in the message."""

    number: int
    message: str


class _BadPost(Exception):  # noqa: N818 - becomes a BadLine
    pass


def read_posts(
    lines: Iterable[bytes], profiles: Collection[str] | None = None
) -> Iterator[PostLine | BadLine]:
    """Each line's post, or why it is none, in order; empty lines are passed over.

    With `profiles`, a post for any other school is a BadLine. A post that names its school is
    taken to have been found by a search for it.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield _post(number, line, profiles)
            except _BadPost as error:
                yield BadLine(number, str(error))


def _post(number: int, line: bytes, profiles: Collection[str] | None) -> PostLine:
    fields = _fields(line)
    for key in ("id", "text"):
        if not isinstance(fields.get(key), str):
            raise _BadPost(f"'{key}' is missing or is not text; every post needs it.")
    for key in _TEXTS:
        if not isinstance(fields.get(key) or "", str):
            raise _BadPost(f"'{key}' is not text; put it in quotation marks or leave it out.")
    labels = fields.get("labels")
    if labels is not None and not isinstance(labels, dict):
        raise _BadPost('\'labels\' is not an object; write it as {"level": "routine", ...}.')
    profile = fields.get("profile") or None
    if profile is not None and profiles is not None and profile not in profiles:
        raise _BadPost(f"'{profile}' is not the id of a school that is set up.")
    return PostLine(number, fields["id"], profile, _words(fields, profile), labels)


def _words(fields: Mapping[str, Any], profile: str | None) -> Words:
    title, url, author = (str(fields.get(key) or "") for key in ("title", "url", "author"))
    medium = str(fields.get("source") or "")
    return Words(title, fields["text"], url, author, profile is not None, medium)


def _fields(line: bytes) -> dict[str, Any]:
    if len(line) > LONGEST_LINE:
        raise _BadPost("it is longer than 2 MB; leave out what is not the post's own text.")
    try:
        fields = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _BadPost("it is not UTF-8; save the file as UTF-8.") from None
    except (ValueError, RecursionError):
        raise _BadPost("it is not JSON; each line must hold one whole post.") from None
    if not isinstance(fields, dict):
        raise _BadPost("it is not a JSON object; write each post in { }.")
    return fields


def judgement_json(post_id: str, judgement: Judgement) -> dict[str, Any]:
    """A judgement as `footprint judge` prints it; `profile` is null where it is nobody's."""
    return {"id": post_id, "profile": judgement.profile or None, **answer_json(judgement)}


def answer_json(judgement: Judgement) -> dict[str, Any]:
    """The answers of a judgement as JSON values, as they are printed and kept."""
    return {
        "relevant": judgement.relevant,
        "confidence": judgement.confidence,
        "sentiment": judgement.sentiment,
        "compound": judgement.compound,
        "categories": list(judgement.categories),
        "level": judgement.level.value,
        "tier": judgement.tier,
        "language": judgement.language,
        "reasons": [asdict(reason) for reason in judgement.reasons],
    }


def watches_from_json(text: str) -> tuple[Watch, ...]:
    """The schools of a JSON list with the keys of [[schools]]; other keys are passed over.

    Raises ProfilesError, naming the entry and the key.
    """
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):
        raise ProfilesError("The file of schools is not JSON.") from None
    if not isinstance(rows, list):
        raise ProfilesError("The file of schools must hold a list: [ {...}, {...} ].")
    watches = tuple(_watch(number, row) for number, row in enumerate(rows, start=1))
    ids = [watch.id for watch in watches]
    if twice := next((each for each in ids if ids.count(each) > 1), None):
        raise ProfilesError(f"Two schools have the id '{twice}'; give each its own.")
    return watches


def _watch(number: int, row: object) -> Watch:
    if not isinstance(row, dict):
        raise ProfilesError(f"School {number} is not an object; write it in {{ }}.")
    for key in ("id", "name"):
        if not isinstance(row.get(key), str) or not row[key].strip():
            raise ProfilesError(f"School {number} has no '{key}'; every school needs one.")
    lists = {key: _texts(number, key, row.get(key, [])) for key in _LISTS}
    people = row.get("staff", [])
    if not isinstance(people, list):
        raise ProfilesError(f"School {number}: 'staff' must be a list of people.")
    staff = tuple(_person(number, person) for person in people)
    return Watch(id=row["id"], name=row["name"], staff=staff, **lists)


def _texts(number: int, key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise ProfilesError(f"School {number}: '{key}' must be a list of texts.")
    return tuple(value)


def _person(number: int, person: object) -> Staff:
    if not isinstance(person, dict) or not isinstance(person.get("name"), str):
        raise ProfilesError(f"School {number}: each of 'staff' needs a 'name'.")
    role = person.get("role", "")
    if not isinstance(role, str):
        raise ProfilesError(f"School {number}: the 'role' of {person['name']} is not text.")
    return Staff(person["name"], role)

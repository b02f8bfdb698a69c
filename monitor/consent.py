"""PURE: which pupils may be shown or named, and what to look at before the school posts anything.

The list comes from the school's management system. The words of a post that is looked at here are
kept nowhere.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from monitor.masks import ADDRESS, EMAIL, HEALTH, NAME, PHONE, SLUR, masked
from monitor.settings import School
from monitor.store.mentions import Mention

COLUMNS = ("pupil", "image", "video", "name", "until")
MOST_BYTES, MOST_ROWS, LONGEST = 2 * 1024 * 1024, 10_000, 200
LONGEST_POST = 20_000
_YES = frozenset({"yes", "y", "true", "1", "ie", "oes"})
_NO = frozenset({"no", "n", "false", "0", "", "na", "nac oes"})
_DAYS = ("%Y-%m-%d", "%d/%m/%Y")
_SAID: Mapping[str, str] = {
    PHONE: "a telephone number",
    ADDRESS: "a postal address",
    EMAIL: "an email address",
    HEALTH: "a child's health or needs",
    SLUR: "a slur",
}


class ConsentError(Exception):
    """The list cannot be taken; the message is one plain line that names the row."""


@dataclass(frozen=True, slots=True)
class Pupil:
    """What a pupil's family, or the pupil, has agreed to, and until which day (None: no end)."""

    name: str
    image: bool
    video: bool
    by_name: bool
    until: date | None

    def agrees(self, to: str, today: date) -> bool:
        """True where they agree to `image`, `video` or `by_name` on that day."""
        return bool(getattr(self, to)) and (self.until is None or today <= self.until)


@dataclass(frozen=True, slots=True)
class Draft:
    """A post that the school is about to publish."""

    text: str
    picture: bool = False
    video: bool = False


def pupils_in(content: bytes) -> tuple[Pupil, ...]:
    """The pupils of a list. Raises ConsentError: nothing of it is taken then."""
    if len(content) > MOST_BYTES:
        raise ConsentError("the list is longer than 2 MB")
    try:
        text = content.decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConsentError("the list is no CSV in UTF-8; save it as “CSV UTF-8”") from error
    if not rows or set(COLUMNS) - set(rows[0]):
        raise ConsentError(f"the list needs a first line with {','.join(COLUMNS)}, and pupils")
    if len(rows) > MOST_ROWS:
        raise ConsentError(f"the list has more than {MOST_ROWS} lines")
    return tuple(_pupil(number, row) for number, row in enumerate(rows, 2))


def _pupil(number: int, row: Mapping[str | None, Any]) -> Pupil:
    values = {name: row.get(name) or "" for name in COLUMNS}
    name = " ".join(values["pupil"].split())
    if not name or len(name) > LONGEST or not name.isprintable():
        raise ConsentError(f"line {number}: the pupil's name is missing or is no plain words")
    image, video, by_name = (
        _agreed(number, key, values[key]) for key in ("image", "video", "name")
    )
    return Pupil(name, image, video, by_name, _until(number, values["until"].strip()))


def _agreed(number: int, key: str, word: str) -> bool:
    said = word.strip().casefold()
    if said not in _YES | _NO:
        raise ConsentError(f"line {number}: {key} must be yes or no")
    return said in _YES


def _until(number: int, word: str) -> date | None:
    for form in _DAYS if word else ():
        try:
            return datetime.strptime(word, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    if word:
        raise ConsentError(f"line {number}: until must be a day such as 2027-07-31, or blank")
    return None


def packed(pupils: Iterable[Pupil]) -> str:
    """The list as one text, to be sealed."""
    rows = [
        {**asdict(one), "until": one.until.isoformat() if one.until else None} for one in pupils
    ]
    return json.dumps(rows, ensure_ascii=False)


def unpacked(text: str) -> tuple[Pupil, ...]:
    """The list again."""
    return tuple(
        Pupil(**{**row, "until": date.fromisoformat(row["until"]) if row["until"] else None})
        for row in json.loads(text)
    )


def warnings(draft: Draft, school: School, pupils: Sequence[Pupil], today: date) -> tuple[str, ...]:
    """What to look at before it is published, a sentence each; none is no promise that all is well.

    Without a list (`pupils` empty) a name's consent cannot be looked up, and is asked for.
    """
    shows = draft.picture or draft.video
    named = [one for one in pupils if _stands(one.name, draft.text)]
    found = [line for one in named for line in _of_pupil(one, draft, today)]
    found += _by_first_name(draft, pupils, named, today) if shows else []
    made = masked(draft.text, school)
    hidden = _hidden(made.text)
    if shows and (named or _full_names(draft.text, made.cuts)):
        found.insert(0, "A full name stands beside a picture or film of a child: use first names.")
    if NAME in hidden and not named:
        found.append("It may name a child: look up in the consent record whether that is agreed.")
    found += [f"It holds {said}: take it out." for kind, said in _SAID.items() if kind in hidden]
    return tuple(dict.fromkeys(found))


def _of_pupil(pupil: Pupil, draft: Draft, today: date) -> Iterator[str]:
    if not pupil.agrees("by_name", today):
        yield f"{pupil.name} may not be named{_ended(pupil, today)}."
    if draft.picture and not pupil.agrees("image", today):
        yield f"{pupil.name} may not be shown in a picture{_ended(pupil, today)}."
    if draft.video and not pupil.agrees("video", today):
        yield f"{pupil.name} may not be shown in a film{_ended(pupil, today)}."


def _ended(pupil: Pupil, today: date) -> str:
    over = pupil.until is not None and pupil.until < today
    return f": the consent ended on {pupil.until:%d %b %Y}" if over else ": there is no consent"


def _by_first_name(
    draft: Draft, pupils: Sequence[Pupil], named: Collection[Pupil], today: date
) -> list[str]:
    """A first name alone may be any of those who bear it."""
    firsts = {one.name.split()[0] for one in named}
    wanted = [key for key, used in (("image", draft.picture), ("video", draft.video)) if used]
    found = []
    for pupil in pupils:
        first = pupil.name.split()[0]
        lacks = not all(pupil.agrees(key, today) for key in (*wanted, "by_name"))
        if lacks and first not in firsts and _stands(first, draft.text, exact=True):
            firsts.add(first)
            found.append(f"A pupil called {first} lacks consent: make sure that it is another.")
    return found


def _stands(name: str, text: str, *, exact: bool = False) -> bool:
    words = r"\s+".join(map(re.escape, unicodedata.normalize("NFC", name).split()))
    flags = re.NOFLAG if exact else re.IGNORECASE
    return (
        re.search(rf"(?<!\w){words}(?!\w)", unicodedata.normalize("NFC", text), flags) is not None
    )


def _hidden(text: str) -> frozenset[str]:
    return frozenset(kind for kind in (NAME, *_SAID) if kind in text)


def _full_names(text: str, cuts: Iterable[tuple[int, int, int]]) -> bool:
    """True where something that is hidden as a child's name has a surname."""
    return any(
        length == len(NAME) and len(text[start:end].split()) > 1 and text[start].isalpha()
        for start, end, length in cuts
    )


def withdrawn(before: Iterable[Pupil], after: Iterable[Pupil], today: date) -> tuple[str, ...]:
    """Who could be shown or named by the list before, and can no more: also who is not on it."""
    now = {one.name.casefold(): one for one in after}
    found = []
    for old in before:
        new = now.get(old.name.casefold())
        keys = ("image", "video", "by_name")
        had = [key for key in keys if getattr(old, key)]
        if any(new is None or not new.agrees(key, today) for key in had):
            found.append(old.name)
    return tuple(found)


def is_own(mention: Mention, school: School) -> bool:
    """True for a post from one of the school's official accounts; no one else's is looked at."""
    author = mention.author.strip().lstrip("@").casefold()
    address = mention.url.casefold()
    for account in school.official_accounts:
        own = account.strip().casefold()
        if "/" in own or "://" in own:
            if _under(address, own):
                return True
        elif author and author == own.lstrip("@"):
            return True
    return False


def _under(address: str, own: str) -> bool:
    """True where an address lies in or below another."""
    read = urlsplit(own if "://" in own else f"https://{own}")
    asked = urlsplit(address)
    path = read.path.rstrip("/")
    host = (read.hostname or "").removeprefix("www.")
    same = (asked.hostname or "").removeprefix("www.") == host
    return same and (asked.path == path or asked.path.startswith(f"{path}/"))


def to_take_down(
    posts: Iterable[Mention], school: School, names: Iterable[str]
) -> tuple[Mention, ...]:
    """The school's own posts that name one of these pupils in full."""
    wanted = tuple(names)
    return tuple(
        post
        for post in posts
        if is_own(post, school)
        and any(_stands(name, f"{post.title}\n{post.text}") for name in wanted)
    )

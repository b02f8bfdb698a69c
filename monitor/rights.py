"""PURE: what people may ask about their data, by when it is answered, and what is found for them.

A search of everything by a person's name exists for one purpose: so that the person can be told.
It is the data protection officer's own act, and written down.
"""

from __future__ import annotations

import email
import email.policy
import json
import re
import unicodedata
from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from email.message import EmailMessage
from types import MappingProxyType
from typing import Any, Literal, get_args

from monitor.clocks import MARK, running
from monitor.evidence import both_times
from monitor.judge.routing import LONDON
from monitor.masks import masked
from monitor.settings import School
from monitor.store.daily import Total

Kind = Literal[
    "access", "correct", "restrict", "object", "erase", "complaint", "freedom-of-information"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
Decision = Literal["granted", "partly", "refused", "withdrawn"]
DECISIONS: tuple[Decision, ...] = get_args(Decision)
# Time for these may be taken twice more where there is much to do (UK GDPR, article 12).
MAY_BE_EXTENDED: frozenset[str] = frozenset({"access", "correct", "restrict", "object", "erase"})
_FURTHER_MONTHS = 2
_DECEMBER = 12
_CLOCKS: Mapping[str, str] = MappingProxyType(
    {
        "complaint": "data complaint received",
        "freedom-of-information": "information request received",
    }
)
SHORTEST = 3
# Where somebody else is named whom the request is not about.
SOMEBODY = "[another person]"
# Fewer than so many might be traced to somebody.
SMALL = 5
FEWER = "fewer than 5"

UNSEARCHED = (
    "Each member of staff's self-check is sealed with their own passphrase: only they can look.",
    "Mails that were sent lie in people's mailboxes: search those too.",
    "What was handed in within the last minutes, and is not read yet, is not searched.",
    "Backups hold older copies of the same, and are not searched.",
)


class RightsError(Exception):
    """What was asked cannot be done; the message is one plain line."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """That something was asked for, as the clocks know it."""

    at: datetime
    facts: Mapping[str, Any]
    kind: str = "contact"


def due(kind: str, received: datetime, school: School) -> datetime:
    """When an answer is due (for a complaint, that it was received): the end of that day."""
    mark = _CLOCKS.get(kind, "subject access request received")
    (clock,) = running([_Asked(received, {MARK: mark})], school, received)
    assert clock.due is not None  # noqa: S101 - each of these clocks has an end
    return clock.due


def extended(kind: str, received: datetime, school: School) -> datetime:
    """The same with the further two months that the law allows; raises RightsError."""
    if kind not in MAY_BE_EXTENDED:
        raise RightsError(f"the time for {kind} cannot be extended")
    return due(kind, _later(received), school)


def _later(received: datetime) -> datetime:
    local = received.astimezone(LONDON)
    year, month = divmod(local.year * _DECEMBER + local.month - 1 + _FURTHER_MONTHS, _DECEMBER)
    day = min(local.day, monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day)


@dataclass(frozen=True, slots=True)
class Kept:
    """One row of any table of the database: `values` by the names of its columns."""

    table: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing that names the person: where it is kept, each part of it in words, and what it is
    of: a school, a post, an incident ("" for none).
    """

    table: str
    parts: tuple[tuple[str, str], ...]
    school: str = ""
    mention: str = ""
    incident: str = ""

    @property
    def is_of_users(self) -> bool:
        """True for what is kept of whoever signs in, at whichever school."""
        return self.table in _OF_USERS


class Subject:
    """Whom a search is for, by the names, handles and addresses that they gave."""

    def __init__(self, terms: Iterable[str]) -> None:
        """Raises RightsError where a term is too short to be looked for."""
        self.terms = tuple(" ".join(term.split()) for term in terms if term.strip())
        if not self.terms:
            raise RightsError("say whom to search for: a name, a handle or an address")
        short = [term for term in self.terms if len(term.lstrip("@")) < SHORTEST]
        if short:
            raise RightsError(f"{short[0]!r} is too short: it would be found everywhere")
        words = "|".join(map(_loosely, sorted(self.terms, key=len, reverse=True)))
        self._pattern = re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the person is named in a text."""
        return [found.span() for found in self._pattern.finditer(text)]

    def is_in(self, text: str) -> bool:
        """True where the person is named in it, however its letters are composed."""
        return self._pattern.search(unicodedata.normalize("NFKC", text)) is not None


def _loosely(term: str) -> str:
    """A handle with its @ or without; any space where there is one."""
    bare = unicodedata.normalize("NFKC", term).removeprefix("@")
    return "@?" + r"\s+".join(map(re.escape, bare.split()))


def pieces(kept: Iterable[Kept], subject: Subject) -> Iterator[Piece]:
    """Everything that names the person, in the order in which it is kept."""
    for row in kept:
        parts = tuple((name, readable(row.table, name, value)) for name, value in _said(row))
        if any(subject.is_in(text) for _, text in parts):
            values, own = row.values, "id" if row.table == "mention" else "mention_id"
            yield Piece(
                row.table,
                tuple((name, text) for name, text in parts if text),
                school=values.get("school") or "",
                mention=values.get(own) or "",
                incident=(values.get("incident") or "") if row.table == "act" else "",
            )


def _said(row: Kept) -> Iterator[tuple[str, Any]]:
    """The parts that may say something; what is sealed, or a hash alone, says nothing."""
    for name, value in row.values.items():
        if name not in _SILENT:
            yield name, value


_OF_USERS = frozenset({"account", "session", "signin_link", "token", "attempt", "viewing_reason"})
_SILENT = frozenset({"hash", "previous", "sealed", "salt", "sha256", "lease_owner", "entry_key"})
# Bytes that are words: of a letter, of what was handed in, of a page.
_BYTES = frozenset({"delivery", "evidence_item"})


def readable(table: str, column: str, value: Any) -> str:
    """A value of the database as words; "" of what are none."""
    if isinstance(value, bytes):
        if table not in _BYTES:
            return ""
        text = value.decode("utf-8", "replace")
        return _letter(value) if table == "delivery" else text
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False) if value else ""
    if isinstance(value, datetime):
        return both_times(value)["london"]
    return "" if value is None else str(value)


def _letter(content: bytes) -> str:
    """The words of a letter as it was sent."""
    read = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(read, EmailMessage)  # noqa: S101 - that is what this policy makes
    body = read.get_body(("plain", "html"))
    words = body.get_content() if body else ""
    return f"To: {read['To']}\nSubject: {read['Subject']}\n\n{words}"


def redacted(text: str, subject: Subject, school: School, hidden: Sequence[str] = ()) -> str:
    """A text as the person may have it: what it tells of others is hidden, and what it tells of
    them is not. `hidden` are further words, that the data protection officer chose.
    """
    own = subject.spans(text)
    parts, done = [], 0
    for start, end, kind in _cuts(text, school, hidden):
        if start < done:
            continue
        mine = any(start < last and first < end for first, last in own)
        parts += [text[done:start], text[start:end] if mine else kind]
        done = end
    return "".join([*parts, text[done:]])


def _cuts(text: str, school: School, hidden: Sequence[str]) -> list[tuple[int, int, str]]:
    made = masked(text, school)
    found, shift = [], 0
    for start, end, length in made.cuts:
        kind = made.text[start + shift : start + shift + length]
        found.append((start, end, kind))
        shift += length - (end - start)
    for words in filter(str.strip, hidden):
        pattern = re.compile(_loosely(" ".join(words.split())), re.IGNORECASE)
        found += [(*one.span(), SOMEBODY) for one in pattern.finditer(text)]
    return sorted(found)


def for_them(piece: Piece, subject: Subject, school: School, hidden: Sequence[str]) -> Piece:
    """The piece with what it tells of others hidden: whoever else wrote it, too."""
    parts = tuple(
        (
            name,
            SOMEBODY
            if name == "author" and not subject.is_in(text)
            else redacted(text, subject, school, hidden),
        )
        for name, text in piece.parts
    )
    return replace(piece, parts=parts)


def as_text(
    found: Sequence[Piece], names: Mapping[str, str], school: School, number: int, now: datetime
) -> str:
    """The answer to a request as a plain text that anybody can open."""
    head = [
        f"Request {number} to {school.name}: what Footprint holds",
        f"Made on {both_times(now)['london']}",
        "",
        f"{len(found)} records name you. What they tell of other people is hidden.",
        "",
        *(f"* {line}" for line in UNSEARCHED),
    ]
    body = []
    for at, piece in enumerate(found, 1):
        body += ["", f"--- {at}. {names.get(piece.table, piece.table)} ---"]
        body += [f"{name.replace('_', ' ')}: {_one_block(text)}" for name, text in piece.parts]
    return "\n".join([*head, *body, ""])


def _one_block(text: str) -> str:
    """Foreign text as text: nothing in it that is no letter moves a terminal or a reader."""
    kept = "".join(one if one.isprintable() or one in "\n\t" else "\ufffd" for one in text)
    return kept.strip().replace("\n", "\n    ")


def figures(totals: Iterable[Total]) -> tuple[tuple[str, str, str, str], ...]:
    """Numbers that name nobody: (month, what of, which, how many), small ones hidden.

    Numbers are given in bands of five, and no sums, so that no small one can be reckoned from
    those beside it.
    """
    counted: Counter[tuple[str, str, str]] = Counter()
    for one in totals:
        month = f"{one.day:%Y-%m}"
        if one.category:
            counted[month, "category", one.category] += one.mentions
        else:
            counted[month, "level", one.level] += one.mentions
            counted[month, "tone", one.mood] += one.mentions
    return tuple((*key, _band(number)) for key, number in sorted(counted.items()))


def _band(number: int) -> str:
    first = number // SMALL * SMALL
    return f"{first} to {first + SMALL - 1}" if first else FEWER


@dataclass(frozen=True, slots=True)
class Held:
    """A kind of thing that is kept: what, of whom, and for how long."""

    name: str
    whom: str
    kept: str


_POST = "whoever wrote it, and whoever it speaks of"
_WITH = "as long as the post"
_USER = "whoever signs in"
_NOBODY = "nobody"
# Every table of the database stands here: a new one without its line fails a test.
HELD: Mapping[str, Held] = MappingProxyType(
    {
        "mention": Held("Posts found", _POST, "by level, as [schools.keep] says"),
        "evidence": Held("What a source gave, each version", _POST, _WITH),
        "evidence_item": Held("Evidence: the page as it was", _POST, _WITH),
        "judgement": Held("How each version was judged", _POST, _WITH),
        "capture": Held("That evidence is still to be fetched", _NOBODY, _WITH),
        "shingle": Held("Marks by which copies are found", _NOBODY, _WITH),
        "restriction": Held("Posts that are kept and not used", _POST, _WITH),
        "delivery": Held("Letters to the school's people", _POST, "as the post; others 90 days"),
        "report": Held("What was handed in and not read yet", _POST, "until it has been read"),
        "incident": Held("Incidents", "the school's people", "as [schools.keep] says"),
        "act": Held("What was done about an incident", "the school's people", "as the incident"),
        "correction": Held("Corrections", "the school's people", "until it is undone or erased"),
        "hold": Held("Holds", "the school's people", _WITH),
        "moved": Held("What was moved to the school's own record", "the school's people", _WITH),
        "audit": Held("The audit trail", "the school's people", "3 years"),
        "account": Held("Accounts and second factors", _USER, "until they leave"),
        "recovery_code": Held("Recovery codes, hashed", _USER, "until used or they leave"),
        "session": Held("Who is signed in", _USER, "12 hours at most"),
        "signin_link": Held("Links to sign in, hashed", _USER, "a day"),
        "signin_visit": Held("Signing in by the school's service", _USER, "a day"),
        "attempt": Held("Attempts to sign in", _USER, "a day"),
        "token": Held("Programs that may ask, hashed", _USER, "until it is ended"),
        "confirmed": Held("Whom a test message has reached", _USER, "until they leave"),
        "presence_box": Held(
            "Self-checks, sealed with the person's own passphrase",
            "that member of staff alone",
            "until they delete it; 12 months at most",
        ),
        "viewed": Held("That an account's posts were opened, hashed", "nobody by name", "a month"),
        "viewing_reason": Held(
            "That looking again was explained", "the school's people", "a month"
        ),
        "rights_request": Held("Requests about data", "nobody by name", "3 years"),
        "approval": Held("Approvals", "the headteacher", "as long as the school is watched"),
        "consent_list": Held(
            "The list of who may be shown in a picture, encrypted",
            "pupils",
            "until a newer one or none is given",
        ),
        "take_down": Held("Own posts to take down", _NOBODY, _WITH),
        "daily": Held("Numbers by day", _NOBODY, "6 years"),
        "entry": Held("That an entry was read, by keyed hash", _NOBODY, "for good"),
        "erased": Held("What is never read again, by keyed hash", _NOBODY, "for good"),
        "seal": Held("The chain of evidence, digests alone", _NOBODY, "for good"),
        "chain_head": Held("Where the chains end", _NOBODY, "for good"),
        "secret": Held("Keys that the database made", _NOBODY, "for good"),
        "look": Held("How each source was last read", _NOBODY, "while it is configured"),
        "gap": Held("When a source could not be read", _NOBODY, "for good"),
        "site": Held("When a site may be asked again", _NOBODY, "minutes"),
        "outage": Held("A mail server that is away", _NOBODY, "while it lasts"),
        "trouble": Held("What is wrong with the machine", _NOBODY, "while it lasts"),
        "worker": Held("Programs that share the work", _NOBODY, "while they work"),
        "duty": Held("When each step is due", _NOBODY, "while it is one"),
        "upkeep": Held("When daily work was done", _NOBODY, "for good"),
        "watched": Held("Since when a school is watched", _NOBODY, "for good"),
    }
)
NAMES: Mapping[str, str] = MappingProxyType({table: held.name for table, held in HELD.items()})


def day_of(when: datetime) -> date:
    """The school's day of a moment."""
    return when.astimezone(LONDON).date()

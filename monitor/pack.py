"""PURE: an incident's evidence as one ZIP archive, and whether such an archive is as it was made.

Every file in it has a name of ours. `manifest.json` holds each file's SHA-256, each item with its
salt, and the chain that seals them; the SHA-256 of the manifest stands in the audit trail.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from alerts.form import Field, form
from monitor.chain import GENESIS, Head, Link, breaks
from monitor.evidence import NEUTRAL, Item, both_times, is_withheld
from monitor.store.deliveries import Delivery
from monitor.store.evidence import Sealed
from monitor.store.incidents import Act, Incident
from monitor.store.mentions import Mention

MANIFEST, README = "manifest.json", "README.txt"
FORM, TIMELINE = "incident-form.pdf", "time-line.txt"
EPOCH = (1980, 1, 1, 0, 0, 0)  # what a ZIP archive calls no time
MOST_BYTES = 500 * 1024 * 1024
EXPLAINED = """\
This archive holds what was kept as evidence of one incident.

  incident-form.pdf   the incident form, as far as it was filled in
  time-line.txt       what happened when, in UTC and in UK time
  posts/              each post: where it stood, when it was found, its words
  evidence/           record: the source's own record, as it was read
                      page.warc: the page's answer (any reader of web archives opens it)
                      page.txt: the words that a reader saw
                      note.txt: why no more was kept
  manifest.json       the SHA-256 of every file, and the chain that seals the evidence

Of posts about a child's safety, of a sexual kind or of extremism it holds the address and the time
alone. It holds no picture or video.

To verify it with Footprint:   footprint incident verify FILE.zip
To verify it by hand:
1. `sha256sum` of each file must be the one that manifest.json gives under "files".
2. Each of "seals", in their order: SHA-256 of (previous + newline + text) must be its "hash", and
   its "previous" the hash of the one before. The first previous is 64 zeros.
3. Each of "items": "digest" must stand in the text of the seal of its number.
4. The SHA-256 of manifest.json itself was written into the school's audit trail when this archive
   was made (footprint data audit), and said on the screen. Whoever received the archive should
   write it down.
"""
# The fields that guidance asks for, each with what it means and the lines for a pen.
FIELDS: tuple[tuple[str, str, int], ...] = (
    ("Reference", "of this incident", 1),
    ("Seen by, and when", "who found the post or was shown it", 1),
    ("Place of the post", "site, web address, account name as shown, date and time posted", 2),
    ("What it says, in neutral words", "no opinion; no word of what must not be copied", 4),
    ("Who may be harmed", "pupils by initials alone", 1),
    ("Category and level", "and who decided", 1),
    ("Evidence kept, and where", "never indecent images or terrorist documents", 2),
    ("Who was told, and when", "", 3),
    ("Wishes of the person harmed", "", 2),
    ("Removal asked", "of whom, when, and the answer", 2),
    ("Report to the platform", "and its reference", 2),
    ("Outside bodies", "police, children's services, council: names and references", 2),
    ("Outcome", "", 3),
    ("Lessons", "", 2),
    ("Closed by, and when", "", 1),
)


@dataclass(frozen=True, slots=True)
class Case:
    """All that an archive is made of."""

    school: str
    incident: Incident
    posts: tuple[Mention, ...]
    acts: tuple[Act, ...]
    letters: tuple[Delivery, ...]
    items: tuple[Sealed, ...]
    chain: tuple[Link, ...]


def blank_form(school: str, made_at: datetime) -> bytes:
    """The form to be filled in by hand (PDF)."""
    return form("Online incident form", school, [Field(*_asked(one)) for one in FIELDS], made_at)


def _asked(field: tuple[str, str, int]) -> tuple[str, str, tuple[str, ...], int]:
    name, hint, lines = field
    return name, hint, (), lines


def filled_form(case: Case, made_at: datetime) -> bytes:
    """The form with what is known (PDF)."""
    answers = _answers(case)
    fields = [Field(name, hint, answers.get(name, ()), lines) for name, hint, lines in FIELDS]
    return form("Online incident form", case.school, fields, made_at)


def _answers(case: Case) -> Mapping[str, tuple[str, ...]]:
    incident = case.incident
    done = {kind: tuple(_act_line(act) for act in case.acts if act.kind == kind) for kind in _ACTS}
    level = f"{', '.join(incident.kinds) or 'no category'}; {incident.level}; Footprint's reading"
    ended = [act for act in case.acts if act.kind == "closed"]
    found = {
        "Reference": (incident.id,),
        "Seen by, and when": tuple(f"Footprint, {_when(post.seen_at)}" for post in case.posts[:1]),
        "Place of the post": tuple(map(_place, case.posts)),
        "Category and level": (level, *done["corrected"]),
        "Evidence kept, and where": (
            f"{len(case.items)} items in Footprint, and in the archive of this form",
        ),
        "Who was told, and when": tuple(
            f"{letter.role} ({letter.email}), {_when(letter.sent_at)}"
            for letter in case.letters
            if letter.sent_at
        ),
        "Removal asked": (*done["removal_asked"], *done["gone"], *done["back"]),
        "Report to the platform": done["reported"],
        "Outside bodies": done["contact"],
        "Outcome": (incident.outcome,) if incident.outcome else (),
        "Closed by, and when": tuple(f"{act.who}, {_when(act.at)}" for act in ended[-1:]),
    }
    return {name: answer for name, answer in found.items() if answer}


_ACTS = ("removal_asked", "gone", "back", "reported", "contact", "corrected")


def archive(case: Case, version: str, made_at: datetime) -> tuple[bytes, str]:
    """The archive, and the SHA-256 of its manifest."""
    files = {
        README: EXPLAINED.encode(),
        FORM: filled_form(case, made_at),
        TIMELINE: "\n".join(_timeline(case)).encode(errors="replace"),
        **{f"posts/{at:03}.txt": _post(post) for at, post in enumerate(case.posts, 1)},
        **{name: content for one in case.items for name, content in _item_files(one)},
    }
    manifest = json.dumps(_manifest(case, files, version, made_at), indent=1).encode()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in (*sorted(files.items()), (MANIFEST, manifest)):
            packed.writestr(zipfile.ZipInfo(name, EPOCH), content)
    return made.getvalue(), _sha256(manifest)


def _manifest(
    case: Case, files: Mapping[str, bytes], version: str, made_at: datetime
) -> dict[str, Any]:
    return {
        "incident": case.incident.id,
        "school": case.incident.school,
        "made": both_times(made_at),
        "version": version,
        "files": {name: _sha256(content) for name, content in sorted(files.items())},
        "items": [_item_facts(one) for one in case.items],
        "seals": [
            {"number": seal.number, "text": seal.text, "previous": seal.previous, "hash": seal.hash}
            for seal in case.chain
        ],
    }


def _item_facts(one: Sealed) -> dict[str, Any]:
    item = one.item
    return {
        "number": one.number,
        "mention": item.mention,
        "revision": item.revision,
        "school": item.school,
        "kind": item.kind,
        "address": item.address,
        "at": item.at.astimezone(UTC).isoformat(),
        "taken": both_times(item.at),
        "version": item.version,
        "said": item.said,
        "salt": one.salt,
        "digest": one.digest,
        "content": _name(one, _ENDINGS[item.kind]) if item.content else "",
        "words": _name(one, "page.txt") if item.words else "",
    }


_ENDINGS = {"record": "record.json", "page": "page.warc", "note": "note.txt"}


def _name(one: Sealed, ending: str) -> str:
    return f"evidence/{one.number:06}-{ending}"


def _item_files(one: Sealed) -> Iterator[tuple[str, bytes]]:
    item = one.item
    if item.content:
        yield _name(one, _ENDINGS[item.kind]), item.content
    if item.words:
        yield _name(one, "page.txt"), item.words.encode("utf-8", "surrogatepass")
    if not item.content:
        lines = (item.said, f"Address: {item.address}", _when(item.at))
        yield _name(one, "note.txt"), "\n".join(lines).encode("utf-8", "replace")


def _post(post: Mention) -> bytes:
    lines = [f"Place: {_place(post)}", f"Found: {_when(post.seen_at)}"]
    if is_withheld(post.categories, post.title, post.text):
        lines.append(NEUTRAL)
    else:
        lines += [f"By, as shown: {post.author}", "", post.title, post.text]
    return "\n".join(lines).encode(errors="replace")


def _place(post: Mention) -> str:
    posted = f", posted {_when(post.published)}" if post.published else ""
    return f"{post.source}, {post.url or 'no address'}{posted}"


def _timeline(case: Case) -> Iterator[str]:
    events: list[tuple[datetime, str]] = [
        *((post.seen_at, f"found: {post.level}, {post.source}, {post.url}") for post in case.posts),
        *((act.at, _act_line(act)) for act in case.acts),
        *(
            (letter.sent_at, f"told: {letter.role} ({letter.email}) by {letter.channel}")
            for letter in case.letters
            if letter.sent_at
        ),
        *((one.item.at, f"kept: {one.item.kind} {one.number:06}") for one in case.items),
    ]
    for at, what in sorted(events):
        yield f"{_when(at)}  {' '.join(what.split())}"


def _act_line(act: Act) -> str:
    facts = ", ".join(f"{name} {value}" for name, value in act.facts.items())
    parts = (f"{act.kind.replace('_', ' ')} by {act.who}", facts, act.note)
    return ": ".join(filter(None, parts))


def _when(at: datetime) -> str:
    times = both_times(at)
    return f"{times['london']} ({times['utc']})"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class NotAnArchiveError(Exception):
    """A file is no such archive; the message is one plain line."""


def verified(content: bytes) -> tuple[tuple[str, ...], str]:
    """What is wrong with an archive, a sentence each, and the SHA-256 of its manifest.

    Raises NotAnArchiveError.
    """
    try:
        files = _unpacked(content)
        manifest = json.loads(files.pop(MANIFEST))
        found = (*_of_files(files, manifest["files"]), *_of_items(files, manifest))
    except (KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise NotAnArchiveError("this is no archive of an incident, or was changed") from error
    return found, _sha256(_raw_manifest(content))


def _unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(one.file_size for one in packed.infolist()) > MOST_BYTES:
            raise NotAnArchiveError("this archive is larger than any that Footprint makes")
        if len(set(packed.namelist())) < len(packed.namelist()):
            raise NotAnArchiveError("this archive holds two files of one name")
        return {name: packed.read(name) for name in packed.namelist()}


def _raw_manifest(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return packed.read(MANIFEST)


def _of_files(files: Mapping[str, bytes], listed: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*files, *listed}):
        if name not in files:
            yield f"{name} is missing"
        elif name not in listed:
            yield f"{name!r} was put in"
        elif _sha256(files[name]) != listed[name]:
            yield f"{name} was changed"


def _of_items(files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> Iterator[str]:
    seals = [Link(**seal) for seal in manifest["seals"]]
    last = seals[-1] if seals else Link(0, "", "", GENESIS)
    yield from (f"the chain: {fault}" for fault in breaks(seals, Head(last.number, last.hash)))
    texts = {seal.number: seal.text for seal in seals}
    for facts in manifest["items"]:
        digest = _item(files, facts).digest(facts["salt"])
        if digest != facts["digest"] or f'"{digest}"' not in texts.get(facts["number"], ""):
            yield f"item {facts['number']} is not the one that was sealed"


def _item(files: Mapping[str, bytes], facts: Mapping[str, Any]) -> Item:
    words = files.get(facts["words"], b"") if facts["words"] else b""
    return Item(
        mention=facts["mention"],
        revision=facts["revision"],
        school=facts["school"],
        kind=facts["kind"],
        address=facts["address"],
        at=datetime.fromisoformat(facts["at"]),
        version=facts["version"],
        said=facts["said"],
        words=words.decode("utf-8", "surrogatepass"),
        content=files.get(facts["content"], b"") if facts["content"] else b"",
    )

"""What somebody may do about an incident: one function for the pages and the interface.

Every act is written down with its time and person. What may not be done raises NotAllowed with
one plain line; an act that there is not raises KeyError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from monitor.clocks import MARK, MARKS
from monitor.correcting import is_pointless, learnt
from monitor.incidents import Kind as ActKind
from monitor.incidents import NotAllowed
from monitor.judge.corrected import Kind
from monitor.judge.terms import Level
from monitor.store import audit, corrections, incidents
from monitor.store.corrections import Said
from monitor.store.engine import Connection
from monitor.store.mentions import Mention
from monitor.web.cases import Case
from monitor.web.steps import known_steps
from monitor.web.translating import gettext as _
from monitor.web.translating import later
from monitor.web.viewer import Viewer

# Why somebody wants to read words that are hidden.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "safety": later("To see who may be at risk, and make them safe"),
        "report": later("To report it to the police, children's services or another body"),
        "answer": later("To answer it, or to look into it"),
        "check": later("To check whether Footprint is right about it"),
    }
)


@dataclass(frozen=True)
class Desk:
    """Somebody with one case before them."""

    connection: Connection
    viewer: Viewer
    case: Case
    now: datetime

    @property
    def place(self) -> tuple[Connection, str, str, datetime]:
        """What every act of the store begins with."""
        return self.connection, self.case.incident.id, self.viewer.email, self.now

    def mention(self, mention_id: str) -> Mention:
        """A post of this case."""
        for mention in self.case.mentions:
            if mention.id == mention_id:
                return mention
        raise NotAllowed(_("this post is no longer kept here"))


def _act(desk: Desk, kind: ActKind, text: str = "", **facts: str | int) -> None:
    made = desk.case.incident.id, kind, desk.viewer.email, desk.now
    incidents.act(desk.connection, *made, text=text, facts=facts)


Fields = Mapping[str, str]
Doer = Callable[[Desk, Fields], None]


def do(desk: Desk, act: str, fields: Fields) -> None:
    """Do it, in the transaction of the desk."""
    ACTS[act](desk, fields)


def _take(desk: Desk, _fields: Fields) -> None:
    incidents.take(*desk.place)


def _assign(desk: Desk, fields: Fields) -> None:
    wanted = fields.get("to", "").casefold()
    for person in desk.case.hearers:
        if person.email.casefold() == wanted:
            incidents.assign(*desk.place, to=person.email)
            return
    raise NotAllowed(_("choose one of the people in the list"))


def _note(desk: Desk, fields: Fields) -> None:
    incidents.note(*desk.place, fields.get("text", ""))


def _step(desk: Desk, fields: Fields) -> None:
    incidents.step_done(*desk.place, _known_step(desk, fields))


def _unstep(desk: Desk, fields: Fields) -> None:
    incidents.step_undone(*desk.place, _known_step(desk, fields))


def _known_step(desk: Desk, fields: Fields) -> str:
    step = fields.get("step", "")
    if step not in known_steps(desk.case, desk.now):
        raise NotAllowed(_("there is no such step in this playbook"))
    return step


def _report(desk: Desk, fields: Fields) -> None:
    platform, reference = fields.get("platform", "").strip(), fields.get("reference", "").strip()
    if not platform:
        raise NotAllowed(_("say which platform it was reported to"))
    kept = {"reference": reference} if reference else {}
    _act(desk, "reported", platform=platform, **kept)


def _removal(desk: Desk, fields: Fields) -> None:
    _act(desk, "removal_asked", fields.get("text", ""))


def _contact(desk: Desk, fields: Fields) -> None:
    contact = fields.get("contact", "").strip()
    if not contact:
        raise NotAllowed(_("say whom you spoke to"))
    clock = fields.get("clock", "")
    kept = {MARK: clock} if clock in MARKS else {}
    _act(desk, "contact", fields.get("text", ""), contact=contact, **kept)


def _gone(desk: Desk, _fields: Fields) -> None:
    _act(desk, "gone")


def _wait(desk: Desk, fields: Fields) -> None:
    incidents.wait(*desk.place, fields.get("text", ""))


def _image(desk: Desk, _fields: Fields) -> None:
    if not desk.case.may_decide(desk.viewer.email):
        raise NotAllowed(_("this may be about you: somebody else must hide it"))
    _act(desk, "noted", image=1)


def _close(desk: Desk, fields: Fields) -> None:
    if not desk.case.may_decide(desk.viewer.email):
        raise NotAllowed(_("this may be about you: somebody else must close it"))
    incidents.close(*desk.place, fields.get("outcome", ""))


def _reopen(desk: Desk, fields: Fields) -> None:
    incidents.reopen(*desk.place, fields.get("text", ""))


def _correct(desk: Desk, fields: Fields) -> None:
    """Say what a post really is; the program learns it for this school."""
    mention = desk.mention(fields.get("mention", ""))
    kind, level = _wish(fields)
    if not desk.case.may_decide(desk.viewer.email):
        raise NotAllowed(_("this may be about you: somebody else must correct it"))
    was = corrections.program_level(desk.connection, mention.id)
    if is_pointless(mention, was, kind, level):
        raise NotAllowed(_("it is held to be that already: nothing was changed"))
    phrases = learnt(mention, kind, desk.case.school)
    said = Said(kind, level, phrases, "", desk.viewer.email, desk.now)
    corrections.keep(desk.connection, mention, said)


def _wish(fields: Fields) -> tuple[Kind, Level | None]:
    """Which correction is meant: `level:watch`, `should-have-been:urgent` or `not-about-us`."""
    name, _colon, level = fields.get("correction", "").partition(":")
    kinds: dict[str, Kind] = {"level": "level", "should-have-been": "should-have-been"}
    if name in kinds and level in {one.value for one in Level}:
        return kinds[name], Level(level)
    plain: dict[str, Kind] = {"not-about-us": "not-about-us", "about-us": "about-us"}
    if name in plain:
        return plain[name], None
    raise NotAllowed(_("choose what it really is"))


def _uncorrect(desk: Desk, fields: Fields) -> None:
    number = fields.get("number", "")
    found = corrections.one(desk.connection, int(number)) if _is_number(number) else None
    if found is None or found.mention not in {mention.id for mention in desk.case.mentions}:
        raise NotAllowed(_("there is no such correction here"))
    if not desk.case.may_decide(desk.viewer.email):
        raise NotAllowed(_("this may be about you: somebody else must correct it"))
    if corrections.undo(desk.connection, found.number, desk.viewer.email, desk.now) is None:
        raise NotAllowed(_("that correction was undone already"))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10  # noqa: PLR2004 - as databases keep


ACTS: Mapping[str, Doer] = MappingProxyType(
    {
        "take": _take,
        "assign": _assign,
        "note": _note,
        "step": _step,
        "unstep": _unstep,
        "report": _report,
        "removal": _removal,
        "contact": _contact,
        "gone": _gone,
        "wait": _wait,
        "image": _image,
        "close": _close,
        "reopen": _reopen,
        "correct": _correct,
        "uncorrect": _uncorrect,
    }
)


def reveal(
    connection: Connection, viewer: Viewer, mention: Mention, reason: str, now: datetime
) -> None:
    """Write down that somebody reads the hidden words of a post, and why; NotAllowed without a
    reason. Whether they may is for the caller to know.
    """
    if reason not in REASONS:
        raise NotAllowed(_("say why you need to read it"))
    audit.note(
        connection, now, viewer.email, "mention.revealed", mention.id, mention.school, reason=reason
    )

"""PURE: who may be looked for: oneself, by one's own names, after agreeing in so many words."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from monitor.presence.names import MOST_FURTHER, folded, name, refusal
from monitor.presence.record import Agreement, Identity, Record, School
from monitor.presence.sealing import SHORTEST_PASSPHRASE

WORDING = (
    "I look for myself and for nobody else; every name, account and address that I give is my own. "
    "I know that the names are sent to the search engines that are set up; that what is found is "
    "sealed with my passphrase, which nobody can find out or set anew for me: without it the "
    "results are lost; that nobody at the school sees what I looked for, what was found, when, or "
    "that I looked at all; that nobody may ask this of me; and that I can stop at any time, "
    "whereupon everything is erased at once."
)
MOST_CHANGES, WITHIN = 3, timedelta(days=365)
MOST_HANDLES, MOST_EMAILS = 8, 4
_HANDLE = re.compile(r"@?[\w.-]{2,40}")
_EMAIL = re.compile(r"[^\s@<>\"]{1,64}@[^\s@<>\"]{3,190}")


class NotAllowedError(Exception):
    """Something that is asked for is not done; the message is one plain line."""


def identity(
    account: str,
    also: Sequence[str],
    handles: Sequence[str],
    emails: Sequence[str],
    colleagues: Collection[str],
) -> Identity:
    """Who is to be looked for; raises NotAllowedError. `account` is the name of the account."""
    own = " ".join(account.split())
    if len(name(own).all) < 2:  # noqa: PLR2004 - a first name and a surname
        raise NotAllowedError("Give your own first name and surname.")
    if len(also) > MOST_FURTHER:
        raise NotAllowedError(f"At most {MOST_FURTHER} further names are looked for.")
    known: list[str] = []
    for further in (" ".join(one.split()) for one in also):
        why = refusal(further, own, known, colleagues)
        if why:
            raise NotAllowedError(f"“{further}” is not looked for: {why}.")
        known.append(further)
    return Identity(
        name=own,
        also=tuple(known),
        handles=_fit(handles, _HANDLE, MOST_HANDLES, "a user name, such as @jashdown"),
        emails=_fit(emails, _EMAIL, MOST_EMAILS, "an e-mail address"),
    )


def _fit(words: Sequence[str], form: re.Pattern[str], most: int, wanted: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(word.strip() for word in words if word.strip()))
    wrong = next((word for word in found if not form.fullmatch(word)), "")
    if wrong:
        raise NotAllowedError(f"“{wrong}” is not {wanted}.")
    if len(found) > most:
        raise NotAllowedError(f"At most {most} of these are looked for: {wanted}.")
    return found


def enrolled(who: Identity, school: School, months: int, now: datetime) -> Record:
    """The record of somebody who has just agreed to the wording."""
    agreement = Agreement(wording=WORDING, at=now)
    return Record(identity=who, school=school, agreement=agreement, months=months)


def changed(record: Record, who: Identity, now: datetime) -> Record:
    """The record with other words to look for; raises NotAllowedError where they change too often.

    Names that change often would be other people's.
    """
    if who == record.identity:
        return record
    if who.name != record.identity.name:
        raise NotAllowedError("This is kept for somebody else; one person, one place to keep it.")
    recent = tuple(at for at in record.changed if at > now - WITHIN)
    if len(recent) >= MOST_CHANGES:
        again = min(recent) + WITHIN
        raise NotAllowedError(
            f"What is looked for was changed {MOST_CHANGES} times within a year; it can be "
            f"changed again on {again.day} {again:%B %Y}."
        )
    return record.model_copy(update={"identity": who, "changed": (*recent, now)})


def passphrase_refusal(passphrase: str, who: Identity) -> str:
    """Why a passphrase will not do; "" where it will."""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        return f"The passphrase needs {SHORTEST_PASSPHRASE} characters or more: four words will do."
    if len(set(passphrase)) < SHORTEST_PASSPHRASE // 2:
        return "The passphrase repeats a few characters; take four words."
    bare = "".join(char for char in folded(passphrase) if char.isalnum())
    if any("".join(name(one).all) in bare for one in who.names):
        return "The passphrase must not hold your name."
    return ""

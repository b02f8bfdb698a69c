"""How often posts of one account were opened here, without whose it is or who opened them.

The key under which an account is counted is made anew each month; then what was counted under the
old one is deleted with it.
"""

from __future__ import annotations

import secrets
from datetime import date, datetime

from sqlalchemy import Connection, delete, insert, select

from monitor.judge.corrected import host_of
from monitor.judge.routing import LONDON
from monitor.store import audit
from monitor.store.audit_tables import Viewed, ViewingReason
from monitor.store.engine import one_at_a_time
from monitor.store.mentions import Mention
from monitor.store.names import SECRET
from monitor.store.tables import table
from monitor.viewing import AGREEING, REASON, Standing, account, key_name

VIEWED, STEP = table(Viewed), table(ViewingReason)


class NotAgreedError(Exception):
    """A step cannot be taken; the message is one plain line."""


def opened(connection: Connection, mention: Mention, now: datetime) -> Standing:
    """Count that a post is about to be opened; how things stand with this day counted.

    Where the standing wants something, the post must not be shown, and nothing is counted.
    """
    day = now.astimezone(LONDON).date()
    name = _name(connection, mention, day)
    standing = _standing(connection, name, day)
    if name is not None and not standing.wants and day not in _days(connection, name):
        connection.execute(insert(VIEWED).values(account=name, day=day))
    return standing


def standing(connection: Connection, mention: Mention, now: datetime) -> Standing:
    """How things stand if a post were opened now; nothing is counted."""
    day = now.astimezone(LONDON).date()
    return _standing(connection, _name(connection, mention, day), day)


def _standing(connection: Connection, name: str | None, day: date) -> Standing:
    if name is None:
        return Standing(0, frozenset())
    return Standing(len(_days(connection, name) | {day}), _steps(connection, name))


def _days(connection: Connection, name: str) -> set[date]:
    return set(connection.execute(select(VIEWED.c.day).where(VIEWED.c.account == name)).scalars())


def take_step(
    connection: Connection, mention: Mention, step: str, who: str, why: str, now: datetime
) -> None:
    """Write down a reason (REASON), or that one of those in AGREEING agrees, with why.

    The words go into the audit trail. Raises NotAgreedError where they are missing, or where one
    person would agree twice.
    """
    if not why.strip():
        raise NotAgreedError("write a sentence on why this has to be opened again")
    if step not in (REASON, *AGREEING):
        raise NotAgreedError("only the headteacher and the data protection officer can agree")
    name = _name(connection, mention, now.astimezone(LONDON).date())
    if name is None or step in _steps(connection, name):
        return
    others = (STEP.c.account == name, STEP.c.step.in_(AGREEING), STEP.c.who == who)
    if step in AGREEING and connection.execute(select(STEP.c.step).where(*others)).first():
        raise NotAgreedError("the second agreement must be another person's")
    connection.execute(insert(STEP).values(account=name, step=step, who=who))
    act = "viewing.reason" if step == REASON else "viewing.agreed"
    words = " ".join(why.split())[: audit.LONGEST]
    audit.note(connection, now, who, act, mention.id, mention.school, step=step, why=words)


def _steps(connection: Connection, name: str) -> frozenset[str]:
    rows = connection.execute(select(STEP.c.step).where(STEP.c.account == name))
    return frozenset(rows.scalars())


def _name(connection: Connection, mention: Mention, day: date) -> str | None:
    """The account's name in this month; None where the post does not say whose it is."""
    if not mention.author.strip():
        return None
    platform = host_of(mention.url) or mention.source
    return account(_key(connection, day), mention.author, platform)


def _key(connection: Connection, day: date) -> bytes:
    query = select(SECRET.c.value).where(SECRET.c.name == key_name(day))
    key = connection.execute(query).scalar()
    if key is None:
        # Two pages at midnight must not make two keys.
        one_at_a_time(connection, "viewing")
        key = connection.execute(query).scalar() or _new_month(connection, day)
    return bytes(key)


def _new_month(connection: Connection, day: date) -> bytes:
    """Make this month's key, and forget what was counted under the last one."""
    connection.execute(delete(SECRET).where(SECRET.c.name.startswith("viewing ")))
    connection.execute(delete(VIEWED))
    connection.execute(delete(STEP))
    key = secrets.token_bytes(32)
    connection.execute(insert(SECRET).values(name=key_name(day), value=key))
    return key

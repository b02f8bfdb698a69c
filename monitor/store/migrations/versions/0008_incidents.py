"""Incidents: what belongs together, who has it, and what was done; one for each story there is
that needs a response.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
LEVELS = ("respond", "urgent")
MENTION = sa.table(
    "mention",
    *(sa.column(name) for name in ("id", "school", "source", "same_as", "level", "incident")),
    sa.column("categories", sa.JSON()),
    sa.column("relevant", sa.Boolean()),
    sa.column("seen_at", MOMENT),
)
Mentions = list[sa.Row[Any]]


def upgrade() -> None:
    """Make the tables, and room for the thread that a mention is of."""
    incident = op.create_table(
        "incident",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("about", sa.JSON(), nullable=False),
        sa.Column("first_mention", sa.String(length=32), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("last_spread_at", MOMENT, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_incident_school_state", "incident", ["school", "state"], unique=False)
    act = op.create_table(
        "act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident", sa.String(length=32), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_act_incident", "act", ["incident"], unique=False)
    op.add_column("mention", sa.Column("thread", sa.String(), nullable=False, server_default=""))
    op.create_index("ix_mention_thread", "mention", ["school", "thread"], unique=False)
    op.create_index("ix_mention_incident", "mention", ["incident"], unique=False)
    for made, opened, members in _incidents():
        op.bulk_insert(incident, [made])
        op.bulk_insert(act, [opened])
        theirs = sa.update(MENTION).where(MENTION.c.id == sa.bindparam("member"))
        rows = [{"member": each.id, "into": made["id"]} for each in members]
        op.get_bind().execute(theirs.values(incident=sa.bindparam("into")), rows)


def _incidents() -> Iterator[tuple[dict[str, Any], dict[str, Any], Mentions]]:
    """An incident, how it was opened, and its mentions, for each story that needs a response."""
    stories: dict[str, Mentions] = {}
    kept = sa.select(MENTION).where(MENTION.c.relevant)
    for row in op.get_bind().execute(kept.order_by(MENTION.c.seen_at, MENTION.c.id)):
        stories.setdefault(row.same_as or row.id, []).append(row)
    for members in stories.values():
        grave = [row for row in members if row.level in LEVELS]
        if grave:
            made = _incident(grave, members)
            opened = {
                "incident": made["id"],
                "at": made["opened_at"],
                "who": "footprint",
                "kind": "opened",
                "note": "",
                "facts": {"mention": grave[0].id, "level": made["level"]},
            }
            yield made, opened, members


def _incident(grave: Sequence[sa.Row[Any]], members: Sequence[sa.Row[Any]]) -> dict[str, Any]:
    return {
        "id": uuid.uuid4().hex,
        "school": grave[0].school,
        "level": max((row.level for row in grave), key=LEVELS.index),
        "kinds": list(dict.fromkeys(kind for row in grave for kind in row.categories)),
        "state": "open",
        "opened_at": grave[0].seen_at,
        "changed_at": grave[-1].seen_at,
        "owner": "",
        "about": [],
        "first_mention": grave[0].id,
        "places": len({row.source for row in members}),
        "last_spread_at": None,
        "outcome": "",
    }

"""Entries under keyed names; what finds copies of a mention."""

from __future__ import annotations

import hmac
import secrets

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BATCH = 5_000
ENTRY = sa.table("entry", sa.column("source"), sa.column("key"), sa.column("content"))
MENTION = sa.table("mention", sa.column("id"), sa.column("entry_key"))
SECRET = sa.table("secret", sa.column("name"), sa.column("value", sa.LargeBinary()))


def upgrade() -> None:
    """Make the key, put keyed names in the place of plain ones, and widen the mentions."""
    key = secrets.token_bytes(32)
    op.bulk_insert(SECRET, [{"name": "entries", "value": key}])
    _rename_entries(key)
    _rename_mentions(key)
    # With a default, because SQLite would otherwise have to copy the table that others refer to.
    op.add_column("mention", sa.Column("medium", sa.String(), nullable=False, server_default=""))
    op.create_index("ix_mention_same_as", "mention", ["same_as"], unique=False)


def _named(key: bytes, name: str) -> str:
    return "~" + hmac.digest(key, name.encode(), "sha256").hex()[:32]


def _rename_entries(key: bytes) -> None:
    rows = op.get_bind().execute(sa.select(ENTRY.c.source, ENTRY.c.key, ENTRY.c.content)).all()
    turned = [
        {
            "its_source": row.source,
            "old": row.key,
            "new": _named(key, row.key),
            "words": _named(key, row.content),
        }
        for row in rows
    ]
    where = (ENTRY.c.source == sa.bindparam("its_source"), ENTRY.c.key == sa.bindparam("old"))
    _each(
        sa.update(ENTRY)
        .where(*where)
        .values(key=sa.bindparam("new"), content=sa.bindparam("words")),
        turned,
    )


def _rename_mentions(key: bytes) -> None:
    rows = op.get_bind().execute(sa.select(MENTION.c.id, MENTION.c.entry_key)).all()
    turned = [{"its_id": row.id, "new": _named(key, row.entry_key)} for row in rows]
    where = MENTION.c.id == sa.bindparam("its_id")
    _each(sa.update(MENTION).where(where).values(entry_key=sa.bindparam("new")), turned)


def _each(change: sa.Update, rows: list[dict[str, str]]) -> None:
    for start in range(0, len(rows), BATCH):
        op.get_bind().execute(change, rows[start : start + BATCH])

"""What was kept as evidence of an incident, and the chain that seals it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
SQLITE = tuple(
    f"""CREATE TRIGGER seal_{word} BEFORE {word} ON seal
    BEGIN SELECT RAISE(ABORT, 'the chain of evidence is never changed'); END"""
    for word in ("update", "delete")
)
POSTGRESQL = (
    """CREATE FUNCTION seal_stands() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the chain of evidence is never changed'; END $$""",
    """CREATE TRIGGER seal_stands BEFORE UPDATE OR DELETE OR TRUNCATE ON seal
    FOR EACH STATEMENT EXECUTE FUNCTION seal_stands()""",
)


def upgrade() -> None:
    """Make the tables, and the triggers that guard the chain."""
    op.create_table(
        "capture",
        sa.Column("mention_id", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("owed_at", MOMENT, nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=False),
        sa.Column("leased_until", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["mention_id"], ["mention.id"]),
        sa.PrimaryKeyConstraint("mention_id"),
    )
    op.create_index("ix_capture_due", "capture", ["state", "next_at"], unique=False)
    op.create_table(
        "evidence_item",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("mention_id", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["mention_id"], ["mention.id"]),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("ix_evidence_item_mention", "evidence_item", ["mention_id"], unique=False)
    op.create_table(
        "seal",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("of", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    for guard in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(guard)

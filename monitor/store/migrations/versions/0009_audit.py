"""The audit trail, which the database itself keeps from being changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# A row may go only when the head says that its time is over (see monitor/store/audit.py).
SQLITE = (
    """CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit trail is never changed'); END""",
    """CREATE TRIGGER audit_kept BEFORE DELETE ON audit
    WHEN OLD.number > (SELECT pruned FROM chain_head WHERE chain = 'audit')
    BEGIN SELECT RAISE(ABORT, 'the audit trail is never deleted'); END""",
)
POSTGRESQL = (
    """CREATE FUNCTION audit_stands() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            RAISE EXCEPTION 'the audit trail is never changed';
        ELSIF TG_OP = 'TRUNCATE' THEN
            RAISE EXCEPTION 'the audit trail is never deleted';
        ELSIF OLD.number > (SELECT pruned FROM chain_head WHERE chain = 'audit') THEN
            RAISE EXCEPTION 'the audit trail is never deleted';
        END IF;
        RETURN OLD;
    END $$""",
    """CREATE TRIGGER audit_stands BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_stands()""",
    """CREATE TRIGGER audit_not_emptied BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_stands()""",
)


def upgrade() -> None:
    """Make the tables, and the triggers that guard the first."""
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("who", "act", "subject")),
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("ix_audit_school", "audit", ["school", "at"], unique=False)
    heads = op.create_table(
        "chain_head",
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("pruned", sa.Integer(), nullable=False),
        sa.Column("pruned_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("chain"),
    )
    empty = {"number": 0, "hash": "0" * 64, "pruned": 0, "pruned_hash": "0" * 64}
    op.bulk_insert(heads, [{"chain": name, **empty} for name in ("audit", "evidence")])
    op.create_table(
        "viewed",
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("account", "day"),
    )
    op.create_table(
        "viewing_reason",
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("account", "step"),
    )
    guards = SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL
    for guard in guards:
        op.execute(guard)

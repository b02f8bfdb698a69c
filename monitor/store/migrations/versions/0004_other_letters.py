"""Letters that are about no post; since when a source is not well, and what was told of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# The first tables left it to the database to name their constraints: this is how PostgreSQL does,
# and how SQLite, which gives none, is to be understood.
NAMES = {"uq": "%(table_name)s_%(column_0_N_name)s_key"}
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Widen the outbox and the looks, and make the table of gaps; every row is kept."""
    _widen_deliveries()
    _widen_looks()
    op.create_table(
        "gap",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("health", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("source", "since"),
    )


def _widen_deliveries() -> None:
    new = (
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=True),
    )
    for column in new:
        op.add_column("delivery", column)
    op.execute("UPDATE delivery SET kind = 'alert', subject = mention_id, facts = '{}'")
    with op.batch_alter_table("delivery", naming_convention=NAMES) as delivery:
        for column in new:
            delivery.alter_column(column.name, existing_type=column.type, nullable=False)
        delivery.alter_column("mention_id", existing_type=sa.String(), nullable=True)
        delivery.drop_constraint("delivery_mention_id_level_email_key", type_="unique")
        delivery.create_unique_constraint(
            "delivery_kind_subject_level_email_key", ["kind", "subject", "level", "email"]
        )


def _widen_looks() -> None:
    op.add_column("look", sa.Column("fresh_at", MOMENT, nullable=True))
    op.add_column("look", sa.Column("broken_since", MOMENT, nullable=True))
    op.add_column("look", sa.Column("told", sa.String(), nullable=True))
    op.execute(
        "UPDATE look SET told = '', fresh_at ="
        " (SELECT max(entry.seen_at) FROM entry WHERE entry.source = look.source)"
    )
    op.execute(
        "UPDATE look SET broken_since = coalesce(good_at, tried_at)"
        " WHERE health NOT IN ('ok', 'waiting')"
    )
    # It was counted as nothing where it could not be read, so that "nothing has changed" would now
    # mean "still nothing": such a source is read whole once.
    op.execute("UPDATE look SET validators = '{}' WHERE fetched = 0")
    with op.batch_alter_table("look") as look:
        look.alter_column("told", existing_type=sa.String(), nullable=False)

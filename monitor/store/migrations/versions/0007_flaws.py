"""What a source could not read at its last reading."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty in the rows there are."""
    op.add_column("look", sa.Column("flaws", sa.JSON(), nullable=False, server_default="[]"))

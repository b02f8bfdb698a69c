"""Daily totals that outlive the posts, filled from those that are kept; when digests began."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

LONDON = ZoneInfo("Europe/London")
BATCH = 5_000
MOMENT = sa.DateTime(timezone=True)
NAMES = ("school", "day", "source", "level", "mood", "category")
MENTION = sa.table(
    "mention",
    *(sa.column(name) for name in ("school", "source", "level", "sentiment", "categories")),
    sa.column("published", MOMENT),
    sa.column("seen_at", MOMENT),
    sa.column("relevant", sa.Boolean()),
)
Key = tuple[str, date, str, str, str, str]


def upgrade() -> None:
    """Make both tables, and count what there is."""
    daily = op.create_table(
        "daily",
        *(sa.Column(name, sa.Date() if name == "day" else sa.String()) for name in NAMES),
        sa.Column("mentions", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(*NAMES),
    )
    op.create_table(
        "watched",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("digests_from", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("school"),
    )
    counts: Counter[Key] = Counter()
    for row in op.get_bind().execute(sa.select(MENTION).where(MENTION.c.relevant)):
        counts.update(_keys(row))
    rows = [
        {**dict(zip(NAMES, key, strict=True)), "mentions": number} for key, number in counts.items()
    ]
    for start in range(0, len(rows), BATCH):
        op.bulk_insert(daily, rows[start : start + BATCH])


def _keys(row: sa.Row[Any]) -> Iterator[Key]:
    found = _moment(row.seen_at)
    posted = min(_moment(row.published), found) if row.published else found
    day = posted.astimezone(LONDON).date()
    kept = row.categories
    categories = json.loads(kept) if isinstance(kept, str) else kept
    for category in ("", *dict.fromkeys(categories)):
        yield row.school, day, row.source, row.level, row.sentiment, category


def _moment(kept: datetime) -> datetime:
    """SQLite forgets the zone, which is always UTC."""
    return kept if kept.tzinfo else kept.replace(tzinfo=UTC)

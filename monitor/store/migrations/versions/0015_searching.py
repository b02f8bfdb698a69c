"""What a search of mentions needs, which the database keeps up by itself, and programs' tokens.

The tables named `search_` can be made anew from the mentions at any time, and no copy of the
database needs them: they stand in no model. `search_facet` has a row for each mention under the
category "", and one under each category that it has, in the order of the lists; `search_todo`
names the mentions whose words are to be read into `search_text`; `search_words` is the index of
those.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
# Whom these name is of no matter to who may read them.
HARMLESS = "('praise', 'press', 'request')"
HINTS = "{row}.reasons{text} LIKE '%safeguarding%' OR {row}.reasons{text} LIKE '%staff_conduct%'"
CHANGED = (
    "same_as, published, seen_at, relevant, level, sentiment, categories, reasons, school, source"
)
FLAGS = ("relevant", "again", "delicate")
# What most mentions have none of: without those an index of it is small, and is used.
SELDOM = {"ix_mention_same_as": "same_as", "ix_mention_incident": "incident"}
# What was looked up row by row.
INDICES = {
    "ix_mention_entry": ("mention", ["source", "entry_key"]),
    "ix_entry_seen": ("entry", ["source", "seen_at"]),
    "ix_delivery_mention": ("delivery", ["mention_id"]),
}
COLUMNS = (
    "school, category, found, posted, mention_id, level, mood, source, relevant, again, delicate"
)


def upgrade() -> None:
    """Add the tables, and fill in what can be filled in here."""
    op.create_table(
        "token",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("ix_token_email", "token", ["email"], unique=False)
    _mention_of("search_todo", sa.PrimaryKeyConstraint("mention_id"))
    _mention_of(
        "search_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("mention_id"),
    )
    names = ("school", "category", "found", "level", "mood", "source")
    _mention_of(
        "search_facet",
        *(sa.Column(name, sa.String(), nullable=False) for name in names),
        sa.Column("posted", MOMENT, nullable=False),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in FLAGS),
        sa.PrimaryKeyConstraint("school", "category", "relevant", "found", "posted", "mention_id"),
    )
    op.create_index("ix_search_facet_mention", "search_facet", ["mention_id"], unique=False)
    by_level = ["school", "category", "relevant", "level", "found", "posted", "mention_id"]
    op.create_index("ix_search_facet_level", "search_facet", by_level, unique=False)
    for name, (table, columns) in INDICES.items():
        op.create_index(name, table, columns, unique=False)
    for name, column in SELDOM.items():
        there = sa.text(f"{column} IS NOT NULL")
        op.drop_index(name, table_name="mention")
        op.create_index(name, "mention", [column], sqlite_where=there, postgresql_where=there)
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _sqlite() if sqlite else _postgresql():
        op.execute(sa.text(statement.replace(":", r"\:")))
    op.execute("INSERT INTO search_todo (mention_id) SELECT id FROM mention")


def _mention_of(name: str, *columns: sa.schema.SchemaItem) -> None:
    """A table whose rows go with their mention."""
    op.create_table(
        name,
        sa.Column("mention_id", sa.String(length=32), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["mention_id"], ["mention.id"], ondelete="CASCADE"),
    )


def _sqlite() -> list[str]:
    each = f"""
        INSERT INTO search_facet ({COLUMNS})
        SELECT m.school, k.category, substr(m.seen_at, 1, 16), coalesce(m.published, m.seen_at),
            m.id, m.level, m.sentiment, m.source, m.relevant,
            m.same_as IS NOT NULL,
            {HINTS.format(row="m", text="")} OR EXISTS (
                SELECT 1 FROM json_each(m.categories) WHERE value NOT IN {HARMLESS})
        FROM mention AS m, (SELECT x.id, '' AS category FROM mention AS x WHERE {{which}}
            UNION SELECT x.id, j.value FROM mention AS x, json_each(x.categories) AS j
            WHERE {{which}}) AS k
        WHERE m.id = k.id"""  # noqa: S608 - of our own words alone
    new = each.format(which="x.id = new.id")
    remove = "INSERT INTO search_words (search_words, rowid, words) VALUES ('delete', old.id, "
    add = "INSERT INTO search_words (rowid, words) VALUES (new.id, new.words)"
    on_words = "ON search_text BEGIN"
    return [
        each.format(which="1"),
        f"CREATE TRIGGER search_facet_new AFTER INSERT ON mention BEGIN {new}; END",
        f"""CREATE TRIGGER search_facet_changed AFTER UPDATE OF {CHANGED} ON mention BEGIN
            DELETE FROM search_facet WHERE mention_id = new.id; {new}; END""",  # noqa: S608
        """CREATE TRIGGER search_todo_new AFTER INSERT ON mention BEGIN
            INSERT OR IGNORE INTO search_todo VALUES (new.id); END""",
        """CREATE TRIGGER search_todo_changed AFTER UPDATE OF title, text ON mention BEGIN
            INSERT OR IGNORE INTO search_todo VALUES (new.id); END""",
        """CREATE VIRTUAL TABLE search_words USING fts5(words, content='search_text',
            content_rowid='id', tokenize='unicode61 remove_diacritics 2')""",
        f"CREATE TRIGGER search_words_new AFTER INSERT {on_words} {add}; END",
        f"CREATE TRIGGER search_words_gone AFTER DELETE {on_words} {remove}old.words); END",
        f"""CREATE TRIGGER search_words_changed AFTER UPDATE OF words {on_words}
            {remove}old.words); {add}; END""",
    ]


def _postgresql() -> list[str]:
    each = f"""
        INSERT INTO search_facet ({COLUMNS})
        SELECT m.school, k.category, to_char(m.seen_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'),
            coalesce(m.published, m.seen_at), m.id, m.level, m.sentiment, m.source, m.relevant,
            m.same_as IS NOT NULL,
            {HINTS.format(row="m", text="::text")} OR EXISTS (
                SELECT 1 FROM json_array_elements_text(m.categories) AS one (value)
                WHERE value NOT IN {HARMLESS})
        FROM mention AS m CROSS JOIN LATERAL (
            SELECT '' AS category UNION SELECT json_array_elements_text(m.categories)) AS k"""  # noqa: S608 - of our own words alone
    return [
        each,
        f"""CREATE FUNCTION search_of_mention() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            DELETE FROM search_facet WHERE mention_id = NEW.id;
            {each} WHERE m.id = NEW.id;
            RETURN NULL; END $$""",  # noqa: S608
        """CREATE FUNCTION search_of_words() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO search_todo VALUES (NEW.id) ON CONFLICT DO NOTHING;
            RETURN NULL; END $$""",
        f"""CREATE TRIGGER search_facet_new AFTER INSERT OR UPDATE OF {CHANGED} ON mention
            FOR EACH ROW EXECUTE FUNCTION search_of_mention()""",
        """CREATE TRIGGER search_todo_new AFTER INSERT OR UPDATE OF title, text ON mention
            FOR EACH ROW EXECUTE FUNCTION search_of_words()""",
        "CREATE INDEX search_words ON search_text USING gin (to_tsvector('simple', words))",
    ]

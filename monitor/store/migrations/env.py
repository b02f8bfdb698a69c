"""What Alembic runs: the steps, inside the transaction that the opener has begun."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

import monitor.store.account_tables
import monitor.store.audit_tables
import monitor.store.confirmed
import monitor.store.evidence_tables
import monitor.store.incident_tables
import monitor.store.job_tables
import monitor.store.presence_tables
import monitor.store.record_tables
import monitor.store.rights_tables
import monitor.store.token_tables  # noqa: F401 - loads them
from monitor.store import tables

assert tables.Mention.metadata is SQLModel.metadata  # noqa: S101 - the tables must be loaded

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()

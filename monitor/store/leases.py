"""Leases: who holds a look or a letter, and letting go of what a dead process held."""

from __future__ import annotations

from sqlalchemy import select, update

from monitor.store.deliveries import DELIVERY
from monitor.store.engine import Connection
from monitor.store.evidence import CAPTURE
from monitor.store.looks import LOOK

LEASED = (LOOK, DELIVERY, CAPTURE)


def owners(connection: Connection) -> frozenset[str]:
    """Every process that holds a lease, by the name it gave itself."""
    held = (select(leased.c.lease_owner).where(leased.c.lease_owner != "") for leased in LEASED)
    return frozenset(owner for query in held for owner in connection.execute(query).scalars())


def release(connection: Connection, owner: str) -> None:
    """Let go of everything that this process held: it is known to be gone."""
    for leased in LEASED:
        held = update(leased).where(leased.c.lease_owner == owner)
        connection.execute(held.values(lease_owner="", leased_until=None))

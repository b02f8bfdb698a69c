"""What the commands about incidents share."""

from __future__ import annotations

from monitor.commands._world import fail
from monitor.problems import quoted
from monitor.store import incidents
from monitor.store.engine import Connection
from monitor.store.incidents import Incident


def found_or_exit(connection: Connection, beginning: str) -> Incident:
    """The incident whose id begins so; one line on stderr and the end where that is not one."""
    wanted = beginning.strip().lower()
    ids = incidents.starting(connection, wanted) if wanted else ()
    if len(ids) != 1:
        why = "several incidents begin" if ids else "no incident begins"
        fail(f"{why} with {quoted(beginning)}: `footprint incident list` shows them", 2)
    found = incidents.one(connection, ids[0])
    if found is None:
        fail("that incident has just been deleted", 1)
    return found

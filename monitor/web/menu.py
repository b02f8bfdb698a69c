"""PURE: the pages that a menu leads to: those that are there, and that the viewer may open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.web.translating import later
from monitor.web.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Entry:
    """A page by its path, and its name in English; the template translates it."""

    path: str
    name: str


ENTRIES = (
    Entry("/", later("Today")),
    Entry("/mentions", later("Mentions")),
    Entry("/weeks", later("Weeks")),
    Entry("/mail", later("Mail")),
    Entry("/sources", later("Sources")),
    Entry("/trust", later("Trust")),
    Entry("/presence", later("My own check")),
    Entry("/report", later("Report")),
    Entry("/settings", later("Settings")),
    Entry("/data", later("Data protection")),
    Entry("/account", later("My account")),
    Entry("/about", later("About")),
)


def menu(opens: Mapping[str, frozenset[str]], viewer: Viewer) -> tuple[Entry, ...]:
    """The menu of somebody; `opens` has who may open each path that there is."""
    return tuple(
        entry
        for entry in ENTRIES
        if entry.path in opens and viewer.holds_anywhere(opens[entry.path])
    )

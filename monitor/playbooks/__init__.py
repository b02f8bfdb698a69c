"""PURE: what a school may do about a post of each category, as data files say it."""

from monitor.playbooks.facts import PlaybookError
from monitor.playbooks.loading import Book, book
from monitor.playbooks.resolving import playbook, role_name
from monitor.playbooks.said import Playbook

__all__ = ["Book", "Playbook", "PlaybookError", "book", "playbook", "role_name"]

"""Heeds what tells a process to stop."""

from __future__ import annotations

import signal
import threading


def stopping_by_signal() -> threading.Event:
    """An event that is set when the process is told to stop, by Ctrl-C or its manager."""
    stopping = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        # From a thread: a handler that sets what it has interrupted the waiting for can lock up.
        signal.signal(name, lambda *_: threading.Thread(target=stopping.set).start())
    return stopping


def ending(stopping: threading.Event) -> str:
    """Why work ends, as the beginning of a sentence."""
    return "Stopping" if stopping.is_set() else "The settings have changed"

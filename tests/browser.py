"""A real browser for the tests; where there is none they are skipped, but never under CI."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def program() -> str:
    """Where Chromium is; skips the test where it is not, and under CI fails it."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None and os.environ.get("CI"):
        pytest.fail("Chromium is not installed, and under CI nothing is skipped")
    if found is None:
        pytest.skip("Chromium is not installed")
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium without a window."""
    path = program()
    with warnings.catch_warnings():
        # The driver's own: its pipe to the child process is closed by the garbage collector.
        warnings.filterwarnings("ignore", category=ResourceWarning, module="asyncio|subprocess")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=list(ARGS))
            try:
                yield browser
            finally:
                browser.close()

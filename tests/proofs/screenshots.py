"""Pictures of the pages, taken from the demonstration, for docs/screenshots.md.

`make screenshots` starts the demonstration, waits until its sources are read and its letters are
written, and takes every page on a phone and on a wide screen. What nobody signs in for in the
demonstration is taken from a school of the tests.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import Browser

from monitor.config import load
from monitor.settings_changes import SettingsFiles
from tests.browser import chromium
from tests.test_web_settings import CONFIG
from tests.web_cast import KEY, opened, served

ROOT = Path(__file__).parents[2]
FOLDER, PAGE = ROOT / "docs/screenshots", ROOT / "docs/screenshots.md"
WIDTHS = {360: 1_600, 1280: 1_400}
MOST_BYTES = 120 * 1024
WAIT_SECONDS = 600
MAIN = "from monitor.commands import main; main()"


@dataclass(frozen=True)
class Shot:
    """A page: where it is, or the first link on `leads` after `words` that begins so; and what it
    shows.
    """

    name: str
    title: str
    path: str
    says: str
    leads: str = ""
    words: str = ""


SHOTS = (
    Shot("today", "Today", "/", "What needs somebody now, the worst first, and who has it."),
    Shot(
        "incident",
        "An incident",
        "/incidents/",
        "What to do, step by step, who has it, and everything that was done.",
        leads="/",
    ),
    Shot(
        "mentions",
        "Mentions",
        "/mentions",
        "Everything that was found, by level, to be searched and narrowed down.",
    ),
    Shot(
        "mention",
        "A mention",
        "/mentions/",
        "A post's words with those marked that decided, and why it was judged so.",
        leads="/mentions?level=respond",
    ),
    Shot("weeks", "Weeks", "/weeks", "Week by week, what was said and how it was answered."),
    Shot("mail", "Mail", "/mail", "Every letter: to whom, about what, and whether it went."),
    Shot(
        "letter",
        "A letter",
        "/mail/",
        "An alert as it comes into the mailbox.",
        leads="/mail",
        words='urgent">Urgent<',
    ),
    Shot(
        "sources",
        "Sources",
        "/sources",
        "Where is read, when it was last read, and what does not work.",
    ),
    Shot("report", "Report", "/report", "How staff tell of what they saw, without a picture."),
    Shot("about", "About", "/about", "What Footprint does, what it does not, and who decides."),
)
SIGNED_IN = (
    Shot("signin", "Signing in", "/signin", "A link by mail, and no password."),
    Shot(
        "presence",
        "My own check",
        "/presence",
        "A member of staff looks for themself; nobody else sees what is found.",
    ),
    Shot("settings", "Settings", "/settings", "What the school can change by itself, in forms."),
)


def main() -> int:
    """Take them all, and write the page that shows them; exit status 1 where one is too large."""
    FOLDER.mkdir(exist_ok=True)
    with chromium() as browser:
        taken = [*_of_demonstration(browser), *_of_school(browser)]
    PAGE.write_text(_page(taken), "utf-8")
    large = [path.name for path in FOLDER.glob("*.png") if path.stat().st_size > MOST_BYTES]
    print(f"{len(taken)} pages; larger than {MOST_BYTES} bytes: {', '.join(large) or 'none'}")
    return 1 if large else 0


def _of_demonstration(browser: Browser) -> Iterator[Shot]:
    with tempfile.TemporaryDirectory(prefix="fp-shots-") as folder, demonstration(folder) as at:
        for shot in SHOTS:
            if take(browser, at, shot):
                yield shot


def _of_school(browser: Browser) -> Iterator[Shot]:
    """From a school whose people sign in."""
    with tempfile.TemporaryDirectory(prefix="fp-shots-") as folder, opened(Path(folder)) as store:
        path = Path(folder) / "config.toml"
        path.write_text(CONFIG, "utf-8")
        with served(store, load(path, {}), files=SettingsFiles(path, {})) as pages:
            for shot in SIGNED_IN:
                if take(browser, pages.address, shot):
                    yield shot


@contextmanager
def demonstration(folder: str) -> Iterator[str]:
    """A demonstration whose first digest has been written: the last thing to come."""
    command = [sys.executable, "-c", MAIN, "run", "--demo", "--json"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = "".join(iter(process.stdout.readline, "}\n")) + "}"
            address = json.loads(said)["address"].rstrip("/")
            _wait(address)
            yield address
        finally:
            process.terminate()
            process.wait()


def _wait(address: str) -> None:
    pause = threading.Event()
    for _ in range(WAIT_SECONDS):
        with urlopen(f"{address}/mail") as answer:
            if ">Digest<" in answer.read().decode():
                return
        pause.wait(1)
    raise TimeoutError("the demonstration wrote no digest")


def take(browser: Browser, address: str, shot: Shot) -> bool:
    """Take a page at each width; False where there is no such page yet."""
    for width, height in WIDTHS.items():
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="light", locale="en-GB"
        )
        try:
            if shot.name != "signin":
                cookie = {"name": "footprint-session", "value": KEY, "url": address}
                context.add_cookies([cookie])  # type: ignore[list-item]
            page = context.new_page()
            path = shot.path
            if shot.leads:
                page.goto(address + shot.leads)
                rest = page.content()[max(page.content().find(shot.words), 0) :]
                found = re.search(rf'href="({re.escape(path)}[0-9a-f]{{32}})"', rest)
                assert found, shot.name
                path = found[1]
            answer = page.goto(address + path)
            if answer is None or answer.status == 404:
                return False
            _keep(page.screenshot(), FOLDER / f"{shot.name}-{width}.png")
        finally:
            context.close()
    return True


def _keep(picture: bytes, path: Path) -> None:
    """With as many colours as a page of ours has, which is a quarter of the bytes."""
    reduced = Image.open(io.BytesIO(picture)).convert("RGB").quantize(64)
    reduced.save(path, "PNG", optimize=True)


def _page(taken: list[Shot]) -> str:
    lines = [
        "# The pages",
        "",
        "The demonstration school, on a wide screen and on a phone. All of it is invented.",
        "`make screenshots` takes these pictures anew.",
    ]
    for shot in taken:
        wide, phone = (f"screenshots/{shot.name}-{width}.png" for width in (1280, 360))
        pictures = f"![{shot.title}, wide]({wide}) ![{shot.title}, on a phone]({phone})"
        lines += ["", f"## {shot.title}", "", shot.says, "", pictures]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.exit(main())

"""Writes configurations for tests and reads them back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from monitor.config import ConfigError, load
from monitor.settings import Settings

EXAMPLE = Path(__file__).parent.parent / "config.example.toml"
# What the lines of the example need that begin with "# " there.
EXAMPLE_ENV = {
    "SMTP_PASSWORD": "hunter2",
    "DATABASE_PASSWORD": "hunter3",
    "TOM_SECOND": "ntfys://t",
    "OIDC_SECRET": "hunter5",
    "BACKUP_PASSPHRASE": "hunter4-hunter4",
}
SCHOOL = '[[schools]]\nid = "hollybrook"\nname = "Hollybrook Primary School"\n'
FEED = '[[sources]]\nid = "gazette"\nkind = "feed"\nurl = "https://gazette.example/rss"\n'


def whole_example(secrets: str = "env") -> str:
    """The example with every setting set; of the ways to a secret, one: env or file."""
    text = re.sub(
        r"^# (?=\[+[a-z.]+\]+$|[a-z_]+ = )", "", EXAMPLE.read_text("utf-8"), flags=re.MULTILINE
    )
    other = "file" if secrets == "env" else "env"
    secret = rf"(?:password|second|passphrase|client_secret)_{other}|recipient"
    return re.sub(rf"^(?:{secret}) = .*\n", "", text, flags=re.MULTILINE)


def read(folder: Path, text: str | bytes, env: Mapping[str, str] | None = None) -> Settings:
    """The settings of a config.toml with these words in it."""
    path = folder / "config.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load(path, env or {})


def mistakes(folder: Path, text: str | bytes, env: Mapping[str, str] | None = None) -> list[str]:
    """What is wrong with it, line by line, each file by its name within the folder."""
    try:
        read(folder, text, env)
    except ConfigError as error:
        return str(error).replace(f"{folder}/", "").split("\n")
    return []


def mistake(folder: Path, text: str | bytes, env: Mapping[str, str] | None = None) -> str:
    """The only thing that is wrong with it."""
    found = mistakes(folder, text, env)
    assert len(found) == 1, found
    return found[0]

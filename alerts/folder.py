"""Writes letters into a folder as .eml files, where there is no mail server."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC
from hashlib import sha256
from pathlib import Path
from tempfile import mkstemp

from alerts.base import DeliveryError, Letter


class FolderChannel:
    """A folder as a way out. It is made where it is missing, for this user alone."""

    name = "folder"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def tell(self, letter: Letter) -> str:
        """Write the letter whole or not at all; the same letter again leaves one file.

        Raises DeliveryError, always the server's: a folder that fails one letter fails them all.
        """
        target = self.folder / _file_name(letter)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(target, letter.content)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise DeliveryError(
                f"the mail folder {self.folder} cannot be written to ({reason}): "
                "check that it is a folder, is this user's and has room",
                server=True,
            ) from error
        return f"written to {target}"


def _file_name(letter: Letter) -> str:
    """From the date and a hash alone, so that no word of a post or a person is in it."""
    digest = sha256(letter.message_id.encode("utf-8", "replace")).hexdigest()[:16]
    return f"{letter.date.astimezone(UTC):%Y%m%dT%H%M%SZ}-{digest}.eml"


def _write(target: Path, content: bytes) -> None:
    """Under another name first: nobody may ever see half a letter (mkstemp gives mode 0600)."""
    handle, draft = mkstemp(prefix=".", suffix=".part", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(draft)
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Without this the name of a written file may be lost with the power."""
    if os.name == "nt":  # where a folder cannot be opened
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

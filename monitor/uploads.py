"""Screenshots that people hand in: each is drawn anew from its points and kept inert, by our name.

A file is believed by its bytes alone. What is kept is a new picture without whatever came beside
the points: no place, no time, no camera, no second file behind the first.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from tempfile import mkstemp
from typing import Literal

from PIL import Image, ImageOps

FOLDER = "uploads"
MOST_BYTES = 8 * 1024**2
# A long screenshot of a telephone has 20 million points; drawn, each takes four bytes.
MOST_POINTS = 25_000_000
_FORMATS = ("PNG", "JPEG", "WEBP")
_MEDIA = {"png": "image/png", "jpg": "image/jpeg"}
_NAME = re.compile(r"[0-9a-f]{32}\.(?:png|jpg)")
# What is being written; one that stays behind was cut off.
_PART = ".part"
_QUALITY = 90
# Until its report has been read, nothing but the report names a picture.
_SPARED = timedelta(days=1)
# A large picture takes a second and 200 MB: the pages must go on answering meanwhile.
_ONE_AT_A_TIME = threading.Lock()


Why = Literal["too large", "too many points", "unreadable"]


class UploadError(Exception):
    """A file that is not taken, and why."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is kept; `name` is made from its content."""

    name: str
    sha256: str
    content: bytes


def redrawn(body: bytes) -> Picture:
    """The picture in these bytes, drawn anew; raises UploadError for whatever is none."""
    if len(body) > MOST_BYTES:
        raise UploadError("too large")
    with _ONE_AT_A_TIME:
        content, ending = _drawn(body)
    digest = hashlib.sha256(content).hexdigest()
    return Picture(f"{digest[:32]}.{ending}", digest, content)


def _drawn(body: bytes) -> tuple[bytes, str]:
    try:
        with Image.open(BytesIO(body), formats=_FORMATS) as given:
            _check_size(given.size)
            ending = "jpg" if given.format == "JPEG" else "png"
            return _written(_bare(given), ending), ending
    except UploadError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UploadError("too many points") from None
    except Exception:
        # A broken file makes the library raise whatever its reader stumbled over.
        raise UploadError("unreadable") from None


def _check_size(size: tuple[int, int]) -> None:
    if size[0] * size[1] > MOST_POINTS:
        raise UploadError("too many points")


def _bare(given: Image.Image) -> Image.Image:
    """The points alone, the right way up, on white."""
    upright = ImageOps.exif_transpose(given).convert("RGBA")
    plain = Image.new("RGB", upright.size, "white")
    plain.paste(upright, mask=upright.getchannel("A"))
    return plain


def _written(picture: Image.Image, ending: str) -> bytes:
    out = BytesIO()
    if ending == "jpg":
        picture.save(out, "JPEG", quality=_QUALITY)
    else:
        picture.save(out, "PNG")
    return out.getvalue()


def keep(folder: Path, picture: Picture) -> None:
    """Store a picture for this user alone to read; what is there already is the same."""
    folder.mkdir(mode=0o700, exist_ok=True)
    number, path = mkstemp(dir=folder, prefix=f"{picture.name}.", suffix=_PART)
    with os.fdopen(number, "wb") as file:
        file.write(picture.content)
    Path(path).replace(folder / picture.name)


def is_name(name: str) -> bool:
    """True for a name that a picture of ours may have."""
    return bool(_NAME.fullmatch(name))


def _is_part(name: str) -> bool:
    return name.endswith(_PART) and bool(_NAME.match(name))


def kept(folder: Path, name: str, sha256: str) -> bytes | None:
    """A picture as it was kept; None where it is not there, or is not what it was."""
    if not is_name(name):
        return None
    try:
        content = (folder / name).read_bytes()
    except OSError:
        return None
    return content if hashlib.sha256(content).hexdigest() == sha256 else None


def media_type(name: str) -> str:
    """What a picture is sent as."""
    return _MEDIA[name.rpartition(".")[2]]


def named_in(text: str) -> frozenset[str]:
    """The names of pictures that stand in a text."""
    return frozenset(_NAME.findall(text))


def drop(folder: Path, names: Iterable[str]) -> None:
    """Delete pictures at once."""
    for name in filter(is_name, names):
        (folder / name).unlink(missing_ok=True)


def tidy(folder: Path, in_use: Iterable[str], now: datetime) -> int:
    """Delete what nothing names any more, or was never written to its end; how many. Files that
    are not ours stay.
    """
    wanted, before = frozenset(in_use), (now - _SPARED).timestamp()
    found = [file for file in folder.glob("*") if is_name(file.name) or _is_part(file.name)]
    old = [file for file in found if file.name not in wanted and file.stat().st_mtime < before]
    for file in old:
        file.unlink(missing_ok=True)
    return len(old)

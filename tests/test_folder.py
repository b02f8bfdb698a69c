"""Letters written into a folder."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from alerts.base import DeliveryError, Letter
from alerts.folder import FolderChannel


def a_letter(message_id: str = "<1@hollybrook.example>", content: bytes = b"Hello\r\n") -> Letter:
    date = datetime(2026, 11, 21, 21, 40, 5, tzinfo=UTC)
    return Letter(message_id, date, "from@school.example", "to@school.example", content)


def test_a_letter_is_one_private_file_of_the_same_bytes(tmp_path: Path) -> None:
    said = FolderChannel(tmp_path / "new" / "outbox").tell(a_letter())
    (file,) = (tmp_path / "new" / "outbox").iterdir()
    assert file.read_bytes() == b"Hello\r\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert said == f"written to {file}"


def test_the_folder_is_this_users_alone(tmp_path: Path) -> None:
    FolderChannel(tmp_path / "outbox").tell(a_letter())
    assert stat.S_IMODE((tmp_path / "outbox").stat().st_mode) == 0o700


def test_the_same_letter_twice_leaves_one_file(tmp_path: Path) -> None:
    channel = FolderChannel(tmp_path)
    assert channel.tell(a_letter()) == channel.tell(a_letter())
    (file,) = tmp_path.iterdir()
    assert file.read_bytes() == b"Hello\r\n"


def test_two_letters_leave_two_files_in_the_order_of_their_dates(tmp_path: Path) -> None:
    first, second = a_letter("<z@x>", b"1"), a_letter("<a@x>", b"2")
    later = Letter("<b@x>", first.date + timedelta(hours=1), "a@x", "b@x", b"3")
    for each in (later, second, first):
        FolderChannel(tmp_path).tell(each)
    names = sorted(tmp_path.iterdir())
    assert len(names) == 3
    assert names[-1].read_bytes() == b"3"


@pytest.mark.parametrize(
    "message_id",
    [
        "<../../../etc/passwd@x>",
        "<CON>",
        "<a\x00b@x>",
        "<" + "x" * 3000 + "@x>",
        "<txt.\u202elme@x>",
        "<\udc80@x>",
        "",
    ],
)
def test_a_files_name_is_made_by_us_only(tmp_path: Path, message_id: str) -> None:
    FolderChannel(tmp_path).tell(a_letter(message_id))
    (file,) = tmp_path.iterdir()
    assert re.fullmatch(r"20261121T214005Z-[0-9a-f]{16}\.eml", file.name)


def test_a_files_date_is_in_utc(tmp_path: Path) -> None:
    summer = datetime(2026, 7, 1, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    FolderChannel(tmp_path).tell(Letter("<a@x>", summer, "a@x", "b@x", b""))
    assert next(tmp_path.iterdir()).name.startswith("20260630T233000Z-")


def test_a_link_that_stands_in_the_way_is_replaced_and_not_followed(tmp_path: Path) -> None:
    channel = FolderChannel(tmp_path / "outbox")
    channel.tell(a_letter())
    (file,) = (tmp_path / "outbox").iterdir()
    file.unlink()
    file.symlink_to(tmp_path / "elsewhere")
    channel.tell(a_letter())
    assert file.read_bytes() == b"Hello\r\n"
    assert not file.is_symlink()
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_cannot_be_one_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    impossible = ["file", "file/outbox", "n" * 300, "nul\x00"]
    for name in impossible:
        with pytest.raises(DeliveryError, match="mail folder .* cannot be written to") as caught:
            FolderChannel(tmp_path / name).tell(a_letter())
        assert caught.value.server
        assert not caught.value.permanent


FULL = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from alerts.base import DeliveryError, Letter
from alerts.folder import FolderChannel
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
letter = Letter("<a@x>", datetime(2026, 11, 21, tzinfo=UTC), "a@x", "b@x", b"x" * 5000)
try:
    FolderChannel(Path(sys.argv[1])).tell(letter)
except DeliveryError as error:
    sys.exit(f"server={error.server} {error}")
"""

READ_ONLY = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from alerts.base import DeliveryError, Letter
from alerts.folder import FolderChannel
if os.geteuid() == 0:
    os.setuid(65534)
try:
    FolderChannel(Path(sys.argv[1])).tell(Letter("<a@x>", datetime.now(UTC), "a@x", "b@x", b""))
except DeliveryError as error:
    sys.exit(f"server={error.server} {error}")
"""


def said_by(program: str, folder: Path) -> str:
    """What a process of its own says: its limits and its user are not the test's."""
    ran = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    return ran.stderr.strip()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limit")
def test_a_letter_for_which_there_is_no_room_leaves_nothing_behind(tmp_path: Path) -> None:
    said = said_by(FULL, tmp_path)
    assert said.startswith("server=True the mail folder")
    assert "File too large" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such right")
def test_a_folder_that_may_not_be_written_to_is_said_plainly(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    said = said_by(READ_ONLY, tmp_path)
    assert said.startswith("server=True the mail folder")
    assert "Permission denied" in said

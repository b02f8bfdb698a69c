"""A link in a letter opens one page until one day, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from monitor.links_signed import GOOD_FOR, opened, signed

KEY = bytes(range(32))
NOW = datetime(2026, 11, 21, 21, 40, tzinfo=UTC)
PATH = "/mentions/0123456789abcdef0123456789abcdef"
LINK = signed(PATH, KEY, NOW + GOOD_FOR)


def test_a_link_opens_until_its_day_and_no_longer() -> None:
    assert opened(LINK, KEY, NOW) == "open"
    assert opened(LINK, KEY, NOW + timedelta(days=7, seconds=-1)) == "open"
    assert opened(LINK, KEY, NOW + timedelta(days=7)) == "expired"
    assert opened(LINK, KEY, NOW + timedelta(days=3650)) == "expired"


def test_the_whole_address_is_as_good_as_its_path() -> None:
    assert opened(f"https://footprint.hollybrook.example{LINK}", KEY, NOW) == "open"


def test_the_same_moment_in_another_zone_gives_the_same_link() -> None:
    elsewhere = (NOW + GOOD_FOR).astimezone(timezone(timedelta(hours=5)))
    assert signed(PATH, KEY, elsewhere) == LINK


def test_every_changed_character_is_refused() -> None:
    for at in range(len(LINK)):
        other = "1" if LINK[at] != "1" else "2"
        assert opened(LINK[:at] + other + LINK[at + 1 :], KEY, NOW) == "refused", at


@pytest.mark.parametrize(
    "url",
    [
        "",
        PATH,
        f"{LINK}&mark=0",
        LINK.replace("until=", "until=9"),
        LINK.replace("&", "&until=99999999999&"),
        LINK.replace(PATH, "/mentions"),
        LINK.replace(PATH, "/" + PATH),
        LINK.replace("until", "UNTIL"),
        LINK.replace("?", "?\x00"),
        LINK.replace("mark=", "mark=\u0660"),
        LINK.replace("mark=", "mark=\ud800"),
        "http://[",
        "?" * 5000,
        f"{LINK}{'0' * 5000}",
        f"{PATH}?until=never&mark=0",
    ],
)
def test_what_was_not_signed_is_refused(url: str) -> None:
    assert opened(url, KEY, NOW) == "refused"


def test_another_database_made_another_key() -> None:
    assert opened(LINK, bytes(32), NOW) == "refused"


@pytest.mark.parametrize("path", ["", "mentions/1", "//elsewhere.example", "/a?b=1", "/a#b"])
def test_only_a_plain_path_is_signed(path: str) -> None:
    with pytest.raises(ValueError, match="a path without a query"):
        signed(path, KEY, NOW)


def test_a_link_needs_a_zone_and_a_long_key() -> None:
    with pytest.raises(ValueError, match="time zone"):
        signed(PATH, KEY, NOW.replace(tzinfo=None))
    with pytest.raises(ValueError, match="32 bytes"):
        signed(PATH, b"short", NOW)

"""The press that a new school reads: by its town, its council or its county, in four nations."""

from __future__ import annotations

import re

import pytest

from monitor.school_settings import NATIONS, Nation
from monitor.setup.facts import School
from monitor.setup.names import slug
from monitor.setup.presets import BROADCASTER, MOST_FEEDS, feeds, press
from sources.feed import Options

PATTERNS = (
    r"https://www\.[a-z0-9-]+\.(?:co\.uk|com|net|news)/news/rss/",
    r"https://www\.[a-z0-9-]+\.(?:co\.uk|com|net|news)/news/\?service=rss",
    r"https://feeds\.bbci\.co\.uk/news/[a-z_/]+/rss\.xml",
)


def urls(**known: str) -> list[str]:
    return [feed.url for feed in press(School("Hollybrook Primary School", **known))]


def test_every_address_follows_its_publisher_s_pattern_and_can_be_read() -> None:
    for feed in feeds():
        assert any(re.fullmatch(pattern, feed.url) for pattern in PATTERNS), feed.url
        assert Options(url=feed.url, medium="news").address == feed.url


def test_every_feed_says_how_far_its_address_is_known() -> None:
    assert {feed.checked for feed in feeds()} == {"listed", "not checked"}


def test_no_feed_stands_twice() -> None:
    assert len({feed.url for feed in feeds()}) == len(feeds())
    assert len({slug(feed.name) for feed in feeds()}) == len(feeds())


def test_sixty_places_and_every_nation_have_a_paper_of_their_own() -> None:
    papers = [feed for feed in feeds() if feed.publisher != BROADCASTER]
    assert len({place for feed in papers for place in feed.covers}) >= 60
    assert {feed.nation for feed in papers} == set(NATIONS)


def test_every_place_that_is_covered_is_found_by_its_name() -> None:
    for feed in feeds():
        for place in feed.covers:
            found = press(School("A", nation=feed.nation, town=place))
            assert any(place in one.covers for one in found), place
            assert len(found) <= MOST_FEEDS


@pytest.mark.parametrize("nation", NATIONS)
def test_a_place_that_nothing_covers_hears_of_its_nation(nation: Nation) -> None:
    (only,) = press(School("A", nation=nation, town="Nowhere-under-Wold"))
    assert only.publisher == BROADCASTER
    assert only.nation == nation
    assert only.url.endswith(f"/news/{nation}/rss.xml")


def test_a_village_has_the_press_of_its_council_and_its_county() -> None:
    region = "https://feeds.bbci.co.uk/news/england/northamptonshire/rss.xml"
    assert region in urls(town="Stanwick", authority="North Northamptonshire")
    assert region in urls(town="Stanwick", county="Northamptonshire")


@pytest.mark.parametrize(
    ("authority", "region"),
    [
        ("Kingston upon Hull, City of", "humberside"),
        ("Herefordshire, County of", "hereford_and_worcester"),
        ("Bournemouth, Christchurch and Poole", "dorset"),
        ("St. Helens", "merseyside"),
        ("County Durham", "tyne_and_wear"),
        ("Royal Borough of Greenwich", "london"),
    ],
)
def test_councils_are_known_as_the_register_writes_them(authority: str, region: str) -> None:
    assert f"https://feeds.bbci.co.uk/news/england/{region}/rss.xml" in urls(authority=authority)


def test_a_town_of_the_same_name_in_another_nation_is_another_town() -> None:
    north, south = (School("A", nation=n, town="Bangor") for n in ("northern_ireland", "wales"))
    assert {feed.nation for feed in press(north)} == {"northern_ireland"}
    assert {feed.nation for feed in press(south)} == {"wales"}

"""Which search terms are somebody's name: schools are watched, and people never are."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.demo.school import demo_settings
from monitor.watch_words import seeks_a_person, seems_a_person
from tests.configs import SCHOOL, mistake, read


@pytest.mark.parametrize(
    "term",
    ["Tom Harris", "tom harris", "Mr Harris", "Mrs. O'Neill", "Dr Sarah Jones", "@TomHarris",
     "#SarahJonesOut", "Zainab Malik", "Sarah Jane Smith", "“Tom” Harris"],
)  # fmt: skip
def test_a_name_is_somebodys(term: str) -> None:
    assert seems_a_person(term)


@pytest.mark.parametrize(
    ("term", "school"),
    [
        ("Alfred Sutton", "Alfred Sutton Primary School"),
        ("Thomas Tallis School", ""),
        ("Dr Challoner's Grammar", ""),
        ("Dame Alice Owen's", "Dame Alice Owen's School"),
        ("Grace Mary", "Grace Mary Primary School"),
        ("St Joseph's", "St Joseph's RC Primary School"),
        ("King Edward VI", "King Edward VI Camp Hill"),
        ("Victoria Park", ""),
        ("Ysgol Dewi Sant", ""),
        ("Hollybrook Primary", ""),
        ("Harris", ""),
        ("HPS", ""),
        ("@hollybrookpri", ""),
        ("#hollybrookprimary", ""),
        ("Hollybrook is the best", ""),
    ],
)
def test_a_schools_name_is_nobodys(term: str, school: str) -> None:
    assert not seems_a_person(term, school)


@pytest.mark.parametrize(
    ("query", "is_one"),
    [
        ('"Tom Harris"', True),
        ('"Tom Harris" complaint', True),
        ("sarah jones", True),
        ('"Alfred Sutton" primary Reading', False),
        ('"Hollybrook Primary" OR "Hollybrook School"', False),
        ("hollybrook stanwick", False),
    ],
)
def test_a_search_for_somebody_is_told_from_one_for_a_place(query: str, is_one: bool) -> None:
    assert seeks_a_person(query) is is_one


@pytest.mark.parametrize(
    "line",
    ['aliases = ["Tom Harris"]', 'hashtags = ["#TomHarris"]', 'handles = ["@SarahJones"]',
     'aliases = ["HPS", "Mrs Okafor"]'],
)  # fmt: skip
def test_the_settings_refuse_a_strangers_name_and_say_why(tmp_path: Path, line: str) -> None:
    said = mistake(tmp_path, SCHOOL + line + "\n")
    assert said.startswith("config.toml:4: ")
    assert "people are never watched" in said
    assert "Harris" not in said


def test_a_source_is_not_sent_to_search_for_somebody(tmp_path: Path) -> None:
    source = '[[sources]]\nid = "p"\nkind = "petitions"\nqueries = ["\\"Tom Harris\\""]\n'
    said = mistake(tmp_path, source + SCHOOL)
    assert "people are never watched" in said
    assert "queries" in said
    assert read(tmp_path, source.replace("Tom Harris", "Hollybrook Primary") + SCHOOL)


def test_the_demonstration_watches_nobody(tmp_path: Path) -> None:
    watched = demo_settings(8000, tmp_path).schools[0].watch
    terms = (watched.name, *watched.aliases, *watched.handles, *watched.hashtags)
    assert not any(seems_a_person(term, watched.name) for term in terms)

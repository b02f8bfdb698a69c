"""`footprint sources`: what can be read, what cannot, and how each source is doing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from monitor.commands import app
from monitor.store import mentions
from monitor.store.engine import Store
from monitor.store.yields import Yield, yields
from sources import names
from tests.feeds import PRAISE, Item, rss
from tests.test_commands import Desk
from tests.test_store import NOW, a_mention
from tests.webserver import Reply, WebServer

pytestmark = pytest.mark.slow  # a server, a database or a process for each test


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A folder with a configuration and a real feed server."""
    with WebServer() as server:
        yield Desk(tmp_path, server)


def test_every_kind_is_listed_and_so_is_what_no_program_may_read(desk: Desk) -> None:
    found = json.loads(desk.run("sources", "--json").stdout)
    assert sorted(kind["kind"] for kind in found["kinds"]) == list(names())
    assert all(kind[key] for kind in found["kinds"] for key in ("law", "cost", "value", "sees"))
    places = {place["title"]: place["instead"] for place in found["unseen"]}
    assert "site:mumsnet.com" in places["Mumsnet and Netmums"]


def test_a_source_that_was_never_read_says_so(desk: Desk) -> None:
    (source,) = json.loads(desk.run("sources", "--json").stdout)["sources"]
    assert (source["id"], source["health"]) == ("gazette", "not read yet")
    assert source["last_success"] is None


def test_each_source_says_how_it_is_and_what_it_brought(desk: Desk) -> None:
    desk.sources = ["gazette", "gone"]
    desk.server.answers["/gone"] = Reply(status=404)
    desk.run("poll", "--no-send")
    found = desk.run("sources", "--json")
    assert found.exit_code == 0
    gazette, gone = json.loads(found.stdout)["sources"]
    assert (gazette["health"], gazette["entries_28_days"], gazette["matched_28_days"]) == (
        "ok", 2, 2,
    )  # fmt: skip
    assert gazette["last_error"] is gazette["says"] is None
    assert gone["health"] == "dead"
    assert "404" in gone["last_error"]
    assert "Find the new one" in gone["says"]
    assert gone["next_try"] > gazette["next_try"]


def test_the_tables_say_the_same_to_a_person(desk: Desk) -> None:
    desk.run("poll", "--no-send")
    text = desk.run("sources", "--kinds").stdout
    for said in ("What can be read", "What cannot be read", "Your sources", "gazette", "Mumsnet"):
        assert said in text


def test_the_configured_ones_come_first_and_the_catalogue_when_asked_for(desk: Desk) -> None:
    shown = desk.run("sources")
    assert "What can be read" not in shown.stdout
    assert "footprint sources --kinds" in shown.stderr
    whole = desk.run("sources", "--kinds").stdout
    assert whole.index("Your sources") < whole.index("What can be read")
    assert whole.index("inbox") < whole.index("certs")


def test_without_a_configuration_it_shows_what_there_is_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app("sources"), ["sources"])
    assert result.exit_code == 0
    assert "`footprint init` writes one" in result.stderr
    assert "What can be read" in result.stdout
    assert "Your sources" not in result.stdout
    named = CliRunner().invoke(app("sources"), ["sources", "--config", "school.toml"])
    assert named.exit_code == 2
    assert "school.toml: is not there; run `footprint init`" in named.stderr


def test_an_inbox_without_a_way_in_waits_for_reports(desk: Desk) -> None:
    path = desk.write()
    text = path.read_text("utf-8").partition("[[sources]]")
    inbox = '[[sources]]\nid = "reports"\nkind = "inbox"\n[[schools]]'
    rest = text[2].partition("[[schools]]")[2]
    path.write_text(f"{text[0]}{inbox}{rest}", "utf-8")
    for command in (["poll", "--no-send"], ["sources"]):
        shown = CliRunner().invoke(app(command[0]), [*command, "--config", str(path)])
    assert "waits for reports" in shown.stdout


class Searching(Desk):
    """The same, whose sources are searches: what they find should be about the school."""

    def write(self) -> Path:
        path = super().write()
        text = path.read_text("utf-8")
        path.write_text(text.replace('"feed"', '"feed"\nflavour = "google_alerts"'), "utf-8")
        return path


def test_a_noisy_search_is_named_and_a_newspaper_is_not(tmp_path: Path) -> None:
    others = [Item(f"Hollybrook Road is closed, part {n}", f"n{n}") for n in range(18)]
    for kind, noisy in ((Searching, True), (Desk, False)):
        folder = tmp_path / kind.__name__
        folder.mkdir()
        with WebServer() as server:
            desk = kind(folder, server)
            server.answers["/gazette"] = rss(*others, Item(PRAISE, "1"), Item(PRAISE, "2"))
            desk.run("poll", "--no-send")
            (source,) = json.loads(desk.run("sources", "--json").stdout)["sources"]
            text = desk.run("sources").stdout
        assert ("narrow the query" in text) is noisy
        wanted = "noisy: 9 in 10 are not about the school; narrow the query" if noisy else None
        assert source["says"] == wanted


def test_yields_are_counted_by_source_since_a_moment(store: Store) -> None:
    month = NOW - timedelta(days=28)
    with store.writing() as connection:
        mentions.note_entries(connection, "gazette", {f"key{n}": f"c{n}" for n in range(5)}, NOW)
        mentions.note_entries(connection, "gazette", {"old": "c"}, month - timedelta(hours=1))
        mentions.note_entries(connection, "forum", {"key1": "c"}, NOW)
        mentions.add(
            connection,
            [
                a_mention(1),
                a_mention(2, entry_key="key1", school="elmside"),
                a_mention(3, relevant=False),
                a_mention(4, entry_key="old"),
            ],
        )
        found = yields(connection, ["gazette", "forum", "silent"], month)
    assert found == {"gazette": Yield(5, 1), "forum": Yield(1, 0)}


@pytest.mark.parametrize(
    ("entries", "matched", "tenths", "noisy"),
    [(10, 1, 9, True), (10, 2, 8, True), (10, 3, 7, False), (9, 0, 10, False), (0, 0, 0, False)],
)
def test_noise_needs_some_entries_to_be_told(
    entries: int, matched: int, tenths: int, noisy: bool
) -> None:
    brought = Yield(entries, matched)
    assert (brought.tenths_not_ours, brought.is_mostly_noise) == (tenths, noisy)

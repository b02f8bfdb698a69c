"""The school's data-protection papers, and the approval that is asked for again."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path

import pytest

from monitor.config import load
from monitor.documents import approval, facts
from monitor.documents.writing import PAPERS, papers
from monitor.settings import Approval, School, Settings
from monitor.store import audit, rights
from monitor.store.engine import Store
from tests.test_commands import Desk
from tests.webserver import WebServer

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)
CONFIG = """
[http]
contact = "office@hollybrook.example"
[mail]
host = "smtp.example.net"
[[sources]]
id = "gazette"
kind = "feed"
url = "https://gazette.example/rss"
[[sources]]
id = "alert"
kind = "feed"
secret_url_env = "ALERT"
[[sources]]
id = "parliament"
kind = "petitions"
[[schools]]
id = "hollybrook"
name = "Hollybrook <b>Primary</b> School"
[[schools.staff]]
name = "Tom Birch"
[[schools.people]]
name = "Jane Ashdown"
email = "head@hollybrook.example"
role = "headteacher"
[schools.keep]
watch = 45
[schools.approval]
headteacher = "Jane Ashdown"
dpo_advice = "DPIA v1 agreed"
date = 2026-09-01
notice_url = "https://hollybrook.example/privacy"
"""
SECRET = "https://www.google.com/alerts/feeds/123/s3cr3t"


def configured(folder: Path, text: str = CONFIG) -> tuple[Settings, School]:
    path = folder / "config.toml"
    path.write_text(text, "utf-8")
    settings = load(path, {"ALERT": SECRET})
    return settings, settings.schools[0]


def test_every_paper_is_written_from_the_schools_own_settings(tmp_path: Path) -> None:
    settings, school = configured(tmp_path)
    made = papers(settings, school, TODAY, "0.1.0")
    assert set(made) == set(PAPERS)
    for name, text in made.items():
        assert "Hollybrook &lt;b&gt;Primary&lt;/b&gt; School" in text, name
        assert "s3cr3t" not in text, name
        assert "{{" not in text, name
    assert "45 days" in made["dpia.html"]
    assert "gazette.example" in made["dpia.html"]
    assert "DPIA v1 agreed" in made["dpia.html"]
    assert "https://hollybrook.example/privacy" in made["appropriate-policy.html"]


def test_what_only_the_school_can_say_is_marked(tmp_path: Path) -> None:
    settings, school = configured(tmp_path, CONFIG.partition("[schools.approval]")[0])
    made = papers(settings, school, TODAY, "0.1.0")
    assert "To fill in: the advice" in made["dpia.html"]
    assert "To fill in: address of the data protection officer" in made["notice-parents.html"]


@pytest.mark.parametrize("paper", [name for name in PAPERS if name.endswith("-cy.html")])
def test_the_welsh_says_that_no_speaker_has_checked_it(tmp_path: Path, paper: str) -> None:
    settings, school = configured(tmp_path)
    text = papers(settings, school, TODAY, "0.1.0")[paper]
    assert 'lang="cy"' in text
    assert "Not checked by a Welsh speaker yet" in text
    assert "Nid yw siaradwr Cymraeg wedi gwirio" in text


@pytest.mark.parametrize("paper", ["notice-parents.html", "notice-staff.html"])
def test_a_notice_says_what_where_why_how_long_the_rights_and_where_to_complain(
    tmp_path: Path, paper: str
) -> None:
    settings, school = configured(tmp_path)
    text = unescape(re.sub("<[^>]*>", "", papers(settings, school, TODAY, "0.1.0")[paper]))
    for wanted in (facts.PURPOSES[0], facts.NEVER[0], "45 days", "have it erased", "ico.org.uk",
                   "within 30 days"):  # fmt: skip
        assert wanted in text, wanted


def test_every_outside_address_is_listed_and_of_a_secret_one_the_host_alone(
    tmp_path: Path,
) -> None:
    settings, school = configured(tmp_path)
    hosts = {one.host for one in facts.contacted(settings, school)}
    assert {"gazette.example", "www.google.com", "smtp.example.net", "hansard-api.parliament.uk",
            "mastodon.social"} <= hosts  # fmt: skip
    assert not any("{" in host or "/" in host or not host for host in hosts)


def test_an_approval_is_kept_with_what_it_covers_and_asked_again_when_that_changes(
    store: Store, tmp_path: Path
) -> None:
    settings, school = configured(tmp_path)
    with store.writing() as connection:
        approval.heed(connection, settings, [school], NOW)
        approval.heed(connection, settings, [school], NOW)
        assert approval.outgrown(connection, settings, [school]) == ()
        assert len(audit.listed(connection, act="approval.recorded")) == 1
        more = CONFIG.replace("https://gazette.example", "https://herald.example")
        changed, again = configured(tmp_path, more)
        (sentence,) = approval.outgrown(connection, changed, [again])
        assert "new: source gazette (Feeds: RSS, Atom and JSON Feed): herald.example" in sentence
        assert "Jane Ashdown approved it on 01 Sep 2026" in sentence
        approval.heed(connection, changed, [again], NOW)  # the same approval covers no more
        assert approval.outgrown(connection, changed, [again])
        approval.record(connection, changed, again, "Jane Ashdown", "v2", TODAY, "head@x", NOW)
        assert approval.outgrown(connection, changed, [again]) == ()
        approval.heed(connection, changed, [again], NOW)  # nor does the old one come back
        last = rights.approval(connection, "hollybrook")
        assert last is not None
        assert last.dpo_advice == "v2"


def test_a_new_approval_in_the_settings_covers_what_is_there_then(
    small: Store, tmp_path: Path
) -> None:
    settings, school = configured(tmp_path)
    with small.writing() as connection:
        approval.heed(connection, settings, [school], NOW)
        renewed = school.model_copy(
            update={
                "own_text": True,
                "approval": Approval(
                    headteacher="Jane Ashdown",
                    dpo_advice="v2",
                    date=TODAY,
                    notice_url="https://hollybrook.example/privacy",
                ),
            }
        )
        assert approval.outgrown(connection, settings, [renewed])
        approval.heed(connection, settings, [renewed], NOW)
        assert approval.outgrown(connection, settings, [renewed]) == ()


def test_the_command_writes_the_papers_and_records_an_approval(tmp_path: Path) -> None:
    with WebServer() as server:
        desk = Desk(tmp_path, server)
        desk.run("poll", "--no-send")
        made = desk.run("documents", "--out", str(tmp_path / "papers"), "--json")
        assert made.exit_code == 0, made.stderr
        assert len(json.loads(made.stdout)["files"]) == len(PAPERS)
        assert sorted(path.name for path in (tmp_path / "papers").iterdir()) == sorted(PAPERS)
        words = ("--approve", "--headteacher", "Jane Ashdown", "--dpo-advice", "v2")
        done = desk.run("documents", *words, "--json")
        assert "source gazette" in done.stdout
        for wrong in ((), ("--approve",), ("--approve", "--out", "x")):
            refused = desk.run("documents", *wrong)
            assert (refused.exit_code, len(refused.stderr.strip().splitlines())) == (2, 1)

"""The commands as a person or a script meets them: what they print, and their exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner, Result

from monitor.commands import app, names
from monitor.store.engine import connect
from tests.feeds import COMPLAINT, PRAISE, THREAT, Item, rss
from tests.mailserver import MailServer
from tests.webserver import Reply, Seen, WebServer

pytestmark = pytest.mark.slow  # a server, a database or a process for each test

APPROVAL = """[schools.approval]
headteacher = "Jane Ashdown"
dpo_advice = "DPIA v1 agreed"
date = 2026-09-01
notice_url = "https://hollybrook.example/privacy"
"""
PEOPLE = """[[schools.people]]
name = "Jane Ashdown"
email = "head@hollybrook.example"
role = "headteacher"
[[schools.people]]
name = "Priya Nair"
email = "dsl@hollybrook.example"
role = "dsl"
"""


class Desk:
    """A folder with a configuration, a real feed server, and the command line."""

    def __init__(self, folder: Path, server: WebServer) -> None:
        self.folder, self.server = folder, server
        self.sources, self.mail, self.people, self.approval = ["gazette"], "", PEOPLE, APPROVAL
        server.answers["/gazette"] = rss(Item(THREAT, "1", title="Overheard"), Item(PRAISE, "2"))

    def write(self) -> Path:
        """Write config.toml as it has been described so far."""
        sources = "".join(
            f'[[sources]]\nid = "{name}"\nkind = "feed"\nurl = "{self.server.url("/" + name)}"\n'
            for name in self.sources
        )
        path = self.folder / "config.toml"
        path.write_text(
            f"""[http]
contact = "office@hollybrook.example"
private_hosts_allowed = ["{self.server.host}"]
private_spacing_seconds = 0
[mail]
from = "Footprint <footprint@hollybrook.example>"
{self.mail}
{sources}
[[schools]]
id = "hollybrook"
name = "Hollybrook Primary School"
places = ["Stanwick"]
{self.people}{self.approval}""",
            encoding="utf-8",
        )
        return path

    def run(self, command: str, *arguments: str, stdin: str | bytes = "") -> Result:
        """Run a command with this configuration."""
        config = ["--config", str(self.write())]
        return CliRunner().invoke(app(command), [command, *arguments, *config], input=stdin)

    def outbox(self) -> list[str]:
        """Who has been written to."""
        folder = self.folder / "outbox"
        mails = (
            message_from_bytes(p.read_bytes(), policy=policy.default) for p in folder.iterdir()
        )
        return sorted(str(mail["To"]) for mail in mails) if folder.exists() else []


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with WebServer() as server:
        yield Desk(tmp_path, server)


def _leaves(command: Any, *path: str) -> Iterator[tuple[str, Any]]:
    """Every command as it is typed, those of a group one by one."""
    if isinstance(command, TyperGroup):
        for name, each in command.commands.items():
            yield from _leaves(each, *path, name)
    else:
        yield " ".join(path), command


COMMANDS = dict(_leaves(get_command(app())))
# Writes the configuration; reads a person's own file alone; works on and prints nothing.
WITHOUT_CONFIG = {"init", "presence show", "presence withdraw"}
WITHOUT_JSON = {"worker"}
# An archive is checked on any machine.
ANYWHERE = WITHOUT_CONFIG | {"incident verify"}
CHOSEN = {"kind": "access", "decision": "granted", "number": "1"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    result = CliRunner().invoke(app(), [*name.split(), "--help"])
    assert result.exit_code == 0
    options = {option for one in COMMANDS[name].params for option in one.opts}
    assert ("--config" in options) == (name not in WITHOUT_CONFIG)
    assert ("--json" in options) == (name not in WITHOUT_JSON)


def test_only_commands_that_work_are_listed() -> None:
    said = CliRunner().invoke(app(), ["--help"]).stdout
    assert [name for name in names() if f" {name.replace('_', '-')} " not in said] == []
    assert all(command.callback and command.help for command in COMMANDS.values())


def _typed(command: Any) -> Iterator[str]:
    """Something for each thing that has to be said."""
    for one in command.params:
        if one.required:
            if one.param_type_name == "option":
                yield one.opts[0]
            yield CHOSEN.get(one.name, "2026-09-01")


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ANYWHERE])
def test_a_missing_configuration_is_one_clear_line(name: str, tmp_path: Path) -> None:
    missing = tmp_path / "nowhere.toml"
    more = ["--list"] if name == "correct" else []
    typed = [*name.split(), *_typed(COMMANDS[name]), *more, "--config", str(missing)]
    result = CliRunner().invoke(app(), typed)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "is not there" in result.stderr


def test_a_broken_configuration_names_every_mistake(desk: Desk) -> None:
    desk.mail = 'prot = 25\nsecurity = "ssl"\npassword = "hunter2"'
    result = desk.run("check")
    assert result.exit_code == 2
    assert 'mail.prot is not a known setting; did you mean "port"?' in result.stderr
    assert "mail.security" in result.stderr
    assert "password_env" in result.stderr
    assert "hunter2" not in result.output
    assert result.stderr.count("\n") == 3


def test_poll_tells_what_each_source_gave_and_delivers(desk: Desk) -> None:
    result = desk.run("poll", "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout) == {
        "sources": [
            {
                "id": "gazette",
                "kind": "feed",
                "health": "ok",
                "fetched": 2,
                "new": 2,
                "matched": 2,
                "alerted": 1,
                "error": None,
            }
        ]
    }
    assert len(desk.outbox()) == 2
    again = json.loads(desk.run("poll", "--json").stdout)["sources"][0]
    assert (again["new"], again["matched"], again["alerted"]) == (0, 0, 0)
    assert len(desk.outbox()) == 2


def test_poll_for_people_prints_a_table_and_how_the_mail_went(desk: Desk) -> None:
    result = desk.run("poll")
    assert "gazette" in result.stdout
    assert "2 alerts written to the folder; no mail server is set" in result.stderr


def test_poll_without_sending_sends_nothing_and_keeps_what_is_owed(desk: Desk) -> None:
    result = desk.run("poll", "--no-send")
    assert result.exit_code == 0
    assert not (desk.folder / "outbox").exists()
    assert "2 alerts wait, the next due now." in result.stderr
    desk.server.answers["/gazette"] = rss(Item(THREAT, "1", title="Overheard"))
    desk.run("poll")
    assert len(desk.outbox()) == 2


def test_a_source_that_cannot_be_reached_costs_itself_alone(desk: Desk) -> None:
    desk.sources = ["gazette", "broken"]
    desk.server.answers["/broken"] = Reply(status=500)
    result = desk.run("poll", "--json")
    assert result.exit_code == 1
    rows = {row["id"]: row for row in json.loads(result.stdout)["sources"]}
    assert rows["gazette"]["alerted"] == 1
    assert rows["broken"]["health"] == "failing"
    assert "500" in rows["broken"]["error"]


def test_poll_says_below_its_table_why_and_cuts_no_id(desk: Desk) -> None:
    long = "press-the-northamptonshire-evening-telegraph-and-gazette-letters"
    desk.sources = [long]
    desk.server.answers[f"/{long}"] = Reply(status=500)
    result = desk.run("poll")
    assert long in result.stdout
    assert "500" not in result.stdout
    assert f"{long}: " in result.stderr
    assert "answered with error 500" in result.stderr


NOWHERE = """[[sources]]
id = "gone-1"
kind = "feed"
url = "https://press.invalid/feed"
[[sources]]
id = "gone-2"
kind = "feed"
url = "https://forum.invalid/feed"
"""
OFF = """[[sources]]
id = "off"
kind = "feed"
url = "https://other.invalid/feed"
enabled = false
"""
NO_INTERNET = "No internet here: none of 2 sources could be looked up."


class Unplugged(Desk):
    """The same, and beside its own machine two places whose names nobody knows."""

    def write(self) -> Path:
        path = super().write()
        path.write_text(path.read_text("utf-8") + NOWHERE + OFF, "utf-8")
        return path


@pytest.mark.parametrize("command", [["check", "--online"], ["poll", "--no-send"], ["sources"]])
def test_a_missing_connection_is_said_once_and_no_typing_is_blamed(
    tmp_path: Path, command: list[str]
) -> None:
    with WebServer() as server:
        desk = Unplugged(tmp_path, server)
        desk.run("poll", "--no-send")
        said = " ".join(desk.run(*command).output.split())
    assert said.count(NO_INTERNET) == 1
    assert "typing" not in said
    assert "gazette" in said


def test_one_unknown_name_is_a_typing_mistake(tmp_path: Path) -> None:
    with WebServer() as server:
        desk = Unplugged(tmp_path, server)
        path = desk.write()
        text = path.read_text("utf-8").replace("forum.invalid", "press.invalid")
        path.write_text(text, "utf-8")
        found = CliRunner().invoke(app("check"), ["check", "--online", "--config", str(path)])
    assert found.output.count("The name press.invalid is not known; check the address") == 2
    assert "No internet" not in found.output


def test_a_misspelt_level_is_answered_with_the_one_that_was_meant(desk: Desk) -> None:
    result = desk.run("mentions", "--level", "urgnt")
    assert result.exit_code == 2
    assert 'did you mean "urgent"?' in " ".join(result.stderr.replace("│", " ").split())


def test_poll_reads_only_the_sources_that_are_named(desk: Desk) -> None:
    desk.sources = ["gazette", "other"]
    result = desk.run("poll", "gazette", "--json")
    assert [row["id"] for row in json.loads(result.stdout)["sources"]] == ["gazette"]
    unknown = desk.run("poll", "gazete")
    assert unknown.exit_code == 2
    assert "there is no source 'gazete'; there are: gazette, other" in unknown.stderr


def test_poll_with_nothing_to_read_says_so(desk: Desk) -> None:
    desk.sources = []
    result = desk.run("poll", "--no-send")
    assert result.exit_code == 2
    assert "there is nothing to read" in result.stderr


def test_poll_works_without_an_approval_and_says_that_run_will_not(desk: Desk) -> None:
    desk.approval = ""
    result = desk.run("poll")
    assert result.exit_code == 0
    assert "`footprint run` will not watch it" in result.stderr
    assert len(desk.outbox()) == 2


def test_poll_without_people_needs_no_send(desk: Desk) -> None:
    desk.people = ""
    refused = desk.run("poll")
    assert refused.exit_code == 2
    assert "nobody would be told" in refused.stderr
    assert desk.run("poll", "--no-send").exit_code == 0


def test_a_mail_server_that_is_down_loses_nothing(desk: Desk, closed_port: int) -> None:
    desk.mail = f'host = "127.0.0.1"\nport = {closed_port}\nsecurity = "none"'
    result = desk.run("poll")
    assert result.exit_code == 1
    assert "Mail is not going out" in result.stderr
    assert "2 alerts wait" in result.stderr
    shown = desk.run("check")
    assert shown.exit_code == 1
    assert "Mail is not going out since" in shown.stderr


def test_mail_goes_to_a_real_server(desk: Desk) -> None:
    with MailServer(security="none") as post:
        desk.mail = f'host = "127.0.0.1"\nport = {post.port}\nsecurity = "none"'
        result = desk.run("poll")
        assert result.exit_code == 0
        assert "2 alerts sent." in result.stderr
        recipients = sorted(mail.recipients[0] for mail in post.accepted)
    assert recipients == ["dsl@hollybrook.example", "head@hollybrook.example"]


def test_mentions_are_listed_in_the_form_that_scripts_rely_on(desk: Desk) -> None:
    desk.run("poll", "--no-send")
    found = json.loads(desk.run("mentions", "--json").stdout)["mentions"]
    assert len(found) == 2
    urgent = json.loads(desk.run("mentions", "--level", "urgent", "--json").stdout)["mentions"]
    (threat,) = urgent
    assert set(threat) == {
        "id", "school", "source", "url", "title", "text", "author", "published", "seen", "level",
        "sentiment", "compound", "categories", "reasons", "incident",
    }  # fmt: skip
    assert threat["categories"][0] == "threat"
    whole = f"{threat['title']}\n{threat['text']}"
    for reason in threat["reasons"]:
        assert whole[reason["start"] : reason["end"]] == reason["text"]
    assert json.loads(desk.run("mentions", "--since", "1d", "--limit", "1", "--json").stdout)
    table = desk.run("mentions")
    assert "Overheard" in table.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--since", "soon"], "--since 'soon' is not a date"),
        (["--school", "elmside"], "there is no school 'elmside'; there are: hollybrook"),
        (["--level", "bad"], "bad"),
    ],
)
def test_a_wrong_question_is_told_what_is_right(
    desk: Desk, arguments: list[str], said: str
) -> None:
    result = desk.run("mentions", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_mentions_before_the_first_poll_say_what_to_do(desk: Desk) -> None:
    result = desk.run("mentions")
    assert result.exit_code == 1
    assert "run `footprint poll` first" in result.stderr


def test_judge_answers_in_input_order_and_passes_over_bad_lines(desk: Desk) -> None:
    posts = [
        json.dumps({"id": "a", "text": THREAT}),
        "not json",
        json.dumps({"id": "b", "text": PRAISE, "profile": "hollybrook", "title": "Fair"}),
        json.dumps({"id": "c", "text": "Nothing to do with anybody"}),
        json.dumps({"id": "d", "text": "x", "profile": "elmside"}),
    ]
    result = desk.run("judge", "-", stdin="\n".join(posts))
    assert result.exit_code == 1
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == ["a", "b", "c"]
    assert [answer["level"] for answer in answers] == ["urgent", "routine", "routine"]
    assert [answer["profile"] for answer in answers] == ["hollybrook", "hollybrook", None]
    assert answers[0]["tier"] in {"sure", "possible"}
    assert answers[1]["tier"] is None
    assert set(answers[0]) == {
        "id", "profile", "relevant", "confidence", "sentiment", "compound", "categories",
        "level", "tier", "language", "reasons",
    }  # fmt: skip
    assert "line 2: " in result.stderr
    assert "line 5: 'elmside' is not the id of a school" in result.stderr


def test_judge_takes_schools_from_a_file_instead_of_a_configuration(tmp_path: Path) -> None:
    profiles, posts = tmp_path / "profiles.json", tmp_path / "posts.jsonl"
    profiles.write_text(json.dumps([{"id": "elm", "name": "Elmside Academy"}]))
    posts.write_text(json.dumps({"id": "a", "text": "Elmside Academy is closed"}) + "\n")
    result = CliRunner().invoke(app("judge"), ["judge", str(posts), "--profiles", str(profiles)])
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["profile"] == "elm"
    profiles.write_text("{}")
    wrong = CliRunner().invoke(app("judge"), ["judge", str(posts), "--profiles", str(profiles)])
    assert wrong.exit_code == 2
    assert wrong.stderr.count("\n") == 1


def test_check_says_what_is_in_order_and_what_is_advised(desk: Desk) -> None:
    result = desk.run("check")
    assert result.exit_code == 0, result.output
    assert (
        "The configuration can be read: 1 school, 1 source, 2 people to be told." in result.stdout
    )
    findings = json.loads(desk.run("check", "--json").stdout)
    assert findings["ok"] is True


def test_check_without_an_approval_says_that_nothing_is_watched(desk: Desk) -> None:
    desk.approval = ""
    result = desk.run("check")
    assert result.exit_code == 0
    assert "approval" in result.stdout


def test_check_online_tries_every_source_and_the_mail_server(desk: Desk) -> None:
    desk.sources = ["gazette", "broken"]
    desk.server.answers["/broken"] = Reply(status=404)
    with MailServer(security="none") as post:
        desk.mail = f'host = "127.0.0.1"\nport = {post.port}\nsecurity = "none"'
        result = desk.run("check", "--online")
    assert result.exit_code == 1
    assert "Source gazette answers: 2 entries." in result.stdout
    assert "Source broken: " in result.stderr
    assert "The mail server answers" in result.stdout


def test_check_can_send_each_person_a_test_mail(desk: Desk) -> None:
    result = desk.run("check", "--send-test")
    assert result.exit_code == 0, result.output
    assert len(desk.outbox()) == 2
    assert "The test mail to head@hollybrook.example was only written to the folder" in (
        result.stdout
    )


def test_a_test_mail_that_is_refused_does_not_stop_the_others(desk: Desk) -> None:
    with MailServer(security="none") as post:
        post.on("rcpt", "550 5.1.1 no such person", to="head@hollybrook.example")
        desk.mail = f'host = "127.0.0.1"\nport = {post.port}\nsecurity = "none"'
        result = desk.run("check", "--send-test")
        assert "A test mail has gone to dsl@hollybrook.example." in result.stdout
        assert len(post.accepted) == 1
    assert result.exit_code == 1
    assert "The test mail to head@hollybrook.example was not accepted" in result.stderr


def test_a_database_of_a_newer_version_is_refused_by_every_command(desk: Desk) -> None:
    desk.run("poll", "--no-send")
    store = connect(f"sqlite:///{desk.folder / 'footprint.db'}")
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    for command in ("poll", "mentions", "check"):
        result = desk.run(command)
        assert result.exit_code == 1, command
        assert "newer Footprint" in result.stderr, command


def test_a_database_where_nothing_can_be_written_is_one_clear_line(desk: Desk) -> None:
    path = desk.write()
    text_with_database = f'[database]\nurl = "sqlite:////proc/footprint.db"\n{path.read_text()}'
    path.write_text(text_with_database)
    result = CliRunner().invoke(app("poll"), ["poll", "--config", str(path)])
    assert result.exit_code == 1
    assert result.stderr.startswith("/proc/footprint.db")
    assert result.stderr.count("\n") == 1


def test_the_secret_in_a_feeds_address_is_never_printed(desk: Desk) -> None:
    desk.sources = ["canary?key=SECRETCANARY"]
    path = desk.write()
    path.write_text(path.read_text().replace('id = "canary?key=SECRETCANARY"', 'id = "canary"'))

    def garbled(seen: Seen) -> None:
        seen.wire(b"HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: 1\r\n\r\nx")

    desk.server.answers["/canary"] = garbled
    command = [sys.executable, "-c", "from monitor.commands import main; main()"]
    done = subprocess.run(
        [*command, "poll", "--no-send", "--config", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "SECRETCANARY" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_letters_for_a_school_that_is_gone_are_told(desk: Desk) -> None:
    desk.run("poll", "--no-send")
    path = desk.write()
    path.write_text(path.read_text().replace('id = "hollybrook"', 'id = "renamed"'))
    for command in ("poll", "check"):
        result = CliRunner().invoke(app(command), [command, "--config", str(path)])
        assert "2 alerts wait for hollybrook" in result.stderr, command


def test_foreign_words_are_never_markup_on_the_terminal(desk: Desk) -> None:
    hostile = "[red]Hollybrook Primary School[/red] \x1b[31m [link=https://e.example]x"
    desk.server.answers["/gazette"] = rss(Item(COMPLAINT, "1", title=hostile))
    desk.run("poll", "--no-send")
    shown = desk.run("mentions").stdout
    assert "[red]Hollybrook" in shown
    assert "\x1b[31m" not in shown

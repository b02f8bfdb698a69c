"""A mailbox of alerts: read and never changed, each mail once, and no sender believed unproven."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from time import process_time
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr

from monitor.problems import Place
from monitor.setting_secrets import Vault
from monitor.source_settings import SourceReader
from sources.base import Flaw, Post, Response, SourceError
from sources.fetch import Fetcher
from sources.mailbox import read
from sources.parsing import Parser
from tests.asking import NOW, Polls, flaws_in, posts_in, problems_with
from tests.dovecot import PASSWORD, Account, Dovecot
from tests.kinds import recorded
from tests.kinds.mailbox import CASE, MAILS
from tests.mailserver import authority
from tests.scripted_imap import ScriptedImap
from tests.webserver import Reply, Seen, WebServer

pytestmark = pytest.mark.slow  # a server, or a process, for each test

SERVER = "mx.hollybrook.example"
SENDERS = ("google.com", "f5bot.com", "theyworkforyou.com", "trustpilot.com")
ALERT, REVIEW = MAILS
REFUSING = b"TAG NO [AUTHENTICATIONFAILED] "
imap = pytest.mark.imap


@pytest.fixture(scope="module")
def provider() -> Iterator[WebServer]:
    """Where access tokens come from, and where Dovecot asks whether they are good."""
    with WebServer() as server:
        yield server


@pytest.fixture(scope="module")
def dovecot(provider: WebServer) -> Iterator[Dovecot]:
    with Dovecot(provider.url("/good?token=")) as server:
        yield server


@pytest.fixture
def account(dovecot: Dovecot) -> Account:
    return dovecot.account()


@pytest.fixture
def polls(parser: Parser) -> Iterator[Callable[..., Polls]]:
    """Polls that may reach these ports on this machine, and the tests' certificates."""
    made: list[Fetcher] = []

    def one(*ports: int, **limits: Any) -> Polls:
        allowed = [f"127.0.0.1:{port}" for port in ports]
        made.append(Fetcher("", allowed, clock=lambda: NOW, version="1", **limits))
        return Polls("mailbox", made[-1], parser)

    yield one
    for each in made:
        each.close()


class Box:
    """A mailbox, and the polls that read it."""

    def __init__(self, account: Account, polls: Polls) -> None:
        self.account, self.polls = account, polls

    def read(self, **options: Any) -> list[Post | Flaw]:
        return self.polls(**self._options(options))

    def fails(self, **options: Any) -> SourceError:
        error = self.polls.fails(**self._options(options))
        assert PASSWORD not in str(error)
        return error

    def _options(self, options: dict[str, Any]) -> dict[str, Any]:
        return _plain(self.account.server.plain, user=self.account.user, **options)


@pytest.fixture
def box(account: Account, polls: Callable[..., Polls]) -> Box:
    return Box(account, polls(account.server.plain))


def _plain(port: int, **options: Any) -> dict[str, Any]:
    sign_in = {} if "oauth" in options else {"password": SecretStr(PASSWORD)}
    return {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "user": "monitor",
        "trusted_auth_server": SERVER,
        **sign_in,
        **options,
    }


def _mail(
    words: str = "Hollybrook Primary School is mentioned.",
    *,
    sender: str = "googlealerts-noreply@google.com",
    results: str = f"{SERVER}; dmarc=pass header.from=google.com",
    more: str = "",
) -> bytes:
    fields = f"Authentication-Results: {results}\r\n" if results else ""
    return (
        f"{fields}{more}From: {sender}\r\nSubject: Google Alert - Hollybrook\r\n"
        f"Date: Fri, 13 Nov 2026 10:00:00 +0000\r\n\r\n{words}\r\n"
    ).encode()


def _linked(number: int) -> str:
    link = f"https://www.google.com/url?url=https://g.example/{number}"
    return f"Hollybrook {number}\r\nIn the news.\r\n<{link}>"


def _read(mail: bytes, senders: tuple[str, ...] = SENDERS, server: str = SERVER) -> dict[str, Any]:
    return read(mail, "imap://mail.example/", "", senders=senders, server=server)


# The mailbox and its server


@imap
def test_the_recorded_mails_give_their_posts(box: Box) -> None:
    box.account.put(*MAILS)
    found = posts_in(box.read())
    assert len(found) == len(CASE.expected)
    for post, expected in zip(found, CASE.expected, strict=True):
        when = post.published.isoformat() if post.published else None
        shown = {name: getattr(post, name) for name in expected if name != "published"}
        assert {**shown, "published": when} == {"published": when, **expected}
    assert found[0].record["query"] == '"Hollybrook Primary School"'
    assert found[2].record["stars"] == "2"


def test_its_table_is_accepted_and_its_password_comes_from_the_environment() -> None:
    reading = SourceReader(schools=(), own_hosts=(), vault=Vault(Path(), CASE.env))
    table = {"id": "it", "kind": "mailbox", **CASE.table("127.0.0.1:143")}
    source, problems = reading.read(table, ("sources", 0), Place("config.toml", {}))
    assert (problems, source is not None) == ([], True)


@imap
def test_a_mail_is_read_once(box: Box) -> None:
    box.account.put(ALERT)
    assert len(posts_in(box.read())) == 2
    assert box.read() == []
    box.account.put(REVIEW)
    assert len(posts_in(box.read())) == 1
    assert json.loads(json.dumps(box.polls.memo)) == box.polls.memo


@imap
def test_nothing_in_the_mailbox_is_changed(box: Box) -> None:
    box.account.put(ALERT, REVIEW)
    before = box.account.flags()
    box.read()
    assert box.account.flags() == before
    assert len(before) == 2
    assert not [flags for flags in before if b"Seen" in flags]


@imap
def test_a_mail_that_somebody_has_opened_is_read_all_the_same(box: Box) -> None:
    box.account.put(REVIEW)
    with box.account.open() as client:
        client.select()
        client.store("1", "+FLAGS", r"(\Seen)")
    assert len(posts_in(box.read())) == 1


@imap
def test_mails_of_the_last_30_days_are_read_at_first(box: Box) -> None:
    box.account.put(_mail(_linked(1)), when='"01-Oct-2026 10:00:00 +0000"')
    box.account.put(_mail(_linked(2)), when='"01-Nov-2026 10:00:00 +0000"')
    assert [post.url for post in posts_in(box.read())] == ["https://g.example/2"]


@imap
def test_a_folder_that_counts_anew_is_read_anew_under_the_same_keys(box: Box) -> None:
    box.account.put(_mail("no news"), ALERT, REVIEW, folder="Alerts")
    first = [post.key for post in posts_in(box.read(folder="Alerts"))]
    box.account.renew("Alerts")
    box.account.put(ALERT, REVIEW, folder="Alerts")
    assert [post.key for post in posts_in(box.read(folder="Alerts"))] == first
    assert box.read(folder="Alerts") == []


@imap
def test_another_folder_has_a_place_of_its_own(box: Box) -> None:
    box.account.put(ALERT)
    box.account.put(REVIEW, folder="Reviews")
    box.read()
    assert len(posts_in(box.read(folder="Reviews"))) == 1


@imap
def test_200_mails_are_read_in_a_poll_the_oldest_first_and_the_rest_in_the_next(box: Box) -> None:
    strangers = [_mail(sender="a@stranger.example")] * 199
    box.account.put(*strangers, _mail(_linked(1)), _mail(_linked(2)))
    first = box.read()
    assert [post.title for post in posts_in(first)] == ["Hollybrook 1"]
    assert flaws_in(first) == ["199 mails from other senders were passed over."]
    assert [post.title for post in posts_in(box.read())] == ["Hollybrook 2"]


@imap
def test_a_mail_of_more_than_a_megabyte_is_told_and_not_read(box: Box) -> None:
    large = _mail("x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 15_000)
    box.account.put(large, ALERT)
    found = box.read()
    assert len(posts_in(found)) == 2
    assert flaws_in(found) == [
        "1 mail is larger than 1 MB and was not read; look at it in the mailbox."
    ]


@imap
def test_a_missing_folder_is_told_with_those_that_there_are(box: Box) -> None:
    box.account.put(ALERT, folder='"Google alerts"')
    error = box.fails(folder="Alerts")
    assert error.health == "needs you"
    assert str(error) == ('127.0.0.1 has no folder "Alerts"; there are: Google alerts, INBOX.')


@imap
@pytest.mark.parametrize(
    ("name", "coded"),
    [
        ("News & \u201ealerts\u201c", '"News &- &IB4-alerts&IBw-"'),
        ('Say "hello"', r'"Say \"hello\""'),
        ("Sch\u00fcler \U0001f3eb", '"Sch&APw-ler &2Dzf6w-"'),
        ("a&b-", '"a&-b-"'),
    ],
)
def test_a_folder_may_have_any_name(box: Box, name: str, coded: str) -> None:
    box.account.put(ALERT, folder=coded)
    assert len(posts_in(box.read(folder=name))) == 2
    assert name in str(box.fails(folder="Missing"))


@imap
def test_a_wrong_password_needs_you_and_is_not_repeated(box: Box) -> None:
    error = box.fails(password=SecretStr("wrong-horse-55"))
    assert error.health == "needs you"
    assert str(error) == "127.0.0.1 refuses the sign-in: check the user and the password."


@imap
@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_trusted_certificate_is_needed(
    account: Account, polls: Callable[..., Polls], tmp_path: Path, security: str
) -> None:
    port = account.server.tls if security == "tls" else account.server.plain
    options = _plain(port, user=account.user, security=security)
    account.put(REVIEW)
    error = polls(port).fails(**options)
    assert str(error) == "The security certificate of 127.0.0.1 is not valid; it is not read."
    authority().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    assert len(posts_in(polls(port, ca_file=str(tmp_path / "ca.pem"))(**options))) == 1


@imap
def test_encryption_on_the_wrong_port_is_told(
    account: Account, polls: Callable[..., Polls]
) -> None:
    port = account.server.plain
    error = polls(port).fails(**_plain(port, security="tls"))
    assert "check port and security" in str(error)


def test_a_certificate_of_another_name_is_refused(
    polls: Callable[..., Polls], tmp_path: Path
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority().issue_cert("other.example").configure_cert(context)
    authority().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with ScriptedImap(context=context) as server:
        reading = polls(server.port, ca_file=str(tmp_path / "ca.pem"))
        error = reading.fails(**_plain(server.port, security="tls"))
        assert "certificate of 127.0.0.1 is not valid" in str(error)
        assert server.commands == []


def test_without_encryption_nothing_is_sent(polls: Callable[..., Polls]) -> None:
    with ScriptedImap() as server:
        error = polls(server.port).fails(**_plain(server.port, security="starttls"))
        assert error.health == "needs you"
        assert not [line for line in server.commands if not line.startswith(b"CAPABILITY")]


def test_a_mailbox_inside_the_network_must_be_allowed(polls: Callable[..., Polls]) -> None:
    with ScriptedImap() as server:
        error = polls().fails(**_plain(server.port))
    assert error.health == "needs you"
    assert "private_hosts_allowed" in str(error)


def test_a_server_that_is_down_is_failing(polls: Callable[..., Polls], closed_port: int) -> None:
    error = polls(closed_port).fails(**_plain(closed_port))
    assert error.health == "failing"
    assert "may be down" in str(error)


@pytest.mark.parametrize("limit", [{"total": 0.3}, {"read_timeout": 0.3}])
def test_a_silent_server_is_slow(polls: Callable[..., Polls], limit: dict[str, float]) -> None:
    with ScriptedImap(greeting=None) as server:
        error = polls(server.port, **limit).fails(**_plain(server.port))
        server.stopping.set()
    assert error.health == "slow"


@pytest.mark.parametrize(
    ("said", "health", "says"),
    [
        (REFUSING + b"no\r\n", "needs you", "check the user and the password"),
        (b"TAG NO [UNAVAILABLE] later\r\n", "failing", "just now"),
        (b"TAG NO Too many simultaneous connections.\r\n", "failing", "just now"),
        (b"TAG NO [ALERT] Application-specific password required\r\n", "needs you", "app password"),
        (b"TAG NO Your account is not enabled for IMAP use\r\n", "needs you", "turn it on"),
        (b"* BYE\r\nHANGUP", "failing", "broke off"),
        (b"TAG BAD what?\r\n", "needs you", "check the user"),
    ],
)
def test_a_refused_sign_in_is_told_without_what_the_server_repeats(
    polls: Callable[..., Polls], said: bytes, health: str, says: str
) -> None:
    encoded = base64.b64encode(f"\0monitor\0{PASSWORD}".encode())
    echoing = said.replace(b"\r\n", b" %b %b\r\n" % (PASSWORD.encode(), encoded))
    with ScriptedImap({"AUTHENTICATE": b"+ \r\n" + echoing}) as server:
        error = polls(server.port).fails(**_plain(server.port))
        assert encoded in server.commands
    assert error.health == health
    assert says in str(error)
    assert PASSWORD not in str(error)
    assert encoded.decode() not in str(error)


def test_a_server_without_sasl_is_signed_in_to_by_login(polls: Callable[..., Polls]) -> None:
    old = {"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n"}
    with ScriptedImap(old, greeting=b"* OK ready\r\n") as server:
        assert polls(server.port)(**_plain(server.port)) == []
        assert b'LOGIN monitor "swordfish-77"' in server.commands
        odd = _plain(server.port, password=SecretStr("pässword"))
        assert "plain letters" in str(polls(server.port).fails(**odd))


FETCHED = {
    "UID SEARCH": b"* SEARCH 4 9\r\n",
    "UID FETCH 4,9": b"* 1 FETCH (UID 4 RFC822.SIZE 300)\r\n* 2 FETCH (RFC822.SIZE 300 UID 9)\r\n",
    "UID FETCH 4 (": b"* 1 FETCH (UID 4 BODY[] {%d}\r\n%b)\r\n"
    % (len(_mail(_linked(4))), _mail(_linked(4))),
}


@pytest.mark.parametrize(
    "second",
    [
        b"HANGUP",
        b"TAG BAD what?\r\n",
        b"* 2 FETCH (UID 9 BODY[] {300}\r\nhalfHANGUP",
        b"* 2 FETCH (UID 9 BODY[] {300}\r\n" + b"x" * 300 + b"\r\nHANGUP",
        b"* 2 FETCH (UID 9 BODY[] {99999999999}\r\n",
    ],
)  # fmt: skip
def test_what_was_read_before_the_conversation_broke_off_is_kept(
    polls: Callable[..., Polls], second: bytes
) -> None:
    with ScriptedImap({**FETCHED, "UID FETCH 9 (": second}) as server:
        reading = polls(server.port)
        found = reading(**_plain(server.port))
        assert [post.title for post in posts_in(found)] == ["Hollybrook 4"]
        assert [said.endswith("The mails before that were read.") for said in flaws_in(found)] == [
            True
        ]
        assert reading.memo["read"]["uid"] == 4


def test_a_mail_that_the_server_does_not_hand_over_costs_itself(
    polls: Callable[..., Polls],
) -> None:
    with ScriptedImap({**FETCHED, "UID FETCH 9 (": b"TAG NO cannot\r\n"}) as server:
        found = polls(server.port)(**_plain(server.port))
    assert len(posts_in(found)) == 1
    assert flaws_in(found) == [
        "1 mail was not handed over by the mail server; look at it in the mailbox."
    ]


class HeldUpOnce(Parser):
    """A reader whose first child runs out of time."""

    first = True

    def parse(self, kind: str, response: Response, **given: Any) -> Mapping[str, Any]:
        held_up, self.first = self.first, False
        reader = Parser(seconds=0.001).parse if held_up else super().parse
        return reader(kind, response, **given)


BOTH = {
    **FETCHED,
    "UID FETCH 9 (": FETCHED["UID FETCH 4 ("].replace(b"* 1 FETCH (UID 4", b"* 2 FETCH (UID 9"),
}
ONE = {
    **BOTH,
    "UID SEARCH": b"* SEARCH 4\r\n",
    "UID FETCH 4 (RFC": b"* 1 FETCH (UID 4 RFC822.SIZE 300)\r\n",
    "UID FETCH 9 (RFC": b"* 2 FETCH (UID 9 RFC822.SIZE 300)\r\n",
}
AGAIN = (
    "Mail {} in INBOX, dated 13 November 2026, could not be read safely; it is tried again at the "
    "next poll."
)


def test_a_mail_whose_reader_ran_out_of_time_is_read_at_the_second_try(
    polls: Callable[..., Polls],
) -> None:
    with ScriptedImap(BOTH) as server, closing(HeldUpOnce()) as held_up:
        reading = polls(server.port)
        reading.parser = held_up
        assert len(posts_in(reading(**_plain(server.port)))) == 2


def test_mails_whose_reader_does_not_end_well_are_read_at_a_later_poll(
    polls: Callable[..., Polls], parser: Parser
) -> None:
    with ScriptedImap(BOTH) as server:
        reading, options = polls(server.port), _plain(server.port)
        reading.parser = Parser(seconds=0.001)
        assert reading(**options) == [Flaw(AGAIN.format(4)), Flaw(AGAIN.format(9))]
        reading.parser = parser
        assert len(posts_in(reading(**options))) == 2
        assert reading.memo["read"]["uid"] == 9


def test_a_mail_that_can_never_be_read_is_passed_over_by_name_after_three_polls(
    polls: Callable[..., Polls], parser: Parser
) -> None:
    with ScriptedImap(ONE) as server:
        reading, options = polls(server.port), _plain(server.port)
        reading.parser = Parser(seconds=0.001)
        assert [reading(**options) for _ in range(2)] == [[Flaw(AGAIN.format(4))]] * 2
        (flaw,) = flaws_in(reading(**options))
        assert flaw.startswith("Mail 4 in INBOX, dated 13 November 2026,")
        assert flaw.endswith("in 3 polls and is passed over; look at it in the mailbox.")
        reading.parser = parser
        server.answers["UID SEARCH"] = b"* SEARCH 4 9\r\n"
        assert len(posts_in(reading(**options))) == 1


def test_what_stands_behind_mails_that_are_held_is_read(
    polls: Callable[..., Polls], parser: Parser
) -> None:
    with ScriptedImap(ONE) as server:
        reading, options = polls(server.port), _plain(server.port)
        reading.parser = Parser(seconds=0.001)
        for _ in range(2):
            reading(**options)
        server.answers["UID SEARCH"] = b"* SEARCH 4 9\r\n"
        assert [said.split(",")[0] for said in flaws_in(reading(**options))] == [
            "Mail 4 in INBOX", "Mail 9 in INBOX"
        ]  # fmt: skip
        reading.parser = parser
        assert len(posts_in(reading(**options))) == 1


def test_only_commands_that_change_nothing_are_sent(polls: Callable[..., Polls]) -> None:
    with ScriptedImap({**FETCHED, "UID FETCH 9 (": b""}) as server:
        polls(server.port)(**_plain(server.port))
    assert b'EXAMINE "INBOX"' in server.commands
    assert not [line for line in server.commands if b"SELECT" in line or b"STORE" in line]
    assert [line for line in server.commands if b"BODY.PEEK[]" in line]
    assert not [line for line in server.commands if b"BODY[]" in line]


@pytest.mark.parametrize(
    ("answers", "greeting"),
    [
        ({}, b"* PREAUTH come in\r\n"),
        ({}, b"* BYE no\r\n"),
        ({}, b"HTTP/1.1 200 OK\r\n\r\n"),
        ({}, b"\x00" * 100 + b"\r\n"),
        ({}, b"x" * 3_000_000),
        ({"EXAMINE": b""}, None),
        ({"EXAMINE": b"* OK [UIDVALIDITY seven] x\r\n"}, None),
        ({"UID SEARCH": b"* SEARCH x 1e9 -4\r\n"}, None),
        ({"UID SEARCH": b"* SEARCH" + b" 12345" * 300_000 + b"\r\n"}, None),
        ({"UID SEARCH": b"* SEARCH 3\r\n", "UID FETCH": b"* 1 FETCH ()\r\n"}, None),
        ({"UID SEARCH": b"* 1 EXISTS\r\n" * 300_000}, None),
        ({"EXAMINE": b"TAG NO no\r\n", "LIST": b"* LIST () NIL \xff\x00&!!-\r\n"}, None),
    ],
)  # fmt: skip
def test_an_odd_server_costs_one_line(
    polls: Callable[..., Polls], answers: dict[str, bytes], greeting: bytes | None
) -> None:
    usual = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n"
    with ScriptedImap(answers, greeting or usual) as server:
        reading = polls(server.port, total=5)
        said = _flaws_or_error(reading, **_plain(server.port))
    assert all(line.isprintable() and PASSWORD not in line for line in said)


@pytest.mark.parametrize(
    "row", [b'* LIST () "/" "' + b"&" * 900_000 + b'"\r\n', b'* LIST () "/" &\r\n' * 100_000]
)
def test_a_list_of_folders_without_end_holds_nobody_up(
    polls: Callable[..., Polls], row: bytes
) -> None:
    with ScriptedImap({"EXAMINE": b"TAG NO no\r\n", "LIST": row}) as server:
        begun = process_time()
        error = polls(server.port).fails(**_plain(server.port))
        assert process_time() - begun < 5
    assert error.health == "needs you"
    assert len(str(error)) < 2_000


def test_numbers_that_no_mail_server_gives_are_passed_over(polls: Callable[..., Polls]) -> None:
    endless = b"* SEARCH 4 " + b"9" * 5_000 + b"\r\n"
    sizes = b"* 1 FETCH (UID 4 RFC822.SIZE 300)\r\n"
    answers = {**FETCHED, "UID SEARCH": endless, "UID FETCH 4 (RFC": sizes}
    with ScriptedImap(answers) as server:
        assert len(posts_in(polls(server.port)(**_plain(server.port)))) == 1


def _flaws_or_error(reading: Polls, **options: Any) -> list[str]:
    """What a poll that gives no post says."""
    try:
        found = reading(**options)
    except SourceError as error:
        return [str(error)]
    assert posts_in(found) == []
    return flaws_in(found)


# OAuth

ECHOING = b'{"error":"invalid_grant","error_description":"refresh-secret-1"}'


def _tokens(provider: WebServer, user: str, **given: Any) -> None:
    """The provider gives out "fresh-1", and says of every token whose it is."""
    token = {"access_token": "fresh-1", "expires_in": 3600, "token_type": "Bearer", **given}
    kind = {"Content-Type": "application/json"}
    provider.requests.clear()
    provider.answers["/school/oauth2/v2.0/token"] = Reply(json.dumps(token).encode(), headers=kind)
    provider.answers["/token"] = Reply(json.dumps(token).encode(), headers=kind)

    def good(seen: Seen) -> Reply:
        known = seen.query == "token=fresh-1"
        return Reply(json.dumps({"email": user}).encode(), 200 if known else 401, kind)

    provider.answers["/good"] = good


def _oauth(provider: WebServer, name: str = "microsoft") -> dict[str, Any]:
    return {
        "oauth": name,
        "service": provider.url("").rstrip("/"),
        "tenant": "school",
        "client_id": "app-1",
        "client_secret": SecretStr("client-secret-5"),
        "refresh_token": SecretStr("refresh-secret-1"),
    }


@pytest.fixture
def signed(account: Account, provider: WebServer, polls: Callable[..., Polls]) -> Box:
    """A mailbox that is read with an access token."""
    _tokens(provider, account.user)
    return Box(account, polls(account.server.plain, provider.port))


def _asked_for(provider: WebServer) -> list[dict[str, list[str]]]:
    forms = [seen.body.decode() for seen in provider.requests if seen.path.endswith("token")]
    return [parse_qs(form) for form in forms]


@imap
@pytest.mark.parametrize("name", ["microsoft", "google"])
def test_a_refresh_token_gets_an_access_token_that_is_signed_in_with(
    signed: Box, provider: WebServer, name: str
) -> None:
    signed.account.put(ALERT)
    assert len(posts_in(signed.read(**_oauth(provider, name)))) == 2
    (form,) = _asked_for(provider)
    assert form["refresh_token"] == ["refresh-secret-1"]
    assert ("scope" in form) == (name == "microsoft")


@imap
def test_an_access_token_is_used_until_it_runs_out(signed: Box, provider: WebServer) -> None:
    _tokens(provider, signed.account.user, refresh_token="refresh-secret-2")
    signed.read(**_oauth(provider))
    signed.read(**_oauth(provider))
    assert len(_asked_for(provider)) == 1
    signed.polls.later(minutes=58)
    signed.read(**_oauth(provider))
    assert [form["refresh_token"] for form in _asked_for(provider)] == [
        ["refresh-secret-1"],
        ["refresh-secret-2"],
    ]


@imap
def test_a_new_refresh_token_in_the_settings_is_taken_at_once(
    signed: Box, provider: WebServer
) -> None:
    _tokens(provider, signed.account.user, refresh_token="refresh-secret-2")
    signed.read(**_oauth(provider))
    signed.read(**_oauth(provider) | {"refresh_token": SecretStr("refresh-secret-9")})
    assert _asked_for(provider)[-1]["refresh_token"] == ["refresh-secret-9"]


@imap
def test_an_access_token_that_the_mail_server_refuses_needs_you(
    signed: Box, provider: WebServer
) -> None:
    _tokens(provider, signed.account.user, access_token="other-secret-3")
    error = signed.fails(**_oauth(provider))
    assert error.health == "needs you"
    assert "check the user and its rights" in str(error)
    assert "secret" not in str(error)


@imap
def test_an_access_token_that_was_refused_is_shown_once(signed: Box, provider: WebServer) -> None:
    _tokens(provider, signed.account.user, access_token="other-secret-3", refresh_token="newer-2")
    signed.fails(**_oauth(provider))
    _tokens(provider, signed.account.user)
    assert signed.read(**_oauth(provider)) == []
    assert [form["refresh_token"] for form in _asked_for(provider)] == [["newer-2"]]


@imap
def test_an_access_token_of_a_clock_that_was_ahead_is_not_used(
    signed: Box, provider: WebServer
) -> None:
    signed.polls.later(days=365)
    signed.read(**_oauth(provider))
    signed.polls.later(days=-365)
    signed.read(**_oauth(provider))
    assert len(_asked_for(provider)) == 2


@pytest.mark.parametrize(
    ("reply", "health", "says"),
    [
        (Reply(ECHOING, 400), "needs you", "have a new one made"),
        (Reply(b'{"error":"invalid_client"}', 401), "needs you", "check client_id and"),
        (Reply(b'{"error":"invalid_scope"}', 400), "needs you", "check client_id, tenant"),
        (Reply(b'{"error":["x"]}', 400), "failing", "no access token"),
        (Reply(b'{"access_token":"a b\\u0001"}'), "failing", "no access token"),
        (Reply(b"[]"), "failing", "no access token"),
        (Reply(b"oops", 500), "failing", "500"),
        (Reply(b"{", 200), "failing", "broken JSON"),
        (Reply(b"{}", 429, {"Retry-After": "60"}), "failing", "less often"),
    ],
)  # fmt: skip
def test_a_refusal_by_the_provider_is_told_without_secrets(
    polls: Callable[..., Polls], reply: Reply, health: str, says: str
) -> None:
    with WebServer() as provider, ScriptedImap() as server:
        provider.answers["/school/oauth2/v2.0/token"] = reply
        reading = polls(server.port, provider.port)
        error = reading.fails(**_plain(server.port, **_oauth(provider)))
        assert (error.health, server.commands) == (health, [])
    assert says in str(error)
    assert "secret-" not in str(error)


# Who a mail is from


@pytest.mark.parametrize(
    "results",
    [
        f"{SERVER}; dmarc=pass header.from=google.com",
        f"{SERVER} 1; spf=fail; dmarc=pass (p=REJECT; sp=x) header.from=google.com",
        f"{SERVER.upper()};\r\n\tDKIM=Pass header.d=google.com",
        f"{SERVER}; dkim=pass header.d=mail.google.com; dmarc=none",
        f"{SERVER}; dkim=pass header.i=@google.com header.s=1; dkim=fail header.d=x.example",
        f'{SERVER}; dkim=pass (a "b) c" d) header.d="google.com"',
    ],
)
def test_a_sender_is_proven_by_the_mailboxs_own_server(results: str) -> None:
    found = _read(_mail(_linked(1), results=results))
    assert found["proven"]
    assert [entry["link"] for entry in found["entries"]] == ["https://g.example/1"]


FORGED = {
    "no field": {"results": ""},
    "another server's": {"results": "mx.evil.example; dmarc=pass header.from=google.com"},
    "a server's of like name": {"results": f"x{SERVER}; dmarc=pass header.from=google.com"},
    "below the real one": {
        "results": f"{SERVER}; dmarc=fail header.from=google.com",
        "more": f"Authentication-Results: {SERVER}; dmarc=pass header.from=google.com\r\n",
    },
    "of a field that says nothing": {
        "results": f"{SERVER}; none",
        "more": f"Authentication-Results: {SERVER}; dkim=pass header.d=google.com\r\n",
    },
    "dmarc fails": {"results": f"{SERVER}; dkim=pass header.d=google.com; dmarc=fail"},
    "of another domain": {"results": f"{SERVER}; dmarc=pass header.from=evil.example"},
    "signed by another": {"results": f"{SERVER}; dkim=pass header.d=evil.example"},
    "signed by a like name": {"results": f"{SERVER}; dkim=pass header.d=notgoogle.com"},
    "in a comment": {"results": f"{SERVER}; spf=pass (x; dmarc=pass header.from=google.com)"},
    "in a comment never closed": {"results": f"{SERVER}; none (; dkim=pass header.d=google.com"},
    "in quotation marks": {
        "results": f'{SERVER}; spf=pass smtp.mailfrom="a; dkim=pass header.d=google.com "@e.example'
    },
    "smuggled out of a comment": {
        "results": f"{SERVER}; spf=pass (by a) ; dmarc=pass header.from=google.com (b@e.example);"
        " dmarc=fail header.from=google.com"
    },
    "around a mark that does not pair": {
        "results": f'{SERVER}; spf=pass (a" b); dkim=pass header.d=google.com'
    },
    "only spf": {"results": f"{SERVER}; spf=pass smtp.mailfrom=google.com"},
    "the unnamed server's": {"results": "dmarc=pass header.from=google.com"},
}  # fmt: skip


@pytest.mark.parametrize("how", FORGED)
def test_a_forged_sender_is_not_believed(how: str) -> None:
    found = _read(_mail(_linked(1), **FORGED[how]))
    assert (found["listed"], found["proven"]) == (True, False)
    (entry,) = found["entries"]
    assert entry["link"] == ""
    assert entry["text"].startswith("Sender not proven: ")
    assert entry["record"]["sender"].startswith("Sender not proven: ")


def test_a_server_that_signs_without_a_name_is_called_unnamed() -> None:
    said = "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=x; dmarc=pass header.from=google.com"
    assert _read(_mail(results=said), server="unnamed")["proven"]
    named = _mail(results="mx.evil.example; dmarc=pass header.from=google.com")
    assert not _read(named, server="unnamed")["proven"]


@pytest.mark.parametrize("user", ["no-reply@accounts", "drive-shares-noreply@", "a@docs"])
def test_what_else_google_sends_is_passed_over(user: str) -> None:
    sender = f"{user}google.com" if user.endswith("@") else f"{user}.google.com"
    assert not _read(_mail(_linked(1), sender=sender))["listed"]


@pytest.mark.parametrize(
    "sender",
    [
        "a@stranger.example", "googlealerts@notgoogle.com", "", "google.com",
        "googlealerts@google.com.evil.example",
        '"googlealerts-noreply@google.com" <a@evil.example>',
        "googlealerts@google.com, b@evil.example",
        "googlealerts@google.com <b@evil.example>", "(googlealerts@google.com) b@evil.example",
        "googlealerts@google.com@evil.example",
        "x@evil.example\r\nFrom: googlealerts@google.com", "=?utf-8?q?googlealerts=40google.com?=",
    ],
)  # fmt: skip
def test_who_is_not_surely_a_listed_sender_is_another(sender: str) -> None:
    found = _read(_mail(_linked(1), sender=sender))
    assert (found["listed"], found["entries"]) == (False, [])


@imap
def test_mails_that_are_not_proven_are_counted_and_take_nobodys_place(box: Box) -> None:
    forged = ALERT.replace(b"dmarc=pass", b"dmarc=fail").replace(b"dkim=pass", b"dkim=fail")
    box.account.put(forged, ALERT, _mail(sender="a@stranger.example"))
    found = box.read()
    posts = posts_in(found)
    assert [bool(post.url) for post in posts] == [False, False, True, True]
    assert len({post.key for post in posts}) == 4
    assert flaws_in(found) == [
        "1 mail from another sender was passed over.",
        "1 mail is not proven to be from its sender; its words are shown without links.",
    ]


@imap
def test_the_proof_can_be_done_without_where_the_school_says_so(box: Box) -> None:
    box.account.put(_mail(_linked(1), results=""))
    found = box.read(require_auth_pass=False, trusted_auth_server="")
    assert [post.url for post in posts_in(found)] == ["https://g.example/1"]


# What each service writes


def _found(name: str, **changes: str) -> list[dict[str, Any]]:
    mail = recorded("mailbox", f"{name}.eml").decode()
    for old, new in changes.items():
        assert old in mail
        mail = mail.replace(old, new)
    entries: list[dict[str, Any]] = _read(mail.encode(), (*SENDERS, "school-news.example"))[
        "entries"
    ]
    return entries


def test_google_alerts_are_read_from_their_links_where_the_summary_is_missing() -> None:
    for broken in ({"inboxmarkup": "x"}, {'{"api_version"': "{{"}, {"</script>": ""}):
        found = _found("google_alert", **broken)
        assert [entry["link"] for entry in found] == [
            "https://gazette.example/news/41?ref=rss",
            "https://gazette.example/news/42",
        ]
        assert found[0]["title"] == "Parents thank the lollipop man of Hollybrook Primary"
        assert found[1]["text"] == "Water came in overnight, the head said ..."


def test_google_alerts_are_read_from_their_text_where_there_is_no_html() -> None:
    found = _found("google_alert", **{"text/html": "text/other"})
    assert [entry["title"] for entry in found] == [
        "Parents thank the lollipop man of Hollybrook Primary - Stanwick Gazette",
        "Hollybrook Primary School closes after flood - Stanwick Gazette",
    ]
    assert found[0]["text"] == "Parents at Hollybrook Primary School gave him a card ..."
    assert found[0]["link"] == "https://gazette.example/news/41?ref=rss"


def test_f5bot_names_title_author_and_words() -> None:
    first, second = _found("f5bot")
    assert first["link"] == "https://www.reddit.com/r/northants/comments/abc1/"
    assert (first["title"], first["author"]) == ("Hollybrook Primary: any good?", "new_in_town")
    assert second["text"] == "Hollybrook Primary lost our forms."
    assert second["record"]["query"] == "Hollybrook Primary"


def test_f5bot_is_read_from_its_text_where_there_is_no_html() -> None:
    first, second = _found("f5bot", **{"text/html": "text/other"})
    assert (first["title"], first["author"]) == ("Hollybrook Primary: any good?", "new_in_town")
    assert second["link"] == "https://www.reddit.com/r/Parenting/comments/abc2/c/def/"


def test_theyworkforyou_gives_each_debate() -> None:
    first, second = _found("theyworkforyou")
    assert first["title"] == "School Buildings (12 Nov 2026)"
    assert first["text"].startswith("Priya Shah: The roof of Hollybrook Primary School")
    assert second["link"] == "https://www.theyworkforyou.com/debates/?id=2026-11-13a.55.2"


def test_trustpilot_gives_a_review() -> None:
    (entry,) = _found("trustpilot")
    assert (entry["medium"], entry["record"]["stars"]) == ("google_review", "1")
    assert entry["link"] == "https://www.trustpilot.com/reviews/64ab"
    assert "The after-school club is never open." in entry["text"]


def test_a_google_review_of_another_form_is_kept_whole() -> None:
    (entry,) = _found("google_review", **{"Reply to review": "Answer"})
    assert (entry["medium"], entry["author"]) == ("google_review", "Dana")
    assert "chaos every morning" in entry["text"]


def test_two_reviews_under_one_address_are_two() -> None:
    (one,) = _found("google_review")
    (other,) = _found("google_review", **{"chaos": "fine"})
    assert one["link"] == other["link"]
    assert one["id"] != other["id"]


def test_any_other_listed_sender_is_read_as_it_writes() -> None:
    (entry,) = _found("other_alert")
    assert entry["title"] == "New: Hollybrook Primary School wins a prize"
    assert entry["link"] == "https://school-news.example/2026/garden"
    assert "for its garden" in entry["text"]


@imap
def test_one_page_in_two_alerts_is_one_entry(box: Box) -> None:
    other = ALERT.replace(b"alert-1@", b"alert-2@").replace(b"ct=ga", b"ct=gb")
    box.account.put(ALERT, other)
    keys = [post.key for post in posts_in(box.read())]
    assert (len(keys), len(set(keys))) == (4, 2)


@imap
def test_a_listed_mail_of_an_unknown_form_is_told(box: Box) -> None:
    box.account.put(_mail("Google has changed its mails."))
    assert flaws_in(box.read()) == [
        "1 mail of a listed sender has an unknown form; look at it in the mailbox."
    ]


# Mails that mean harm


def _multipart(parts: str, cut: str = "cut") -> bytes:
    kind = f'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="{cut}"\r\n'
    return _mail(parts, more=kind)


def _part(words: str, kind: str = "text/plain", more: str = "") -> str:
    return f"--cut\r\nContent-Type: {kind}\r\n{more}\r\n{words}\r\n"


def _nested(depth: int) -> bytes:
    opening = "".join(
        f'--{n}\r\nContent-Type: multipart/mixed; boundary="{n + 1}"\r\n\r\n' for n in range(depth)
    )
    return _multipart(opening, "0")


HOSTILE = {
    "10,000 parts": _multipart(_part("x", "text/other") * 10_000),
    "nested 3,000 deep": _nested(3_000),
    "a header of a megabyte": _mail(more=f"X-Long: {'x' * 1_000_000}\r\n"),
    "100,000 headers": _mail(more="X-A: b\r\n" * 100_000),
    "a subject of a megabyte": _mail(more=f"Subject: {'=?utf-8?q?=41?= ' * 60_000}\r\n"),
    "a proof of a megabyte": _mail(results=f"{SERVER}; {'(' * 1_000_000}"),
    "broken encodings": _multipart(
        _part("=?=\xff", "text/plain; charset=\"no-such\"", "Content-Transfer-Encoding: base64\r\n")
        + _part("####", "text/html; charset*=x'y", "Content-Transfer-Encoding: x-uuencode\r\n")
    ),
    "an alphabet in parts": _mail("\xe9", more="Content-Type: text/plain; charset*0*=x''%zz\r\n"),
    "an alphabet with a nul": _mail("\xe9", more='Content-Type: text/plain; charset="\0"\r\n'),
    "an address that is none": _mail(
        "Title\r\nhttps://[f5bot.com/x", sender="a@f5bot.com", results=f"{SERVER}; none"
    ),
    "no end of tags": _mail("<a href='" * 100_000, more="Content-Type: text/html\r\n"),
    "no end of links": _mail(
        '<a href="https://g.example/">x' * 30_000, more="Content-Type: text/html\r\n"
    ),
    "no end of scripts": _mail(
        "<script data-scope=inboxmarkup " * 30_000, more="Content-Type: text/html\r\n"
    ),
    "deep JSON": _mail(
        f'<script data-scope="inboxmarkup">{"[" * 200_000}</script>',
        more="Content-Type: text/html\r\n",
    ),
    "JSON of odd types": _mail(
        '<script data-scope="inboxmarkup">{"cards":[1,{"widgets":[null,{"type":"LINK","url":7},'
        '{"type":"LINK","url":"javascript:alert(1)","title":["x"]}]}]}</script>',
        more="Content-Type: text/html\r\n",
    ),
    "nul and no headers": b"\x00" * 1000,
    "nothing": b"\r\n",
}  # fmt: skip


@imap
@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_mail_costs_itself(box: Box, what: str) -> None:
    box.account.put(HOSTILE[what], REVIEW)
    found = box.read()
    assert [post.author for post in posts_in(found)][-1:] == ["Dana Whitlock"]
    assert not [post for post in posts_in(found) if post.url.startswith("javascript")]
    assert all(len(said.splitlines()) == 1 for said in flaws_in(found))
    assert box.read() == []


def test_one_bad_part_costs_none_of_its_neighbours() -> None:
    bad = _part("x", 'text/html; charset="\x00"', "Content-Transfer-Encoding: base64\r\n")
    found = _read(_multipart(bad + _part(_linked(1)) + "--cut--"))
    assert [entry["link"] for entry in found["entries"]] == ["https://g.example/1"]


def test_an_alphabet_that_cannot_be_made_out_costs_no_words() -> None:
    odd = "Content-Type: text/plain; charset*0*=x''%zz\r\n"
    found = _read(_mail(f"{_linked(1)}\r\n\xe9", more=odd))
    assert [entry["link"] for entry in found["entries"]] == ["https://g.example/1"]


def test_what_an_attached_mail_says_is_not_what_the_sender_says() -> None:
    inner = _part(_mail(_linked(1)).decode(), "message/rfc822")
    assert _read(_multipart(inner + "--cut--"))["entries"] == []


# Settings


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"host": "imap.example/x"}, "must be a host name"),
        ({"host": "imap.school.example", "security": "none"}, "for a server on this machine"),
        ({"user": 'a" b'}, "without spaces"),
        ({"folder": "a\r\nb"}, "must be a folder's name"),
        ({"oauth": "google"}, "needs client_id and refresh_token_env"),
        ({"password_env": None}, "needs one way to sign in"),
        ({"trusted_auth_server": ""}, "needs trusted_auth_server"),
        ({"senders": ["Google Alerts"]}, "such as google.com"),
        ({"senders": []}, "has no senders"),
        ({"port": 0}, "port"),
        ({"tenant": "a/b"}, "must hold only letters"),
        ({"service": "ftp://x.example"}, "http"),
        ({"password_env": "MISSING_WORD"}, "MISSING_WORD"),
    ],
)
def test_settings_that_cannot_work_are_refused(change: dict[str, Any], says: str) -> None:
    table = {"kind": "mailbox", **CASE.table("127.0.0.1:143"), **change}
    given = {key: value for key, value in table.items() if value is not None}
    found = problems_with(given, **CASE.env)
    assert len(found) == 1
    assert says in found[0]
    assert "swordfish" not in found[0]

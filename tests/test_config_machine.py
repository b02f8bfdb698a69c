"""What is asked of the program's own settings: database, web, mail, secrets and sources."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import AnyUrl, BaseModel, SecretStr, ValidationError

from monitor.problems import Place
from monitor.setting_problems import problems_of
from tests.configs import FEED, SCHOOL, mistake, mistakes, read

PEOPLE = '[[schools.people]]\nname = "Tom Birch"\nemail = "tom@hollybrook.example"\nrole = "dsl"\n'
STAFF = '[[schools.staff]]\nname = "Jane Ashdown"\n'


@pytest.mark.parametrize("host", ["smtp.example.net", "192.0.2.7", "127.0.0.1.example.net"])
def test_unencrypted_mail_to_another_machine_is_refused(tmp_path: Path, host: str) -> None:
    said = mistake(tmp_path, f'[mail]\nhost = "{host}"\nsecurity = "none"\n')
    assert said.startswith('config.toml:3: mail.security may be "none" only')


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1", ""])
def test_unencrypted_mail_to_this_machine_is_allowed(tmp_path: Path, host: str) -> None:
    settings = read(tmp_path, f'[mail]\nhost = "{host}"\nsecurity = "none"\n')
    assert settings.mail.security == "none"


@pytest.mark.parametrize("listen", ["0.0.0.0:80", "[::]:80", "10.0.0.5:80", "school.example:80"])
def test_pages_beyond_this_machine_need_encryption(tmp_path: Path, listen: str) -> None:
    line = f'[web]\nlisten = "{listen}"\n'
    assert "would let other machines read the pages" in mistake(tmp_path, line)
    assert read(tmp_path, line + 'trusted_proxies = ["10.0.0.0/8"]\n').web.listen == listen
    (tmp_path / "c.pem").touch()
    assert read(tmp_path, line + 'tls_cert = "c.pem"\ntls_key = "c.pem"\n').web.listen == listen


def test_half_of_the_encryption_is_refused_and_missing_files_are_named(tmp_path: Path) -> None:
    assert mistakes(tmp_path, '[web]\ntls_cert = "c.pem"\n') == [
        "config.toml:1: web.tls_key and tls_cert belong together: give both files, or neither",
        "config.toml:2: web.tls_cert names a file that is not there",
    ]


@pytest.mark.parametrize("listen", ["8000", ":8000", "::1", "localhost:x", "a:99999", "a:\u0661"])
def test_a_listening_address_is_host_and_port(tmp_path: Path, listen: str) -> None:
    said = mistake(tmp_path, f'[web]\nlisten = "{listen}"\n')
    assert said.startswith("config.toml:2: web.listen must be host:port")


@pytest.mark.parametrize(
    "url",
    ["mysql://a/b", "footprint.db", "sqlite://x.db", "sqlite:///", "sqlite:///:memory:",
     "sqlite:///a.db?mode=ro", "postgres://u@h/d", "postgresql://u@h", "postgresql://u@h:x/d",
     "postgresql://u@h@i/d", "postgresql://[u@h/d"],
)  # fmt: skip
def test_a_database_is_a_file_or_a_postgresql_server(tmp_path: Path, url: str) -> None:
    said = mistake(tmp_path, f'[database]\nurl = "{url}"\n')
    assert said.startswith("config.toml:2: database.url must be")


@pytest.mark.parametrize(
    "url", ["postgresql://u:hunter2@h/d", "postgresql://u@h/d?password=hunter2"]
)
def test_a_password_in_the_database_url_is_refused_with_what_to_do(
    tmp_path: Path, url: str
) -> None:
    said = mistake(tmp_path, f'[database]\nurl = "{url}"\n')
    assert 'password_file = "PATH" or password_env = "NAME"' in said
    assert "hunter2" not in said


def test_a_database_password_joins_the_url_only_where_it_is_used(tmp_path: Path) -> None:
    text = '[database]\nurl = "postgresql://u@h:5433/d"\npassword_env = "PG"\n'
    settings = read(tmp_path, text, {"PG": "p/@: ?"})
    assert settings.database_url == "postgresql://u:p%2F%40%3A%20%3F@h:5433/d"
    assert "p/@" not in repr(settings) + str(settings.database)
    said = mistake(tmp_path, text.replace("u@", ""), {"PG": "p"})
    assert said.startswith("config.toml:3: database.password_env needs a user in the url")


def test_a_password_comes_from_the_environment_or_from_a_private_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("  hunter2 \n")
    (tmp_path / "secret").chmod(0o600)
    for line in ('password_env = "SMTP"', 'password_file = "secret"'):
        mail = read(tmp_path, f"[mail]\n{line}\n", {"SMTP": "hunter2"}).mail
        assert mail.password.get_secret_value() == "hunter2"
        source = read(tmp_path, FEED + line, {"SMTP": "hunter2"}).sources[0]
        assert source.options.password.get_secret_value() == "hunter2"
        assert "hunter2" not in repr(mail) + repr(source)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('password = "hunter2"', "password must not stand in this file: write password_file = "),
        ('api_key = "hunter2"', "api_key must not stand in this file: write password_file = "),
        ('token = "hunter2"', "token must not stand in this file: write password_file = "),
        ('password_env = "SMTP"\npassword_file = "a"', "password_file and password_env must not"),
        ('password_env = "NOT_SET"', "password_env names the environment variable NOT_SET, which"),
        ('password_env = "EMPTY"', "password_env names the environment variable EMPTY, which"),
        ('password_env = "hunter2"', "password_env names the environment variable (not shown)"),
        ('password_env = "hunter2!"', "password_env holds what looks like the secret itself"),
        ('password_env = "https://a.test/hunter2"', "password_env holds what looks like the sec"),
        ("password_env = 5", "password_env must be a name in quotation marks"),
        ('password_env = "LINES"', "password_env leads to a secret of several lines"),
        ('password_file = "hunter2"', "password_file names a file that is not there"),
        ('password_file = "empty"', "password_file names a file that is empty"),
        ('password_file = "open"', "password_file names a file that others can read; run chmod"),
        ('password_file = "latin"', "password_file names a file that is not UTF-8 text"),
        ('password_file = "large"', "password_file names a file that is too large"),
        ('password_file = "lines"', "password_file leads to a secret of several lines"),
        ('password_file = "."', "password_file names something that is not a file"),
        ('password_file = "a\\u0000b"', "password_file names a file that cannot be read"),
        ('password_file = "empty/x"', "password_file names a file that cannot be read"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("table", ["mail", "sources[1]"])
def test_a_secret_that_cannot_be_had_is_named_and_never_shown(
    tmp_path: Path, table: str, lines: str, said: str
) -> None:
    held = {"empty": b" \n", "open": b"hunter2", "latin": b"\xff\xfe", "lines": b"hunter2\nb"}
    for name, words in {**held, "large": b"x" * 70_000}.items():
        (tmp_path / name).write_bytes(words)
        (tmp_path / name).chmod(0o644 if name == "open" else 0o600)
    text = (FEED if table != "mail" else "[mail]\n") + lines
    found = mistake(tmp_path, text, {"SMTP": "x", "EMPTY": "", "LINES": "hunter2\nb"})
    assert f" {table}.{said}" in found.replace(' of "gazette"', "")
    assert "hunter2" not in found


def test_a_pipe_is_no_password_file_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert "not a file" in mistake(tmp_path, '[mail]\npassword_file = "pipe"\n')


@pytest.mark.parametrize(
    "sender",
    ["a@b.example", "Office <a@b.example>", '"St Mary, Leeds" <a@b.example>', "É <a@b.example>"],
)  # fmt: skip
def test_a_sender_may_have_a_name(tmp_path: Path, sender: str) -> None:
    assert read(tmp_path, f"[mail]\nfrom = '{sender}'\n").mail.sender_address == "a@b.example"


@pytest.mark.parametrize(
    "sender",
    ["", "office", "a@", "@b", "a b@c.example", "a@b..example", "a@-b.example", "<a@b.example",
     "A <a@b.example> c", "A <a@b.example>, B <b@b.example>", "St Mary, Leeds <a@b.example>",
     "a@b.example\\r\\nBcc: x@y.example", "a@b.example\\n", "a@exämple.example"],
)  # fmt: skip
def test_a_sender_that_is_no_address_is_refused(tmp_path: Path, sender: str) -> None:
    said = mistake(tmp_path, f'[mail]\nfrom = "{sender}"\n')
    assert said.startswith("config.toml:2: mail.from ")


@pytest.mark.parametrize(
    "address", ["ftp://a.example", "a.example", "https://", "http://[::1", "https://u:hunter2@a.example",
                "https://a.example:x", "https://a b.example"]
)  # fmt: skip
def test_the_address_of_the_pages_is_a_web_address(tmp_path: Path, address: str) -> None:
    said = mistake(tmp_path, f'[web]\naddress = "{address}"\n')
    assert said.startswith("config.toml:2: web.address must be a web address")
    assert "hunter2" not in said


def test_other_people_s_sites_are_asked_every_quarter_of_an_hour_at_most(tmp_path: Path) -> None:
    said = mistake(tmp_path, FEED + "every_minutes = 14\n")
    assert said.startswith(
        'config.toml:5: sources[1].every_minutes of "gazette" must be at least 15'
    )
    assert "at most 1440" in mistake(tmp_path, FEED + "every_minutes = 1441\n")
    assert read(tmp_path, FEED + "every_minutes = 15\n").sources[0].every_minutes == 15


def test_an_own_machine_may_be_asked_every_second(tmp_path: Path) -> None:
    own = '[http]\nprivate_hosts_allowed = ["127.0.0.1:8888", "feeder.school:80"]\n'
    feed = '[[sources]]\nid = "own"\nkind = "feed"\nurl = "{}"\nevery_minutes = {}\n'
    for url in ("http://127.0.0.1:8888/rss", "http://Feeder.School/rss"):
        assert read(tmp_path, own + feed.format(url, 1 / 60)).sources[0].every_minutes == 1 / 60
        assert "at least one second" in mistake(tmp_path, own + feed.format(url, 0.016))
    for url in ("http://127.0.0.1:8889/rss", "http://gazette.example/127.0.0.1:8888"):
        assert "must be at least 15" in mistake(tmp_path, own + feed.format(url, 14))


def test_a_source_needs_what_its_kind_needs(tmp_path: Path) -> None:
    text = FEED.replace('url = "https://gazette.example/rss"\n', "")
    assert mistake(tmp_path, text) == (
        'config.toml:1: sources[1] of "gazette" is not accepted: the feed\'s address is missing; '
        'write url = "https://…"'
    )
    said = mistake(tmp_path, text + 'url = "gopher://gazette.example"\n')
    assert said.startswith('config.toml:4: sources[1].url of "gazette" is not accepted: ')


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[http]\ncontact = "the office"\n', "http.contact must be an email address or a web"),
        (
            '[http]\nprivate_hosts_allowed = ["127.0.0.1"]\n',
            "http.private_hosts_allowed[1] must be",
        ),
        (
            '[web]\ntrusted_proxies = ["proxy.example"]\n',
            "web.trusted_proxies[1] must be an address",
        ),
        ('[mail]\nhost = "smtp.example.net:587"\n', "mail.host must be the name of a server, with"),
    ],
)
def test_addresses_of_the_program_itself_are_looked_at(
    tmp_path: Path, text: str, said: str
) -> None:
    assert mistake(tmp_path, text).startswith(f"config.toml:2: {said}")


def test_a_source_without_a_kind_or_with_a_broken_address_is_named(tmp_path: Path) -> None:
    said = mistake(tmp_path, FEED.replace('kind = "feed"\n', ""))
    assert said.endswith('kind of "gazette" is missing')
    found = mistakes(tmp_path, FEED.replace("gazette.example", "[::1") + "every_minutes = 1\n")
    assert [line.split(" ")[1] for line in found] == ["sources[1].url", "sources[1].every_minutes"]


@pytest.mark.parametrize("word", ["rss", "RSS", "atom", "xml", "json", "feeds"])
def test_a_feed_by_another_name_is_told_its_word(tmp_path: Path, word: str) -> None:
    said = mistake(tmp_path, FEED.replace('"feed"', f'"{word}"'))
    assert said.endswith(
        f'of "gazette" is "{word}", which is no kind of source; did you mean "feed"?'
    )


@pytest.mark.parametrize("kind", ['kind = "rss"\n', ""])
@pytest.mark.parametrize(
    ("url", "said"),
    [('"gazette.example/rss"', "is not accepted: The address does not begin with http://"),
     ("5", "must be text in quotation marks, not 5")],
)  # fmt: skip
def test_an_address_is_looked_at_beside_a_kind_that_is_wrong(
    tmp_path: Path, kind: str, url: str, said: str
) -> None:
    text = FEED.replace('kind = "feed"\n', kind).replace('"https://gazette.example/rss"', url)
    found = mistakes(tmp_path, text)
    assert len(found) == 2
    assert any(f'sources[1].url of "gazette" {said}' in line for line in found)


def test_an_own_machine_may_also_be_named_by_host_and_port(tmp_path: Path) -> None:
    own = '[http]\nprivate_hosts_allowed = ["127.0.0.1:1143"]\n'
    text = own + FEED + 'host = "127.0.0.1"\nevery_minutes = 1\nport = {}\n'
    assert not any(
        "sources[1].every_minutes" in line for line in mistakes(tmp_path, text.format(1143))
    )
    assert any("sources[1].every_minutes" in line for line in mistakes(tmp_path, text.format(1144)))


ALERT = '[[sources]]\nid = "alert-1"\nkind = "feed"\nflavour = "google_alerts"\n'
MAILBOX = """[[sources]]
id = "alerts-mail"
kind = "mailbox"
host = "imap.a.test"
user = "monitor@a.test"
password_env = "MONITOR"
trusted_auth_server = "mx.a.test"
"""


@pytest.mark.parametrize("text", [ALERT + 'secret_url_env = "ALERT"\n', MAILBOX])
def test_a_secret_that_is_missing_is_all_that_is_told_of_its_source(
    tmp_path: Path, text: str
) -> None:
    assert "names the environment variable" in mistake(tmp_path, text)


@pytest.mark.parametrize("flavour", ["", 'flavour = "google_alerts"\n'])
def test_the_address_of_a_google_alert_is_a_secret_and_is_not_repeated(
    tmp_path: Path, flavour: str
) -> None:
    address = "https://www.google.co.uk/alerts/feeds/0123/4567"
    text = ALERT.replace('flavour = "google_alerts"\n', flavour) + f'url = "{address}"\n'
    (said, *more) = mistakes(tmp_path, text)
    assert more == []
    assert "a Google Alert's address is a secret" in said
    assert 'secret_url_file = "PATH"' in said
    assert "4567" not in said
    secret = ALERT + 'secret_url_env = "ALERT"\n'
    assert read(tmp_path, secret, {"ALERT": address}).sources[0].options.address == address


@pytest.mark.parametrize("key", ["url", "secret_url_env"])
def test_another_address_of_google_s_is_no_alert(tmp_path: Path, key: str) -> None:
    address = "https://www.google.com/alerts"
    value = address if key == "url" else "ALERT"
    said = mistake(tmp_path, ALERT + f'{key} = "{value}"\n', {"ALERT": address})
    assert f'sources[1].{key} of "alert-1" is not accepted: this is no alert\'s feed' in said
    assert "copy the address behind the feed sign" in said


def test_lines_that_were_switched_on_without_their_heading_are_recognised(tmp_path: Path) -> None:
    block = '# [[sources]]\nkind = "bluesky"\napp_password_file = "x"\nevery_minutes = 30\n'
    person = '[[schools.people]]\nname = "Ann Marsh"\nemail = "a@a.test"\nrole = "dsl"\n'
    found = mistakes(tmp_path, SCHOOL + person + block)
    assert len(found) == 3
    assert all('did you leave "# " before [[sources]] above?' in line for line in found)
    ours = mistake(tmp_path, SCHOOL + 'nmae = "x"\n')
    assert "did you leave" not in ours
    (twice,) = mistakes(tmp_path, FEED + "# [[sources]]\nkind = 1\n")
    assert "given twice; or did you leave" in twice


@pytest.mark.parametrize("table", ["people", "staff"])
def test_a_person_s_name_is_no_address(tmp_path: Path, table: str) -> None:
    rest = 'email = "a@a.test"\nrole = "dsl"\n' if table == "people" else ""
    text = f'{SCHOOL}[[schools.{table}]]\nname = "head@a.test"\n{rest}'
    said = mistake(tmp_path, text)
    assert f'schools[1].{table}[1].name must be a name, not an address: "head@a.test"' in said


class Keyed(BaseModel):
    url: AnyUrl
    key: SecretStr


def test_a_kind_s_secret_is_asked_for_by_the_names_it_has_in_the_file() -> None:
    table = {"url": "nowhere"}
    with pytest.raises(ValidationError) as caught:
        Keyed.model_validate(table)
    place = Place("config.toml", {("sources", 0): 3, ("sources", 0, "url"): 4})
    assert [
        str(problem) for problem in problems_of(caught.value, Keyed, table, ("sources", 0), place)
    ] == [
        "config.toml:4: sources[1].url must be a valid URL, relative URL without a base",
        'config.toml:3: sources[1].key is missing: write key_file = "PATH" or key_env = "NAME"',
    ]

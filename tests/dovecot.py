"""A real IMAP server for the tests: Dovecot 2.3, as Debian 12 brings it, on the loopback.

Where it is not installed its tests are skipped, but never under CI.
"""

from __future__ import annotations

import imaplib
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

import pytest

from tests.mailserver import authority

PASSWORD = "swordfish-77"
_NOBODY = "nobody"  # Dovecot hands out no mail as root
_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
auth_failure_delay = 0
login_greeting = ready
mail_location = maildir:{folder}/mail/%u
mail_max_userip_connections = 100
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/home/%u
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
  }}
}}
"""


def program() -> str:
    """Where Dovecot is; skips the test where it is not, and under CI fails it."""
    found = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        _lacking("Dovecot is not installed")
    asked = subprocess.run([str(found), "--version"], capture_output=True, text=True, check=True)
    if not asked.stdout.startswith("2.3."):
        _lacking(f"Dovecot is {asked.stdout.split()[0]}; the tests' configuration is for 2.3")
    return str(found)


def _lacking(why: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"{why}, and under CI nothing is skipped")
    pytest.skip(why)


class Account:
    """One user's mailbox, as somebody sees it who reads it by hand."""

    def __init__(self, server: Dovecot, user: str) -> None:
        self.server, self.user = server, user

    @contextmanager
    def open(self) -> Iterator[imaplib.IMAP4]:
        """A signed-in connection of the test's own."""
        with imaplib.IMAP4("127.0.0.1", self.server.plain, timeout=20) as client:
            client.login(self.user, PASSWORD)
            yield client

    def put(self, *mails: bytes, folder: str = "INBOX", when: str | None = None) -> None:
        """Lay mails into a folder, unread; folder and arrival are given as IMAP writes them."""
        with self.open() as client:
            client.create(folder)
            for mail in mails:
                status, said = client.append(folder, "", when or "", mail)
                assert status == "OK", said

    def renew(self, folder: str) -> None:
        """Delete the folder with all its mails; the next one of its name counts anew."""
        with self.open() as client:
            client.delete(folder)

    def flags(self, folder: str = "INBOX") -> list[bytes]:
        """The flags of each mail, as the server tells them."""
        with self.open() as client:
            client.select(folder, readonly=True)
            return [row for row in client.fetch("1:*", "(UID FLAGS)")[1] if isinstance(row, bytes)]


class Dovecot:
    """Runs until the block ends; any user may sign in with `PASSWORD`.

    `plain` is the port without encryption at the start (STARTTLS is offered), `tls` the other.
    Access tokens are looked up at `tokens`, an address to which the token is added.
    """

    def __init__(self, tokens: str) -> None:
        self._binary = program()
        self._numbers = itertools.count()
        self.plain, self.tls = _free_ports(2)
        self._folder = Path(tempfile.mkdtemp(prefix="fp-imap-"))
        self._configure(tokens)

    def account(self) -> Account:
        """A mailbox that nobody has used."""
        return Account(self, f"monitor{next(self._numbers)}@hollybrook.example")

    def _configure(self, tokens: str) -> None:
        root = os.geteuid() == 0
        me = pwd.getpwnam(_NOBODY) if root else pwd.getpwuid(os.geteuid())
        issued = authority().issue_cert("127.0.0.1", "localhost")
        issued.private_key_pem.write_to_path(str(self._folder / "key.pem"))
        for number, pem in enumerate(issued.cert_chain_pems):
            pem.write_to_path(str(self._folder / "cert.pem"), append=number > 0)
        (self._folder / "oauth2.conf").write_text(
            f"tokeninfo_url = {tokens}\nintrospection_url = {tokens}\n"
            "introspection_mode = get\nusername_attribute = email\n"
        )
        config = _CONFIG.format(
            folder=self._folder,
            user=me.pw_name,
            group=_group(me.pw_gid),
            password=PASSWORD,
            plain=self.plain,
            tls=self.tls,
        )
        (self._folder / "dovecot.conf").write_text(config)
        self._as = {"user": me.pw_uid, "group": me.pw_gid, "extra_groups": []} if root else {}
        if root:
            for path in (self._folder, *self._folder.iterdir()):
                os.chown(path, me.pw_uid, me.pw_gid)

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [self._binary, "-F", "-c", str(self._folder / "dovecot.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            **self._as,
        )
        self._await()
        return self

    def _await(self) -> None:
        """Until it greets; its own log says why where it does not."""
        end = time.monotonic() + 20
        while time.monotonic() < end and self._process.poll() is None:
            try:
                imaplib.IMAP4("127.0.0.1", self.plain).logout()
            except OSError:
                time.sleep(0.02)
            else:
                return
        log = self._folder / "log"
        raise RuntimeError(f"Dovecot did not start: {log.read_text() if log.exists() else ''}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def _group(number: int) -> str:
    import grp

    return grp.getgrgid(number).gr_name


def _free_ports(count: int) -> list[int]:
    held = [socket.socket() for _ in range(count)]
    try:
        for each in held:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in held]
    finally:
        for each in held:
            each.close()

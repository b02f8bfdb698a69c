"""The configuration as frozen, typed values; `monitor/config.py` alone reads the file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from monitor.school_settings import (
    KNOWN_CONTACTS,
    Approval,
    DateRange,
    Hours,
    Keep,
    Person,
    Role,
    School,
    StaffMember,
)
from monitor.setting_types import (
    Contact,
    Filled,
    Host,
    HostPort,
    Identifier,
    Line,
    MaybeEmail,
    Network,
    Number,
    Section,
    Sender,
    Switch,
    WebAddress,
    Whole,
    Words,
    host_and_port,
    is_loopback,
    refusal,
    sender_parts,
)

__all__ = [
    "KNOWN_CONTACTS",
    "Approval",
    "Backup",
    "Database",
    "DateRange",
    "Heartbeat",
    "Hours",
    "Http",
    "Keep",
    "Mail",
    "Oidc",
    "Person",
    "Role",
    "School",
    "Section",
    "Settings",
    "SourceSettings",
    "StaffMember",
    "Web",
]

SQLITE = "sqlite:///"
# Other people's sites are not asked more often.
PUBLIC_MINUTES = 15.0
POSTGRESQL = "postgresql://"
_RECIPIENT = re.compile(r"age1[02-9ac-hj-np-z]{58}")
_SHORTEST = 12


class Database(Section):
    """[database]: where mentions and alerts are kept; `Settings.database_url` is the whole URL."""

    url: Line = f"{SQLITE}footprint.db"
    password: SecretStr = SecretStr("")

    @field_validator("url")
    @classmethod
    def _known_form(cls, url: str) -> str:
        return _sqlite(url) if url.startswith("sqlite:") else _postgresql(url)

    @field_validator("password")
    @classmethod
    def _has_a_user(cls, password: SecretStr, info: ValidationInfo) -> SecretStr:
        url = info.data.get("url", SQLITE)
        if password and not url.startswith(SQLITE) and "@" not in url:
            raise refusal(f"needs a user in the url: {POSTGRESQL}user@host/name")
        return password

    @property
    def is_sqlite(self) -> bool:
        """True for a file, False for a PostgreSQL server."""
        return self.url.startswith(SQLITE)


def _sqlite(url: str) -> str:
    path = url.removeprefix(SQLITE)
    if not url.startswith(SQLITE) or not path or path == ":memory:" or "?" in path:
        raise refusal('must be sqlite:///PATH such as "sqlite:///footprint.db"')
    return url


def _postgresql(url: str) -> str:
    form = f"{POSTGRESQL}user@host/name"
    if not url.startswith(POSTGRESQL):
        raise refusal(f"must begin with {SQLITE} or {POSTGRESQL}")
    try:
        parts = urlsplit(url)
        wrong = parts.port == 0 or not parts.path.strip("/") or url.count("@") > 1
        secret = parts.password is not None or "password=" in parts.query.casefold()
    except ValueError:
        wrong, secret = True, False
    if secret:
        raise refusal(
            "must not hold a password: take it out, and add to [database] "
            'password_file = "PATH" or password_env = "NAME"'
        )
    # The address is not repeated, for what is wrong with it may be a misplaced password.
    if wrong:
        raise refusal(f"must be of the form {form}")
    return url


def _recipient(key: str) -> str:
    if key and not _RECIPIENT.fullmatch(key):
        raise refusal('must be a public key of age, which begins with "age1"')
    return key


class Http(Section):
    """[http]: how the program shows itself to the sites it reads.

    `private_hosts_allowed` holds `host:port` of own machines that may be read all the same;
    requests to each are `private_spacing_seconds` apart, to others' sites a second or more.
    """

    contact: Contact = ""
    private_hosts_allowed: tuple[HostPort, ...] = ()
    private_spacing_seconds: Annotated[Number, Field(ge=0, le=60)] = 1


class Oidc(Section):
    """[web.oidc]: the school's own sign-in service, by OpenID Connect."""

    issuer: Annotated[WebAddress, Filled]
    client_id: Annotated[Line, Filled]
    client_secret: SecretStr = SecretStr("")

    @field_validator("issuer")
    @classmethod
    def _of_one_school(cls, issuer: str) -> str:
        """Microsoft's shared issuers let in whoever has any account of theirs."""
        parts = urlsplit(issuer)
        shared = {"common", "organizations", "consumers"}
        if shared.intersection(parts.path.split("/")):
            raise refusal(
                "is shared by every organisation: write your own tenant's, such as "
                '"https://login.microsoftonline.com/TENANT-ID/v2.0"'
            )
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            raise refusal("must begin with https://")
        return issuer


class Web(Section):
    """[web]: where the pages are served. The two TLS files are relative to `Settings.folder`."""

    tls_cert: Line = ""
    tls_key: Line = ""
    trusted_proxies: tuple[Network, ...] = ()
    address: WebAddress = ""
    listen: HostPort = "127.0.0.1:8000"
    oidc: Oidc | None = None

    @field_validator("tls_key")
    @classmethod
    def _both_or_neither(cls, key: str, info: ValidationInfo) -> str:
        if "tls_cert" in info.data and bool(key) != bool(info.data["tls_cert"]):
            raise refusal("and tls_cert belong together: give both files, or neither")
        return key

    @field_validator("listen")
    @classmethod
    def _guarded(cls, listen: str, info: ValidationInfo) -> str:
        guards = ("tls_cert", "tls_key", "trusted_proxies")
        readable = all(guard in info.data for guard in guards)
        local = is_loopback(host_and_port(listen)[0])
        if readable and not local and not any(info.data[guard] for guard in guards):
            raise refusal(
                "would let other machines read the pages unencrypted: give tls_cert and "
                "tls_key, or name a TLS proxy in trusted_proxies, or listen on 127.0.0.1"
            )
        return listen

    @property
    def origin(self) -> str:
        """Where the pages are, as people reach them, without a slash at its end: `address`, or
        what this machine alone can open.
        """
        scheme = "https" if self.tls_cert else "http"
        return self.address.rstrip("/") or f"{scheme}://{self.listen}"

    @property
    def host(self) -> str:
        """The address part of `listen`, without the brackets of IPv6."""
        return host_and_port(self.listen)[0]

    @property
    def port(self) -> int:
        """The port part of `listen`; 0 leaves the choice to the machine."""
        return host_and_port(self.listen)[1]


class Mail(Section):
    """[mail]: how alerts go out. Without a host they are written to a folder.

    `reply_to` is the address of a mailbox that is read as a source: who answers an alert there
    with "I have this" has it.
    """

    from_: Sender = Field(default="Footprint <footprint@localhost>", alias="from")
    host: Host = ""
    port: Annotated[Whole, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: Line = ""
    password: SecretStr = SecretStr("")
    reply_to: MaybeEmail = ""
    folder: Words = "outbox"

    @field_validator("security")
    @classmethod
    def _encrypted(cls, security: str, info: ValidationInfo) -> str:
        host = info.data.get("host", "")
        if security == "none" and host and not is_loopback(host):
            raise refusal(
                'may be "none" only for a mail server on this machine (localhost); '
                'write "starttls" or "tls"'
            )
        return security

    @property
    def sender_name(self) -> str:
        """The display name of `from`; may be empty."""
        return sender_parts(self.from_)[0]

    @property
    def sender_address(self) -> str:
        """The bare address of `from`."""
        return sender_parts(self.from_)[1]


class Heartbeat(Section):
    """[heartbeat]: an outside service that speaks up once this program is not heard of."""

    url: WebAddress = ""


class Backup(Section):
    """[backup]: who can open a backup: whoever knows the passphrase, or else has the key (of age)
    that belongs to the recipient.
    """

    recipient: Annotated[Line, AfterValidator(_recipient)] = ""
    passphrase: SecretStr = SecretStr("")

    @field_validator("passphrase")
    @classmethod
    def _one_of_them(cls, passphrase: SecretStr, info: ValidationInfo) -> SecretStr:
        if passphrase and info.data.get("recipient"):
            raise refusal("and recipient must not both be given")
        if passphrase and len(passphrase.get_secret_value()) < _SHORTEST:
            raise refusal(f"must have {_SHORTEST} characters or more")
        return passphrase


class SourceSettings(Section):
    """[[sources]]: one place that is read. `options` is the kind's own `Options` model."""

    id: Identifier
    kind: Words
    every_minutes: Number = 60
    schools: tuple[Words, ...] = ()
    enabled: Switch = True
    options: Any = None

    @property
    def is_own(self) -> bool:
        """True for the school's own place, which may be read more often than others' sites."""
        return float(getattr(self.options, "least_minutes", PUBLIC_MINUTES)) < PUBLIC_MINUTES

    def listens_for(self, school: str) -> bool:
        """True where this source is read for that school."""
        return not self.schools or school in self.schools

    def reads_mail_to(self, address: str) -> bool:
        """True of a mailbox whose user has that address."""
        if self.kind != "mailbox" or not self.enabled:
            return False
        user = str(self.options.user).casefold()
        return user in {address.casefold(), address.casefold().partition("@")[0]}


class Settings(Section):
    """The whole configuration. `folder` is where relative paths in it start."""

    folder: Path
    database: Database = Database()
    http: Http = Http()
    web: Web = Web()
    mail: Mail = Mail()
    heartbeat: Heartbeat = Heartbeat()
    backup: Backup = Backup()
    sources: tuple[SourceSettings, ...] = ()
    schools: tuple[School, ...] = ()

    def school(self, school_id: str) -> School | None:
        """The school of that id, if there is one."""
        return next((school for school in self.schools if school.id == school_id), None)

    def read_for(self, schools: Iterable[School]) -> dict[str, SourceSettings]:
        """The sources that are read for these schools, by id: enabled, and listened to."""
        ids = [school.id for school in schools]
        return {
            source.id: source
            for source in self.sources
            if source.enabled and any(source.listens_for(school) for school in ids)
        }

    @property
    def reply_to(self) -> str:
        """Where answers to alerts go; "" unless they are read there."""
        address = self.mail.reply_to
        return address if any(one.reads_mail_to(address) for one in self.sources) else ""

    def path(self, name: str) -> Path:
        """A file that the configuration names; a relative name starts at `folder`."""
        return self.folder / name

    @property
    def database_url(self) -> str:
        """The database's URL with its path resolved and its password in it: never print it."""
        database = self.database
        if database.is_sqlite:
            return f"{SQLITE}{self.path(database.url.removeprefix(SQLITE)).as_posix()}"
        password = quote(database.password.get_secret_value(), safe="")
        signed_in = f":{password}@" if password else "@"
        return database.url.replace("@", signed_in, 1)

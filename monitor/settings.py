"""The configuration as frozen, typed values; `monitor/config.py` alone reads the file."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from monitor.judge.terms import Staff, Watch

Role = Literal[
    "headteacher",
    "deputy",
    "dsl",
    "deputy_dsl",
    "duty",
    "office",
    "chair",
    "vice_chair",
    "clerk",
    "dpo",
    "it",
    "governor",
    "trust",
    "staff",
]


class Section(BaseModel):
    """One table of config.toml: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Database(Section):
    """[database]: where mentions and alerts are kept."""

    url: str = "sqlite:///footprint.db"


class Http(Section):
    """[http]: how the program shows itself to the sites it reads."""

    contact: str = ""
    private_hosts_allowed: tuple[str, ...] = ()


class Web(Section):
    """[web]: where the pages are served."""

    listen: str = "127.0.0.1:8000"
    tls_cert: str = ""
    tls_key: str = ""
    trusted_proxies: tuple[str, ...] = ()
    address: str = ""

    @property
    def host(self) -> str:
        """The address part of `listen`, without the brackets of IPv6."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port part of `listen`."""
        return int(self.listen.rpartition(":")[2])


class Mail(Section):
    """[mail]: how alerts go out. Without a host they are written to a folder."""

    from_: str = Field(default="Footprint <footprint@localhost>", alias="from")
    host: str = ""
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: SecretStr = SecretStr("")
    folder: str = "outbox"


class Person(Section):
    """[[schools.people]]: somebody who is told."""

    name: str
    email: str
    roles: tuple[Role, ...]


class StaffMember(Section):
    """[[schools.staff]]: a name that is recognised in a post about the school."""

    name: str
    role: str = ""


class Hours(Section):
    """[schools.hours]: when the school answers; Europe/London."""

    respond: tuple[time, time] = (time(7, 30), time(17, 30))
    digest: str = "Mon 07:30"
    holiday_contact: str = ""
    escalate_minutes: int = Field(default=15, ge=1, le=1440)


class Approval(Section):
    """[schools.approval]: the head's approval and the data protection officer's advice."""

    headteacher: str
    dpo_advice: str
    date: date
    notice_url: str


class DateRange(Section):
    """A stretch of term, both ends included."""

    first: date
    last: date


class School(Section):
    """[[schools]]: one school, the words that mean it, and who is told."""

    id: str
    name: str
    urn: int | None = None
    aliases: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    term_dates: str | tuple[DateRange, ...] = ""
    staff: tuple[StaffMember, ...] = ()
    nation: Literal["england", "wales", "scotland", "northern_ireland"] = "england"
    languages: tuple[Literal["en", "cy"], ...] = ("en",)
    official_accounts: tuple[str, ...] = ()
    people: tuple[Person, ...] = ()
    hours: Hours = Hours()
    contacts: dict[str, str] = Field(default_factory=dict)
    approval: Approval | None = None

    @property
    def watch(self) -> Watch:
        """The school as the judge knows it."""
        return Watch(
            id=self.id,
            name=self.name,
            aliases=self.aliases,
            handles=self.handles,
            hashtags=self.hashtags,
            urls=self.urls,
            places=self.places,
            exclude=self.exclude,
            staff=tuple(Staff(member.name, member.role) for member in self.staff),
        )


class SourceSettings(Section):
    """[[sources]]: one place that is read. `options` is the kind's own `Options` model."""

    id: str
    kind: str
    every_minutes: float = 60
    schools: tuple[str, ...] = ()
    enabled: bool = True
    options: Any = None

    def listens_for(self, school: str) -> bool:
        """True where this source is read for that school."""
        return not self.schools or school in self.schools


class Settings(Section):
    """The whole configuration. `folder` is where relative paths in it start."""

    folder: Path
    database: Database = Database()
    http: Http = Http()
    web: Web = Web()
    mail: Mail = Mail()
    sources: tuple[SourceSettings, ...] = ()
    schools: tuple[School, ...] = ()

    def school(self, school_id: str) -> School | None:
        """The school of that id, if there is one."""
        return next((school for school in self.schools if school.id == school_id), None)

"""The demonstration school's whole configuration as values; it reads no file and opens nothing."""

from __future__ import annotations

from pathlib import Path

from monitor.demo.content import outlets
from monitor.settings import (
    Database,
    Hours,
    Http,
    Mail,
    Person,
    School,
    Settings,
    SourceSettings,
    StaffMember,
)
from sources import inbox
from sources.feed import Options

SCHOOL_ID = "hollybrook"
# Six seconds: the visitor sees a post arrive soon after it is written.
EVERY_MINUTES = 0.1


def demo_settings(server_port: int, folder: Path, digest: str = "Mon 07:30") -> Settings:
    """The demonstration with its sources on that loopback port; `digest` says when that goes.

    The database and the folder for mail lie in `folder`, which must exist; nothing is sent.
    """
    home = folder.resolve()
    return Settings(
        folder=home,
        database=Database(url=f"sqlite:///{home / 'footprint.db'}"),
        http=Http(
            contact="office@hollybrook.example",
            private_hosts_allowed=(f"127.0.0.1:{server_port}",),
            private_spacing_seconds=0,
        ),
        mail=Mail.model_validate(
            {"from": "Footprint <footprint@hollybrook.example>", "folder": str(home / "outbox")}
        ),
        sources=_sources(server_port),
        schools=(_school(digest),),
    )


def _sources(port: int) -> tuple[SourceSettings, ...]:
    feeds = (
        SourceSettings(
            id=outlet.id,
            kind="feed",
            every_minutes=EVERY_MINUTES,
            schools=(SCHOOL_ID,),
            options=Options(url=f"http://127.0.0.1:{port}/feeds/{outlet.id}"),
        )
        for outlet in outlets()
    )
    reports = SourceSettings(
        id="reports",
        kind="inbox",
        every_minutes=EVERY_MINUTES,
        schools=(SCHOOL_ID,),
        options=inbox.Options(),
    )
    return (*feeds, reports)


def _school(digest: str) -> School:
    return School(
        id=SCHOOL_ID,
        name="Hollybrook Primary School",
        aliases=("Hollybrook Primary", "Hollybrook", "HPS"),
        handles=("@hollybrookpri",),
        hashtags=("#hollybrookprimary",),
        urls=("hollybrook.sch.uk",),
        places=("Stanwick", "Northants", "NN9"),
        exclude=("Hollybrook Primary Leeds", "Hollybrook Arms"),
        staff=_staff(),
        people=_people(),
        hours=Hours(digest=digest),
    )


def _staff() -> tuple[StaffMember, ...]:
    return (
        StaffMember(name="Jane Ashdown", role="headteacher"),
        StaffMember(name="Tom Fairley", role="deputy headteacher"),
        StaffMember(name="Priya Nair", role="safeguarding lead"),
        StaffMember(name="Helen Ockenden", role="SENCO"),
        StaffMember(name="Daniel Oyelade", role="Year 6 teacher"),
        StaffMember(name="Beth Larkin", role="Reception teacher"),
        StaffMember(name="Carol Tebbutt", role="office manager"),
        StaffMember(name="Keith Rhodes", role="caretaker"),
    )


def _people() -> tuple[Person, ...]:
    return (
        Person(name="Jane Ashdown", email="head@hollybrook.example", roles=("headteacher",)),
        Person(name="Tom Fairley", email="deputy@hollybrook.example", roles=("deputy",)),
        Person(name="Priya Nair", email="dsl@hollybrook.example", roles=("dsl",)),
        Person(name="Carol Tebbutt", email="office@hollybrook.example", roles=("office",)),
        Person(name="Martin Sewell", email="chair@hollybrook.example", roles=("chair",)),
    )

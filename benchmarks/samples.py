"""Sample installations of 1 to 32,000 schools: what they read, and their configuration as a file.

`python -m benchmarks.samples 60 FOLDER` writes config.toml and schools.d there; names are invented.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FIRST = (
    "Amberfield", "Birchcombe", "Cloverdown", "Dunmarsh", "Elmstead", "Fernhollow", "Gorsebank",
    "Hazelbourne", "Ivywell", "Juniper Vale", "Kestrel Heath", "Larchwick", "Mossgate",
    "Nettlecombe", "Oakhanger", "Plumtree", "Quarrydown", "Rushmere", "Sorrel Bank", "Thistlewood",
)  # fmt: skip
KIND = ("Primary School", "High School", "Academy", "Infant School", "Junior School")
TOWN = ("Stanwick", "Marlow Green", "Coldharbour", "Ashby Cross", "Little Wenham")
SHARED_MINUTES, OWN_MINUTES, SEARCH_MINUTES = 15.0, 60.0, 1_440.0


@dataclass(frozen=True, slots=True)
class Source:
    """What the simulation needs to know of a source."""

    site: str
    minutes: float
    is_search: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """An installation: `shared` feeds are read once for all its schools, each school has a feed
    of its own, and each is searched for once a day, of `allowance` searches that are paid for.
    """

    schools: int
    workers: int
    shared: int
    allowance: int

    def sources(self) -> Sequence[Source]:
        """Everything that is read. Two shared feeds to a site; searches go through one service."""
        shared = [
            Source(f"news{number // 2}.example", SHARED_MINUTES) for number in range(self.shared)
        ]
        own = [Source(f"school{number}.example", OWN_MINUTES) for number in range(self.schools)]
        asked = Source("search.example", SEARCH_MINUTES, is_search=True)
        return [*shared, *own, *[asked] * self.schools]


PLANS: Mapping[int, Plan] = {
    plan.schools: plan
    for plan in (
        Plan(1, 1, 20, 30),
        Plan(60, 1, 60, 66),
        Plan(2_000, 2, 400, 2_200),
        Plan(32_000, 6, 3_000, 35_000),
    )
}


def name_of(number: int) -> str:
    """An invented school's name, another for each number."""
    again, place = divmod(number, len(FIRST) * len(KIND))
    first, kind = FIRST[place % len(FIRST)], KIND[place // len(FIRST)]
    return f"{first} {kind}" if not again else f"{first} {_roman(again)} {kind}"


def _roman(number: int) -> str:
    # Letters alone, since a number in a school's name is not what schools are called.
    letters = ""
    while number:
        number, digit = divmod(number - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters


def school(number: int) -> str:
    """A school's file."""
    name, own = name_of(number), f"school{number}"
    people = "".join(
        f'[[schools.people]]\nname = "{person}"\nemail = "{role}@{own}.example"\nrole = "{role}"\n'
        for person, role in (("A Head", "headteacher"), ("B Lead", "dsl"), ("C Chair", "chair"))
    )
    return (
        f'[[schools]]\nid = "{own}"\nname = "{name}"\nplaces = ["{TOWN[number % len(TOWN)]}"]\n'
        f'{people}[schools.approval]\nheadteacher = "A Head"\ndpo_advice = "DPIA v1 agreed"\n'
        f'date = 2026-09-01\nnotice_url = "https://{own}.example/privacy"\n'
    )


def config(plan: Plan, database: str) -> str:
    """The file of what the schools share, and of each school's own feed."""
    shared = "".join(
        f'[[sources]]\nid = "news{number}"\nkind = "feed"\n'
        f'url = "https://news{number // 2}.example/{number}.rss"\nevery_minutes = 15\n'
        for number in range(plan.shared)
    )
    own = "".join(
        f'[[sources]]\nid = "own{number}"\nkind = "feed"\nschools = ["school{number}"]\n'
        f'url = "https://school{number}.example/rss"\nevery_minutes = 60\n'
        for number in range(plan.schools)
    )
    return (
        f'[database]\nurl = "{database}"\n[http]\ncontact = "it@trust.example"\n'
        f'[mail]\nfrom = "Footprint <footprint@trust.example>"\nhost = "127.0.0.1"\n'
        f'port = 1025\nsecurity = "none"\n{shared}{own}'
    )


def write(plan: Plan, folder: Path, database: str = "sqlite:///footprint.db") -> Path:
    """The whole configuration; returns config.toml."""
    (folder / "schools.d").mkdir(parents=True, exist_ok=True)
    path = folder / "config.toml"
    path.write_text(config(plan, database), "utf-8")
    for number in range(plan.schools):
        (folder / "schools.d" / f"school{number}.toml").write_text(school(number), "utf-8")
    return path


def main() -> None:
    """Write one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("schools", type=int, choices=sorted(PLANS))
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    print(write(PLANS[asked.schools], asked.folder))


if __name__ == "__main__":
    main()

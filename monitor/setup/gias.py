"""Reads the official register of schools (GIAS, a CSV file) in one pass, whatever its size."""

from __future__ import annotations

import csv
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from monitor.problems import file_text
from monitor.setup.facts import School, host_of, tidy
from monitor.setup.names import name_key

DOWNLOADS = "https://get-information-schools.service.gov.uk/Downloads"
MOST_NAMESAKES = 1000
_NEEDED = ("URN", "EstablishmentName", "EstablishmentStatus (name)", "Town", "Postcode")
_USED = (
    "LA (name)",
    "TypeOfEstablishment (name)",
    "Locality",
    "County (name)",
    "SchoolWebsite",
    "HeadTitle (name)",
    "HeadFirstName",
    "HeadLastName",
)
# Above what one of its lines can be; what is longer is passed over, not held.
_LONGEST_LINE = 1_000_000
_MOST_NEAR = 3
_BOM = b"\xef\xbb\xbf"
_WELSH = "Welsh establishment"


class RegisterError(Exception):
    """The register cannot be used, or does not hold what was asked for; one plain line."""


@dataclass(frozen=True, slots=True)
class Found:
    """The school, the open schools elsewhere of nearly its name, and what the file lacked."""

    school: School
    namesakes: tuple[School, ...]
    unread: int
    lacking: tuple[str, ...]


def look_up(path: Path, urn: int) -> Found:
    """The school of that number; raises RegisterError."""
    try:
        with path.open("rb") as file:
            return _Search(file, file_text(path), urn).found()
    except FileNotFoundError:
        raise RegisterError(
            f"{file_text(path)} is not there; download it from {DOWNLOADS}"
        ) from None
    except OSError as error:
        why = (error.strerror or "no reason given").lower()
        raise RegisterError(f"{file_text(path)} cannot be read: {why}") from None


@dataclass
class _Reader:
    """The rows of the file from an offset on; `at` is where the row that came last began."""

    file: BinaryIO
    at: int = 0
    unread: int = 0
    _next: int = 0

    def rows(self, start: int = 0) -> Iterator[list[str]]:
        self.file.seek(start)
        self._next = start
        reader = csv.reader(self._lines())
        while True:
            self.at = self._next
            try:
                yield next(reader)
            except StopIteration:
                return
            except csv.Error:
                self.unread += 1

    def _lines(self) -> Iterator[str]:
        while line := self.file.readline(_LONGEST_LINE):
            self._next += len(line)
            if len(line) == _LONGEST_LINE and not line.endswith(b"\n"):
                self._pass_over()
                continue
            yield _decoded(line)

    def _pass_over(self) -> None:
        """The rest of a line that is too long."""
        self.unread += 1
        while piece := self.file.readline(_LONGEST_LINE):
            self._next += len(piece)
            if piece.endswith(b"\n"):
                return


def _decoded(line: bytes) -> str:
    """The register is Windows-1252; spreadsheets save it again as UTF-8, and neither says so."""
    try:
        return line.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")


@dataclass
class _Search:
    """One search: every row is looked at once, and of the open schools only a hash of the name and
    the row's place in the file are kept until it is known which name is looked for.
    """

    file: BinaryIO
    name: str
    urn: int
    hashes: array[int] = field(default_factory=lambda: array("q"))
    places: array[int] = field(default_factory=lambda: array("Q"))
    near: list[str] = field(default_factory=list)
    columns: dict[str, int] = field(default_factory=dict)

    def found(self) -> Found:
        reader = _Reader(self.file)
        rows = reader.rows()
        self._head(next(rows, []))
        chosen: list[str] = []
        for row in rows:
            if len(row) != self.width:
                reader.unread += bool(row)
            elif self._cell(row, "URN") == str(self.urn):
                chosen = row
            else:
                self._note(row, reader.at)
        if not chosen:
            raise RegisterError(self._unknown(reader.unread))
        school = self._school(chosen)
        if not school.name:
            raise RegisterError(f"{self.name} has URN {self.urn} without a name")
        others = tuple(self._namesakes(name_key(school.name)))
        self._refuse_closed(chosen, school, others)
        return Found(school, others, reader.unread, self.lacking)

    def _head(self, row: list[str]) -> None:
        self.columns = {cell.strip().removeprefix("\ufeff"): at for at, cell in enumerate(row)}
        self.width = len(row)
        missing = [column for column in _NEEDED if column not in self.columns]
        if missing:
            raise RegisterError(
                f"{self.name} has no column {', '.join(missing)}: it is not the register's file of "
                f"all establishments, or was saved in another form; download it from {DOWNLOADS}"
            )
        self.lacking = tuple(column for column in _USED if column not in self.columns)

    def _note(self, row: list[str], at: int) -> None:
        if self._cell(row, "EstablishmentStatus (name)").casefold().startswith("open"):
            self.hashes.append(hash(name_key(self._cell(row, "EstablishmentName"))))
            self.places.append(at)
        if len(self.near) < _MOST_NEAR and _alike(self._cell(row, "URN"), str(self.urn)):
            self.near.append(f"{self._cell(row, 'URN')} ({self._named(self._school(row))})")

    def _cell(self, row: list[str], column: str) -> str:
        at = self.columns.get(column)
        return "" if at is None else tidy(row[at])

    def _school(self, row: list[str]) -> School:
        head = ("HeadTitle (name)", "HeadFirstName", "HeadLastName")
        kind, urn = self._cell(row, "TypeOfEstablishment (name)"), self._cell(row, "URN")
        return School(
            name=self._cell(row, "EstablishmentName"),
            nation="wales" if kind == _WELSH else "england",
            kind=kind,
            town=self._cell(row, "Town"),
            locality=self._cell(row, "Locality"),
            county=self._cell(row, "County (name)"),
            authority=self._cell(row, "LA (name)"),
            postcode=self._cell(row, "Postcode"),
            website=host_of(self._cell(row, "SchoolWebsite")),
            head=" ".join(filter(None, (self._cell(row, column) for column in head))),
            urn=int(urn) if urn.isascii() and urn.isdigit() else None,
        )

    def _namesakes(self, key: str) -> Iterator[School]:
        """Those rows, read a second time; a hash that another name shares is seen by its name."""
        reader, wanted = _Reader(self.file), hash(key)
        spots = [
            place for known, place in zip(self.hashes, self.places, strict=True) if known == wanted
        ]
        for place in spots[:MOST_NAMESAKES]:
            other = self._school(next(reader.rows(place)))
            if name_key(other.name) == key:
                yield other

    def _unknown(self, unread: int) -> str:
        meant = f"; is one of these meant: {', '.join(self.near)}?" if self.near else ""
        lost = f" ({unread} of its rows could not be read)" if unread else ""
        return f"{self.name} holds no school with the URN {self.urn}{lost}{meant}"

    def _refuse_closed(self, row: list[str], school: School, others: tuple[School, ...]) -> None:
        status = self._cell(row, "EstablishmentStatus (name)").casefold()
        if status.startswith(("open", "proposed to open")):
            return
        after = [
            f"{other.urn} ({self._named(other)})"
            for other in others
            if other.postcode == school.postcode or other.where == school.where
        ]
        meant = f"; is it now {' or '.join(after[:_MOST_NEAR])}?" if after else ""
        said = status or "without a status"
        raise RegisterError(f"URN {self.urn} is {self._named(school)}, which is {said}{meant}")

    def _named(self, school: School) -> str:
        return ", ".join(filter(None, (school.name, school.where)))


def _alike(one: str, other: str) -> bool:
    """True for numbers that differ in one digit, or in two that stand the other way round."""
    if len(one) != len(other):
        return False
    wrong = [at for at in range(len(one)) if one[at] != other[at]]
    turned = len(wrong) == 2 and sorted(one) == sorted(other)  # noqa: PLR2004 - a pair
    return len(wrong) == 1 or turned

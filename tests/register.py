"""Writes files in the form of the official register of schools, with invented schools."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

COLUMNS = (
    "URN",
    "LA (code)",
    "LA (name)",
    "EstablishmentName",
    "TypeOfEstablishment (name)",
    "EstablishmentStatus (name)",
    "NumberOfPupils",
    "Street",
    "Locality",
    "Town",
    "County (name)",
    "Postcode",
    "SchoolWebsite",
    "HeadTitle (name)",
    "HeadFirstName",
    "HeadLastName",
)
HOLLYBROOK = {
    "URN": "990001",
    "LA (name)": "North Northamptonshire",
    "EstablishmentName": "Hollybrook Primary School",
    "TypeOfEstablishment (name)": "Community school",
    "EstablishmentStatus (name)": "Open",
    "Locality": "Caldecott",
    "Town": "Stanwick",
    "County (name)": "Northamptonshire",
    "Postcode": "NN9 6QA",
    "SchoolWebsite": "http://www.hollybrook-primary.sch.uk/home",
    "HeadTitle (name)": "Mrs",
    "HeadFirstName": "Jane",
    "HeadLastName": "Ashdown",
}


def other(urn: int, name: str, town: str, **cells: str) -> dict[str, str]:
    """An open school with nothing else known of it."""
    row = {"URN": str(urn), "EstablishmentName": name, "Town": town, "Postcode": "ZZ1 1ZZ"}
    return {**row, "EstablishmentStatus (name)": "Open", **cells}


LEEDS = other(990002, "Hollybrook Primary School", "Leeds")
MARGATE = other(990003, "Hollybrook C of E Junior School", "Margate")
CLOSED = other(
    990004,
    "Hollybrook Infant School",
    "Stanwick",
    **{"EstablishmentStatus (name)": "Closed", "Postcode": "NN9 6QA"},
)
ASHBY = other(990005, "Ashby Vale High School", "Ashby Vale")
ROWS = (LEEDS, HOLLYBROOK, MARGATE, CLOSED, ASHBY)


def words(rows: Sequence[dict[str, str]] = ROWS, columns: Sequence[str] = COLUMNS) -> str:
    """The file's words: every cell in quotation marks, as the register writes them."""
    made = io.StringIO()
    writer = csv.writer(made, quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    writer.writerows([row.get(column, "") for column in columns] for row in rows)
    return made.getvalue()


def register(folder: Path, rows: Sequence[dict[str, str]] = ROWS, encoding: str = "cp1252") -> Path:
    """The register with these rows."""
    path = folder / "edubasealldata20261121.csv"
    path.write_bytes(words(rows).encode(encoding))
    return path

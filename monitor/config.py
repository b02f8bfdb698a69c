"""Reads config.toml and what stands beside it into Settings, or says everything wrong with it."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from monitor.advice import advise, approved, run_problems
from monitor.problems import ConfigError, Place, Problem, bounded, file_text, quoted, suggestion
from monitor.setting_problems import known_keys, problems_of
from monitor.setting_secrets import Vault
from monitor.setting_types import host_and_port
from monitor.settings import (
    Backup,
    Database,
    Heartbeat,
    Http,
    Mail,
    Oidc,
    Person,
    School,
    Section,
    Settings,
    SourceSettings,
    Web,
)
from monitor.source_settings import SourceReader
from monitor.term_dates import CalendarError, read_calendar
from monitor.toml_file import TomlFile, read_text, read_toml
from monitor.toml_lines import KeyPath

__all__ = [
    "ConfigError",
    "Problem",
    "advise",
    "approved",
    "load",
    "run_problems",
]

SCHOOLS_FOLDER = "schools.d"
_TABLES = tuple(key for key in known_keys(Settings) if key != "folder")
# Tables within a section that hold secrets.
_INNER: Mapping[str, Mapping[str, type[Section]]] = {"web": {"oidc": Oidc}}
# TOML puts every line after [[schools.staff]] into that table; these three cannot be meant of a
# member of staff, and are so often written there that they are understood as the school's.
_MEANT_FOR_SCHOOL = ("nation", "languages", "official_accounts")

S = TypeVar("S", bound=Section)


@dataclass(frozen=True)
class _Table:
    """A table of a list, such as one school, and where it stands."""

    values: dict[str, Any]
    path: KeyPath
    place: Place

    def problem(self, at: KeyPath, message: str) -> Problem:
        return self.place.problem((*self.path, *at), message)


def load(path: Path, env: Mapping[str, str], drafts: Mapping[Path, str] | None = None) -> Settings:
    """The configuration at `path`, with its secrets taken from `env` and from the files it names.

    `drafts` are read in place of files of it that are to be written.
    Raises ConfigError with every mistake found, in the order of their lines.
    """
    reading = _Reading(Vault(path.absolute().parent, env), drafts or {})
    settings = reading.settings(path)
    if reading.problems or settings is None:
        raise ConfigError(bounded(reading.problems))
    return settings


@dataclass
class _Reading:
    """One reading: what is wrong is collected on the way."""

    vault: Vault
    drafts: Mapping[Path, str]
    problems: list[Problem] = field(default_factory=list)

    def settings(self, path: Path) -> Settings | None:
        """The whole configuration; None where a part of it could not be made out."""
        file = read_toml(path, self.drafts.get(path))
        self._only(file, _TABLES)
        database = self._section(Database, "database", file)
        http = self._section(Http, "http", file)
        web = self._section(Web, "web", file)
        mail = self._section(Mail, "mail", file)
        heartbeat = self._section(Heartbeat, "heartbeat", file)
        backup = self._section(Backup, "backup", file)
        if isinstance(file.tables.get("web"), dict):
            self._files(_Table(file.tables["web"], ("web",), file.place), "tls_cert", "tls_key")
        tables = [*self._tables("schools", file), *self._schools_beside(path)]
        schools = self.schools(tables)
        sources = self._sources(file, http, tables)
        if self.problems or not (database and http and web and mail and heartbeat and backup):
            return None
        return Settings(
            folder=self.vault.folder,
            database=database,
            http=http,
            web=web,
            mail=mail,
            heartbeat=heartbeat,
            backup=backup,
            sources=sources,
            schools=schools,
        )

    def schools(self, tables: list[_Table]) -> tuple[School, ...]:
        """The schools that could be made out, ids looked at together."""
        self._unique(tables)
        schools = (self._school(table) for table in tables)
        return tuple(school for school in schools if school)

    def _school(self, read: _Table) -> School | None:
        table = _with_its_own(read)
        self._files(table, "term_dates")
        filled = self._with_secrets(table)
        try:
            return School.model_validate(self._with_calendar(filled))
        except ValidationError as error:
            self.problems += problems_of(error, School, table.values, table.path, table.place)
            return None

    def _with_secrets(self, table: _Table) -> dict[str, Any]:
        """The school's settings with each person's secrets fetched."""
        people = table.values.get("people")
        if not isinstance(people, list):
            return table.values
        filled = [
            self._opened(Person, person, (*table.path, "people", at), table.place)
            for at, person in enumerate(people)
        ]
        return {**table.values, "people": filled}

    def _opened(self, model: type[Section], table: object, path: KeyPath, place: Place) -> object:
        """A table within another, with its secrets fetched."""
        if not isinstance(table, dict):
            return table
        filled, problems = self.vault.open(model, table, path, place)
        self.problems += problems
        return filled

    def _with_calendar(self, values: dict[str, Any]) -> dict[str, Any]:
        """The school's settings with the words of its calendar in place of the file's name."""
        name = values.get("term_dates")
        if not isinstance(name, str) or not name.strip().casefold().endswith(".ics"):
            return values
        if not self._is_file(name.strip()):
            return values
        path = self.vault.folder / name.strip()
        try:
            return {**values, "term_dates": read_calendar(read_text(path))}
        except CalendarError as error:
            self.problems.append(Problem(file_text(path), error.line, "", error.why))
        except ConfigError as error:
            self.problems += error.problems
        return values

    def _only(self, file: TomlFile, known: tuple[str, ...]) -> None:
        for key in file.tables:
            if key not in known:
                why = f"is not a known setting{suggestion(key, known)}"
                self.problems.append(file.place.problem((key,), why))

    def _section(self, model: type[S], name: str, file: TomlFile) -> S | None:
        table = file.tables.get(name, {})
        if not isinstance(table, dict):
            why = f"must be a table under one heading, [{name}]"
            self.problems.append(file.place.problem((name,), why))
            return None
        filled, problems = self.vault.open(model, table, (name,), file.place)
        self.problems += problems
        for inner, kind in _INNER.get(name, {}).items():
            if inner in filled:
                filled[inner] = self._opened(kind, filled[inner], (name, inner), file.place)
        try:
            return model.model_validate(filled)
        except ValidationError as error:
            self.problems += problems_of(error, model, table, (name,), file.place)
            return None

    def _tables(self, name: str, file: TomlFile) -> list[_Table]:
        values = file.tables.get(name, [])
        listed = isinstance(values, list) and all(isinstance(value, dict) for value in values)
        if not listed:
            why = f"must be tables, each under a heading in two brackets, [[{name}]]"
            self.problems.append(file.place.problem((name,), why))
            return []
        return [_Table(value, (name, at), file.place) for at, value in enumerate(values)]

    def _schools_beside(self, path: Path) -> Iterable[_Table]:
        for beside in sorted((path.parent / SCHOOLS_FOLDER).glob("*.toml")):
            try:
                file = read_toml(beside, self.drafts.get(beside))
            except ConfigError as error:
                self.problems += error.problems
                continue
            self._only(file, ("schools",))
            yield from self._tables("schools", file)

    def _unique(self, tables: list[_Table]) -> None:
        first: dict[str, Problem] = {}
        for table in tables:
            name = table.values.get("id")
            if not isinstance(name, str):
                continue
            here = table.problem(("id",), "")
            if name in first:
                there = f"{first[name].key} ({first[name].file}:{first[name].line})"
                self.problems.append(table.problem(("id",), f"is already that of {there}"))
            first.setdefault(name, here)

    def _sources(
        self, file: TomlFile, http: Http | None, schools: list[_Table]
    ) -> tuple[SourceSettings, ...]:
        ids = dict.fromkeys(str(table.values.get("id", "")) for table in schools)
        reader = SourceReader(ids, _own_hosts(http), self.vault)
        tables, found = self._tables("sources", file), []
        self._unique(tables)
        for table in tables:
            source, problems = reader.read(table.values, table.path, table.place)
            self.problems += (_named(problem, table) for problem in problems)
            found += [source] if source else []
        return tuple(found)

    def _files(self, table: _Table, *keys: str) -> None:
        """Looked for in the table as it was read, so that other mistakes do not hide this one."""
        for key in keys:
            name = table.values.get(key)
            if isinstance(name, str) and name.strip() and not self._is_file(name.strip()):
                self.problems.append(table.problem((key,), "names a file that is not there"))

    def _is_file(self, name: str) -> bool:
        try:
            return (self.vault.folder / name).is_file()
        except OSError:
            return False


def _named(problem: Problem, table: _Table) -> Problem:
    """The problem with the id of the source beside its number, by which people know it."""
    name = table.values.get("id")
    if not isinstance(name, str) or not name or problem.key.endswith(".id"):
        return problem
    return replace(problem, key=f"{problem.key} of {quoted(name)}")


def _with_its_own(table: _Table) -> _Table:
    """The school's table with the settings that ended up in one of its staff's."""
    members = table.values.get("staff")
    own, staff, lines = dict(table.values), [], {}
    for at, member in enumerate(members if isinstance(members, list) else ()):
        strays = _strays(member) - own.keys()
        for key in strays:
            own[key] = member[key]
            lines[(*table.path, key)] = table.place.line((*table.path, "staff", at, key))
        staff.append(
            {key: member[key] for key in member if key not in strays} if strays else member
        )
    if not lines:
        return table
    place = Place(table.place.file, ChainMap(lines, dict(table.place.lines)))
    return _Table({**own, "staff": staff}, table.path, place)


def _strays(member: object) -> set[str]:
    return set(_MEANT_FOR_SCHOOL).intersection(member) if isinstance(member, dict) else set()


def _own_hosts(http: Http | None) -> frozenset[tuple[str, int]] | None:
    if http is None:
        return None
    return frozenset(host_and_port(own.lower()) for own in http.private_hosts_allowed)

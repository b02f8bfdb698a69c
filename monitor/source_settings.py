"""Reads one [[sources]] table: what all sources share, and the options of its own kind."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any, TypeGuard
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

import sources
from monitor.problems import Place, Problem, key_text, quoted, suggestion
from monitor.setting_problems import known_keys, problems_of, secret_fields, unknown_key
from monitor.setting_secrets import Vault
from monitor.settings import PUBLIC_MINUTES, SourceSettings
from monitor.toml_lines import KeyPath
from monitor.watch_words import NOT_A_PERSON, seeks_a_person
from sources.addresses import checked
from sources.base import SourceError

USUAL_MINUTES = 60.0
OWN_MINUTES = 1 / 60
MOST_MINUTES = 1440
_SHARED = tuple(key for key in known_keys(SourceSettings) if key != "options")
# What people call a feed, by its form or by whoever offers it.
_CALLED_FEED = {"rss", "atom", "rdf", "xml", "json", "jsonfeed", "json feed", "google alert"}
_PORTS = {"http": 80, "https": 443}
# Where a source's table says what is searched for.
_SEARCHED = ("queries", "tags")


@dataclass(frozen=True)
class SourceReader:
    """What a source is checked against: the schools there are, own machines, and secrets.

    `own_hosts` holds hosts in small letters with their ports; it is None where [http] itself has
    a mistake, so that the mistake is not counted twice.
    """

    schools: Collection[str]
    own_hosts: Collection[tuple[str, int]] | None
    vault: Vault

    def read(
        self, table: Mapping[str, Any], path: KeyPath, place: Place
    ) -> tuple[SourceSettings | None, list[Problem]]:
        """The source, or None, and everything that is wrong with it."""
        options, problems = self._options(table, path, place)
        least = getattr(options, "least_minutes", PUBLIC_MINUTES)
        problems += [place.problem((*path, *at), why) for at, why in self._rules(table, least)]
        shared = {key: value for key, value in table.items() if key in _SHARED}
        shared.setdefault("every_minutes", max(USUAL_MINUTES, least))
        try:
            return SourceSettings.model_validate({**shared, "options": options}), problems
        except ValidationError as error:
            return None, [*problems, *problems_of(error, SourceSettings, shared, path, place)]

    def _options(
        self, table: Mapping[str, Any], path: KeyPath, place: Place
    ) -> tuple[BaseModel | None, list[Problem]]:
        kind = table.get("kind")
        kinds = sources.names()
        if not isinstance(kind, str) or kind not in kinds:
            problems = [place.problem((*path, "url"), why) for why in _wrong_with_url(table)]
            if isinstance(kind, str):
                why = f"is {quoted(kind)}, which is no kind of source{_kind_meant(kind, kinds)}"
                problems.append(place.problem((*path, "kind"), why))
            return None, problems
        own = {key: value for key, value in table.items() if key not in _SHARED}
        return self._own_options(sources.load(kind).Options, own, path, place)

    def _own_options(
        self, model: type[BaseModel], own: Mapping[str, Any], path: KeyPath, place: Place
    ) -> tuple[BaseModel | None, list[Problem]]:
        given, problems = self.vault.open(model, own, path, place)
        closed = [key_text((*path, field)) for field in secret_fields(model)]
        told = tuple(key for key in closed if any(one.key.startswith(key) for one in problems))
        known = known_keys(model)
        # A secret that stands in the file has been told of by the vault.
        looked_at = (*known, *secret_fields(model))
        for key in [key for key in own if key in given and key not in looked_at]:
            del given[key]
            why = unknown_key(key, (*known, *_SHARED))
            problems.append(place.problem((*path, key), why))
        try:
            return model.model_validate(given), problems
        except ValidationError as error:
            found = problems_of(error, model, own, path, place)
            # A secret that cannot be had is told of once: not also as one that is missing, nor by
            # what the whole table then lacks.
            whole = (key_text(path),) if told else ()
            return None, [
                *problems,
                *(one for one in found if not one.key.startswith(told) and one.key not in whole),
            ]

    def _rules(self, table: Mapping[str, Any], least: float) -> Iterator[tuple[KeyPath, str]]:
        """Looked at in the table as it was read, so that other mistakes do not hide these."""
        schools, minutes = table.get("schools"), table.get("every_minutes")
        for at, school in enumerate(schools if isinstance(schools, list) else ()):
            if isinstance(school, str) and school not in self.schools:
                hint = suggestion(school, self.schools)
                yield ("schools", at), f"is {quoted(school)}, which is no school's id{hint}"
        for key in _SEARCHED:
            terms = table.get(key)
            for at, term in enumerate(terms if isinstance(terms, list) else ()):
                if isinstance(term, str) and seeks_a_person(term):
                    yield (key, at), NOT_A_PERSON
        why = self._too_often(minutes, table, least) if _is_number(minutes) else ""
        if why:
            yield ("every_minutes",), why

    def _too_often(self, minutes: float, table: Mapping[str, Any], least: float) -> str:
        """What is wrong with the pace; empty where nothing is. `least` is the kind's own floor."""
        if minutes > MOST_MINUTES:
            return f"must be at most {MOST_MINUTES} (a day), not {quoted(minutes)}"
        if minutes < OWN_MINUTES:
            return f"must be at least one second (1/60), not {quoted(minutes)}"
        if minutes >= least or self.own_hosts is None or _target(table) in self.own_hosts:
            return ""
        return (
            f"must be at least {least:g}, for other people's sites are not asked more "
            f"often, not {quoted(minutes)}; own machines are named in http.private_hosts_allowed"
        )


def _kind_meant(word: str, kinds: Collection[str]) -> str:
    if word.strip().casefold() in _CALLED_FEED and "feed" in kinds:
        return '; did you mean "feed"?'
    return suggestion(word, kinds)


def _wrong_with_url(table: Mapping[str, Any]) -> Iterator[str]:
    """What any kind would refuse of the address, so that it is named beside a wrong kind."""
    url = table.get("url", "")
    if not isinstance(url, str):
        yield f"must be text in quotation marks, not {quoted(url)}"
    elif "url" in table:
        try:
            checked(url.strip())
        except SourceError as error:
            yield f"is not accepted: {error}"


def _is_number(value: object) -> TypeGuard[float]:
    if isinstance(value, float):
        return not isnan(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _target(table: Mapping[str, Any]) -> tuple[str, int] | None:
    """The host, in small letters, and the port that a source's `url`, or `host`, names."""
    host, port = table.get("host"), table.get("port")
    if isinstance(host, str) and isinstance(port, int):
        return host.lower(), port
    url = table.get("url")
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        return (parts.hostname or ""), parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return None

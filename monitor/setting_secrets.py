"""Fetches passwords from where the configuration says they are; none ever enters a message."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from monitor.problems import Place, Problem
from monitor.setting_problems import secret_advice, secret_fields
from monitor.toml_lines import KeyPath

_MOST_BYTES = 65_536
# Anything else may be the password itself, written on the wrong line.
_SURELY_A_NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,59}")
_COULD_BE_A_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class _Refused(Exception):  # noqa: N818 - words for a person, not a failure
    """Why a secret cannot be had, in words that go on from the key's name."""


@dataclass(frozen=True)
class Vault:
    """Where secrets may be: the environment, and files relative to the configuration's folder."""

    folder: Path
    env: Mapping[str, str]

    def open(
        self, model: type[BaseModel], table: Mapping[str, Any], path: KeyPath, place: Place
    ) -> tuple[dict[str, Any], list[Problem]]:
        """The table with `…_env` and `…_file` turned into the model's secret fields.

        A secret that cannot be had is given as an empty one, beside its Problem.
        """
        filled, problems = dict(table), []
        for field in secret_fields(model):
            given = [key for key in (field, f"{field}_env", f"{field}_file") if key in table]
            for key in given:
                del filled[key]
            if given:
                secret, why = self._secret(field, given, table)
                filled[field] = SecretStr(secret)
                problems += [place.problem((*path, given[-1]), why)] if why else []
        return filled, problems

    def _secret(self, field: str, given: list[str], table: Mapping[str, Any]) -> tuple[str, str]:
        """The secret, or else why not, in words that go on from the last key's name."""
        key, value = given[-1], table[given[-1]]
        if field in given:
            return "", secret_advice(field)
        if len(given) > 1:
            return "", f"and {given[0]} must not both be given"
        if not isinstance(value, str) or not value:
            return "", "must be a name in quotation marks"
        try:
            read = self._from_env if key.endswith("_env") else self._from_file
            return _checked(read(value)), ""
        except _Refused as refused:
            return "", str(refused)

    def _from_env(self, name: str) -> str:
        if name not in self.env and not _COULD_BE_A_NAME.fullmatch(name):
            raise _Refused(
                "holds what looks like the secret itself; write only the NAME of the environment "
                "variable that holds it"
            )
        if not self.env.get(name):
            which = f"{name}, which" if _SURELY_A_NAME.fullmatch(name) else "(not shown), which"
            state = "is empty" if name in self.env else "is not set"
            raise _Refused(f"names the environment variable {which} {state}")
        return self.env[name]

    def _from_file(self, name: str) -> str:
        try:
            raw = _private_bytes(self.folder / name)
            text = raw.decode("utf-8").strip()
        except FileNotFoundError:
            raise _Refused("names a file that is not there") from None
        except UnicodeDecodeError:
            raise _Refused("names a file that is not UTF-8 text") from None
        except (OSError, ValueError):
            raise _Refused("names a file that cannot be read") from None
        if not text:
            raise _Refused("names a file that is empty")
        return text


def _private_bytes(path: Path) -> bytes:
    state = path.stat()
    if not stat.S_ISREG(state.st_mode):
        raise _Refused("names something that is not a file")
    # Windows keeps no such bits and reports every file as open to all.
    if os.name == "posix" and state.st_mode & stat.S_IRWXO:
        raise _Refused("names a file that others can read; run chmod 600 on it")
    with path.open("rb") as file:
        raw = file.read(_MOST_BYTES + 1)
    if len(raw) > _MOST_BYTES:
        raise _Refused("names a file that is too large to hold a password")
    return raw


def _checked(secret: str) -> str:
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in secret):
        raise _Refused("leads to a secret of several lines or with control characters")
    return secret

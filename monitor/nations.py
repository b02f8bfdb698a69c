"""PURE: what differs between the four nations: whose bank holidays hold, and whose words."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import holidays

from monitor.school_settings import Language, Nation

# A year that is asked for a second time is not worked out again.
_YEARS_KEPT = 64


def is_checked(language: Language) -> bool:
    """True where a speaker of the language has read its words; nothing is sent in others."""
    return bool(_data()["checked"][language])


def is_bank_holiday(day: date, nation: Nation) -> bool:
    """True on the bank holidays of that nation, those proclaimed for one year alone included."""
    return day in _bank_holidays(nation, day.year)


@lru_cache(_YEARS_KEPT)
def _bank_holidays(nation: Nation, year: int) -> frozenset[date]:
    subdivision = _data()["subdivisions"][nation]
    return frozenset(holidays.country_holidays("GB", subdiv=subdivision, years=year))


@cache
def _data() -> Mapping[str, Any]:
    return tomllib.loads(files("monitor").joinpath("nations.toml").read_text("utf-8"))

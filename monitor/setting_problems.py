"""Puts what a model refuses into plain words that name the key as it stands in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

import sources
from monitor.problems import Place, Problem, nearest, quoted, suggestion
from monitor.setting_types import RULE, Section
from monitor.toml_lines import KeyPath

_SOUNDS_SECRET = re.compile(r"passw|passphrase|secret|token|api_?-?key|credential", re.IGNORECASE)
# Settings of a source that are as likely a misspelt one of the table that they stand in.
_OF_OTHERS_TOO = frozenset({"host", "user", "folder", "handle", "terms", "tags", "about", "port"})
_CHOICE = re.compile(r"'([^']*)'")
_WANTED = {
    "string_type": "text in quotation marks",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "model_type": "a table",
    "dict_type": "a table",
    "mapping_type": "a table",
    "tuple_type": 'a list such as ["one", "two"]',
    "list_type": 'a list such as ["one", "two"]',
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
    "greater_than": "more than {gt}",
    "less_than": "less than {lt}",
}


def secret_fields(model: type[BaseModel]) -> tuple[str, ...]:
    """The fields of a model that are secrets, by their names."""
    return tuple(name for name, field in model.model_fields.items() if _is_secret(field))


def known_keys(model: type[BaseModel]) -> tuple[str, ...]:
    """The keys that a table of the file may hold for this model."""
    keys: list[str] = list(model.also) if issubclass(model, Section) else []
    for name, field in model.model_fields.items():
        keys += [f"{name}_env", f"{name}_file"] if _is_secret(field) else [field.alias or name]
    return tuple(keys)


def secret_advice(key: str = "password") -> str:
    """What to do with a secret that stands in the file."""
    return (
        f'must not stand in this file: write {key}_file = "PATH" for a file that only you can '
        f'read, or {key}_env = "NAME" for an environment variable'
    )


def unknown_key(key: str, known: tuple[str, ...]) -> str:
    """The message for a key that is not known here, with the nearest one that is."""
    if _SOUNDS_SECRET.search(key) and not key.endswith(("_env", "_file")):
        names = [name.removesuffix("_env") for name in known if name.endswith("_env")]
        return secret_advice(nearest(key, names) or _likeliest(names))
    return f"is not a known setting{suggestion(key, known)}"


def _likeliest(secrets: list[str]) -> str:
    return "password" if "password" in secrets or not secrets else secrets[0]


def problems_of(
    error: ValidationError, model: type[BaseModel], table: Any, base: KeyPath, place: Place
) -> Iterator[Problem]:
    """Each mistake in a table that stands at `base` in the file."""
    for detail in error.errors(include_url=False):
        path = (*base, *_path_in(table, detail["loc"]))
        for at, message in _messages(detail, _model_at(model, detail["loc"]), path):
            yield place.problem((*path, *at), message)


def _messages(
    detail: Any, model: type[BaseModel], path: KeyPath
) -> tuple[tuple[KeyPath, str], ...]:
    if detail["type"] == RULE:
        found: tuple[tuple[KeyPath, str], ...] = detail["ctx"]["found"]
        return found
    return (((), _message(detail, model, path)),)


def _message(detail: Any, model: type[BaseModel], path: KeyPath) -> str:
    kind, value = detail["type"], detail["input"]
    key = str(detail["loc"][-1]) if detail["loc"] else ""
    if kind == "missing":
        return _missing(model, key)
    if kind == "extra_forbidden":
        return unknown_key(key, known_keys(model)) + _left_behind(key)
    if kind == "literal_error":
        choices = tuple(_CHOICE.findall(detail["ctx"]["expected"]))
        hint = suggestion(value, choices) if isinstance(value, str) else ""
        meant = hint if "did you mean" in hint else ""
        return f"must be one of {', '.join(choices)}, not {quoted(value)}{meant}"
    if kind in _WANTED:
        return _wanted(kind, value, detail.get("ctx", {}), path)
    return _foreign(str(detail["msg"]))


def _left_behind(key: str) -> str:
    """A source's setting in another table stands there because its own heading is switched off."""
    return '; did you leave "# " before [[sources]] above?' if key in _of_sources() else ""


@cache
def _of_sources() -> frozenset[str]:
    kinds = (sources.load(name).Options for name in sources.names())
    return frozenset({"kind", "every_minutes"}).union(*map(known_keys, kinds)) - _OF_OTHERS_TOO


def _missing(model: type[BaseModel], key: str) -> str:
    field = model.model_fields.get(key)
    if field is not None and _is_secret(field):
        return f'is missing: write {key}_file = "PATH" or {key}_env = "NAME"'
    also = model.also if issubclass(model, Section) else ()
    return "is missing" + "".join(f'; {other} = "…" will do' for other in also if other in key)


def _wanted(kind: str, value: object, limits: Mapping[str, Any], path: KeyPath) -> str:
    heading = ".".join(part for part in path if isinstance(part, str))
    if kind in ("tuple_type", "list_type") and isinstance(value, Mapping):
        return f"must be written with two brackets, [[{heading}]]"
    if kind in ("model_type", "dict_type", "mapping_type") and isinstance(value, list):
        return f"must be written with one bracket, [{heading}]"
    return f"must be {_WANTED[kind].format(**limits)}, not {quoted(value)}"


def _foreign(message: str) -> str:
    """The words of a kind's own check, which are a sentence of their own."""
    words = message.removeprefix("Value error, ")
    if words.startswith("Input should be"):
        return words.replace("Input should be", "must be", 1)
    return f"is not accepted: {words}"


def _path_in(table: Any, loc: tuple[int | str, ...]) -> KeyPath:
    """The part of an error's location that stands in the file: branches of a union do not."""
    path: list[int | str] = []
    node = table
    for part in loc:
        if isinstance(node, Mapping) and part != "[key]":
            key = _as_written(node, str(part))
            path.append(key)
            node = node.get(key)
        elif isinstance(node, list | tuple) and isinstance(part, int):
            path.append(part)
            node = node[part]
    return tuple(path)


def _as_written(table: Mapping[str, Any], key: str) -> str:
    forms = (key, key.removesuffix("s"), f"{key}_env", f"{key}_file")
    return next((form for form in forms if form in table), key)


def _model_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> type[BaseModel]:
    for part in loc[:-1]:
        names = {field.alias or name: field for name, field in model.model_fields.items()}
        inner = _inner(names[part].annotation) if isinstance(part, str) and part in names else None
        model = inner or model
    return model


def _inner(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_inner, get_args(annotation))), None)


def _is_secret(field: FieldInfo) -> bool:
    return SecretStr in (field.annotation, *get_args(field.annotation))

"""PURE: the interface for programs, described in OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

from monitor.judge.rules import rule_book
from monitor.web import words

_TEXT: dict[str, Any] = {"type": "string"}
_MOMENT: dict[str, Any] = {"type": "string", "format": "date-time"}
_OR_NONE = {"type": ["string", "null"]}


def described(origin: str) -> dict[str, Any]:
    """The whole description, of the pages at `origin`."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Footprint",
            "version": "1",
            "description": "What the pages show, to read alone. Words are masked as on the pages. "
            "There is nothing by author: no filter, order or number.",
        },
        "servers": [{"url": origin}],
        "security": [{"token": []}, {"session": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "footprint-session"},
            },
            "schemas": {"Mention": _mention()},
        },
    }


def _paths() -> dict[str, Any]:
    school = _parameter("school", "The school's id; absent, all that you read.")
    a_mention = {"$ref": "#/components/schemas/Mention"}
    page = {"mentions": _list(a_mention), "next": {**_OR_NONE, "description": "the next page"}}
    return {
        "/api/mentions": _get("Mentions, the last found first", page, *_wishes()),
        "/api/mentions/{mention_id}": _get(
            "One mention, with what became of it",
            a_mention,
            {**_parameter("mention_id", "Its id."), "in": "path", "required": True},
        ),
        "/mentions.csv": _get("Mentions as a table (CSV)", None, *_wishes()),
        "/api/incidents": _get("Incidents, the worst first", {"incidents": _list({})}),
        "/api/incidents/{incident_id}": _get(
            "One incident, with its steps and acts",
            {"id": _TEXT},
            {**_parameter("incident_id", "Its id."), "in": "path", "required": True},
        ),
        "/api/weeks": _get("The last weeks in numbers", {"weeks": _list({})}, school),
        "/api/sources": _get("How each source is doing", {"sources": _list({})}),
    }


def _wishes() -> tuple[dict[str, Any], ...]:
    """The parameters of a list, as monitor/web/wishes.py reads them."""
    return (
        _parameter("q", 'Words; "several in a row" in quotation marks.'),
        _parameter("school", "The school's id."),
        _parameter("level", "The level.", *words.LEVELS),
        _parameter("category", "The kind.", *rule_book().categories),
        _parameter("mood", "The tone.", *words.TONES),
        _parameter("source", "The source's id."),
        _parameter("since", "Found from this day, such as 2026-11-21."),
        _parameter("until", "Found until this day."),
        _parameter("hidden", "What is held not to be about the school.", "yes"),
        _parameter("before", "Where a page goes on: taken from `next`."),
    )


def _parameter(name: str, says: str, *values: str) -> dict[str, Any]:
    schema = {**_TEXT, "enum": list(values)} if values else _TEXT
    return {"name": name, "in": "query", "description": says, "schema": schema}


def _get(says: str, answer: dict[str, Any] | None, *parameters: dict[str, Any]) -> dict[str, Any]:
    schema = answer if answer is None or "$ref" in answer else _object(answer)
    content = {"application/json": {"schema": schema}} if schema else {"text/csv": {}}
    return {
        "get": {
            "summary": says,
            "parameters": list(parameters),
            "responses": {
                "200": {"description": says, "content": content},
                "400": {"description": "A day is no day."},
                "401": {"description": "Nobody is signed in, and there is no token."},
                "403": {"description": "The token, or the role, does not open this."},
                "404": {"description": "There is no such thing that you may see."},
            },
        }
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items or {"type": "object"}}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def _mention() -> dict[str, Any]:
    names = ("id", "school", "source", "url", "title", "text", "level", "sentiment")
    return _object(
        {
            **dict.fromkeys(names, _TEXT),
            "published": {**_OR_NONE, "format": "date-time"},
            "seen": _MOMENT,
            "relevant": {"type": "boolean"},
            "tier": _OR_NONE,
            "incident": _OR_NONE,
            "categories": _list(_TEXT),
            "reasons": _list(_object({"rule": _TEXT, "says": _TEXT})),
            "history": _list(_object({"at": _MOMENT, "who": _TEXT, "says": _TEXT})),
        }
    )

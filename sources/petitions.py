"""Petitions to the parliaments of the UK, and what is said and asked there about a school."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, NamedTuple
from urllib.parse import urlencode, urlsplit

from pydantic import BaseModel, ConfigDict, Field, StrictBool, field_validator

from sources.asking import queries_within
from sources.base import Ask, Flaw, Post, Reach, SourceError
from sources.formats.api import (
    NotJsonError,
    answer,
    at,
    document,
    entry,
    moment_at,
    number_at,
    rows_at,
    text_at,
)
from sources.parts import part, refusal
from sources.posts import flaws, posts, refuse
from sources.services import Service
from sources.steps import each

# With five places and three pages each, a poll makes 75 requests at the very most, and that only
# for names that fill three pages; the other queries have their turn at the next poll.
_QUERIES, _PAGES = 5, 3
# Of a list of questions the API gives the first 255 letters each; the whole is one request more.
_QUESTIONS, _WHOLE = 20, 5
_LONGEST_QUERY = 150
# A petition is told anew when it passes one of these.
_STEPS = (10_000, 1_000, 100, 10)
_ENDED = ("rejected_at", "closed_at", "completed_at", "archived_at")
_ID = re.compile(r"[A-Za-z0-9-]{1,60}")
_HOUSES = ("Commons", "Lords")
_CUT = ("...", "…")


class Options(BaseModel):
    """What is searched for, and where.

    Without `queries` each school's name is. The petitions of Wales and Scotland are read where
    they are asked for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    queries: Annotated[tuple[str, ...], Field(max_length=50)] = ()
    hansard: StrictBool = True
    written_questions: StrictBool = True
    senedd: StrictBool = False
    scottish_parliament: StrictBool = False
    service: Service = "https://petition.parliament.uk"
    hansard_service: Service = "https://hansard-api.parliament.uk"
    questions_service: Service = "https://questions-statements-api.parliament.uk"
    senedd_service: Service = "https://petitions.senedd.wales"
    scottish_service: Service = "https://petitions.parliament.scot"

    # Four times a day: what a parliament publishes is not the news of the hour.
    least_minutes: ClassVar[float] = 360
    quiet_is_well: ClassVar[bool] = True

    @field_validator("queries")
    @classmethod
    def _searchable(cls, queries: tuple[str, ...]) -> tuple[str, ...]:
        return queries_within(queries, _LONGEST_QUERY)


class _Place(NamedTuple):
    """A service, and which of the three forms it answers in."""

    form: Literal["petitions", "hansard", "questions"]
    service: str

    @property
    def host(self) -> str:
        return urlsplit(self.service).hostname or ""


def _places(options: Options) -> Iterator[_Place]:
    yield _Place("petitions", options.service)
    if options.senedd:
        yield _Place("petitions", options.senedd_service)
    if options.scottish_parliament:
        yield _Place("petitions", options.scottish_service)
    if options.hansard:
        yield _Place("hansard", options.hansard_service)
    if options.written_questions:
        yield _Place("questions", options.questions_service)


def collect(ask: Ask, reach: Reach) -> Iterator[Post | Flaw]:
    """Yield what every place finds, each post once; raises SourceError where all of them fail."""
    queries = _turn(ask)
    if not queries:
        raise SourceError('There is nothing to search for; write "queries".', "needs you")
    seen: set[str] = set()
    places = (_place(ask, reach, queries, place, seen) for place in _places(ask.options))
    yield from each(places, one_site=False)


def _turn(ask: Ask) -> tuple[str, ...]:
    """The queries whose turn it is; the memo says where the next poll goes on."""
    plan = ask.options.queries or ask.phrases
    start = number_at(ask.memo, "next")
    start = start if 0 <= start < len(plan) else 0
    ask.memo["next"] = start + _QUERIES
    return tuple(plan[start : start + _QUERIES])


def _place(
    ask: Ask, reach: Reach, queries: tuple[str, ...], place: _Place, seen: set[str]
) -> Iterator[Post | Flaw]:
    search = {"petitions": _petitions, "hansard": _hansard, "questions": _questions}[place.form]
    yield from each(part(search(ask, reach, place, query), seen) for query in queries)


def _petitions(ask: Ask, reach: Reach, place: _Place, query: str) -> Iterator[Post | Flaw]:
    """Petitions in any state, those that ended more than 30 days ago left out."""
    for page in range(1, _PAGES + 1):
        asked = {"q": _bare(query), "state": "all", "page": page}
        result = _asked(ask, reach, place, f"/petitions.json?{urlencode(asked)}", query)
        yield from flaws(f"The petitions at {place.host}", result)
        yield from posts(result["entries"], medium="petition")
        if not result["more"]:
            return
    yield Flaw(
        f"{place.host} has more petitions for “{query}” than are read at once; "
        'write a narrower search under "queries".'
    )


def _hansard(ask: Ask, reach: Reach, place: _Place, query: str) -> Iterator[Post | Flaw]:
    """The newest four of each sort: the search that covers them all gives no more."""
    asked = {
        "queryParameters.searchTerm": f'"{_bare(query)}"',
        "queryParameters.startDate": f"{ask.since:%Y-%m-%d}",
        "queryParameters.endDate": f"{ask.now:%Y-%m-%d}",
        "queryParameters.orderBy": "SittingDateDesc",
    }
    result = _asked(ask, reach, place, f"/search.json?{urlencode(asked)}", query)
    yield from flaws(f"Hansard at {place.host}", result)
    yield from posts(result["entries"])


def _questions(ask: Ask, reach: Reach, place: _Place, query: str) -> Iterator[Post | Flaw]:
    """Written questions with their answers, each fetched whole where the list cuts it short."""
    path = "/api/writtenquestions/questions"
    asked = {
        "searchTerm": f'"{_bare(query)}"',
        "tabledWhenFrom": f"{ask.since:%Y-%m-%d}",
        "expandMember": "true",
        "take": _QUESTIONS,
    }
    result = _asked(ask, reach, place, f"{path}?{urlencode(asked)}", query)
    yield from flaws(f"The written questions at {place.host}", result)
    short: list[str] = result["short"]
    for made in result["entries"]:
        if made["id"] in short[:_WHOLE]:
            number = made["record"]["number"]
            whole = _asked(ask, reach, place, f"{path}/{number}?expandMember=true", query)
            yield from posts(whole["entries"])
        else:
            yield from posts([made])
    if len(short) > _WHOLE:
        yield Flaw(
            f"Only the beginning of {len(short) - _WHOLE} written questions for “{query}” was "
            "read, for there are many; open them to see the rest."
        )


def _bare(query: str) -> str:
    return " ".join(query.replace('"', " ").split())


def _asked(ask: Ask, reach: Reach, place: _Place, path: str, query: str) -> Mapping[str, Any]:
    response = reach.call(f"{place.service}{path}")
    error = refusal(response, ask.now)
    if error:
        raise error
    result = reach.parse(
        "petitions",
        response,
        form=place.form,
        service=place.service,
        query=query,
        since=ask.since.isoformat(),
    )
    refuse(f"The search at {place.host}", result, "an answer to a search")
    return result


def read(
    body: bytes, url: str, charset: str, *, form: str, service: str, query: str, since: str
) -> dict[str, Any]:
    """The entries of an answer in one of three forms.

    Keys beside those of `answer`: `more` (a page of petitions has another), `short` (the ids of
    questions that were cut off).
    """
    try:
        found = document(body, url, charset)
    except NotJsonError as error:
        return error.result
    if form == "petitions":
        return _read_petitions(found, service, query, datetime.fromisoformat(since))
    if form == "hansard":
        return _read_hansard(found, query)
    return _read_questions(found, query)


def _read_petitions(found: Any, service: str, query: str, since: datetime) -> dict[str, Any]:
    if not isinstance(at(found, "data"), list):
        return {"error": "came back without a list of petitions"}
    rows = [row for row in rows_at(found, "data") if _number(row)]
    wanted = [row for row in rows if not _ended_before(row, since)]
    result = answer((_petition(row, service, query) for row in wanted), more=_has_next(found))
    return _told_of_loss(result, len(at(found, "data")) - len(rows), "petitions")


def _has_next(found: Any) -> bool:
    return bool(text_at(found, "links", "next"))


def _number(row: Any) -> str:
    """A petition's number, which some of these sites call `pe_number`."""
    number = text_at(row, "id") or text_at(row, "pe_number")
    return number if _ID.fullmatch(number) else ""


def _ended_before(row: Any, since: datetime) -> bool:
    ends = [moment for name in _ENDED if (moment := moment_at(row, "attributes", name))]
    return bool(ends) and max(map(datetime.fromisoformat, ends)) < since


def _petition(row: Any, service: str, query: str) -> dict[str, Any]:
    """By its address, for two parliaments can use one number."""
    told = at(row, "attributes")
    link = f"{service}/petitions/{_number(row)}"
    dates = (moment_at(told, name) for name in ("opened_at", "rejected_at", "created_at"))
    return entry(
        id=link,
        link=link,
        title=text_at(told, "action"),
        text="\n".join(filter(None, _words(told))),
        author=text_at(told, "creator_name"),
        published=next(filter(None, dates), ""),
        more={
            "query": query,
            "state": text_at(told, "state"),
            "signature_count": text_at(told, "signature_count"),
        },
    )


def _words(told: Any) -> Iterator[str]:
    """Its text, then what became of it, in words that change at steps alone."""
    yield text_at(told, "background")
    yield text_at(told, "additional_details")
    count = number_at(told, "signature_count")
    step = next((step for step in _STEPS if count >= step), 0)
    yield f"{step:,} people or more have signed it." if step else ""
    if text_at(told, "state") == "rejected" or at(told, "rejection"):
        why = text_at(told, "rejection", "details") or text_at(told, "rejection", "code")
        yield f"It was rejected: {why}" if why else "It was rejected."


def _read_hansard(found: Any, query: str) -> dict[str, Any]:
    if not isinstance(found, dict) or not any(name.startswith("Total") for name in found):
        return {"error": "came back without results from Hansard"}
    entries, notes = [], []
    for name in ("Contributions", "WrittenStatements", "WrittenAnswers", "Debates"):
        rows = rows_at(found, name)
        entries += [made for row in rows if (made := _speech(row, query))]
        total = number_at(found, f"Total{name}")
        if total > len(rows):
            notes.append(f"It gives {len(rows)} of {total} {name} for “{query}”.")
    result = answer(entries)
    result["notes"] += notes
    return result


def _speech(row: Any, query: str) -> dict[str, Any] | None:
    """A contribution, by its own id; a debate that is named by its title, by that of its section.

    The address is made as the site makes it [as other programs do]; the title in it is for people.
    """
    section = text_at(row, "DebateSectionExtId")
    own = text_at(row, "ContributionExtId")
    title = text_at(row, "DebateSection") if own else text_at(row, "Title")
    house, date = text_at(row, "House"), text_at(row, "SittingDate")[:10]
    if not _ID.fullmatch(section) or (own and not _ID.fullmatch(own)):
        return None
    link = ""
    if house in _HOUSES and _ID.fullmatch(date):
        place = f"https://hansard.parliament.uk/{house}/{date}/debates/{section}/{_slug(title)}"
        link = f"{place}#contribution-{own}" if own else place
    return entry(
        id=f"hansard {own or section}",
        link=link,
        title=title,
        text=text_at(row, "ContributionTextFull") or text_at(row, "ContributionText"),
        author=text_at(row, "AttributedTo") or text_at(row, "MemberName"),
        published=date,
        html=True,
        more={"query": query, "house": house},
    )


def _slug(title: str) -> str:
    """Its words, each with a capital, as one."""
    words = re.findall(r"[A-Za-z0-9]+", title)
    return "".join(word[0].upper() + word[1:] for word in words) or "Debate"


def _read_questions(found: Any, query: str) -> dict[str, Any]:
    """A list of questions, or one."""
    single = isinstance(at(found, "value"), dict)
    if not single and not isinstance(at(found, "results"), list):
        return {"error": "came back without a list of written questions"}
    rows = [found] if single else at(found, "results")
    values = [at(row, "value") for row in rows]
    known = [value for value in values if _ID.fullmatch(text_at(value, "id"))]
    result = answer(
        (_question(value, query) for value in known),
        short=[_question_id(value) for value in known if _is_cut(value)],
    )
    return _told_of_loss(result, len(rows) - len(known), "questions")


def _question_id(value: Any) -> str:
    return f"written question {text_at(value, 'id')}"


def _is_cut(value: Any) -> bool:
    return any(
        text_at(value, name).rstrip().endswith(_CUT) for name in ("questionText", "answerText")
    )


def _question(value: Any, query: str) -> dict[str, Any]:
    day, uin = text_at(value, "dateTabled")[:10], text_at(value, "uin")
    site = "https://questions-statements.parliament.uk/written-questions/detail"
    return entry(
        id=_question_id(value),
        link=f"{site}/{day}/{uin}" if _ID.fullmatch(day) and _ID.fullmatch(uin) else "",
        title=text_at(value, "heading"),
        text="<br>".join(
            filter(None, (text_at(value, "questionText"), text_at(value, "answerText")))
        ),
        author=text_at(value, "askingMember", "name"),
        published=text_at(value, "dateTabled"),
        html=True,
        more={
            "query": query,
            "number": text_at(value, "id"),
            "answering_body": text_at(value, "answeringBodyName"),
        },
    )


def _told_of_loss(result: dict[str, Any], lost: int, what: str) -> dict[str, Any]:
    if lost:
        result["notes"].append(f"{lost} of its {what} had no number and were left out.")
    return result

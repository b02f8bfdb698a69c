"""Bluesky: the session that is kept, searches and their cursors, and what it says no to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr, ValidationError

from monitor.problems import Place
from monitor.setting_secrets import Vault
from monitor.source_settings import SourceReader
from sources.base import Ask, Flaw, Post, SourceError
from sources.bluesky import Options, collect
from sources.fetch import Door, Fetcher
from sources.parsing import Parser
from tests.kinds import recorded
from tests.kinds.bluesky import RENEW, SEARCH, SIGN_IN
from tests.webserver import Answer, Reply, Seen, WebServer

pytestmark = pytest.mark.slow  # a server, or a process, for each test

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
WORD = "qwer-tyui-op12-3456"
OLD = "eyJ0eXAi.first-access.c2lnbmVk"
NEW = "eyJ0eXAi.second-access.c2lnbmVk"
POST = "at://did:plc:stanwick/app.bsky.feed.post/"
Poll = Callable[..., list[Post | Flaw]]


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        server.answers[SIGN_IN] = recorded("bluesky", "session.json")
        server.answers[RENEW] = recorded("bluesky", "renewed.json")
        server.answers[SEARCH] = _found()
        yield server


@pytest.fixture
def poll(web: WebServer, parser: Parser) -> Iterator[Poll]:
    """Reads Bluesky once with a memo of one's own; options may be changed."""
    fetcher = Fetcher("", [web.host, f"localhost:{web.port}"], clock=lambda: NOW, version="1")

    def one(
        memo: dict[str, Any] | None = None,
        *,
        names: tuple[str, ...] = ("Hollybrook Primary School",),
        **options: Any,
    ) -> Any:
        given = {"service": web.url(""), "handle": "hollybrook.bsky.social", **options}
        made = Options(app_password=SecretStr(WORD), **given)
        ask = Ask("sky", made, names, NOW, {} if memo is None else memo)
        return list(collect(ask, Door(fetcher, parser, {})))

    yield one
    fetcher.close()


def _post(number: int, indexed: str = "2026-11-15T10:00:00Z", **more: Any) -> dict[str, Any]:
    record = {"text": f"Hollybrook, post {number}", "createdAt": "2026-11-15T10:00:00Z"}
    author = {"did": "did:plc:stanwick", "handle": "jo.example"}
    return {
        "uri": f"{POST}{number}", "author": author, "record": record, "indexedAt": indexed, **more
    }  # fmt: skip


def _found(*found: Any, cursor: str = "") -> bytes:
    answer = {"posts": list(found)} | ({"cursor": cursor} if cursor else {})
    return json.dumps(answer).encode()


def _refused(status: int, name: str, **headers: str) -> Reply:
    body = json.dumps({"error": name, "message": f"no {OLD} {WORD}"}).encode()
    return Reply(body, status, headers)


def _asked(web: WebServer, path: str = SEARCH) -> list[dict[str, str]]:
    """The parameters of each request for that path."""
    seen = [request for request in web.requests if request.path == path]
    return [{name: given[0] for name, given in parse_qs(one.query).items()} for one in seen]


def _paths(web: WebServer) -> list[str]:
    return [request.path for request in web.requests]


def _texts(items: list[Post | Flaw]) -> list[str]:
    return [item.text for item in items if isinstance(item, Post)]


def _flaws(items: list[Post | Flaw]) -> list[str]:
    return [item.detail for item in items if isinstance(item, Flaw)]


def _by_query(**answers: Answer) -> Answer:
    """Another answer for each word that is searched for."""

    def answer(seen: Seen) -> Any:
        return answers[parse_qs(seen.query)["q"][0]]

    return answer


def _for_token(token: str, otherwise: Reply) -> Answer:
    """Posts for those who show the token."""

    def answer(seen: Seen) -> Any:
        shown = seen.headers.get("authorization")
        return _found(_post(1)) if shown == f"Bearer {token}" else otherwise

    return answer


def _fails(poll: Poll, *args: Any, **options: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        poll(*args, **options)
    assert len(str(caught.value).splitlines()) == 1
    assert not [secret for secret in (WORD, "eyJ0eXAi", "Access") if secret in str(caught.value)]
    return caught.value


# The session


def test_the_app_password_is_sent_once_and_the_session_kept(web: WebServer, poll: Poll) -> None:
    memo: dict[str, Any] = {}
    poll(memo)
    poll(memo)
    assert _paths(web) == [SIGN_IN, SEARCH, SEARCH]
    assert json.loads(web.requests[0].body) == {
        "identifier": "hollybrook.bsky.social",
        "password": WORD,
    }
    assert [seen.headers.get("authorization") for seen in web.requests[1:]] == [f"Bearer {OLD}"] * 2
    assert WORD not in json.dumps(memo)


@pytest.mark.parametrize(
    "old", [_refused(400, "ExpiredToken"), _refused(401, "InvalidToken"), Reply(b"", 401)]
)
def test_an_old_session_is_renewed_and_what_was_asked_is_asked_again(
    web: WebServer, poll: Poll, old: Reply
) -> None:
    memo: dict[str, Any] = {}
    poll(memo)
    web.requests.clear()
    web.answers[SEARCH] = _for_token(NEW, old)
    assert _texts(poll(memo)) == ["Hollybrook, post 1"]
    assert _paths(web) == [SEARCH, RENEW, SEARCH]
    renewing = web.requests[1]
    assert renewing.method == "POST"
    assert renewing.headers["authorization"] == "Bearer eyJ0eXAi.first-refresh.c2lnbmVk"
    assert _texts(poll(memo)) == ["Hollybrook, post 1"]
    assert _paths(web) == [SEARCH, RENEW, SEARCH, SEARCH]


@pytest.mark.parametrize("refused", [_refused(400, "ExpiredToken"), _refused(401, "AuthMissing")])
def test_a_session_that_cannot_be_renewed_is_begun_anew(
    web: WebServer, poll: Poll, refused: Reply
) -> None:
    memo: dict[str, Any] = {}
    poll(memo)
    web.requests.clear()
    web.answers |= {SEARCH: _for_token(NEW, _refused(400, "ExpiredToken")), RENEW: refused}
    web.answers[SIGN_IN] = recorded("bluesky", "renewed.json")
    assert _texts(poll(memo)) == ["Hollybrook, post 1"]
    assert _paths(web) == [SEARCH, RENEW, SIGN_IN, SEARCH]


def test_no_sign_in_is_spent_while_renewing_is_out_of_order(web: WebServer, poll: Poll) -> None:
    memo: dict[str, Any] = {}
    poll(memo)
    web.answers |= {SEARCH: _refused(400, "ExpiredToken"), RENEW: Reply(b"", 503)}
    web.requests.clear()
    assert _fails(poll, memo, queries=("a", "b")).health == "failing"
    assert _paths(web) == [SEARCH, RENEW]


@pytest.mark.parametrize("what", ["handle", "service"])
def test_a_session_is_shown_to_no_other_account_or_service(
    web: WebServer, poll: Poll, what: str
) -> None:
    memo: dict[str, Any] = {}
    poll(memo)
    web.requests.clear()
    other = {"handle": "stanwick.bsky.social", "service": web.url("", host="localhost")}
    poll(memo, **{what: other[what]})
    assert _paths(web) == [SIGN_IN, SEARCH]
    assert "authorization" not in web.requests[0].headers


def test_a_new_session_that_is_not_accepted_is_told_and_not_renewed(
    web: WebServer, poll: Poll
) -> None:
    web.answers[SEARCH] = _refused(401, "InvalidToken")
    assert _fails(poll).health == "needs you"
    assert _paths(web) == [SIGN_IN, SEARCH]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("AuthenticationRequired", "does not accept the app password of hollybrook.bsky.social"),
        ("AuthFactorTokenRequired", "wants a code besides the password"),
        ("AccountTakedown", "has closed the account hollybrook.bsky.social"),
        ("{handle.__class__}", "does not accept the app password"),
    ],
)
def test_a_refused_sign_in_says_what_to_do_and_is_not_tried_for_each_search(
    web: WebServer, poll: Poll, name: str, says: str
) -> None:
    web.answers[SIGN_IN] = _refused(401, name)
    error = _fails(poll, queries=("a", "b", "c"))
    assert error.health == "needs you"
    assert says in str(error)
    assert _paths(web) == [SIGN_IN]


@pytest.mark.parametrize(
    "answer",
    [
        Reply(b"", 500),
        b"{}",
        b'{"accessJwt":"a\\r\\nHost: x","refreshJwt":"b"}',
        b'{"accessJwt":"a"}',
    ],
)
def test_a_sign_in_that_fails_is_tried_once_in_a_poll(
    web: WebServer, poll: Poll, answer: Answer
) -> None:
    web.answers[SIGN_IN] = answer
    error = _fails(poll, queries=("a", "b"))
    assert error.health == "failing"
    assert "without a session" in str(error) or "answered with error 500" in str(error)
    assert _paths(web) == [SIGN_IN]


# Searches


def test_the_first_look_reaches_back_30_days_and_the_next_a_little_before_the_newest(
    web: WebServer, poll: Poll
) -> None:
    memo: dict[str, Any] = {}
    newest = "2026-11-16T08:30:00.500Z"
    web.answers[SEARCH] = _found(_post(2, newest), _post(1, "2026-11-15T10:00:00Z"))
    poll(memo)
    web.answers[SEARCH] = _found()
    poll(memo)
    poll(memo)
    assert [asked["since"] for asked in _asked(web)] == [
        "2026-10-17T09:00:00Z", "2026-11-16T08:20:00Z", "2026-11-16T08:20:00Z",
    ]  # fmt: skip
    assert _asked(web)[0] == {
        "q": '"Hollybrook Primary School"',
        "sort": "latest",
        "limit": "100",
        "since": "2026-10-17T09:00:00Z",
    }


def test_a_moment_to_come_hides_nothing_that_is_posted_until_then(
    web: WebServer, poll: Poll
) -> None:
    memo: dict[str, Any] = {}
    web.answers[SEARCH] = _found(_post(1, "2031-01-01T00:00:00Z"))
    poll(memo)
    poll(memo)
    assert _asked(web)[1]["since"] == "2026-11-16T08:50:00Z"


def test_each_search_goes_on_from_where_it_ended(web: WebServer, poll: Poll) -> None:
    memo: dict[str, Any] = {}
    web.answers[SEARCH] = _by_query(a=_found(_post(1, "2026-11-16T08:00:00Z")), b=_found())
    poll(memo, queries=("a", "b"))
    poll(memo, queries=("a", "b"))
    assert [(asked["q"], asked["since"]) for asked in _asked(web)[2:]] == [
        ("a", "2026-11-16T07:50:00Z"), ("b", "2026-10-17T09:00:00Z"),
    ]  # fmt: skip


def _endless(seen: Seen) -> bytes:
    page = int(parse_qs(seen.query).get("cursor", ["0"])[0])
    return _found(_post(page), cursor=str(page + 1))


def test_pages_are_followed_to_a_bound_and_what_is_left_out_is_told(
    web: WebServer, poll: Poll
) -> None:
    web.answers[SEARCH] = _endless
    found = poll()
    assert _texts(found) == [f"Hollybrook, post {page}" for page in range(3)]
    assert [asked.get("cursor") for asked in _asked(web)] == [None, "1", "2"]
    (flaw,) = _flaws(found)
    assert "more than 300 new posts" in flaw


def test_a_page_without_posts_is_the_last(web: WebServer, poll: Poll) -> None:
    web.answers[SEARCH] = _found(cursor="1")
    assert poll() == []
    assert len(_asked(web)) == 1


def test_a_page_of_which_nothing_may_be_shown_is_not_the_last(web: WebServer, poll: Poll) -> None:
    hidden = _post(2, "2026-11-16T08:30:00Z")
    hidden["author"]["labels"] = [{"val": "!no-unauthenticated", "src": "did:plc:stanwick"}]
    pages = {None: _found(hidden, cursor="1"), "1": _found(_post(1))}
    web.answers[SEARCH] = lambda seen: pages[parse_qs(seen.query).get("cursor", [None])[0]]
    assert _texts(poll()) == ["Hollybrook, post 1"]


@pytest.mark.parametrize("kept", ["2027-11-16T08:30:00+00:00", "soon"])
def test_a_place_kept_by_a_clock_that_was_ahead_is_no_place(
    web: WebServer, poll: Poll, kept: str
) -> None:
    poll({"since": {"words:a": kept}}, queries=("a",))
    assert _asked(web)[0]["since"] == "2026-10-17T09:00:00Z"


def test_an_older_post_takes_a_search_no_further_back(web: WebServer, poll: Poll) -> None:
    memo: dict[str, Any] = {}
    for indexed in ("2026-11-16T08:30:00Z", "2026-11-16T08:25:00Z"):
        web.answers[SEARCH] = _found(_post(1, indexed))
        poll(memo)
    poll(memo)
    assert [asked["since"] for asked in _asked(web)[1:]] == ["2026-11-16T08:20:00Z"] * 2


def test_a_refused_cursor_keeps_what_was_read_and_the_search_begins_there_again(
    web: WebServer, poll: Poll
) -> None:
    def answer(seen: Seen) -> Any:
        again = "cursor=" in seen.query
        return _refused(400, "InvalidRequest") if again else _found(_post(1), cursor="x")

    memo: dict[str, Any] = {}
    web.answers[SEARCH] = answer
    found = poll(memo)
    assert _texts(found) == ["Hollybrook, post 1"]
    assert len(_flaws(found)) == 1
    poll(memo)
    assert _asked(web)[0]["since"] == _asked(web)[2]["since"]


def test_one_search_that_is_not_understood_costs_itself(web: WebServer, poll: Poll) -> None:
    bad = _refused(400, "BadQueryString")
    web.answers[SEARCH] = _by_query(a=bad, b=_found(_post(1)))
    found = poll(queries=("a", "b"))
    assert _texts(found) == ["Hollybrook, post 1"]
    assert _flaws(found) == [
        "127.0.0.1 does not understand the search for a (400); write it in plainer words."
    ]
    web.answers[SEARCH] = bad
    error = _fails(poll, queries=("a", "b"))
    assert error.health == "needs you"
    assert "search for a " in str(error)
    assert len(_asked(web)) == 4


@pytest.mark.parametrize("broken", [Reply(b"", 500), b"{", b'{"posts": 7}', b"[]"])
def test_one_broken_answer_costs_its_search(web: WebServer, poll: Poll, broken: Answer) -> None:
    web.answers[SEARCH] = _by_query(a=broken, b=_found(_post(1)))
    found = poll(queries=("a", "b"))
    assert _texts(found) == ["Hollybrook, post 1"]
    assert len(_flaws(found)) == 1


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "90"}, timedelta(seconds=90)),
        ({"RateLimit-Reset": str(int(NOW.timestamp()) + 120)}, timedelta(seconds=120)),
        ({}, timedelta(minutes=5)),
    ],
)
def test_who_is_asked_to_come_less_often_asks_nothing_more(
    web: WebServer, poll: Poll, headers: dict[str, str], wait: timedelta
) -> None:
    web.answers[SEARCH] = _refused(429, "RateLimitExceeded", **headers)
    error = _fails(poll, queries=("a", "b", "c"))
    assert (error.health, error.retry_after) == ("failing", wait)
    assert _paths(web) == [SIGN_IN, SEARCH]


def test_a_limit_reached_halfway_keeps_the_posts_and_the_session(
    web: WebServer, poll: Poll
) -> None:
    memo: dict[str, Any] = {}
    limited = _refused(429, "RateLimitExceeded")
    web.answers[SEARCH] = _by_query(a=_found(_post(1)), b=limited, c=_found(_post(2)))
    found = poll(memo, queries=("a", "b", "c"))
    assert _texts(found) == ["Hollybrook, post 1"]
    assert _flaws(found) == ["127.0.0.1 asks us to come less often (429)."]
    assert memo["session"]["access"] == OLD


def test_a_page_that_forbids_is_a_block_and_is_asked_once(web: WebServer, poll: Poll) -> None:
    web.answers[SEARCH] = Reply(recorded("bluesky", "forbidden.html"), 403)
    assert _fails(poll, queries=("a", "b")).health == "blocked"
    assert _paths(web) == [SIGN_IN, SEARCH]


def test_a_post_that_two_searches_find_is_given_once_with_the_first(
    web: WebServer, poll: Poll
) -> None:
    web.answers[SEARCH] = _found(_post(1))
    (post,) = poll(queries=("a", "b"))
    assert isinstance(post, Post)
    assert post.record["query"] == "a"


def test_links_to_the_schools_site_are_searched_for(web: WebServer, poll: Poll) -> None:
    poll(queries=("a",), domains=("www.Hollybrook.example",))
    asked = _asked(web)
    assert [(one["q"], one.get("domain")) for one in asked] == [
        ("a", None), ("*", "hollybrook.example"),
    ]  # fmt: skip


def test_without_queries_the_schools_names_are_searched_for_up_to_ten(
    web: WebServer, poll: Poll
) -> None:
    names = tuple(f'School "{number}"' for number in range(12))
    (flaw,) = _flaws(poll(names=names))
    assert [asked["q"] for asked in _asked(web)] == [f'"School {n}"' for n in range(10)]
    assert "10 of 12" in flaw


# Posts


def test_a_changed_handle_changes_neither_key_nor_link(web: WebServer, poll: Poll) -> None:
    web.answers[SEARCH] = _found(_post(1))
    (before,) = poll()
    renamed = {"did": "did:plc:stanwick", "handle": "somebody.else.example"}
    web.answers[SEARCH] = _found(_post(1, author=renamed))
    (after,) = poll()
    assert isinstance(before, Post)
    assert isinstance(after, Post)
    assert (before.key, before.url) == (after.key, after.url)
    assert before.author != after.author


@pytest.mark.parametrize(
    "uri", ["", None, 7, "at://did:plc:x/app.bsky.feed.like/1", "at://did:plc:x/../evil/app/1"]
)
def test_a_post_without_a_proper_id_is_left_out_and_told(
    web: WebServer, poll: Poll, uri: Any
) -> None:
    web.answers[SEARCH] = _found(_post(1), _post(2, uri=uri), "junk")
    found = poll()
    assert _texts(found) == ["Hollybrook, post 1"]
    (flaw,) = _flaws(found)
    assert "2 of 3 posts had no proper id" in flaw


def test_a_post_whose_author_wants_it_shown_to_members_alone_is_not_read(
    web: WebServer, poll: Poll
) -> None:
    hidden = _post(2)
    hidden["author"]["labels"] = [{"val": "!no-unauthenticated", "src": "did:plc:stanwick"}]
    web.answers[SEARCH] = _found(_post(1), hidden)
    found = poll()
    assert _texts(found) == ["Hollybrook, post 1"]
    assert _flaws(found) == []


def test_pictures_and_what_is_linked_are_not_fetched(web: WebServer, poll: Poll) -> None:
    image = {"images": [{"fullsize": web.url("/picture"), "thumb": web.url("/t"), "alt": "A dog"}]}
    linked = {"external": {"uri": web.url("/page"), "title": "Page", "thumb": web.url("/u")}}
    web.answers[SEARCH] = _found(_post(1, embed=image), _post(2, embed=linked))
    assert len(poll()) == 2
    assert set(_paths(web)) == {SIGN_IN, SEARCH}


# Options


@pytest.mark.parametrize(
    "wrong",
    [
        {"handle": "hollybrook"}, {"handle": "office@hollybrook.example"}, {"handle": ""},
        {"app_password": SecretStr("the account's own")}, {"app_password": SecretStr("")},
        {"queries": (" ",)}, {"queries": ("x" * 301,)}, {"queries": tuple("abcdefghijk")},
        {"domains": ("https://hollybrook.example",)}, {"domains": ("a/b",)},
        {"service": "ftp://bsky.example"}, {"service": "https://a:b@bsky.example"}, {"other": 1},
    ],
)  # fmt: skip
def test_options_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    given = {"handle": "@Hollybrook.bsky.social", "app_password": SecretStr(WORD)}
    assert Options(**given).handle == "hollybrook.bsky.social"
    with pytest.raises(ValidationError):
        Options(**(given | wrong))


@pytest.mark.parametrize(
    "query",
    [
        "from:jo.example", "Stanwick from:@jo.example", "mentions:jo.example", "@jo.example",
        "to:jo.example", 'from:"jo.example"', "(FROM: jo.example)", "--from:jo.example",
    ],
)  # fmt: skip
def test_a_search_for_what_somebody_writes_is_refused(query: str) -> None:
    given = {"handle": "hollybrook.bsky.social", "app_password": SecretStr(WORD)}
    with pytest.raises(ValidationError, match="Footprint follows no person"):
        Options(**given, queries=(query,))


def test_a_search_may_name_the_schools_accounts_and_leave_somebody_out() -> None:
    queries = (
        "@hollybrook.bsky.social", "to:pta.example", "Hollybrook -from:jo.example",
        '"letter from: the head"', "office@hollybrook.example",
    )  # fmt: skip
    made = Options(
        handle="hollybrook.bsky.social",
        app_password=SecretStr(WORD),
        queries=queries,
        own_accounts=("@PTA.example",),
    )
    assert made.queries == queries
    assert made.quiet_is_well


def test_the_accounts_own_password_is_refused_and_not_shown() -> None:
    table = {
        "id": "sky",
        "kind": "bluesky",
        "handle": "hollybrook.bsky.social",
        "app_password_env": "WORD",
    }
    reader = SourceReader((), (), Vault(Path(), {"WORD": "correct horse"}))
    source, problems = reader.read(table, ("sources", 0), Place("config.toml", {}))
    assert source is None or source.options is None
    said = " ".join(map(str, problems))
    assert "the account's own password is never used" in said
    assert "horse" not in said

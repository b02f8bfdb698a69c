"""A page without a feed, looked at now and then: its links or blocks of text become posts."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self
from urllib.parse import urljoin, urlsplit, urlunsplit

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString
from protego import Protego
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, model_validator
from soupsieve import SelectorSyntaxError
from soupsieve import compile as compile_selector

from sources.addresses import checked
from sources.answers import hashed
from sources.base import Ask, Flaw, Post, Reach, Response, SourceError
from sources.formats.api import answer, entry
from sources.formats.page import read_page, soup_of
from sources.links import canonical, safe_link
from sources.moments import kept_moment
from sources.own import titled
from sources.parts import refusal
from sources.people import NOT_FOLLOWED, is_profile
from sources.posts import flaws, posts
from sources.text import decode, mend, plain
from sources.turns import site_of

# By this name robots.txt may speak to us; it begins our User-Agent.
_US = "Footprint"
_ROBOTS_BYTES = 512 * 1024  # RFC 9309: at least 500 KiB are to be read
_ROBOTS_LAST = timedelta(days=1)
_LONGEST_DELAY = 60.0
_PAGE = 2 * 1024 * 1024  # characters: ten times what a long page has
_ELEMENTS = 500
_LONGEST_SELECTOR = 500
_ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
_UNREAD = ("script", "style", "template", "noscript", "nav", "header", "footer", "aside", "form")
_BLOCK_NAMES = (
    "address article blockquote body caption dd details div dl dt fieldset figcaption figure h1 h2 "
    "h3 h4 h5 h6 li main ol p pre section summary table tr ul"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
# Fewer words are buttons and labels.
_LEAST_WORDS = 3
_WORD = re.compile(r"[^\W\d_]{2,}")
_TIMES = (
    "january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday "
    "saturday sunday mon tue wed thu fri sat sun am pm today yesterday second seconds minute "
    "minutes hour hours day days week weeks month months year years ago"
)
# What changes by itself: numbers, dates, times, "3 hours ago".
_COUNTED = re.compile(
    rf"(?:(?:\d+(?:[.,:/-]\d+)*(?:st|nd|rd|th|am|pm)?|\b(?:{'|'.join(_TIMES.split())})\b)[\s,.:]*)+"
)


def _page(url: str) -> str:
    try:
        checked(url.strip())
    except SourceError as error:
        raise ValueError(str(error)) from None
    return url.strip()


def _selector(select: str) -> str:
    select = select.strip()
    try:
        compile_selector(select or "*")
    except (SelectorSyntaxError, NotImplementedError) as error:
        why = str(error).splitlines()[0]
        raise ValueError(
            f"is no CSS selector ({why}); write one such as “ul.news a”, or leave it out to "
            "watch the whole page"
        ) from None
    return select


class Options(BaseModel):
    """The page, which of its parts are watched, and how they are to be read.

    Without `select` every block of text in the page's main part is. `about` names the school
    where the page is about one school and its parts need not say so. `own_account` says that a
    profile is the school's own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Annotated[str, AfterValidator(_page)]
    select: Annotated[str, AfterValidator(_selector), Field(max_length=_LONGEST_SELECTOR)] = ""
    about: str = Field(default="", max_length=200)
    medium: Literal["", "news", "blog", "google_review", "petition", "foi"] = ""
    own_account: StrictBool = False

    least_minutes: ClassVar[float] = 60
    # A page that stays as it is is well; one that has lost what is watched is told below.
    quiet_is_well: ClassVar[bool] = True

    @model_validator(mode="after")
    def _follows_nobody(self) -> Self:
        if is_profile(self.url) and not self.own_account:
            raise ValueError(NOT_FOLLOWED)
        return self


def collect(ask: Ask, reach: Reach) -> Iterator[Post | Flaw]:
    """Yield what the page shows in its own order; raises NotModified or SourceError."""
    options: Options = ask.options
    what = f"The page at {urlsplit(options.url).hostname}"
    delay = _leave(ask, reach, options.url)
    try:
        response = reach.get(options.url, accept=_ACCEPT)
        _stayed(what, response, ask, reach)
    finally:
        reach.leave_alone(options.url, timedelta(seconds=delay))
    result = reach.parse(
        "pagewatch", response, wanted="page", select=options.select, about=options.about
    )
    _refuse(what, result, ask)
    yield from flaws(what, result)
    yield from posts(_known_again(result["entries"], ask), medium=options.medium)


def _stayed(what: str, response: Response, ask: Ask, reach: Reach) -> None:
    """Raise SourceError where the address led to another site, or to a page that is forbidden.

    Where it leads is known only with the answer, which is then not looked at.
    """
    options: Options = ask.options
    if site_of(response.url) != site_of(options.url):
        raise SourceError(
            f"{what} has moved to {site_of(response.url)}; write its new address.", "needs you"
        )
    if response.url != options.url:
        _leave(ask, reach, response.url)


def _leave(ask: Ask, reach: Reach, page: str) -> float:
    """The seconds that robots.txt wants between pages; raises SourceError where it forbids this."""
    rules = _kept_rules(ask).get(hashed(page.encode())) or read_rules(ask, reach, page)
    if not rules["allowed"]:
        raise SourceError(
            f"{urlsplit(page).hostname} does not let programs read this page (its "
            "robots.txt says so); ask the place for a feed, or take the source out.",
            "blocked",
        )
    return float(rules["delay"])


def _kept_rules(ask: Ask) -> dict[str, Mapping[str, Any]]:
    """What robots.txt said within the last day, by hashes of the pages' addresses."""
    kept = ask.memo.get("robots")
    pages = kept.get("pages", {}) if isinstance(kept, dict) else {}
    return {
        page: rules
        for page, rules in pages.items()
        if (read := kept_moment(rules["read"], ask.now)) and ask.now - read < _ROBOTS_LAST
    }


def read_rules(ask: Ask, reach: Reach, page: str) -> Mapping[str, Any]:
    """Whether a page is `allowed` to programs, and the `delay` between two in seconds.

    By RFC 9309: no robots.txt allows; one that cannot be had for now forbids for now.
    """
    parts = urlsplit(page)
    address = urlunsplit((parts.scheme, parts.netloc, "/robots.txt", "", ""))
    response = reach.call(address, accept="text/plain, */*;q=0.1")
    error = refusal(response, ask.now)
    if error and _is_for_now(response):
        raise SourceError(
            f"The robots.txt of {parts.hostname} could not be read ({response.status}), so that "
            "its pages are left alone for now.",
            "failing",
            error.retry_after,
        )
    found: Mapping[str, Any] = {"allowed": True, "delay": 0}
    if not error:
        found = reach.parse("pagewatch", response, wanted="robots", page=page)
    rules = {**found, "read": ask.now.isoformat()}
    ask.memo["robots"] = {"pages": _kept_rules(ask) | {hashed(page.encode()): rules}}
    return rules


def _is_for_now(response: Response) -> bool:
    """True for faults of the server and for "too often"; other refusals mean that there is none."""
    return response.status == 429 or response.status >= 500 or response.status < 400  # noqa: PLR2004


def _refuse(what: str, result: Mapping[str, Any], ask: Ask) -> None:
    """Raise SourceError where nothing that is watched is there: silence would look like calm."""
    options: Options = ask.options
    if result["page"]["barred"] and _is_all_new(result["entries"], ask):
        raise SourceError(f"{what} asks for a sign-in or a check against robots.", "blocked")
    if result["entries"]:
        return
    if not options.select:
        raise SourceError(
            f"{what} holds no text that can be read without running its programs; "
            "look for a feed or another page.",
            "needs you",
        )
    gone = "no longer holds" if _shown(ask) else "does not hold"
    raise SourceError(
        f"{what} {gone} what “select” names; open it, look how it is made now, and "
        "correct the selector.",
        "needs you",
    )


def _is_all_new(entries: Sequence[Mapping[str, Any]], ask: Ask) -> bool:
    """True where nothing is there, or nothing of what the last look saw."""
    before = _shown(ask)
    return not entries or (bool(before) and not any(_shape(one) in before for one in entries))


def _shown(ask: Ask) -> dict[str, list[str]]:
    """The names of what the last look saw, by shape."""
    kept = ask.memo.get("shown")
    return {shape: list(names) for shape, names in kept.items()} if isinstance(kept, dict) else {}


def _shape(found: Mapping[str, Any]) -> str:
    """An entry's words without numbers and dates, in short."""
    return _hash(found["record"]["shape"])


def _known_again(entries: Sequence[Mapping[str, Any]], ask: Ask) -> list[Mapping[str, Any]]:
    """The entries, those without a link by the name that they bore at the last look.

    A block whose numbers and dates alone have changed is the same one; where blocks differ in
    nothing else, those that are word for word as before keep their names, and of the others the
    lowest take what names are left, for what is new stands at the top.
    """
    before = _shown(ask)
    exact = {found["id"] for found in entries}
    shown: defaultdict[str, list[str]] = defaultdict(list)
    named: list[Mapping[str, Any]] = []
    for found in reversed(entries):
        free = [name for name in before.get(_shape(found), []) if name not in exact]
        name = found["id"]
        if free and _is_unknown_block(found, before):
            name = free[-1]
            before[_shape(found)].remove(name)
        shown[_shape(found)].insert(0, name)
        named.insert(0, {**found, "id": name})
    ask.memo["shown"] = dict(shown)
    return named


def _is_unknown_block(found: Mapping[str, Any], before: Mapping[str, Sequence[str]]) -> bool:
    return "href" not in found["record"] and found["id"] not in before.get(_shape(found), ())


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=8).hexdigest()


def read(
    body: bytes,
    url: str,
    charset: str,
    *,
    wanted: Literal["page", "robots"],
    page: str = "",
    select: str = "",
    about: str = "",
) -> dict[str, Any]:
    """What robots.txt says of `page`, or what a page shows.

    For robots.txt: `allowed`, and `delay` in seconds. For a page the keys of `answer`, and `page`
    as `read_page` gives it.
    """
    if wanted == "robots":
        return _robots(decode(body[:_ROBOTS_BYTES], charset), page)
    text = decode(body, charset)
    soup = soup_of(text, _PAGE)
    title = titled(urlsplit(url).hostname or "", about) if about else ""
    parts = _selected(soup, url, select) if select else _whole(soup, url)
    shown = [_entry(name, part, url, title, select) for name, part in parts.items()]
    result = answer(shown[:_ELEMENTS], page=read_page(text, url))
    if len(shown) > _ELEMENTS:
        result["notes"].append(
            f"It holds {len(shown)} parts, and only the first {_ELEMENTS} are watched; "
            'name fewer with "select".'
        )
    return result


def _robots(text: str, page: str) -> dict[str, Any]:
    rules = Protego.parse(text)
    delay = rules.crawl_delay(_US) or 0.0
    return {"allowed": rules.can_fetch(page, _US), "delay": min(delay, _LONGEST_DELAY)}


class _Part(NamedTuple):
    """What stands together on a page: its words, and where it leads if to one page alone."""

    text: str
    href: str


def _selected(soup: BeautifulSoup, url: str, select: str) -> dict[str, _Part]:
    """What the selector names, as far as it holds a word."""
    found = [
        _part([plain(str(element))], [str(anchor.get("href")) for anchor in _anchors(element)], url)
        for element in soup.select(select)
    ]
    return _named(part for part in found if _WORD.search(part.text))


def _anchors(element: Tag) -> list[Tag]:
    inside: list[Tag] = element.find_all("a", href=True)
    return [element] if element.name == "a" and element.get("href") else inside


def _whole(soup: BeautifulSoup, url: str) -> dict[str, _Part]:
    """The blocks of the page's main part, each with the words that are in no block within it."""
    for unread in soup(_UNREAD):
        unread.extract()
    for line_end in soup("br"):
        line_end.replace_with("\n")
    main = soup.find("main") or soup.find("article") or soup.body or soup
    around: dict[int, tuple[Tag, str]] = {id(main): (main, "")}
    blocks: dict[int, tuple[list[str], list[str]]] = {}
    last = 0
    for node in main.descendants:
        block, href = around[id(node.parent)]
        if isinstance(node, Tag):
            leads = str(node.get("href", "")) if node.name == "a" else ""
            around[id(node)] = (node if node.name in _BLOCKS else block, leads or href)
        elif type(node) is NavigableString:  # and no comment, or the like
            texts, hrefs = blocks.setdefault(id(block), ([], []))
            texts += [node] if id(block) == last else ["\n", node]
            last = id(block)
            hrefs += [href] if href and node.strip() else []
    found = [_part(texts, hrefs, url) for texts, hrefs in blocks.values()]
    return _named(part for part in found if len(_WORD.findall(part.text)) >= _LEAST_WORDS)


def _part(texts: Sequence[str], hrefs: Sequence[str], url: str) -> _Part:
    links = {link for href in hrefs if (link := _link(href, url))}
    return _Part(" ".join(mend("".join(texts)).split()), links.pop() if len(links) == 1 else "")


def _link(href: str, url: str) -> str:
    try:
        return safe_link(urljoin(url, mend(href).strip()))
    except ValueError:
        return ""


def _named(parts: Iterable[_Part]) -> dict[str, _Part]:
    """Each by its address, else by its words; a picture and its headline lead to one page."""
    found: dict[str, _Part] = {}
    for part in parts:
        name = canonical(part.href) if part.href else f"block {_hash(part.text)}"
        before = found.setdefault(name, part)
        if part.text not in before.text:
            found[name] = _Part(f"{before.text}\n{part.text}", before.href)
    return found


def _entry(name: str, part: _Part, url: str, title: str, select: str) -> dict[str, Any]:
    return entry(
        id=name,
        link=part.href or url,
        title=title,
        text=part.text,
        more={
            "shape": _COUNTED.sub("#", part.text.casefold()),
            "href": part.href,
            "select": select,
        },
    )

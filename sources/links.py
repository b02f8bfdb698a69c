"""Web addresses: one canonical form for telling posts apart, and which ones may be shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from posixpath import normpath
from string import ascii_letters, digits
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit, urlunsplit

_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\\<>\"`{}|^\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_LONGEST = 4_000
_UNWRAPPINGS = 3

_TRACKER_STARTS = ("utm_", "mtm_", "pk_", "hsa_", "at_", "int_", "itm_")
_TRACKER_NAMES = (
    "fbclid gclid dclid gbraid wbraid gclsrc msclkid twclid yclid igsh igshid mc_cid mc_eid "
    "mkt_tok _hsenc _hsmi vero_id srsltid oly_anon_id _branch_match_id ref_src ref_url cmp cmpid "
    "ito ns_mchannel ocid smid s_cid si feature"
)
_TRACKERS = frozenset(_TRACKER_NAMES.split())
_SHARED_BY = frozenset(("ref", "source", "share"))
_SHARER_NAMES = (
    "rss feed twitter x facebook fb instagram linkedin reddit whatsapp email mail newsletter "
    "google bing share copy social app home homepage"
)
_SHARERS = frozenset(_SHARER_NAMES.split())
_HOST_LIKE = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}")
_KEPT_FRAGMENT = re.compile(r"comment-|post|outgoing-|incoming-|p\d+$")
# Which comment, answer or part of a page is shown; and a comment on Reddit, behind its post.
_WITHIN_A_PAGE = frozenset(("comment_id", "reply_comment_id", "lc", "page"))
_COMMENT = re.compile(r"(//reddit\.com/(?:\w+/[^/]+/)?comments/\w+)/.*")
_HOST_STARTS = re.compile(r"^(?:(?:www|m|mobile|amp)\.)+(?=[^.]+\.)")
_SAFE_PATH = "/:@!$&'()*+,;=~-._%"
_ENCODED = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset(ascii_letters + digits + "-._~")

_GOOGLE = re.compile(r"(?:www\.)?google\.(?:com|co\.[a-z]{2}|[a-z]{2,3})")
_DEFENDED = re.compile(r"/v3/__(.+?)__(?:;|$)")
_ARCHIVED = re.compile(r"/web/\d{4,14}[a-z_]*/(https?:/{1,2}.+)", re.IGNORECASE | re.DOTALL)
_VIDEO = re.compile(r"/(?:shorts|embed|live|v)/([\w-]{6,})")
_WRAPPERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "bing.com": ("/news/apiclick.aspx", ("url",)),
    "l.facebook.com": ("/l.php", ("u",)),
    "lm.facebook.com": ("/", ("u",)),
    "l.instagram.com": ("/", ("u",)),
    "youtube.com": ("/redirect", ("q",)),
    "out.reddit.com": ("/", ("url",)),
    "duckduckgo.com": ("/l", ("uddg",)),
    "f5bot.com": ("/url", ("u",)),
}
_ALIASES = {
    **dict.fromkeys(
        ("old.reddit.com", "np.reddit.com", "new.reddit.com", "i.reddit.com"), "reddit.com"
    ),
    **dict.fromkeys(("twitter.com", "mobile.twitter.com"), "x.com"),
    **dict.fromkeys(("mbasic.facebook.com", "web.facebook.com"), "facebook.com"),
}

# How places name one thing of theirs, in the canonical form of its address, and the name we give
# it; the first that matches counts. An address may hold more than the name: a slug that changes
# with the headline, whose post it was, in which group.
_KEYS = tuple(
    (re.compile(f"https://{address}"), key)
    for address, key in (
        (r"reddit\.com/(?:\w+/[^/]+/)?comments/\w+/[^/]+/(\w+)(?:\?.*)?", r"reddit:t1_\1"),
        (r"reddit\.com/(?:\w+/[^/]+/)?comments/(\w+)(?:/[^/?]*)?(?:\?.*)?", r"reddit:t3_\1"),
        (r"redd\.it/(\w+)", r"reddit:t3_\1"),
        (r"youtube\.com/watch\?(?:.*&)?lc=([\w.-]+)(?:&.*)?", r"youtube:comment:\1"),
        (r"youtube\.com/watch\?(?:.*&)?v=([\w-]+)(?:&.*)?", r"youtube:\1"),
        (r"bsky\.app/profile/([^/]+)/post/(\w+)(?:\?.*)?", r"bsky:\1/\2"),
        (r"x\.com/(?:\w+|i/web)/status(?:es)?/(\d+)(?:[/?].*)?", r"x:\1"),
        (r"facebook\.com/.*[?&](?:reply_)?comment_id=(\w+)(?:&.*)?", r"fb:comment:\1"),
        (r"facebook\.com/[^/?]+/(?:posts|videos)/(?:[^/?]+/)?(\d+)(?:\?.*)?", r"fb:\1"),
        (r"facebook\.com/.*[?&](?:story_fbid|fbid)=(\d+)(?:&.*)?", r"fb:\1"),
        (r"([a-z-]+)\.wikipedia\.org/.*[?&]diff=(\d+)(?:&.*)?", r"wiki:\1/\2"),
        (r"([a-z-]+)\.wikipedia\.org/.*[?&]oldid=(\d+)(?:&.*)?", r"wiki:\1/\2"),
        (r"whatdotheyknow\.com/request/.*#(outgoing|incoming)-(\d+)", r"wdtk:\1/\2"),
        # A number and a slug, as Newsquest's papers write them.
        (r"([^/]+)(?:/[\w-]+)+/(\d{7,9})\.[\w-]*(?:\?.*)?", r"newsquest:\1/\2"),
        # Mastodon and its kin, as people see a post and as servers name it.
        (r"([^/]+)/(?:@\w+|users/\w+/statuses)/(\d{15,20})", r"mastodon:\1/\2"),
    )
)


def safe_link(url: str) -> str:
    """The address where it may be shown as a link (http or https, no user in it), else nothing."""
    url = url.strip()
    parts = _split(url)
    if parts is None or len(url) > _LONGEST or _UNSAFE.search(url):
        return ""
    return url if parts.hostname and "@" not in parts.netloc else ""


def unwrap(url: str) -> str:
    """The address that a redirecting service's link leads to, up to three deep; else itself."""
    for _ in range(_UNWRAPPINGS):
        target = safe_link(_target(url))
        if not target:
            break
        url = target
    return url


def canonical(url: str) -> str:
    """The form in which two addresses of one page are equal; what is no web address stays.

    It tells addresses apart and is not to be visited: every scheme is written as https.
    """
    return _canonical_short(url) if len(url) <= _LONGEST else _canonical(url)


def _canonical(url: str) -> str:
    url = unwrap(url.strip())
    parts = _split(url)
    if parts is None or not parts.hostname:
        return url
    host, path = _host(parts.hostname), _path(parts.path)
    if _port(parts):
        host = f"{host}:{_port(parts)}"
    query = _query(parts.query)
    host, path, query = _platform(host, path, query)
    fragment = parts.fragment if _KEPT_FRAGMENT.match(parts.fragment) else ""
    tail = (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")
    return f"https://{host}{path}{tail}"


# An entry's address is asked for by whoever handles the entry: its key, its story, its copies.
_canonical_short = lru_cache(maxsize=2_048)(_canonical)


def identity(url: str) -> str:
    """What tells apart what addresses lead to: its place's own name for it, else `canonical`.

    Two addresses of one post of Reddit, X and the like have one identity, whatever else stands
    in them. It is "" where there is no address.
    """
    address = canonical(url)
    if len(address) > _LONGEST:
        return address
    for pattern, key in _KEYS:
        if found := pattern.fullmatch(address):
            return found.expand(key)
    return address


def page_of(url: str) -> str:
    """What tells apart the pages on which people answer each other: a comment's is its post's.

    It is "" where there is no address, or that of a front page, on which everything stands.
    """
    address = _COMMENT.sub(r"\1", canonical(url))
    parts = _split(address)
    if parts is None or len(address) > _LONGEST or not (parts.path.strip("/") or parts.query):
        return ""
    query = urlencode([pair for pair in parse_qsl(parts.query) if pair[0] not in _WITHIN_A_PAGE])
    return identity(urlunsplit((parts.scheme, parts.netloc, parts.path, query, "")))


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") else None


def _port(parts: SplitResult) -> int | None:
    usual = {"http": 80, "https": 443}[parts.scheme]
    return None if parts.port == usual else parts.port


def _target(url: str) -> str:
    """Where a wrapper leads; nothing where the address is none."""
    parts = _split(url)
    if parts is None or not parts.hostname:
        return ""
    host = parts.hostname.removeprefix("www.")
    return next((found for rule in _RULES if (found := rule(host, parts))), "")


def _by_query(host: str, parts: SplitResult) -> str:
    path, names = _WRAPPERS.get(host, ("", ()))
    if _GOOGLE.fullmatch(host) and parts.path == "/url":
        path, names = "/url", ("url", "q")
    elif host.endswith(".safelinks.protection.outlook.com"):
        path, names = "/", ("url",)
    if not names or not parts.path.startswith(path):
        return ""
    values = dict(reversed(parse_qsl(parts.query)))
    return next((values[name] for name in names if values.get(name)), "")


def _by_path(host: str, parts: SplitResult) -> str:
    if host == "urldefense.com":
        found = _DEFENDED.search(parts.path)
        return found.group(1) if found else ""
    if host == "web.archive.org":
        found = _ARCHIVED.match(parts.path + (f"?{parts.query}" if parts.query else ""))
        return (
            re.sub(r"^(https?:)/+", r"\1//", found.group(1), flags=re.IGNORECASE) if found else ""
        )
    return ""


def _amp_cache(host: str, parts: SplitResult) -> str:
    """Copies that Google keeps: `/c/s/<host>/<path>` and `/amp/s/<host>/<path>`."""
    if host.endswith("cdn.ampproject.org"):
        found = re.match(r"/[a-z]/(s/)?(.+)", parts.path)
    elif _GOOGLE.fullmatch(host):
        found = re.match(r"/amp/(s/)?(.+)", parts.path)
    else:
        return ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{'https' if found.group(1) else 'http'}://{found.group(2)}{query}" if found else ""


_RULES: tuple[Callable[[str, SplitResult], str], ...] = (_by_query, _by_path, _amp_cache)


def _host(host: str) -> str:
    host = host.rstrip(".").lower()
    with suppress(UnicodeError):  # a name that no server can have still tells addresses apart
        host = host.encode("idna").decode("ascii")
    host = _ALIASES.get(host, host)
    host = _HOST_STARTS.sub("", host)
    host = re.sub(r"^([a-z-]{2,12})\.m\.(wikipedia\.org)$", r"\1.\2", host)
    host = "x.com" if host.startswith("nitter.") else host
    return _ALIASES.get(host, host)


def _path(path: str) -> str:
    path = quote(_ENCODED.sub(_decoded, path), safe=_SAFE_PATH, errors="surrogatepass")
    path = normpath(re.sub(r"/{2,}", "/", path)) if path else "/"
    path = re.sub(r"(?:/amp|\.amp)$", "", path)
    path = re.sub(r"/index\.(?:html?|php)$", "/", path)
    return path.rstrip("/") or "/"


def _decoded(found: re.Match[str]) -> str:
    """A letter that needs no encoding as itself, any other in capitals: `%2F` is no slash."""
    char = chr(int(found.group(1), 16))
    return char if char in _UNRESERVED else found.group(0).upper()


def _query(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True, errors="surrogateescape")
    kept = sorted(pair for pair in pairs if not _is_noise(*pair))
    return urlencode(kept, errors="surrogateescape")


def _is_noise(name: str, value: str) -> bool:
    name, value = name.lower(), value.lower()
    if name in _TRACKERS or name.startswith(_TRACKER_STARTS):
        return True
    if name in _SHARED_BY:
        return value in _SHARERS or bool(_HOST_LIKE.fullmatch(value))
    return (name, value) in (("amp", ""), ("amp", "1"), ("outputtype", "amp"))


def _platform(host: str, path: str, query: str) -> tuple[str, str, str]:
    """What some places write in several ways."""
    if host == "youtu.be" and len(path) > 1:
        return "youtube.com", "/watch", urlencode({"v": path[1:]})
    if host in ("youtube.com", "youtube-nocookie.com"):
        found = _VIDEO.fullmatch(path)
        if found:
            return "youtube.com", "/watch", urlencode({"v": found.group(1)})
    if host == "bbc.com" and path.startswith("/news"):
        return "bbc.co.uk", path, query
    return host, path, query

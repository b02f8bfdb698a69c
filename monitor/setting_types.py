"""The shapes that a single setting may have: each a value passes or is refused in plain words."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, time
from email.utils import parseaddr
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    Strict,
    StrictStr,
)
from pydantic_core import PydanticCustomError

from monitor.problems import nearest, quoted
from monitor.toml_lines import KeyPath

RULE = "rule"
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL = re.compile(
    rf"(?=.{{1,254}}$)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*"
)
_SENDER = re.compile(r"(?P<name>.*?)\s*<(?P<address>[^<>]*)>")
_HOST_PORT = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(?P<port>[0-9]{1,5})")
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_LAST_PORT = 65535


def refusal(message: str, at: KeyPath = ()) -> PydanticCustomError:
    """An error in our own words; `at` leads from the value that is looked at to the wrong part."""
    return refusals((at, message))


def refusals(*found: tuple[KeyPath, str]) -> PydanticCustomError:
    """Several mistakes in one value, as one error."""
    return PydanticCustomError(RULE, "{message}", {"message": found[0][1], "found": found})


def is_loopback(host: str) -> bool:
    """True where the host is this very machine and nothing beyond it can listen in."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def host_and_port(text: str) -> tuple[str, int]:
    """The two parts of `host:port`, the host without the brackets of IPv6."""
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def sender_parts(text: str) -> tuple[str, str]:
    """The display name, maybe empty, and the address of `Name <address>` or of a bare address."""
    found = _SENDER.fullmatch(text)
    return (found["name"].strip('" '), found["address"]) if found else ("", text)


def _one_line(value: object) -> object:
    if not isinstance(value, str):
        return value
    if any(
        unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
        for character in value.strip(" ")
    ):
        raise refusal(f"must be one line without control characters, not {quoted(value)}")
    return value.strip()


def _filled(value: str) -> str:
    if not value:
        raise refusal("must not be blank")
    return value


def _some(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if not values:
        raise refusal("must not be an empty list")
    return values


def _matching(pattern: re.Pattern[str], wants: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value and not pattern.fullmatch(value):
            raise refusal(f"must be {wants}, not {quoted(value)}")
        return value

    return check


def _no_address(value: str) -> str:
    if "@" in value:
        raise refusal(f"must be a name, not an address: {quoted(value)}")
    return value


def _sender(value: str) -> str:
    _, address = sender_parts(value)
    wants = 'an email address such as "Footprint <footprint@school.example>"'
    if not _EMAIL.fullmatch(address):
        raise refusal(f"must be {wants}, not {quoted(value)}")
    if parseaddr(value)[1] != address:
        form = "'\"School, Office\" <office@school.example>'"
        raise refusal(f"needs double quotes round the name, as in {form}, not {quoted(value)}")
    return value


def _web_address(value: str) -> str:
    if value and not _is_web_address(value):
        wants = 'a web address such as "https://school.example"'
        raise refusal(f"must be {wants}, not {quoted(value)}")
    return value


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and "@" not in parts.netloc
        and not any(character.isspace() for character in value)
    )


def _contact(value: str) -> str:
    if value and not _EMAIL.fullmatch(value) and not _is_web_address(value):
        raise refusal(f"must be an email address or a web address, not {quoted(value)}")
    return value


def _host_port(value: str) -> str:
    found = _HOST_PORT.fullmatch(value)
    if not found or int(found["port"]) > _LAST_PORT:
        raise refusal(f'must be host:port such as "127.0.0.1:8000", not {quoted(value)}')
    return value


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        wants = 'an address or a network in numbers such as "10.0.0.5" or "10.0.0.0/24"'
        raise refusal(f"must be {wants}, not {quoted(value)}") from None
    return value


def _clock(text: str) -> time | None:
    found = _CLOCK.fullmatch(text.strip())
    return time(int(found[1]), int(found[2])) if found else None


def _span(value: object) -> object:
    if not isinstance(value, str):
        return value
    times = [_clock(part) for part in value.split("-")]
    if len(times) != 2 or times[0] is None or times[1] is None:  # noqa: PLR2004 - a from and a to
        raise refusal(f'must be two times such as "07:30-17:30", not {quoted(value)}')
    return times[0], times[1]


def _in_order(value: tuple[time, time]) -> tuple[time, time]:
    if value[0] >= value[1]:
        raise refusal("must start before it ends")
    return value


def _not_empty(value: tuple[time, time]) -> tuple[time, time]:
    if value[0] == value[1]:
        raise refusal("must not end when it starts")
    return value


def awake(
    window: tuple[time, time], quiet: tuple[time, time] | None
) -> Iterator[tuple[time, time]]:
    """What is left of a window without the quiet hours, which may last over midnight."""
    if quiet is None:
        yield window
        return
    begins, ends = quiet
    left = ((time.min, begins), (ends, time.max)) if begins < ends else ((ends, begins),)
    for first, last in left:
        span = max(window[0], first), min(window[1], last)
        if span[0] < span[1]:
            yield span


def _weekly(value: str) -> str:
    day, _, at = value.partition(" ")
    if day.capitalize() in WEEKDAYS and _clock(at):
        return f"{day.capitalize()} {at.strip()}"
    meant = nearest(day[:3], WEEKDAYS)
    hint = f'; did you mean "{meant} {at.strip()}"?' if meant and _clock(at) else ""
    raise refusal(f'must be a day and a time such as "Mon 07:30", not {quoted(value)}{hint}')


def _day(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value.strip() if isinstance(value, str) else "")
    except ValueError:
        raise refusal(f"must be a day such as 2026-09-01, not {quoted(value)}") from None


class Fixed(Mapping[str, str]):
    """A table of words that cannot be changed and can be hashed."""

    __slots__ = ("_pairs",)

    def __init__(self, pairs: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        self._pairs = dict(pairs)

    def __getitem__(self, key: str) -> str:
        return self._pairs[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def __hash__(self) -> int:
        return hash(frozenset(self._pairs.items()))

    def __repr__(self) -> str:
        return f"Fixed({self._pairs!r})"


class Section(BaseModel):
    """One table of config.toml: frozen, and an unknown key is an error.

    `also` names keys that the file may hold beside the fields, and that a validator turns into
    one of them.
    """

    also: ClassVar[tuple[str, ...]] = ()

    # A rule over two settings stands at the later one, so the defaults are looked at as well.
    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, hide_input_in_errors=True
    )


Line = Annotated[StrictStr, BeforeValidator(_one_line)]
Filled = AfterValidator(_filled)
Words = Annotated[Line, Filled]
PersonName = Annotated[Words, AfterValidator(_no_address)]
Identifier = Annotated[
    Words,
    AfterValidator(
        _matching(_IDENTIFIER, 'small letters, digits and "-", beginning with a letter or a digit')
    ),
]
MaybeEmail = Annotated[
    Line,
    AfterValidator(_matching(_EMAIL, 'an email address such as "head@school.example"')),
]
EmailAddress = Annotated[MaybeEmail, Filled]
Sender = Annotated[Line, AfterValidator(_sender)]
WebAddress = Annotated[Line, AfterValidator(_web_address)]
Contact = Annotated[Line, AfterValidator(_contact)]
HostPort = Annotated[Line, AfterValidator(_host_port)]
Host = Annotated[Line, AfterValidator(_matching(_HOST, "the name of a server, without its port"))]
Network = Annotated[Line, AfterValidator(_network)]
Span = Annotated[tuple[time, time], BeforeValidator(_span), AfterValidator(_in_order)]
# It may last over midnight.
Quiet = Annotated[tuple[time, time], BeforeValidator(_span), AfterValidator(_not_empty)]
Weekly = Annotated[Line, AfterValidator(_weekly)]
Day = Annotated[date, BeforeValidator(_day)]
Whole = Annotated[int, Strict()]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
AtLeastOne = AfterValidator(_some)
Switch = Annotated[bool, Strict()]
FixedWords = Annotated[Mapping[Line, Line], AfterValidator(Fixed), PlainSerializer(dict)]

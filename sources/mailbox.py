"""A mailbox that alert services write to (IMAP): their mails become posts, and stay as they are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from ipaddress import ip_address
from itertools import takewhile
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlencode, urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StrictBool,
    StrictInt,
    model_validator,
)

from sources.answers import hashed, judge_status
from sources.base import (
    Ask,
    Bookmark,
    Flaw,
    Letter,
    Mailbox,
    Post,
    Reach,
    Reply,
    Response,
    SourceError,
)
from sources.formats.alert_mails import read as read_letter
from sources.formats.api import NotJsonError, answer, document, number_at, text_at
from sources.formats.dates import read_date
from sources.formats.mails import NotMailError, opened
from sources.formats.replies import reply_in
from sources.formats.sender import UNNAMED
from sources.moments import kept_moment
from sources.posts import flaws, posts, refuse
from sources.services import Service, in_form

_SENDERS = ("google.com", "f5bot.com", "theyworkforyou.com", "trustpilot.com")
# As Microsoft and Google document them for IMAP.
_SCOPES = {
    "microsoft": "https://outlook.office.com/IMAP.AccessAsUser.All offline_access",
    "google": "",
}
_TOKEN_SERVICES = {
    "microsoft": "https://login.microsoftonline.com",
    "google": "https://oauth2.googleapis.com",
}
_TOKEN_PATHS = {"microsoft": "/{tenant}/oauth2/v2.0/token", "google": "/token"}
_REFUSED = (400, 401)
_HOUR, _DAY = 3600, 86_400  # seconds
_MARGIN = timedelta(minutes=5)
_SENDABLE = re.compile(r"[\x21-\x7e]+")
# A mail may take its reader 10 seconds, twice, and the whole mailbox has a minute.
_MOST_FAILED = 2
_TRIES = 3
_HEAD = 64 * 1024
_DATE = re.compile(rb"^date:[ \t]*([\x20-\x7e]{1,60})", re.IGNORECASE | re.MULTILINE)
_CLIENT_AT_FAULT = frozenset(("invalid_client", "unauthorized_client"))
_NO_SERVER = (
    "needs trusted_auth_server: show the original of any mail in the mailbox and copy the first "
    f'word after "Authentication-Results:" (write "{UNNAMED}" where that is "spf=…")'
)
Host = Annotated[
    str,
    in_form(
        r"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,9}|[0-9a-f:]{2,39}",
        "must be a host name such as imap.school.example",
    ),
]
Domain = Annotated[
    str,
    in_form(
        r"[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,9}",
        "must be what stands after the @, in small letters, such as google.com",
    ),
]
# No character with which a command or a sign-in could be made to say something else.
User = Annotated[
    str,
    in_form(
        r"[^\s\"\\(){}%*\x00-\x1f\x7f]{1,320}",
        "must be the mailbox's user, mostly its address, without spaces and quotation marks",
    ),
]
Folder = Annotated[
    str, in_form(r"[^\x00-\x1f\x7f]{1,200}", "must be a folder's name, such as INBOX")
]
Word = Annotated[
    str, in_form(r"[A-Za-z0-9._-]{0,200}", "must hold only letters, digits, dots and dashes")
]


class Options(BaseModel):
    """Which mailbox, how one signs in, whose mails are read, and who vouches for the senders.

    `trusted_auth_server` is the name with which the mailbox's own server signs what it found out
    about a sender: the first word of the mail's Authentication-Results ("unnamed" where there is
    none, as at Microsoft 365). `service` is where access tokens come from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    # The mailbox is the school's own; more often than this would not find anything sooner.
    least_minutes: ClassVar[float] = 5
    quiet_is_well: ClassVar[bool] = True

    host: Host
    port: Annotated[StrictInt, Field(ge=1, le=65_535)] = 993
    security: Literal["tls", "starttls", "none"] = "tls"
    user: User
    password: SecretStr = SecretStr("")
    folder: Folder = "INBOX"
    oauth: Literal["", "microsoft", "google"] = ""
    service: Service = ""
    tenant: Word = "organizations"
    client_id: Word = ""
    client_secret: SecretStr = SecretStr("")
    refresh_token: SecretStr = SecretStr("")
    require_auth_pass: StrictBool = True
    trusted_auth_server: Word = ""
    senders: Annotated[tuple[Domain, ...], Field(max_length=50)] = _SENDERS

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for wrong, why in self._mistakes():
            if wrong:
                raise ValueError(why)
        return self

    def _mistakes(self) -> Iterator[tuple[bool, str]]:
        # What is set but empty has been told already: the secret could not be had.
        by_password = "password" in self.model_fields_set
        by_token = bool(self.client_id) and "refresh_token" in self.model_fields_set
        yield (
            self.security == "none" and not _is_this_machine(self.host),
            'has security = "none", which is for a server on this machine; use "tls" or "starttls"',
        )
        yield (
            bool(self.oauth) and not by_token,
            f'has oauth = "{self.oauth}", which needs client_id and refresh_token_env as well',
        )
        yield (
            bool(self.oauth) == by_password,
            'needs one way to sign in: password_env = "NAME", or oauth',
        )
        yield not self.senders, "has no senders, so that no mail would be read; name some"
        yield (
            self.require_auth_pass and not self.trusted_auth_server,
            _NO_SERVER,
        )

    @property
    def token_address(self) -> str:
        """Where access tokens are given out."""
        base = self.service or _TOKEN_SERVICES[self.oauth]
        return base + _TOKEN_PATHS[self.oauth].format(tenant=self.tenant)


def _is_this_machine(host: str) -> bool:
    try:
        return host.lower() == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def read(
    body: bytes,
    url: str,
    charset: str,
    *,
    senders: Sequence[str] = (),
    server: str = "",
    must_be_proven: bool = True,
    user: str = "",
    token: bool = False,
) -> dict[str, Any]:
    """The items of one mail, as `alert_mails.read` gives them; or the provider's access token.

    Where the mail answers a letter of the program's own, by the mailbox's `user` and a token, it
    has no items, and `reply` is what `replies.reply_in` gives. An access token's keys: `access`,
    `refresh` (where it is another now), `seconds`, and `refused`, the provider's word for what is
    wrong.
    """
    if token:
        return _read_token(body, url, charset)
    try:
        answered = reply_in(opened(body), user) if user else None
        if answered:
            return {**answer([]), "reply": answered}
        return read_letter(body, senders, server, must_be_proven=must_be_proven)
    except NotMailError as error:
        return {"error": str(error)}


def _read_token(body: bytes, url: str, charset: str) -> dict[str, Any]:
    try:
        given = document(body, url, charset)
    except NotJsonError as error:
        return error.result
    return {
        "access": text_at(given, "access_token"),
        "refresh": text_at(given, "refresh_token"),
        "seconds": number_at(given, "expires_in") or _HOUR,
        "refused": text_at(given, "error"),
    }


def collect(ask: Ask, reach: Reach) -> Iterator[Post | Flaw]:
    """Yield what the mails since the last poll tell of; raises SourceError.

    Where the mailbox breaks off in the middle, what has been read is kept.
    """
    box = _mailbox(ask, reach)
    poll = _Poll(ask, reach)
    with closing(reach.letters(box, _bookmark(ask), ask.since)) as letters:
        try:
            for letter in takewhile(lambda _: poll.failed < _MOST_FAILED, letters):
                yield from poll.read(letter)
        except SourceError as error:
            if not poll.tally["mails"]:
                _forget_token(ask, error)
                raise
            yield Flaw(f"{error} The mails before that were read.")
    yield from _told(poll.tally)


class _Poll:
    """The mails of one poll, what is counted of them, and how far the bookmark may move.

    A mail whose reader does not end well, twice, is held: the bookmark stays before it, while
    those behind it are read, and read again. In the memo `tried` says in how many polls each was.
    """

    def __init__(self, ask: Ask, reach: Reach) -> None:
        self._ask, self._reach = ask, reach
        self._options: Options = ask.options
        self.tally: Counter[str] = Counter()
        self.failed = 0
        self._holds = False

    def read(self, letter: Letter) -> Iterator[Post | Flaw]:
        """What one mail gives."""
        if self._tries(letter.place) < _TRIES:
            try:
                yield from self._open(letter)
            except SourceError:
                yield self._held(letter)
        self.tally["mails"] += 1
        if not self._holds:
            _remember(self._ask, letter.place)

    def _open(self, letter: Letter) -> Iterator[Post | Flaw]:
        """The posts of one mail; what is wrong with it costs itself, and is counted."""
        if letter.lacks:
            self.tally[letter.lacks] += 1
            return
        what = f"A mail in {self._options.folder}"
        result = self._parsed(letter)
        if "error" in result:
            self.tally["unreadable"] += 1
            return
        if "reply" in result:
            self._pass_on(result["reply"])
            return
        self.tally["others"] += not result["listed"]
        self.tally["unproven"] += result["listed"] and not result["proven"]
        self.tally["without items"] += result["listed"] and not result["entries"]
        yield from flaws(what, result)
        yield from posts(result["entries"])

    def _pass_on(self, found: Mapping[str, Any]) -> None:
        """An answer to our own letter is no post; one that does not say "I have this" is told."""
        sent = read_date(str(found["date"]))
        takes, automatic = bool(found["takes"]), bool(found["automatic"])
        reply = Reply(str(found["token"]), str(found["sender"]), takes, automatic, sent)
        self._reach.answered(reply)
        self.tally["other answers"] += not (takes or automatic)

    def _parsed(self, letter: Letter) -> Mapping[str, Any]:
        """The mail, read; raises SourceError where its reader did not end well, twice."""
        parse = partial(
            self._reach.parse,
            "mailbox",
            Response(f"imap://{self._options.host}/", 200, {}, letter.raw),
            senders=self._options.senders,
            server=self._options.trusted_auth_server,
            must_be_proven=self._options.require_auth_pass,
            user=self._options.user,
        )
        try:
            return parse()
        except SourceError:  # it may have been held up by others' work
            return parse()

    def _held(self, letter: Letter) -> Flaw:
        """Count the try; the last one lets go of the mail."""
        self.failed += 1
        tries = self._tries(letter.place) + 1
        kept = self._kept(letter.place) | {str(letter.place.uid): tries}
        validity = letter.place.validity
        self._ask.memo["tried"] = {"for": _whose(self._options), "in": validity, "mails": kept}
        mail = f"Mail {letter.place.uid} in {self._options.folder}{_dated(letter)}"
        if tries < _TRIES:
            self._holds = True
            return Flaw(f"{mail} could not be read safely; it is tried again at the next poll.")
        return Flaw(
            f"{mail} could not be read safely in {_TRIES} polls and is passed over; look at it in "
            "the mailbox."
        )

    def _tries(self, place: Bookmark) -> int:
        return self._kept(place).get(str(place.uid), 0)

    def _kept(self, place: Bookmark) -> dict[str, int]:
        """The tries by number, of mails that the bookmark has not passed."""
        kept = _kept(self._ask, "tried", _whose(self._options))
        mails = kept["mails"] if kept.get("in") == place.validity else {}
        passed = _bookmark(self._ask).uid
        return {uid: tries for uid, tries in mails.items() if int(uid) > passed}


def _dated(letter: Letter) -> str:
    """The day that it bears, by which it can be found in the mailbox."""
    found = _DATE.search(letter.raw[:_HEAD])
    date = read_date(found.group(1).decode()) if found else None
    return f", dated {date.day} {date:%B %Y}," if date else ""


# One, and several.
_TELLING = {
    "others": (
        "{} mail from another sender was passed over.",
        "{} mails from other senders were passed over.",
    ),
    "other answers": (
        "{} answer to an alert does not say who has it; look at it in the mailbox.",
        "{} answers to alerts do not say who has them; look at them in the mailbox.",
    ),
    "unproven": (
        "{} mail is not proven to be from its sender; its words are shown without links.",
        "{} mails are not proven to be from their senders; their words are shown without links.",
    ),
    "too large": (
        "{} mail is larger than 1 MB and was not read; look at it in the mailbox.",
        "{} mails are larger than 1 MB and were not read; look at them in the mailbox.",
    ),
    "withheld": (
        "{} mail was not handed over by the mail server; look at it in the mailbox.",
        "{} mails were not handed over by the mail server; look at them in the mailbox.",
    ),
    "unreadable": (
        "{} mail could not be taken apart; look at it in the mailbox.",
        "{} mails could not be taken apart; look at them in the mailbox.",
    ),
    "without items": (
        "{} mail of a listed sender has an unknown form; look at it in the mailbox.",
        "{} mails of listed senders have an unknown form; look at them in the mailbox.",
    ),
}


def _told(tally: Mapping[str, int]) -> Iterator[Flaw]:
    for what, (one, many) in _TELLING.items():
        if tally[what]:
            yield Flaw((one if tally[what] == 1 else many).format(tally[what]))


def _bookmark(ask: Ask) -> Bookmark:
    """The last mail that was read in this very folder."""
    kept = _kept(ask, "read", _whose(ask.options))
    return Bookmark(number_at(kept, "validity"), number_at(kept, "uid"))


def _remember(ask: Ask, place: Bookmark) -> None:
    ask.memo["read"] = {
        "for": _whose(ask.options),
        "validity": place.validity,
        "uid": place.uid,
    }


def _whose(options: Options) -> str:
    return hashed(f"{options.host}\n{options.user}\n{options.folder}".encode())


def _kept(ask: Ask, name: str, mark: str) -> dict[str, Any]:
    """What the memo keeps under that name, unless it is of other settings."""
    found = ask.memo.get(name)
    return found if isinstance(found, dict) and found.get("for") == mark else {}


def _mailbox(ask: Ask, reach: Reach) -> Mailbox:
    options: Options = ask.options
    return Mailbox(
        host=options.host,
        port=options.port,
        security=options.security,
        user=options.user,
        password=options.password.get_secret_value(),
        token=_token(ask, reach) if options.oauth else "",
        folder=options.folder,
    )


def _token(ask: Ask, reach: Reach) -> str:
    """The access token that is still good, else a new one."""
    options: Options = ask.options
    mark = hashed(f"{options.client_id}\n{options.refresh_token.get_secret_value()}".encode())
    kept = _kept(ask, "sign_in", mark)
    since = kept_moment(kept.get("since"), ask.now)
    if since and since + timedelta(seconds=kept["lasts"]) > ask.now + _MARGIN:
        return str(kept["token"])
    refresh = str(kept.get("refresh") or options.refresh_token.get_secret_value())
    given = _renewed(options, refresh, ask.now, reach)
    ask.memo["sign_in"] = {
        "for": mark,
        "token": given["access"],
        "since": ask.now.isoformat(),
        "lasts": min(given["seconds"], _DAY),
        "refresh": given["refresh"] or refresh,
    }
    return str(given["access"])


def _forget_token(ask: Ask, error: SourceError) -> None:
    """Keep no access token that the mail server may have refused; the next poll has a new one."""
    if error.health == "needs you" and "sign_in" in ask.memo:
        ask.memo["sign_in"].pop("since", None)


def _renewed(options: Options, refresh: str, now: datetime, reach: Reach) -> Mapping[str, Any]:
    """What the provider gives for the refresh token; raises SourceError."""
    form = {
        "grant_type": "refresh_token",
        "client_id": options.client_id,
        "client_secret": options.client_secret.get_secret_value(),
        "refresh_token": refresh,
        "scope": _SCOPES[options.oauth],
    }
    response = reach.call(
        options.token_address,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        data=urlencode({name: value for name, value in form.items() if value}).encode(),
    )
    host = urlsplit(response.url).hostname or ""
    error = judge_status(host, response.status, response.headers, now)
    if error and response.status not in _REFUSED:
        raise error
    given = reach.parse("mailbox", response, token=True)
    refuse(f"The sign-in at {host}", given, "an access token")
    if error or not _SENDABLE.fullmatch(given["access"]):
        raise _no_token(host, given["refused"])
    return given


def _no_token(host: str, refused: str) -> SourceError:
    """Why there is no token; the provider's longer words can repeat what was sent to it."""
    if refused in _CLIENT_AT_FAULT:
        why = "check client_id and client_secret"
    elif refused == "invalid_grant":
        why = "the refresh token is no longer good; have a new one made"
    elif refused:
        why = "check client_id, tenant and refresh token"
    else:
        return SourceError(f"{host} gave no access token; it is tried again.")
    return SourceError(f"{host} refuses the sign-in: {why}.", "needs you")

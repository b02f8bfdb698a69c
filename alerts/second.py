"""Carries a short note to a person's telephone or chat through Apprise, beside the mail.

Nothing that a post says goes this way: the note says that there is something to look at, and
where. Apprise opens connections of its own, so that the services are few, each leads to a host that
is looked at first, nothing follows a redirect, and certificates are always checked.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, Unpack

from alerts.base import DeliveryError, Letter
from alerts.mail import Envelope, link, plain

HEADING = "Footprint: something needs you now"
# Each kind of address with the host that it leads to; "" where the address itself names that.
SERVICES: Mapping[str, str] = {
    "ntfys": "",
    "ntfy": "",
    "workflows": "",
    "gchat": "chat.googleapis.com",
    "slack": "hooks.slack.com",
    "pover": "api.pushover.net",
    "tgram": "api.telegram.org",
    "jsons": "",
    "json": "",
}
_UNENCRYPTED = frozenset({"ntfy", "json"})
_HTTPS, _HTTP = 443, 80
_ANSWERED = re.compile(r"error=(\d{3})\b")


def scheme_of(address: str) -> str:
    """The service that an address is for; "" where it is none that is carried."""
    scheme = address.partition("://")[0].lower()
    return scheme if "://" in address and scheme in SERVICES else ""


def note(heading: str, lines: Collection[str], page: str, **envelope: Unpack[Envelope]) -> Letter:
    """A note of fixed bytes: a heading, a few lines, and the address of a page or none."""
    message = EmailMessage(SMTP.clone(utf8=True))
    message["To"] = envelope["recipient"]
    message["Subject"] = plain(heading, 120)
    message["Date"] = envelope["date"]
    message["Message-ID"] = envelope["message_id"]
    found = link(page)
    words = [*(plain(line, 400) for line in lines), *([found.href] if found else [])]
    message.set_content("\n".join(words), charset="utf-8", cte="quoted-printable")
    return Letter(
        envelope["message_id"],
        envelope["date"],
        envelope["sender"],
        envelope["recipient"],
        message.as_bytes(),
    )


@dataclass(frozen=True)
class SecondChannel:
    """The second way to each person who has one.

    `addresses` maps a mail address, in lower case, to an Apprise address, which is a secret.
    `reach` connects to a host and port as the rules for addresses allow, lets go again, or raises
    DeliveryError. `own` are the machines of one's own, "host:port" or "host", and the only ones
    that are spoken to unencrypted.
    """

    name = "second"

    addresses: Mapping[str, str]
    reach: Callable[[str, int], None]
    own: Collection[str]

    def tell(self, letter: Letter) -> str:
        """Hand the note over; returns which service took it. Raises DeliveryError."""
        address = self.addresses.get(letter.recipient.casefold())
        if address is None:
            raise DeliveryError("has no second channel in the settings any more", permanent=True)
        service = _opened(address)
        where = _where(address, service)
        if scheme_of(address) in _UNENCRYPTED and not self._is_own(*where):
            raise DeliveryError(
                f"the second channel leads to {where[0]} unencrypted; write jsons:// or ntfys://, "
                f'or add "{where[0]}:{where[1]}" to private_hosts_allowed if it is your own machine'
            )
        self.reach(*where)
        return _hand_over(service, where[0], letter)

    def _is_own(self, host: str, port: int) -> bool:
        return not {host, f"{host}:{port}"}.isdisjoint(self.own)


def _opened(address: str) -> Any:
    """Apprise's service for an address, held to what is allowed here."""
    import apprise  # noqa: PLC0415 - slow to load

    # It logs whole addresses, which are secrets.
    logger = logging.getLogger("apprise")
    logger.handlers, logger.propagate = [logging.NullHandler()], False
    asset = apprise.AppriseAsset(
        app_id="Footprint",
        app_desc="Footprint",
        app_url="",
        image_url_mask="",
        http_redirects=False,
        async_mode=False,
        storage_mode="memory",
    )
    service = apprise.Apprise.instantiate(address, asset=asset) if scheme_of(address) else None
    if service is None:
        raise DeliveryError("the second channel's address cannot be understood; see docs/mail.md")
    if not service.verify_certificate:
        raise DeliveryError("the second channel's address says verify=no; certificates are checked")
    service.redirects = False
    return service


def _where(address: str, service: Any) -> tuple[str, int]:
    """The host and port that a service leads to."""
    scheme = scheme_of(address)
    if fixed := SERVICES[scheme]:
        return fixed, _HTTPS
    if getattr(service, "mode", "") == "cloud":
        return "ntfy.sh", _HTTPS
    usual = _HTTP if scheme in _UNENCRYPTED else _HTTPS
    return str(service.host).lower(), service.port or usual


def _hand_over(service: Any, host: str, letter: Letter) -> str:
    import apprise  # noqa: PLC0415 - slow to load

    message = message_from_bytes(letter.content, policy=policy.default)
    said: list[str] = []
    sender = apprise.Apprise(
        asset=service.asset, log_callback=lambda entry, _: said.append(entry.message)
    )
    sender.add(service)
    took = sender.notify(
        body=_text(message),
        title=str(message["Subject"]),
        body_format=apprise.NotifyFormat.TEXT,
    )
    if not took:
        raise DeliveryError(f"{host} did not take the note{_why(said)}")
    return f"{host} took it"


def _text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    return "\n".join(str(body.get_content()).splitlines()) if body else ""


def _why(said: Collection[str]) -> str:
    """The status that was answered: the rest of Apprise's words may repeat a secret address."""
    found = [code for line in said for code in _ANSWERED.findall(line)]
    return f" (it answered {found[-1]})" if found else ""

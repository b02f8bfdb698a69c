"""Signing in with the school's own service, by OpenID Connect: Microsoft Entra, Google Workspace.

Authorisation code with PKCE; the issuer is the configured one and no other. The service says whose
address it is; who that is here, and what they may open, the configuration says.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol, cast
from urllib.parse import quote, urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from monitor.settings import Oidc
from monitor.store.accounts import Away
from monitor.web.keys import new_secret
from sources.base import Response, SourceError

JSON = "application/json"
KEPT = timedelta(hours=1)
# RS256 is what every service must be able to sign with; "none" and shared keys are never taken.
ALGORITHMS = ["RS256", "PS256", "ES256"]
_LEEWAY = 120
_FORM = "application/x-www-form-urlencoded"
_OK = 200


class ServiceError(Exception):
    """Somebody could not be signed in; the message is one plain line for that person."""


class Door(Protocol):
    """The door to HTTP (sources/fetch.py)."""

    def get(self, url: str, *, accept: str = ...) -> Response:
        """Read an address. Raises SourceError."""

    def call(
        self, url: str, *, accept: str, headers: Mapping[str, str], data: bytes | None
    ) -> Response:
        """Send a form. Raises SourceError."""


class Service:
    """The configured service; what it says of itself is read when first needed, then hourly."""

    def __init__(
        self, settings: Oidc, back: str, door: Door, clock: Callable[[], datetime]
    ) -> None:
        """`back` is the whole address of ours to which it sends people back."""
        self._settings, self._back = settings, back
        self._door, self._clock = door, clock
        self._about: tuple[datetime, Mapping[str, Any]] | None = None

    @property
    def name(self) -> str:
        """What people know it as."""
        host = urlsplit(self._settings.issuer).hostname or ""
        known = {"login.microsoftonline.com": "Microsoft", "accounts.google.com": "Google"}
        return known.get(host, host)

    def leave(self, leads: str) -> tuple[str, str, Away]:
        """Where to send somebody, the secret that must come back with them, and what to keep."""
        state, nonce, verifier = new_secret(), new_secret(), new_secret()
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._back,
            "scope": "openid email profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        start = str(self._described()["authorization_endpoint"])
        joint = "&" if "?" in start else "?"
        return f"{start}{joint}{urlencode(asked)}", state, Away(nonce, verifier, leads)

    def arrived(self, code: str, away: Away) -> str:
        """The address, in lower case, of whoever has come back with this code.

        Raises ServiceError: for a token that is not for us, not of this visit or too old, and for
        an address that the service does not vouch for.
        """
        claims = self._claims(self._token(code, away.verifier), away.nonce)
        email = claims.get("email")
        # Microsoft says so by "the domain's owner is verified", where the school asks it to.
        vouched = (claims.get("email_verified"), claims.get("xms_edov"))
        if not isinstance(email, str) or not any(one in (True, "true", 1, "1") for one in vouched):
            raise ServiceError(f"{self.name} does not vouch for the email address of that account.")
        return email.strip().casefold()

    def _token(self, code: str, verifier: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._back,
            "code_verifier": verifier,
        }
        secret = self._settings.client_secret.get_secret_value()
        pair = f"{quote(self._settings.client_id, safe='')}:{quote(secret, safe='')}"
        signed = f"Basic {base64.b64encode(pair.encode()).decode()}"
        headers = {"Authorization": signed, "Content-Type": _FORM}
        address = str(self._described()["token_endpoint"])
        try:
            data = urlencode(form).encode()
            answer = self._door.call(address, accept=JSON, headers=headers, data=data)
        except SourceError as error:
            raise ServiceError(str(error)) from error
        token = _read(answer.body).get("id_token") if answer.status == _OK else None
        if not isinstance(token, str):
            raise ServiceError(f"{self.name} did not accept this sign-in. Try again.")
        return token

    def _claims(self, token: str, nonce: str) -> Mapping[str, Any]:
        wrong = ServiceError(f"What {self.name} sent back is not right. Try again.")
        try:
            held = self._fetched(str(self._described()["jwks_uri"]))
            keys = KeySet.import_key_set(cast(KeySetSerialization, held))
            read = jwt.decode(token, keys, algorithms=ALGORITHMS)
            wanted = {
                "iss": {"essential": True, "value": self._settings.issuer},
                "aud": {"essential": True, "value": self._settings.client_id},
                "nonce": {"essential": True, "value": nonce},
            }
            asked = {"nonce": nonce, "client_id": self._settings.client_id}
            claims = CodeIDToken(read.claims, read.header, wanted, asked)
            claims.validate(now=int(self._clock().timestamp()), leeway=_LEEWAY)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise wrong from error
        return dict(claims)

    def _described(self) -> Mapping[str, Any]:
        """What the service says of itself; that it is the issuer which is configured, above all."""
        now = self._clock()
        if self._about and abs(now - self._about[0]) < KEPT:
            return self._about[1]
        issuer = self._settings.issuer
        found = self._fetched(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        said = found.get("issuer")
        needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        own = urlsplit(issuer).scheme
        is_whole = all(urlsplit(str(found.get(name, ""))).scheme == own for name in needed)
        if not isinstance(said, str) or not hmac.compare_digest(said, issuer) or not is_whole:
            raise ServiceError(f"{self.name} does not answer as the issuer that is configured.")
        self._about = (now, found)
        return found

    def _fetched(self, address: str) -> Mapping[str, Any]:
        try:
            return _read(self._door.get(address, accept=JSON).body)
        except SourceError as error:
            raise ServiceError(str(error)) from error


def _read(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}

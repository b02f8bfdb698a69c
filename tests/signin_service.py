"""A sign-in service on loopback that speaks OpenID Connect: discovery, PKCE, signed tokens."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

from tests.webserver import Reply, Seen, WebServer

CLIENT, SECRET = "footprint", "s:e cr%et/1"


@cache
def _key() -> RSAKey:
    """One for all tests: to make it takes a while."""
    return RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})


class SigninService:
    """Whoever is sent here is signed in as `claims` say; `change` spoils what goes back."""

    def __init__(self, web: WebServer, now: datetime) -> None:
        self.web, self.now = web, now
        self.issuer = web.url("/tenant")
        self.claims: dict[str, Any] = {"email_verified": True}
        self.change: dict[str, Any] = {}
        self.key = _key()
        self.signer: RSAKey | OctKey = self.key
        self.algorithm = "RS256"
        self._codes: dict[str, dict[str, str]] = {}
        web.answers["/tenant/.well-known/openid-configuration"] = self._about
        web.answers["/keys"] = self._keys
        web.answers["/token"] = self._token

    def _about(self, _seen: Seen) -> bytes:
        about = {
            "issuer": self.issuer,
            "authorization_endpoint": self.web.url("/authorize"),
            "token_endpoint": self.web.url("/token"),
            "jwks_uri": self.web.url("/keys"),
        }
        return json.dumps({**about, **self.change.get("about", {})}).encode()

    def _keys(self, _seen: Seen) -> bytes:
        return json.dumps(KeySet([self.key]).as_dict(private=False)).encode()

    def authorize(self, address: str) -> str:
        """A person signs in at that address; returns where the browser is sent back to."""
        parts = urlsplit(address)
        asked = dict(parse_qsl(parts.query, strict_parsing=True))
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == self.web.url("/authorize")
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked
        back = {"code": code, "state": asked["state"]}
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def _token(self, seen: Seen) -> Reply:
        form = {name: values[0] for name, values in parse_qs(seen.body.decode()).items()}
        scheme, _, pair = seen.headers["authorization"].partition(" ")
        assert scheme == "Basic"
        user, _, password = base64.b64decode(pair).decode().partition(":")
        given = dict(parse_qsl(urlencode({"u": "", "p": ""}) + f"&user={user}&pass={password}"))
        asked = self._codes.pop(form.get("code", ""), None)
        made = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(made).decode().rstrip("=")
        is_right = (
            asked is not None
            and (given["user"], given["pass"]) == (CLIENT, SECRET)
            and asked["code_challenge"] == challenge
            and asked["redirect_uri"] == form["redirect_uri"]
            and form["grant_type"] == "authorization_code"
        )
        if not is_right or asked is None:
            return Reply(b'{"error": "invalid_grant"}', 400)
        at = int(self.now.timestamp())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": "1", "iat": at, "exp": at + 300,
            "nonce": asked["nonce"], **self.claims,
        }  # fmt: skip
        header = {"alg": self.algorithm, "kid": "one"}
        token = jwt.encode(header, {**claims, **self.change.get("claims", {})}, self.signer)
        return Reply(json.dumps({"id_token": token, "token_type": "Bearer"}).encode())

"""Options that several kinds have: the address of a service, and a secret that is sent to it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, SecretStr

from sources.addresses import checked
from sources.asking import key_that_can_be_sent
from sources.base import SourceError


def _fetchable(url: str) -> str:
    try:
        parts = checked(url.strip())
    except SourceError as error:
        raise ValueError(str(error)) from None
    if parts.query or parts.fragment:
        raise ValueError("holds a ? or a #; give the service's address alone")
    return url.strip().rstrip("/")


def _sendable(secret: SecretStr) -> SecretStr:
    return SecretStr(key_that_can_be_sent(secret.get_secret_value()))


def in_form(form: str, wanted: str) -> AfterValidator:
    """A validator of text; where it has another form `wanted` says what to write instead."""
    pattern = re.compile(form, re.ASCII)

    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(wanted)
        return text

    return AfterValidator(check)


# A default that tests, and servers of one's own, replace.
Service = Annotated[str, AfterValidator(_fetchable)]
Sendable = Annotated[SecretStr, AfterValidator(_sendable)]

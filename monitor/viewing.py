"""PURE: when looking at one account again and again has to stop and be thought about.

Repeatedly looking at one person's public posts, and keeping a record of them, can be directed
surveillance although every page is open (Home Office code, covert surveillance and property
interference, from paragraph 3.10), and a school has no power to authorise that.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import date
from typing import Literal

REASON_DAYS, AGREEMENT_DAYS = 3, 6
REASON = "reason"
# Both have to agree, and they are two people.
AGREEING = ("headteacher", "dpo")
Wants = Literal["", "reason", "agreement"]


@dataclass(frozen=True, slots=True)
class Standing:
    """On how many days of this month posts of the account behind a mention were opened here, by
    anybody, this day included; and which steps (REASON, AGREEING) have been taken.
    """

    days: int
    steps: frozenset[str]

    @property
    def wants(self) -> Wants:
        """What is needed before its posts may be opened on this day; "" for nothing."""
        if self.days >= AGREEMENT_DAYS:
            return "" if self.steps.issuperset(AGREEING) else "agreement"
        if self.days >= REASON_DAYS:
            return "" if REASON in self.steps else "reason"
        return ""

    @property
    def warning(self) -> str:
        """What the page says first; "" while there is nothing to say."""
        if self.days < REASON_DAYS:
            return ""
        return (
            "Posts of one account have been opened here on several days of this month. Looking at "
            "one person's posts again and again can be surveillance in law, which no school may "
            "carry out, although the pages are public. " + _NEXT[self.wants]
        )


_NEXT = {
    "": "What was asked for has been written down. Open this only if you must.",
    "reason": "Write down why this has to be opened again.",
    "agreement": "It stays closed until the headteacher and the data protection officer have both "
    "agreed in writing.",
}


def account(key: bytes, author: str, platform: str) -> str:
    """The name under which an account is counted: a keyed hash, 64 hexadecimal digits."""
    told_apart = f"{platform.casefold()}\n{' '.join(author.casefold().split())}"
    return hmac.digest(key, told_apart.encode("utf-8", "surrogatepass"), "sha256").hex()


def key_name(day: date) -> str:
    """What the key of that day's month is called."""
    return f"viewing {day:%Y-%m}"

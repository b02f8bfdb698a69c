"""What Google's interfaces say was wrong: read in the child process, worded by the kinds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sources.formats.api import at, rows_at, text_at

_LONGEST = 60
_MOST = 10
SPENT = frozenset(("quotaExceeded", "dailyLimitExceeded"))
DISABLED = frozenset(("accessNotConfigured", "SERVICE_DISABLED"))
# The older interfaces say the first form, the newer ones the second.
BAD_KEY = frozenset(("keyInvalid", "API_KEY_INVALID", "keyExpired", "API_KEY_EXPIRED"))
RESTRICTED_KEY = frozenset(
    (
        "ipRefererBlocked",
        "API_KEY_IP_ADDRESS_BLOCKED",
        "API_KEY_HTTP_REFERRER_BLOCKED",
        "API_KEY_SERVICE_BLOCKED",
    )
)


def trouble_in(value: Any) -> dict[str, Any] | None:
    """The reasons that an error body gives, None where the value is no such body.

    `reasons` come from the older list `errors` and from `details`, as Google documents both;
    `daily` says that a limit for a day is meant, `no_quota` that the limit is nought.
    """
    error = at(value, "error")
    if error is None:
        return None
    details = rows_at(error, "details")
    told = [text_at(row, "reason") for row in (*rows_at(error, "errors"), *details)]
    limits = [text_at(row, "metadata", "quota_limit") for row in details]
    values = [text_at(row, "metadata", "quota_limit_value") for row in details]
    return {
        "reasons": [reason[:_LONGEST] for reason in told if reason][:_MOST],
        "daily": any("PerDay" in limit for limit in limits),
        "no_quota": "0" in values,
    }


def reasons_of(result: Mapping[str, Any]) -> frozenset[str]:
    """The reasons in what the child process made of an answer; none where it was no error."""
    return frozenset(result.get("trouble", {}).get("reasons", ()))

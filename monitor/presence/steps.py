"""PURE: what helps with a finding, and the checklist for those who go through everything."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field

from monitor.playbooks import book
from monitor.playbooks.facts import NOT_CHECKED
from monitor.presence.record import Finding, Kind

NOT_SET = "your school has not entered what its policy says; ask before you rely on it"
# Platforms by the host of their pages, as the playbooks name them.
_PLATFORMS = {
    "facebook.com": "facebook",
    "instagram.com": "instagram",
    "threads.net": "instagram",
    "x.com": "x",
    "twitter.com": "x",
    "tiktok.com": "tiktok",
    "youtube.com": "youtube",
    "snapchat.com": "snapchat",
    "reddit.com": "reddit",
    "google.com": "google",
    "mumsnet.com": "mumsnet",
    "netmums.com": "netmums",
    "bsky.app": "bluesky",
    "mastodon.social": "mastodon",
}
_REPORTED: tuple[Kind, ...] = ("abuse", "allegation", "address", "phone", "photograph")


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(_Row):
    """One thing that can be done; `checked` is a day, or "not checked"."""

    id: str
    says: str
    address: str = ""
    source: str
    checked: str
    kinds: tuple[Kind, ...] = Field(default=(), alias="for")


class Line(_Row):
    """One line of the checklist; `policy` names what the school's own policy decides. `checked` is
    the day on which the address was last found in a source, or "not checked".
    """

    id: str
    says: str
    address: str = ""
    checked: str = NOT_CHECKED
    policy: str = ""


class Part(_Row):
    """A part of the checklist."""

    title: str
    note: str
    lines: tuple[Line, ...]


class _Steps(_Row):
    steps: tuple[Step, ...]


class _Parts(_Row):
    parts: tuple[Part, ...]


def _read(name: str) -> dict[str, object]:
    return tomllib.loads(files("monitor.presence").joinpath(f"data/{name}").read_text("utf-8"))


@cache
def _steps() -> tuple[Step, ...]:
    return _Steps.model_validate(_read("steps.toml")).steps


@cache
def _parts() -> tuple[Part, ...]:
    return _Parts.model_validate(_read("checklist.toml")).parts


def checked_on(part: Step | Line) -> str:
    """How sure its address is, in words."""
    return part.checked if part.checked == NOT_CHECKED else f"checked {part.checked}"


def steps_for(finding: Finding) -> tuple[Step, ...]:
    """What helps, in order; where a platform takes reports, how it is told comes after the rest
    that is urgent.
    """
    made = [step for step in _steps() if finding.kind in step.kinds]
    reported = _report(finding)
    if reported:
        first = [step for step in made if not step.address]
        made = [*first, reported, *(step for step in made if step.address)]
    return tuple(made)


def _report(finding: Finding) -> Step | None:
    """How the page's platform is told of it, as the playbooks know it."""
    host = finding.url.partition("//")[2].partition("/")[0].removeprefix("www.").casefold()
    key = next((name for end, name in _PLATFORMS.items() if _is_of(host, end)), "")
    platform = book().platforms.platforms.get(key)
    if platform is None or finding.kind not in _REPORTED:
        return None
    where = next((one for one in platform.addresses if one.route in ("report", "privacy")), None)
    return Step.model_validate(
        {
            "id": f"report-{key}",
            "says": f"Report it to {platform.name}: {platform.report.says}.",
            "address": f"https://{where.says}" if where else "",
            "source": (where or platform.report).source,
            "checked": (where or platform.report).checked,
        }
    )


def _is_of(host: str, end: str) -> bool:
    return host == end or host.endswith(f".{end}")


def checklist(policy: Mapping[str, str]) -> tuple[Part, ...]:
    """The checklist as it holds at a school; `policy` is what its policy says, clause by clause."""
    return tuple(
        part.model_copy(update={"lines": tuple(_as_at(line, policy) for line in part.lines)})
        for part in _parts()
    )


def _as_at(line: Line, policy: Mapping[str, str]) -> Line:
    if not line.policy:
        return line
    return line.model_copy(
        update={"says": f"{line.says}: {policy.get(line.policy, '') or NOT_SET}."}
    )

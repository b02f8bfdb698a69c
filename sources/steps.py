"""A poll in several steps: one that fails costs itself, unless all do or the site is away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sources.base import Flaw, Post, SourceError


class SiteError(SourceError):
    """What every further request to the site would meet too, whatever its health."""


def each(
    steps: Iterable[Iterator[Post | Flaw]], *, one_budget: bool = True, one_site: bool = True
) -> Iterator[Post | Flaw]:
    """What the steps give, one after the other; a failure becomes a Flaw where another went well.

    Raises the first failure where no step ended well. After a failure that every further request
    would share (the site is slow, or wants to be left alone) no further step is begun; so it is
    with a used-up allowance, unless the steps draw on several (`one_budget` is False). Steps at
    several sites (`one_site` is False) do not share failures, and are all named where all failed.
    """
    errors: list[SourceError] = []
    ended_well = False
    for step in steps:
        try:
            yield from step
            ended_well = True
        except SourceError as error:
            errors.append(error)
            if one_site and is_shared(error, one_budget=one_budget):
                break
    if errors and not ended_well:
        raise errors[0] if one_site else _together(errors)
    # One that waits for its turn will have it; of any other nothing can be seen.
    failed = {str(error): error.health != "waiting" for error in errors}
    yield from (Flaw(detail, blind=blind) for detail, blind in failed.items())


def is_shared(error: SourceError, *, one_budget: bool = True) -> bool:
    """True for a failure that every further request to the site would share."""
    if error.health == "over budget":
        return one_budget
    if isinstance(error, SiteError) or error.health in ("slow", "waiting"):
        return True
    return error.retry_after is not None


def _together(errors: Sequence[SourceError]) -> SourceError:
    """One error for several sites; a site that is only waiting hides nothing that is wrong."""
    wrong = [error for error in errors if error.health != "waiting"] or list(errors)
    waits = [error.retry_after for error in errors if error.retry_after is not None]
    message = " ".join(dict.fromkeys(map(str, wrong)))
    return SourceError(message, wrong[0].health, min(waits) if len(waits) == len(errors) else None)

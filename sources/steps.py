"""A poll in several steps: one that fails costs itself, unless all do or the site is away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sources.base import Flaw, Post, SourceError


def each(
    steps: Iterable[Iterator[Post | Flaw]], *, one_budget: bool = True
) -> Iterator[Post | Flaw]:
    """What the steps give, one after the other; a failure becomes a Flaw where another went well.

    Raises the first failure where no step ended well. After a failure that every further request
    would share (the site is slow, or wants to be left alone) no further step is begun; so it is
    with a used-up allowance, unless the steps draw on several (`one_budget` is False).
    """
    errors: list[SourceError] = []
    ended_well = False
    for step in steps:
        try:
            yield from step
            ended_well = True
        except SourceError as error:
            errors.append(error)
            if _is_shared(error, one_budget=one_budget):
                break
    if errors and not ended_well:
        raise errors[0]
    yield from (Flaw(str(error)) for error in errors)


def _is_shared(error: SourceError, *, one_budget: bool) -> bool:
    if error.health == "over budget":
        return one_budget
    return error.health in ("slow", "waiting") or error.retry_after is not None

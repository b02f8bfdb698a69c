"""What speaks for and against a name in a text, as numbers for the learned part."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.judge.weigh import Occurrence, Scene, School, word_lists

_MANY = 5
_REACH = 6


def facts(
    scene: Scene, names: Sequence[Occurrence], objected: Sequence[bool], whose: School
) -> tuple[float, ...]:
    """What speaks for and against a school in a text, as numbers for the learned part.

    How much the text speaks of schools, at all and near its name; of notices in which a school
    is a landmark, and right before the name; of its community, of the writer's own life, of other
    towns, of home; and what stands right after and before the name. `objected` says of each name
    whether something speaks against it.
    """
    lists, words = word_lists(), scene.vocabulary
    size = max(len(scene.tokens), 1)
    inside = {index for at in names for index in range(at.first, at.last + 1)}
    others = [spot for spot in scene.school_words if spot not in inside]
    return (
        len(others) / size,
        min(len(others), _MANY) / _MANY,
        float(any(scene.school_word_near(at) for at in names)),
        min(len(lists["landmark"] & words), _MANY) / _MANY,
        float(any(_before(scene, at) & lists["near"] for at in names)),
        float(bool(lists["community"] & words)),
        float(bool(lists["personal"] & words)),
        float(bool(scene.other_towns(whose))),
        float(scene.speaks_of_home(whose)),
        float(any(_after(scene, at) in lists["things"] for at in names)),
        float(any(_after(scene, at) in lists["kinds"] for at in names)),
        float(any(at.strong for at in names)),
        float(any(objected)),
        float(bool(names) and all(objected)),
        min(len(names), _MANY) / _MANY,
    )


def _before(scene: Scene, at: Occurrence) -> frozenset[str]:
    return frozenset(scene.tokens.words[max(0, at.first - _REACH) : max(at.first, 0)])


def _after(scene: Scene, at: Occurrence) -> str:
    words = scene.tokens.words
    return words[at.last + 1] if at.last + 1 < len(words) else ""

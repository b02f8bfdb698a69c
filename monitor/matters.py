"""PURE: what a post is, as far as the rules of who hears look at it: whom it is about, and how."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from monitor import whom
from monitor.settings import Person, School
from monitor.store.mentions import Mention

# What may be an allegation against a person who is named; elsewhere the named may be the harmed.
ALLEGATIONS = frozenset({"safeguarding", "staff_conduct"})
# What speaks ill of whom it names.
_CRITICAL = ALLEGATIONS | {
    "complaint", "harassment", "defamation", "cyberbullying", "hate", "sexual"
}  # fmt: skip
# Whom these name is in danger, and must know it.
_IN_DANGER = frozenset({"threat", "self_harm"})
# What the office is never sent.
_SAFEGUARDING = frozenset({"safeguarding", "self_harm", "extremism", "sexual"})
# What the safeguarding lead hears of too, where a child is involved.
_CHILDREN = frozenset({"cyberbullying", "sexual", "hate"})
_CHILD = re.compile(
    r"\b(?:child(?:ren)?|kids?|pupils?|students?|boys?|girls?|sons?|daughters?|lads?|lass(?:es)?"
    r"|teenagers?|bairns?|weans?|classmates?|year ?\d{1,2}s?|yr ?\d{1,2}s?|y\d{1,2}|reception"
    r"|plant|plentyn|disgybl(?:ion)?|merch(?:ed)?|mab|bachgen|bechgyn|blwyddyn \d{1,2})\b",
    re.IGNORECASE,
)
_LEAK = re.compile(
    r"\b(?:leak\w*|breach\w*|shared|emailed|posted|sent|dumped|published|uploaded|screenshot\w*"
    r"|left|visible|public|rhannu|gollwng)\b",
    re.IGNORECASE,
)
_DOCUMENT = re.compile(
    r"\b(?:documents?|lists?|spreadsheets?|files?|records?|reports?|registers?|letters?|databases?"
    r"|logs?|notes|plans?|ehcps?|usb|memory stick|dogfen(?:nau)?|rhestr(?:au)?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Matter:
    """What a post is, as far as the rules of who hears look at it.

    `about` are the people it speaks ill of, `grave` says that they must not hear it; `unsure`
    that it may be about the head, or names somebody by what may be a plain word; `of_a_child`
    that the safeguarding lead hears of it too, and `leak` the data protection officer.
    """

    grave: bool
    unsure: bool
    about: tuple[Person, ...]
    is_safeguarding: bool
    of_a_child: bool
    leak: bool

    def concerns(self, role: str) -> bool:
        """True where it is about somebody who holds the role."""
        return any(role in person.roles for person in self.about)


def signs(categories: Collection[str], rules: Iterable[str]) -> frozenset[str]:
    """The categories of a judgement, and those that its reasons only hint at: a rule of theirs
    that was set aside, or one that does not fit the level.
    """
    return ALLEGATIONS.intersection(part for rule in rules for part in rule.split(".")).union(
        categories
    )


def words_of(mention: Mention) -> str:
    """The words that are looked through for people; what a member of staff posted is about the
    author, whoever it names.
    """
    own = f"\n{mention.author}" if "staff_conduct" in mention.categories else ""
    return f"{mention.title}\n{mention.text}{own}"


def matter_of(school: School, told: Collection[str], words: str) -> Matter:
    """What a post of these signs and words is at a school."""
    grave = is_grave(told, words)
    critical = grave or (not _CRITICAL.isdisjoint(told) and _IN_DANGER.isdisjoint(told))
    return Matter(
        grave=grave,
        unsure=critical
        and (
            is_unsure(words, grave=grave)
            or (grave and any(whom.may_be_named(person, words) for person in school.people))
        ),
        about=tuple(
            person
            for person in school.people
            if critical and whom.is_about(person, words, gravely=grave)
        ),
        is_safeguarding=not _SAFEGUARDING.isdisjoint(told),
        of_a_child=not _CHILDREN.isdisjoint(told) and bool(_CHILD.search(words)),
        leak="privacy" in told and bool(_LEAK.search(words) and _DOCUMENT.search(words)),
    )


def is_grave(told: Collection[str], words: str) -> bool:
    """An allegation; what is sexual and speaks of a child may be one."""
    return not ALLEGATIONS.isdisjoint(told) or ("sexual" in told and bool(_CHILD.search(words)))


def is_unsure(words: str, *, grave: bool) -> bool:
    """True where a post that speaks ill of somebody may be about the head."""
    return whom.cannot_tell(words) or (grave and whom.speaks_of_head(words))

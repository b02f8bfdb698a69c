"""What complaints are about, by fixed labels: the rules that found them, and plain words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

OTHER = "Something else"
# A rule that says outright what a complaint is about.
_RULES: Mapping[str, str] = {
    "complaint.bullying-not-dealt-with": "Bullying and how it is dealt with",
    "complaint.send-not-met": "Support for special needs",
    "complaint.unsafe": "Safety and supervision",
    "complaint.discrimination": "Fair treatment",
    "complaint.ignored": "Answering parents",
}
_WORDS: Mapping[str, str] = {
    "Bullying and how it is dealt with": r"bull(?:y|ied|ies|ying)\w*|picked on",
    "Support for special needs": r"send|senco|ehcps?|special needs|autis\w+|adhd|dyslexi\w+",
    "Answering parents": r"emailed|no (?:reply|answer|response)|ignored|fobbed off|never (?:reply|"
    r"replies|answers?)|communicat\w+|short notice|last minute",
    "Food": r"dinners?|lunch(?:es)?|canteen|packed lunch\w*|school meals?|menus?|portions?",
    "Parking and traffic": r"park(?:ed|ing)|car park|traffic|zig ?zags?|"
    r"drop ?off|pick ?up|speeding",
    "Uniform and appearance": r"uniforms?|blazers?|jumpers?|skirts?|polo shirts?|shoes|trainers|"
    r"hair(?:cuts?|styles?)?",
    "Money: trips, clubs and charges": r"charg(?:e|es|ed|ing)|fees?|pay(?:ing|ment)?|"
    r"cost(?:s|ing)?|expensive|pric(?:e|es|ey)|after[- ]school club|breakfast club",
    "Teaching and homework": r"homework|teaching|lessons?|spellings?|supply teachers?|"
    r"cover teachers?|results|sats|gcses?|ofsted",
    "Behaviour and discipline": r"detentions?|exclu(?:ded|sions?)|isolation|behaviour|fights?|"
    r"fighting",
    "Toilets, buildings and grounds": r"toilets?|heating|freezing|leak\w*|playground|litter|fence",
    "Places and admissions": r"admissions?|waiting list|catchment|class sizes?|oversubscribed",
    "Dates, closures and events": r"inset|clos(?:ed|ure)|cancell?ed|sports day|nativity|term dates|"
    r"parents\W? evening",
}
_PATTERNS = {
    label: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for label, words in _WORDS.items()
}


def themes(words: str, rules: Iterable[str]) -> frozenset[str]:
    """The labels of one complaint, by its words and the rules that found it; never none."""
    by_rule = {_RULES[rule] for rule in rules if rule in _RULES}
    by_word = {label for label, pattern in _PATTERNS.items() if pattern.search(words)}
    return frozenset(by_rule | by_word) or frozenset({OTHER})


def ranked(complaints: Iterable[frozenset[str]]) -> tuple[tuple[str, int], ...]:
    """How many complaints each label has, the most first."""
    counts = Counter(label for labels in complaints for label in labels)
    return tuple(sorted(counts.items(), key=lambda one: (one[0] == OTHER, -one[1], one[0])))

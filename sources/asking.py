"""What kinds that put queries to a service share: queries, key, terms, and the service's words."""

from __future__ import annotations

_SHOWN = 40
_SAID = 200


def key_that_can_be_sent(key: str) -> str:
    """The key without blanks around it; raises ValueError for what no header can carry."""
    key = key.strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ValueError("the key holds a space or a letter that no key has; copy it again")
    return key


def terms_read(read: bool, why: str) -> bool:
    """True; raises ValueError, which says in one line why, where nobody says to have read them."""
    if not read:
        raise ValueError(f"{why}; read the terms, then write i_have_read_the_terms = true")
    return read


def queries_within(queries: tuple[str, ...], longest: int) -> tuple[str, ...]:
    """The queries without blanks around them, each once; raises ValueError for one that is none."""
    found = tuple(dict.fromkeys(query.strip() for query in queries))
    if "" in found:
        raise ValueError("one of the queries is blank; fill it in or take it out")
    for query in found:
        if len(query) > longest:
            raise ValueError(
                f"the query “{query[:_SHOWN]}…” has {len(query)} characters, and no more than "
                f"{longest} are read; make it shorter"
            )
    return found


def own_words(text: str, *secrets: str) -> str:
    """What a service said, fit for an error: one short line that repeats none of our secrets."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    for secret in filter(None, secrets):
        line = line.replace(secret, "…")
    return line if len(line) <= _SAID else line[: _SAID - 1] + "…"

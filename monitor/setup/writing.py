"""PURE: a school's first config.toml, commented for whoever goes on with it."""

from __future__ import annotations

import sources
from monitor.settings import KNOWN_CONTACTS
from monitor.setup.facts import Person, School, Start
from monitor.setup.names import aliases, exclusions, identifier, initials, tags
from monitor.setup.places import Place, places
from monitor.setup.toml_text import (
    Value,
    block,
    comment,
    joined,
    off,
    setting,
)

# More would be read by nobody; the likeliest mix-ups come first.
MOST_EXCLUDED = 40
_MOST_TOLD = 100
_PRIVATE_FILE = "a file that only you can read: docs/configuration.md, A secret in a file"
_EXAMPLE_PEOPLE = (
    Person("NAME OF THE HEADTEACHER", "head@your-school.example", "headteacher"),
    Person("NAME OF THE SAFEGUARDING LEAD", "dsl@your-school.example", "dsl"),
    Person("NAME OF THE CHAIR OF GOVERNORS", "chair@your-school.example", "chair"),
)


def compose(start: Start) -> str:
    """The file's words."""
    return (
        joined(
            (
                _opening(start.school),
                block("[database]", {"url": "sqlite:///footprint.db"}),
                _http(start),
                _mail(start),
                *map(_source, _known(start)),
                _school(start),
                _staff(start.school),
                _people(start.people),
                _hours(),
                _contacts(),
                _approval(),
            )
        )
        + "\n"
    )


def _known(start: Start) -> tuple[Place, ...]:
    kinds = sources.names()
    return tuple(place for place in places(start) if place.kind in kinds)


def _opening(school: School) -> str:
    return comment(
        f"Footprint's settings for {school.name}, written by `footprint init`. Read every line: "
        "what was guessed from the register may be wrong. `footprint check` names each mistake; "
        "config.example.toml and docs/configuration.md explain every setting. A line or block that "
        'begins with "# " is switched off; to switch it on, take the "# " away.'
    )


def _http(start: Start) -> str:
    note = "where a site that is read can write to: an email or web address; not for alerts"
    return "[http]\n" + setting("contact", start.contact, note)


def _mail(start: Start) -> str:
    lines = ["[mail]"]
    if start.sender:
        note = "where alerts come from: an address that the mail server lets it send from"
        lines.append(setting("from", f"Footprint <{start.sender}>", note))
    if start.mail_host:
        lines += [
            setting("host", start.mail_host),
            setting("port", 587),
            setting("security", "starttls", '"starttls" or "tls"'),
            off(setting("user", start.sender)),
            off(setting("password_file", "secrets/smtp", _PRIVATE_FILE)),
        ]
    else:
        lines += [
            off(setting("host", "smtp.example.net", "without it nobody is told")),
            setting("folder", start.mail_folder, "where mail is written meanwhile"),
        ]
    return "\n".join(lines)


def _source(place: Place) -> str:
    table = block("[[sources]]", place.table)
    return f"{comment(place.about)}\n{table if place.live else off(table)}"


def _school(start: Start) -> str:
    school = start.school
    phrases = exclusions(school, start.namesakes)
    head = comment(
        "The school: the words that mean it, and the words that mean others of nearly its name. "
        "`footprint test-words` shows what they would catch."
    )
    table: dict[str, Value] = {"id": identifier(school.name), "name": school.name}
    if school.urn is not None:
        table["urn"] = school.urn
    table |= {
        "aliases": aliases(school),
        "handles": (),
        # With namesakes about, the same hashtag is theirs too.
        "hashtags": () if start.namesakes else tuple(f"#{tag}" for tag in tags(school)),
        "urls": (school.website,) if school.website else (),
        "places": school.places,
        "exclude": phrases[:MOST_EXCLUDED],
        "nation": school.nation,
    }
    rest = _rest(phrases[MOST_EXCLUDED:])
    return joined((head, block("[[schools]]", table), rest, _hint(school)), "\n")


def _rest(phrases: tuple[str, ...]) -> str:
    if not phrases:
        return ""
    more = f"; and {len(phrases) - _MOST_TOLD} more" if len(phrases) > _MOST_TOLD else ""
    told = "; ".join(phrases[:_MOST_TOLD])
    return comment(f"Not in `exclude`, for there are too many of that name: {told}{more}.")


def _hint(school: School) -> str:
    letters = initials(school)
    if not letters:
        return ""
    return comment(f'Add "{letters}" to the aliases only if everybody there says it.')


def _staff(school: School) -> str:
    return joined(
        (
            comment(
                "People whom a post about the school may speak of, recognised and never searched "
                "for. Only with their own consent: ask, and then switch the three lines on."
            ),
            off(
                block(
                    "[[schools.staff]]",
                    {"name": school.head or "NAME OF THE HEADTEACHER", "role": "headteacher"},
                )
            ),
        ),
        "\n",
    )


def _people(people: tuple[Person, ...]) -> str:
    head = comment(
        "Who is told: at least the headteacher, the safeguarding lead (dsl) and the chair of "
        "governors, each by the name that people use of them."
    )
    missing = [one for one in _EXAMPLE_PEOPLE if one.role not in {each.role for each in people}]
    return joined((head, *map(_person, people), *(off(_person(one)) for one in missing)), "\n")


def _person(person: Person) -> str:
    table: dict[str, Value] = {"name": person.name, "email": person.email, "role": person.role}
    return block("[[schools.people]]", table)


def _hours() -> str:
    note = "when mail that is not urgent is sent, Monday to Friday"
    return "[schools.hours]\n" + setting("respond", "07:30-17:30", note)


def _contacts() -> str:
    head = comment("Local numbers and addresses to have at hand.")
    lines = (setting(key, "", meaning) for key, meaning in KNOWN_CONTACTS.items())
    return "\n".join((head, "[schools.contacts]", *lines))


def _approval() -> str:
    return joined(
        (
            comment(
                "The head's approval. Switch these five lines on, and fill them in, when the head "
                "has approved and the data protection officer has advised. Until then "
                "`footprint run` watches nothing."
            ),
            "# [schools.approval]",
            '# headteacher = ""',
            '# dpo_advice = ""',
            "# date = 2026-09-01",
            '# notice_url = ""',
        ),
        "\n",
    )

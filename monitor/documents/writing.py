"""PURE: the papers as HTML pages, which open in any browser or word processor, and print."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from monitor.documents import facts
from monitor.rights import HELD
from monitor.settings import School, Settings

# Each paper by the name of its file.
PAPERS = (
    "dpia.html",
    "appropriate-policy.html",
    "record-of-processing.html",
    "outside-addresses.html",
    "notice-parents.html",
    "notice-children.html",
    "notice-staff.html",
    "letter-to-staff.html",
    "notice-parents-cy.html",
    "notice-children-cy.html",
    "notice-staff-cy.html",
)
# What the assessment answers, each with what the program does about it.
RISKS = (
    (
        "Reading becomes the watching of a person",
        (
            "no search, list, filter or count by writer; opening one account's posts again and "
            "again asks for a written reason, then for the agreement of the head and the officer"
        ),
    ),
    (
        "Lawful criticism is treated as an offence",
        "“this may be fair” stands beside it; no wording of removal for complaints; corrections",
    ),
    (
        "A child's details spread further",
        (
            "names, numbers, addresses, health and needs are hidden; revealing is recorded; mails "
            "carry none; no pictures are fetched"
        ),
    ),
    (
        "An alert is missed or comes late, and a child is harmed",
        (
            "alerts are kept until they are delivered, go on to the next person, and a source that "
            "is silent is said to be; no alert is no proof that nothing is wrong"
        ),
    ),
    (
        "A post is misjudged",
        (
            "a person decides each time; levels are corrected, and the first reading is kept for "
            "figures of error"
        ),
    ),
    (
        "Somebody reads what is about themself, or hides it",
        (
            "what may be an allegation against one of the school's people goes to others, and is "
            "shown on no page of theirs"
        ),
    ),
    (
        "Data is kept too long, or destroyed too early",
        "it is deleted by time; holds for the police, a court, a complaint or a request stop that",
    ),
    (
        "The machine or a backup is stolen",
        "two-step sign-in, encrypted backups and secrets, an audit trail that shows any change",
    ),
    (
        "Staff feel watched",
        (
            "their names are never searched for; their own check is theirs alone; they are told "
            "and asked beforehand"
        ),
    ),
)


def papers(settings: Settings, school: School, today: date, version: str) -> Mapping[str, str]:
    """Every paper of a school by the name of its file."""
    shown = {
        "school": school,
        "read": facts.sources_of(settings, school),
        "contacted": facts.contacted(settings, school),
        "kept": facts.kept(school),
        "purposes": facts.PURPOSES,
        "never": facts.NEVER,
        "risks": RISKS,
        "held": sorted(HELD.values(), key=lambda one: one.name),
        "head": facts.holders(school, "headteacher"),
        "dsl": facts.holders(school, "dsl"),
        "dpo": facts.holders(school, "dpo"),
        "today": today,
        "version": version,
    }
    return {name: _templates().get_template(name).render(shown) for name in PAPERS}


@cache
def _templates() -> Environment:
    """Everything put into them is text, and a name that is not there an error."""
    return Environment(
        loader=PackageLoader("monitor.documents", "data"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

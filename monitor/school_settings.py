"""One school's part of the configuration: the words that mean it, and who is told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import time
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    SecretStr,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from alerts.second import SERVICES, scheme_of
from monitor.judge.terms import Staff, Watch
from monitor.problems import nearest, quoted
from monitor.setting_types import (
    WEEKDAYS,
    AtLeastOne,
    Day,
    EmailAddress,
    Filled,
    Fixed,
    FixedWords,
    Identifier,
    Line,
    MaybeEmail,
    PersonName,
    Quiet,
    Section,
    Span,
    Switch,
    WebAddress,
    Weekly,
    Whole,
    Words,
    awake,
    refusal,
    refusals,
)
from monitor.term_dates import Terms
from monitor.toml_lines import KeyPath
from monitor.watch_words import NOT_A_PERSON, is_name_of, seems_a_person

Nation = Literal["england", "wales", "scotland", "northern_ireland"]
NATIONS: tuple[Nation, ...] = get_args(Nation)
Language = Literal["en", "cy"]
Role = Literal[
    "headteacher",
    "deputy",
    "dsl",
    "deputy_dsl",
    "duty",
    "office",
    "chair",
    "vice_chair",
    "clerk",
    "dpo",
    "it",
    "governor",
    "trust",
    "staff",
]

# What schools call those who hold a role.
_ROLE_NAMES: Mapping[str, str] = {
    "headteacher": "head, head teacher, acting head, executive head, head of school, headmaster, "
    "headmistress, principal",
    "deputy": "deputy head, deputy headteacher, deputy head teacher, deputy principal, "
    "depute head, vice principal, assistant head, assistant headteacher",
    "dsl": "safeguarding, safeguarding lead, safeguarding officer, designated safeguarding lead, "
    "designated safeguarding person, designated teacher, child protection officer, "
    "child protection coordinator, child protection co ordinator",
    "deputy_dsl": "ddsl, deputy safeguarding lead, deputy designated safeguarding lead",
    "duty": "on call",
    "office": "business manager, school business manager, office manager, administrator, bursar, "
    "secretary",
    "chair": "chair of governors, chair of trustees",
    "vice_chair": "vice chair of governors",
    "clerk": "clerk to the governors, clerk to governors, governance professional",
    "dpo": "data protection officer",
    "it": "it manager, it support, network manager",
    "staff": "teacher",
}
_ROLE_MEANT = {name: role for role, names in _ROLE_NAMES.items() for name in names.split(", ")}
_ROLES_EXPLAINED = (
    "headteacher, deputy (head), dsl (safeguarding lead), deputy_dsl, duty (on call), office, "
    "chair (of governors), vice_chair, clerk, dpo (data protection), it, governor, trust, staff"
)

KNOWN_CONTACTS: Mapping[str, str] = Fixed(
    {
        "lado": "the local authority's designated officer (England) or designated officer (Wales)",
        "mash": "children's social care, the front door",
        "mash_out_of_hours": "children's social care, evenings and weekends",
        "police": "the neighbourhood or schools officer",
        "prevent": "the Prevent lead",
        "la_press": "the press office of the council, trust or diocese",
        "la_legal": "legal advice from the council, trust or diocese",
        "hr": "personnel advice from the council, trust or diocese",
        "dpo": "the data protection officer",
        "it": "IT support",
        "chair": "the chair of governors or trust",
        "vice_chair": "the vice-chair",
        "clerk": "the clerk or governance professional",
        "dsl": "the safeguarding lead, out of hours",
        "deputy_dsl": "the deputy safeguarding lead, out of hours",
        "unions": "the staff unions' representatives",
        "complaints": "the web address of the complaints procedure",
        "office_phone": "the office's telephone number for the public",
        "office_email": "the office's email address for the public",
    }
)


def _not_both(roles: object) -> object:
    if roles is None:
        raise refusal("and role must not both be given")
    return roles


def _known_role(role: object) -> object:
    known = get_args(Role)
    if not isinstance(role, str) or role in known:
        return role
    words = " ".join(re.split(r"[\s_-]+", role.strip().casefold()))
    own, near = words.replace(" ", "_"), nearest(role, known)
    meant = own if own in known else _ROLE_MEANT.get(words)
    hint = f'; did you mean "{near}"?' if near else ", which is no role here."
    hint = f'; write "{meant}".' if meant else hint
    raise refusal(f"is {quoted(role)}{hint} The roles are: {_ROLES_EXPLAINED}")


Roles = Annotated[
    tuple[Annotated[Role, BeforeValidator(_known_role)], ...],
    AtLeastOne,
    BeforeValidator(_not_both),
]


class Person(Section):
    """[[schools.people]]: somebody who is told.

    `digest` asks for the week's digest by mail, or declines it: unset, the headteacher and the
    safeguarding lead get theirs, and governors and the trust do not.

    The last two are that person's own choices, and hold for what can wait alone: without
    `respond_by_mail` it is left to the digest, where anybody else hears of it; in `quiet_hours`
    it is not sent. `second` is the Apprise address of a second way to this person.
    """

    also = ("role",)

    name: PersonName
    email: EmailAddress
    roles: Roles
    digest: Switch | None = None
    respond_by_mail: Switch = True
    quiet_hours: Quiet | None = None
    second: SecretStr = SecretStr("")

    @field_validator("second")
    @classmethod
    def _is_carried(cls, second: SecretStr) -> SecretStr:
        if second and not scheme_of(second.get_secret_value()):
            known = ", ".join(f"{service}://" for service in SERVICES)
            raise refusal(f"must lead to an address that begins with one of {known}")
        return second

    @model_validator(mode="before")
    @classmethod
    def _role_or_roles(cls, table: Any) -> Any:
        """In the file, `role` stands for a list of one; both together are refused at `roles`."""
        if not isinstance(table, dict) or "role" not in table:
            return table
        rest = {key: value for key, value in table.items() if key != "role"}
        return {**rest, "roles": None if "roles" in table else (table["role"],)}


class StaffMember(Section):
    """[[schools.staff]]: a name that is recognised in a post about the school."""

    name: PersonName
    role: Line = ""


class Hours(Section):
    """[schools.hours]: when the school answers; Europe/London.

    `respond` is from and until; `digest` a weekday and a time such as `Mon 07:30`.
    """

    respond: Span = (time(7, 30), time(17, 30))
    digest: Weekly = "Mon 07:30"
    holiday_contact: MaybeEmail = ""
    escalate_minutes: Annotated[Whole, Field(ge=1, le=1440)] = 15

    @property
    def digest_weekday(self) -> int:
        """The digest's day, counted as `date.weekday` does: 0 for Monday."""
        return WEEKDAYS.index(self.digest[:3])

    @property
    def digest_time(self) -> time:
        """The digest's time of day, Europe/London."""
        return time.fromisoformat(self.digest[4:])


class Policy(Section):
    """[schools.policy]: what the school's own policy says to its staff, in a few words each.

    Staff see it in their own check; policies differ, so nothing is assumed of a blank one.
    """

    friends_with_parents: Line = ""
    former_pupils: Line = ""
    naming_the_school: Line = ""


class Approval(Section):
    """[schools.approval]: the head's approval and the data protection officer's advice."""

    headteacher: Words
    dpo_advice: Words
    date: Day
    notice_url: Annotated[WebAddress, Filled]


# How long things are kept, in days: the guidance for schools, which a school may shorten.
_NORMALLY = {"not_about_us": 7, "routine": 30, "watch": 90, "respond": 365, "urgent": 30}
_LONGEST_KEPT = 36_500
Kept = Annotated[Whole, Field(ge=1, le=_LONGEST_KEPT)]


class Keep(Section):
    """[schools.keep]: how many days things are kept.

    `respond` counts from the closing of the incident, `urgent` from when it was moved to the
    school's own safeguarding or personnel record. Longer than normal needs `longer_because`, the
    data protection officer's reason.
    """

    not_about_us: Kept = _NORMALLY["not_about_us"]
    routine: Kept = _NORMALLY["routine"]
    watch: Kept = _NORMALLY["watch"]
    respond: Kept = _NORMALLY["respond"]
    urgent: Kept = _NORMALLY["urgent"]
    longer_because: Line = ""

    @field_validator("longer_because")
    @classmethod
    def _is_reasoned(cls, reason: str, info: ValidationInfo) -> str:
        longer = [key for key, days in _NORMALLY.items() if info.data.get(key, days) > days]
        if longer and not reason:
            days = ", ".join(f"{key} = {info.data[key]}, not {_NORMALLY[key]}" for key in longer)
            raise refusal(f"must give the data protection officer's reason for {days}")
        return reason


class DateRange(Section):
    """A stretch of term, both ends included."""

    first: Day
    last: Day

    @field_validator("last")
    @classmethod
    def _not_before(cls, last: Any, info: ValidationInfo) -> Any:
        if "first" in info.data and last < info.data["first"]:
            raise refusal("must not be before the first day")
        return last


def _range(value: object) -> object:
    if not isinstance(value, str):
        return value
    first, dots, last = value.partition("..")
    if not dots:
        raise refusal('must be two days such as "2026-09-01..2026-12-18"')
    return {"first": first.strip(), "last": last.strip()}


def _calendar(name: str) -> str:
    if name and not name.casefold().endswith(".ics"):
        wants = 'a file ending in .ics, or a list such as ["2026-09-01..2026-12-18"]'
        raise refusal(f"must be {wants}")
    return name


def _form_of_terms(value: object) -> str:
    if isinstance(value, Terms):
        return "read"
    return "ranges" if isinstance(value, list | tuple) else "file"


Term = Annotated[DateRange, BeforeValidator(_range)]
TermDates = Annotated[
    Annotated[Annotated[Line, AfterValidator(_calendar)], Tag("file")]
    | Annotated[tuple[Term, ...], Tag("ranges")]
    | Annotated[Terms, Tag("read")],
    Discriminator(_form_of_terms),
]


def _no_approval(contacts: object) -> object:
    if isinstance(contacts, dict) and "dpo_advice" in contacts:
        why = 'belongs under [schools.approval]: remove the "# " before that line too'
        raise refusal(why, ("dpo_advice",))
    return contacts


def _always_quiet(
    people: tuple[Person, ...], window: tuple[time, time] | None
) -> Iterator[tuple[KeyPath, str]]:
    why = "must leave some of the school's hours (hours.respond), in which mail can be sent"
    for at, person in enumerate(people):
        if window and person.quiet_hours and not list(awake(window, person.quiet_hours)):
            yield (at, "quiet_hours"), why


def _shared(people: tuple[Person, ...]) -> Iterator[tuple[KeyPath, str]]:
    """A mailbox of two people: what must not reach one of them would, by way of the other."""
    names: dict[str, str] = {}
    for at, person in enumerate(people):
        name = " ".join(person.name.casefold().split())
        if names.setdefault(person.email.casefold(), name) != name:
            why = (
                "is the address of somebody else above: what is about the one would be read by "
                "both; give each an address of their own, or one person both roles"
            )
            yield (at, "email"), why


class School(Section):
    """[[schools]]: one school, the words that mean it, and who is told.

    `own_text` has alerts carry the post's own words, masked; `public_reports` takes reports of
    whoever has the school's link. `term_dates` are ranges, or what an .ics file held once
    `monitor/config.py` has read it.
    `posters` are the addresses of those who may post for the school.
    `contacts` has the keys of KNOWN_CONTACTS and any others that the school adds.
    """

    id: Identifier
    staff: tuple[StaffMember, ...] = ()
    hours: Hours = Hours()
    keep: Keep = Keep()
    people: tuple[Person, ...] = ()
    name: Words
    urn: Annotated[Whole, Field(ge=1, le=9_999_999)] | None = None
    aliases: tuple[Words, ...] = ()
    handles: tuple[Words, ...] = ()
    hashtags: tuple[Words, ...] = ()
    urls: tuple[Words, ...] = ()
    places: tuple[Words, ...] = ()
    exclude: tuple[Words, ...] = ()
    term_dates: TermDates = ""
    nation: Nation = "england"
    languages: Annotated[tuple[Language, ...], AtLeastOne] = ("en",)
    official_accounts: tuple[Words, ...] = ()
    own_text: Switch = False
    public_reports: Switch = False
    posters: tuple[EmailAddress, ...] = ()
    contacts: Annotated[FixedWords, BeforeValidator(_no_approval)] = Fixed()
    policy: Policy = Policy()
    approval: Approval | None = None

    @field_validator("people")
    @classmethod
    def _each_can_be_told(cls, people: Any, info: ValidationInfo) -> Any:
        window = info.data["hours"].respond if "hours" in info.data else None
        wrong = [*_always_quiet(people, window), *_shared(people)]
        if wrong:
            raise refusals(*wrong)
        return people

    @field_validator("posters")
    @classmethod
    def _are_people(cls, posters: Any, info: ValidationInfo) -> Any:
        known = {person.email.casefold() for person in info.data.get("people", ())}
        why = "is the address of nobody under [[schools.people]]: only they can sign in"
        wrong = [((at,), why) for at, one in enumerate(posters) if one.casefold() not in known]
        if wrong and "people" in info.data:
            raise refusals(*wrong)
        return posters

    @field_validator("name", "aliases", "handles", "hashtags")
    @classmethod
    def _no_person(cls, words: Any, info: ValidationInfo) -> Any:
        known = (*info.data.get("staff", ()), *info.data.get("people", ()))
        single = isinstance(words, str)
        pairs = [((), words)] if single else [((at,), word) for at, word in enumerate(words)]
        why = (
            "is the name of somebody at the school; people are never watched, so a name may "
            "stand in staff or people but not among the search terms"
        )
        found = [
            (at, why) for at, word in pairs if any(is_name_of(word, one.name) for one in known)
        ]
        own = "" if single else info.data.get("name", "")
        named = {at for at, _ in found}
        found += [
            (at, NOT_A_PERSON)
            for at, word in pairs
            if at not in named and seems_a_person(word, own)
        ]
        if found:
            raise refusals(*found)
        return words

    @property
    def calendar(self) -> Terms:
        """When it is in term, as far as that is known."""
        if isinstance(self.term_dates, tuple):
            return Terms(tuple((term.first, term.last) for term in self.term_dates))
        return self.term_dates if isinstance(self.term_dates, Terms) else Terms()

    @property
    def watch(self) -> Watch:
        """The school as the judge knows it."""
        return Watch(
            id=self.id,
            name=self.name,
            aliases=self.aliases,
            handles=self.handles,
            hashtags=self.hashtags,
            urls=self.urls,
            places=self.places,
            exclude=self.exclude,
            staff=tuple(Staff(member.name, member.role) for member in self.staff),
        )

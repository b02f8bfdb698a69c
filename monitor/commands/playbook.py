"""`footprint playbook`: what to do about a post of one category, as the school would see it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor.commands._world import (
    DEFAULT_CONFIG,
    NO_CONFIG,
    AsJson,
    ConfigPath,
    clock,
    fail,
    level_option,
    print_json,
    say,
    settings_or_exit,
)
from monitor.commands.mentions import refuse_unknown
from monitor.judge.terms import Level
from monitor.playbooks import Playbook, PlaybookError, playbook
from monitor.playbooks.facts import NOT_CHECKED
from monitor.playbooks.said import Help, Missing, Reply, Said, TakeDown, Who
from monitor.school_days import holidays_ahead
from monitor.settings import School, Settings

WIDTH = 80
NATIONS = {
    "england": "England",
    "wales": "Wales",
    "scotland": "Scotland",
    "northern_ireland": "Northern Ireland",
}

# Whose playbook it is where nothing is configured.
_ANY_SCHOOL = School(id="any-school", name="Any school")
# Of the bodies, the one that is no office to ring.
_OWN_PROCEDURE = "procedure"


def command(
    category: Annotated[str, typer.Argument(help="The category, such as complaint or threat.")],
    school: Annotated[str | None, typer.Option(help="The school (its id).")] = None,
    level: Annotated[
        Level | None, level_option("The post's level; without it the category's usual one.")
    ] = None,
    sources: Annotated[
        bool,
        typer.Option(
            "--sources", help="All of it: evidence, removal, law, and where each sentence is from."
        ),
    ] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Show what to do about a post of one category: steps, people, numbers, reply."""
    if config == DEFAULT_CONFIG and not config.exists():
        say(f"{NO_CONFIG} This is the general playbook, for a school in England.")
        chosen = _ANY_SCHOOL
    else:
        chosen = _school(settings_or_exit(config), school)
    try:
        now = clock()
        made = playbook(category, chosen, now, level, bank_holidays=holidays_ahead(chosen, now))
    except PlaybookError as error:
        fail(str(error), 2)
    if as_json:
        print_json({"playbook": asdict(made)})
    else:
        _Paper(whole=sources).print(made)


def _school(settings: Settings, wanted: str | None) -> School:
    """The school that is meant, or one clear line and the end."""
    refuse_unknown(wanted, settings)
    found = [school for school in settings.schools if wanted in (None, school.id)]
    if not found:
        fail("there is no school to show it for: add [[schools]] to the configuration", 2)
    if len(found) > 1:
        known = ", ".join(school.id for school in found)
        fail(f"say with --school which one; there are: {known}", 2)
    return found[0]


class _Paper:
    """Prints in at most 80 columns: what is done first, or the `whole` of it, where each source is
    a number, listed at the end.
    """

    def __init__(self, *, whole: bool) -> None:
        self._console = Console(highlight=False, width=min(WIDTH, Console().width))
        self._whole = whole
        self._sources: dict[tuple[str, str], int] = {}

    def print(self, made: Playbook) -> None:
        """The playbook, the urgent parts first."""
        self._head(made)
        self._points("Mind", made.warnings)
        self._steps("Now", made.now)
        self._steps("The same day", made.same_day)
        if self._whole:
            self._steps("Follow up", made.follow_up)
            self._points("With every post of this kind", made.common)
        self._points("Never", made.never)
        if self._whole:
            self._points("Evidence to keep", made.evidence)
        self._people(made)
        self._missing(made.missing)
        self._bodies(made.bodies)
        self._reply(made.reply)
        if self._whole:
            self._taking_down(made)
            self._law(made)
            self._sources_of_all()
        else:
            self._line(
                f"\nEvidence, removal, law, sources: footprint playbook {made.category} --sources"
            )
        self._line(f"\n{made.decides}")

    def _head(self, made: Playbook) -> None:
        self._line(f"{made.title} ({made.category})", "bold")
        self._line(f"{made.school}, {NATIONS[made.nation]}. Level: {made.level}.")
        for level, when in made.levels:
            self._item("-", Text(f"{level}: {when}"))
        if made.fair:
            self._line(made.fair, "bold")
        if made.missing:
            number = len(made.missing)
            self._line(
                f"INCOMPLETE: contacts that it needs are blank ({number}); see below", "bold"
            )

    def _missing(self, missing: Sequence[Missing]) -> None:
        if missing:
            self._heading("BLANK and needed: fill these in under [schools.contacts]")
        for contact in missing:
            self._item("-", Text(f"{contact.key}: {contact.name}"))

    def _steps(self, title: str, steps: Sequence[Said]) -> None:
        self._heading(title)
        for number, step in enumerate(steps, start=1):
            self._item(f"{number}.", self._text(step))

    def _points(self, title: str, points: Sequence[Said]) -> None:
        if points:
            self._heading(title)
        for point in points:
            self._item("-", self._text(point))

    def _people(self, made: Playbook) -> None:
        self._heading("Who")
        for part, people in (("leads", made.lead), ("is told", made.told)):
            for who in people:
                self._item("-", Text(f"{part}: {_who(who)}"))
        self._item("-", self._text(made.police))

    def _bodies(self, bodies: Sequence[Help]) -> None:
        if not bodies:
            return
        self._heading("Who can help, first choice first")
        for body in bodies:
            self._item("-", self._body(body))

    def _body(self, body: Help) -> Text:
        text = Text.assemble((body.name, "bold"), ": ", self._text(body.when))
        for way in body.ways:
            hours = f" ({body.opening})" if way.kind == "phone" and body.opening else ""
            text.append("\n").append(self._way(way.fact)).append(hours)
        if body.hours:
            text.append("\nhours: ").append(self._text(body.hours))
        if not body.ways and body.key != _OWN_PROCEDURE:
            text.append("\nno number is known here")
        return text

    def _reply(self, reply: Reply) -> None:
        self._heading("Reply")
        self._line(reply.says)
        for text in (*reply.conditions, *((reply.text,) if reply.text else ())):
            style = "italic" if text is reply.text else ""
            self._item(">" if style else "-", self._text(text, style))
        if reply.welsh:
            self._item(">", self._text(reply.welsh, "italic"))
        for rule in (*(reply.shape if self._whole else ()), *reply.never):
            self._item("-", self._text(rule))

    def _taking_down(self, made: Playbook) -> None:
        self._asking("Asking for removal", made.removal)
        self._asking("Reporting to the platform", made.platform)
        for route in made.routes:
            text = Text.assemble((route.platform, "bold"))
            for way in route.ways:
                text.append("\n").append(self._way(way))
            for note in route.notes:
                text.append("\n").append(self._text(note))
            self._item("-", text)

    def _asking(self, title: str, asking: TakeDown) -> None:
        self._heading(title)
        if asking.otherwise:
            self._item("-", self._text(asking.otherwise))
        if asking.grounds:
            self._item("-", Text(f"Grounds there may be: {'; '.join(asking.grounds)}."))
        for step in asking.steps:
            self._item("-", self._text(step))

    def _law(self, made: Playbook) -> None:
        self._heading(f"The law. {made.not_legal_advice}")
        for law in made.law:
            text = Text.assemble((law.name, "bold"))
            for fact in law.facts:
                text.append("\n").append(self._text(fact))
            self._item("-", text)
        if not made.law:
            self._item("-", Text("No law is named for this category."))
        if made.law_elsewhere:
            self._item("-", Text(made.law_elsewhere))
        self._points(f"In {NATIONS[made.nation]}", made.differs)

    def _sources_of_all(self) -> None:
        self._heading("Where this is from, and when it was last found there")
        for (source, checked), number in self._sources.items():
            self._item(f"[{number}]", Text(f"{source}: {checked}"))

    def _text(self, said: Said, style: str = "") -> Text:
        if not self._whole:
            return Text(said.says, style)
        number = self._sources.setdefault((said.source, said.checked), len(self._sources) + 1)
        return Text.assemble((said.says, style), (f" [{number}]", "dim"))

    def _way(self, said: Said) -> Text:
        """A number or an address: whether it was checked stands beside it."""
        return self._text(said).append(f" {NOT_CHECKED}" if said.checked == NOT_CHECKED else "")

    def _heading(self, title: str) -> None:
        self._line(f"\n{title}", "bold underline")

    def _line(self, line: str, style: str = "") -> None:
        # Text, not markup: a school's own words may stand in square brackets.
        self._console.print(Text(line, style=style))

    def _item(self, mark: str, text: Text) -> None:
        grid = Table.grid(padding=(0, 1))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        grid.add_row(Text(mark), text)
        self._console.print(grid)


def _who(who: Who) -> str:
    parts: Iterable[str] = (who.when, who.contact, who.note)
    return "; ".join((who.name, *filter(None, parts)))

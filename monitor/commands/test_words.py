"""`footprint test-words`: try a school's names on posts before they are saved; it saves nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from alerts.mail import plain
from monitor.commands._posts import Profiles, schools_of
from monitor.commands._world import (
    DEFAULT_CONFIG,
    AsJson,
    ConfigPath,
    fail,
    print_json,
    say,
    settings_or_exit,
)
from monitor.judge.lines import BadLine, PostLine, read_posts
from monitor.judge.terms import Watch, Words
from monitor.judge.trying import Post, Sight, Trial, Trier, advice, names_of, number_of
from monitor.problems import Place
from monitor.setting_problems import problems_of
from monitor.settings import School
from monitor.store import mentions
from monitor.store.engine import StoreError, sqlite_path
from monitor.store.mentions import Mention
from monitor.store.opening import open_store
from sources.text import decode, mend

_NEWEST = 500
_EXAMPLES = 3
_LISTED = 10
_WIDTH = 300
_UNSURE = "unsure: nothing but a short name speaks for it, or it may be something else"
_TRIED = ("aliases", "handles", "hashtags", "places", "exclude")
_KINDS = (*_TRIED, "urls")
Given = list[str] | None
Tried = Annotated[Given, typer.Option(metavar="WORDS", help="Try this too; may be repeated.")]
Only = Annotated[bool, typer.Option("--only", help="Replace what is configured of each kind.")]
_FILE = "Posts, one a line, plain or JSON; without it the newest 500 that are stored."
File = Annotated[str | None, typer.Option("--file", metavar="FILE|-", help=_FILE)]


@dataclass(frozen=True, slots=True)
class _Posts:
    """Posts to try names on, in words where they are from, and whether any line was none."""

    posts: Sequence[Post]
    where: str
    bad: bool = False


def command(
    school: Annotated[str | None, typer.Option(help="The school (its id).")] = None,
    alias: Tried = None,
    handle: Tried = None,
    hashtag: Tried = None,
    place: Tried = None,
    exclude: Tried = None,
    only: Only = False,
    file: File = None,
    profiles: Profiles = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Show what a school's names would catch, and what would slip in; nothing is saved."""
    watches = schools_of(profiles, config)
    before = _chosen(watches, school)
    given = dict(zip(_TRIED, (alias, handle, hashtag, place, exclude), strict=True))
    people = [] if profiles else _people(before.id, config)
    watch = _changed(before, given, people, only=only)
    read = _stored(before.id, config) if file is None else _filed(file)
    trier = Trier(watch, [other for other in watches if other is not before], before)
    bar = Console(stderr=True)
    posts = track(read.posts, "Trying", console=bar, transient=True, disable=not bar.is_terminal)
    trial = Trial(watch, tuple(map(trier.look, posts)))
    if as_json:
        print_json(_as_json(trial, read))
    else:
        _print(trial, before, read)
    raise typer.Exit(1 if read.bad else 0)


def _chosen(watches: Sequence[Watch], wanted: str | None) -> Watch:
    found = [watch for watch in watches if wanted in (None, watch.id)]
    if len(found) == 1:
        return found[0]
    if not watches:
        fail("there is no school to try names for: add [[schools]] to the configuration", 2)
    why = "say with --school which one" if found else f"there is no school {wanted!r}"
    fail(f"{why}; there are: {', '.join(plain(watch.id, _WIDTH) for watch in watches)}", 2)


def _people(school: str, config: Path) -> list[str]:
    """Whom the configuration has told about the school: they may not become search terms."""
    known = settings_or_exit(config).school(school)
    return [person.name for person in known.people] if known else []


def _changed(watch: Watch, given: dict[str, Given], people: Sequence[str], *, only: bool) -> Watch:
    """The school with the names that are to be tried, held to the rules of the configuration."""
    tried = {key: list(getattr(watch, key)) for key in _KINDS}
    for key, words in given.items():
        if words:
            tried[key] = list(dict.fromkeys(words if only else [*tried[key], *words]))
    persons = [{"name": name} for name in (*(one.name for one in watch.staff), *people)]
    table = {"id": "tried", "name": watch.name, "staff": persons, **tried}
    try:
        made = School.model_validate(table)
    except ValidationError as error:
        for problem in problems_of(error, School, table, (), Place("")):
            key = problem.key.partition("[")[0]
            option = f"--{key.removesuffix('es' if key == 'aliases' else 's')}"
            say(f"{option if given.get(key) else problem.key} {problem.message}")
        raise typer.Exit(2) from None
    return replace(made.watch, id=watch.id, staff=watch.staff)


def _stored(school: str, config: Path) -> _Posts:
    found = _mentions(settings_or_exit(config).database_url, school)
    if not found:
        fail(
            f"no posts are stored for {plain(school, _WIDTH)} yet: run `footprint poll` first, "
            "or give posts with --file FILE (plain text, one post a line, will do)",
            1,
        )
    posts = [Post(one.id, one.source, Words(one.title, one.text, one.url)) for one in found]
    where = "stored: the names set up now found them; --file tries posts that these may miss"
    return _Posts(posts, where)


def _mentions(url: str, school: str) -> tuple[Mention, ...]:
    path = sqlite_path(url)
    if path is not None and not path.exists():
        return ()
    try:
        with closing(open_store(url)) as store, store.reading() as connection:
            return mentions.listed(connection, school=school, limit=_NEWEST)
    except StoreError as error:
        fail(str(error), 1)


def _filed(file: str) -> _Posts:
    try:
        body = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}", 2)
    is_json = body.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
    items = list(read_posts(body.splitlines()) if is_json else _plain_posts(body))
    bad = [item for item in items if isinstance(item, BadLine)]
    for line in bad:
        say(f"line {line.number}: {plain(line.message, _WIDTH)}")
    posts = [_post(item) for item in items if isinstance(item, PostLine)]
    name = "standard input" if file == "-" else plain(Path(file).name, _WIDTH)
    if not items:
        fail(f"{name} holds no posts: write one a line", 1)
    return _Posts(posts, f"from {name}", bool(bad))


def _plain_posts(body: bytes) -> Iterator[PostLine]:
    for number, line in enumerate(decode(body).splitlines(), start=1):
        if line.strip():
            yield PostLine(number, f"line {number}", None, Words("", mend(line.strip())), None)


def _post(line: PostLine) -> Post:
    words, clean = line.words, _printable
    kept = Words(clean(words.title), clean(words.text), words.url, medium=clean(words.medium))
    return Post(clean(line.id), "", kept)


def _printable(text: str) -> str:
    """The text with halves of characters, which no output can carry, as question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _as_json(trial: Trial, read: _Posts) -> dict[str, Any]:
    return {
        "school": trial.watch.id,
        "from": read.where,
        "tried": len(trial.sights),
        "caught": len(trial.caught),
        "unsure": trial.unsure,
        "gained": [sight.post.id for sight in trial.gained],
        "lost": [sight.post.id for sight in trial.lost],
        "names": [
            {
                "kind": name.kind,
                "name": name.text,
                "caught": len(by := trial.by(name)),
                "only": trial.alone(name),
                "unsure": sum(sight.unsure for sight in by),
                "examples": [_row(sight) for sight in by[:_EXAMPLES]],
            }
            for name in names_of(trial.watch)
        ],
        "slip_in": [_row(sight) for sight in trial.slipping],
        "left_out": [_row(sight) for sight in trial.left_out],
        "advice": list(advice(trial)),
    }


def _row(sight: Sight) -> dict[str, Any]:
    return {
        "id": sight.post.id,
        "source": sight.post.where or sight.post.words.medium,
        "text": sight.post.words.whole,
        "names": [name.text for name in sight.names],
        "confidence": sight.confidence,
        "why": list(sight.why),
    }


def _print(trial: Trial, before: Watch, read: _Posts) -> None:
    console = Console(highlight=False)
    _say(console, f"{trial.watch.name}: {number_of(len(trial.sights))} tried ({read.where}).")
    rest = len(trial.sights) - len(trial.caught) - len(trial.left_out)
    _say(
        console,
        f"{len(trial.caught)} caught, {trial.unsure} of them unsure; {len(trial.left_out)} left "
        f"out though a name stands in them; {rest} without any of the names.",
    )
    if trial.watch != before:
        more, fewer = number_of(len(trial.gained)), len(trial.lost)
        _say(console, f"Against the names set up now: {more} more, {fewer} fewer.")
    _print_names(console, trial)
    _print_list(console, "Would slip in: caught, but may be something else", trial.slipping)
    _print_list(console, "Left out: a name stands in it, but it is not caught", trial.left_out)
    if trial.lost:
        _print_list(console, "Lost: the names set up now catch it", trial.lost)
    _say(console, "\nAdvice" if (lines := advice(trial)) else "", "bold")
    for line in lines:
        _item(console, Text(plain(line, _WIDTH)))
    if trial.watch != before:
        _print_keys(console, trial.watch, before)


def _print_names(console: Console, trial: Trial) -> None:
    _say(console, f"\nNames ({_UNSURE})", "bold")
    for name in names_of(trial.watch):
        by = trial.by(name)
        unsure = sum(sight.unsure for sight in by)
        told = f"catches {number_of(len(by))}, {trial.alone(name)} by it alone, {unsure} unsure"
        _say(console, f"{name.kind} “{name.text}”: {told if by else 'catches nothing here'}")
        for sight in by[:_EXAMPLES]:
            _print_sight(console, sight, sight.shown(name))


def _print_list(console: Console, title: str, sights: Sequence[Sight]) -> None:
    _say(console, f"\n{title} ({number_of(len(sights))})", "bold")
    for sight in sights[:_LISTED]:
        _print_sight(console, sight, sight.shown())
    if len(sights) > _LISTED:
        _say(console, f"  and {len(sights) - _LISTED} more; --json lists all of them")


def _print_sight(console: Console, sight: Sight, shown: tuple[str, str, str]) -> None:
    before, name, after = (plain(f"|{part}|", _WIDTH)[1:-1] for part in shown)
    place = plain(sight.post.where or sight.post.id, _WIDTH)
    words = Text.assemble(f"{place}: {before}", (name, "bold underline"), after)
    _item(console, words, *(Text(plain(why, _WIDTH)) for why in sight.why))


def _item(console: Console, *lines: Text) -> None:
    grid = Table.grid(padding=(0, 1))
    for line in lines:
        grid.add_row("" if grid.rows else "  -", line)
    console.print(grid)


def _print_keys(console: Console, watch: Watch, before: Watch) -> None:
    """What to write to keep what was tried."""
    _say(console, "\nNothing has been saved. To keep this, write for the school:")
    for key in _KINDS:
        if (words := getattr(watch, key)) != getattr(before, key):
            line = f"{key} = {json.dumps(words, ensure_ascii=False)}"
            console.print(Text(line), soft_wrap=True)


def _say(console: Console, line: str, style: str = "") -> None:
    # Text, not markup: a name or a post's words may stand in square brackets.
    console.print(Text(line, style=style))

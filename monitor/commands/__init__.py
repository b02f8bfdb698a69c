"""One file a command; this one finds them and starts the one that was asked for."""

from __future__ import annotations

import importlib
import logging
import pkgutil
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

HELP = (
    "Footprint tells a school what is said about it in public, which posts need an answer, "
    "and what to do. It never posts, reports or replies."
)


def names() -> tuple[str, ...]:
    """The commands, by the names of the files in this folder."""
    found = pkgutil.iter_modules([str(Path(__file__).parent)])
    return tuple(sorted(module.name for module in found if not module.name.startswith("_")))


def app(wanted: str | None = None) -> typer.Typer:
    """The command line; with `wanted`, only that command is loaded, so that it starts quickly."""
    made = typer.Typer(
        help=HELP, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
    )
    made.callback()(_options)
    for name in names() if wanted is None else (wanted,):
        module = importlib.import_module(f"{__name__}.{name}")
        shown = name.replace("_", "-")
        if hasattr(module, "group"):  # a command of several, such as `footprint data`
            made.add_typer(module.group, name=shown)
        else:
            made.command(shown)(module.command)
    return made


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"footprint {version('footprint')}")
        raise typer.Exit


def _options(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_show_version, help="Print the version and stop."
        ),
    ] = False,
) -> None:
    """The options of `footprint` itself."""


def main() -> None:
    """The console command `footprint`."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    # It logs addresses whole, and a feed's address may be a secret.
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)
    # They tell of typefaces, which is nothing that a person could act on.
    for name in ("matplotlib", "fpdf", "fontTools"):
        logging.getLogger(name).setLevel(logging.ERROR)
    asked = sys.argv[1].replace("-", "_") if len(sys.argv) > 1 else ""
    try:
        app(asked if asked in names() else None)()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has gone (`footprint mentions | head`): not a fault.
        sys.stderr.close()
        sys.exit(0)

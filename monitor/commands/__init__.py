"""One file a command; this one finds them and starts the one that was asked for."""

from __future__ import annotations

import importlib
import logging
import pkgutil
import sys
from pathlib import Path

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
        made.command(name.replace("_", "-"))(module.command)
    return made


def _options(
    version: bool = typer.Option(False, "--version", help="Print the version and stop."),
) -> None:
    if version:
        from monitor.commands._world import VERSION  # noqa: PLC0415 - only where it is asked for

        typer.echo(f"footprint {VERSION}")
        raise typer.Exit


def main() -> None:
    """The console command `footprint`."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        app(asked if asked in names() else None)()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has gone (`footprint mentions | head`): not a fault.
        sys.stderr.close()
        sys.exit(0)

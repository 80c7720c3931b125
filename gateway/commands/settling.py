"""Read settings for a command, and end it with one readable line where something is wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeAlias

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import SQLAlchemyError

from config.settings import Settings, SettingsError, load_settings
from contracts.vocabulary import ObminError

FAILED, WRONG_USAGE = 1, 2
REFUSALS = (ObminError, SettingsError, SQLAlchemyError, OSError)

ConfigFile: TypeAlias = Annotated[
    Path | None, typer.Option("--config", help="The deployment's settings (TOML).", show_default=False)
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@contextmanager
def told() -> Iterator[None]:
    """Turn a refusal of ours into one line on standard error and exit status 1."""
    try:
        yield
    except REFUSALS as error:
        typer.echo(explain(error), err=True)
        raise typer.Exit(FAILED) from None


def explain(error: Exception) -> str:
    """Say in one line what went wrong and where to look; a driver's own text may hold a password."""
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, SQLAlchemyError | OSError):
        return f"{type(error).__name__}: the database is not reached; look at [database] url"
    return str(error) or type(error).__name__


def settings_of(config: Path | None) -> Settings:
    """Read the settings; none named means the environment alone."""
    with told():
        return load_settings(config)


@contextmanager
def progress_bar(done: str) -> Iterator[Callable[[int, int], None]]:
    """Show on a terminal how far a long work is; elsewhere nothing is shown."""
    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn(done), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(done, total=None)
        yield lambda count, total: bar.update(task, completed=count, total=total)


def print_json(content: object) -> None:
    """Print one JSON document; what could steer a terminal is escaped (JSON leaves C1 controls raw)."""
    text = orjson.dumps(content, option=orjson.OPT_INDENT_2).decode()
    sys.stdout.write(text.translate({code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)}) + "\n")


def plain(text: str) -> str:
    """Make text from outside safe to show: no terminal escapes, no markup of ours."""
    return escape("".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text))

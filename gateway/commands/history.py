"""`obmin token` and `obmin history`: ask the gateway as an agency does, and show what comes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.table import Table

from contracts.identifiers import InvalidIdentifierError
from gateway.commands.client import CallRefusedError, Client, open_fields
from gateway.commands.settling import FAILED, AsJson, plain, print_json
from gateway.sealing.keys import EnvelopeBrokenError

DEFAULT_KEY = Path(".obmin/keys/case-system.jwk")
DEFAULT_GATEWAY = "http://127.0.0.1:8000"

MARKS: Mapping[str, str] = {
    "answered": "[green]✓[/]",
    "unknown": "[yellow]–[/]",
    "ambiguous": "[yellow]?[/]",
    "withheld": "[yellow]⊘[/]",
    "pending": "[yellow]…[/]",
    "unavailable": "[red]✗[/]",
}


def token(
    agency: Annotated[str, typer.Option(help="The agency's id.")],
    key: Annotated[Path, typer.Option(help="Its private signing key (JWK).")],
    gateway: Annotated[str, typer.Option(help="The gateway's public URL.")] = DEFAULT_GATEWAY,
) -> None:
    """Print an access token for an agency, alone, on standard output."""
    with refused():
        typer.echo(Client(gateway, agency, key).token())


def history(
    subject: Annotated[str, typer.Option(metavar="SCHEME:VALUE", help="The person, e.g. rnokpp:3311845622.")],
    purpose: Annotated[str, typer.Option(help="What for, e.g. needs-assessment.")],
    case: Annotated[str, typer.Option(help="The open case.")],
    official: Annotated[str, typer.Option(help="On whose initiative.")] = "worker-17",
    agency: Annotated[str, typer.Option(help="The agency that asks.")] = "case-system",
    key: Annotated[Path, typer.Option(help="Its private signing key (JWK).")] = DEFAULT_KEY,
    sealed_key: Annotated[
        Path | None, typer.Option(help="Its private key for sealed fields, if another.", show_default=False)
    ] = None,
    gateway: Annotated[str, typer.Option(help="The gateway's public URL.")] = DEFAULT_GATEWAY,
    as_json: AsJson = False,
) -> None:
    """Ask for a person's social history; each source is shown as it answers."""
    scheme, _, value = subject.partition(":")
    if not value:
        raise typer.BadParameter("write SCHEME:VALUE, such as rnokpp:3311845622")
    query = {
        "subject": {"scheme": scheme, "value": value},
        "purpose": purpose,
        "case": case,
        "official": {"id": official},
    }
    console = Console(stderr=as_json)
    with refused():
        answer = ask(Client(gateway, agency, key), query, console)
        opened = open_fields(answer, agency, sealed_key or key)
    if as_json:
        print_json({**answer, "opened": opened})
    else:
        show(answer, opened, console)


def ask(client: Client, query: Mapping[str, Any], console: Console) -> Mapping[str, Any]:
    """Ask, show each source as it answers, give the answer; raise `CallRefusedError` for a problem."""
    for name, content in client.events(query):
        if name == "source":
            reason = f" ({content['reason']})" if "reason" in content else ""
            mark = MARKS[content["status"]]
            console.print(f"  {mark} {content['source']:<18} {content['took_ms']:>5} ms{reason}")
        elif name == "answer":
            return content
        else:
            raise CallRefusedError(f"{content['title']}. {content['advice']} ({content['instance']})")
    raise CallRefusedError("the gateway ended the stream without an answer")


def show(answer: Mapping[str, Any], opened: Mapping[Any, Any], console: Console) -> None:
    """Print a history as a person reads it: each source's facts together, what is missing and why."""
    told: dict[tuple[str, str], list[tuple[str, Any]]] = {}
    for name, fact in _facts(answer, opened):
        told.setdefault((fact["source"], fact["as_of"][:10]), []).append((name, fact["value"]))
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for (source, day), facts in sorted(told.items()):
        table.add_row(f"[bold]{source}[/]", f"[dim]as of {day}[/]")
        for name, value in facts:
            table.add_row(f"  {name}", _text(value))
    console.print(table)
    strangers = [source for source, line in answer["sources"].items() if line["status"] == "unknown"]
    if strangers:
        console.print(f"know nobody by this identifier: {', '.join(strangers)}")
    for source, line in answer["sources"].items():
        if line["status"] not in {"answered", "unknown"}:
            console.print(f"{source}: {line['status']} {line.get('reason', '')}. {line.get('next', '')}")
    for held in answer["withheld"]:
        console.print(f"{held['field']}: withheld, {held['reason']}")


def _facts(answer: Mapping[str, Any], opened: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    """Give each fact under its name: 🔒 marks what came sealed, ≠ what sources disagree about."""
    yield from sorted(answer["fields"].items())
    for field, facts in sorted(opened.items()):
        yield from ((f"{field} 🔒", fact) for fact in facts)
    for conflict in answer["conflicts"]:
        yield from ((f"{conflict['field']} ≠", fact) for fact in conflict["values"])


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "\n".join(_text(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(one)}" for name, one in value.items())
    return plain(str(value))


class refused:  # noqa: N801  reads as a word where it stands
    """A context that turns a refusal into one line and exit status 1."""

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Say what went wrong."""
        lines = {
            CallRefusedError: str(error),
            httpx.TransportError: "the gateway cannot be reached; is `obmin demo` or `obmin serve` running?",
            OSError: f"{getattr(error, 'filename', '')}: cannot be read",
            EnvelopeBrokenError: "the sealed fields do not open with this key",
            InvalidIdentifierError: "not an identifier of that scheme",
        }
        for kind, line in lines.items():
            if isinstance(error, kind):
                typer.echo(line, err=True)
                raise typer.Exit(FAILED)

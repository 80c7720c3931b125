"""`obmin audit …` for auditors: timelines, findings, samples, evidence packs, sealed parts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from audit.query import Filter, stream
from audit.timeline import Chapter, timeline
from contracts.vocabulary import AgencyId, OfficialId
from gateway.app import Foundation, lay_foundation
from gateway.commands.record import DAY, DataFolder, audit, deployment
from gateway.commands.settling import AsJson, ConfigFile, plain, print_json, told
from gateway.oversight.services import Oversight

T = TypeVar("T")
OPERATOR = AgencyId("operator")
"""On the command line it is the operator who acts, for the official that is named."""

unseal = typer.Typer(no_args_is_help=True, help="Read a sealed part: one asks, another agrees.")

Official = Annotated[str, typer.Option(help="Who does this.")]
Case = Annotated[str | None, typer.Option(help="Which case.")]
OfOfficial = Annotated[str | None, typer.Option("--official", help="On whose initiative.")]
Agency = Annotated[str | None, typer.Option(help="Whose events.")]
Person = Annotated[str | None, typer.Option("--subject-ref", help="About whom, by pseudonym.")]
Exchange = Annotated[str | None, typer.Option("--exchange", help="Which exchange.")]


def act(config: Path | None, data: Path | None, work: Callable[[Foundation, Oversight], Awaitable[T]]) -> T:
    """Open the deployment, do the work, and end with one readable line where it is refused."""

    async def run() -> T:
        async with lay_foundation(deployment(config, data)) as foundation:
            return await work(foundation, Oversight.open(foundation))

    with told():
        return asyncio.run(run())


@audit.command("timeline")
def show_timeline(
    config: ConfigFile = None,
    data: DataFolder = None,
    case: Case = None,
    official: OfOfficial = None,
    agency: Agency = None,
    subject_ref: Person = None,
    exchange: Exchange = None,
    as_json: AsJson = False,
) -> None:
    """Follow a case, an official, a person or an exchange in time; that it was done is an event."""
    wanted = Filter(
        case=case, official=official, agency=agency, subject_ref=subject_ref, exchange_id=exchange
    )
    if not any((case, official, subject_ref, exchange)):
        raise typer.BadParameter("name a case, an official, a person or an exchange")

    async def work(foundation: Foundation, services: Oversight) -> list[Chapter]:
        async with foundation.database.reading() as connection:
            chapters = timeline([each async for each in stream(connection, wanted)])
        await services.read("timeline", len(chapters), OPERATOR)
        return chapters

    chapters = act(config, data, work)
    if as_json:
        print_json([each.as_json() for each in chapters])
        return
    table = _table("began", "entries", "what", "who", "case", "purpose", "outcome", "sources")
    for each in chapters:
        who = "/".join(part for part in (each.agency, each.official) if part)
        sources = ", ".join(f"{source} {status}" for source, status in each.sources.items())
        outcome = f"{each.outcome} {each.reason}".strip()
        began, indexes = each.began.isoformat(timespec="seconds"), " ".join(map(str, each.indexes))
        cells = (each.kind, who, each.case, each.purpose, outcome, sources)
        table.add_row(began, indexes, *map(plain, cells))
    Console().print(table)


@audit.command("findings")
def look(
    config: ConfigFile = None,
    data: DataFolder = None,
    start: Annotated[datetime | None, typer.Option("--from", formats=DAY, help="From this day on.")] = None,
    state: Annotated[str | None, typer.Option(help="Only open, confirmed or dismissed ones.")] = None,
    as_json: AsJson = False,
) -> None:
    """Look through the record by every rule, then list the findings; each new one is an event."""

    async def work(_: Foundation, services: Oversight) -> list[dict[str, object]]:
        await services.bench.look(OPERATOR, start.replace(tzinfo=UTC) if start else None, None)
        questions = await services.bench.questions(state)
        await services.read("findings", len(questions), OPERATOR)
        return [
            {
                "id": each.raised.event.id,
                "state": each.state,
                "rule": each.raised.event.details["rule"],
                "agency": each.raised.event.agency,
                "official": each.raised.event.official,
                "case": each.raised.event.case,
                "evidence": each.raised.event.details["evidence"],
                "why": {"uk": each.why("uk"), "en": each.why("en")},
            }
            for each in questions
        ]

    found = act(config, data, work)
    if as_json:
        print_json(found)
        return
    table = _table("finding", "state", "rule", "official", "case", "entries", "why")
    for each in found:
        why = each["why"]["en"] if isinstance(each["why"], dict) else ""
        evidence = each["evidence"] if isinstance(each["evidence"], list) else []
        who = f"{each['agency']}/{each['official']}" if each["official"] else str(each["agency"])
        cells = (str(each["state"]), str(each["rule"]), who, str(each["case"]))
        shown = " ".join(map(str, evidence[:5])) + (" …" if len(evidence) > 5 else "")  # noqa: PLR2004
        table.add_row(str(each["id"]), *map(plain, cells), shown, plain(str(why)))
    Console().print(table)
    Console().print(f"{len(found)} finding(s); a finding is a question, not a verdict")


@audit.command()
def judge(
    finding: Annotated[str, typer.Argument(metavar="FINDING", help="Its id.")],
    verdict: Annotated[Literal["confirmed", "dismissed"], typer.Option(help="What became of it.")],
    official: Official,
    code: Annotated[str, typer.Option(help="Why, as a code.")],
    note: Annotated[str, typer.Option(help="A note, sealed under the person's key.")] = "",
    config: ConfigFile = None,
    data: DataFolder = None,
) -> None:
    """Confirm or dismiss a finding, once."""

    async def work(_: Foundation, services: Oversight) -> str:
        judged = await services.bench.judge(finding, verdict, OPERATOR, OfficialId(official), code, note)
        return judged.state

    typer.echo(act(config, data, work))


@audit.command()
def sample(
    each: Annotated[int, typer.Option(min=1, max=1000, help="How many releases of each agency.")] = 10,
    seed: Annotated[str, typer.Option(help="An earlier plan's seed, to draw it again.")] = "",
    size: Annotated[int | None, typer.Option(help="That plan's size.")] = None,
    config: ConfigFile = None,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Draw a random sample of releases; its seed is on record before it is drawn."""

    async def work(_: Foundation, services: Oversight) -> dict[str, object]:
        plan, drawn = await services.bench.sample(OPERATOR, each, seed, size)
        return {
            "plan": plan.as_json(),
            "agencies": {
                agency: [{"index": one.index, "id": one.event.id} for one in entries]
                for agency, entries in drawn.items()
            },
        }

    found = act(config, data, work)
    if as_json:
        print_json(found)
        return
    plan, agencies = found["plan"], found["agencies"]
    assert isinstance(plan, dict)  # noqa: S101  made just above
    assert isinstance(agencies, dict)  # noqa: S101  the same
    typer.echo(f"seed {plan['seed']}, of the first {plan['size']} entries")
    for agency, entries in agencies.items():
        typer.echo(f"{plain(agency)}: {' '.join(str(one['index']) for one in entries)}")


@audit.command()
def evidence(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="An absent folder.")],
    config: ConfigFile = None,
    data: DataFolder = None,
    case: Case = None,
    official: OfOfficial = None,
    agency: Agency = None,
    subject_ref: Person = None,
    exchange: Exchange = None,
) -> None:
    """Write entries with proofs and a readable summary, sealed by the log. Check it with `verify`."""
    wanted = Filter(
        case=case, official=official, agency=agency, subject_ref=subject_ref, exchange_id=exchange
    )
    if not wanted.narrow:
        raise typer.BadParameter("name a case, an official, an agency, a person or an exchange")

    async def work(foundation: Foundation, services: Oversight) -> int:
        await foundation.publisher.publish()
        return await services.evidence.pack(out, OPERATOR, wanted)

    typer.echo(f"{act(config, data, work)} entries in {out}")


@unseal.command("request")
def request_unsealing(
    event: Annotated[str, typer.Argument(metavar="EVENT", help="The entry's id.")],
    official: Official,
    reason: Annotated[str, typer.Option(help="Why, as a code.")],
    config: ConfigFile = None,
    data: DataFolder = None,
) -> None:
    """Ask to read what is sealed in an entry."""

    async def work(_: Foundation, services: Oversight) -> str:
        return (await services.unsealings.request(event, OPERATOR, OfficialId(official), reason)).id

    typer.echo(act(config, data, work))


@unseal.command("approve")
def approve_unsealing(
    request: Annotated[str, typer.Argument(metavar="REQUEST", help="What `request` printed.")],
    official: Official,
    refuse: Annotated[bool, typer.Option("--refuse", help="Say no instead.")] = False,
    config: ConfigFile = None,
    data: DataFolder = None,
) -> None:
    """Agree, as another person than the one who asked."""

    async def work(_: Foundation, services: Oversight) -> str:
        who = OfficialId(official)
        decided = await services.unsealings.decide(request, OPERATOR, who, approves=not refuse)
        return decided.state

    typer.echo(act(config, data, work))


@unseal.command("open")
def open_unsealing(
    request: Annotated[str, typer.Argument(metavar="REQUEST", help="What `request` printed.")],
    official: Official,
    config: ConfigFile = None,
    data: DataFolder = None,
) -> None:
    """Read it, once, as the person who asked."""

    async def work(_: Foundation, services: Oversight) -> str:
        return await services.unsealings.open(request, OPERATOR, OfficialId(official))

    typer.echo(plain(act(config, data, work)))


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table

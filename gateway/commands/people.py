"""`obmin people`: holds, erasure, and the round of deletion."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from contracts.identifiers import check
from contracts.vocabulary import Identity, Scheme, Subject, SubjectRef
from gateway.app import Foundation
from gateway.commands.bench import OPERATOR, Official, act
from gateway.commands.record import DataFolder
from gateway.commands.settling import AsJson, ConfigFile, print_json
from gateway.faults import NotFoundError
from gateway.oversight.erasure import ErasureGround
from gateway.oversight.holds import Hold
from gateway.oversight.retention import Round
from gateway.oversight.services import Oversight

people = typer.Typer(no_args_is_help=True, help="What is kept of people: holds, erasure, retention.")

Whom = Annotated[str, typer.Argument(metavar="PERSON", help="SCHEME:VALUE, or her pseudonym.")]


@people.command()
def erase(
    person: Whom,
    ground: Annotated[ErasureGround, typer.Option(help="Why she may be forgotten.")],
    official: Official,
    config: ConfigFile = None,
    data: DataFolder = None,
) -> None:
    """Destroy a person's key and every row that leads to her, for ever. Prints the certificate."""

    async def work(foundation: Foundation, services: Oversight) -> str:
        ref = await _ref(foundation, services, person)
        return (await services.erasures.erase(ref, ground, OPERATOR, official)).certificate

    typer.echo(act(config, data, work), nl=False)


@people.command()
def hold(
    person: Whom,
    citation: Annotated[str, typer.Option(help="The act on which it rests.")],
    official: Official,
    until: Annotated[
        datetime | None, typer.Option(help="When it ends by itself.", formats=["%Y-%m-%d"])
    ] = None,
    config: ConfigFile = None,
    data: DataFolder = None,
) -> None:
    """Put a legal hold on a person's data. Prints its id."""

    async def work(foundation: Foundation, services: Oversight) -> Hold:
        ref = await _ref(foundation, services, person)
        end = until.astimezone() if until else None
        return await services.holds.place(ref, citation, end, OPERATOR, official)

    typer.echo(act(config, data, work).id)


@people.command()
def lift(
    hold_id: Annotated[str, typer.Argument(metavar="HOLD", help="What `hold` printed.")],
    official: Official,
    config: ConfigFile = None,
    data: DataFolder = None,
) -> None:
    """Lift a hold."""

    async def work(_: Foundation, services: Oversight) -> None:
        await services.holds.lift(hold_id, OPERATOR, official)

    act(config, data, work)
    typer.echo("lifted")


@people.command()
def retention(
    config: ConfigFile = None,
    data: DataFolder = None,
    apply: Annotated[bool, typer.Option("--apply", help="Forget them, and print the certificate.")] = False,
    as_json: AsJson = False,
) -> None:
    """Name the people whose time is over; with --apply forget them. For a timer, once a month."""
    done = act(config, data, _round if apply else _due)
    if isinstance(done, Round):
        if as_json:
            print_json({"erased": [each.subject_ref for each in done.erased], "kept": done.kept})
        else:
            typer.echo(done.certificate, nl=False)
    elif as_json:
        print_json(done)
    else:
        typer.echo("\n".join(done) or "nobody's time is over")


async def _round(_: Foundation, services: Oversight) -> Round | list[str]:
    return await services.retention.run(OPERATOR)


async def _due(_: Foundation, services: Oversight) -> Round | list[str]:
    return [str(ref) for ref in await services.retention.due()]


async def _ref(foundation: Foundation, services: Oversight, person: str) -> SubjectRef:
    """Give the pseudonym of somebody who is named by an identifier, or by the pseudonym itself."""
    scheme, colon, value = person.partition(":")
    if not colon:
        return SubjectRef(person)
    vocabulary = foundation.contracts.vocabulary
    identifier = check(vocabulary, Scheme(scheme), value)
    ref = await services.subjects.known(Subject(Identity({Scheme(scheme): identifier})))
    if ref is None:
        raise NotFoundError
    return ref

"""`obmin contracts`: question, compare, rehearse, sign and activate contracts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

from config.settings import PACKAGE, Settings
from contracts.comparing import compare
from contracts.contract import Contract
from contracts.loader import load_contract, load_library
from contracts.reading import ContractInvalidError
from contracts.store import ContractStore
from contracts.telling import Speaker
from contracts.vocabulary import Field
from contracts.words import Vocabulary
from gateway.app import lay_foundation
from gateway.commands.settling import AsJson, ConfigFile, print_json, settings_of, told
from gateway.commands.signing import activate, add_signature
from gateway.commands.weighing import Question, Replayed, Simulated, answer, instant_of, replay_exchange
from gateway.commands.weighing import simulate as replay_all

LIBRARY = PACKAGE / "contracts" / "library"
PASSED, REFUSED = 0, 1

Library: TypeAlias = Annotated[Path, typer.Option(help="The folder of the contracts and their vocabulary.")]
Language: TypeAlias = Annotated[Literal["uk", "en"], typer.Option(help="In which language to say it.")]
DataFolder: TypeAlias = Annotated[
    Path | None, typer.Option("--data", help="A demo's folder, in place of --config.", show_default=False)
]


def load(library: Path) -> tuple[Vocabulary, tuple[Contract, ...]]:
    """Read a library, or end the command with every fault in it."""
    try:
        return load_library(library)
    except ContractInvalidError as invalid:
        typer.echo(str(invalid), err=True)
        raise typer.Exit(REFUSED) from None


def explain_contract(
    agency: Annotated[str, typer.Option(help="Who asks.")] = "case-system",
    field: Annotated[str, typer.Option(help="What it wants to see.")] = "",
    purpose: Annotated[str, typer.Option(help="What for.")] = "needs-assessment",
    source: Annotated[str, typer.Option(help="From where; the source that alone holds it by default.")] = "",
    age: Annotated[int, typer.Option(help="Of a person of how many years; -1 for unknown.")] = 36,
    on: Annotated[str, typer.Option(help="When: a weekday, a day or an instant; empty is now.")] = "",
    consent: Annotated[
        str, typer.Option(help="Given by self, parent, guardian; none; or withdrawn, expired, suspended …")
    ] = "self",
    by: Annotated[str, typer.Option(help="By which identifier the person is named.")] = "rnokpp",
    with_case: Annotated[bool, typer.Option("--case/--no-case", help="Is there an open case?")] = True,
    masked: Annotated[list[str] | None, typer.Option(help="Categories that safety hides.")] = None,
    emergency: Annotated[str, typer.Option(help="The role of the official who declares one.")] = "",
    order: Annotated[bool, typer.Option("--order", help="Is there a court's order?")] = False,
    capacity: Annotated[str, typer.Option(help="able, incapable, dead or unknown.")] = "able",
    exchange: Annotated[str, typer.Option(help="Explain a recorded exchange instead, by its id.")] = "",
    config: ConfigFile = None,
    data: DataFolder = None,
    library: Library = LIBRARY,
    language: Language = "uk",
    as_json: AsJson = False,
) -> None:
    """Say whether a field may be seen, and each rule that spoke; exits 1 where it may not.

    With --exchange: make the recorded decision again, from the record alone.
    """
    if exchange:
        _explain_exchange(exchange, config, data, Speaker(load(library)[0], language), as_json=as_json)
        return
    store = ContractStore(*load(library))
    speaker = Speaker(store.vocabulary, language)
    where = source or next(iter(_holders(store.vocabulary, field)), "")
    asked = Question(
        agency=agency,
        field=field,
        source=where,
        purpose=purpose,
        age=age,
        at=_instant(on),
        consent=consent,
        selector=by,
        with_case=with_case,
        masked=tuple(masked or ()),
        emergency=emergency,
        order=order,
        capacity=capacity,
    )
    permitted, lines = answer(store, asked, speaker)
    if as_json:
        print_json({"permitted": permitted, "said": lines})
    else:
        words = {"agency": agency, "field": speaker.field(field), "source": speaker.source(where)}
        when = f"{asked.at:%A %Y-%m-%d %H:%M} UTC"
        typer.echo(speaker.say("question", **words, purpose=speaker.purpose(purpose), at=when))
        typer.echo(speaker.say("yes" if permitted else "no"))
        typer.echo("\n".join(f"  {line}" for line in lines))
    raise typer.Exit(PASSED if permitted else REFUSED)


def diff(
    old: Annotated[Path, typer.Argument(help="The contract as it is.")],
    new: Annotated[Path, typer.Argument(help="The contract as it would be.")],
    library: Library = LIBRARY,
    language: Language = "uk",
    as_json: AsJson = False,
) -> None:
    """Say in words what differs between two versions: who gains and loses what."""
    vocabulary = load(library)[0]
    speaker = Speaker(vocabulary, language)
    lines = compare(_one(old, vocabulary), _one(new, vocabulary), speaker)
    if as_json:
        print_json(lines)
    else:
        typer.echo("\n".join(lines) or speaker.say("no-difference"))


def simulate(
    draft: Annotated[Path, typer.Argument(help="A contract that is not in force.")],
    config: ConfigFile = None,
    data: DataFolder = None,
    library: Library = LIBRARY,
    language: Language = "uk",
    as_json: AsJson = False,
) -> None:
    """Replay recorded exchanges against a draft: what would have been refused or newly given."""
    vocabulary = load(library)[0]
    speaker, contract = Speaker(vocabulary, language), _one(draft, vocabulary)
    with told():
        found = asyncio.run(_simulate(_settings(config, data), contract))
    changed = [each for each in found if each.shift.refused or each.shift.given]
    if as_json:
        print_json([_shift_json(each) for each in found])
        return
    refused = sum(bool(each.shift.refused) for each in found)
    wider = sum(bool(each.shift.given) for each in found)
    same = len(found) - len(changed)
    typer.echo(speaker.say("simulated", count=len(found), same=same, refused=refused, wider=wider))
    for each in changed:
        lost = [f"- {speaker.field(field)} ({source})" for source, field in sorted(each.shift.refused)]
        gained = [f"+ {speaker.field(field)} ({source})" for source, field in sorted(each.shift.given)]
        typer.echo("\n  ".join([each.exchange_id, *lost, *gained]))


def sign_contract(
    path: Annotated[Path, typer.Argument(help="The contract's file.")],
    party: Annotated[str, typer.Option(help="For which party of the contract.")],
    signer: Annotated[str, typer.Option(help="Who signs: one of the people the contract names.")],
    key: Annotated[Path, typer.Option(help="Her private key (JWK).")],
    library: Library = LIBRARY,
) -> None:
    """Sign a contract for a party; the signature is written beside the file, detached from it."""
    with told():
        contract = add_signature(path, library, party, signer, key)
    typer.echo(f"{path}: signed by {signer} for {party}: {contract.digest}")


def activate_contract(
    path: Annotated[Path, typer.Argument(help="The contract's file, with its signatures beside it.")],
    by: Annotated[list[str], typer.Option(help="An operator and her key, name=key.jwk; twice.")],
    config: ConfigFile = None,
    data: DataFolder = None,
) -> None:
    """Bring a signed contract into force: two people of the operator, an entry of the record, SIGHUP."""
    operators = {name: Path(key) for name, _, key in (each.partition("=") for each in by)}
    with told():
        contract = asyncio.run(_activate(_settings(config, data), path, operators))
    typer.echo(f"{contract.id}, version {contract.version}: activated; send the gateway SIGHUP to take it in")


def _explain_exchange(
    exchange: str, config: Path | None, data: Path | None, speaker: Speaker, *, as_json: bool
) -> None:
    with told():
        found = asyncio.run(_replay(_settings(config, data), exchange))
    contract, decision = found.contract, found.decision
    if as_json:
        permits = {source: sorted(permit.fields) for source, permit in decision.permits.items()}
        said = {"same": found.same, "contract": contract.digest}
        print_json({**said, "permits": permits, "withheld": decision.withheld})
    else:
        at = found.at.isoformat(timespec="seconds")
        named = {"contract": contract.id, "version": contract.version}
        typer.echo(speaker.say("replayed", exchange=exchange, at=at, **named))
        typer.echo("\n".join(f"  {line}" for line in speaker.decision(decision)))
        typer.echo(speaker.say("same" if found.same else "differs"))
    raise typer.Exit(PASSED if found.same else REFUSED)


async def _replay(settings: Settings, exchange: str) -> Replayed:
    async with lay_foundation(settings) as foundation:
        return await replay_exchange(foundation, exchange)


async def _simulate(settings: Settings, draft: Contract) -> list[Simulated]:
    async with lay_foundation(settings) as foundation:
        return await replay_all(foundation, draft)


async def _activate(settings: Settings, path: Path, operators: Mapping[str, Path]) -> Contract:
    async with lay_foundation(settings) as foundation:
        return (await activate(foundation, path, operators))[0]


def _settings(config: Path | None, data: Path | None) -> Settings:
    return settings_of(data / "obmin.toml" if data else config)


def _shift_json(each: Simulated) -> dict[str, object]:
    sides = {"refused": sorted(each.shift.refused), "given": sorted(each.shift.given)}
    return {"exchange_id": each.exchange_id, **sides}


def _holders(vocabulary: Vocabulary, field: str) -> tuple[str, ...]:
    words = vocabulary.fields.get(Field(field))
    return words.sources if words else ()


def _instant(text: str) -> datetime:
    try:
        return instant_of(text, datetime.now(UTC))
    except ValueError:
        raise typer.BadParameter(text) from None


def _one(path: Path, vocabulary: Vocabulary) -> Contract:
    try:
        return load_contract(path, vocabulary)
    except ContractInvalidError as invalid:
        typer.echo(str(invalid), err=True)
        raise typer.Exit(REFUSED) from None

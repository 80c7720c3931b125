"""Signing and activating contracts from the command line, and a demo's signatories."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from joserfc.jwk import OKPKey

from audit.event import Event, Json, Kind
from contracts.contract import Contract
from contracts.glossary import load_vocabulary
from contracts.loader import VOCABULARY, load_contract, load_library
from contracts.signing import (
    OPERATOR,
    Act,
    Key,
    Signatories,
    Signature,
    SigningError,
    beside_of,
    load_private,
    load_signatories,
    missing,
    sign,
    signatures_of,
    write_signatures,
)
from gateway.app import Foundation
from gateway.commands.keys import inline_table, write_private
from gateway.sealing.recipient import public_half
from gateway.storage.engine import now

SUPERSEDED = "superseded"
"""The folder, beside the contracts in force, that keeps those which they replaced."""
DEMO_OPERATORS = ("dmytro-o", "iryna-o")


def add_signature(path: Path, library: Path, party: str, signer: str, key: Path) -> Contract:
    """Sign a contract file for a party; the signature is written beside it."""
    contract = load_contract(path, load_vocabulary(library / VOCABULARY))
    signature = sign(contract, Act.SIGN, party, signer, load_private(key))
    write_signatures(path, (*signatures_of(path), signature))
    return contract


async def activate(
    foundation: Foundation, path: Path, operators: Mapping[str, Path]
) -> tuple[Contract, tuple[Signature, ...]]:
    """Bring a signed contract into force: on record first, then in the folder that the gateway reads.

    The version before is kept aside. Nothing changes where anything is wrong: a signature, the version,
    or a day on which another contract for the same agency and purpose is in force.

    Raises:
        ContractInvalidError: the contract, or the folder with it, cannot be taken.
        SigningError: signatures are missing or do not hold; the message says which.
    """
    settings = foundation.settings
    if settings.signatories is None:
        raise SigningError("the settings name no signatories")
    register = load_signatories(settings.signatories)
    contract = load_contract(path, foundation.contracts.vocabulary)
    _refuse_replayed(contract, foundation.contracts.contracts)
    added = (sign(contract, Act.ACTIVATE, OPERATOR, who, load_private(key)) for who, key in operators.items())
    signatures = (*signatures_of(path), *added)
    lacking = missing(contract, signatures, register)
    if lacking:
        raise SigningError("; ".join(lacking))
    _rehearse(settings.contracts, path, contract, signatures, register)
    await foundation.log.note(_activated(contract, signatures))
    _put_in_place(settings.contracts, path, contract, signatures)
    return contract, signatures


def _refuse_replayed(contract: Contract, held: Iterable[Contract]) -> None:
    before = max(
        (each for each in held if each.id == contract.id), key=lambda each: each.version, default=None
    )
    if before is None:
        return
    if contract.version <= before.version:
        raise SigningError(f"version {before.version} is in force; an older or equal one is not activated")
    if contract.supersedes != before.digest:
        raise SigningError(f'it must say supersedes = "{before.digest}"')


def _rehearse(
    folder: Path, path: Path, contract: Contract, signatures: tuple[Signature, ...], register: Signatories
) -> None:
    """Do it all in a copy first, so that a bad file never displaces a running contract."""
    trial = folder.with_name(f".{folder.name}.trial")
    shutil.rmtree(trial, ignore_errors=True)
    shutil.copytree(folder, trial)
    try:
        _put_in_place(trial, path, contract, signatures)
        load_library(trial, register)
    finally:
        shutil.rmtree(trial)


def _put_in_place(folder: Path, path: Path, contract: Contract, signatures: tuple[Signature, ...]) -> None:
    aside = folder / SUPERSEDED
    aside.mkdir(exist_ok=True)
    for held in sorted(folder.glob("*.toml")):
        if _id_of(held) == contract.id:
            for each in (held, beside_of(held)):
                if each.exists():
                    each.replace(aside / f"{contract.version}-replaced-{each.name}")
    target = folder / f"{contract.id}.toml"
    write_signatures(target, signatures)
    fresh = target.with_suffix(".new")
    fresh.write_bytes(path.read_bytes())
    fresh.replace(target)


def _id_of(path: Path) -> str:
    return str(tomllib.loads(path.read_text("utf-8")).get("id", ""))


def _version_of(path: Path) -> int:
    return int(tomllib.loads(path.read_text("utf-8"))["version"])


def _activated(contract: Contract, signatures: Iterable[Signature]) -> Event:
    people: list[Json] = [
        {"act": str(each.act), "party": each.party, "signer": each.signer} for each in signatures
    ]
    details: dict[str, Json] = {"id": contract.id, "version": contract.version, "signed": people}
    return Event(kind=Kind.CONTRACT, at=now(), contract=contract.digest, result="activated", details=details)


def prepare_signed(library: Path, folder: Path, keys: Path, register: Path) -> None:
    """Sign and activate a library's contracts with a demo's own keys, which are made where there are none."""
    shutil.copytree(library / VOCABULARY, folder / VOCABULARY, dirs_exist_ok=True)
    for shipped in sorted(library.glob("*.toml")):
        held = [each for each in folder.glob("*.toml") if _id_of(each) == _id_of(shipped)]
        if all(_version_of(each) <= _version_of(shipped) for each in held):
            shutil.copy(shipped, held[0] if held else folder / shipped.name)
    _, contracts = load_library(folder)
    parties = {OPERATOR: set(DEMO_OPERATORS)}
    for contract in contracts:
        for name, party in contract.parties.items():
            parties.setdefault(name, set()).update(party.signers)
    people_of = {
        name: {who: _demo_key(keys, name, who) for who in sorted(people)} for name, people in parties.items()
    }
    register.write_text(_register_text(people_of), "utf-8")
    by_id = {contract.id: contract for contract in contracts}
    for path in sorted(folder.glob("*.toml")):
        contract = by_id[_id_of(path)]
        if not missing(contract, signatures_of(path), load_signatories(register)):
            continue
        agreed = [
            sign(contract, Act.SIGN, name, who, people_of[name][who])
            for name, party in contract.parties.items()
            for who in party.signers
        ]
        activated = [
            sign(contract, Act.ACTIVATE, OPERATOR, who, key) for who, key in people_of[OPERATOR].items()
        ]
        write_signatures(path, (*agreed, *activated))


def _demo_key(keys: Path, party: str, person: str) -> Key:
    path = keys / f"{party}.{person}.jwk"
    if not path.exists():
        keys.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(path, json.dumps(OKPKey.generate_key("Ed25519").as_dict(private=True)))
    return load_private(path)


def _register_text(signers: Mapping[str, Mapping[str, Key]]) -> str:
    lines = [
        "# Who signs contracts for each party, and who of the operator activates them: public keys alone."
    ]
    for party, people in signers.items():
        lines += ["", f"[{party}]"]
        lines += [
            f"{who} = {inline_table(public_half(key.as_dict(private=True)))}" for who, key in people.items()
        ]
    return "\n".join(lines) + "\n"

"""Contracts that wait: drafts in `proposed/` beside those in force, and who has signed each so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contracts.contract import Contract
from contracts.loader import load_contract
from contracts.reading import ContractInvalidError, Fault
from contracts.signing import OPERATOR, Act, SigningError, holds, load_signatories, signatures_of
from contracts.store import ContractStore

PROPOSED: Final = "proposed"
"""The folder of the library in which drafts wait; nothing in it is in force."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One draft. `signed` says who has signed for each party, `activated` who of the operator's people.

    Where the file cannot be taken, `faults` say why and there is no contract.
    """

    file: str
    contract: Contract | None
    before: Contract | None
    signed: Mapping[str, tuple[str, ...]]
    activated: tuple[str, ...]
    faults: Sequence[Fault] = ()


@dataclass(frozen=True, slots=True)
class Proposals:
    """The drafts of one deployment."""

    folder: Path
    signatories: Path | None

    def waiting(self, store: ContractStore) -> Sequence[Proposal]:
        """Read every draft, as it lies there now; one that is in force already waits for nothing."""
        files = sorted((self.folder / PROPOSED).glob("*.toml"))
        read = [self._read(path, store) for path in files]
        return [
            each for each in read if each.contract is None or store.by_digest(each.contract.digest) is None
        ]

    def _read(self, path: Path, store: ContractStore) -> Proposal:
        try:
            contract = load_contract(path, store.vocabulary)
        except ContractInvalidError as error:
            return Proposal(path.name, None, None, {}, (), error.faults)
        before = max(
            (each for each in store.contracts if each.id == contract.id),
            key=lambda each: each.version,
            default=None,
        )
        signed, activated = self._signers(path, contract)
        return Proposal(path.name, contract, before, signed, activated)

    def _signers(
        self, path: Path, contract: Contract
    ) -> tuple[Mapping[str, tuple[str, ...]], tuple[str, ...]]:
        """Name who has signed; a signature that does not hold is none."""
        try:
            register = load_signatories(self.signatories) if self.signatories else {}
            sound = [each for each in signatures_of(path) if holds(contract, each, register)]
        except SigningError:
            sound = []
        by_party = {
            party: tuple(
                sorted(each.signer for each in sound if each.act is Act.SIGN and each.party == party)
            )
            for party in sorted(contract.parties)
        }
        activated = (each.signer for each in sound if each.act is Act.ACTIVATE and each.party == OPERATOR)
        return by_party, tuple(sorted(activated))

"""The contracts in force; the only maker of grants."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from contracts.contract import Contract, Grant, NotPermittedError, Operation, Terms
from contracts.loader import load_library
from contracts.reading import ContractInvalidError, Fault
from contracts.reasons import Reason
from contracts.signing import Signatories, load_signatories
from contracts.vocabulary import AgencyId, Field, Purpose, Source
from contracts.words import Vocabulary

RAISE = "bring an older text back as a new version"


@dataclass(frozen=True, slots=True)
class Library:
    """One consistent reading of a folder: the vocabulary and the contracts, found by what one asks for."""

    vocabulary: Vocabulary
    contracts: tuple[Contract, ...]
    by_pair: Mapping[tuple[AgencyId, Purpose], tuple[Contract, ...]]
    by_digest: Mapping[str, Contract]

    @classmethod
    def of(cls, vocabulary: Vocabulary, contracts: Iterable[Contract]) -> Library:
        """Arrange the contracts; those of one agency and purpose stand by the day they begin."""
        held = tuple(sorted(contracts, key=lambda contract: contract.valid_from))
        pairs = {(contract.consumer, contract.purpose) for contract in held}
        return cls(
            vocabulary,
            held,
            {pair: tuple(one for one in held if (one.consumer, one.purpose) == pair) for pair in pairs},
            {contract.digest: contract for contract in held},
        )


class ContractStore:
    """Answers which contract covers a query. Reads are lock-free; a reload replaces everything at once."""

    def __init__(
        self, vocabulary: Vocabulary, contracts: Iterable[Contract], signatories: Path | None = None
    ) -> None:
        self._library = Library.of(vocabulary, contracts)
        self._signatories = signatories

    @classmethod
    def load(cls, folder: Path, signatories: Path | None = None) -> ContractStore:
        """Read a library folder, or raise `ContractInvalidError` that names every fault in it.

        With a register of `signatories`, no contract is taken that its parties have not signed.
        """
        return cls(*load_library(folder, _register(signatories)), signatories)

    def reload(self, folder: Path) -> None:
        """Replace vocabulary and contracts by what the folder says now; a version never goes back.

        Where it raises `ContractInvalidError`, the running ones stay as they were, all of them.
        """
        vocabulary, contracts = load_library(folder, _register(self._signatories))
        refuse_older(folder, contracts, {each.id: each.version for each in self.contracts})
        self._library = Library.of(vocabulary, contracts)

    @property
    def vocabulary(self) -> Vocabulary:
        """The vocabulary that the contracts in force are written in."""
        return self._library.vocabulary

    @property
    def contracts(self) -> tuple[Contract, ...]:
        """Every contract held, whatever its dates, the earliest first."""
        return self._library.contracts

    def of(self, agency: AgencyId) -> tuple[Contract, ...]:
        """Give the contracts of which the agency is the consumer."""
        return tuple(contract for contract in self._library.contracts if contract.consumer == agency)

    def by_digest(self, digest: str) -> Contract | None:
        """Give the contract that a record names, None where it is no longer held."""
        return self._library.by_digest.get(digest)

    def permit(
        self,
        agency: AgencyId,
        purpose: Purpose,
        at: datetime,
        sources: Collection[Source] | None = None,
        fields: Collection[Field] | None = None,
        operation: Operation = Operation.PULL,
    ) -> Grant:
        """Give the proof that a contract in force at `at` covers the query, narrowed to what it asks.

        Contract days are days of UTC. `sources` and `fields` only narrow: naming one that the
        contract does not cover refuses the query rather than leaving it out silently. Raises
        `NotPermittedError` with the code of the rule that refused (a `Reason`).
        """
        library = self._library
        contract = _in_force(library, agency, purpose, at.astimezone(UTC).date())
        terms = contract.terms
        if sources is not None:
            terms = _narrow_sources(library.vocabulary, terms, frozenset(sources))
        if fields is not None:
            _refuse_foreign_fields(library.vocabulary, contract.terms, frozenset(fields))
            terms = _narrow_fields(terms, frozenset(fields))
        if not terms:
            raise NotPermittedError(Reason.NOTHING_LEFT)
        return Grant(contract, agency, purpose, terms, operation)


def refuse_older(folder: Path, contracts: Iterable[Contract], known: Mapping[str, int]) -> None:
    """Raise `ContractInvalidError` where an older version stands in for one that was in force."""
    newest: dict[str, int] = {}
    for contract in contracts:
        newest[contract.id] = max(contract.version, newest.get(contract.id, 0))
    faults = tuple(
        Fault(str(folder), 1, f"{name} was in force as version {known[name]}, here it is {version}", RAISE)
        for name, version in newest.items()
        if version < known.get(name, 0)
    )
    if faults:
        raise ContractInvalidError(faults)


def _register(signatories: Path | None) -> Signatories | None:
    return load_signatories(signatories) if signatories else None


def regrant(
    contract: Contract, asked: Mapping[Source, Collection[Field]] | None, operation: Operation
) -> Grant:
    """Give the grant that an exchange on record had, narrowed to what it asked; only a replay rests on it."""
    terms = contract.terms if asked is None else _narrow_each(contract.terms, asked)
    return Grant(contract, contract.consumer, contract.purpose, terms, operation)


def _narrow_each(
    terms: Mapping[Source, Terms], asked: Mapping[Source, Collection[Field]]
) -> Mapping[Source, Terms]:
    kept = {
        source: {name: rule for name, rule in terms[source].fields.items() if name in names}
        for source, names in asked.items()
    }
    return {source: replace(terms[source], fields=fields) for source, fields in kept.items()}


def _in_force(library: Library, agency: AgencyId, purpose: Purpose, day: date) -> Contract:
    if purpose not in library.vocabulary.purposes:
        raise NotPermittedError(Reason.UNKNOWN_PURPOSE)
    candidates = library.by_pair.get((agency, purpose), ())
    if not candidates:
        raise NotPermittedError(Reason.NO_CONTRACT)
    for contract in candidates:
        if contract.valid_from <= day <= contract.valid_until:
            return contract
    begun = any(contract.valid_from <= day for contract in candidates)
    raise NotPermittedError(Reason.EXPIRED if begun else Reason.NOT_YET_VALID)


def _narrow_sources(
    vocabulary: Vocabulary, terms: Mapping[Source, Terms], sources: frozenset[Source]
) -> Mapping[Source, Terms]:
    if not sources <= vocabulary.sources.keys():
        raise NotPermittedError(Reason.UNKNOWN_SOURCE)
    if not sources <= terms.keys():
        raise NotPermittedError(Reason.NOT_IN_CONTRACT)
    return {source: part for source, part in terms.items() if source in sources}


def _refuse_foreign_fields(
    vocabulary: Vocabulary, terms: Mapping[Source, Terms], fields: frozenset[Field]
) -> None:
    if not fields <= vocabulary.fields.keys():
        raise NotPermittedError(Reason.UNKNOWN_FIELD)
    if not all(any(field in part.fields for part in terms.values()) for field in fields):
        raise NotPermittedError(Reason.NOT_IN_CONTRACT)


def _narrow_fields(terms: Mapping[Source, Terms], fields: frozenset[Field]) -> Mapping[Source, Terms]:
    narrowed = {
        source: {field: rule for field, rule in part.fields.items() if field in fields}
        for source, part in terms.items()
    }
    return {source: replace(terms[source], fields=kept) for source, kept in narrowed.items() if kept}

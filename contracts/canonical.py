"""A contract as canonical JSON and back: what its digest and signatures are over, and what replay reads.

What stands at its default is not written, so a language that grows leaves the digests of older contracts
as they are. For the same reason no default of `contracts.contract` ever changes its meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from contracts.contract import Contract
from contracts.vocabulary import ObminError

UNITS = ((86_400_000, "P{}D"), (3_600_000, "PT{}H"), (60_000, "PT{}M"), (1_000, "PT{}S"))


class ContractTextError(ObminError):
    """A kept contract cannot be read, or is not the one that its digest names."""


def describe(contract: Contract) -> dict[str, Any]:
    """Give the contract as plain JSON values: dates and durations as ISO 8601, sets in order."""
    described: dict[str, Any] = plain(contract)
    del described["digest"]
    return described


def canonical(contract: Contract) -> bytes:
    """Give the contract's canonical JSON (RFC 8785).

    Keys are ASCII and numbers are integers, so sorted keys without spaces are already canonical.
    """
    return orjson.dumps(describe(contract), option=orjson.OPT_SORT_KEYS)


def digest(contract: Contract) -> str:
    """Give `sha-256:` and the hex digest of the contract's canonical JSON."""
    return digest_of(canonical(contract))


def digest_of(text: bytes) -> str:
    """Give the digest of a contract's canonical JSON."""
    return f"sha-256:{sha256(text).hexdigest()}"


def restore(text: bytes, expected: str) -> Contract:
    """Read a contract from its canonical JSON; whoever keeps it need not be trusted.

    Raises `ContractTextError` where the digest is not the `expected` one, or where this version of the
    language cannot say all of what the text says.
    """
    if digest_of(text) != expected:
        raise ContractTextError("another-contract")
    try:
        contract = TypeAdapter(Contract).validate_python({**orjson.loads(text), "digest": expected})
    except (ValidationError, orjson.JSONDecodeError):
        raise ContractTextError("unreadable") from None
    if canonical(contract) != text:
        raise ContractTextError("not-understood")
    return contract


def plain(value: Any) -> Any:
    """Give a value as plain JSON; a dataclass as an object of the members that differ from their defaults."""
    if is_dataclass(value) and not isinstance(value, type):
        said = ((each, getattr(value, each.name)) for each in fields(value))
        return {each.name: plain(member) for each, member in said if member != _default(each)}
    if isinstance(value, Mapping):
        return {str(key): plain(member) for key, member in value.items()}
    if isinstance(value, frozenset | tuple):
        members = [plain(member) for member in value]
        return sorted(members) if isinstance(value, frozenset) else members
    if isinstance(value, timedelta):
        return _spell(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value


def _default(member: Field[Any]) -> Any:
    return member.default if member.default_factory is MISSING else member.default_factory()


def _spell(duration: timedelta) -> str:
    """Spell a duration in the largest unit that measures it in whole numbers."""
    milliseconds = duration // timedelta(milliseconds=1)
    for unit, form in UNITS:
        if milliseconds % unit == 0:
            return form.format(milliseconds // unit)
    return f"PT{milliseconds // 1000}.{milliseconds % 1000:03}S"

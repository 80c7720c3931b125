"""What a decision was made of, written into the record, and the same decision made again from it.

Facts are codes, references, counts and instants (`contracts.facts`), so the record may keep them. The
contract itself is kept by its digest (`contracts.canonical.restore`): whoever has both needs nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from contracts.canonical import plain
from contracts.contract import Contract, Grant, Operation
from contracts.decision import Decision, decide
from contracts.facts import Facts
from contracts.store import regrant
from contracts.vocabulary import ObminError


class WeighedError(ObminError):
    """What the record says was weighed cannot be read."""


def weighed(grant: Grant, facts: Facts, at: datetime) -> Mapping[str, Any]:
    """Write what a decision at `at` is made of, apart from the contract: plain JSON, no value of a person.

    `asked` names each source's fields where the query asked for less than the contract gives.
    """
    whole = grant.terms == grant.contract.terms
    return {
        "at": at.isoformat(),
        "operation": str(grant.operation),
        "asked": None if whole else {str(s): sorted(terms.fields) for s, terms in grant.terms.items()},
        "facts": plain(facts),
    }


def replay(contract: Contract, written: Mapping[str, Any]) -> tuple[Grant, Facts, datetime, Decision]:
    """Decide again what was decided then. Raises `WeighedError` for what nobody wrote like that."""
    try:
        facts: Facts = TypeAdapter(Facts).validate_python(written["facts"])
        at = datetime.fromisoformat(written["at"])
        grant = regrant(contract, written["asked"], Operation(written["operation"]))
    except (KeyError, TypeError, ValueError, ValidationError):
        raise WeighedError("not-weighed") from None
    return grant, facts, at, decide(grant, facts, at)

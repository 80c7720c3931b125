"""A contract's digest: the same for the same contract, another for any other."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from contracts.canonical import describe, digest
from contracts.contract import Contract, FieldRule
from contracts.loader import load_contract
from tests.unit.contracts.samples import GRANT, HEALTH, NEEDS_FILE, STORE, VOCABULARY

CONTRACT = GRANT.contract


@pytest.mark.parametrize("contract", STORE.contracts, ids=lambda contract: contract.id)
def test_a_digest_is_taken_over_canonical_json(contract: Contract) -> None:
    """The digest is that of the contract's RFC 8785 form, as another implementation writes it."""
    canonical = rfc8785.dumps(describe(contract))

    assert digest(contract) == f"sha-256:{sha256(canonical).hexdigest()}"
    assert contract.digest == digest(contract)


def test_layout_and_comments_do_not_change_a_digest(tmp_path: Path) -> None:
    """Two files that say the same have the same digest."""
    path = tmp_path / "contract.toml"
    text = NEEDS_FILE.replace('"72 h"', '"3 d"').replace("minors = true ", "minors=true").replace("# ", "#  ")
    path.write_text(text + "\n# the end\n", encoding="utf-8")
    contract = load_contract(path, VOCABULARY)

    assert contract.digest == CONTRACT.digest


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"minors": False},
        {"case_required": False},
        {"majority": 21},
        {"keep": timedelta(hours=73)},
        {"terms": {}},
        {"terms": {**CONTRACT.terms, HEALTH: replace(CONTRACT.terms[HEALTH], citation="Law 1")}},
        {
            "terms": {
                **CONTRACT.terms,
                HEALTH: replace(
                    CONTRACT.terms[HEALTH], fields=dict.fromkeys(CONTRACT.terms[HEALTH].fields, FieldRule())
                ),
            }
        },
    ],
)
def test_any_change_changes_the_digest(change: dict[str, Any]) -> None:
    """Nothing that decides is left out of the digest."""
    changed = replace(CONTRACT, **change)

    assert digest(changed) != CONTRACT.digest

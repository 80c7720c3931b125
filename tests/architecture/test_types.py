"""The order of the pipeline is a matter of types: a step that is left out does not type-check."""

from __future__ import annotations

from pathlib import Path

import pytest
from mypy import api

from tests.architecture.repository import ROOT

FRAME = """
from collections.abc import Mapping
from typing import Any
from adapters.base import Adapter
from audit.log import Intent, Log, Receipt
from contracts.contract import Grant, Mandate
from contracts.vocabulary import Source, Subject
from gateway.answer import Answer
from gateway.collection import Findings, collect
from gateway.disclosure import Disclosure
from gateway.storage.engine import now

async def step(
    grant: Grant, mandate: Mandate, intent: Intent, findings: Findings, disclosure: Disclosure,
    body: Mapping[str, Any], receipt: Receipt, log: Log, subject: Subject, adapters: Mapping[Source, Adapter],
) -> object:
    return {step}
"""


@pytest.mark.parametrize(
    ("step", "complaint"),
    [
        ("await log.intend(grant, now())", '"Grant"; expected "Mandate"'),
        ("await collect(intent, grant, subject, adapters)", '"Grant"; expected "Mandate"'),
        ("await collect(mandate, mandate, subject, adapters)", '"Mandate"; expected "Intent"'),
        ("Answer(body)", 'Missing positional argument "receipt"'),
        ("Answer(body, intent)", '"Intent"; expected "Receipt"'),
        ("Answer(body, None)", '"None"; expected "Receipt"'),
    ],
)
def test_a_step_left_out_does_not_type_check(tmp_path: Path, step: str, complaint: str) -> None:
    """A proof of an earlier step is refused where a later one is wanted."""
    told = _check(tmp_path, step)

    assert complaint in told
    assert "Found 1 error" in told


def test_the_steps_in_order_type_check(tmp_path: Path) -> None:
    """The frame itself is sound: with the right proofs there is nothing to complain of."""
    told = _check(tmp_path, "await collect(await log.intend(mandate, now()), mandate, subject, adapters)")
    built = _check(tmp_path, "Answer(body, receipt)")

    assert "Success" in told
    assert "Success" in built


def _check(folder: Path, step: str) -> str:
    snippet = folder / "snippet.py"
    snippet.write_text(FRAME.replace("{step}", step))
    told, broken, _ = api.run(["--config-file", str(ROOT / "pyproject.toml"), str(snippet)])
    return told + broken

"""Every code that the repository raises about a source or a ground can be told in words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from contracts.reasons import Reason
from tests.unit.contracts.samples import VOCABULARY

ROOT = Path(__file__).parents[3]
CARRIERS = frozenset(
    {
        "CaseNotOpenError",
        "ConsentMissingError",
        "ConsentWithdrawnError",
        "Decision",
        "Finding",
        "NotPermittedError",
        "RequiredSourceError",
        "SourceMisbehavedError",
        "SourceRefusedError",
        "SourceUnavailableError",
        "SubjectUnknownError",
    }
)
"""What is built with a reason code among its positional arguments."""


def codes_of(folder: str) -> set[str]:
    """Name the codes that the modules of a folder write out."""
    return {code for path in (ROOT / folder).rglob("*.py") for code in _written(ast.parse(path.read_text()))}


def _written(tree: ast.Module) -> Iterator[str]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in calls:
        if isinstance(call.func, ast.Name) and call.func.id in CARRIERS:
            yield from (
                part.value
                for part in call.args
                if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value
            )


def test_what_adapters_report_is_worded() -> None:
    """Each reason that an adapter raises has its wording and next step."""
    codes = codes_of("adapters")

    assert len(codes) > 10
    assert codes <= VOCABULARY.reasons.keys()


def test_what_the_gateway_reports_is_worded() -> None:
    """Each reason that the pipeline gives has its wording and next step."""
    codes = codes_of("gateway")

    assert codes
    assert codes <= VOCABULARY.reasons.keys()


def test_no_wording_lacks_an_ending() -> None:
    """What people read are sentences, in both languages."""
    texts = [
        text
        for words in VOCABULARY.reasons.values()
        for text in (words.uk, words.en, words.next.uk, words.next.en)
    ]

    assert len(texts) >= 4 * len(Reason)
    assert all(text.endswith(".") for text in texts)

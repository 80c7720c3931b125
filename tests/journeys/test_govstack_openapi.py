"""GovStack's own OpenAPI, every operation of it, with data that it describes and data that it does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from tests.journeys.house import House, open_house

pytestmark = pytest.mark.asyncio(loop_scope="module")

DOCUMENT = Path(__file__).parents[1] / "vectors" / "govstack" / "consent-openapi.yaml"
SCHEMA = schemathesis.openapi.from_path(DOCUMENT, config=SchemathesisConfig())
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)}
CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]
EXAMPLES = 6
IN_THE_DEMO = {"policyId", "dataAgreementId"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def suite(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Give a gateway in the mode of the official suite, which sends no token."""
    folder = tmp_path_factory.mktemp("house") / "deployment"
    async with open_house(folder, govstack={"on": True, "open_as": "person-portal"}) as opened:
        yield opened


def _run(operation: Any, address: str) -> int:
    """Call one operation with examples of its own making; give how many were answered as described."""
    answered: list[int] = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def call(case: Any) -> None:
        _aim(case, len(answered))
        response = case.call(base_url=address)
        case.validate_response(response, checks=CHECKS)
        answered.append(response.status_code)

    call()
    return len(answered)


def _aim(case: Any, number: int) -> None:
    """Let every second call that leaves things be name what is there, so that answers are seen, too."""
    if number % 2 and case.operation.method in {"get", "put"}:
        for name in IN_THE_DEMO & set(case.path_parameters):
            case.path_parameters[name] = "1"


@pytest.mark.parametrize("label", sorted(OPERATIONS))
async def test_an_operation_answers_as_its_document_says(suite: House, label: str) -> None:
    """Whatever is sent, the answer is 200 with the body described, or 400."""
    answered = await asyncio.to_thread(_run, OPERATIONS[label], f"{suite.url}/govstack")

    assert answered


async def test_the_whole_document_is_served() -> None:
    """The document has 42 operations, and every one is tried."""
    assert len(OPERATIONS) == 42

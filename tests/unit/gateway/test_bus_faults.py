"""The table of the bus's fault codes: complete, and spelt in two ways."""

from __future__ import annotations

import pytest

from adapters.base import SourceRefusedError
from gateway.faults import BodyInvalidError
from gateway.web.facades.bus_faults import TABLE, BusMessageError, Flaw, fault_code
from gateway.web.facades.seam import coded
from gateway.web.facades.spdci import TABLE as SPDCI
from gateway.web.facades.spdci_message import Code
from gateway.web.problem_table import TABLE as PROBLEMS

DENIED = "server.serverproxy.access_denied"


@pytest.mark.parametrize("kind", sorted(PROBLEMS, key=str))
def test_every_error_says_truly_whose_fault_it_is(kind: type[Exception]) -> None:
    """Whatever has a problem has a fault code: the client's, a right refused, or ours."""
    code = fault_code(kind.__new__(kind), modern=True)
    blamed = code.startswith("client.") or code in {DENIED, "server.serverproxy.unknown_service"}

    assert blamed == (PROBLEMS[kind].status < 500)


@pytest.mark.parametrize("kind", sorted(PROBLEMS, key=str))
def test_every_error_has_a_code_of_spdcis(kind: type[Exception]) -> None:
    """What went wrong on our side is no fault of the search."""
    code = coded(kind.__new__(kind), SPDCI, Code.SEARCH_CRITERIA_INVALID, Code.ERRORS_TOO_MANY)

    assert (code is Code.ERRORS_TOO_MANY) == (PROBLEMS[kind].status >= 500)


@pytest.mark.parametrize("code", sorted(set(TABLE.values())))
def test_a_code_says_first_who_failed(code: str) -> None:
    """The first segment is the message's or the provider's side."""
    assert code.startswith(("client.", "server.serverproxy."))


@pytest.mark.parametrize("flaw", Flaw)
def test_a_flaw_of_the_message_is_its_own_code(flaw: Flaw) -> None:
    """Each flaw is told by X-Road's own name for it."""
    assert fault_code(BusMessageError(flaw), modern=True) == f"client.{flaw.value}"


@pytest.mark.parametrize(
    ("error", "modern", "code"),
    [
        (BodyInvalidError("x"), True, "client.invalid_body"),
        (BodyInvalidError("x"), False, "Client.InvalidBody"),
        (ZeroDivisionError("3311845622"), True, "server.serverproxy.service_failed.internal_error"),
        (
            SourceRefusedError.__new__(SourceRefusedError),
            False,
            "Server.Serverproxy.ServiceFailed.InternalError",
        ),
    ],
)
def test_a_code_is_spelt_as_the_settings_say(error: Exception, modern: bool, code: str) -> None:  # noqa: FBT001
    """Snake case from X-Road 7.8.0 on, capitals before; what is unknown is internal."""
    assert fault_code(error, modern=modern) == code

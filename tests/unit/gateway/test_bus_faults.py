"""The table of the bus's fault codes: complete, and spelt in two ways."""

from __future__ import annotations

import pytest

from adapters.base import SourceRefusedError
from gateway.faults import BodyInvalidError
from gateway.web.facades.bus_faults import INTERNAL, TABLE, BusMessageError, Flaw, fault_code
from gateway.web.problems import INTERNAL as INTERNAL_PROBLEM
from gateway.web.problems import TABLE as PROBLEMS


def test_every_error_that_callers_meet_has_a_fault_code() -> None:
    """What is told as a problem of its own is told as a fault of its own, and nothing else is."""
    told = {kind for kind, problem in PROBLEMS.items() if problem is not INTERNAL_PROBLEM}
    coded = {kind for kind, code in TABLE.items() if code != INTERNAL}

    assert coded == told


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

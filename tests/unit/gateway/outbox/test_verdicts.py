"""The fault table: what each status and fault makes of a message."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.outbox.channel import Accepted, GiveUp, Outcome, RetryLater, Unknown, WaitLong
from gateway.outbox.verdicts import outcome_of_fault, outcome_of_status, seconds_of

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Accepted()),
        (202, Accepted()),
        (301, GiveUp("http-301")),
        (401, WaitLong("http-401", 7)),
        (404, WaitLong("http-404", 7)),
        (410, GiveUp("http-410")),
        (422, GiveUp("http-422")),
        (429, RetryLater("http-429", 7)),
        (500, Unknown("http-500", 7)),
        (503, RetryLater("http-503", 7)),
        (599, Unknown("http-599", 7)),
        (999, Unknown("http-999", 7)),
    ],
)
def test_a_status_is_judged_by_the_table(status: int, outcome: Outcome) -> None:
    """Success, redirect, refusal and trouble each have their consequence."""
    assert outcome_of_status(status, 7) == outcome


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("client.missing_header_field", GiveUp("fault-client")),
        ("Client.MissingHeaderField", GiveUp("fault-client")),
        ("server.serverproxy.network_error", RetryLater("fault-network-error")),
        ("Server.ServerProxy.NetworkError", RetryLater("fault-network-error")),
        ("server.clientproxy.unknown_member", GiveUp("fault-unknown-member")),
        ("server.serverproxy.access_denied", GiveUp("fault-access-denied")),
        ("server.serverproxy.maintenance_mode", WaitLong("fault-maintenance-mode")),
        ("server.clientproxy.ssl_authentication_failed", WaitLong("fault-ssl-authentication-failed")),
        ("server.serverproxy.service_failed.http_error", Unknown("fault-service-failed")),
        ("server.serverproxy.something_new", RetryLater("fault-server")),
        ("soap:Receiver Ivanenko", Unknown("fault-unlisted")),
        ("", Unknown("fault-unlisted")),
    ],
)
def test_a_fault_of_the_bus_is_judged_by_its_segments(code: str, outcome: Outcome) -> None:
    """Both spellings of the bus mean the same, and what a provider wrote itself is not repeated."""
    assert outcome_of_fault(code) == outcome


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        (" 5 ", 5.0),
        ("Mon, 23 Nov 2026 09:02:00 GMT", 120.0),
        ("Mon, 23 Nov 2026 08:00:00 GMT", 0.0),
        ("-5", 0.0),
        ("1e9", 0.0),
        ("soon", 0.0),
        ("", 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, seconds: float) -> None:
    """Whatever is neither asks for nothing."""
    assert seconds_of(text, NOW) == seconds

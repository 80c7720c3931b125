"""Reading a SOAP message: whatever the bytes, it is a message or a named flaw."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from gateway.web.facades.bus_faults import BusMessageError
from gateway.web.facades.soap_message import read_envelope
from tests.journeys.bus import SOAP_TYPE, envelope

WHOLE = envelope().encode()


@given(st.binary(max_size=400), st.text(max_size=60), st.text(max_size=20))
def test_any_bytes_are_read_or_refused(body: bytes, content_type: str, action: str) -> None:
    """No body, content type or action raises anything but a flaw of the message."""
    with contextlib.suppress(BusMessageError):
        read_envelope(body, content_type, action, "")
    with contextlib.suppress(BusMessageError):
        read_envelope(body, SOAP_TYPE, "", "")


@given(st.integers(0, len(WHOLE) - 1), st.binary(max_size=3), st.integers(0, 40))
def test_a_message_with_a_piece_changed_is_read_or_refused(place: int, instead: bytes, gone: int) -> None:
    """A whole message with some of its bytes replaced raises nothing but a flaw of the message."""
    changed = WHOLE[:place] + instead + WHOLE[place + gone :]
    with contextlib.suppress(BusMessageError):
        read_envelope(changed, SOAP_TYPE, "", "")


def test_an_untouched_message_says_what_it_says() -> None:
    """The identifiers of both sides, the official and the case are read."""
    carried = read_envelope(WHOLE, SOAP_TYPE, '""', "tx").carried

    assert carried.client == "SEVDEIR-TEST/GOV/00034022/CASE_SYSTEM"
    assert (carried.provider, carried.service) == ("SEVDEIR-TEST/GOV/37508596/OBMIN", "GetSocialHistory")
    assert (carried.official, carried.case, carried.transaction_id) == (
        "worker-17",
        "KYIV-2026-000120",
        "tx",
    )

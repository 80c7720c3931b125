"""Refusals that belong to no single step of the pipeline: bad form, foreign things, no room.

ObminError
├── BodyInvalidError · BodyTooLargeError · MethodError · UsageQueryError
├── NotFoundError · ForbiddenError
├── AskedTooOftenError · CodeSentError · CodeWrongError · ConflictError
├── IdempotencyConflictError · PreconditionError
└── OverloadedError · TooManyError · StorageUnavailableError
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from contracts.vocabulary import ObminError


class BodyInvalidError(ObminError):
    """The body is not what its description says. `places` are JSON pointers with a code each."""

    def __init__(self, code: str, places: Sequence[Mapping[str, str]] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.places = list(places)


class BodyTooLargeError(ObminError):
    """More bytes than the deployment takes."""


class MethodError(ObminError):
    """The address exists, the method does not."""


class UsageQueryError(ObminError):
    """A question in the data tracker's form that is not as its interface has it."""


class NotFoundError(ObminError):
    """Unknown, or somebody else's: the two are told apart nowhere."""


class ForbiddenError(ObminError):
    """The caller's roles do not include the one this needs."""


class ConflictError(ObminError):
    """Contradicts what is on record."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class AskedTooOftenError(ObminError):
    """The same is being asked of this person, or was refused or asked too often of late."""


class CodeSentError(ObminError):
    """A one-time code was sent a moment ago, or often enough."""


class CodeWrongError(ObminError):
    """Not the one-time code that the person was sent."""


class IdempotencyConflictError(ObminError):
    """The same Idempotency-Key came with another body."""


class PreconditionError(ObminError):
    """`If-Match` names a version that is no longer current."""


class OverloadedError(ObminError):
    """More in flight than this process takes on."""


class TooManyError(ObminError):
    """Tried too often of late from there, by whom nobody has authenticated."""


class StorageUnavailableError(ObminError):
    """The database does not answer; nothing was changed that was not acknowledged."""

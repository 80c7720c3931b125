"""The desk where people sign in: officials of the deployment, identity provider, open sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from audit.event import Event, Json, Kind
from audit.log import Log
from contracts.identifiers import InvalidIdentifierError, check
from contracts.vocabulary import AgencyId, Identity, ObminError, OfficialId, Scheme, Subject, SubjectRef
from contracts.words import Vocabulary
from gateway.faults import ConflictError
from gateway.signin.attempts import Attempts
from gateway.signin.officials import Cabinet, Officials
from gateway.signin.provider import Identified, Provider, SignInRefusedError
from gateway.signin.sessions import Level, Session, Sessions, Who
from gateway.storage.engine import now
from gateway.subjects import Subjects


class NotSignedInError(ObminError):
    """Nobody sits before the screen, or not surely or lately enough: what the page demands."""

    def __init__(self, level: Level = Level.LOW, within: timedelta | None = None) -> None:
        super().__init__("not-signed-in")
        self.level = level
        self.within = within


class FormForgedError(ObminError):
    """A form came without the token of the session that it claims to come from."""


@dataclass(frozen=True, slots=True)
class People:
    """How people themselves are recognised: by an identifier of which scheme, as callers of which agency."""

    subjects: Subjects
    vocabulary: Vocabulary
    scheme: Scheme
    portal: AgencyId


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages ask about who sits before them. Without a provider nobody can sign in.

    `secure` says that browsers reach us over HTTPS: cookies are then for it alone.
    """

    officials: Officials
    sessions: Sessions
    provider: Provider | None
    attempts: Attempts
    people: People
    log: Log
    secure: bool

    async def admit(self, identified: Identified, following: str, before: str) -> str:
        """Begin a session for whom the provider authenticated and give its id; `before` is the one that ends.

        It is on record before the browser has it.

        Raises:
            SignInRefusedError: no official of this deployment, and nobody whose data it ever asked for.
        """
        who = await self._recognised(identified, following)
        await self.note("signed-in", who)
        return await self.sessions.begin(who, before)

    async def leave(self, session: Session, key: str) -> None:
        """End a session, on record."""
        if await self.sessions.end(key):
            await self.note("signed-out", session.who)

    async def note(self, result: str, who: Who | None = None, reason: str = "") -> None:
        """Put on record who came, went or was refused."""
        details: dict[str, Json] = {"level": who.level.name.lower()} if who else {}
        await self.log.note(
            Event(
                kind=Kind.SIGN_IN,
                at=now(),
                agency=who.agency if who else "",
                official=who.official if who else "",
                subject_ref=(who.subject or "") if who else "",
                result=result,
                reason=reason,
                details=details,
            )
        )

    async def _recognised(self, found: Identified, following: str) -> Who:
        """Tell officials from people: who heads for the personal cabinet comes as a person, if she is one."""
        official = self.officials.signing_in(found.subject)
        personal = following.startswith(f"/cabinet/{Cabinet.PERSONAL}/")
        if official and not (personal and found.person):
            return Who(official.agency, official.id, None, found.level, found.at)
        if not found.person:
            raise SignInRefusedError("official-unknown")
        ref = await self._person(found.person)
        return Who(self.people.portal, OfficialId(""), ref, found.level, found.at)

    async def _person(self, value: str) -> SubjectRef:
        people = self.people
        try:
            identifier = check(people.vocabulary, people.scheme, value)
            ref = await people.subjects.known(Subject(Identity({people.scheme: identifier}, None, None)))
        except (InvalidIdentifierError, ConflictError):
            raise SignInRefusedError("person-unclear") from None
        if ref is None:
            raise SignInRefusedError("person-unknown")
        return ref

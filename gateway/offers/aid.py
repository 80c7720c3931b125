"""Our register of help given, as a source of the social history, beside the registry of that name.

What partners delivered through this gateway is added to what the outside registry says, by the same fields
and under the same contract; where a deployment has no such registry, ours answers alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from adapters.base import (
    Adapter,
    Answered,
    Question,
    Reply,
    SourceUnavailableError,
    SubjectUnknownError,
)
from contracts.vocabulary import Field, Scheme, Source, Subject, Value
from gateway.faults import ConflictError, StorageUnavailableError
from gateway.offers.offering import Offering
from gateway.offers.register import Given, Register
from gateway.offers.taxonomy import Taxonomy
from gateway.storage.engine import now
from gateway.subjects import Subjects


@dataclass(frozen=True, slots=True)
class AidRegister:
    """See `adapters.base.Adapter`. `outside` is the registry of that name, None where there is none.

    Where the outside registry is silent, so is the source: half of the truth would look like all of it.
    """

    register: Register
    subjects: Subjects
    taxonomy: Taxonomy
    outside: Adapter | None

    @property
    def source(self) -> Source:
        """The source this adapter answers for."""
        return Source(self.taxonomy.own_register.source)

    @property
    def needs(self) -> Sequence[frozenset[Scheme]]:
        """Whatever names a person in the outside registry, or by itself here."""
        if self.outside is not None:
            return self.outside.needs
        return [frozenset({Scheme(scheme)}) for scheme in self.taxonomy.own_register.needs]

    async def ask(self, question: Question) -> Reply:
        """Ask both for one person; see `adapters.base.Adapter.ask`."""
        try:
            ours = await self._given(question.subject)
        except StorageUnavailableError:
            raise SourceUnavailableError(self.source, "source-failed") from None
        if self.outside is None:
            return self._alone(ours, question)
        try:
            said = await self.outside.ask(question)
        except SubjectUnknownError:
            if not ours:
                raise
            return self._alone(ours, question)
        if not isinstance(said, Answered) or not ours:
            return said
        return replace(said, values=self._joined(said.values, ours, question.fields))

    async def _given(self, subject: Subject) -> Sequence[Given]:
        """Look up what she was given; whom a name alone would not tell from others was given nothing."""
        try:
            person = await self.subjects.known(subject)
        except ConflictError:
            return ()
        return await self.register.given(person) if person else ()

    def _alone(self, ours: Sequence[Given], question: Question) -> Answered:
        if not ours:
            raise SubjectUnknownError(self.source, "not-found")
        return Answered(self._joined({}, ours, question.fields), now())

    def _joined(
        self, theirs: Mapping[Field, Value], ours: Sequence[Given], asked: frozenset[Field]
    ) -> Mapping[Field, Value]:
        aid, last = Field(self.taxonomy.own_register.aid), Field(self.taxonomy.own_register.last)
        values = dict(theirs)
        if aid in asked:
            listed = theirs.get(aid, ())
            values[aid] = (*(listed if isinstance(listed, tuple) else ()), *(each.value() for each in ours))
        if last in asked:
            days = [day for day in (theirs.get(last), *(each.given_on for each in ours)) if day is not None]
            values[last] = max(days, key=str)
        return values


def beside(
    adapters: Mapping[Source, Adapter], offering: Offering, subjects: Subjects
) -> Mapping[Source, Adapter]:
    """Give the sources with our own register in the place of the one that it answers beside."""
    source = Source(offering.taxonomy.own_register.source)
    ours = AidRegister(offering.register, subjects, offering.taxonomy, adapters.get(source))
    return {**adapters, source: ours}

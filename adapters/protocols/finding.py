"""From a document of any protocol to the person in it: result codes, the record's place, how many fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from adapters.base import (
    Ambiguous,
    Pending,
    Question,
    Reply,
    SourceMisbehavedError,
    SourceRefusedError,
    SourceUnavailableError,
    SubjectUnknownError,
)
from adapters.protocols.markup import as_list
from adapters.protocols.reading import Reading, readable
from adapters.protocols.switches import Codes, Nobody
from contracts.vocabulary import Source

PERSON_FIELDS: Final = "person."


@dataclass(frozen=True, slots=True)
class Said:
    """One answer as plain data, and the bus's own key for disputes."""

    answer: Any
    transaction_id: str = ""

    def __repr__(self) -> str:
        return f"Said({type(self.answer).__name__})"


def dig(document: Any, path: str) -> Any:
    """Give what stands at a dotted path, the document itself for an empty one, None where a step is absent.

    Raises AttributeError where a step leads into something that has no members.
    """
    for step in path.split(".") if path else ():
        if document is None or document == "":
            return None
        document = document.get(step)
    return document


def beyond_person(question: Question) -> bool:
    """Say whether more is asked for than who the person is, which a search itself answers."""
    return any(not field.startswith(PERSON_FIELDS) for field in question.fields)


@dataclass(frozen=True, slots=True)
class Finder:
    """What a manifest says of an answer's shape, at work. `record` and `codes` are the manifest's.

    `whole` takes a list for one record: what there is in a place, and not several who fit.
    """

    reading: Reading
    record: str = ""
    codes: Codes | None = None
    whole: bool = False

    @property
    def source(self) -> Source:
        """The source whose answers these are."""
        return self.reading.source

    def reply(self, said: Said, question: Question) -> Reply:
        """Give the reply that an answer means: one person's record, too many, or not ready.

        Raises `SubjectUnknownError` for nobody, and what `heed` and `Reading.answer` raise.
        """
        if not self.heed(said):
            return Pending(said.transaction_id)
        if not isinstance(said.answer, dict | list):
            raise SourceMisbehavedError(self.source, "unreadable")
        with readable(self.source):
            found = as_list(dig(said.answer, self.record) or None)
        if not found:
            raise SubjectUnknownError(self.source, "not-found")
        if len(found) > 1 and not self.whole:
            return Ambiguous(len(found), said.transaction_id, likenesses=self.reading.liken(found, question))
        record = found if isinstance(said.answer, list) and self.whole else found[0]
        return self.reading.answer(record, question, said.transaction_id)

    def heed(self, said: Said) -> bool:
        """Say whether the answer is ready by its result code; raise the error that any other code means."""
        if self.codes is None:
            return True
        with readable(self.source):
            code = str(dig(said.answer, self.codes.member))
        if code in self.codes.nobody:
            raise SubjectUnknownError(self.source, "not-found")
        if code in self.codes.refused:
            raise SourceRefusedError(self.source, "bad-question")
        if code in self.codes.failed:
            raise SourceUnavailableError(self.source, "source-failed")
        if code not in self.codes.ok | self.codes.waiting:
            raise SourceMisbehavedError(self.source, "unknown-result")
        return code in self.codes.ok


def says_nobody(nobody: Nobody, status: int, document: Any) -> bool:
    """Say whether these are the registry's own words for somebody it does not know.

    Raises AttributeError for a document that has no members.
    """
    if status != nobody.status:
        return False
    said = dig(document, nobody.member)
    return said == nobody.value if nobody.value else said is not None

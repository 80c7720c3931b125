"""How to read what АІКОМ knows of a pupil: school, class, form of study, whether the child attends."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from adapters.normal import read_date
from adapters.protocols.crosswalk import coded, load_codes
from adapters.protocols.reading import Reader, person, text
from contracts.vocabulary import Field, Identity

CODES: Final = load_codes(Path(__file__).parent / "codes.toml")


def whose(answer: Any) -> Identity:
    """Give the identity of the pupil answered about."""
    said = answer["pupil"]
    numbers = {
        "rnokpp": said.get("rnokpp"),
        "unzr": said.get("unzr"),
        "birth-certificate": said.get("birthCertificate"),
    }
    born = read_date(said["birthDate"])
    return person(numbers, said["lastName"], said["firstName"], said.get("middleName"), born)


IDENTITY: Final = whose

READERS: Final[Mapping[Field, Reader]] = {
    Field("pupil.school"): lambda answer: text(answer["schoolName"]),
    Field("pupil.class"): lambda answer: text(answer["className"]),
    Field("pupil.form"): lambda answer: coded(CODES["form"], answer["studyForm"]),
    Field("pupil.attendance"): lambda answer: coded(CODES["attendance"], answer.get("attendance")),
}

"""How to read ЄДЕБО's learner status; its words for status, level and form become codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from adapters.normal import read_date, read_sex
from adapters.protocols.reading import Reader, coded, person, text
from contracts.vocabulary import Field, Identity

STATUSES: Final[Mapping[str, str]] = {
    "Навчається": "studying",
    "Зараховано": "enrolled",
    "Переведено": "transferred",
    "Академвідпустка": "academic-leave",
    "Відраховано": "expelled",
    "Завершено": "completed",
}
LEVELS: Final[Mapping[str, str]] = {
    "Базова середня освіта": "basic-secondary",
    "Кваліфікований робітник": "skilled-worker",
    "Фаховий молодший бакалавр": "professional-junior-bachelor",
    "Бакалавр": "bachelor",
    "Магістр": "master",
    "Доктор філософії": "doctor",
}
FORMS: Final[Mapping[str, str]] = {
    "Денна": "full-time",
    "Заочна": "part-time",
    "Вечірня": "evening",
    "Дистанційна": "distance",
}


def whose(answer: Any) -> Identity:
    """Give the identity of the learner answered about."""
    return person(
        {"rnokpp": answer.get("rnokpp"), "unzr": answer.get("unzr")},
        answer["surname"],
        answer["name"],
        answer.get("patronym"),
        read_date(answer["dateOfBirth"]),
    )


IDENTITY: Final = whose

READERS: Final[Mapping[Field, Reader]] = {
    Field("person.family_name"): lambda answer: text(answer["surname"]),
    Field("person.given_name"): lambda answer: text(answer["name"]),
    Field("person.patronymic"): lambda answer: text(answer.get("patronym")),
    Field("person.birth_date"): lambda answer: read_date(answer["dateOfBirth"]),
    Field("person.sex"): lambda answer: read_sex(answer["gender"]),
    Field("education.status"): lambda answer: coded(STATUSES, answer["education"]["statusName"]),
    Field("education.level"): lambda answer: coded(LEVELS, answer["education"]["educationLevelName"]),
    Field("education.form"): lambda answer: coded(FORMS, answer["education"]["educationFormName"]),
    Field("education.institution"): lambda answer: text(answer["education"]["institutionName"]),
}

"""The one place that knows HTTP statuses: from an error class to what a caller reads (RFC 9457).

The nearest class wins; what is not here is 500 and nothing else is said. `/problems/<slug>` serves
the same row, so the table is its own documentation. Wording in both languages stands here because
it belongs to the interface, not to a country.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import orjson
from starlette.responses import Response

from adapters.base import (
    SourceMisbehavedError,
    SourceRefusedError,
    SourceUnavailableError,
    SubjectUnknownError,
)
from audit.store import AuditUnavailableError, CompanionRefusedError, GroundEndedError, LogDamagedError
from contracts.contract import NotPermittedError
from contracts.identifiers import InvalidIdentifierError
from contracts.vocabulary import ObminError
from gateway.collection import RequiredSourceError
from gateway.consent.ground import (
    CaseNotOpenError,
    ConsentMissingError,
    ConsentWithdrawnError,
    EmergencyRefusedError,
)
from gateway.faults import (
    BodyInvalidError,
    BodyTooLargeError,
    ConflictError,
    ForbiddenError,
    IdempotencyConflictError,
    MethodError,
    NotFoundError,
    OverloadedError,
    PreconditionError,
    StorageUnavailableError,
    UsageQueryError,
)
from gateway.identity import UnauthenticatedError
from gateway.sealing.keys import EnvelopeBrokenError


@dataclass(frozen=True, slots=True)
class Problem:
    """One row: what happened, and what to do next, in Ukrainian and English."""

    slug: str
    status: int
    title: Mapping[str, str]
    advice: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)


def _row(
    slug: str, status: int, uk: tuple[str, str], en: tuple[str, str], headers: Mapping[str, str] | None = None
) -> Problem:
    return Problem(
        slug,
        status,
        MappingProxyType({"uk": uk[0], "en": en[0]}),
        MappingProxyType({"uk": uk[1], "en": en[1]}),
        MappingProxyType(dict(headers or {})),
    )


_RETRY: Mapping[str, str] = {"Retry-After": "2"}

INTERNAL = _row(
    "internal",
    500,
    ("Внутрішня помилка", "Зверніться до оператора шлюзу й назвіть номер обміну."),
    ("Internal error", "Contact the gateway's operator and name the exchange."),
)

TABLE: Mapping[type[Exception], Problem] = MappingProxyType(
    {
        UnauthenticatedError: _row(
            "unauthenticated",
            401,
            ("Запит не автентифіковано", "Отримайте новий маркер доступу за адресою /oauth/token."),
            ("Not authenticated", "Get a new access token from /oauth/token."),
            {"WWW-Authenticate": 'Bearer realm="obmin"'},
        ),
        ForbiddenError: _row(
            "role-missing",
            403,
            ("Ця дія не для вашої ролі", "Попросіть оператора перевірити ролі вашої установи."),
            ("Not for your role", "Ask the operator to check your agency's roles."),
        ),
        EmergencyRefusedError: _row(
            "emergency-refused",
            403,
            (
                "Екстрений доступ за цим договором неможливий",
                "Потрібні роль, причина й другий чинник; прострочені перевірки: GET /v1/emergencies.",
            ),
            (
                "No emergency access under this contract",
                "It takes the role, a reason and a second factor; overdue reviews: GET /v1/emergencies.",
            ),
        ),
        NotPermittedError: _row(
            "not-permitted",
            403,
            ("Договір цього не дозволяє", "Перегляньте чинні договори: GET /v1/contracts."),
            ("No contract permits this", "See the contracts in force: GET /v1/contracts."),
        ),
        CaseNotOpenError: _row(
            "case-not-open",
            403,
            (
                "Випадок не відкритий для цієї особи й цього фахівця",
                "Перевірте номер випадку, особу, фахівця та дати: PUT /v1/cases/{case}.",
            ),
            (
                "The case is not open for this person and official",
                "Check the case, its person, its officials and dates: PUT /v1/cases/{case}.",
            ),
        ),
        ConsentMissingError: _row(
            "consent-missing",
            403,
            (
                "Немає підстави: потрібна згода особи",
                "Покажіть особі текст згоди з POST /v1/social-history/preview і зареєструйте її згоду.",
            ),
            (
                "No ground: the person's consent is needed",
                "Show the consent text from POST /v1/social-history/preview and record her consent.",
            ),
        ),
        ConsentWithdrawnError: _row(
            "consent-withdrawn",
            403,
            (
                "Підстава припинилася, поки тривав запит",
                "Нічого не видано. Повторіть запит без джерел, що потребують згоди.",
            ),
            (
                "A ground ended while the sources were being asked",
                "Nothing was released. Ask again without the sources that need consent.",
            ),
        ),
        RequiredSourceError: _row(
            "required-source-silent",
            502,
            ("Обов'язкове джерело не відповіло", "Повторіть пізніше; стан джерел: GET /v1/sources."),
            ("A required source did not answer", "Try later; the sources' health: GET /v1/sources."),
        ),
        AuditUnavailableError: _row(
            "record-unavailable",
            503,
            ("Журнал недоступний, тому нічого не видано", "Повторіть за кілька секунд."),
            ("The record cannot be written, so nothing was released", "Try again in a few seconds."),
            _RETRY,
        ),
        StorageUnavailableError: _row(
            "storage-unavailable",
            503,
            ("База даних недоступна", "Повторіть за кілька секунд."),
            ("The database is unavailable", "Try again in a few seconds."),
            _RETRY,
        ),
        OverloadedError: _row(
            "overloaded",
            503,
            ("Забагато запитів одночасно", "Повторіть за кілька секунд."),
            ("Too much at once", "Try again in a few seconds."),
            _RETRY,
        ),
        InvalidIdentifierError: _row(
            "invalid-identifier",
            422,
            ("Ідентифікатор особи хибний", "Перевірте схему, довжину й контрольну цифру."),
            ("The person's identifier is wrong", "Check the scheme, the length and the check digit."),
        ),
        BodyInvalidError: _row(
            "invalid-body",
            422,
            ("Тіло запиту не відповідає опису", "Порівняйте названі поля з /openapi.json."),
            ("The body does not match its description", "Compare the members named with /openapi.json."),
        ),
        UsageQueryError: _row(
            "invalid-query",
            400,
            ("Параметри запиту хибні", "Перевірте X-Road-UserId, userCode, період, offset і limit."),
            ("The query's parameters are wrong", "Check X-Road-UserId, userCode, period, offset, limit."),
        ),
        BodyTooLargeError: _row(
            "body-too-large",
            413,
            ("Тіло запиту завелике", "Надішліть менше даних."),
            ("The body is too large", "Send less."),
        ),
        NotFoundError: _row(
            "not-found",
            404,
            ("Тут такого немає", "Перевірте адресу; чужі записи виглядають так само, як неіснуючі."),
            ("Nothing here by that name", "Check the address; what belongs to others looks the same."),
        ),
        MethodError: _row(
            "method-not-allowed",
            405,
            ("Метод не підтримується", "Перегляньте /openapi.json."),
            ("Method not allowed", "See /openapi.json."),
        ),
        IdempotencyConflictError: _row(
            "idempotency-conflict",
            409,
            ("Цей Idempotency-Key уже вжито з іншим тілом", "Візьміть новий ключ для нового запиту."),
            ("That Idempotency-Key was used with another body", "Take a new key for a new request."),
        ),
        ConflictError: _row(
            "conflict",
            409,
            ("Суперечить тому, що вже записано", "Прочитайте запис і виправте запит."),
            ("Contradicts what is on record", "Read the record and correct the request."),
        ),
        PreconditionError: _row(
            "precondition-failed",
            412,
            ("Запис тим часом змінився", "Прочитайте його знову й повторіть з новим ETag."),
            ("The record has changed meanwhile", "Read it again and repeat with the new ETag."),
        ),
        SubjectUnknownError: INTERNAL,
        SourceRefusedError: INTERNAL,
        SourceUnavailableError: INTERNAL,
        SourceMisbehavedError: INTERNAL,
        GroundEndedError: INTERNAL,
        CompanionRefusedError: INTERNAL,
        LogDamagedError: INTERNAL,
        EnvelopeBrokenError: INTERNAL,
        ObminError: INTERNAL,
    }
)

BY_SLUG: Mapping[str, Problem] = MappingProxyType({row.slug: row for row in TABLE.values()})


def problem_of(error: BaseException) -> Problem:
    """Find the row of the nearest class; unknown errors are internal."""
    for kind in type(error).__mro__:
        if kind in TABLE:
            return TABLE[kind]
    return INTERNAL


def refuse(error: BaseException, exchange_id: str, language: str) -> Response:
    """Write the problem document of an error, with the places where a body was wrong."""
    places = error.places if isinstance(error, BodyInvalidError) else None
    return respond(problem_of(error), exchange_id, language, places)


def respond(
    problem: Problem, exchange_id: str, language: str, places: list[Mapping[str, str]] | None = None
) -> Response:
    """Write the problem document: nothing that was sent, nothing of our inside."""
    body: dict[str, object] = {
        "type": f"/problems/{problem.slug}",
        "title": problem.title[language],
        "status": problem.status,
        "instance": exchange_id,
        "advice": problem.advice[language],
    }
    if places:
        body["errors"] = places
    return Response(
        orjson.dumps(body),
        problem.status,
        headers=dict(problem.headers) | {"Content-Language": language},
        media_type="application/problem+json",
    )

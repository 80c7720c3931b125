"""The one table of problems (RFC 9457): from an error class to what a caller reads, and its HTTP status.

Nothing else knows statuses; `/problems/<slug>` serves the same row, so the table is its own
documentation. Wording in both languages stands here because it belongs to the interface, not to a
country.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from adapters.base import (
    SourceMisbehavedError,
    SourceRefusedError,
    SourceUnavailableError,
    SubjectUnknownError,
)
from audit.store import (
    AuditUnavailableError,
    CompanionRefusedError,
    GroundEndedError,
    LogDamagedError,
    UnwitnessedError,
)
from contracts.contract import NotPermittedError
from contracts.identifiers import InvalidIdentifierError
from contracts.vocabulary import ObminError
from gateway.collection import RequiredSourceError
from gateway.consent.ground import (
    CaseNotOpenError,
    ConsentMissingError,
    ConsentWithdrawnError,
    EmergencyRefusedError,
    SafetyWithheldError,
)
from gateway.faults import (
    AskedTooOftenError,
    BodyInvalidError,
    BodyTooLargeError,
    CodeSentError,
    CodeWrongError,
    ConflictError,
    ForbiddenError,
    IdempotencyConflictError,
    MethodError,
    NotFoundError,
    OverloadedError,
    PreconditionError,
    StorageUnavailableError,
    TooManyError,
    UsageQueryError,
)
from gateway.identity import UnauthenticatedError
from gateway.offers.offers import OfferKnownError
from gateway.sealing.entrusted import EntrustedKeyError
from gateway.sealing.keys import EnvelopeBrokenError
from gateway.web.problem import Problem, row
from gateway.web.push_problems import PUSH
from gateway.web.report_problems import REPORTS
from gateway.web.sign_in_problems import SIGN_IN

_RETRY: Mapping[str, str] = {"Retry-After": "2"}

INTERNAL = row(
    "internal",
    500,
    ("Внутрішня помилка", "Зверніться до оператора шлюзу й назвіть номер обміну."),
    ("Internal error", "Contact the gateway's operator and name the exchange."),
)

TABLE: Mapping[type[Exception], Problem] = MappingProxyType(
    {
        UnauthenticatedError: row(
            "unauthenticated",
            401,
            ("Запит не автентифіковано", "Отримайте новий маркер доступу за адресою /oauth/token."),
            ("Not authenticated", "Get a new access token from /oauth/token."),
            {"WWW-Authenticate": 'Bearer realm="obmin"'},
        ),
        ForbiddenError: row(
            "role-missing",
            403,
            ("Ця дія не для вашої ролі", "Попросіть оператора перевірити ролі вашої установи."),
            ("Not for your role", "Ask the operator to check your agency's roles."),
        ),
        EmergencyRefusedError: row(
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
        NotPermittedError: row(
            "not-permitted",
            403,
            ("Договір цього не дозволяє", "Перегляньте чинні договори: GET /v1/contracts."),
            ("No contract permits this", "See the contracts in force: GET /v1/contracts."),
        ),
        CaseNotOpenError: row(
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
        ConsentMissingError: row(
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
        SafetyWithheldError: row(
            "withheld-for-safety",
            403,
            (
                "Ці відомості приховано заради безпеки особи",
                "Запитайте інші поля; особу спитайте в безпечний спосіб.",
            ),
            ("This is hidden for the person's safety", "Ask for other fields; ask the person in a safe way."),
        ),
        ConsentWithdrawnError: row(
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
        RequiredSourceError: row(
            "required-source-silent",
            502,
            ("Обов'язкове джерело не відповіло", "Повторіть пізніше; стан джерел: GET /v1/sources."),
            ("A required source did not answer", "Try later; the sources' health: GET /v1/sources."),
        ),
        AuditUnavailableError: row(
            "record-unavailable",
            503,
            ("Журнал недоступний, тому нічого не видано", "Повторіть за кілька секунд."),
            ("The record cannot be written, so nothing was released", "Try again in a few seconds."),
            _RETRY,
        ),
        UnwitnessedError: row(
            "unwitnessed",
            503,
            (
                "Журнал надто довго ніхто не засвідчував, тому нічого не видається",
                "Зверніться до оператора шлюзу: свідки журналу не відповідають. Видача відновиться сама.",
            ),
            (
                "No witness has seen the record for too long, so nothing is released",
                "Tell the gateway's operator: the record's witnesses do not answer. It resumes by itself.",
            ),
            {"Retry-After": "60"},
        ),
        StorageUnavailableError: row(
            "storage-unavailable",
            503,
            ("База даних недоступна", "Повторіть за кілька секунд."),
            ("The database is unavailable", "Try again in a few seconds."),
            _RETRY,
        ),
        OverloadedError: row(
            "overloaded",
            503,
            ("Забагато запитів одночасно", "Повторіть за кілька секунд."),
            ("Too much at once", "Try again in a few seconds."),
            _RETRY,
        ),
        InvalidIdentifierError: row(
            "invalid-identifier",
            422,
            ("Ідентифікатор особи хибний", "Перевірте схему, довжину й контрольну цифру."),
            ("The person's identifier is wrong", "Check the scheme, the length and the check digit."),
        ),
        BodyInvalidError: row(
            "invalid-body",
            422,
            ("Тіло запиту не відповідає опису", "Порівняйте названі поля з /openapi.json."),
            ("The body does not match its description", "Compare the members named with /openapi.json."),
        ),
        UsageQueryError: row(
            "invalid-query",
            400,
            ("Параметри запиту хибні", "Перевірте X-Road-UserId, userCode, період, offset і limit."),
            ("The query's parameters are wrong", "Check X-Road-UserId, userCode, period, offset, limit."),
        ),
        BodyTooLargeError: row(
            "body-too-large",
            413,
            ("Тіло запиту завелике", "Надішліть менше даних."),
            ("The body is too large", "Send less."),
        ),
        CodeWrongError: row(
            "code-wrong",
            422,
            (
                "Код неправильний",
                "Запитайте код ще раз; після третього неправильного почніть нове погодження.",
            ),
            (
                "Not the code that was sent",
                "Ask for it again; after the third wrong one begin a new approval.",
            ),
        ),
        CodeSentError: row(
            "code-just-sent",
            429,
            ("Код щойно надіслано", "Зачекайте хвилину; після третього коду почніть нове погодження."),
            ("A code has just been sent", "Wait a minute; after the third code begin a new approval."),
            {"Retry-After": "60"},
        ),
        NotFoundError: row(
            "not-found",
            404,
            ("Тут такого немає", "Перевірте адресу; чужі записи виглядають так само, як неіснуючі."),
            ("Nothing here by that name", "Check the address; what belongs to others looks the same."),
        ),
        MethodError: row(
            "method-not-allowed",
            405,
            ("Метод не підтримується", "Перегляньте /openapi.json."),
            ("Method not allowed", "See /openapi.json."),
        ),
        AskedTooOftenError: row(
            "asked-too-often",
            429,
            ("Особу вже запитано про це", "Дочекайтеся відповіді; після відмови не питайте 30 днів."),
            (
                "The person has been asked",
                "Wait for the answer; do not ask again for 30 days after a refusal.",
            ),
            {"Retry-After": "86400"},
        ),
        TooManyError: row(
            "too-many-requests",
            429,
            ("Забагато спроб", "Спробуйте знову за годину."),
            ("Too many tries", "Try again in an hour."),
            {"Retry-After": "3600"},
        ),
        IdempotencyConflictError: row(
            "idempotency-conflict",
            409,
            ("Цей Idempotency-Key уже вжито з іншим тілом", "Візьміть новий ключ для нового запиту."),
            ("That Idempotency-Key was used with another body", "Take a new key for a new request."),
        ),
        ConflictError: row(
            "conflict",
            409,
            ("Суперечить тому, що вже записано", "Прочитайте запис і виправте запит."),
            ("Contradicts what is on record", "Read the record and correct the request."),
        ),
        PreconditionError: row(
            "precondition-failed",
            412,
            ("Запис тим часом змінився", "Прочитайте його знову й повторіть з новим ETag."),
            ("The record has changed meanwhile", "Read it again and repeat with the new ETag."),
        ),
        **REPORTS,
        **SIGN_IN,
        **PUSH,
        OfferKnownError: INTERNAL,
        SubjectUnknownError: INTERNAL,
        SourceRefusedError: INTERNAL,
        SourceUnavailableError: INTERNAL,
        SourceMisbehavedError: INTERNAL,
        GroundEndedError: INTERNAL,
        CompanionRefusedError: INTERNAL,
        LogDamagedError: INTERNAL,
        EntrustedKeyError: INTERNAL,
        EnvelopeBrokenError: INTERNAL,
        ObminError: INTERNAL,
    }
)

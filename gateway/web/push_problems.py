"""Problems of what is sent to other agencies: see `gateway.web.problem_table`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gateway.outbox.message import MessageTooLargeError
from gateway.sealing.recipient import RecipientKeyError
from gateway.signed import SignatureWrongError
from gateway.web.problem import Problem, row

PUSH: Mapping[type[Exception], Problem] = MappingProxyType(
    {
        RecipientKeyError: row(
            "recipient-key-missing",
            409,
            (
                "Одержувачу нічим розкрити повідомлення",
                "Установа ще не зареєструвала ключа, для якого запечатують: зверніться до оператора шлюзу.",
            ),
            (
                "The recipient has no key to open a message with",
                "The agency has registered no key to seal to: ask the gateway's operator.",
            ),
        ),
        SignatureWrongError: row(
            "signature-wrong",
            422,
            (
                "Підпис не підтверджено",
                "Підпишіть канонічний JSON (RFC 8785) зареєстрованим ключем установи й назвіть його kid.",
            ),
            (
                "The signature is not confirmed",
                "Sign canonical JSON (RFC 8785) with a registered key of your agency, and name its kid.",
            ),
        ),
        MessageTooLargeError: row(
            "message-too-large",
            413,
            ("Завелике повідомлення", "Скоротіть зміст: одне повідомлення має щонайбільше 256 КБ."),
            ("Message too large", "Shorten what is said: one message has at most 256 KB."),
        ),
    }
)

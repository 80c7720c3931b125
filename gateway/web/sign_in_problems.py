"""What signing in can end with: the rows of `gateway.web.problem_table` for it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gateway.signin.desk import FormForgedError, NotSignedInError
from gateway.signin.provider import ProviderUnavailableError, SignInRefusedError
from gateway.web.problem import Problem, row

SIGN_IN: Mapping[type[Exception], Problem] = MappingProxyType(
    {
        NotSignedInError: row(
            "not-signed-in",
            401,
            ("Ви не ввійшли", "Увійдіть і відкрийте сторінку ще раз."),
            ("You have not signed in", "Sign in and open the page again."),
        ),
        FormForgedError: row(
            "form-expired",
            403,
            (
                "Ця форма вже не дійсна",
                "Відкрийте сторінку знову й заповніть форму. Нічого не змінено.",
            ),
            ("This form is no longer valid", "Open the page again and fill it in. Nothing was changed."),
        ),
        SignInRefusedError: row(
            "sign-in-refused",
            403,
            (
                "Увійти не вдалося",
                "Спробуйте ще раз. Фахівців додає оператор; людину впізнають, якщо про неї запитували.",
            ),
            (
                "You could not be signed in",
                "Try again. Officials are added by the operator; a person is known once asked about.",
            ),
        ),
        ProviderUnavailableError: row(
            "identity-provider-unavailable",
            503,
            ("Служба входу не відповідає", "Спробуйте за кілька хвилин. Ваші дані в безпеці."),
            ("The sign-in service does not answer", "Try again in a few minutes. Your data is safe."),
            {"Retry-After": "60"},
        ),
    }
)

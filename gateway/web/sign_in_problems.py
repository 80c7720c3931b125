"""What signing in can end with: the rows of `gateway.web.problem_table` for it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gateway.signin.desk import FormForgedError, NotSignedInError
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
    }
)

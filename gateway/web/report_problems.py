"""Rows of the table of problems for reports: why a table is not told."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gateway.offers.reports.ledger import DifferenceError
from gateway.offers.reports.reports import LedgerFullError
from gateway.offers.reports.suppression import TooFewPeopleError
from gateway.web.problem import Problem, row

REPORTS: Mapping[type[Exception], Problem] = MappingProxyType(
    {
        TooFewPeopleError: row(
            "too-few-people",
            422,
            (
                "Замало людей, щоб про них звітувати",
                "Візьміть більшу територію, довший період або іншу таблицю.",
            ),
            ("Too few people to report about", "Take a larger area, a longer period or another table."),
        ),
        DifferenceError: row(
            "difference",
            409,
            (
                "Разом із попереднім звітом це виказало б окремих людей",
                "Користуйтеся вже виданою таблицею або візьміть іншу територію чи період.",
            ),
            (
                "Together with an earlier report this would betray individual people",
                "Use the table that you have, or take another area or period.",
            ),
        ),
        LedgerFullError: row(
            "ledger-full",
            429,
            ("Забагато різних таблиць", "Користуйтеся вже виданими таблицями."),
            ("Too many different tables", "Use the tables that you have."),
        ),
    }
)

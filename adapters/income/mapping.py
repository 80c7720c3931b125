"""How to read the tax service's incomes: months and amounts; who paid is in the answer and is not read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from adapters.protocols.crosswalk import known, load_codes
from adapters.protocols.markup import as_list
from adapters.protocols.reading import Reader, kopiikas, person
from contracts.vocabulary import Field, Identity, Value

CODES: Final = load_codes(Path(__file__).parent / "codes.toml")


def whose(answer: Any) -> Identity:
    """Give the identity of the taxpayer: a number is all that the answer is found by."""
    return person({"rnokpp": answer["Info"]["RNOKPP"]})


def each(answer: Any) -> Iterator[tuple[str, Any]]:
    """Give each line of income with its month as yyyy-mm."""
    for agent in as_list(answer.get("SourcesOfIncome")):
        for line in as_list(agent.get("IncomeTaxes")):
            yield f"{int(line['period_year']):04}-{int(line['period_quarter_month']):02}", line


def read_accrued(answer: Any) -> Iterator[Value]:
    """Give each month's income of each kind, in the smallest unit."""
    for month, line in each(answer):
        kind = known(CODES["kind"], line["SignOfIncomePrivilege"])
        yield {"month": month, "kind": kind, "kopiika": kopiikas(line["IncomeAccrued"])}


IDENTITY: Final = whose

READERS: Final[Mapping[Field, Reader]] = {
    Field("income.accrued"): lambda answer: tuple(read_accrued(answer)),
    Field("income.any"): lambda answer: any(kopiikas(line["IncomeAccrued"]) for _, line in each(answer)),
    Field("income.last_month"): lambda answer: max((month for month, _ in each(answer)), default=None),
}

"""Offers as a spreadsheet: CSV or XLSX, one row each, the columns named as the form's members.

`criteria.sex` and its like name members of members; lists stand in one cell, separated by `;`.
What goes out in cells never begins a formula (OWASP, CSV injection).
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from openpyxl import Workbook, load_workbook

from gateway.faults import BodyInvalidError
from gateway.offers.form import OfferBody

MOST_ROWS: Final = 20_000
MOST_UNPACKED: Final = 64 * 1024 * 1024
"""A workbook of the largest allowed number of rows unpacks to a third of this; a bomb to more."""
LISTS: Final = frozenset({"areas", "languages", "criteria.factors"})
WHOLE: Final = frozenset(
    {
        "quantity", "value", "lead_days", "criteria.age_from", "criteria.age_to",
        "criteria.household_from", "criteria.children_under",
    }
)  # fmt: skip
DAYS: Final = frozenset({"valid_from", "valid_until"})
YES: Final = {
    "так": True,
    "yes": True,
    "true": True,
    "1": True,
    "ні": False,
    "no": False,
    "false": False,
    "0": False,
}
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def read_sheet(content: bytes) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Read a CSV (UTF-8, comma or semicolon) or an XLSX by its first sheet.

    Gives each row that is not empty with its number, counted from 1 below the heading, as the members
    of the form that it names.

    Raises:
        BodyInvalidError: not such a file, a column that no form has, or too much of it.
    """
    lines = _workbook(content) if content[:2] == b"PK" else _text(content)
    head = [str(name or "").strip() for name in next(lines, [])]
    unknown = [name for name in head if name and not _is_column(name)]
    if unknown or not any(head):
        raise BodyInvalidError("unknown-column", [{"pointer": "", "code": "unknown-column"} for _ in unknown])
    for number, line in enumerate(lines, 1):
        if number > MOST_ROWS:
            raise BodyInvalidError("too-many-rows")
        cells = {name: cell for name, cell in zip(head, line, strict=False) if name and _filled(cell)}
        if cells:
            yield number, _nested(cells)


def _is_column(name: str) -> bool:
    part, _, member = name.partition(".")
    known = OfferBody.model_fields
    if part != "criteria":
        return part in known and not member
    nested = known["criteria"].annotation
    return member in getattr(nested, "model_fields", {})


def _filled(cell: object) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


def _nested(cells: Mapping[str, object]) -> dict[str, Any]:
    form: dict[str, Any] = {}
    for name, cell in cells.items():
        part, _, member = name.partition(".")
        value = _value(name, cell)
        if member:
            form.setdefault(part, {})[member] = value
        else:
            form[part] = value
    return form


def _value(name: str, cell: object) -> object:
    """Read a cell as its column wants it; what cannot be read is left to the form, which refuses it."""
    if name in LISTS:
        return [part.strip() for part in str(cell).split(";") if part.strip()]
    if name == "accessible":
        return YES.get(str(cell).strip().lower(), cell)
    if name in DAYS:
        return _day(cell)
    if name in WHOLE:
        return _whole(cell)
    return str(cell).strip()


def _day(cell: object) -> object:
    if isinstance(cell, datetime):
        return cell.date()
    for form in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return datetime.strptime(str(cell).strip(), form).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    return cell


def _whole(cell: object) -> object:
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() else cell
    text = str(cell).strip()
    return int(text) if text.lstrip("-").isdecimal() and len(text) < 12 else cell  # noqa: PLR2004  no amount is longer


def _text(content: bytes) -> Iterator[Sequence[object]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BodyInvalidError("not-utf-8") from None
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",")
    try:
        yield from reader
    except csv.Error:
        raise BodyInvalidError("not-a-sheet") from None


def _workbook(content: bytes) -> Iterator[Sequence[object]]:
    """Give the rows of a workbook's first sheet; one that unpacks to too much is not opened."""
    if _unpacked(content) > MOST_UNPACKED:
        raise BodyInvalidError("unpacks-to-too-much")
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        yield from book.worksheets[0].iter_rows(values_only=True)
    except Exception:  # noqa: BLE001  whatever a broken workbook makes the library raise
        raise BodyInvalidError("not-a-sheet") from None


def _unpacked(content: bytes) -> int:
    """Say what an archive claims to unpack to; one that lies is cut off by the library at that size."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        raise BodyInvalidError("not-a-sheet") from None


def write_csv(head: Sequence[str], lines: Iterable[Sequence[object]]) -> bytes:
    """Write a CSV that a spreadsheet opens as text and figures, and never as a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_harmless(cell) for cell in head])
    writer.writerows([_harmless(cell) for cell in line] for line in lines)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def write_xlsx(title: str, head: Sequence[str], lines: Iterable[Sequence[object]]) -> bytes:
    """Write an XLSX of one sheet; see `write_csv`."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.append([_harmless(cell) for cell in head])
    for line in lines:
        sheet.append([_harmless(cell) for cell in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _harmless(cell: object) -> object:
    """Put an apostrophe before what a spreadsheet would compute."""
    if isinstance(cell, int | float | date) or cell is None:
        return cell
    text = str(cell)
    return f"'{text}" if text.startswith(FORMULA) else text

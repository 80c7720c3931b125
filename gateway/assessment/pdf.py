"""The act as PDF: A4, sections and tables as on paper, whose each text is, places for the signatures.

The font is DejaVu Sans, cut down to Latin and Cyrillic (`fonts/`): every letter is in the file itself.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fpdf import FPDF
from fpdf.enums import TableBordersLayout, XPos, YPos
from fpdf.fonts import FontFace

from gateway.assessment.act import Act
from gateway.assessment.document import Part, Shown, lay_out
from gateway.assessment.form import Form
from gateway.spelling import Spelling

FONTS: Final = Path(__file__).parent / "fonts"
FAMILY: Final = "DejaVu"
SMALL, BODY, HEADING, TITLE = 7, 9, 11, 14
TITLES, LINE = 58, 4.6
"""How wide the titles of cells stand, and how high a line of them is, in millimetres."""
ALONE = 18
"""A heading begins a new page where less than this is left: it never stands alone at the foot."""
INK, GREY = (0, 0, 0), (95, 95, 95)
SIGNATURE_LINE: Final = "_" * 28

# It would tell of every glyph that is cut away from the embedded font.
logging.getLogger("fontTools.subset").setLevel(logging.WARNING)


def to_pdf(form: Form, act: Act, spelling: Spelling) -> bytes:
    """Give the act as a PDF in the language of `spelling`."""
    sheet = _Sheet(form, act, spelling)
    sheet.heading()
    for part in lay_out(form, act, spelling):
        sheet.part(part)
    sheet.signatures()
    return bytes(sheet.output())


class _Sheet(FPDF):
    def __init__(self, form: Form, act: Act, spelling: Spelling) -> None:
        super().__init__(format="A4")
        self._form, self._act, self._spelling = form, act, spelling
        self._words = {name: words.told(spelling.language) for name, words in form.words.items()}
        self.set_lang(spelling.language)
        self.set_title(form.told(spelling.language))
        self.add_font(FAMILY, "", FONTS / "DejaVuSans.ttf")
        self.add_font(FAMILY, "B", FONTS / "DejaVuSans-Bold.ttf")
        self.set_margins(18, 16)
        self.set_auto_page_break(auto=True, margin=18)
        self.add_page()

    def footer(self) -> None:
        """Write below every page which act it is of; see `FPDF.footer`."""
        self.set_y(-13)
        self._ink(SMALL, colour=GREY)
        self.cell(0, 5, f"{self._words['case']} {self._act.case} · {self._act.id}")
        self.cell(0, 5, f"{self._words['page']} {self.page_no()}", align="R")

    def heading(self) -> None:
        """Write what it is, by which act of law, of which case."""
        language = self._spelling.language
        self._ink(TITLE, bold=True)
        self._line(self._form.told(language), 7)
        self._ink(SMALL, colour=GREY)
        self._line(self._form.citation.told(language), 4)
        self._ink(BODY)
        begun = self._spelling.day(self._act.begun_at.date().isoformat())
        state = self._words[self._act.state.value]
        self._line(f"{self._words['case']}: {self._act.case}; {self._words['begun']}: {begun}; {state}.", 6)

    def part(self, part: Part) -> None:
        """Write one section; a table across the sheet, cells one below the other."""
        if self.will_page_break(ALONE):
            self.add_page()
        self.ln(2)
        self._ink(HEADING, bold=True)
        self._line(part.title, 6)
        if part.table:
            self._table(part)
        else:
            for row in part.rows:
                self._cells(row)

    def _cells(self, row: Sequence[Shown]) -> None:
        for cell in row:
            self._ink(BODY, bold=True)
            height = self.multi_cell(TITLES, LINE, cell.title, dry_run=True, output="HEIGHT", align="L")
            assert isinstance(height, float)  # noqa: S101  the one thing that was asked for
            if self.will_page_break(height):
                self.add_page()
            page, bottom = self.page, self.get_y() + height
            self.multi_cell(TITLES, LINE, cell.title, new_x=XPos.RIGHT, new_y=YPos.TOP, align="L")
            self._ink(BODY)
            self.multi_cell(0, LINE, cell.readable or "–", new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")
            if origin := self._origin(cell):
                self._ink(SMALL, colour=GREY)
                self.set_x(self.l_margin + TITLES)
                self.multi_cell(0, 3.6, origin, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")
            if self.page == page:
                self.set_y(max(bottom, self.get_y()))
            self.ln(0.8)

    def _table(self, part: Part) -> None:
        self._ink(SMALL)
        style = FontFace(emphasis="BOLD", fill_color=(238, 238, 238))
        with self.table(
            borders_layout=TableBordersLayout.ALL, line_height=3.8, headings_style=style, text_align="LEFT"
        ) as table:
            table.row(list(part.columns))
            for row in part.rows:
                table.row([cell.readable for cell in row])
        notes = {origin for row in part.rows for cell in row if (origin := self._origin(cell))}
        self._ink(SMALL, colour=GREY)
        for note in sorted(notes):
            self._line(note, 3.6)

    def _origin(self, cell: Shown) -> str:
        entry = cell.entry
        if entry.edited_by:
            return f"{self._words['written']} {entry.edited_by}" if entry.text else ""
        if entry.disputed:
            told = "; ".join(
                f"{self._spelling.source(choice.origins[0].source)}: {choice.text}"
                for choice in entry.filled.choices
            )
            return f"{self._words['disputed']}: {told}"
        sources = [
            f"{self._spelling.source(source)}, {self._spelling.day(day)}" for source, day in cell.sources
        ]
        return f"{self._words['source']}: {'; '.join(sources)}" if sources and entry.text else ""

    def signatures(self) -> None:
        """Leave a place for each signature, together on one page."""
        if self.will_page_break(14 * len(self._form.signatures)):
            self.add_page()
        self.ln(6)
        self._ink(BODY)
        for words in self._form.signatures.values():
            self._line(f"{words.told(self._spelling.language)}  {SIGNATURE_LINE}  {SIGNATURE_LINE}", 10)

    def _line(self, text: str, height: float) -> None:
        self.multi_cell(0, height, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")

    def _ink(self, size: int, *, bold: bool = False, colour: tuple[int, int, int] = INK) -> None:
        self.set_font(FAMILY, "B" if bold else "", size)
        self.set_text_color(*colour)

"""Prints the incident form as a PDF, filled in or to be filled in by hand. Pure; writes no file."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from alerts.mail import plain
from alerts.pdf import HIGH, INK, MARGIN, MM, QUIET, RULE, WIDE, close, document

if TYPE_CHECKING:
    from fpdf import FPDF

TITLE_SIZE, SIZE, SMALL = 15.0, 10.0, 8.5
LONGEST_NAME, LONGEST = 200, 2_000
# What is left to write in where a field is empty.
LINE, GAP = 7.5, 2.5


@dataclass(frozen=True, slots=True)
class Field:
    """A question of the form, what it means in a few words, and the lines of its answer."""

    name: str
    hint: str
    answer: tuple[str, ...] = ()
    lines: int = 1


def form(title: str, school: str, fields: Sequence[Field], made_at: datetime) -> bytes:
    """The form; `lines` empty ones are left where a field has no answer."""
    with closing(_Form(f"{title}: {school}", made_at)) as sheet:
        sheet.say(plain(title, LONGEST_NAME), TITLE_SIZE, bold=True)
        sheet.say(plain(school, LONGEST_NAME), SIZE)
        for field in fields:
            sheet.field(field)
        return sheet.content()


class _Form:
    def __init__(self, title: str, made_at: datetime) -> None:
        self._pdf: FPDF = document(plain(title, LONGEST_NAME), made_at, flows=True)
        self._pdf.set_y(MARGIN)

    def close(self) -> None:
        """Let go of the typeface's files."""
        close(self._pdf)

    def content(self) -> bytes:
        """The finished file."""
        return bytes(self._pdf.output())

    def field(self, field: Field) -> None:
        """One question, and its answer or the room for it."""
        pdf = self._pdf
        room = LINE * (2 + (0 if field.answer else field.lines))
        if pdf.get_y() + room > HIGH - MARGIN:
            pdf.add_page()
        pdf.set_y(pdf.get_y() + GAP)
        self.say(field.name, SIZE, bold=True)
        self.say(field.hint, SMALL, ink=QUIET)
        for line in field.answer:
            self.say(plain(line, LONGEST), SIZE)
        for _ in range(0 if field.answer else field.lines):
            pdf.set_y(pdf.get_y() + LINE)
            pdf.set_draw_color(*RULE)
            pdf.line(MARGIN, pdf.get_y(), WIDE - MARGIN, pdf.get_y())

    def say(
        self, text: str, size: float, *, bold: bool = False, ink: tuple[int, int, int] = INK
    ) -> None:
        """One paragraph."""
        pdf = self._pdf
        pdf.set_font("page", "B" if bold else "", size)
        pdf.set_text_color(*ink)
        pdf.set_x(MARGIN)
        pdf.multi_cell(
            WIDE - 2 * MARGIN, size * MM * 1.3, text, align="L", new_x="LMARGIN", new_y="NEXT"
        )

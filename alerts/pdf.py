"""Prints a digest as a PDF, on one sheet of A4 where it fits. Pure; writes no file.

Words go in as plain text, never as markup, and the typeface is the one that matplotlib brings.
"""

from __future__ import annotations

import io
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from alerts.digest import COLOUR, Digest, Entry, Section, Tile, cleaned

if TYPE_CHECKING:
    from fpdf import FPDF

WIDE, HIGH, MARGIN, GUTTER = 210.0, 297.0, 14.0, 8.0
MAIN = 102.0
SIZES = (9.5, 9.0, 8.5, 8.0, 7.5)
INK, QUIET, RULE = (27, 31, 36), (86, 96, 107), (213, 219, 225)
TONES = {"urgent": (155, 28, 28), "respond": (29, 79, 145), "": INK}
BAND = 22.0
# What a row of a list or a table, and the chart with its heading, may need.
ROW, PICTURE = 18.0, 95.0
# Between the columns of a table.
APART = 3.0
MM = 25.4 / 72  # of a point


def pdf(digest: Digest, chart: bytes, made_at: datetime) -> bytes:
    """The digest to print; `chart` is its picture, PNG, or empty."""
    words = cleaned(digest)
    for size in SIZES:
        with closing(_Sheet(words, chart, made_at, size)) as sheet:
            if sheet.fits():
                return sheet.content()
    with closing(_Sheet(words, chart, made_at, SIZES[1], flows=True)) as sheet:
        return sheet.content()


class _Sheet:
    """One try at a size of type: two columns on one page, or one column that flows on."""

    def __init__(
        self, digest: Digest, chart: bytes, made_at: datetime, size: float, *, flows: bool = False
    ) -> None:
        self._digest, self._chart, self._size, self._flows = digest, chart, size, flows
        self._pdf = document(f"{digest.title}: {digest.period}", made_at, flows=flows)
        self._left, self._width = MARGIN, WIDE - 2 * MARGIN
        self._head()
        self._bottom = self._columns()

    def fits(self) -> bool:
        """True where everything stands on the one page."""
        return self._bottom <= HIGH - MARGIN

    def content(self) -> bytes:
        """The finished file."""
        return bytes(self._pdf.output())

    def close(self) -> None:
        """Let go of the typeface's files."""
        close(self._pdf)

    def _head(self) -> None:
        pdf, digest = self._pdf, self._digest
        red, green, blue = (int(COLOUR[at : at + 2], 16) for at in (1, 3, 5))
        pdf.set_fill_color(red, green, blue)
        pdf.rect(0, 0, WIDE, BAND, style="F")
        pdf.set_xy(MARGIN, 5)
        self._say(digest.title, 15, bold=True, ink=(255, 255, 255), below=0.5)
        self._say(digest.period, 10.5, ink=(255, 255, 255))
        pdf.set_y(BAND + 4)
        for note in digest.notes:
            self._say(note, self._size, bold=True, ink=TONES["urgent"], below=1.5)
        self._say(digest.opening, self._size + 2, bold=True, below=2)
        if digest.tiles:
            self._tiles(digest.tiles)

    def _tiles(self, tiles: tuple[Tile, ...]) -> None:
        top, each = self._pdf.get_y(), self._width / len(tiles)
        bottom = top
        for place, tile in enumerate(tiles):
            self._pdf.set_y(top)
            left, width = self._left, self._width
            self._left, self._width = MARGIN + place * each, each - 2
            self._say(tile.number, 16, bold=True)
            self._say(tile.label, self._size)
            if tile.beside:
                self._say(tile.beside, self._size - 0.5, ink=QUIET)
            self._left, self._width = left, width
            bottom = max(bottom, self._pdf.get_y())
        self._pdf.set_y(bottom + 1)

    def _columns(self) -> float:
        sections = self._digest.sections
        aside = [part for part in sections if part.aside]
        if self._flows or not aside:
            for part in sections:
                self._section(part)
        else:
            top = self._pdf.get_y()
            whole = self._width
            self._width = MAIN
            for part in sections:
                if not part.aside:
                    self._section(part)
            bottom = self._pdf.get_y()
            self._pdf.set_y(top)
            self._left, self._width = MARGIN + MAIN + GUTTER, whole - MAIN - GUTTER
            for part in aside:
                self._section(part)
            self._pdf.set_y(max(bottom, self._pdf.get_y()))
            self._left, self._width = MARGIN, whole
        self._foot()
        return self._pdf.get_y()

    def _foot(self) -> None:
        self._rule(3)
        for line in self._digest.standing:
            self._say(line, self._size - 1, ink=QUIET, below=0.8)
        if self._digest.reference:
            self._say(f"Reference: {self._digest.reference}", self._size - 1, ink=QUIET)

    def _section(self, part: Section) -> None:
        self._gap(self._size * 0.38)
        self._room(PICTURE if part.trend else 2 * ROW)
        self._say(part.heading, self._size + 1.5, bold=True, below=0.8)
        for line in part.lines:
            self._say(line, self._size, below=0.6)
        for entry in part.entries:
            self._entry(entry)
        if part.trend:
            self._picture(part.trend.words)
        if part.rows:
            self._table(part)
        if part.more:
            self._say(part.more, self._size - 0.5, ink=QUIET)

    def _room(self, high: float) -> None:
        """Go on to a new page where so much does not fit on this one."""
        if self._flows and self._pdf.get_y() + high > HIGH - MARGIN:
            self._pdf.add_page()

    def _entry(self, entry: Entry) -> None:
        self._room(ROW)
        self._rule(0.6)
        self._say(entry.what, self._size, bold=True, ink=TONES[entry.tone])
        self._say(entry.where, self._size - 0.5, ink=QUIET, below=0.4)

    def _picture(self, words: str) -> None:
        if self._chart:
            self._pdf.image(
                io.BytesIO(self._chart), x=self._left, w=min(self._width, 120), alt_text=words
            )
            self._gap(1)
        self._say(words, self._size - 0.5, ink=QUIET)

    def _table(self, part: Section) -> None:
        rows = (part.columns, *part.rows) if part.columns else part.rows
        cells = len(part.rows[0]) - 1
        each = min(self._width * 0.6 / cells, 26.0)
        first = self._width - each * cells
        for at, row in enumerate(rows):
            self._room(ROW)
            quiet = bool(part.columns) and at == 0
            if not quiet:
                self._rule(0.5)
            self._row(row, first, each, quiet=quiet)

    def _row(self, row: tuple[str, ...], first: float, each: float, *, quiet: bool) -> None:
        pdf, top = self._pdf, self._pdf.get_y()
        size, ink = (self._size - 1, QUIET) if quiet else (self._size, INK)
        left, width, bottom = self._left, self._width, top
        for place, cell in enumerate(row):
            pdf.set_y(top)
            self._left = left + (first + each * (place - 1) + APART if place else 0)
            self._width = (each if place else first) - APART
            self._say(cell, size, ink=ink, align="R" if place else "L")
            bottom = max(bottom, pdf.get_y())
        self._left, self._width = left, width
        pdf.set_y(bottom + 0.4)

    def _rule(self, above: float) -> None:
        self._gap(above)
        pdf = self._pdf
        pdf.set_draw_color(*RULE)
        pdf.set_line_width(0.2)
        pdf.line(self._left, pdf.get_y(), self._left + self._width, pdf.get_y())
        self._gap(0.6)

    def _gap(self, high: float) -> None:
        self._pdf.set_y(self._pdf.get_y() + high)

    def _say(
        self,
        text: str,
        size: float,
        *,
        bold: bool = False,
        ink: tuple[int, int, int] = INK,
        below: float = 0.0,
        align: str = "L",
    ) -> None:
        pdf = self._pdf
        pdf.set_font("page", "B" if bold else "", size)
        pdf.set_text_color(*ink)
        pdf.set_x(self._left)
        pdf.multi_cell(self._width, size * MM * 1.25, text, align=align, new_x="LEFT", new_y="NEXT")
        if below:
            self._gap(below)


def close(pdf: FPDF) -> None:
    """Let go of the typeface's files."""
    from fpdf.fonts import TTFFont  # noqa: PLC0415 - slow to load

    for font in pdf.fonts.values():
        if isinstance(font, TTFFont):
            font.ttfont.close()


def document(title: str, made_at: datetime, *, flows: bool) -> FPDF:
    """An empty sheet of A4 in our typeface, which `close` has to let go of."""
    import matplotlib  # noqa: PLC0415 - slow to load
    from fpdf import FPDF  # noqa: PLC0415 - slow to load

    pdf = FPDF(orientation="portrait", unit="mm", format="A4")
    pdf.set_creation_date(made_at)
    pdf.set_lang("en-GB")
    pdf.set_title(title)
    pdf.set_margins(MARGIN, MARGIN, MARGIN)
    pdf.c_margin = 0
    pdf.set_auto_page_break(flows, margin=MARGIN)
    fonts = Path(matplotlib.get_data_path()) / "fonts/ttf"
    pdf.add_font("page", "", fonts / "DejaVuSans.ttf")
    pdf.add_font("page", "B", fonts / "DejaVuSans-Bold.ttf")
    pdf.add_page()
    return pdf

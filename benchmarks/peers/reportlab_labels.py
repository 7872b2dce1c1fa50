"""The built-in label drawn by segno and reportlab, as their documentation suggests."""

import io

import segno
from reportlab.lib.colors import CMYKColor
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

from printing import Design, SheetLayout
from printing.labels.fonts import Face, find_font_file
from printing.operands import MM

FACES: tuple[Face, ...] = ("regular", "bold", "mono")


def draw(texts: list[str], mask: int, design: Design) -> bytes:
    """Draw labels on A4; each dark run of modules is a rectangle, as in segno's own writers."""
    for face in FACES:
        pdfmetrics.registerFont(TTFont(face, str(find_font_file(face))))
    sheet = SheetLayout().impose(design)
    out = io.BytesIO()
    page = canvas.Canvas(out, (sheet.width_mm * MM, sheet.height_mm * MM))
    for number, text in enumerate(texts):
        if number and number % len(sheet.places) == 0:
            page.showPage()
        x, y = sheet.places[number % len(sheet.places)]
        page.saveState()
        page.translate(x * MM, (sheet.height_mm - y - design.height_mm) * MM)
        _label(page, text, mask, design)
        page.restoreState()
    page.save()
    return out.getvalue()


def _label(page: canvas.Canvas, text: str, mask: int, design: Design) -> None:
    for box in design.boxes:
        page.setFillColor(_ink(box.ink))
        low = design.height_mm - box.y_mm - box.height_mm
        corner = (box.x_mm * MM, low * MM, box.width_mm * MM, box.height_mm * MM)
        page.roundRect(*corner, box.radius_mm * MM, stroke=0, fill=1)
    code = text.rpartition("/")[2]
    groups = [code[at : at + 5] for at in range(0, 20, 5)]
    for words in design.texts:
        page.setFillColor(_ink(words.ink))
        page.setFont("mono" if words.placeholder else words.face, words.size_pt)
        said = words.text.replace("{code.head}", " ".join(groups[:2]))
        said = said.replace("{code.tail}", " ".join(groups[2:]))
        place = (words.x_mm * MM, (design.height_mm - words.y_mm) * MM)
        (page.drawCentredString if words.align == "centre" else page.drawString)(*place, said)
    symbol = segno.make(text, error="q", mask=mask, micro=False, boost_error=False)
    module = design.module_um / 1000 * MM
    left = (design.symbol_x_mm + design.quiet_mm()) * MM
    top = (design.height_mm - design.symbol_y_mm - design.quiet_mm()) * MM
    page.setFillColor(_ink(design.ink))
    path = page.beginPath()
    for row, modules in enumerate(symbol.matrix):
        first = None
        for column, dark in enumerate([*modules, 0]):
            if dark and first is None:
                first = column
            elif not dark and first is not None:
                path.rect(
                    left + first * module,
                    top - (row + 1) * module,
                    (column - first) * module,
                    module,
                )
                first = None
    page.drawPath(path, stroke=0, fill=1)


def _ink(ink: tuple[float, float, float, float]) -> CMYKColor:
    return CMYKColor(*(part / 100 for part in ink))

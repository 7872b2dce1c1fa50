"""Compiled labels: the constant part as a PDF form, the part that differs as a record.

The constant part (artwork, boxes, words) is drawn once, in a form XObject that a press caches.
The record is a `ByteTemplate` of fixed width: the label's place, the symbol, the code, the serial
number, the PIN. One width for every stamp makes a page of records one numpy array and the sizes of
page objects known, and the same stamp gives the same bytes.

The symbol is an image mask, one bit a module, written in hexadecimal: 232 characters for
29 × 29 modules where outlines would take 2,600. It is painted in the design's ink alone (pure
black by default, so four inks cannot misregister) and never smoothed (ADR 0015).

Coordinates inside a label are points from its lower left corner.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from printing.byte_template import Bytes, ByteTemplate, format_decimals
from printing.labels.design import (
    PLACEHOLDER_WIDTHS,
    VARIABLE_CHARACTERS,
    WHITE,
    Box,
    Design,
    TextLine,
)
from printing.labels.fonts import Face, FontSubset, subset_font
from printing.operands import MM, format_hexadecimal, format_ink, format_numbers
from printing.print_run import StampColumns
from printing.qr.encoder import SymbolEncoder

PLACE: Final = 17  # characters of a label's place in its record
_CURVE: Final = 0.5523  # the Bézier handle that draws a quarter circle


@dataclass(frozen=True)
class CompiledLabel:
    """A design compiled for the symbols of one batch."""

    design: Design
    symbols: SymbolEncoder
    faces: dict[Face, FontSubset]
    form: bytes  # operators of the constant part
    record: ByteTemplate
    batch: int

    def fill_records(self, stamps: StampColumns, places: Bytes) -> Bytes:
        """The labels of these stamps at ``places`` ((n, PLACE) of ASCII): (n, record width)."""
        count = len(stamps.indexes)
        columns = [places, format_hexadecimal(self.symbols.encode_packed(stamps.variable))]
        placeholders = [text.placeholder for text in self.design.texts if text.placeholder]
        columns += [
            _fill_placeholder(placeholder, stamps, self.batch) for placeholder in placeholders
        ]
        return self.record.fill(count, columns)


def compile_label(design: Design, symbols: SymbolEncoder, batch: int) -> CompiledLabel:
    """Check the design against the symbol and compile it.

    Raises `DesignRefused`, `FontMissing`, `GlyphMissing`.
    """
    design.check_fit(symbols.modules)
    words: dict[Face, set[str]] = {}
    for text in design.texts:
        if not text.placeholder:
            words.setdefault(text.face, set()).update(design.fill_fields(text))
    faces = {face: subset_font(face, frozenset(letters)) for face, letters in words.items()}
    return CompiledLabel(
        design, symbols, faces, _form(design, symbols, faces), _record(design, symbols), batch
    )


def variable_font() -> FontSubset:
    """The font of the text that differs from label to label."""
    return subset_font("mono", VARIABLE_CHARACTERS)


def _form(design: Design, symbols: SymbolEncoder, faces: dict[Face, FontSubset]) -> bytes:
    """Artwork below, then boxes, the white ground of the symbol, and words."""
    parts = ["/A Do"] if design.artwork else []
    boxes = list(design.boxes)
    if design.pin_panel:
        boxes.append(design.pin_panel)
    side = design.side_mm(symbols.modules) + 2 * design.quiet_mm()
    boxes.append(Box(design.symbol_x_mm, design.symbol_y_mm, side, side, WHITE))
    parts += [f"{format_ink(box.ink)} k {_outline(box, design.height_mm)} f" for box in boxes]
    for text in design.texts:
        if not text.placeholder:
            said = design.fill_fields(text)
            font = faces[text.face]
            glyphs = "".join(f"{font.glyphs[c]:04X}" for c in said)
            x = text.x_mm * MM - _shift(text, font.width(said))
            y = (design.height_mm - text.y_mm) * MM
            parts.append(
                f"BT {format_ink(text.ink)} k /{text.face} {format_numbers(text.size_pt)} Tf "
                f"{format_numbers(x, y)} Td <{glyphs}> Tj ET"
            )
    return "\n".join(parts).encode("ascii")


def _record(design: Design, symbols: SymbolEncoder) -> ByteTemplate:
    side = symbols.modules * design.module_um / 1000 * MM
    x = (design.symbol_x_mm + design.quiet_mm()) * MM
    y = (design.height_mm - design.symbol_y_mm - design.quiet_mm()) * MM - side
    n = symbols.modules
    pieces: list[bytes | int] = [
        b"q 1 0 0 1 ",
        PLACE,
        b" cm/L Do\n",
        f"q {format_ink(design.ink)} k {format_numbers(side, 0, 0, side, x, y)} cm "
        f"BI/W {n}/H {n}/IM true/D[1 0]/I false/F/AHx ID ".encode("ascii"),
        2 * n * symbols.row_bytes,
        b">\nEI Q\n",
    ]
    font = variable_font()
    for text in design.texts:
        if not text.placeholder:
            continue
        before, _, after = design.fill_fields(text).partition(f"{{{text.placeholder}}}")
        width = font.width(before + "0" * PLACEHOLDER_WIDTHS[text.placeholder] + after)
        x = text.x_mm * MM - _shift(text, width)
        y = (design.height_mm - text.y_mm) * MM
        pieces += [
            f"BT {format_ink(text.ink)} k /T {format_numbers(text.size_pt)} Tf "
            f"{format_numbers(x, y)} Td ({before}".encode("cp1252"),
            PLACEHOLDER_WIDTHS[text.placeholder],
            f"{after})Tj ET\n".encode("cp1252"),
        ]
    return ByteTemplate((*pieces, b"Q\n"))


def _fill_placeholder(placeholder: str, stamps: StampColumns, batch: int) -> Bytes:
    """The column of a placeholder, padded with spaces to (n, width of the placeholder)."""
    count = len(stamps.indexes)
    column = np.full((count, PLACEHOLDER_WIDTHS[placeholder]), 32, np.uint8)
    if placeholder.startswith("code"):
        first, last = {"code": (0, 4), "code.head": (0, 2), "code.tail": (2, 4)}[placeholder]
        for at, group in enumerate(range(first, last)):
            column[:, 6 * at : 6 * at + 5] = stamps.codes[:, 5 * group : 5 * group + 5]
    elif placeholder == "roll":
        start = f"{batch}·".encode("cp1252")
        column[:, : len(start)] = np.frombuffer(start, np.uint8)
        column[:, len(start) : len(start) + 8] = format_decimals(stamps.indexes, 8, b" ")
    elif stamps.pins is not None:
        column[:, : stamps.pins.shape[1]] = stamps.pins
    return column


def _shift(text: TextLine, width: float) -> float:
    """Distance from a text's place to its start, in points."""
    share = {"left": 0.0, "centre": 0.5, "right": 1.0}[text.align]
    return share * width * text.size_pt / 1000


def _outline(box: Box, height_mm: float) -> str:
    """The path of a rectangle, its corners rounded by its radius."""
    x, y = box.x_mm * MM, (height_mm - box.y_mm - box.height_mm) * MM
    w, h = box.width_mm * MM, box.height_mm * MM
    r = min(box.radius_mm * MM, w / 2, h / 2)
    if r <= 0:
        return f"{format_numbers(x, y, w, h)} re"
    k = r * (1 - _CURVE)
    points = [
        (x + r, y, "m"),
        (x + w - r, y, "l"),
        (x + w - k, y, x + w, y + k, x + w, y + r, "c"),
        (x + w, y + h - r, "l"),
        (x + w, y + h - k, x + w - k, y + h, x + w - r, y + h, "c"),
        (x + r, y + h, "l"),
        (x + k, y + h, x, y + h - k, x, y + h - r, "c"),
        (x, y + r, "l"),
        (x, y + k, x + k, y, x + r, y, "c"),
    ]
    return (
        " ".join(
            " ".join(p if isinstance(p, str) else format_numbers(p) for p in step)
            for step in points
        )
        + " h"
    )

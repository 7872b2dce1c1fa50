"""One label as PDF operators: what is the same on all of them, and the record that differs.

The constant part (artwork, boxes, words) is drawn once, in a form XObject that a press caches.
What differs is a record of fixed width, a `ByteTemplate`: the label's place, the symbol, the code,
the roll number, the PIN. Same width for every stamp means that a page of records is one numpy
array, that page objects have known sizes, and that the same stamp gives the same bytes.

The symbol is an image mask, one bit a module, written in hexadecimal: 232 characters for
29 × 29 modules where outlines would take 2,600; it is painted in the design's ink alone (pure
black by default, so no misregistration of four inks), never smoothed (docs/adr/0015).

Coordinates inside a label are points from its lower left corner.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from printing.byte_template import Bytes, ByteTemplate, format_decimals
from printing.labels.design import (
    MM,
    PLACEHOLDER_WIDTHS,
    VARIABLE_CHARACTERS,
    WHITE,
    Box,
    Design,
    Ink,
    TextLine,
)
from printing.labels.fonts import Face, FontSubset, subset_font
from printing.print_run import StampColumns
from printing.qr.encoder import SymbolEncoder

PLACE: Final = 17  # characters of a label's place in its record
_HEX: Final = np.frombuffer(bytes(range(256)).hex().upper().encode(), np.uint16)
_CURVE: Final = 0.5523  # the Bézier handle that draws a quarter circle


def format_number(value: float) -> str:
    """A PDF number: at most three decimals, no exponent.

    >>> format_number(12.0), format_number(0.1234567)
    ('12', '0.123')
    """
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def format_hexadecimal(packed: Bytes) -> Bytes:
    """Packed symbols (n, rows, row bytes) as (n, 2 · bytes) of hexadecimal digits."""
    return _HEX[packed.reshape(len(packed), -1)].view(np.uint8)


def format_ink(colour: Ink) -> str:
    """The operator that fills with an ink."""
    return " ".join(format_number(part / 100) for part in colour) + " k"


@dataclass(frozen=True)
class CompiledLabel:
    """A design made ready for one batch's symbols."""

    design: Design
    symbols: SymbolEncoder
    faces: dict[Face, FontSubset]
    form: bytes  # operators of the constant part
    record: ByteTemplate
    batch: int

    def records(self, stamps: StampColumns, places: Bytes) -> Bytes:
        """The labels of these stamps at ``places`` ((n, PLACE) of ASCII): (n, record width)."""
        count = len(stamps.indexes)
        columns = [places, format_hexadecimal(self.symbols.packed(stamps.variable))]
        holes = [text.hole for text in self.design.texts if text.hole]
        columns += [_filling(hole, stamps, self.batch) for hole in holes]
        return self.record.fill(count, columns)


def compile_label(design: Design, symbols: SymbolEncoder, batch: int) -> CompiledLabel:
    """Check the design against the symbol and compile it. Raises `DesignRefused` and kin."""
    design.check(symbols.modules)
    words: dict[Face, set[str]] = {}
    for text in design.texts:
        if not text.hole:
            words.setdefault(text.face, set()).update(design.said(text))
    faces = {face: subset_font(face, frozenset(letters)) for face, letters in words.items()}
    return CompiledLabel(
        design, symbols, faces, _form(design, symbols, faces), _record(design, symbols), batch
    )


def variable_font() -> FontSubset:
    """The font of everything that differs from label to label."""
    return subset_font("mono", VARIABLE_CHARACTERS)


def _form(design: Design, symbols: SymbolEncoder, faces: dict[Face, FontSubset]) -> bytes:
    """Artwork below, then boxes, the white ground of the symbol, and words."""
    parts = ["/A Do"] if design.artwork else []
    boxes = list(design.boxes)
    if design.pin_panel:
        boxes.append(design.pin_panel)
    side = design.side_mm(symbols.modules) + 2 * design.quiet_mm()
    boxes.append(Box(design.symbol_x_mm, design.symbol_y_mm, side, side, WHITE))
    parts += [f"{format_ink(box.ink)} {_outline(box, design.height_mm)} f" for box in boxes]
    for text in design.texts:
        if not text.hole:
            said = design.said(text)
            font = faces[text.face]
            glyphs = "".join(f"{font.glyphs[c]:04X}" for c in said)
            x = text.x_mm * MM - _shift(text, font.width(said))
            parts.append(
                f"BT {format_ink(text.ink)} /{text.face} {format_number(text.size_pt)} Tf "
                f"{format_number(x)} {format_number((design.height_mm - text.y_mm) * MM)} Td <{glyphs}> Tj ET"
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
        f"q {format_ink(design.ink)} {format_number(side)} 0 0 {format_number(side)} {format_number(x)} {format_number(y)} cm "
        f"BI/W {n}/H {n}/IM true/D[1 0]/I false/F/AHx ID ".encode("ascii"),
        2 * n * symbols.row_bytes,
        b">\nEI Q\n",
    ]
    font = variable_font()
    for text in design.texts:
        if not text.hole:
            continue
        before, _, after = design.said(text).partition(f"{{{text.hole}}}")
        width = font.width(before + "0" * PLACEHOLDER_WIDTHS[text.hole] + after)
        pieces += [
            f"BT {format_ink(text.ink)} /T {format_number(text.size_pt)} Tf "
            f"{format_number(text.x_mm * MM - _shift(text, width))} "
            f"{format_number((design.height_mm - text.y_mm) * MM)} Td ({before}".encode("cp1252"),
            PLACEHOLDER_WIDTHS[text.hole],
            f"{after})Tj ET\n".encode("cp1252"),
        ]
    return ByteTemplate((*pieces, b"Q\n"))


def _filling(hole: str, stamps: StampColumns, batch: int) -> Bytes:
    """What a placeholder says on each label, (n, PLACEHOLDER_WIDTHS[hole]); spaces fill what is shorter."""
    count = len(stamps.indexes)
    column = np.full((count, PLACEHOLDER_WIDTHS[hole]), 32, np.uint8)
    if hole.startswith("code"):
        first, last = {"code": (0, 4), "code.head": (0, 2), "code.tail": (2, 4)}[hole]
        for at, group in enumerate(range(first, last)):
            column[:, 6 * at : 6 * at + 5] = stamps.codes[:, 5 * group : 5 * group + 5]
    elif hole == "roll":
        start = f"{batch}·".encode("cp1252")
        column[:, : len(start)] = np.frombuffer(start, np.uint8)
        column[:, len(start) : len(start) + 8] = format_decimals(stamps.indexes, 8, b" ")
    elif stamps.pins is not None:
        column[:, : stamps.pins.shape[1]] = stamps.pins
    return column


def _shift(text: TextLine, width: float) -> float:
    """How far left of its place a text starts, in points."""
    share = {"left": 0.0, "centre": 0.5, "right": 1.0}[text.align]
    return share * width * text.size_pt / 1000


def _outline(box: Box, height_mm: float) -> str:
    """A rectangle's path, its corners rounded where it asks for it."""
    x, y = box.x_mm * MM, (height_mm - box.y_mm - box.height_mm) * MM
    w, h = box.width_mm * MM, box.height_mm * MM
    r = min(box.radius_mm * MM, w / 2, h / 2)
    if r <= 0:
        return f"{format_number(x)} {format_number(y)} {format_number(w)} {format_number(h)} re"
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
            " ".join(p if isinstance(p, str) else format_number(p) for p in step) for step in points
        )
        + " h"
    )

"""Specimens: a standard label as SVG, for people who choose a design.

The label is drawn from its design as a press prints it: boxes, symbol, and words as outlines of the
label's fonts. Its code is `SPECIMEN…`, which no key opens, and SPECIMEN stands across it, so that
a picture of it passes for no stamp. Lengths are millimetres.
"""

from functools import lru_cache
from typing import Final, Literal

import numpy as np
from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont

from printing.byte_template import Bytes
from printing.labels.design import Box, Design, TextLine
from printing.labels.fonts import Face, find_font_file
from printing.labels.standard_designs import STANDARD_DESIGNS
from printing.operands import MM, Ink, format_numbers
from printing.print_run import CODE, SIGNATURE
from printing.qr.payload import Piece, VariableField

_WORD: Final = "SPECIMEN"
_CODE: Final = (_WORD * 3)[:CODE]
_ROOT: Final = "HTTPS://VERITEM.VN/S/"
_RED: Final[Ink] = (0, 90, 80, 10)


@lru_cache(maxsize=2)
def draw_specimen(grade: Literal["sealed", "signed"]) -> bytes:
    """The standard label of a grade as an SVG file. Raises `FontMissing`."""
    design = STANDARD_DESIGNS[grade]
    width, height = format_numbers(design.width_mm), format_numbers(design.height_mm)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" '
        f'viewBox="0 0 {width} {height}">',
        *(_draw_box(box) for box in design.boxes),
        _draw_symbol(design, grade),
        *(_draw_text(_fill(text)) for text in design.texts),
        _draw_mark(design),
        "</svg>\n",
    ]
    return "".join(parts).encode("ascii")


def _draw_box(box: Box) -> str:
    x, y, w, h = (format_numbers(n) for n in (box.x_mm, box.y_mm, box.width_mm, box.height_mm))
    corner = f' rx="{format_numbers(box.radius_mm)}"' if box.radius_mm else ""
    fill = _to_rgb(box.ink)
    return f'<rect x="{x}" y="{y}" width="{w}" height="{h}"{corner} fill="{fill}"/>'


def _draw_symbol(design: Design, grade: str) -> str:
    """The symbol as one path of runs of dark modules."""
    payload: tuple[Piece, ...] = (_ROOT, VariableField(CODE))
    letters = _CODE
    if grade == "signed":
        payload = (*payload, ".", VariableField(SIGNATURE))
        letters += (_WORD * SIGNATURE)[:SIGNATURE]
    symbols = design.make_encoder(payload)
    variable: Bytes = np.frombuffer(letters.encode("ascii"), np.uint8)[None, :]
    (rows,) = symbols.encode_packed(variable)
    modules = np.unpackbits(rows, axis=1)[:, : symbols.modules]
    edges = np.diff(np.pad(modules, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    row, first = np.nonzero(edges == 1)
    _, end = np.nonzero(edges == -1)
    runs = zip(first.tolist(), row.tolist(), (end - first).tolist(), strict=True)
    path = "".join(f"M{x} {y}h{n}v1h-{n}z" for x, y, n in runs)
    x = format_numbers(design.symbol_x_mm + design.quiet_mm())
    y = format_numbers(design.symbol_y_mm + design.quiet_mm())
    scale = format_numbers(design.module_um / 1000)
    return (
        f'<path shape-rendering="crispEdges" fill="{_to_rgb(design.ink)}" '
        f'transform="translate({x} {y}) scale({scale})" d="{path}"/>'
    )


def _fill(text: TextLine) -> TextLine:
    """The line with the specimen's code in place of its placeholder."""
    groups = [_CODE[at : at + 5] for at in range(0, CODE, 5)]
    said = (
        text.text.replace("{code.head}", " ".join(groups[:2]))
        .replace("{code.tail}", " ".join(groups[2:]))
        .replace("{code}", " ".join(groups))
    )
    face: Face = "mono" if text.placeholder else text.face
    return TextLine(said, text.x_mm, text.y_mm, text.size_pt, face, text.align, text.ink)


def _draw_text(text: TextLine) -> str:
    """The line as outlines, so that it looks the same in every browser."""
    path, width = _outline(text.text, text.face, text.size_pt / MM)
    left = text.x_mm - {"left": 0.0, "centre": width / 2, "right": width}[text.align]
    place = format_numbers(left, text.y_mm)
    return f'<path fill="{_to_rgb(text.ink)}" transform="translate({place})" d="{path}"/>'


def _draw_mark(design: Design) -> str:
    """The word across the label."""
    path, width = _outline(_WORD, "bold", design.height_mm * 0.3)
    middle = format_numbers(design.width_mm / 2, design.height_mm / 2)
    return (
        f'<path fill="{_to_rgb(_RED)}" fill-opacity=".55" d="{path}" '
        f'transform="translate({middle}) rotate(-24) '
        f'translate({format_numbers(-width / 2, design.height_mm * 0.1)})"/>'
    )


def _outline(text: str, face: Face, size_mm: float) -> tuple[str, float]:
    """The path of a text that begins at the origin, and its width."""
    with TTFont(find_font_file(face)) as font:
        glyphs, names = font.getGlyphSet(), font.getBestCmap()
        scale, at = size_mm / font["head"].unitsPerEm, 0.0
        pen = SVGPathPen(glyphs, ntos=lambda number: format_numbers(number))
        for letter in text:
            glyph = glyphs[names[ord(letter)]]
            glyph.draw(TransformPen(pen, (scale, 0, 0, -scale, at, 0)))
            at += glyph.width * scale
        return pen.getCommands(), at


def _to_rgb(ink: Ink) -> str:
    """An ink as screens show it.

    >>> _to_rgb((0, 0, 0, 100)), _to_rgb((0, 0, 0, 0))
    ('#000000', '#ffffff')
    """
    *colours, black = (part / 100 for part in ink)
    return "#" + "".join(f"{round(255 * (1 - c) * (1 - black)):02x}" for c in colours)

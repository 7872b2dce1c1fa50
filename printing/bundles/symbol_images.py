"""Symbol images: single symbols as SVG, PNG and EPS, for presses that place them themselves.

Each image is one symbol with its white quiet zone at its true size: SVG in millimetres, PNG in
dots a metre, EPS in points. No edge of a module is smoothed.
"""

import io
import math
from collections.abc import Iterator
from typing import Final, Literal

import numpy as np
from PIL import Image

from printing.byte_template import Bytes, ByteTemplate
from printing.labels.design import Design
from printing.operands import MM, format_hexadecimal, format_ink, format_numbers
from printing.print_run import PrintRun
from printing.qr.encoder import SymbolEncoder

ImageFormat = Literal["svg", "png", "eps"]
PRESS_DPI: Final = 600  # PNG modules are the whole number of dots nearest to this
_EPS_LINE: Final = 240
"""Hexadecimal digits of a line."""
_CHUNK: Final = 2048


def stream_symbol_images(
    run: PrintRun, design: Design, form: ImageFormat, lo: int, hi: int
) -> Iterator[tuple[str, bytes]]:
    """Yield names and bytes of the symbols of [lo, hi). A name is batch and index, zero-padded."""
    symbols = design.make_encoder(run.payload)
    draw = {"svg": _svg, "png": _png, "eps": _eps}[form]
    for start in range(lo, hi, _CHUNK):
        stop = min(start + _CHUNK, hi)
        packed = symbols.encode_packed(run.stamps(start, stop).variable)
        for index, picture in zip(range(start, stop), draw(packed, symbols, design), strict=True):
            yield f"{run.batch:08}-{index:08}.{form}", picture


def dots_per_module(design: Design) -> int:
    """Dots a module of a PNG."""
    return max(1, round(design.module_um / 25400 * PRESS_DPI))


def _svg(packed: Bytes, symbols: SymbolEncoder, design: Design) -> Iterator[bytes]:
    """One path of runs of dark modules, row by row."""
    quiet = design.quiet_modules
    whole = symbols.modules + 2 * quiet
    side = format_numbers(whole * design.module_um / 1000)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}mm" height="{side}mm" '
        f'viewBox="0 0 {whole} {whole}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{whole}v{whole}H0z"/><path d="'
    )
    for rows in packed:
        modules = np.unpackbits(rows, axis=1)[:, : symbols.modules]
        edges = np.diff(np.pad(modules, ((0, 0), (1, 1))).astype(np.int8), axis=1)
        row, first = np.nonzero(edges == 1)
        _, end = np.nonzero(edges == -1)
        runs = zip(
            (first + quiet).tolist(), (row + quiet).tolist(), (end - first).tolist(), strict=True
        )
        path = "".join(f"M{x} {y}h{n}v1h-{n}z" for x, y, n in runs)
        yield f'{head}{path}"/></svg>\n'.encode("ascii")


def _png(packed: Bytes, symbols: SymbolEncoder, design: Design) -> Iterator[bytes]:
    """One bit a dot; the dots a metre make each module exactly ``module_um`` long."""
    dots = dots_per_module(design)
    resolution = dots * 25400 / design.module_um
    quiet = design.quiet_modules
    for rows in packed:
        modules = np.pad(np.unpackbits(rows, axis=1)[:, : symbols.modules], quiet)
        grown = np.repeat(np.repeat(modules == 0, dots, axis=0), dots, axis=1)
        file = io.BytesIO()
        Image.fromarray(grown).save(file, "PNG", dpi=(resolution, resolution))
        yield file.getvalue()


def _eps(packed: Bytes, symbols: SymbolEncoder, design: Design) -> Iterator[bytes]:
    """An image mask in the design's ink on white, after the EPSF 3.0 conventions."""
    n = symbols.modules
    quiet = design.quiet_mm() * MM
    side = n * design.module_um / 1000 * MM
    whole = side + 2 * quiet
    head = (
        "%!PS-Adobe-3.0 EPSF-3.0\n"
        f"%%BoundingBox: 0 0 {math.ceil(whole)} {math.ceil(whole)}\n"
        f"%%HiResBoundingBox: 0 0 {format_numbers(whole, whole)}\n"
        "%%Creator: Veritem\n%%LanguageLevel: 2\n%%EndComments\ngsave\n"
        f"0 0 0 0 setcmykcolor 0 0 {format_numbers(whole, whole)} rectfill\n"
        f"{format_ink(design.ink)} setcmykcolor "
        f"{format_numbers(quiet, quiet)} translate {format_numbers(side, side)} scale\n"
        f"{n} {n} true [{n} 0 0 -{n} 0 {n}] {{<\n"
    ).encode("ascii")
    tail = b"\n>} imagemask\ngrestore\nshowpage\n%%EOF\n"
    # Conforming lines have at most 255 characters (EPSF 3.0, 2); blanks in a string do not count.
    size = 2 * n * symbols.row_bytes
    cuts = list(range(_EPS_LINE, size, _EPS_LINE))
    widths = np.diff([0, *cuts, size]).tolist()
    lines = [piece for width in widths for piece in (b"\n", width)][1:]
    template = ByteTemplate((head, *lines, tail))
    for record in template.fill(len(packed), np.split(format_hexadecimal(packed), cuts, axis=1)):
        yield record.tobytes()

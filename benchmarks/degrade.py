"""Damage to printed labels, and the share that still decodes.

The sheet is the product's own PDF, rendered at 300 dpi. Symbols are damaged in one of two ways:

- *codewords*: all modules of a share of its codewords, drawn at random, are inverted. ISO/IEC 18004
  counts damage in codewords: level M corrects about 15 %.
- *blot*: one ellipse over a share of its area, at a random place, ink or bare paper. A blot touches
  a larger share of the codewords, and may hit a finder pattern, which no level corrects.

Then each label is rotated, blurred and given sensor noise, like a phone's picture, and zxing-cpp
decodes it.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from segno import consts, encoder

from printing import Design, PrintRun, SheetLayout, compose_label_pdf, write_atomically
from printing.qr.decoder import decode_page, render_pages
from printing.qr.payload import fill_payload

DPI = 300
Grey = NDArray[np.uint8]


@dataclass(frozen=True)
class Treatment:
    """Damage to a sheet. ``damage`` is a share of each symbol's area; ``blur`` is in modules."""

    name: str
    damage: float = 0.0
    kind: str = "blot"
    angle: float = 7.0
    blur: float = 0.3
    noise: float = 8.0


TREATMENTS = (
    Treatment("turned, blurred, noisy"),
    Treatment("codewords", 0.10, "codewords"),
    Treatment("codewords", 0.15, "codewords"),
    Treatment("codewords", 0.20, "codewords"),
    Treatment("blot", 0.05),
    Treatment("blot", 0.10),
    Treatment("blot", 0.15),
)


def survivors(run: PrintRun, design: Design, treatment: Treatment, seed: int = 1) -> float:
    """Return the share of the run's symbols that still decode to their URI."""
    rng = np.random.default_rng(seed)
    expected = _uris(run)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "sheet.pdf"
        pdf = compose_label_pdf(run, design, SheetLayout(), run.lo, run.hi)
        write_atomically(path, pdf.stream())
        found: set[str] = set()
        symbols = design.make_encoder(run.payload)
        codewords = _codewords(symbols.version)
        for page in render_pages(path, DPI):
            for label, symbol in _boxes(pdf.imposition.places, design, symbols.modules):
                if treatment.kind == "blot":
                    _blot(page[symbol], treatment.damage, rng)
                else:
                    _lose(page[symbol], codewords, treatment.damage, rng)
                found |= set(decode_page(_suffer(page[label], treatment, design, rng), DPI))
    return len(found & expected) / len(expected)


def _uris(run: PrintRun) -> set[str]:
    rows = run.stamps(run.lo, run.hi).variable
    return {fill_payload(run.payload, bytes(row).decode("ascii")) for row in rows}


def _boxes(
    places: tuple[tuple[float, float], ...], design: Design, modules: int
) -> list[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """Return the positions of labels and symbols on the page, in pixels."""
    return [
        (
            _box(x, y, design.width_mm, design.height_mm),
            _box(
                x + design.symbol_x_mm + design.quiet_mm(),
                y + design.symbol_y_mm + design.quiet_mm(),
                design.side_mm(modules),
                design.side_mm(modules),
            ),
        )
        for x, y in places
    ]


def _box(x: float, y: float, width: float, height: float) -> tuple[slice, slice]:
    scale = DPI / 25.4
    return (
        slice(round(y * scale), round((y + height) * scale)),
        slice(round(x * scale), round((x + width) * scale)),
    )


def _codewords(version: int) -> NDArray[np.int64]:
    """Return the codeword of each module, -1 for none, as segno places them.

    Segno places any values as "bits", so each codeword's number is passed eight times (from 3 on,
    because 0, 1 and 2 mean light, dark and free; versions up to 8 stay under 256).
    """
    side = 17 + 4 * version
    table: Any = consts.ECC
    blocks = table[version][consts.ERROR_LEVEL_M]
    count = sum(block.num_blocks * block.num_total for block in blocks)
    draw: Any = encoder  # segno's internals have no annotations
    matrix = draw.make_matrix(side, side)
    draw.add_finder_patterns(matrix, side, side)
    draw.add_alignment_patterns(matrix, side, side)
    draw.add_codewords(matrix, [number + 3 for number in range(count) for _ in range(8)], version)
    numbers = np.array([list(row) for row in matrix], np.int64) - 3
    return np.maximum(numbers, -1)


def _lose(
    symbol: Grey, codewords: NDArray[np.int64], share: float, rng: np.random.Generator
) -> None:
    """Invert all modules of this share of the codewords, in place."""
    count = int(codewords.max()) + 1
    lost = rng.permutation(count)[: round(share * count)]
    rows, columns = (
        np.minimum(np.arange(n) * len(codewords) // n, len(codewords) - 1) for n in symbol.shape
    )
    hit = np.isin(codewords, lost)[np.ix_(rows, columns)]
    symbol[hit] = np.where(symbol[hit] < 128, 255, 30)


def _blot(symbol: Grey, share: float, rng: np.random.Generator) -> None:
    """Paint one ellipse over this share of the area, in place."""
    height, width = symbol.shape
    flat = rng.uniform(0.5, 2)
    b = np.sqrt(share * height * width / np.pi / flat)
    a = b * flat
    cy, cx = rng.uniform(b, height - b), rng.uniform(a, width - a)
    y, x = np.mgrid[:height, :width]
    if share:
        symbol[((x - cx) / a) ** 2 + ((y - cy) / b) ** 2 <= 1] = rng.choice([255, 30])


def _suffer(label: Grey, treatment: Treatment, design: Design, rng: np.random.Generator) -> Grey:
    """Rotate, blur and add noise."""
    turned = ndimage.rotate(label.astype(np.float32), treatment.angle, order=1, cval=255)
    blurred = ndimage.gaussian_filter(turned, treatment.blur * design.module_um / 25400 * DPI)
    noisy = blurred + rng.normal(0, treatment.noise, blurred.shape)
    seen: Grey = np.clip(noisy, 0, 255).astype(np.uint8)
    return seen

"""The design that comes with the house, for a symbol of any size; others are files.

Its parts stand where they do whatever the symbol: the symbol left, the words right of it, both in
the middle of the label's height, and the label as large as they need in whole millimetres.
"""

import math
from typing import Final

from printing.design import GREEN, LEAST_QUIET, WHITE, Box, Design, Text
from printing.run import PrintRun
from printing.symbols import modules_of

_EDGE: Final = 1.2  # mm from the label's edge to the quiet zone
_WORDS_MM: Final = 22.2  # width of the words' column
_LOWEST_MM: Final = 25


def standard(modules: int) -> Design:
    """The house's label for a symbol of this many modules.

    >>> standard(29).name, standard(41).name, standard(49).name
    ('tem-45x25', 'tem-50x28', 'tem-54x32')
    """
    module_um = 510 if modules <= 33 else 480
    whole = (modules + 2 * LEAST_QUIET) * module_um / 1000
    x = round(_EDGE + whole + 0.5, 1)
    width, height = math.ceil(x + _WORDS_MM + 2), max(_LOWEST_MM, math.ceil(whole + 4))
    top = (height - _LOWEST_MM) / 2
    middle = x + _WORDS_MM / 2
    return Design(
        name=f"tem-{width}x{height}",
        width_mm=width,
        height_mm=height,
        symbol_x_mm=_EDGE,
        symbol_y_mm=round((height - whole) / 2, 2),
        module_um=module_um,
        boxes=(
            Box(0, 0, width, height, GREEN, radius_mm=1.6),
            Box(0.35, 0.35, width - 0.7, height - 0.7, WHITE, radius_mm=1.3),
            Box(x, top + 3.1, _WORDS_MM, 4.6, GREEN, radius_mm=0.7),
        ),
        texts=(
            Text("TEM XÁC THỰC ĐIỆN TỬ", middle, top + 6.0, 4.7, "bold", "centre", WHITE),
            Text("Quét mã để xem nguồn gốc", x, top + 10.8, 4.7),
            Text("Scan to check the origin", x, top + 13.2, 4.2),
            Text("{code.head}", x, top + 18.0, 9.2),
            Text("{code.tail}", x, top + 21.9, 9.2),
        ),
    )


SEALED: Final = standard(29)
"""For sealed codes: modules of 0.51 mm, a symbol of 14.8 mm (18.9 mm with its quiet zone)."""

SIGNED: Final = standard(41)
"""For signed codes: modules of 0.48 mm, a symbol of 19.7 mm (23.5 mm with its quiet zone)."""

BUILT_IN: Final = {"sealed": SEALED, "signed": SIGNED}


def fitting(run: PrintRun) -> Design:
    """The house's label for what this run's symbols must say. Raises `PayloadTooLong`."""
    return standard(modules_of(run.payload, "M"))

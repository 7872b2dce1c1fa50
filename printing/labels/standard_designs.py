"""Standard label designs for symbols of any size; other designs are files.

The symbol is at the left, the words at its right, both in the middle of the label's height. The
label is as large as they need, in whole millimetres.
"""

import math
from typing import Final

from printing.labels.design import GREEN, LEAST_QUIET, WHITE, Box, Design, TextLine
from printing.print_run import PrintRun
from printing.qr.encoder import count_modules

_EDGE: Final = 1.2  # mm from the label's edge to the quiet zone
_WORDS_MM: Final = 22.2  # width of the words' column
_LOWEST_MM: Final = 25


def standard_design(modules: int) -> Design:
    """The standard label for a symbol of this many modules.

    >>> standard_design(29).name, standard_design(41).name, standard_design(49).name
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
            TextLine("TEM XÁC THỰC ĐIỆN TỬ", middle, top + 6.0, 4.7, "bold", "centre", WHITE),
            TextLine("Quét mã để xem nguồn gốc", x, top + 10.8, 4.7),
            TextLine("Scan to check the origin", x, top + 13.2, 4.2),
            TextLine("{code.head}", x, top + 18.0, 9.2),
            TextLine("{code.tail}", x, top + 21.9, 9.2),
        ),
    )


SEALED_DESIGN: Final = standard_design(29)
"""For sealed codes: modules of 0.51 mm, a symbol of 14.8 mm (18.9 mm with its quiet zone)."""

SIGNED_DESIGN: Final = standard_design(41)
"""For signed codes: modules of 0.48 mm, a symbol of 19.7 mm (23.5 mm with its quiet zone)."""

STANDARD_DESIGNS: Final = {"sealed": SEALED_DESIGN, "signed": SIGNED_DESIGN}


def choose_standard_design(run: PrintRun) -> Design:
    """The standard label for the symbols of a run. Raises `PayloadTooLong`."""
    return standard_design(count_modules(run.payload, "M"))

"""The designs that come with the house; others are files (`printing.design.load`)."""

from typing import Final

from printing.design import GREEN, WHITE, Box, Design, Text

SEALED: Final = Design(
    name="tem-45x25",
    width_mm=45,
    height_mm=25,
    symbol_x_mm=1.2,
    symbol_y_mm=3.0,
    module_um=510,
    boxes=(
        Box(0, 0, 45, 25, GREEN, radius_mm=1.6),
        Box(0.35, 0.35, 44.3, 24.3, WHITE, radius_mm=1.3),
        Box(20.6, 3.1, 22.2, 4.6, GREEN, radius_mm=0.7),
    ),
    texts=(
        Text("TEM XÁC THỰC ĐIỆN TỬ", 31.7, 6.0, 4.7, "bold", "centre", WHITE),
        Text("Quét mã để xem nguồn gốc", 20.6, 10.8, 4.7),
        Text("Scan to check the origin", 20.6, 13.2, 4.2),
        Text("{code.head}", 20.6, 18.0, 9.2),
        Text("{code.tail}", 20.6, 21.9, 9.2),
    ),
)
"""For sealed codes: 29 modules of 0.51 mm, a symbol of 14.8 mm (18.9 mm with its quiet zone)."""

SIGNED: Final = Design(
    name="tem-50x28",
    width_mm=50,
    height_mm=28,
    symbol_x_mm=1.0,
    symbol_y_mm=2.15,
    module_um=480,
    boxes=(
        Box(0, 0, 50, 28, GREEN, radius_mm=1.6),
        Box(0.35, 0.35, 49.3, 27.3, WHITE, radius_mm=1.3),
        Box(25.4, 4.0, 22.4, 4.6, GREEN, radius_mm=0.7),
    ),
    texts=(
        Text("TEM XÁC THỰC ĐIỆN TỬ", 36.6, 6.9, 4.7, "bold", "centre", WHITE),
        Text("Quét mã để xem nguồn gốc", 25.4, 12.0, 4.7),
        Text("Scan to check the origin", 25.4, 14.4, 4.2),
        Text("{code.head}", 25.4, 19.6, 9.2),
        Text("{code.tail}", 25.4, 23.5, 9.2),
    ),
)
"""For signed codes: 41 modules of 0.48 mm, a symbol of 19.7 mm (23.5 mm with its quiet zone)."""

BUILT_IN: Final = {"sealed": SEALED, "signed": SIGNED}

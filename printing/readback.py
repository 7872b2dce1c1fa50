"""Reading print back with a decoder that shares no code with the one that drew it (zxing-cpp).

This is the proof that a page says what the list says: pages are rendered (PDFium) at a press-like
resolution and every symbol on them is decoded.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pypdfium2
import zxingcpp
from numpy.typing import NDArray
from PIL import Image

from printing.errors import PictureUnreadable

_QR: Final = zxingcpp.barcode_formats_from_str("QRCode")


def decode_image(path: Path) -> list[str]:
    """The texts of all QR symbols in a picture, by place, top to bottom and left to right.

    Raises `PictureUnreadable`.
    """
    try:
        with Image.open(path) as picture:
            grey = np.asarray(picture.convert("L"))
    except (OSError, ValueError) as wrong:
        raise PictureUnreadable(path=str(path), why=str(wrong)) from wrong
    return decode(grey)


def decode_pdf(path: Path, dpi: int = 300) -> list[str]:
    """The texts of all QR symbols in a PDF, page by page. Raises `PictureUnreadable`."""
    return [text for page in rendered(path, dpi) for text in decode(page)]


def rendered(path: Path, dpi: int) -> Iterator[NDArray[np.uint8]]:
    """The pages as grey pictures (height, width). Raises `PictureUnreadable`."""
    try:
        with pypdfium2.PdfDocument(path) as document:
            for number in range(len(document)):
                page = document[number]
                yield page.render(scale=dpi / 72, grayscale=True).to_numpy().copy()
                page.close()
    except (OSError, pypdfium2.PdfiumError) as wrong:
        raise PictureUnreadable(path=str(path), why=str(wrong)) from wrong


def decode(grey: NDArray[np.uint8]) -> list[str]:
    """The texts of all QR symbols in a grey picture, in reading order."""
    found = zxingcpp.read_barcodes(np.ascontiguousarray(grey), formats=_QR, try_downscale=False)
    return [symbol.text for symbol in sorted(found, key=_reading_order)]


def _reading_order(symbol: Any) -> tuple[int, int]:
    corner = symbol.position.top_left
    return corner.y // 20, corner.x

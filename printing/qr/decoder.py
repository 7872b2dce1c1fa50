"""Reads QR symbols back from images and PDFs, with zxing-cpp.

zxing-cpp shares no code with the encoder, so decoding proves that a page says what the list says.
Pages are rendered by PDFium at the resolution of a press proof.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pypdfium2
import zxingcpp
from numpy.typing import NDArray
from PIL import Image

from printing.errors import PictureUnreadable

# zxing-cpp confuses the corners of symbols where there are hundreds, and stops at 255. So pages are
# read in tiles; the overlap is larger than a symbol, so one that an edge cuts is whole in the next.
_TILE_MM: Final = 80
_OVERLAP_MM: Final = 35
_SMALL: Final = 1200  # pixels; a smaller image is a photo of one stamp or a few
_QR: Final = zxingcpp.barcode_formats_from_str("QRCode")


def decode_image(path: Path) -> list[str]:
    """The texts of all QR symbols in an image file, top to bottom and left to right.

    Raises `PictureUnreadable`.
    """
    try:
        with Image.open(path) as picture:
            grey = np.array(picture.convert("L"))
    except (OSError, ValueError) as wrong:
        raise PictureUnreadable(path=str(path), why=str(wrong)) from wrong
    longer = max(grey.shape)
    found = _decode_piece(grey, 0, 0, patient=True)
    if longer > _SMALL:
        found = _merge(found, _decode_tiles(grey, longer // 3, longer // 6))
    return _sort_texts(found)


def decode_pdf(path: Path, dpi: int = 300) -> list[str]:
    """The texts of all QR symbols in a PDF, page by page. Raises `PictureUnreadable`."""
    return [text for page in render_pages(path, dpi) for text in decode_page(page, dpi)]


def render_pages(path: Path, dpi: int) -> Iterator[NDArray[np.uint8]]:
    """The pages as grey images (height, width). Raises `PictureUnreadable`."""
    try:
        with pypdfium2.PdfDocument(path) as document:
            for number in range(len(document)):
                page = document[number]
                yield page.render(scale=dpi / 72, grayscale=True).to_numpy().copy()
                page.close()
    except (OSError, pypdfium2.PdfiumError) as wrong:
        raise PictureUnreadable(path=str(path), why=str(wrong)) from wrong


def decode_page(grey: NDArray[np.uint8], dpi: int) -> list[str]:
    """The texts of all QR symbols up to 35 mm wide on a grey page, in reading order."""
    tile, overlap = (round(mm / 25.4 * dpi) for mm in (_TILE_MM, _OVERLAP_MM))
    return _sort_texts(_decode_tiles(grey, tile, overlap))


class _DecodedSymbol(NamedTuple):
    """A symbol's text and its top left corner."""

    text: str
    x: int
    y: int


def _sort_texts(found: list[_DecodedSymbol]) -> list[str]:
    return [symbol.text for symbol in sorted(found, key=lambda f: (f.y // 20, f.x))]


def _decode_tiles(grey: NDArray[np.uint8], size: int, overlap: int) -> list[_DecodedSymbol]:
    """All symbols, read in tiles of ``size`` pixels that share ``overlap``."""
    found: list[_DecodedSymbol] = []
    step = size - overlap
    height, width = grey.shape
    for y in range(0, max(1, height - overlap), step):
        for x in range(0, max(1, width - overlap), step):
            found = _merge(
                found, _decode_piece(grey[y : y + size, x : x + size], x, y, patient=False)
            )
    return found


def _decode_piece(
    grey: NDArray[np.uint8], x: int, y: int, *, patient: bool
) -> list[_DecodedSymbol]:
    """The symbols of a piece that lies at (x, y); ``patient`` also tries it smaller, inverted."""
    read = zxingcpp.read_barcodes(
        np.ascontiguousarray(grey), formats=_QR, try_downscale=patient, try_invert=patient
    )
    corners = [(s.text, s.position.top_left) for s in read]
    return [_DecodedSymbol(text, corner.x + x, corner.y + y) for text, corner in corners]


def _merge(found: list[_DecodedSymbol], more: list[_DecodedSymbol]) -> list[_DecodedSymbol]:
    """Merge two lists; the same text within 20 pixels is one symbol."""
    seen: dict[str, list[_DecodedSymbol]] = {}
    for symbol in found:
        seen.setdefault(symbol.text, []).append(symbol)
    fresh = [
        symbol
        for symbol in more
        if not any(
            abs(symbol.x - other.x) < 20 and abs(symbol.y - other.y) < 20
            for other in seen.get(symbol.text, ())
        )
    ]
    return found + fresh

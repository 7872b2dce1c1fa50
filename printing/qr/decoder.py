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
from PIL import Image, ImageOps, ImageSequence

from printing.errors import PictureUnreadable

# zxing-cpp confuses the corners of symbols where there are hundreds, and stops at 255. So pages are
# read in tiles; the overlap is larger than a symbol, so one that an edge cuts is whole in the next.
_TILE_MM: Final = 80
_OVERLAP_MM: Final = 35
_SMALL: Final = 1200  # pixels; a smaller image is a photo of one stamp or a few
_MOST_FRAMES: Final = 200
"""Frames of a picture; more are a film, and none is left unread in silence."""
_QR: Final = zxingcpp.barcode_formats_from_str("QRCode")


def is_picture(path: Path) -> bool:
    """Whether a file is a picture, by its content; its name may end in anything."""
    try:
        with Image.open(path):
            return True
    except (OSError, ValueError, Image.DecompressionBombError):
        return False


def decode_image(path: Path) -> list[str]:
    """The texts of all QR symbols in an image file, frame by frame, in reading order.

    A symbol that stands still in several frames counts once in each. Raises `PictureUnreadable`.
    """
    texts = []
    try:
        with Image.open(path) as picture:
            count = getattr(picture, "n_frames", 1)
            if count > _MOST_FRAMES:
                why = f"it has {count} frames; at most {_MOST_FRAMES} are read"
                raise PictureUnreadable(path=str(path), why=why)
            for frame in ImageSequence.Iterator(picture):
                texts += _decode_grey(read_grey(frame))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as wrong:
        raise PictureUnreadable(path=str(path), why=str(wrong)) from wrong
    return texts


def read_grey(frame: Image.Image) -> NDArray[np.uint8]:
    """The frame in grey, upright as its camera says; what is transparent is laid on white."""
    upright = ImageOps.exif_transpose(frame)
    if upright.mode.startswith(("I", "F")):  # deeper than 8 bits, which convert() would clip
        deep = np.asarray(upright, dtype=np.float64)
        brightest = max(float(deep.max()), 1.0)
        return (deep * (255 / brightest)).clip(0, 255).astype(np.uint8)
    if not upright.has_transparency_data:
        return np.array(upright.convert("L"))
    drawn = upright.convert("RGBA")
    sheet = Image.new("RGBA", drawn.size, "white")
    return np.array(Image.alpha_composite(sheet, drawn).convert("L"))


def _decode_grey(grey: NDArray[np.uint8]) -> list[str]:
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


class DecodedSymbol(NamedTuple):
    """A symbol's text and where it lies, in pixels."""

    text: str
    """Empty where the symbol was found and could not be read."""
    corners: tuple[tuple[int, int], ...]
    """Top left, top right, bottom right, bottom left, as the symbol itself is turned."""

    @property
    def x(self) -> int:
        """Left edge of its first corner."""
        return self.corners[0][0]

    @property
    def y(self) -> int:
        """Upper edge of its first corner."""
        return self.corners[0][1]


def find_symbols(grey: NDArray[np.uint8]) -> list[DecodedSymbol]:
    """All QR symbols of a grey picture with their corners, also those that cannot be read."""
    longer = max(grey.shape)
    found = _decode_piece(grey, 0, 0, patient=True, errors=True)
    if longer > _SMALL:
        found = _merge(found, _decode_tiles(grey, longer // 3, longer // 6, errors=True))
    return found


def _sort_texts(found: list[DecodedSymbol]) -> list[str]:
    return [symbol.text for symbol in sorted(found, key=lambda f: (f.y // 20, f.x))]


def _decode_tiles(
    grey: NDArray[np.uint8], size: int, overlap: int, *, errors: bool = False
) -> list[DecodedSymbol]:
    """All symbols, read in tiles of ``size`` pixels that share ``overlap``."""
    found: list[DecodedSymbol] = []
    step = size - overlap
    height, width = grey.shape
    for y in range(0, max(1, height - overlap), step):
        for x in range(0, max(1, width - overlap), step):
            found = _merge(
                found,
                _decode_piece(grey[y : y + size, x : x + size], x, y, patient=False, errors=errors),
            )
    return found


def _decode_piece(
    grey: NDArray[np.uint8], x: int, y: int, *, patient: bool, errors: bool = False
) -> list[DecodedSymbol]:
    """The symbols of a piece that lies at (x, y); ``patient`` also tries it smaller, inverted."""
    read = zxingcpp.read_barcodes(
        np.ascontiguousarray(grey),
        formats=_QR,
        try_downscale=patient,
        try_invert=patient,
        return_errors=errors,
    )
    found = []
    for symbol in read:
        place = symbol.position
        corners = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
        text = symbol.text if symbol.valid else ""
        found.append(DecodedSymbol(text, tuple((one.x + x, one.y + y) for one in corners)))
    return found


def _merge(found: list[DecodedSymbol], more: list[DecodedSymbol]) -> list[DecodedSymbol]:
    """Merge two lists; the same text within 20 pixels is one symbol."""
    seen: dict[str, list[DecodedSymbol]] = {}
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

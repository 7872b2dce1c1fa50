"""The program that reads a proof: a picture or a PDF page in, its measured symbols out.

`web.decoder_process` says why it is a process of its own, and which rights it gives up. Standard
input is the file, standard output JSON.
"""

import base64
import io
import sys
import warnings
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import orjson
import pypdfium2
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, UnidentifiedImageError

from printing.errors import PictureUnreadable
from printing.proofs.measure import find_white, sample_modules
from printing.qr.decoder import DecodedSymbol, find_symbols, read_grey
from web.decoder_process import give_up_rights

MOST_BYTES: Final = 25_000_000
MOST_PIXELS: Final = 40_000_000
"""An A4 sheet at 600 dots per inch has 35 million."""
REFUSED_FORMAT, REFUSED_PIXELS, REFUSED_DAMAGED, REFUSED_PAGES = 11, 12, 13, 14

_FORMATS: Final = ("JPEG", "PNG")
_PDF_DPI: Final = 300
_MEMORY_BYTES: Final = 3_000_000_000  # addresses, of which libraries reserve many
_CPU_SECONDS: Final = 40
_MOST_SYMBOLS: Final = 1000
_BACKDROP: Final = 900
"""Pixels of the longer side of the stored picture."""
_SMALL_SYMBOL: Final = 48
"""Pixels of a symbol's side in the stored picture: the text beside it is then about 8 high."""
_BLUR: Final = 6
"""Radius that leaves no such text legible."""


class _PictureRefused(Exception):
    def __init__(self, code: int) -> None:
        self.code = code


def inspect_upload(upload: bytes, modules: int) -> dict[str, Any]:
    """Return the symbols of a proof; `modules` is the expected length of a symbol's side."""
    grey = _open_pdf(upload) if upload[:1024].lstrip().startswith(b"%PDF") else _open(upload)
    white = find_white(grey)
    found = _drop_false(find_symbols(grey))[:_MOST_SYMBOLS]
    return {
        "width": grey.shape[1],
        "height": grey.shape[0],
        "symbols": [
            {
                "text": one.text,
                "corners": one.corners,
                "modules": base64.b64encode(
                    sample_modules(grey, one.corners, modules, white).tobytes()
                ).decode(),
            }
            for one in found
        ],
        "backdrop": base64.b64encode(_draw_backdrop(grey, found)).decode(),
    }


def _open(upload: bytes) -> NDArray[np.uint8]:
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with Image.open(io.BytesIO(upload), formats=_FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise _PictureRefused(REFUSED_PIXELS)
            return read_grey(picture)
    except UnidentifiedImageError:
        raise _PictureRefused(REFUSED_FORMAT) from None
    except Image.DecompressionBombError:
        raise _PictureRefused(REFUSED_PIXELS) from None
    except (OSError, ValueError, SyntaxError):
        raise _PictureRefused(REFUSED_DAMAGED) from None


def _open_pdf(upload: bytes) -> NDArray[np.uint8]:
    try:
        with pypdfium2.PdfDocument(upload) as document:
            if len(document) != 1:
                raise _PictureRefused(REFUSED_PAGES)
            page = document[0]
            width, height = page.get_size()
            if width * height * (_PDF_DPI / 72) ** 2 > MOST_PIXELS:
                raise _PictureRefused(REFUSED_PIXELS)
            drawn = page.render(scale=_PDF_DPI / 72, grayscale=True).to_numpy()
            return np.array(drawn, dtype=np.uint8).reshape(drawn.shape[:2])
    except pypdfium2.PdfiumError:
        raise _PictureRefused(REFUSED_DAMAGED) from None


def _drop_false(found: Sequence[DecodedSymbol]) -> list[DecodedSymbol]:
    """Drop what only looks like a symbol: of an unusual size, or within a decoded one."""
    read = [one for one in found if one.text]
    if not read:
        return read
    usual = float(np.median([_side(one) for one in read]))
    kept = list(read)
    for one in found:
        near = any(_distance(one, other) < usual / 2 for other in kept)
        if not one.text and not near and 0.7 < _side(one) / usual < 1.4:
            kept.append(one)
    return kept


def _side(one: DecodedSymbol) -> float:
    (x, y), (other_x, other_y) = one.corners[0], one.corners[1]
    return float(np.hypot(other_x - x, other_y - y))


def _distance(one: DecodedSymbol, other: DecodedSymbol) -> float:
    between = np.mean(one.corners, axis=0) - np.mean(other.corners, axis=0)
    return float(np.hypot(*between))


def _draw_backdrop(grey: NDArray[np.uint8], found: Sequence[DecodedSymbol]) -> bytes:
    """The sheet as a small blurred JPEG, symbols painted over: no code can be read from it."""
    sides = [_side(one) for one in found]
    scale = min(1.0, _BACKDROP / max(grey.shape))
    if sides:
        scale = min(scale, _SMALL_SYMBOL / max(1.0, float(np.median(sides))))
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    small = Image.fromarray(grey).resize(size, Image.Resampling.BOX)
    brush = ImageDraw.Draw(small)
    for one in found:
        brush.polygon([(x * scale, y * scale) for x, y in one.corners], fill=210)
    output = io.BytesIO()
    small.filter(ImageFilter.GaussianBlur(_BLUR)).save(output, "JPEG", quality=70)
    return output.getvalue()


def _rehearse() -> None:
    """Use everything once: what libraries import late cannot be opened any more later."""
    Image.init()
    blank = np.full((64, 64), 255, np.uint8)
    symbol = DecodedSymbol("x", ((0, 0), (29, 0), (29, 29), (0, 29)))
    find_white(blank)
    find_symbols(blank)
    _drop_false([symbol, symbol._replace(text="")])
    sample_modules(blank, symbol.corners, 29, 255)
    for form in _FORMATS:
        output = io.BytesIO()
        Image.fromarray(blank).save(output, form)
        _open(output.getvalue())
    _draw_backdrop(blank, [symbol])


def main() -> int:
    """Inspect standard input; return the exit code."""
    warnings.simplefilter("ignore")
    modules = int(sys.argv[1])
    _rehearse()
    give_up_rights(memory_bytes=_MEMORY_BYTES, cpu_seconds=_CPU_SECONDS)
    upload = sys.stdin.buffer.read(MOST_BYTES + 1)
    try:
        found = inspect_upload(upload, modules)
    except _PictureRefused as refused:
        return refused.code
    except (MemoryError, PictureUnreadable):
        return REFUSED_DAMAGED
    sys.stdout.buffer.write(orjson.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())

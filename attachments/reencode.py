"""The process that decodes a photo: an upload on standard input, a small JPEG on standard output.

`web.decoder_process` says why it is a process of its own, and which rights it gives up.

The JPEG has the picture's pixels and nothing else. Orientation is applied; EXIF, GPS, profiles,
thumbnails and comments are dropped. It is at most `MOST_SIDE` pixels long and `MOST_STORED` bytes.

    PYTHONPATH=. python attachments/reencode.py <upload >jpeg

Exit codes: 0 done; `REFUSED_FORMAT`, `REFUSED_PIXELS`, `REFUSED_DAMAGED` refuse the upload.
"""

import io
import sys
import warnings
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from web.decoder_process import give_up_rights
from web.photo_limits import (
    MOST_BYTES,
    MOST_PIXELS,
    MOST_SIDE,
    MOST_STORED,
    REFUSED_DAMAGED,
    REFUSED_FORMAT,
    REFUSED_PIXELS,
)

_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_QUALITIES: Final = (82, 72, 60, 45)
_MEMORY_BYTES: Final = 1 << 30
_CPU_SECONDS: Final = 15
_LEAST_SIDE: Final = 16


class _PhotoRefused(Exception):
    """The upload is refused with this exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def reencode(upload: bytes) -> bytes:
    """Return the stored form of an upload. Equal uploads give equal bytes."""
    try:
        with Image.open(io.BytesIO(upload), formats=_FORMATS) as image:
            _check_size(*image.size)
            # A JPEG is decoded at a fraction of its size: a tenth of the time and memory.
            image.draft("RGB", (MOST_SIDE, MOST_SIDE))
            picture = _flatten(image)
            picture.thumbnail((MOST_SIDE, MOST_SIDE))
            picture = ImageOps.exif_transpose(picture)
    except UnidentifiedImageError:
        raise _PhotoRefused(REFUSED_FORMAT) from None
    except Image.DecompressionBombError:
        raise _PhotoRefused(REFUSED_PIXELS) from None
    except (_PhotoRefused, MemoryError):
        raise
    except Exception:  # for a damaged file Pillow's decoders raise whatever they run into
        raise _PhotoRefused(REFUSED_DAMAGED) from None
    return _encode(picture)


def _check_size(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise _PhotoRefused(REFUSED_PIXELS)
    if min(width, height) < _LEAST_SIDE:
        raise _PhotoRefused(REFUSED_DAMAGED)


def _flatten(image: Image.Image) -> Image.Image:
    """The first frame as RGB; transparent parts become white. EXIF stays for the orientation."""
    image.load()
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        # Scaled first: a second copy of the whole is as large as the first.
        image.thumbnail((MOST_SIDE, MOST_SIDE))
        colours = image.convert("RGBA")
        flat = Image.new("RGB", colours.size, "white")
        flat.paste(colours, mask=colours.getchannel("A"))
    else:
        flat = image.convert("RGB")
    flat.info = {"exif": image.info["exif"]} if "exif" in image.info else {}
    return flat


def _encode(picture: Image.Image) -> bytes:
    """A JPEG without metadata of at most `MOST_STORED` bytes."""
    clean = Image.frombytes("RGB", picture.size, picture.tobytes())
    while True:
        for quality in _QUALITIES:
            output = io.BytesIO()
            clean.save(output, "JPEG", quality=quality, optimize=True, progressive=True)
            if output.tell() <= MOST_STORED:
                return output.getvalue()
        clean.thumbnail((clean.width * 3 // 4, clean.height * 3 // 4))


def main() -> int:
    """Re-encode standard input to standard output; return the exit code."""
    warnings.simplefilter("ignore")
    Image.init()  # imports all plugins: later, their files cannot be opened any more
    give_up_rights(memory_bytes=_MEMORY_BYTES, cpu_seconds=_CPU_SECONDS)
    upload = sys.stdin.buffer.read(MOST_BYTES + 1)
    try:
        photo = reencode(upload)
    except _PhotoRefused as refused:
        return refused.code
    except MemoryError:
        return REFUSED_PIXELS
    sys.stdout.buffer.write(photo)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Photos as phones and attackers make them."""

import io
import struct
import zlib
from typing import Any

from PIL import Image


def draw_photo(width: int = 800, height: int = 600) -> Image.Image:
    """A picture whose left half is red and right half is blue."""
    image = Image.new("RGB", (width, height), (200, 20, 20))
    image.paste((20, 20, 200), (width // 2, 0, width, height))
    return image


def encode_photo(image: Image.Image | None = None, kind: str = "JPEG", **more: Any) -> bytes:
    output = io.BytesIO()
    (image or draw_photo()).save(output, kind, **more)
    return output.getvalue()


def make_png_header(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says that it has these sides: a decompression bomb."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")

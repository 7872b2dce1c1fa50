"""Sixteen bytes as 22 characters of base64url without padding (RFC 4648), as scans need them."""

import binascii
from typing import Final

LENGTH: Final = 22
_WRITE: Final = bytes.maketrans(b"+/", b"-_")


def encode_base64url(raw: bytes) -> str:
    """Write 16 bytes.

    >>> encode_base64url(bytes(15) + b"\\xff")
    'AAAAAAAAAAAAAAAAAAAA_w'
    """
    return binascii.b2a_base64(raw)[:LENGTH].translate(_WRITE).decode()

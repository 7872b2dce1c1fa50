"""base64url without padding (RFC 4648, section 5; RFC 7515, section 2)."""

import base64


def encode_base64url(raw: bytes) -> str:
    """Encode bytes.

    >>> encode_base64url(b"\\xfb\\xff")
    '-_8'
    """
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

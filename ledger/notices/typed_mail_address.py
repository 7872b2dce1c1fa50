"""E-mail addresses as people type them.

An address is what mail servers without SMTPUTF8 take: ASCII, one `@`, a host with a dot, none of
the characters that begin another header or address. Its host is lower case; the rest is its
server's to read.

>>> read_address(" Mai.Nguyen@Example.VN ")
'Mai.Nguyen@example.vn'
>>> [read_address(text) for text in ("a@b", "a@b.vn\\nBcc: x@y.vn", "<a@b.vn>", "a b@c.vn", "")]
[None, None, None, None, None]
"""

import re
from typing import Final

from stamps.typed_text import normalize_typed_text

LONGEST_ADDRESS: Final = 254
_LABEL: Final = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
ADDRESS_PATTERN: Final = (
    r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    rf"@{_LABEL}(?:\.{_LABEL})+$"
)
_ADDRESS: Final = re.compile(ADDRESS_PATTERN)


def read_address(text: str) -> str | None:
    """The address that somebody typed; None if it is none."""
    if "\n" in text.strip() or "\r" in text.strip():
        return None
    text = normalize_typed_text(text)
    if _ADDRESS.fullmatch(text) is None or len(text) > LONGEST_ADDRESS:
        return None
    local, _, host = text.rpartition("@")
    return None if len(local) > 64 else f"{local}@{host.lower()}"


def mask_address(address: str) -> str:
    """An address as others than its person may see it.

    >>> mask_address("mai.nguyen@example.vn")
    'm…@example.vn'
    """
    local, _, host = address.rpartition("@")
    return f"{local[:1]}…@{host}"

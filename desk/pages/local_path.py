"""Which paths a redirect may lead to: pages of this desk, and nothing that leaves it.

>>> [is_local_path(path) for path in ("/lots", "/batches?x=1&y=%09", "/")]
[True, True, True]
>>> outside = ("//evil", "/\\\\evil", "/\\t/evil", "https://evil", "/x\\r\\nSet-Cookie: y", "")
>>> any(map(is_local_path, outside))
False
"""

import re
from typing import Final

MAX_LENGTH: Final = 2048
_LOCAL: Final = re.compile(r"/(?![/\\])[!-\[\]-~]*")
"""Printable ASCII without blanks and backslashes, as an address in a request line is.

Browsers drop tabs and line breaks from an address and take a backslash for a slash, so that
`/<tab>/host` names another host (WHATWG URL, 4.4)."""


def is_local_path(path: str) -> bool:
    """Whether a browser reads this as a path of the same site."""
    return len(path) <= MAX_LENGTH and _LOCAL.fullmatch(path) is not None

"""The primary keys of GS1 Digital Links and their qualifiers; light enough for the scan path.

GS1 Digital Link Standard, URI syntax, release 1.4, section 4.9.
"""

import re
from collections.abc import Mapping
from typing import Final

QUALIFIERS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "01": (("22", "10", "21"), ("235",)),
    "8006": (("22", "10", "21"),),
    "8010": (("8011",),),
    "414": (("254",), ("7040",)),
    "415": (("8020",),),
    "417": (("7040",),),
    "8017": (("8019",),),
    "8018": (("8019",),),
    "8004": (("7040",),),
} | dict.fromkeys(("00", "253", "255", "401", "402", "8003", "8013"), ())
"""Primary key → its qualifiers in the order of the path, one tuple for each permitted sequence."""


def is_link_path(path: str) -> bool:
    """Whether the path of an address begins as a Digital Link does, with a primary key.

    >>> [is_link_path(path) for path in ("/01/08935000000014", "/414", "/S/CODE", "/")]
    [True, True, False, False]
    """
    return path[1:2].isdigit() and path[1:].partition("/")[0] in QUALIFIERS


COMPRESSED_REFUSED: Final = (
    "compressed Digital Links and EPC binary strings are not read; "
    "write identifiers and values out, as in /01/08935000000014"
)
_EPC_BINARY: Final = re.compile(r"/e[hx][A-Za-z0-9_\-]{10,}/?")
_COMPRESSED: Final = re.compile(r"/(?=[^/]*[a-z])(?=[^/]*[A-Z])[A-Za-n][A-Za-z0-9_\-]{9,}/?")


def is_compressed_link_path(path: str) -> bool:
    """Whether a path looks like a compressed Digital Link.

    That is an EPC binary string in hexadecimal (`eh`) or base64 (`ex`), or the earlier compression:
    base64 whose first byte begins with a decimal digit. Text in one case is none, as stamp codes
    and the names of pages are written so.

    >>> [is_compressed_link_path(path) for path in ("/eh30164596f40c0e5cbe991a83", "/AN2yxDhfaiaw")]
    [True, True]
    >>> [is_compressed_link_path(path) for path in ("/ABCDE12345ABCDE12345", "/administrator")]
    [False, False]
    """
    return bool(_EPC_BINARY.fullmatch(path) or _COMPRESSED.fullmatch(path))

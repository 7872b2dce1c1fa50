"""Parses request targets: which stamp is asked for.

Shaped for mypyc (ADR 0035): value types have written-out constructors, because those that
`dataclass` makes are not compiled. With ordinary ones a page or scan takes at least 10 % more
processor time.

Its forms, letters of the path in either case:

    /S/{code}                          what the plain QR says
    /S/{code}.{signature}              what the signed QR says
    /01/{gtin}[/22/…][/10/{lot}]/21/{code}[?8030={signature}]   GS1 Digital Link
    /S?code={code}                     what the form for a typed code sends

Percent-encoding is decoded once, after splitting, so that `%2F` never separates path segments.
`stamps.code` decides whether the code can be read.

>>> parse_target("/S/0abcd-EFGHJ")
StampRequest(code='0abcd-EFGHJ', signature=None, gtin=None, lot=None, by_hand=False)
>>> parse_target("/s/CODE.SIG?lang=en").signature
'SIG'
>>> parse_target("/01/08935000000014/10/L1/21/CODE?8030=SIG")
StampRequest(code='CODE', signature='SIG', gtin='08935000000014', lot='L1', by_hand=False)
>>> parse_target("/S?code=0ABCD+EFGHJ").code
'0ABCD EFGHJ'
>>> parse_target("/favicon.ico") is None
True
"""

from dataclasses import dataclass
from typing import Final, final
from urllib.parse import unquote

from traceability.gs1_values import MalformedGs1
from traceability.stamp_link import parse_stamp_link

LONGEST_TARGET: Final = 1024
"""Characters of path and query; a longer target is answered 414."""


@final
@dataclass(slots=True, init=False)
class StampRequest:
    """The parts of a target, as the client wrote them; nothing is verified yet."""

    code: Final[str]
    signature: Final[str | None]
    gtin: Final[str | None]
    lot: Final[str | None]
    by_hand: Final[bool]
    """Whether a person typed the code into the form."""

    def __init__(
        self,
        code: str,
        signature: str | None = None,
        gtin: str | None = None,
        lot: str | None = None,
        by_hand: bool = False,
    ) -> None:
        self.code = code
        self.signature = signature
        self.gtin = gtin
        self.lot = lot
        self.by_hand = by_hand


def parse_target(target: str) -> StampRequest | None:
    """The stamp that a target (path and query) asks for; None if it is no address of a stamp."""
    path, _, query = target.partition("?")
    head = path[:3]
    if head in ("/S/", "/s/"):
        code, _, signature = path[3:].partition(".")
        return StampRequest(_decode(code), _decode(signature) if signature else None)
    if path[:4] == "/01/":
        return _parse_digital_link(path, query)
    if path in ("/S", "/s"):
        return StampRequest(get_query_parameter(query, "code") or "", by_hand=True)
    return None


def get_query_parameter(query: str, name: str) -> str | None:
    """The first value of a query parameter, decoded; None without one.

    >>> get_query_parameter("a=1&8030=%41B+C", "8030")
    'AB C'
    >>> get_query_parameter("a=1", "b"), get_query_parameter("b", "b")
    (None, '')
    """
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if key == name:
            return _decode(value.replace("+", " "))
    return None


def _parse_digital_link(path: str, query: str) -> StampRequest:
    """The stamp of a Digital Link; a malformed one has an empty code, which can not be read.

    Only the signature is taken from the query: chats and trackers append parameters.
    """
    try:
        link = parse_stamp_link(path)
    except MalformedGs1:
        return StampRequest("")
    return StampRequest(
        code=link.serial or "",
        signature=get_query_parameter(query, "8030"),
        gtin=link.gtin,
        lot=link.lot,
    )


def _decode(text: str) -> str:
    return unquote(text, errors="replace") if "%" in text else text

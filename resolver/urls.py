"""Parses request targets: which stamp is asked for.

Shaped for mypyc (ADR 0035): value types have written-out constructors, because those that
`dataclass` makes are not compiled. With ordinary ones a page or scan takes at least 10 % more
processor time.

Its forms, letters of the path in either case:

    /S/{code}                          what the plain QR says
    /S/{code}.{signature}              what the signed QR says
    /01/{gtin}[/22/…][/10/{lot}]/21/{code}[?8030={signature}]   GS1 Digital Link
    /S?code={code}                     what the form for a typed code sends

`traceability.stamp_reader` reads what people and programs make of them; `stamps.code` decides
whether the code can be read.

>>> parse_target("/S/0abcd-EFGHJ")
StampRequest(code='0abcd-EFGHJ', signature=None, gtin=None, lot=None, by_hand=False)
>>> parse_target("/s/CODE.SIG?lang=en").signature
'SIG'
>>> parse_target("/01/08935000000014/10/L1/21/CODE?8030=SIG")
StampRequest(code='CODE', signature='SIG', gtin='08935000000014', lot='L1', by_hand=False)
>>> parse_target("/S?code=0ABCD+EFGHJ").code
'0ABCD EFGHJ'
>>> parse_target("/01/08935000000014"), parse_target("/favicon.ico")
(None, None)
"""

from dataclasses import dataclass
from typing import Final, final
from urllib.parse import quote

from stamps.code import LENGTH, parse_code
from traceability.gs1_values import MalformedGs1
from traceability.stamp_link import parse_stamp_link
from traceability.stamp_reader import (
    StampReference,
    get_query_parameter,
    read_link_path,
    read_short_path,
    read_stamp,
)

__all__ = [
    "LONGEST_TARGET",
    "StampRequest",
    "format_target",
    "get_query_parameter",
    "parse_code_field",
    "parse_target",
]

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
    """The stamp that a target (path and query) asks for; None if it is no address of a stamp.

    A Digital Link without a serial number, malformed, or with a link type is none.
    """
    path, _, query = target.partition("?")
    head = path[:3]
    if head in ("/S/", "/s/"):
        # The addresses that the QR symbols of sealed and signed stamps say go first.
        code = path[3:]
        if len(code) == LENGTH and code.isalnum() and code.isascii():
            return StampRequest(code)
        code, _, signature = code.partition(".")
        if len(code) == LENGTH and code.isalnum() and signature.isalnum() and path.isascii():
            return StampRequest(code, signature)
        return _to_request(read_short_path(path[3:], query))
    if path[:4] == "/01/":
        if _is_canonical_link(path, query):
            try:
                link = parse_stamp_link(path)
            except MalformedGs1:
                return None
            return StampRequest(path[-LENGTH:], query[5:] or None, link.gtin, link.lot)
        if "linkType=" in query:
            return None  # a link of the trade item
        reference = read_link_path(path, query)
        return _to_request(reference) if reference.code else None
    if path in ("/S", "/s"):
        reference = read_stamp(get_query_parameter(query, "code") or "")
        return _to_request(reference, by_hand=True)
    return None


def parse_code_field(text: str) -> StampRequest:
    """The stamp that the field `code` of a body names, whatever of it the client has.

    >>> parse_code_field("https://veritem.vn/S/0D9FRH4K0121V8Q02M5T?utm_source=x").code
    '0D9FRH4K0121V8Q02M5T'
    """
    return _to_request(read_stamp(text))


def format_target(request: StampRequest) -> str:
    """The path and query of a request's canonical address. Raises `MalformedCode`.

    >>> format_target(StampRequest("0d9fr-h4k01 21v8q 02m5t", "SIG", "08935000000014"))
    '/01/08935000000014/21/0D9FRH4K0121V8Q02M5T?8030=SIG'
    """
    code, signature = parse_code(request.code), request.signature
    if request.gtin is None:
        return f"/S/{code}" if signature is None else f"/S/{code}.{quote(signature)}"
    lot = "" if request.lot is None else f"/10/{quote(request.lot, safe='')}"
    query = "" if signature is None else f"?8030={quote(signature)}"
    return f"/01/{request.gtin}{lot}/21/{code}{query}"


def _is_canonical_link(path: str, query: str) -> bool:
    """Whether a Digital Link is written as the QR symbols of GS1 batches say it."""
    if not (path[-LENGTH:].isalnum() and path.isascii() and path[-LENGTH - 4 : -LENGTH] == "/21/"):
        return False
    signature = query[5:].replace("-", "").replace("_", "")
    return not query or (query[:5] == "8030=" and signature.isalnum() and query.isascii())


def _to_request(reference: StampReference, by_hand: bool = False) -> StampRequest:
    return StampRequest(reference.code, reference.signature, reference.gtin, reference.lot, by_hand)

"""The door: from a request's target to what it asks about, forgiving and without surprises.

Three ways to ask for a stamp's page, letters of the path in either case:

    /S/{code}                          what the plain QR says
    /S/{code}.{signature}              what the signed QR says
    /01/{gtin}[/22/…][/10/{lot}]/21/{code}[?8030={signature}]   GS1 Digital Link
    /S?code={code}                     what the form for typing by hand sends

Percent-encoding is undone once and after splitting, so that `%2F` never makes a path segment.
Whether the code itself can be read is the next room's question (`stamps.code`).

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
"""Characters of path and query together; past them nothing is read (414)."""


@final
@dataclass(slots=True, init=False)
class StampRequest:
    """What a target asks about, as it was written there; nothing is checked yet."""

    code: Final[str]
    signature: Final[str | None]
    gtin: Final[str | None]
    lot: Final[str | None]
    by_hand: Final[bool]

    # Written out for the compiler, as a dossier's is (ADR 0035).
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
    """What `target` (path and query as sent) asks about; None where it is no stamp's address."""
    path, _, query = target.partition("?")
    head = path[:3]
    if head in ("/S/", "/s/"):
        code, _, signature = path[3:].partition(".")
        return StampRequest(_decoded(code), _decoded(signature) if signature else None)
    if path[:4] == "/01/":
        return _digital_link(path, query)
    if path in ("/S", "/s"):
        return StampRequest(parameter(query, "code") or "", by_hand=True)
    return None


def parameter(query: str, name: str) -> str | None:
    """The first value of `name` in a query string, decoded; None where it is not given.

    >>> parameter("a=1&8030=%41B+C", "8030"), parameter("a=1", "b"), parameter("b", "b")
    ('AB C', None, '')
    """
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if key == name:
            return _decoded(value.replace("+", " "))
    return None


def _digital_link(path: str, query: str) -> StampRequest:
    """What a Digital Link names; one that breaks GS1's law names no code that could be read.

    Of the query only the signature is looked at: whatever else was appended on the way, the
    stamp is the same.
    """
    try:
        link = parse_stamp_link(path)
    except MalformedGs1:
        return StampRequest("")
    return StampRequest(link.serial or "", parameter(query, "8030"), link.gtin, link.lot)


def _decoded(text: str) -> str:
    return unquote(text, errors="replace") if "%" in text else text

"""Anchors: the primary key and qualifiers that links belong to, written as the path of an address.

An anchor has its identifiers in the order of GS1 and its values percent-encoded, so equal keys are
equal texts. Attributes of a query belong to no anchor.

>>> parse_anchor_path("/01/08935000000014/10/L%2f7/")
'/01/08935000000014/10/L%2F7'
>>> for anchor in list_anchors_above("/01/08935000000014/22/2A/10/L7"):
...     print(anchor)
/01/08935000000014/22/2A/10/L7
/01/08935000000014/10/L7
/01/08935000000014/22/2A
/01/08935000000014
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Final
from urllib.parse import quote, unquote

from traceability.gs1_keys import QUALIFIERS
from traceability.gs1_values import MalformedGs1
from traceability.stamp_link import parse_stamp_link

_PREFIX_STARTS: Final[Mapping[str, int]] = {
    **dict.fromkeys(QUALIFIERS, 0),
    **dict.fromkeys(("00", "01", "8003", "8006"), 1),
}
"""Where the GS1 Company Prefix begins in the value of each primary key (General Specifications,
section 1.4): an indicator or extension digit, or a leading zero, precedes it."""
_OF_ITEM: Final = frozenset({"22", "10", "21", "235"})
_ID_LENGTH: Final = 32
# RFC 3986: what a path may have, in pairs of segments that are not empty.
_PATH: Final = re.compile(r"(?:/[0-9]+/[A-Za-z0-9\-._~!$&'()*+,;=:@%]+)+")


def parse_anchor_path(path: str, query: str = "") -> str:
    """The anchor of the path of a Digital Link, which has no stem; a slash at its end is ignored.

    Attributes in the query are checked, as they are part of the Digital Link.

    Raises:
        MalformedGs1: no primary key, qualifiers out of order, a refused value.
    """
    path = path.removesuffix("/")
    if _PATH.fullmatch(path) is None:
        raise MalformedGs1(text=path, why="the path is not of pairs of identifier and value")
    segments = [unquote(segment) for segment in path.split("/")]
    pairs = list(zip(segments[1::2], segments[2::2], strict=True))
    identifiers = segments[1::2]
    if identifiers == ["01"] or (identifiers[0] == "01" and identifiers[1] in _OF_ITEM):
        parse_stamp_link(path)  # several times as fast as biip
    else:
        _check_order(path, identifiers)
        _check_values(pairs)
    if _has_attributes(query):
        # biip takes 0.2 s to import, and stamps do without it.
        from traceability.digital_link import parse_query

        parse_query(query, identifiers)
    return _format_pairs(pairs)


def format_anchor(elements: Mapping[str, str]) -> str:
    """The anchor of elements, of which the first is the primary key.

    Raises:
        MalformedGs1: no primary key, an attribute among them, a refused value.
    """
    keys = [ai for ai in elements if ai in QUALIFIERS]
    if len(keys) != 1:
        raise MalformedGs1(text=str(dict(elements)), why="links belong to one primary key")
    (key,) = keys
    for sequence in QUALIFIERS[key] or ((),):
        if set(elements) <= {key, *sequence}:
            pairs = [(ai, elements[ai]) for ai in (key, *sequence) if ai in elements]
            return parse_anchor_path(_format_pairs(pairs))
    others = sorted(set(elements) - {key})
    why = f"({', '.join(others)}) are not together qualifiers of ({key})"
    raise MalformedGs1(text=str(dict(elements)), why=why)


def split_anchor(anchor: str) -> dict[str, str]:
    """The elements of an anchor by identifier, the primary key first."""
    segments = anchor.split("/")
    return dict(zip(segments[1::2], map(unquote, segments[2::2]), strict=True))


def format_key(anchor: str) -> str:
    """An anchor as people read it, an element string in brackets.

    >>> format_key("/01/08935000000014/10/L%2F7")
    '(01)08935000000014(10)L/7'
    """
    return "".join(f"({ai}){value}" for ai, value in split_anchor(anchor).items())


def list_anchors_above(anchor: str) -> list[str]:
    """An anchor and those above it, the most specific first.

    What belongs to a key, or to it with some of the qualifiers, holds for it with more of them. The
    last qualifier of GS1's order is the finest, so a serial number precedes a lot.
    """
    key, *qualifiers = split_anchor(anchor).items()
    qualifiers.reverse()
    found = []
    for kept in product((True, False), repeat=len(qualifiers)):
        chosen = [pair for pair, is_kept in zip(qualifiers, kept, strict=True) if is_kept]
        found.append(_format_pairs([key, *reversed(chosen)]))
    return found


def find_key_digits(anchor: str) -> str:
    """The value of the primary key from its GS1 Company Prefix on.

    >>> find_key_digits("/01/08935000000014"), find_key_digits("/414/8935000000014/254/A")
    ('8935000000014', '8935000000014')
    """
    _, key, value, *_ = anchor.split("/")
    return unquote(value)[_PREFIX_STARTS[key] :]


def find_gln(anchor: str) -> str | None:
    """The location number of an anchor of a place or party; None for another key."""
    _, key, value, *_ = anchor.split("/")
    return value if key in ("414", "417") else None


def names_serial(anchor: str) -> bool:
    """Whether an anchor is of one trade item with a serial number, as the stamps are."""
    elements = split_anchor(anchor)
    return "01" in elements and not {"21", "235"}.isdisjoint(elements)


def name_link_set(anchor: str) -> str:
    """The id of the links of an anchor, for addresses and indexes."""
    return hashlib.sha256(f"veritem link set\0{anchor}".encode()).hexdigest()[:_ID_LENGTH]


def _check_order(path: str, identifiers: Sequence[str]) -> None:
    """Raise `MalformedGs1` unless a primary key comes first, then its qualifiers in order."""
    key, *qualifiers = identifiers
    if key not in QUALIFIERS:
        raise MalformedGs1(text=path, why=f"({key}) is not a primary key")
    for sequence in QUALIFIERS[key] or ((),):
        if qualifiers == [one for one in sequence if one in qualifiers]:
            return
    order = " or ".join(", ".join(sequence) for sequence in QUALIFIERS[key]) or "none"
    raise MalformedGs1(text=path, why=f"the qualifiers of ({key}) are, in this order: {order}")


def _check_values(pairs: Iterable[tuple[str, str]]) -> None:
    from traceability.gs1 import check_element

    for ai, value in pairs:
        check_element(ai, value)


def _has_attributes(query: str) -> bool:
    """Whether a query has a parameter that is named as an application identifier is."""
    return any(pair[:1].isdigit() for pair in query.split("&"))


def _format_pairs(pairs: Sequence[tuple[str, str]]) -> str:
    return "".join(f"/{ai}/{quote(value, safe='')}" for ai, value in pairs)

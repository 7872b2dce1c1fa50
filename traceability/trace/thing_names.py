"""Names of things in traces: our lots and stamps have names of their own beside identifiers of GS1.

A lot has several identifiers: by GTIN and lot number, and under the address of its stamps. In a
trace it is one thing, `lot:L1`. Stamps are a serial range, `stamps:7·0-499`.

>>> name_lot("L1"), name_stamps(7, 0, 500)
('lot:L1', 'stamps:7·0-499')
>>> parse_stamps("stamps:7·0-499")
StampRange(batch=7, lo=0, hi=500)
>>> parse_stamps("stamps:7·9-3") is None
True
>>> find_lot_candidate("https://id.gs1.org/01/08935000000014/10/DL-1%2F2")
'DL-1/2'
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote, unquote

from stamps.serial_range import format_serial_range
from stamps.stamp_ranges import StampRange
from traceability.epcis.identifiers import ROOT

_LOT: Final = "lot:"
_STAMPS: Final = re.compile(r"stamps:(\d{1,8})·(\d{1,8})(?:-(\d{1,8}))?", re.ASCII)
_LOT_NUMBER: Final = re.compile(rf"{ROOT}/01/\d{{14}}/10/(.+)")
_LOT_ADDRESS: Final = re.compile(r"https://[^/]+/lot/([^/]+)")
_STAMP: Final = re.compile(
    rf"{ROOT}/01/\d{{14}}/21/([0-9A-Z]{{20}})|https://[^/]+/S/([0-9A-Z]{{20}})"
)
_CARTON: Final = re.compile(rf"{ROOT}/00/(\d{{18}})|https://[^/]+/epcis/carton/[^/]+/([^/]+)")
_PLACE: Final = re.compile(rf"{ROOT}/414/(\d{{13}})|https://[^/]+/place/([^/]+)(/standing)?")
_INPUT: Final = re.compile(r"https://[^/]+/input/([^/]+)(?:/batch/([^/]+))?")
_GS1: Final = re.compile(rf"{ROOT}/(\d{{2,4}})/([^/]+)(?:/(\d{{2,4}})/([^/]+))?")

ThingKind = Literal["lot", "stamps", "carton", "place", "standing", "input", "gs1", "other"]


@dataclass(frozen=True, slots=True)
class ThingName:
    """What a thing is, and how people read its name."""

    kind: ThingKind
    text: str


def name_lot(code: str) -> str:
    """The thing that a lot of the ledger is."""
    return _LOT + code


def parse_lot(key: str) -> str | None:
    """The code of the lot that a thing is; None for another thing."""
    return key.removeprefix(_LOT) if key.startswith(_LOT) else None


def name_stamps(batch: int, lo: int, hi: int) -> str:
    """The thing that the stamps `[lo, hi)` of a batch are."""
    return f"stamps:{format_serial_range(batch, lo, hi)}"


def parse_stamps(key: str) -> StampRange | None:
    """The stamps that a thing is; None for another thing."""
    found = _STAMPS.fullmatch(key)
    if found is None:
        return None
    lo = int(found[2])
    hi = lo + 1 if found[3] is None else int(found[3]) + 1
    return StampRange(int(found[1]), lo, hi) if lo < hi else None


def find_lot_candidate(key: str) -> str | None:
    """The code of the lot that an identifier names, if it is one of ours."""
    found = _LOT_NUMBER.fullmatch(key) or _LOT_ADDRESS.fullmatch(key)
    return None if found is None else unquote(found[1])


def find_stamp_candidate(key: str) -> str | None:
    """The code of the stamp that an identifier names, if it is one of ours."""
    found = _STAMP.fullmatch(key)
    return None if found is None else found[1] or found[2]


def parse_location(key: str) -> str | None:
    """The GLN of the place that an identifier names; None for another thing."""
    found = re.fullmatch(rf"{ROOT}/414/(\d{{13}})", key)
    return None if found is None else found[1]


def list_lot_identifiers(code: str, gtins: Iterable[str], addresses: Iterable[str]) -> list[str]:
    """The identifiers of a lot: by each GTIN (14 digits), and under each address."""
    quoted = quote(code, safe="")
    named = [f"{ROOT}/01/{gtin}/10/{quoted}" for gtin in gtins]
    return sorted({*named, *(f"{address}/lot/{quoted}" for address in addresses)})


def list_place_identifiers(code: str, glns: Iterable[str], addresses: Iterable[str]) -> list[str]:
    """The identifiers of a place by each GLN and by its code under each address."""
    named = [f"{ROOT}/414/{gln}" for gln in glns]
    return sorted({*named, *(f"{one}/place/{quote(code, safe='')}" for one in addresses)})


def list_stamp_identifiers(code: str, gtins: Iterable[str], host: str) -> list[str]:
    """The identifiers of one stamp by its code: its address, and each GTIN with serial number."""
    return [f"https://{host.lower()}/S/{code}", *(f"{ROOT}/01/{gtin}/21/{code}" for gtin in gtins)]


def describe_thing(key: str) -> ThingName:
    """What a thing is, and its name as people read it.

    >>> describe_thing("https://id.gs1.org/00/389350000100000014")
    ThingName(kind='carton', text='389350000100000014')
    >>> describe_thing("https://id.gs1.org/01/08935000000014/10/X1")
    ThingName(kind='gs1', text='(01)08935000000014(10)X1')
    >>> describe_thing("https://veritem.vn/place/VN-%C4%90LOR-0123/standing")
    ThingName(kind='standing', text='VN-ĐLOR-0123')
    """
    if (lot := parse_lot(key)) is not None:
        return ThingName("lot", lot)
    if (stamps := parse_stamps(key)) is not None:
        return ThingName("stamps", format_serial_range(*stamps))
    if found := _CARTON.fullmatch(key):
        return ThingName("carton", unquote(found[1] or found[2]))
    if found := _PLACE.fullmatch(key):
        return ThingName("standing" if found[3] else "place", unquote(found[1] or found[2]))
    if found := _INPUT.fullmatch(key):
        return ThingName("input", " · ".join(unquote(one) for one in found.groups() if one))
    if found := _GS1.fullmatch(key):
        ai, value, qualifier, of = found.groups()
        rest = "" if qualifier is None else f"({qualifier}){unquote(of)}"
        return ThingName("gs1", f"({ai}){unquote(value)}{rest}")
    return ThingName("other", key)

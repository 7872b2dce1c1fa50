"""Fast parser for the path of a stamp's GS1 Digital Link, for the public scan service.

    /01/GTIN14[/22/VARIANT][/10/LOT][/21/SERIAL]
    /01/GTIN14/235/EXTENSION

This is the one form that stamps carry. It does not use biip, which takes some eight times as long
(`traceability.gs1_values`); `parse_digital_link` is the parser for everything else, and a test
holds this one to it. Values are percent-decoded after splitting, so `%2F` never makes a segment;
a slash at the end, which chat programs append, is ignored.

>>> parse_stamp_link("/01/08935000000014/10/L1/21/CODE")
StampLink(gtin='08935000000014', lot='L1', serial='CODE')
"""

from typing import Final, NamedTuple
from urllib.parse import unquote

from traceability.gs1_values import (
    MalformedGs1,
    check_gtin_14,
    check_lot_number,
    check_serial_extension,
)

# A qualifier's place in the path; 235 stands alone.
_ORDER: Final = {"22": 1, "10": 2, "21": 3}


class StampLink(NamedTuple):
    """A trade item and the serial number of a stamp; `serial` also holds the value of (235)."""

    gtin: str
    lot: str | None = None
    serial: str | None = None


def parse_stamp_link(path: str) -> StampLink:
    """Parse a path that begins with `/01/`.

    Raises:
        MalformedGs1: another path, qualifiers out of order, a value that GS1 does not allow.
    """
    segments = path.removesuffix("/").split("/")
    if "%" in path:
        segments = [unquote(segment) for segment in segments]
    if len(segments) < 3 or len(segments) % 2 == 0 or segments[0] or segments[1] != "01":
        raise MalformedGs1(text=path, why="the path is not /01/GTIN and pairs of qualifiers")
    gtin = check_gtin_14(segments[2])
    if len(segments) == 5 and segments[3] == "235":
        return StampLink(gtin, None, check_serial_extension(segments[4]))
    last = 0
    values: dict[str, str] = {}
    for at in range(3, len(segments), 2):
        identifier = segments[at]
        place = _ORDER.get(identifier, 0)
        if place <= last:
            raise MalformedGs1(
                text=path, why="qualifiers come in the order 22, 10, 21 or 235 alone"
            )
        last = place
        values[identifier] = check_lot_number(segments[at + 1])
    return StampLink(gtin, values.get("10"), values.get("21"))

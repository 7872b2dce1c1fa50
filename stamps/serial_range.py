"""Serial ranges as people write them: `7·0-4999`, the stamps 0 to 4999 of batch 7.

Roll cores and boxes show `batch·index`. A serial range is the first and the last number, both
included, as a packer reads them off a roll; in the program it is half-open, `[lo, hi)`. A batch
alone means all of it. The parser accepts `.` and `:` for the middle dot after the batch, blanks,
and dots or commas between thousands; the canonical form is written.

>>> parse_serial_range("7·0-4999")
SerialRange(batch=7, lo=0, hi=5000)
>>> parse_serial_range(" 7:1.200 – 7:1.299 ")
SerialRange(batch=7, lo=1200, hi=1300)
>>> parse_serial_range("17:5.010-9.999")
SerialRange(batch=17, lo=5010, hi=10000)
>>> parse_serial_range("7·42")
SerialRange(batch=7, lo=42, hi=43)
>>> parse_serial_range("7")
SerialRange(batch=7, lo=0, hi=None)
>>> format_serial_range(7, 0, 5000)
'7·0-4999'
>>> parse_serial_range("7·9-3")
Traceback (most recent call last):
    ...
stamps.serial_range.MalformedRange: '7·9-3' is not a serial range: the last, 3, is before the \
first, 9
"""

import re
from typing import Final, NamedTuple

from stamps.code import BATCH_LIMIT
from stamps.errors import VeritemError

_NUMBER: Final = r"\d{1,3}(?:[.,]\d{3})+|\d+"
_FORM: Final = re.compile(
    rf"(?P<batch>\d+)(?:\s*[·.:]\s*(?P<first>{_NUMBER})"
    rf"(?:\s*[-–…]\s*(?:(?P<again>\d+)\s*[·:]\s*)?(?P<last>{_NUMBER}))?)?"
)


class SerialRange(NamedTuple):
    """The stamps `[lo, hi)` of a batch; `hi` is None for the end of the batch."""

    batch: int
    lo: int
    hi: int | None


class MalformedRange(VeritemError):
    """The text is not a serial range."""

    code = "malformed-range"
    message = "{text!r} is not a serial range: {why}"


def parse_serial_range(text: str) -> SerialRange:
    """Return the serial range, single stamp or whole batch that a text names.

    Raises:
        MalformedRange: another form, two batches, a number past 24 bits, or last before first.
    """
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise MalformedRange(text=text, why="write it as on the roll, 7·0-4999")
    batch = int(found["batch"])
    if batch >= BATCH_LIMIT:
        raise MalformedRange(text=text, why=f"there is no batch {batch}")
    if found["first"] is None:
        return SerialRange(batch, 0, None)
    if found["again"] is not None and int(found["again"]) != batch:
        raise MalformedRange(text=text, why="a serial range stays in one batch")
    first = _parse_number(found["first"])
    last = first if found["last"] is None else _parse_number(found["last"])
    if last >= BATCH_LIMIT:
        raise MalformedRange(text=text, why=f"no batch has a stamp {last}")
    if last < first:
        raise MalformedRange(text=text, why=f"the last, {last}, is before the first, {first}")
    return SerialRange(batch, first, last + 1)


def format_serial_range(batch: int, lo: int, hi: int) -> str:
    """Return `[lo, hi)` as people read it: first and last number, both included."""
    return f"{batch}·{lo}" if hi == lo + 1 else f"{batch}·{lo}-{hi - 1}"


def _parse_number(text: str) -> int:
    return int(text.replace(".", "").replace(",", ""))

"""Serial ranges as people write them: `7·0-4999`, the stamps 0 to 4999 of batch 7.

Roll cores and boxes show `batch·index`. A serial range is the first and the last number, both
included, as a packer reads them off a roll; in the program it is half-open, `[lo, hi)`. A batch
alone means all of it. The parser accepts a colon or bullet for the middle dot after the batch, all
dashes, blanks, and separated thousands; the canonical form is written.

**A text that can be read in two ways is refused with both readings**, because an activation is
final: `6.500-6.999` is stamps 500 to 999 of batch 6 or stamps 6500 to 6999 of another; `7.42` is
stamp 42 of batch 7 or a number that lost its last zero in a spreadsheet.

>>> parse_serial_range("7·0-4999")
SerialRange(batch=7, lo=0, hi=5000)
>>> parse_serial_range(" 7:1.200 – 7:1.299 ")
SerialRange(batch=7, lo=1200, hi=1300)
>>> parse_serial_range("17:5.010-9.999")
SerialRange(batch=17, lo=5010, hi=10000)
>>> parse_serial_range("7•42"), parse_serial_range("7–0")
(SerialRange(batch=7, lo=42, hi=43), SerialRange(batch=7, lo=0, hi=1))
>>> parse_serial_range("7")
SerialRange(batch=7, lo=0, hi=None)
>>> format_serial_range(7, 0, 5000)
'7·0-4999'
>>> parse_serial_range("7·9-3")
Traceback (most recent call last):
    ...
stamps.serial_range.MalformedRange: '7·9-3' is not a serial range: the last, 3, is before the \
first, 9
>>> parse_serial_range("6.500-6.999")
Traceback (most recent call last):
    ...
stamps.serial_range.MalformedRange: '6.500-6.999' is not a serial range: it can be read in two \
ways, 6·500-999 or 6500-6999; write it as on the roll, 7·0-4999
"""

import re
import unicodedata
from typing import Final, NamedTuple, NoReturn

from stamps.code import BATCH_LIMIT
from stamps.errors import VeritemError
from stamps.typed_number import format_decimal_reading, has_two_readings
from stamps.typed_text import DASHES, MIDDLE_DOTS, normalize_typed_text

_SHOWN: Final = 64
_LONGEST: Final = 128
"""Characters of a range; two numbers of a batch with blanks need no more."""
_GROUPED: Final = r"[0-9]{1,3}(?: [0-9]{3})+|[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,3}(?:,[0-9]{3})+"
_ANY: Final = rf"(?:{_GROUPED}|[0-9]{{1,9}})"
_RANGE: Final = re.compile(
    rf"(?P<batch>[0-9]{{1,9}})(?P<mark>[·.])(?P<first>{_ANY})"
    rf"(?:-(?:(?P<again>[0-9]{{1,9}})(?:·|\.(?![0-9]{{3}}(?![0-9]))))?(?P<last>{_ANY}))?"
)
_NUMBERS: Final = re.compile(rf"(?P<first>{_ANY})(?:-(?P<last>{_ANY}))?")
_DECIMAL: Final = re.compile(r"([0-9]{1,9})[.,]([0-9]{1,9})")
_MARKS: Final = str.maketrans(
    dict.fromkeys(DASHES, "-") | dict.fromkeys(MIDDLE_DOTS, "·") | {":": "·"}
)
_AS_ON_THE_ROLL: Final = "write it as on the roll, 7·0-4999"


class SerialRange(NamedTuple):
    """The stamps `[lo, hi)` of a batch; `hi` is None for the end of the batch."""

    batch: int
    lo: int
    hi: int | None


class MalformedRange(VeritemError):
    """The text is not a serial range; `readings` are both where it can be read in two ways."""

    code = "malformed-range"
    message = "{text!r} is not a serial range: {why}"


def parse_serial_range(text: str) -> SerialRange:
    """Return the serial range, single stamp or whole batch that a text names.

    Raises:
        MalformedRange: another form, two readings, two batches, a number past 24 bits, or last
            before first.
    """
    typed = _normalize(text)
    found = _RANGE.fullmatch(typed)
    if found is None:
        return _parse_without_mark(text, typed)
    batch, last_text = int(found["batch"]), found["last"]
    if found["mark"] == ".":
        _check_dot(text, found)
    if found["again"] is not None and int(found["again"]) != batch:
        _refuse(text, "a serial range stays in one batch")
    first = _to_int(found["first"])
    last = first if last_text is None else _to_int(last_text)
    if last_text is not None and found["again"] is None and has_two_readings(last_text):
        other = _DECIMAL.fullmatch(last_text)
        if (
            other is not None
            and int(other[1]) == batch
            and first <= int(other[2])
            and "." in last_text
        ):
            start = f"{batch}·{first}"
            _refuse_readings(text, f"{start}-{last}", f"{start}-{batch}·{int(other[2])}")
    return _make_range(text, batch, first, last)


def parse_index(text: str, batch: int) -> int:
    """The index that a text names in a batch: a bare index, or a serial number of the batch.

    >>> parse_index("4999", 7), parse_index("7·4999", 7), parse_index("1 000", 7)
    (4999, 4999, 1000)

    Raises:
        MalformedRange: another form, two readings, another batch, several stamps.
    """
    typed = _normalize(text)
    if "·" not in typed and "-" not in typed:
        if (decimal := _DECIMAL.fullmatch(typed)) is not None:
            _refuse_decimal(text, typed, decimal)
        if re.fullmatch(_ANY, typed) is None:
            _refuse(text, "write the number alone, without a separator")
        index = _to_int(typed)
        _make_range(text, batch, index, index)
        return index
    named = parse_serial_range(text)
    if named.batch != batch:
        _refuse(text, f"it is of batch {named.batch}, not of batch {batch}")
    if named.hi != named.lo + 1:
        _refuse(text, "it is a range, and one stamp is asked for")
    return named.lo


def compose_serial_range(batch: str, first: str, last: str) -> str:
    """The serial range of three fields of a form, in canonical form.

    >>> compose_serial_range("7", "1 200", "7·1299")
    '7·1200-1299'

    Raises:
        MalformedRange: as `parse_serial_range` and `parse_index` do.
    """
    number = _normalize(batch)
    if re.fullmatch("[0-9]{1,9}", number) is None:
        _refuse(batch, "write the number of the batch alone")
    lo, last_index = parse_index(first, int(number)), parse_index(last, int(number))
    named = _make_range(f"{number}·{first}-{last}", int(number), lo, last_index)
    return format_serial_range(named.batch, named.lo, last_index + 1)


def format_serial_range(batch: int, lo: int, hi: int) -> str:
    """Return `[lo, hi)` as people read it: first and last number, both included."""
    return f"{batch}·{lo}" if hi == lo + 1 else f"{batch}·{lo}-{hi - 1}"


def is_serial_range_form(text: str) -> bool:
    """Whether a text has digits and separators of ranges only, and is no long run of digits.

    >>> is_serial_range_form("7·0-4999"), is_serial_range_form("0D9FR"), is_serial_range_form("")
    (True, False, False)
    """
    typed = _normalize(text)
    return bool(re.fullmatch(r"[0-9](?:[0-9 ·.,-]*[0-9])?", typed)) and not re.search(
        r"[0-9]{10}", typed
    )


def _normalize(text: str) -> str:
    """One spelling of dashes, middle dots and blanks; no blanks beside them."""
    if len(text) > _LONGEST or any(map(_is_compatibility_digit, text)):
        return ""
    typed = normalize_typed_text(text).translate(_MARKS).replace("Â·", "·")
    typed = re.sub(r"\.{2,3}", "-", typed)
    return re.sub(r" *([·-]) *", r"\1", re.sub(" +", " ", typed))


def _is_compatibility_digit(character: str) -> bool:
    """Whether it is a superscript, a fraction or the like, which is not the digit that it holds."""
    return unicodedata.category(character) == "No"


def _parse_without_mark(text: str, typed: str) -> SerialRange:
    """A batch alone, or two numbers with a dash."""
    if (decimal := _DECIMAL.fullmatch(typed)) is not None:
        _refuse_decimal(text, typed, decimal)
    found = _NUMBERS.fullmatch(typed)
    if found is None:
        _refuse(text, _AS_ON_THE_ROLL)
    number = _to_int(found["first"])
    if found["last"] is None:
        if " " in typed and len(typed) <= 7:  # `1 000`: batch 1000, or stamp 0 of batch 1
            batch, _, index = typed.partition(" ")
            _refuse_readings(text, f"{batch}·{int(index)}", f"{number}")
        return _make_range(text, number, 0, None)
    last = _to_int(found["last"])
    if number <= last or not found["first"].isdecimal():
        _refuse_readings(text, f"{number}·{last}", f"{number}-{last}")
    return _make_range(text, number, last, last)


def _check_dot(text: str, found: re.Match[str]) -> None:
    """Refuse a dot after the batch where it may also separate thousands or decimals."""
    batch, first, last = found["batch"], found["first"], found["last"]
    if last is None:
        decimal = _DECIMAL.fullmatch(f"{batch}.{first}")
        if decimal is not None:
            _refuse_decimal(text, f"{batch}.{first}", decimal)
        _refuse(text, _AS_ON_THE_ROLL)
    if has_two_readings(f"{batch}.{first}"):
        numbers = f"{batch}{first}-{_to_int(last)}"
        end = f"{_to_int(last)}"
        if not found["again"] and "." in last and has_two_readings(last):
            other, _, index = last.partition(".")
            end = f"{int(index)}" if int(other) == int(batch) else f"{other}·{int(index)}"
        _refuse_readings(text, f"{int(batch)}·{int(first)}-{end}", numbers)
    if not first.isdecimal():
        _refuse(text, _AS_ON_THE_ROLL)


def _refuse_decimal(text: str, typed: str, decimal: re.Match[str]) -> NoReturn:
    stamp = f"{int(decimal[1])}·{int(decimal[2])}"
    if has_two_readings(typed):
        _refuse_readings(text, stamp, f"{int(decimal[1] + decimal[2])}")
    _refuse_readings(text, stamp, format_decimal_reading(typed))


def _make_range(text: str, batch: int, first: int, last: int | None) -> SerialRange:
    if batch >= BATCH_LIMIT:
        _refuse(text, f"there is no batch {batch}; the highest is {BATCH_LIMIT - 1}")
    if last is None:
        return SerialRange(batch, first, None)
    if last >= BATCH_LIMIT:
        _refuse(text, f"no batch has a stamp {last}; the highest is {BATCH_LIMIT - 1}")
    if last < first:
        _refuse(text, f"the last, {last}, is before the first, {first}")
    return SerialRange(batch, first, last + 1)


def _to_int(text: str) -> int:
    return int(re.sub("[ .,]", "", text))


def _refuse_readings(text: str, one: str, other: str) -> NoReturn:
    why = f"it can be read in two ways, {one} or {other}; {_AS_ON_THE_ROLL}"
    raise MalformedRange(text=text[:_SHOWN], why=why, readings=(one, other))


def _refuse(text: str, why: str) -> NoReturn:
    raise MalformedRange(text=text[:_SHOWN], why=why)

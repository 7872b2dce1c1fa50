"""The roll that a packer names: by its first and last stamp, scanned or typed.

Each end is what the packer has: the code of a stamp (as it is scanned, typed or photographed) or
the number beside it. A roll can be scanned from either end. A phone holds no keys that open codes,
so only the desk says which stamps they are.
"""

from services.context import ServiceContext
from services.errors import InvalidInput
from services.permissions import Permission, require_permission
from services.ranges import BatchRange, parse_range
from services.stamps.stamp_lookup import find_stamps, names_code
from stamps.errors import VeritemError
from stamps.serial_range import compose_serial_range, parse_index


class TwoBatches(VeritemError):
    """The first and the last stamp of a roll are of two batches."""

    code = "two-batches"
    message = "the first stamp is of batch {first}, the last of batch {last}"


async def find_roll(context: ServiceContext, batch: str, first: str, last: str) -> BatchRange:
    """The stamps from `first` to `last`, both included.

    `batch` is the number of the batch where both are numbers; a code says its batch itself.
    Raises `Forbidden`, `InvalidInput`, `MalformedRange`, `MalformedCode`, `UnknownCode`,
    `UnknownBatch`, `SpanOutOfRange`, `TwoBatches`.
    """
    require_permission(context, Permission.ACTIVATE)
    for field, text in (("first", first), ("last", last)):
        if not text:
            raise InvalidInput(field=field, why="is missing")
    codes = {text for text in (first, last) if names_code(text)}
    if not codes:
        return await parse_range(context, compose_serial_range(batch, first, last))
    stamps = {text: await find_stamps(context, text) for text in codes}
    known = next(iter(stamps.values()))
    ends = []
    for text in (first, last):
        stamp = stamps.get(text)
        ends.append(parse_index(text, known.batch.number) if stamp is None else stamp.lo)
    numbers = [stamps[text].batch.number for text in (first, last) if text in stamps]
    if len(set(numbers)) > 1:
        raise TwoBatches(first=numbers[0], last=numbers[1])
    lo, hi = sorted(ends)
    return await parse_range(context, f"{known.batch.number}·{lo}-{hi}")

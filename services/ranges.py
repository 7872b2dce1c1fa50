"""Serial ranges as people write them, resolved to a batch in the actor's scope."""

from dataclasses import dataclass

from ledger import Batch
from services import scope
from services.context import ServiceContext
from services.errors import InvalidInput
from stamps import serial_range
from stamps.serial_range import MalformedRange
from stamps.spans import SpanOutOfRange


@dataclass(frozen=True, slots=True)
class BatchRange:
    """The stamps `[lo, hi)` of a batch."""

    batch: Batch
    lo: int
    hi: int

    @property
    def count(self) -> int:
        """Number of stamps."""
        return self.hi - self.lo

    @property
    def text(self) -> str:
        """The range as people write it: `7·0-4999`."""
        return serial_range.format_serial_range(self.batch.number, self.lo, self.hi)


async def parse_range(context: ServiceContext, text: str) -> BatchRange:
    """The range that a text names: `7·0-4999`, `7·42`, or `7` for the whole batch.

    Raises `MalformedRange`, `UnknownBatch` (also for a batch outside of the scope),
    `SpanOutOfRange`.
    """
    named = serial_range.parse_serial_range(text)
    batch = await scope.find_batch(context, named.batch)
    hi = batch.count if named.hi is None else named.hi
    if not 0 <= named.lo < hi <= batch.count:
        raise SpanOutOfRange(batch=batch.number, lo=named.lo, hi=hi, count=batch.count)
    return BatchRange(batch, named.lo, hi)


def parse_stamp_field(text: str, field: str, batch: Batch) -> int:
    """The index in `batch` that a field of a form names. Raises `InvalidInput` for that field."""
    try:
        index = serial_range.parse_index(text, batch.number)
    except MalformedRange as wrong:
        both = {
            name: wrong.evidence[name]
            for name in ("readings", "text")
            if "readings" in wrong.evidence
        }
        raise InvalidInput(field=field, why=str(wrong), expected="serial", **both) from wrong
    if index >= batch.count:
        why = f"the last stamp of the batch is {batch.count - 1}"
        raise InvalidInput(field=field, why=why, most=batch.count - 1)
    return index

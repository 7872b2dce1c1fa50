"""Serial ranges as people write them, resolved to a batch in the actor's scope."""

from dataclasses import dataclass

from ledger import Batch
from services import scope
from services.context import ServiceContext
from stamps import serial_range
from stamps.spans import SpanOutOfRange


@dataclass(frozen=True, slots=True)
class BatchRange:
    """The stamps `[lo, hi)` of a batch."""

    batch: Batch
    lo: int
    hi: int

    @property
    def count(self) -> int:
        """How many stamps."""
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

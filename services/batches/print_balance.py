"""Print balance of a batch: what was ordered, issued, printed, spoiled, and is not reported yet.

A batch is closed for printing once nothing is unreported. That follows from the spans, so there is
no flag that could disagree with them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from ledger import Batch, MassBalance
from services import scope
from services.context import ServiceContext
from services.errors import BatchPrinted
from services.permissions import Permission, require_permission
from stamps.lifecycle import State
from stamps.spans import Span

SpoiledReason = Literal["spoiled", "misprint", "overprint", "damaged"]
SPOILED_REASONS: Final[tuple[SpoiledReason, ...]] = get_args(SpoiledReason)
"""The reasons of voiding that count as spoiled in printing, the usual one first."""

Ranges = tuple[tuple[int, int], ...]
"""Ranges `[lo, hi)` of one batch, in order, none touching the next."""


@dataclass(frozen=True, slots=True)
class PrintBalance:
    """The stamps of one batch as its print house accounts for them."""

    batch: Batch
    ordered: int
    """Stamps of the whole order, which may have several batches."""
    issued: int
    printed: int
    """Stamps that left the press, spoiled ones too."""
    spoiled: int
    void_unprinted: int
    """Stamps that were made void before they were printed."""
    unreported: Ranges
    """The ranges `[lo, hi)` that nobody has reported."""

    @property
    def unreported_count(self) -> int:
        """Number of stamps that nobody has reported."""
        return sum(hi - lo for lo, hi in self.unreported)

    @property
    def is_closed(self) -> bool:
        """Whether every stamp is accounted for, so that nothing is left to print."""
        return not self.unreported


def list_unreported(spans: Sequence[Span]) -> Ranges:
    """The ranges that are issued and nothing else, neighbours as one."""
    found: list[tuple[int, int]] = []
    for span in spans:
        if span.state is not State.ISSUED:
            continue
        if found and found[-1][1] == span.lo:
            found[-1] = (found[-1][0], span.hi)
        else:
            found.append((span.lo, span.hi))
    return tuple(found)


async def require_open(context: ServiceContext, batch: Batch) -> None:
    """Raise `BatchPrinted` where every stamp of the batch is reported."""
    if not list_unreported(await context.ledger.transitions.list_spans(batch.number)):
        raise BatchPrinted(batch=batch.number)


async def get_print_balance(context: ServiceContext, number: int) -> PrintBalance:
    """The print balance of a batch. Raises `Forbidden`, `UnknownBatch`."""
    require_permission(context, Permission.BATCH_SEE)
    batch = await scope.find_batch(context, number)
    transitions = context.ledger.transitions
    order = await context.ledger.orders.get(batch.order)
    spans = await transitions.list_spans(number)
    return compare_counts(
        batch, order.count, list_unreported(spans), await transitions.compute_balance(number)
    )


def compare_counts(
    batch: Batch, ordered: int, unreported: Ranges, balance: MassBalance
) -> PrintBalance:
    """The print balance that follows from a mass balance."""
    left = sum(hi - lo for lo, hi in unreported)
    return PrintBalance(
        batch=batch,
        ordered=ordered,
        issued=balance.issued,
        printed=balance.printed,
        spoiled=sum(balance.void.get(reason, 0) for reason in SPOILED_REASONS),
        void_unprinted=balance.issued - left - balance.printed,
        unreported=unreported,
    )

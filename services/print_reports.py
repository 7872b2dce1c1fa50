"""Print reports: a print house reports which stamps it printed and which of them it spoiled.

Every path records a spoiled stamp as printed and then void: it left the press, so the balance
counts it among the printed.
"""

import asyncio
from dataclasses import dataclass

from ledger import Batch, MassBalance, RecordedTransition
from printing import PrintReport, parse_report
from services.context import ServiceContext
from services.permissions import Permission, require_permission
from services.ranges import parse_range
from stamps.lifecycle import Transition
from stamps.spans import RangeTransition


@dataclass(frozen=True, slots=True)
class AppliedReport:
    """What a print report recorded."""

    batch: Batch
    good: int
    """Stamps that were printed well."""
    spoiled: int
    """Stamps that were printed and are void."""
    transitions: list[RecordedTransition]
    balance: MassBalance

    @property
    def printed(self) -> int:
        """All stamps that left the press, good and spoiled."""
        return self.good + self.spoiled


async def apply_print_report(
    context: ServiceContext, range_text: str, content: bytes, key: str
) -> AppliedReport:
    """Record a print report (CSV or JSON Lines) of a batch or a range of it, all or nothing.

    `range_text` is a batch number, or a serial range that the report must stay within. The same
    key twice answers the first result again. Raises `Forbidden`, `KeyRequired`, `UnknownBatch`,
    `MalformedRange`, `ReportRefused`, `TransitionConflict`.
    """
    require_permission(context, Permission.PRINT_REPORT)
    scoped_key = context.scope_key(key)
    target = await parse_range(context, range_text)
    number = target.batch.number
    # In a thread: a long report takes a second, and other people wait for the event loop.
    report = await asyncio.to_thread(
        parse_report, content, batch=number, lo=target.lo, hi=target.hi
    )
    transitions = await context.ledger.transitions.apply_all(
        _steps(report), actor=context.actor.id, key=scoped_key, at=context.clock()
    )
    balance = await context.ledger.transitions.compute_balance(number)
    return AppliedReport(
        batch=target.batch,
        good=report.printed,
        spoiled=report.spoiled,
        transitions=transitions,
        balance=balance,
    )


def _steps(report: PrintReport) -> list[RangeTransition]:
    """Print every reported range, neighbours as one, then void the spoiled ones."""
    printed: list[tuple[int, int]] = []
    for span in report.spans:
        if printed and printed[-1][1] == span.lo:
            printed[-1] = (printed[-1][0], span.hi)
        else:
            printed.append((span.lo, span.hi))
    steps = [RangeTransition(report.batch, lo, hi, Transition.PRINT) for lo, hi in printed]
    return steps + [
        RangeTransition(report.batch, span.lo, span.hi, Transition.VOID, span.reason)
        for span in report.spans
        if span.state == "spoiled"
    ]

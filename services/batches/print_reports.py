"""Print reports: a print house reports which stamps it printed and which of them it spoiled.

Every path records a spoiled stamp as printed and then void: it left the press, so the balance
counts it among the printed.

A report is a file (`printing.print_report`), or the fields of a form: everything printed, and which
stamps were spoiled. Both end in the same transitions.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger import Batch, MassBalance, RecordedTransition
from printing import PrintReport, parse_report
from services import scope
from services.batches.print_balance import SPOILED_REASONS, Ranges
from services.context import ServiceContext
from services.errors import InvalidInput
from services.permissions import Permission, require_permission
from services.ranges import parse_range, parse_stamp_field
from stamps.lifecycle import Transition
from stamps.spans import RangeTransition

MOST_RANGES: Final = 200
"""Ranges of a report in fields; a longer one is a file."""


@dataclass(frozen=True, slots=True)
class AppliedReport:
    """Result of a print report."""

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


@dataclass(frozen=True, slots=True)
class SpoiledRow:
    """Spoiled stamps as a person types them; `last` is empty for a single one."""

    first: str
    last: str
    reason: str


@dataclass(frozen=True, slots=True)
class TypedReport:
    """A report in the fields of a form."""

    is_all_printed: bool
    """Whether everything of `unreported` was printed, the spoiled ones too."""
    unreported: str
    """The ranges that the form showed as not reported (`join_ranges`). They are part of what the
    person confirms, so the same form twice is the same report."""
    spoiled: Sequence[SpoiledRow | None] = ()
    """The rows in the order of the form; None for one that is left empty."""


def join_ranges(ranges: Ranges) -> str:
    """Ranges as a form carries them, first and last included.

    >>> join_ranges(((0, 5000), (6000, 6001)))
    '0-4999,6000-6000'
    """
    return ",".join(f"{lo}-{hi - 1}" for lo, hi in ranges)


async def apply_typed_report(
    context: ServiceContext, number: int, report: TypedReport, key: str
) -> AppliedReport:
    """Record a report in fields, all or nothing; the same key and report twice is one report.

    Spoiled stamps of earlier reports become void; those of `unreported` are printed, then void.
    Raises `Forbidden`, `KeyRequired`, `UnknownBatch`, `InvalidInput`, which name
    the field and row (`first2`), `TransitionConflict`.
    """
    require_permission(context, Permission.PRINT_REPORT)
    scoped_key = context.scope_key(key)
    batch = await scope.find_batch(context, number)
    unreported = _split_ranges(report.unreported, batch.count)
    spoiled = _parse_rows(report.spoiled, batch)
    if not report.is_all_printed and not spoiled:
        raise InvalidInput(field="printed", why="nothing is reported", expected="nothing_reported")
    fresh = [
        (max(lo, start), min(hi, end))
        for lo, hi, _ in spoiled
        for start, end in unreported
        if max(lo, start) < min(hi, end)
    ]
    printed = list(unreported) if report.is_all_printed else fresh
    steps = [RangeTransition(number, lo, hi, Transition.PRINT) for lo, hi in sorted(printed)]
    steps += [
        RangeTransition(number, lo, hi, Transition.VOID, reason) for lo, hi, reason in spoiled
    ]
    transitions = await context.ledger.transitions.apply_all(
        steps, actor=context.actor.id, key=scoped_key, at=context.clock()
    )
    lost = sum(hi - lo for lo, hi, _ in spoiled)
    return AppliedReport(
        batch=batch,
        good=sum(hi - lo for lo, hi in printed) - sum(hi - lo for lo, hi in fresh),
        spoiled=lost,
        transitions=transitions,
        balance=await context.ledger.transitions.compute_balance(number),
    )


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


def _split_ranges(text: str, count: int) -> Ranges:
    """The ranges that `join_ranges` wrote. Raises `InvalidInput`."""
    found: list[tuple[int, int]] = []
    for piece in text.split(",") if text else ():
        first, _, last = piece.partition("-")
        if len(found) == MOST_RANGES or not (first.isdecimal() and last.isdecimal()):
            raise InvalidInput(field="unreported", why="is not what the form showed")
        lo, hi = int(first[:10]), int(last[:10]) + 1
        if not (found[-1][1] if found else 0) <= lo < hi <= count:
            raise InvalidInput(field="unreported", why="is not what the form showed")
        found.append((lo, hi))
    return tuple(found)


def _parse_rows(rows: Sequence[SpoiledRow | None], batch: Batch) -> list[tuple[int, int, str]]:
    """`[lo, hi)` and reason of each row that is filled in; no stamp is in two rows."""
    found: list[tuple[int, int, str]] = []
    for at, row in enumerate(rows, 1):
        if row is None:
            continue
        lo, hi = _parse_row(row, at, batch)
        if any(lo < end and start < hi for start, end, _ in found):
            raise InvalidInput(field=f"first{at}", why="is in a row above", expected="row_twice")
        found.append((lo, hi, row.reason))
    return found


def _parse_row(row: SpoiledRow, at: int, batch: Batch) -> tuple[int, int]:
    """`[lo, hi)` of a row of spoiled stamps."""
    if not row.first:
        raise InvalidInput(field=f"first{at}", why="is missing", expected="missing")
    lo = parse_stamp_field(row.first, f"first{at}", batch)
    hi = parse_stamp_field(row.last, f"last{at}", batch) + 1 if row.last else lo + 1
    if hi <= lo:
        why = "is before the first"
        raise InvalidInput(field=f"last{at}", why=why, least=lo)
    if row.reason not in SPOILED_REASONS:
        raise InvalidInput(field=f"reason{at}", why="is missing", expected="choose")
    return lo, hi

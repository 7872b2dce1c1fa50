"""Recalls of produce: stamps of a lot, batch, registered code, carton or ranges. Final.

A recall is proposed by one person and happens when another approves it. What one inspector does at
once is to suspend (`services.stamps.transitions`): the emergency brake, which is released or
followed by a recall.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from ledger import Proposal, RecallReach, RecallTarget
from ledger.cartons.carton_errors import CartonEmpty
from ledger.packer_provinces import ConcernedRows
from ledger.stamps.recall_notices import RecallNotice
from ledger.stamps.recall_reach import MOST_LOTS
from services import scope
from services.codes.registered_codes import get_code
from services.context import ServiceContext
from services.errors import InvalidInput
from services.permissions import Permission, require_permission
from services.proposals.proposal_kinds import RECALL
from services.proposals.proposals import propose
from services.ranges import parse_range
from stamps.lifecycle import Transition, check_reason
from stamps.stamp_ranges import join_ranges
from stamps.typed_date import MalformedDate, parse_typed_date

MOST_RANGES: Final = 5_000
"""Serial ranges of one recall of a carton: a proposal names them all."""


@dataclass(frozen=True, slots=True)
class CodeDays:
    """A registered code, and the days in which the lots that name it were packed."""

    code: str
    since: date | None = None
    until: date | None = None

    def to_texts(self) -> tuple[str | None, str | None]:
        """Both days as ISO dates."""
        days = self.since, self.until
        since, until = (None if day is None else day.isoformat() for day in days)
        return since, until


async def _find_lots_of_code(context: ServiceContext, asked: CodeDays) -> tuple[RecallTarget, str]:
    code = (await get_code(context, asked.code)).code
    if asked.since is not None and asked.until is not None and asked.until < asked.since:
        raise InvalidInput(field="until", why="is before the first day")
    since, until = asked.to_texts()
    lots = await context.ledger.recall_reaches.find_lots(
        code, since, until, province=context.actor.province
    )
    if len(lots) > MOST_LOTS:
        raise InvalidInput(
            field="since", why=f"has more than {MOST_LOTS:,} lots; name fewer days", most=MOST_LOTS
        )
    if not lots:
        why = f"no lot that names {code} was packed in these days, or all are recalled"
        raise InvalidInput(field="since", why=why, expected="lots")
    return RecallTarget(code=code, lots=tuple(lots), since=since, until=until), f"code:{code}"


async def _find_packed(context: ServiceContext, name: str) -> tuple[RecallTarget, str]:
    """The stamps that are in a carton, or in the cartons of a pallet, now."""
    carton = await scope.find_carton(context, name)
    packed = await context.ledger.cartons.list_ranges(carton.id)
    ranges = join_ranges(one.range for one in packed)
    if not ranges:
        raise CartonEmpty(label=carton.label)
    if len(ranges) > MOST_RANGES:
        why = f"has more than {MOST_RANGES:,} serial ranges; recall its cartons one by one"
        raise InvalidInput(field="carton", why=why, most=MOST_RANGES)
    target = RecallTarget(
        carton=carton.id, ranges=tuple((one.batch, one.lo, one.hi) for one in ranges)
    )
    return target, f"carton:{carton.id}"


async def preview_recall(
    context: ServiceContext,
    *,
    lot: str | None = None,
    batch: int | None = None,
    ranges: Sequence[str] = (),
    code: CodeDays | None = None,
    carton: str | None = None,
) -> RecallReach:
    """Return the reach of a recall of a lot, a batch, a code, a carton or serial ranges.

    Nothing changes. Raises `Forbidden`, `InvalidInput`, `UnknownLot`, `UnknownBatch`, `UnknownRow`,
    `MalformedRange`, and for a carton `CartonEmpty` and as `scope.find_carton` does.
    """
    require_permission(context, Permission.RECALL)
    target, _ = await _find_target(context, lot, batch, ranges, code, carton)
    return await context.ledger.recall_reaches.measure(target, province=context.actor.province)


async def list_code_lots(context: ServiceContext, asked: CodeDays) -> list[str]:
    """The lots that a recall of a code would name: at most `MOST_LOTS` and one more.

    Raises `Forbidden`, `UnknownRow`.
    """
    require_permission(context, Permission.RECALL)
    code = (await get_code(context, asked.code)).code
    return await context.ledger.recall_reaches.find_lots(
        code, *asked.to_texts(), province=context.actor.province
    )


def parse_days(code: str, since: str | None, until: str | None) -> CodeDays:
    """A code and days as people type them; raises `InvalidInput` for the field that is at fault."""
    return CodeDays(code, parse_day("since", since), parse_day("until", until))


def parse_day(field: str, text: str | None) -> date | None:
    """A day as people type it; None for none. Raises `InvalidInput` for the field."""
    if not text or not text.strip():
        return None
    try:
        return date.fromisoformat(parse_typed_date(text)[:10])
    except MalformedDate as error:
        raise InvalidInput(field=field, why=str(error), expected="date") from None


async def preview_proposal(context: ServiceContext, proposal: Proposal) -> RecallReach:
    """Return the present reach of an open proposal to recall. Raises `Forbidden`."""
    require_permission(context, Permission.RECALL)
    return await context.ledger.recall_reaches.measure(
        RecallTarget.from_document(proposal.document), province=context.actor.province
    )


async def find_recalls(context: ServiceContext, lots: Collection[str]) -> dict[str, RecallNotice]:
    """The recalls of lots that the caller has seen in scope, by lot. Raises `Forbidden`."""
    require_permission(context, Permission.LOT_SEE)
    return await context.ledger.recall_notices.find(lots)


async def find_recalls_of_batch(context: ServiceContext, number: int) -> list[RecallNotice]:
    """The recalls of lots to which stamps of a batch are bound, the newest first.

    Raises `Forbidden`, `UnknownBatch`.
    """
    require_permission(context, Permission.BATCH_SEE)
    await scope.find_batch(context, number)
    spans = await context.ledger.transitions.list_spans(number)
    found = await context.ledger.recall_notices.find({span.lot for span in spans if span.lot})
    return sorted(found.values(), key=lambda notice: notice.at, reverse=True)


async def propose_recall(
    context: ServiceContext,
    *,
    lot: str | None = None,
    batch: int | None = None,
    ranges: Sequence[str] = (),
    code: CodeDays | None = None,
    carton: str | None = None,
    reason: str | None,
    key: str,
) -> Proposal:
    """Propose to recall a lot, a batch, the lots of a code, a carton or serial ranges: one of them.

    Once it is approved, no stamp can be bound to a lot that is recalled. Of a carton the stamps
    are recalled that are in it now, wherever they are when it is approved. Raises `Forbidden`,
    `KeyRequired`, `IllegalReason`, `AccountRequired`, `AlreadyProposed`, `KeyReused`, and as
    `preview_recall` does.
    """
    require_permission(context, Permission.RECALL)
    check_reason(Transition.RECALL, reason)
    target, subject = await _find_target(context, lot, batch, ranges, code, carton)
    return await propose_target(context, target, subject, reason=reason, key=key)


async def propose_target(
    context: ServiceContext, target: RecallTarget, subject: str, *, reason: str | None, key: str
) -> Proposal:
    """Propose to recall a target that was found. Raises as `propose_recall` does."""
    require_permission(context, Permission.RECALL)
    check_reason(Transition.RECALL, reason)
    concerned = ConcernedRows(
        lots=target.list_lots(),
        batches=[target.batch]
        if target.batch is not None
        else [number for number, _, _ in target.ranges],
    )
    return await propose(context, RECALL, subject, target.to_document(), reason, key, concerned)


async def _find_target(
    context: ServiceContext,
    lot: str | None,
    batch: int | None,
    ranges: Sequence[str],
    code: CodeDays | None,
    carton: str | None,
) -> tuple[RecallTarget, str]:
    """The target that one of the five names, and the subject of its proposal."""
    named = (lot is not None, batch is not None, bool(ranges), code is not None, carton is not None)
    if sum(named) != 1:
        why = "name one of: a serial range, a batch, a lot, a code, a carton"
        raise InvalidInput(field="range", why=why)
    if carton is not None:
        return await _find_packed(context, carton)
    if code is not None:
        return await _find_lots_of_code(context, code)
    if lot is not None:
        await scope.find_lot(context, lot)
        return RecallTarget(lot=lot), f"lot:{lot}"
    if batch is not None:
        await scope.find_batch(context, batch)
        return RecallTarget(batch=batch), f"batch:{batch}"
    parsed = [await parse_range(context, text) for text in ranges]
    target = RecallTarget(ranges=tuple((one.batch.number, one.lo, one.hi) for one in parsed))
    return target, "range:" + ",".join(one.text for one in parsed)

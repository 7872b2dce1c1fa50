"""Connections of a case: lot, sister stamps, what happened to the stamp, other cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ledger import Alert, LotRow, RecordedTransition, ReportRow
from ledger.cartons.carton_rows import Carton, RecordedPacking
from services.alerts.field_history import FieldHistory, find_field_history
from services.context import ServiceContext
from services.stamps.stamp_contexts import find_bound_lot
from stamps.lifecycle import State
from stamps.spans import Span
from stamps.stamp_ranges import StampRange

MOST_LINKED: Final = 12
"""Other cases that one case shows."""


_MOST_ACTS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLinks:
    """Connections of an alert; all empty for a campaign."""

    lot: LotRow | None = None
    """The lot that the stamp vouches for."""
    batch_states: Mapping[State, int] = field(default_factory=dict)
    """Stamps of the batch by state."""
    carton: Carton | None = None
    """The carton that the stamp is in."""
    packings: Sequence[RecordedPacking] = ()
    """Acts that packed the stamp into its carton, or moved the carton."""
    lot_states: Mapping[State, int] = field(default_factory=dict)
    """Stamps of the lot by state."""
    transitions: Sequence[RecordedTransition] = ()
    """Transitions of the stamp, in order."""
    reports: Sequence[ReportRow] = ()
    """Reports of consumers about the stamp, the oldest first."""
    field_history: FieldHistory = field(default_factory=FieldHistory)
    """Checks and findings of inspectors about the stamp."""
    cases: Sequence[Alert] = ()
    """Earlier cases of the same subject, then other cases of the batch."""


async def find_links(context: ServiceContext, alert: Alert, span: Span | None) -> CaseLinks:
    """Return the connections of an alert; `span` is that of its stamp."""
    ledger = context.ledger
    cases = await ledger.alerts.find_linked(alert, MOST_LINKED)
    if alert.batch is None:
        return CaseLinks(cases=cases)
    states = await ledger.transitions.count_states([alert.batch])
    batch_states = states.get(alert.batch, {})
    if alert.stamp is None or span is None:
        return CaseLinks(cases=cases, batch_states=batch_states)
    lot_states = dict[State, int]()
    if span.lot is not None:
        lot_states = await ledger.transitions.count_lot_states(span.lot)
    carton, packings = await _find_carton(context, *alert.stamp)
    return CaseLinks(
        carton=carton,
        packings=packings,
        lot=await find_bound_lot(ledger, span),
        batch_states=batch_states,
        lot_states=lot_states,
        transitions=await ledger.transitions.list_history(*alert.stamp),
        reports=await ledger.reports.list_of_stamp(*alert.stamp),
        field_history=await find_field_history(context, alert.stamp),
        cases=cases,
    )


async def _find_carton(
    context: ServiceContext, batch: int, index: int
) -> tuple[Carton | None, Sequence[RecordedPacking]]:
    """The carton of a stamp, and its latest acts that concern the stamp, in order."""
    cartons = context.ledger.cartons
    found = await cartons.find_cartons([StampRange(batch, index, index + 1)])
    if not found:
        return None, ()
    carton = await cartons.get_by_id(found[0].carton)
    acts = [
        act
        for act in await cartons.list_acts(carton.id, limit=_MOST_ACTS)
        if act.cartons or any(one.batch == batch and one.lo <= index < one.hi for one in act.items)
    ]
    return carton, acts[::-1]

"""Warnings about entries: a harvest within a waiting period, goods that were not harvested yet.

They are computed from the entries that are recorded now, of whatever order they came in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ledger.record.epcis_events import EventRow
from services.context import ServiceContext
from stamps.vietnam_time import DAY_MS, to_date, to_iso_day
from traceability.diary.entries import Entry
from traceability.diary.entry_events import extract_entry
from traceability.diary.entry_kinds import find_entry_kind
from traceability.diary.waiting_period import FieldTreatment, find_breaches

WarningReason = Literal["waiting", "order"]


@dataclass(frozen=True, slots=True)
class EntryWarning:
    """A rule that an entry breaks; what is recorded stays."""

    reason: WarningReason
    values: Mapping[str, str]
    """Values of the text of the reason: names, and days as ISO dates."""


async def find_warnings(
    context: ServiceContext, entries: Mapping[str, Entry]
) -> dict[str, list[EntryWarning]]:
    """The warnings of valid entries by their id; two queries for all of them."""
    harvests = {id_: one for id_, one in entries.items() if one.kind == "harvest" and one.place}
    sold = {
        id_: one
        for id_, one in entries.items()
        if one.lot and find_entry_kind(one.kind).follows_harvest
    }
    found: dict[str, list[EntryWarning]] = {}
    if harvests:
        treatments = await _find_treatments(context, harvests)
        for id_, entry in harvests.items():
            product = entry.values.get("product")
            broken = find_breaches(
                entry.day,
                treatments.get(entry.place or "", ()),
                None if product is None else str(product),
            )
            found[id_] = [warn_of_breach(one) for one in broken]
    if sold:
        lots = {one.lot for one in sold.values() if one.lot}
        harvested = await context.ledger.diary_entries.find_harvests(lots)
        for id_, entry in sold.items():
            at = harvested.get(entry.lot or "")
            if at is not None and to_date(at) > entry.day:
                found[id_] = [EntryWarning("order", {"harvested": to_iso_day(at)})]
    return {id_: warnings for id_, warnings in found.items() if warnings}


def warn_of_breach(treatment: FieldTreatment) -> EntryWarning:
    """The warning of a harvest within the waiting period of a treatment."""
    return EntryWarning(
        "waiting",
        {
            "input": treatment.name,
            "treated": treatment.day.isoformat(),
            "days": str(treatment.waiting_days),
            "free_from": treatment.free_from.isoformat(),
        },
    )


def read_treatment(row: EventRow) -> FieldTreatment | None:
    """The treatment that an entry of an input tells; None without a waiting period."""
    entry = extract_entry(row.body)
    if entry is None or not entry.waiting_days:
        return None
    product = entry.values.get("product")
    return FieldTreatment(
        str(entry.values.get("input_name", "")),
        entry.day,
        entry.waiting_days,
        None if product is None else str(product),
    )


async def _find_treatments(
    context: ServiceContext, harvests: Mapping[str, Entry]
) -> dict[str, list[FieldTreatment]]:
    """The treatments of the places of harvests whose waiting periods may have been broken."""
    days = [one.at for one in harvests.values()]
    rows = await context.ledger.diary_entries.find_treatments(
        {one.place for one in harvests.values() if one.place},
        since=min(days),
        until=max(days) + DAY_MS,
    )
    found: dict[str, list[FieldTreatment]] = {}
    for row in rows:
        entry, treatment = extract_entry(row.body), read_treatment(row)
        if entry is not None and entry.place and treatment is not None:
            found.setdefault(entry.place, []).append(treatment)
    return found

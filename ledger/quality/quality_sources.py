"""What the chains tell of the quality of data, as facts.

A fact about a lot is in the month in which the lot was first told, so that a completed lot leaves
the number of incomplete ones of its month. Whatever is read here never changes: versions of lots,
events and transitions are history. So folding twice gives the same facts.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.figures.facts import date_to_month
from ledger.storage.row_lists import is_one_of, split_parts
from stamps.lifecycle import Transition
from stamps.vietnam_time import DAY_MS, to_date, to_iso_day

PAGE: Final = 500
LATE_EVENT_MS: Final = 7 * DAY_MS
"""An event that is told later than this after it happened came late."""
LATE_ACT_MS: Final = DAY_MS
"""An activation that is recorded later than this after it was made came late."""
HARVEST_BEFORE_MS: Final = 60 * DAY_MS
"""How long before packing the diary's harvest may lie."""
_SAVES: Final = ("lot.save", "lot.correct")
_LOTS: Final = "lots:"
_ORGANISATIONS: Final = "organisations:"
_MENTIONS: Final = {
    "mention.confirmed": "mentions_confirmed",
    "mention.disputed": "mentions_disputed",
}


class QualityFact(NamedTuple):
    """What a count is of; `month` counts months since the year 0."""

    organisation: str
    month: int
    figure: str
    detail: str = ""


class QualityPage(NamedTuple):
    """What a chain tells after a position."""

    facts: Counter[QualityFact]
    position: int
    is_last: bool


async def read_quality_facts(
    connection: AsyncConnection, source: str, position: int
) -> QualityPage:
    """The facts of at most `PAGE` rows of a chain after a position."""
    table = schema.metadata.tables[source]
    query = select(table).where(table.c.seq > position).order_by(table.c.seq).limit(PAGE)
    rows = (await connection.execute(query)).mappings().all()
    if not rows:
        return QualityPage(Counter(), position, is_last=True)
    if source == "audit":
        facts = await _read_audit(connection, rows)
    else:
        facts = await _read_transitions(connection, rows)
    return QualityPage(facts, rows[-1]["seq"], is_last=len(rows) < PAGE)


def to_month(at: int) -> int:
    """The number of the month that a moment is in, in Vietnam."""
    return date_to_month(to_date(at))


async def _read_audit(
    connection: AsyncConnection, rows: Sequence[RowMapping]
) -> Counter[QualityFact]:
    saved: list[tuple[str, int]] = []
    facts: Counter[QualityFact] = Counter()
    for row in rows:
        action = row["action"]
        if action in _SAVES:
            version = json.loads(row["details"]).get("version")
            if version is not None:
                saved.append((row["subject"].removeprefix(_LOTS), version))
        elif action in _MENTIONS:
            organisation = row["subject"].removeprefix(_ORGANISATIONS)
            facts[QualityFact(organisation, to_month(row["at"]), _MENTIONS[action])] += 1
        elif action == "event.record":
            facts.update(await _read_events(connection, row))
    facts.update(await _read_lots(connection, saved))
    return facts


async def _read_events(connection: AsyncConnection, row: RowMapping) -> Counter[QualityFact]:
    details = json.loads(row["details"])
    organisation = row["subject"].removeprefix(_ORGANISATIONS)
    month, events = to_month(row["at"]), schema.epcis_events.c
    late = await connection.scalar(
        select(func.count()).where(
            events.organisation == organisation,
            events.recorded_at == row["at"],
            events.at < row["at"] - LATE_EVENT_MS,
        )
    )
    told = int(details.get("events", 0))
    counts = {
        "events": told,
        "events_late": min(late or 0, told),
        "event_errors": int(details.get("errors", 0)),
    }
    return Counter(
        {QualityFact(organisation, month, name): count for name, count in counts.items() if count}
    )


async def _read_lots(
    connection: AsyncConnection, saved: Collection[tuple[str, int]]
) -> Counter[QualityFact]:
    versions = await _find_versions(connection, saved)
    facts: Counter[QualityFact] = Counter()
    for lot, number in saved:
        now, first = versions.get((lot, number)), versions.get((lot, 1))
        before = versions.get((lot, number - 1))
        if now is None or first is None or not first["organisation"]:
            continue
        organisation, month = first["organisation"], to_month(first["at"])
        if number == 1:
            facts[QualityFact(organisation, month, "lots")] += 1
            if await _has_harvest(connection, now):
                facts[QualityFact(organisation, month, "lots_with_harvest")] += 1
        if now["is_correction"]:
            facts[QualityFact(organisation, to_month(now["at"]), "corrections")] += 1
        _compare_missing(facts, organisation, month, now, before)
    return facts


def _compare_missing(
    facts: Counter[QualityFact],
    organisation: str,
    month: int,
    now: RowMapping,
    before: RowMapping | None,
) -> None:
    """Count what a version lacks that the one before had, and the other way round."""
    lacks = set(json.loads(now["missing"]))
    lacked = set(json.loads(before["missing"])) if before is not None else set()
    for item in lacks ^ lacked:
        facts[QualityFact(organisation, month, "lots_missing", item)] += 1 if item in lacks else -1
    was_complete = before is not None and not lacked
    if was_complete != (not lacks):
        facts[QualityFact(organisation, month, "lots_complete")] += 1 if not lacks else -1


async def _find_versions(
    connection: AsyncConnection, saved: Collection[tuple[str, int]]
) -> dict[tuple[str, int], RowMapping]:
    """The versions that were saved, those before them, and the first ones."""
    if not saved:
        return {}
    wanted = {(lot, one) for lot, number in saved for one in (1, number - 1, number) if one > 0}
    table = schema.lot_versions.c
    found: dict[tuple[str, int], RowMapping] = {}
    for pairs in split_parts(sorted(wanted), PAGE):
        one_of = is_one_of(connection, table.lot, table.version, pairs)
        for row in (await connection.execute(select(schema.lot_versions).where(one_of))).mappings():
            found[row["lot"], row["version"]] = row
    return found


async def _has_harvest(connection: AsyncConnection, version: RowMapping) -> bool:
    """Whether the diary of the lot's growing area told a harvest before its packing."""
    document: dict[str, Any] = json.loads(version["document"])
    codes = [
        site["code"]
        for name in ("growing_area", "farming_area")
        if isinstance(site := document.get(name), dict) and site.get("code")
    ]
    if not codes:
        return False
    entries, packed = schema.diary_entries.c, version["packed_at"] or version["at"]
    query = (
        select(entries.event)
        .where(
            entries.place.in_(codes),
            entries.kind == "harvest",
            entries.at.between(packed - HARVEST_BEFORE_MS, packed + DAY_MS),
            entries.recorded_at <= version["at"],
        )
        .limit(1)
    )
    return await connection.scalar(query) is not None


async def _read_transitions(
    connection: AsyncConnection, rows: Sequence[RowMapping]
) -> Counter[QualityFact]:
    kinds = (Transition.PRINT, Transition.ACTIVATE)
    named = [row for row in rows if Transition(row["transition"]) in kinds]
    table = schema.batch_parties.c
    query = select(table.number, table.packer, table.print_house, table.due_on).where(
        table.number.in_({row["batch"] for row in named})
    )
    parties = {row.number: row for row in await connection.execute(query)} if named else {}
    facts: dict[QualityFact, int] = defaultdict(int)
    for row in named:
        party, stamps = parties.get(row["batch"]), row["hi"] - row["lo"]
        if party is None:
            continue
        month = to_month(row["at"])
        if Transition(row["transition"]) is Transition.ACTIVATE:
            if party.packer:
                facts[QualityFact(party.packer, month, "activated")] += stamps
                if row["at"] - (row["acted_at"] or row["at"]) > LATE_ACT_MS:
                    facts[QualityFact(party.packer, month, "activated_late")] += stamps
        elif party.print_house and party.due_on != schema.NO_DUE_DAY:
            facts[QualityFact(party.print_house, month, "printed_due")] += stamps
            if to_iso_day(row["at"]) > party.due_on:
                facts[QualityFact(party.print_house, month, "printed_late")] += stamps
    return Counter(facts)

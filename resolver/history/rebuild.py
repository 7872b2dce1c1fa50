"""Rebuilding dossiers from the ledger: the memory is a cache, and this is how it is filled."""

import asyncio
from collections import defaultdict
from typing import Final

from detection.apply_scan import apply_scan
from detection.place import Place
from detection.rules import Rules
from detection.scan_event import ScanEvent, Via
from detection.scan_history import EMPTY, ScanHistory
from detection.user_agent import parse_agent_class
from ledger import Ledger, ScanRow
from ledger.errors import StorageFailed
from resolver.batch_cache import BatchCache
from resolver.clock import Clock
from resolver.current_rules import CurrentRules
from resolver.errors import HistoryUnavailable, Unavailable
from resolver.history.port import PARTITION_SIZE, Partition, RebuildHistory
from stamps.errors import UnknownCode

_BREATH: Final = 64
"""Stamps that are rebuilt at one go."""


def sighting_of(row: ScanRow) -> ScanEvent:
    """A scan of the journal as the judge saw it."""
    place = None
    if row.lat is not None and row.lon is not None:
        place = Place(row.lat, row.lon, row.accuracy_m or 0.0)
    return ScanEvent(
        at=row.at,
        device=row.device,
        network=row.net,
        place=place,
        country=row.country,
        via=Via(row.via),
        province=row.province,
        agent=parse_agent_class(row.agent_class),
    )


def make_rebuild(
    ledger: Ledger, hot: BatchCache, current_rules: CurrentRules, clock: Clock, once_seconds: int
) -> RebuildHistory:
    """The recall that memories are given: the branch's scans, witnessed again in time order."""

    async def recall(batch: int, branch: int) -> Partition:
        rules = current_rules.rules
        lo, recent = branch * PARTITION_SIZE, clock() - once_seconds * 1000
        scans = defaultdict(list)
        try:
            for row in await ledger.scans.of_span(batch, lo, lo + PARTITION_SIZE):
                scans[row.index].append(row)
        except StorageFailed as error:
            raise HistoryUnavailable from error
        records, names = {}, []
        for number, (index, rows) in enumerate(scans.items()):
            if number % _BREATH == 0:  # a branch of viral stamps must not hold up everybody else
                await asyncio.sleep(0)
            records[index] = (await _rebuilt(hot, batch, index, rows, rules)).pack()
            names += [(index, row.id) for row in rows if row.at > recent]
        return Partition(records, names)

    return recall


async def _rebuilt(
    hot: BatchCache, batch: int, index: int, rows: list[ScanRow], rules: Rules
) -> ScanHistory:
    try:
        known = await hot.load_any_epoch(batch, index)
    except (UnknownCode, Unavailable) as error:
        raise HistoryUnavailable from error
    history = EMPTY
    for row in rows:
        history = apply_scan(history, sighting_of(row), known.context, rules)
    return history

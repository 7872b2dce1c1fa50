"""The watch over registered codes: follows the chains, judges the codes that are due, reports.

A code is due when its activity or its registration changed, and once a day: days of validity end
and scans arrive by themselves. Its facts, the alerts that follow and the mark that it was judged
are one transaction. Several processes may watch: each page and each code is taken once.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from detection.code_rules import (
    CodeFacts,
    CodeRules,
    CodeSuspicion,
    find_distance,
    judge_code,
)
from ledger import schema
from ledger.alerts.alert_evidence import AlertEvidence, apply_evidence
from ledger.alerts.alert_record import Alert, CodeCount
from ledger.code_watch.code_activity import CHAINS, follow_page
from ledger.code_watch.code_facts import (
    ActivityRow,
    Locate,
    estimate_crops,
    read_facts,
    select_activity,
    start_season,
)
from ledger.codes.registered_code import RegisteredCode
from ledger.codes.registered_codes import select_codes
from ledger.orders.crop import CropEstimate
from ledger.orders.order_limits import sum_ordered
from ledger.orders.order_numbers import find_year
from ledger.storage.store import Store, uncancellable
from stamps.vietnam_time import to_day_number, to_day_start

_AT_ONCE: Final = 10
"""Codes that are judged in one transaction: activations wait for it."""


@dataclass(frozen=True, slots=True)
class CodeActivity:
    """Use of a code in a season, for people."""

    year: int
    facts: CodeFacts
    rows: list[ActivityRow]
    """Stamps by month and packing house, or growing area."""
    crops: dict[str, CropEstimate] = field(default_factory=dict)
    """The crop by product."""
    codes: dict[str, RegisteredCode] = field(default_factory=dict)
    """The partners that are registered."""
    ordered: dict[str, int] = field(default_factory=dict)
    """Stamps of the approved orders of the year, by packer, of the products that were packed."""

    @property
    def activated(self) -> int:
        """Stamps bound under the code in the season."""
        return sum(row.stamps for row in self.rows)

    def sum_partners(self) -> list[tuple[str | None, int]]:
        """Stamps by packing house, or growing area, the most first."""
        found: Counter[str | None] = Counter()
        for row in self.rows:
            found[row.partner] += row.stamps
        return found.most_common()

    def list_months(self) -> list[str]:
        """The months with activity, in order: `2026-09`."""
        return sorted({row.month for row in self.rows})

    def sum_month(self, month: str, partner: str | None) -> int:
        """Stamps of a month by one partner."""
        return sum(row.stamps for row in self.rows if (row.month, row.partner) == (month, partner))


@dataclass(frozen=True, slots=True)
class LotUse:
    """Stamps that were bound to a lot under a code, and the batches that they are of now."""

    stamps: int
    late: int
    """Recorded after the code was withdrawn."""
    batches: tuple[int, ...]


class CodeWatch:
    """The watch over the registered codes of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def follow(self) -> int:
        """Follow the chains to their ends; return how many pages were followed."""
        pages = 0
        for chain in CHAINS:
            while await self._follow_page(chain):
                pages += 1
        return pages

    @uncancellable
    async def _follow_page(self, chain: str) -> bool:
        # Nothing is locked while there is nothing to follow.
        positions, table = schema.watch_positions, schema.metadata.tables[chain]
        async with self._store.read() as connection:
            position = await connection.scalar(
                select(positions.c.position).where(positions.c.chain == chain)
            )
            more = await connection.scalar(
                select(table.c.seq).where(table.c.seq > (position or 0)).limit(1)
            )
        if more is None:
            return False
        async with self._store.append() as connection:
            return await follow_page(connection, chain)

    async def judge_due(self, locate: Locate, rules: CodeRules) -> list[Alert]:
        """Judge all codes that are due; return the alerts that have evidence."""
        found: list[Alert] = []
        while await self._has_due():
            found += await self._judge_some(locate, rules)
        return found

    async def _has_due(self) -> bool:
        async with self._store.read() as connection:
            return bool(await _select_due(connection, self._clock(), 1))

    @uncancellable
    async def _judge_some(self, locate: Locate, rules: CodeRules) -> list[Alert]:
        now = self._clock()
        watched = schema.watched_codes
        async with self._store.write() as connection:
            due = await _select_due(connection, now, _AT_ONCE)
            registered = await select_codes(connection, due)
            evidence: list[AlertEvidence] = []
            for code in registered.values():
                facts = await read_facts(connection, code, now, locate, rules)
                evidence += [_describe(one, code, facts, now) for one in judge_code(facts, rules)]
            alerts = await apply_evidence(connection, evidence, now, 0.0)
            await connection.execute(
                update(watched).where(watched.c.code.in_(due)).values(judged_at=now)
            )
        return alerts

    async def read_activity(
        self, code: RegisteredCode, at: int, locate: Locate, rules: CodeRules
    ) -> CodeActivity:
        """Return the use of a code in the season of a time (ms, UTC)."""
        async with self._store.read() as connection:
            rows = await select_activity(connection, code, start_season(at), at)
            products = sorted({row.product for row in rows if row.product is not None})
            partners = {row.partner for row in rows if row.partner is not None}
            return CodeActivity(
                year=find_year(at),
                facts=await read_facts(connection, code, at, locate, rules),
                rows=rows,
                crops=await estimate_crops(connection, code, products or code.products),
                codes=await select_codes(connection, partners),
                ordered=await _sum_ordered(connection, rows, find_year(at)),
            )

    async def find_uses(self, code: str, lots: Sequence[str]) -> dict[str, LotUse]:
        """Stamps and batches of these lots under a code, by lot."""
        table, spans = schema.code_activity.c, schema.spans.c
        async with self._store.read() as connection:
            counted = await connection.execute(
                select(table.lot, func.sum(table.stamps), func.sum(table.late_stamps))
                .where(table.code == code, table.lot.in_(lots))
                .group_by(table.lot)
            )
            bound = await connection.execute(
                select(spans.lot, spans.batch).where(spans.lot.in_(lots)).distinct()
            )
            batches = defaultdict(set)
            for lot, batch in bound:
                batches[lot].add(batch)
            return {
                lot: LotUse(int(stamps), int(late), tuple(sorted(batches[lot])))
                for lot, stamps, late in counted
            }


async def _sum_ordered(
    connection: AsyncConnection, rows: Sequence[ActivityRow], year: int
) -> dict[str, int]:
    """Stamps that the packers of a code ordered in the year, of the products that they packed."""
    asked = sorted(
        {(row.organisation, row.product) for row in rows if row.organisation and row.product}
    )
    found: dict[str, int] = {}
    for packer, product in asked:
        count = await sum_ordered(connection, packer, year, product=product)
        found[packer] = found.get(packer, 0) + count
    return found


async def _select_due(connection: AsyncConnection, now: int, limit: int) -> list[str]:
    """Codes that changed, or were not judged today, the longest waiting first."""
    watched = schema.watched_codes.c
    today = to_day_start(to_day_number(now))
    query = (
        select(watched.code)
        .where(watched.judged_at < today)
        .order_by(watched.judged_at, watched.code)
        .limit(limit)
    )
    return list(await connection.scalars(query))


def _describe(
    suspicion: CodeSuspicion, code: RegisteredCode, facts: CodeFacts, now: int
) -> AlertEvidence:
    """A suspicion as the evidence of an alert."""
    distances = [
        km
        for partner in facts.partners
        if (km := find_distance(facts.place, partner.place)) is not None
    ]
    return AlertEvidence(
        kind=suspicion.kind,
        batch=None,
        index=None,
        subject=code.code,
        score=suspicion.score,
        reasons=suspicion.reasons,
        stamp_count=suspicion.stamps,
        at=now,
        province=code.province,
        since=start_season(now) if suspicion.kind == "lent_code" else facts.withdrawn_at,
        counted=CodeCount(
            year=find_year(now),
            activated=facts.activated,
            crop=facts.crop,
            places=len(facts.partners),
            farthest_km=round(max(distances)) if distances else None,
            late=facts.late,
        ),
    )

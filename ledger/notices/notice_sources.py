"""Sources of notices: what the chains and the alerts tell after a position, as events.

The entry of a chain is written in the transaction of the act itself, so an act that is recorded is
told, and one that was rolled back is not. There is one writer at a time (`Store.write`), so numbers
become visible in their order, and "after a position" misses nothing.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import RowMapping, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.alerts.alert_record import CODE_ALERTS, NO_BATCH, NO_INDEX
from ledger.chains.numbered_rows import NUMBERED_TABLES, read_end
from ledger.notices.notice_events import (
    AlertDecided,
    AlertOpened,
    AlertRaised,
    BatchReported,
    CodeSuspected,
    HeadsUnpushed,
    MentionTold,
    NoticeEvent,
    StampsChanged,
)
from ledger.notices.notice_parties import Parties, find_parties
from ledger.notices.told_entries import (
    AuditNotice,
    tell_batch,
    tell_code,
    tell_hearing,
    tell_lot,
    tell_order,
    tell_proposal,
    tell_review,
    tell_webhook,
)
from ledger.packer_provinces import find_provinces
from ledger.record.mention_rows import find_named_organisations
from ledger.storage.slug_list import split_slugs
from stamps.lifecycle import Transition
from stamps.serial_range import format_serial_range

SOURCES: Final = ("transitions", "audit", "alerts", "alert_levels", "mentions")
MAIL_SOURCES: Final = ("transitions", "audit", "alert_levels", "mentions")
"""Sources of mails: an alert is mailed when it reaches a level, not when it opens."""
MAIL_PREFIX: Final = "mail."
"""Before the name of a source: how far mails have read it."""
PAGE: Final = 500
"""Rows of a source that are read in one transaction."""
MOST_RANGES: Final = 100
"""Ranges, or events, that one message names; their number counts them all."""

_CHANGES: Final = {
    Transition.ACTIVATE: "stamps.activated",
    Transition.DEACTIVATE: "stamps.deactivated",
    Transition.RECALL: "stamps.recalled",
}
_REPORTS: Final = (Transition.PRINT, Transition.VOID)
UNPUSHED: Final = "heads.unpushed"
_PROPOSAL: Final = "proposal."
_PROPOSAL_STEPS: Final = (
    "proposal.approve",
    "proposal.refuse",
    "proposal.withdraw",
    "proposal.use",
)
_ACTIONS: Final = (
    "order.request",
    "order.approved",
    "order.refused",
    "webhook.disable",
    UNPUSHED,
    "batch.manifest",
    "bundle.ready",
    "lot.recall",
    "lot_submission.submit",
    "lot_submission.return",
    "lot_submission.publish",
    "alert.decide",
    "registered_code.suspend",
    "registered_code.revoke",
    "registered_code.restore",
    "hearing.ask",
    "hearing.answer",
    "hearing.decision",
)


@dataclass(frozen=True, slots=True)
class SourcePage:
    """Events of a source after a position, and the position after them."""

    events: list[NoticeEvent]
    position: int


async def begin_sources(
    connection: AsyncConnection, sources: Iterable[str], prefix: str = ""
) -> None:
    """Let the first receiver of a ledger begin at the present end of each source."""
    table = schema.notice_sources
    known = set((await connection.execute(select(table.c.name))).scalars())
    for source in sources:
        if prefix + source not in known:
            end = await read_end(connection, source)
            await connection.execute(insert(table).values(name=prefix + source, position=end))


async def read_page(connection: AsyncConnection, source: str, position: int) -> SourcePage:
    """Return the events of at most `PAGE` rows of a source after a position."""
    table = schema.metadata.tables[source]
    key = table.c.id if source in NUMBERED_TABLES else table.c.seq
    found = await connection.execute(select(table).where(key > position).order_by(key).limit(PAGE))
    rows = found.mappings().all()
    if not rows:
        return SourcePage([], position)
    if source == "transitions":
        events = await _read_transitions(connection, rows)
    elif source == "audit":
        events = await _read_audit(connection, [row for row in rows if _is_told(row["action"])])
    elif source == "alert_levels":
        events = await _read_levels(connection, rows)
    elif source == "mentions":
        events = await _read_mentions(connection, rows)
    else:
        events = [_read_alert(row) for row in rows]
    return SourcePage(await _add_provinces(connection, events), rows[-1][key.name])


async def _add_provinces(
    connection: AsyncConnection, events: Sequence[NoticeEvent]
) -> list[NoticeEvent]:
    packers = frozenset[str]().union(*(event.packers for event in events))
    known = await find_provinces(connection, packers)
    return [
        replace(event, provinces=frozenset(filter(None, map(known.get, event.packers))))
        for event in events
    ]


async def _read_transitions(
    connection: AsyncConnection, rows: Sequence[RowMapping]
) -> list[NoticeEvent]:
    parties = await find_parties(connection, {row["batch"] for row in rows})
    grouped: dict[tuple[Any, ...], list[RowMapping]] = defaultdict(list)
    for row in rows:  # the parts of one request are one event for each batch
        if row["transition"] in _CHANGES:
            group = row["key"], row["batch"], row["transition"], row["lot"], row["reason"]
            grouped[group].append(row)
    events = [_describe_change(parts, parties) for parts in grouped.values()]
    reported = [row for row in rows if row["transition"] in _REPORTS]
    for row in reported:
        count = await _count_if_reported_by(connection, row)
        if count is not None:
            events.append(
                NoticeEvent(
                    "batch.printed",
                    row["at"],
                    BatchReported(row["batch"], count),
                    _name_source("transitions", row),
                    *parties[row["batch"]],
                )
            )
    return events


def _describe_change(parts: Sequence[RowMapping], parties: "Parties") -> NoticeEvent:
    first = parts[0]
    ranges = [format_serial_range(row["batch"], row["lo"], row["hi"]) for row in parts]
    return NoticeEvent(
        _CHANGES[Transition(first["transition"])],
        first["at"],
        StampsChanged(
            batch=first["batch"],
            ranges=tuple(ranges[:MOST_RANGES]),
            stamps=sum(row["hi"] - row["lo"] for row in parts),
            lot=first["lot"],
            reason=first["reason"],
        ),
        _name_source("transitions", first),
        *parties[first["batch"]],
    )


async def _count_if_reported_by(connection: AsyncConnection, row: RowMapping) -> int | None:
    """The stamps of a batch if this row reports the last of them; None if others are missing."""
    table = schema.transitions.c
    found = await connection.execute(
        select(table.lo, table.hi, table.seq)
        .where(table.batch == row["batch"], table.seq <= row["seq"], table.transition.in_(_REPORTS))
        .order_by(table.seq)
    )
    ranges = found.all()
    count = await connection.scalar(
        select(schema.batches.c.count).where(schema.batches.c.number == row["batch"])
    )
    before = _count_covered((lo, hi) for lo, hi, seq in ranges if seq < row["seq"])
    is_last = before < (count or 0) == _count_covered((lo, hi) for lo, hi, _ in ranges)
    return count if is_last else None


def _count_covered(ranges: Iterable[tuple[int, int]]) -> int:
    """Return the count of numbers that are in at least one of the ranges `[lo, hi)`."""
    covered = end = 0
    for lo, hi in sorted(ranges):
        covered += max(0, hi - max(lo, end))
        end = max(end, hi)
    return covered


def _is_told(action: str) -> bool:
    return action in _ACTIONS or (action.startswith(_PROPOSAL) and action not in _PROPOSAL_STEPS)


async def _read_audit(connection: AsyncConnection, rows: Sequence[RowMapping]) -> list[NoticeEvent]:
    events = []
    for row in rows:
        table, _, subject = row["subject"].partition(":")
        details = json.loads(row["details"])
        told: AuditNotice | None = None
        if table == "orders":
            told = await tell_order(connection, subject, row["action"].removeprefix("order."))
        elif table == "proposals":
            told = await tell_proposal(connection, int(subject))
        elif row["action"] == "webhook.disable":
            told = tell_webhook(subject, details)
        elif row["action"] == UNPUSHED:
            unpushed = HeadsUnpushed(int(details["minutes"]))
            told = AuditNotice(UNPUSHED, unpushed, (frozenset(), frozenset()))
        elif table == "batches":
            told = await tell_batch(connection, int(subject), row["action"], details)
        elif table == "lots":
            told = await tell_lot(connection, subject)
        elif table == "lot_submissions":
            told = await tell_review(connection, int(subject), row["action"])
        elif table == "registered_codes":
            told = await tell_code(connection, subject, row["action"], details)
        elif table == "alerts":
            decided = AlertDecided(int(subject), details["state"], details["cause"])
            told = AuditNotice("alert.decided", decided, (frozenset(), frozenset()))
        elif table == "hearings":
            told = await tell_hearing(connection, subject, row["action"], details)
        if told is not None:
            source = _name_source("audit", row)
            events.append(
                NoticeEvent(
                    told.name,
                    row["at"],
                    told.data,
                    source,
                    *told.parties,
                    asked_by=told.asked_by,
                    growers=told.growers,
                )
            )
    return events


def _read_alert(row: RowMapping) -> NoticeEvent:
    source = f"alerts:{row['id']}:{row['opened_at']}"
    if row["kind"] in CODE_ALERTS:
        suspected = CodeSuspected(
            alert=row["id"],
            kind=row["kind"],
            place=row["subject"],
            score=round(row["score"], 2),
            reasons=split_slugs(row["reasons"]),
            stamps=row["stamps"],
        )
        return NoticeEvent("code.suspected", row["opened_at"], suspected, source)
    data = AlertOpened(
        alert=row["id"],
        kind=row["kind"],
        batch=None if row["batch"] == NO_BATCH else row["batch"],
        index=None if row["idx"] == NO_INDEX else row["idx"],
        score=round(row["score"], 2),
        reasons=split_slugs(row["reasons"]),
    )
    return NoticeEvent("alert.opened", row["opened_at"], data, source)


async def _read_levels(
    connection: AsyncConnection, rows: Sequence[RowMapping]
) -> list[NoticeEvent]:
    alerts = schema.alerts.c
    found = await connection.execute(
        select(
            alerts.id, alerts.kind, alerts.batch, alerts.idx, alerts.subject, alerts.stamps
        ).where(alerts.id.in_({row["alert"] for row in rows}))
    )
    known = {row.id: row for row in found}
    events = []
    for row in rows:
        alert = known[row["alert"]]
        data = AlertRaised(
            alert=alert.id,
            kind=alert.kind,
            batch=None if alert.batch == NO_BATCH else alert.batch,
            index=None if alert.idx == NO_INDEX else alert.idx,
            place=alert.subject if alert.kind in CODE_ALERTS else None,
            level=row["level"],
            score=round(row["score"], 2),
            stamps=alert.stamps,
        )
        source = f"alert_levels:{row['id']}:{row['at']}"
        events.append(NoticeEvent("alert.raised", row["at"], data, source))
    return events


async def _read_mentions(
    connection: AsyncConnection, rows: Sequence[RowMapping]
) -> list[NoticeEvent]:
    """One event for each report and organisation that it names, of what waits for an answer."""
    named = await find_named_organisations(connection, {row["key"] for row in rows})
    grouped: dict[tuple[str, str, int], list[RowMapping]] = defaultdict(list)
    for row in rows:
        for organisation in sorted(named.get(row["key"], frozenset()) - {row["teller"]}):
            if row["state"] == "open":
                grouped[organisation, row["teller"], row["recorded_at"]].append(row)
    events = []
    for (organisation, teller, at), parts in grouped.items():
        told = tuple(dict.fromkeys(row["event"] for row in parts))
        data = MentionTold(organisation, teller, told[:MOST_RANGES], len(told))
        source = f"mentions:{parts[0]['id']}:{told[0]}:{organisation}"
        events.append(
            NoticeEvent("mention.told", at, data, source, packers=frozenset({organisation}))
        )
    return events


def _name_source(chain: str, row: RowMapping) -> str:
    return f"{chain}:{row['seq']}:{row['hash']}"

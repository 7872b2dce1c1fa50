"""Rows of alerts: look up many alerts and what they have, and write many in a few statements.

All inside the transaction of the one writer.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.alerts.alert_record import (
    Alert,
    AlertEvent,
    AlertKey,
    AlertState,
    alert_from_row,
    alert_to_row,
)
from ledger.alerts.alert_subjects import match_subjects
from ledger.errors import UnknownAlert
from ledger.storage.row_lists import is_one_of, split_parts
from ledger.storage.slug_list import join_slugs, split_slugs
from stamps.lifecycle import State

ACTIVE: Final = (AlertState.OPEN, AlertState.INVESTIGATING, AlertState.CONFIRMED)
"""A subject has at most one alert in these states; new evidence is added to it."""

_PAIRS: Final = 5_000
"""Pairs in one query: SQLite takes 32,766 parameters."""

Stamp = tuple[int, int]
"""Batch and index of a stamp."""


async def select_active(
    connection: AsyncConnection, keys: Collection[AlertKey]
) -> dict[AlertKey, Alert]:
    """Return the alerts in an active state about these subjects."""
    alerts = schema.alerts
    found: dict[AlertKey, Alert] = {}
    for kind in sorted({kind for kind, *_ in keys}):
        these = [key for key in keys if key[0] == kind]
        query = select(alerts).where(
            match_subjects(connection, alerts, kind, these), alerts.c.state.in_(ACTIVE)
        )
        for row in (await connection.execute(query)).mappings():
            alert = alert_from_row(row)
            found[alert.key] = alert
    return found


async def select_alerts(connection: AsyncConnection, ids: Collection[int]) -> dict[int, Alert]:
    """Return these alerts without their history, by id."""
    if not ids:
        return {}
    alerts = schema.alerts
    found = await connection.execute(select(alerts).where(alerts.c.id.in_(ids)))
    return {row["id"]: alert_from_row(row) for row in found.mappings()}


async def select_alert(connection: AsyncConnection, id_: int) -> Alert:
    """Return an alert with its history. Raises `UnknownAlert`."""
    alerts = schema.alerts
    found = await connection.execute(select(alerts).where(alerts.c.id == id_))
    row = found.mappings().one_or_none()
    if row is None:
        raise UnknownAlert(alert=id_)
    return alert_from_row(row, await _select_history(connection, id_))


async def _select_history(connection: AsyncConnection, id_: int) -> tuple[AlertEvent, ...]:
    events, photos = schema.alert_events, schema.alert_photos
    counted = await connection.execute(
        select(photos.c.n, func.count()).where(photos.c.alert == id_).group_by(photos.c.n)
    )
    pictures = {n: int(count) for n, count in counted}
    found = await connection.execute(
        select(events).where(events.c.alert == id_).order_by(events.c.n)
    )
    return tuple(
        AlertEvent(
            at=row["at"],
            actor=row["actor"],
            what=row["what"],
            state=AlertState(row["state"]),
            cause=row["cause"],
            note=row["note"],
            score=row["score"],
            reasons=split_slugs(row["reasons"]),
            scans=tuple(bytes.fromhex(scan) for scan in split_slugs(row["scans"])),
            owner=row["owner"],
            due_at=row["due_at"],
            photos=pictures.get(row["n"], 0),
        )
        for row in found.mappings()
    )


async def select_known_scans(
    connection: AsyncConnection, wanted: Sequence[tuple[int, bytes]]
) -> dict[int, set[bytes]]:
    """Return which of these scans their alert has already, by alert."""
    table = schema.alert_scans
    found: dict[int, set[bytes]] = {}
    for pairs in split_parts(wanted, _PAIRS):
        query = select(table).where(is_one_of(connection, table.c.alert, table.c.scan, pairs))
        for alert, scan in await connection.execute(query):
            found.setdefault(alert, set()).add(scan)
    return found


async def select_known_stamps(
    connection: AsyncConnection, wanted: Mapping[int, Sequence[Stamp]]
) -> dict[int, set[Stamp]]:
    """Return which of these stamps their alert lists already, by alert."""
    table = schema.alert_stamps
    found: dict[int, set[Stamp]] = {}
    for alert, stamps in wanted.items():
        for pairs in split_parts(stamps, _PAIRS):
            query = select(table.c.batch, table.c.idx).where(
                table.c.alert == alert, is_one_of(connection, table.c.batch, table.c.idx, pairs)
            )
            for batch, idx in await connection.execute(query):
                found.setdefault(alert, set()).add((batch, idx))
    return found


async def count_in_use(connection: AsyncConnection, batches: Sequence[int]) -> dict[int, int]:
    """Return how many stamps of each batch are activated or claimed."""
    if not batches:
        return {}
    spans = schema.spans
    query = (
        select(spans.c.batch, func.sum(spans.c.hi - spans.c.lo))
        .where(
            spans.c.batch.in_(batches),
            spans.c.state.in_([State.ACTIVATED, State.CLAIMED]),
        )
        .group_by(spans.c.batch)
    )
    return {batch: int(stamps) for batch, stamps in await connection.execute(query)}


_CHANGE: Final = (
    update(schema.alerts)
    .where(schema.alerts.c.id == bindparam("which"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in (
                "score",
                "reasons",
                "scans",
                "stamps",
                "counted",
                "expected_loss",
                "updated_at",
                "province",
                "is_news",
                "report_score",
            )
        }
    )
)


async def write_alerts(
    connection: AsyncConnection, new: Sequence[Alert], changed: Sequence[Alert]
) -> None:
    """Insert new alerts, and write the evidence of changed ones."""
    if new:
        parties = await _select_parties(connection, {alert.batch for alert in new})
        owners = await _select_owners(connection, {alert.code for alert in new})
        await connection.execute(
            insert(schema.alerts),
            [
                {
                    **alert_to_row(alert),
                    **(owners if alert.code else parties).get(
                        alert.code or alert.batch, _NO_PARTIES
                    ),
                }
                for alert in new
            ],
        )
    if changed:
        await connection.execute(
            _CHANGE,
            [
                {"which": alert.id}
                | {f"new_{name}": cell for name, cell in alert_to_row(alert).items()}
                for alert in changed
            ],
        )


_NO_PARTIES: Final[Mapping[str, str | None]] = {"product": None, "packer": None}


async def _select_parties(
    connection: AsyncConnection, batches: Collection[int | None]
) -> dict[int | str | None, Mapping[str, str | None]]:
    """Return product and packer of these batches."""
    table, found = schema.batch_parties.c, dict[int | str | None, Mapping[str, str | None]]()
    known = sorted(batch for batch in batches if batch is not None)
    for part in split_parts(known, _PAIRS):
        query = select(table.number, table.product, table.packer).where(table.number.in_(part))
        for batch, product, packer in await connection.execute(query):
            found[batch] = {"product": product, "packer": packer}
    return found


async def _select_owners(
    connection: AsyncConnection, codes: Collection[str | None]
) -> dict[int | str | None, Mapping[str, str | None]]:
    """Return the organisation of these registered codes, and their product if it is one."""
    table, found = schema.registered_codes.c, dict[int | str | None, Mapping[str, str | None]]()
    known = sorted(code for code in codes if code is not None)
    if known:
        query = select(table.code, table.organisation, table.products).where(table.code.in_(known))
        for code, organisation, products in await connection.execute(query):
            listed = json.loads(products)
            found[code] = {
                "product": listed[0] if len(listed) == 1 else None,
                "packer": organisation,
            }
    return found


async def append_parts(
    connection: AsyncConnection,
    scans: Sequence[tuple[int, bytes]],
    stamps: Sequence[tuple[int, Stamp]],
) -> None:
    """Append scans and stamps that their alerts do not have yet."""
    if scans:
        await connection.execute(
            insert(schema.alert_scans), [{"alert": alert, "scan": scan} for alert, scan in scans]
        )
    if stamps:
        await connection.execute(
            insert(schema.alert_stamps),
            [{"alert": alert, "batch": batch, "idx": idx} for alert, (batch, idx) in stamps],
        )


async def append_events(
    connection: AsyncConnection, entries: Sequence[tuple[int, AlertEvent]]
) -> None:
    """Append one event to the history of each of these alerts."""
    events = schema.alert_events
    query = (
        select(events.c.alert, func.max(events.c.n))
        .where(events.c.alert.in_([alert for alert, _ in entries]))
        .group_by(events.c.alert)
    )
    last = {alert: int(n) for alert, n in await connection.execute(query)}
    rows: list[dict[str, Any]] = [
        {
            "alert": alert,
            "n": last.get(alert, 0) + 1,
            "at": event.at,
            "actor": event.actor,
            "what": event.what,
            "state": str(event.state),
            "cause": event.cause,
            "note": event.note,
            "score": event.score,
            "reasons": join_slugs(event.reasons),
            "scans": join_slugs(tuple(scan.hex() for scan in event.scans)),
            "owner": event.owner,
            "due_at": event.due_at,
        }
        for alert, event in entries
    ]
    await connection.execute(insert(events), rows)

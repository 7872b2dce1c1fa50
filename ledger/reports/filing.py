"""Filing of reports: each is put into the group of its stamp or unknown code."""

from typing import Any

from sqlalchemy import distinct, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.figures.facts import REPORTS, Fact, add_facts
from ledger.reports.consumer_reports import ReportRow
from ledger.reports.report_states import CROWDED, SINGLE, ReportState
from ledger.storage.unsigned64 import to_signed64
from stamps.vietnam_time import to_day_number


async def file_report(connection: AsyncConnection, report: ReportRow) -> None:
    """Put a report into its group."""
    groups, reports = schema.report_groups, schema.reports
    found = await connection.execute(select(groups).where(groups.c.id == report.group))
    known = found.mappings().one_or_none()
    counted = select(func.count(distinct(reports.c.net)))
    if report.typed is None:
        counted = counted.where(
            reports.c.batch == report.batch,
            reports.c.idx == report.index,
            reports.c.typed.is_(None),
        )
    else:
        counted = counted.where(reports.c.typed == report.typed)
    networks = await connection.scalar(counted)
    parties = await _find_parties(connection, report)
    party = [parties[name] or "" for name in ("product", "packer")]
    await add_facts(
        connection, {Fact(to_day_number(report.at or 0), REPORTS, report.kind, *party): 1}
    )
    changed: dict[str, Any] = {
        "kind": report.kind,
        "province": await _find_province(connection, report),
        "networks": networks,
        "last_at": report.at,
        "state": ReportState.NEW,
        "closed_at": None,
    }
    if known is None:
        row = {
            "id": report.group,
            "batch": report.batch,
            "idx": report.index,
            "typed": report.typed,
            "source": CROWDED if report.is_crowded else SINGLE,
            "reports": 1,
            "first_at": report.at,
            **parties,
            **changed,
        }
        await connection.execute(insert(groups).values(row))
        return
    if not report.is_crowded:
        changed["source"] = SINGLE
    elif known["state"] != ReportState.NEW:
        # A flood does not open again what people have dealt with.
        del changed["state"], changed["closed_at"]
    changed["reports"] = known["reports"] + 1
    changed["last_at"] = max(known["last_at"], report.at or 0)
    await connection.execute(update(groups).where(groups.c.id == report.group).values(changed))


async def _find_parties(connection: AsyncConnection, report: ReportRow) -> dict[str, Any]:
    """Product and packer of the stamp."""
    parties = schema.batch_parties
    if report.typed is None:
        query = select(parties.c.product, parties.c.packer).where(parties.c.number == report.batch)
        row = (await connection.execute(query)).mappings().one_or_none()
        if row is not None:
            return dict(row)
    return {"product": None, "packer": None}


async def _find_province(connection: AsyncConnection, report: ReportRow) -> str | None:
    """The province in which the device that reports last scanned the stamp."""
    if report.province is not None or report.device is None or report.typed is not None:
        return report.province
    scans = schema.scans
    query = (
        select(scans.c.province)
        .where(
            scans.c.batch == report.batch,
            scans.c.idx == report.index,
            scans.c.device == to_signed64(report.device),
            scans.c.province.is_not(None),
        )
        .order_by(scans.c.at.desc())
        .limit(1)
    )
    return await connection.scalar(query)

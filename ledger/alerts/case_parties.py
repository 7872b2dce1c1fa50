"""The parties of a case: the organisations whose stamps, lot or registered places it is about.

Of a stamp these are the packer of its batch, the owner of its lot, and the organisations to which
the registered places of the lot belong. Of a batch or campaign they are the packers,
and of a registered code its owner.
"""

from collections.abc import AsyncIterator
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.alerts.alert_record import Alert
from ledger.alerts.hearing_record import CaseParty, find_hundred

MOST_PARTIES: Final = 20
"""Parties of one case; a campaign may be about more, the ones with most stamps come first."""


async def select_parties(connection: AsyncConnection, alert: Alert) -> list[CaseParty]:
    """Return the parties of a case, each organisation once."""
    if alert.code is not None:
        found = await _select_owner(connection, alert, alert.code)
    elif alert.batch is None:
        found = await _select_packers(connection, alert)
    elif alert.stamp is None:
        found = await _select_packer(connection, alert, alert.batch)
    else:
        found = [one async for one in _walk_stamp(connection, *alert.stamp)]
    return [*{one.organisation: one for one in reversed(found)}.values()][::-1]


async def _select_owner(connection: AsyncConnection, alert: Alert, code: str) -> list[CaseParty]:
    codes = schema.registered_codes.c
    owner = await connection.scalar(select(codes.organisation).where(codes.code == code))
    if owner is None:
        return []
    return [CaseParty(owner, "place", None, None, None, None, alert.stamps)]


async def _select_packer(connection: AsyncConnection, alert: Alert, batch: int) -> list[CaseParty]:
    parties = schema.batch_parties.c
    packer = await connection.scalar(select(parties.packer).where(parties.number == batch))
    if packer is None:
        return []
    return [CaseParty(packer, "packer", batch, None, None, None, alert.stamps)]


async def _select_packers(connection: AsyncConnection, alert: Alert) -> list[CaseParty]:
    listed, parties = schema.alert_stamps.c, schema.batch_parties.c
    stamps = func.count()
    query = (
        select(
            parties.packer,
            stamps.label("stamps"),
            func.min(listed.batch).label("first"),
            func.max(listed.batch).label("last"),
        )
        .select_from(schema.alert_stamps)
        .join(schema.batch_parties, parties.number == listed.batch)
        .where(listed.alert == alert.id, parties.packer.is_not(None))
        .group_by(parties.packer)
        .order_by(stamps.desc(), parties.packer)
        .limit(MOST_PARTIES)
    )
    return [
        CaseParty(
            row.packer,
            "packer",
            row.first if row.first == row.last else None,
            None,
            None,
            None,
            row.stamps,
        )
        for row in await connection.execute(query)
    ]


async def _walk_stamp(
    connection: AsyncConnection, batch: int, index: int
) -> AsyncIterator[CaseParty]:
    batches, parties, spans = schema.batches.c, schema.batch_parties.c, schema.spans.c
    count = await connection.scalar(select(batches.count).where(batches.number == batch))
    lo, hi = find_hundred(index, count or index + 1)
    lot = await connection.scalar(
        select(spans.lot).where(spans.batch == batch, spans.lo <= index, spans.hi > index)
    )
    packer = await connection.scalar(select(parties.packer).where(parties.number == batch))
    if packer is not None:
        yield CaseParty(packer, "packer", batch, lo, hi, lot, 1)
    if lot is None:
        return
    lots, named, codes = schema.lots.c, schema.lot_codes.c, schema.registered_codes.c
    owner = await connection.scalar(select(lots.organisation).where(lots.code == lot))
    if owner is not None:
        yield CaseParty(owner, "lot", batch, lo, hi, lot, 1)
    places = (
        select(codes.organisation)
        .join(schema.lot_codes, named.code == codes.code)
        .where(named.lot == lot, codes.organisation.is_not(None))
        .order_by(codes.code)
        .limit(MOST_PARTIES)
    )
    for (organisation,) in await connection.execute(places):
        yield CaseParty(organisation, "place", batch, lo, hi, lot, 1)

"""Entries of the audit log as notices: what each tells, of whom, and to whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.notices.notice_events import (
    BatchIssued,
    BundleReady,
    CodeStatusChanged,
    HearingAnswered,
    HearingAsked,
    HearingClosed,
    LotReviewed,
    OrderDecided,
    OrderRequested,
    ProposalOpened,
    RecallApproved,
    WebhookStopped,
)
from ledger.notices.notice_parties import Pair, find_parties, pair_parties
from ledger.orders.order_numbers import find_order_numbers
from stamps.timestamps import format_rfc3339


@dataclass(frozen=True, slots=True)
class AuditNotice:
    """The event of an entry: its name and data, who may be told, and who asked for the act."""

    name: str
    data: Any
    parties: Pair
    asked_by: str | None = None
    growers: frozenset[str] = frozenset()


async def tell_order(connection: AsyncConnection, id_: str, decision: str) -> AuditNotice | None:
    """An order that was requested or decided; None for one that is not there."""
    orders = schema.orders.c
    found = await connection.execute(
        select(orders.packer, orders.print_house, orders.requested_by, orders.count).where(
            orders.id == id_
        )
    )
    row = found.one_or_none()
    if row is None:
        return None
    found_number = (await find_order_numbers(connection, [id_])).get(id_)
    number, parties = str(found_number) if found_number else None, pair_parties(*row[:2])
    if decision == "request":
        return AuditNotice(
            "order.requested", OrderRequested(id_, number, row[3]), parties, row.requested_by
        )
    data = OrderDecided(id_, number, cast(Any, decision))
    return AuditNotice("order.decided", data, parties, row.requested_by)


async def tell_proposal(connection: AsyncConnection, id_: int) -> AuditNotice | None:
    """A proposal of a lot is told to the lot's organisation and to whoever sees every lot."""
    proposals = schema.proposals.c
    found = await connection.execute(
        select(proposals.kind, proposals.subject, proposals.requested_by).where(proposals.id == id_)
    )
    row = found.one_or_none()
    if row is None:
        return None
    owner = None
    if row.subject.startswith("lot:"):
        lots = schema.lots.c
        code = row.subject.removeprefix("lot:")
        owner = await connection.scalar(select(lots.organisation).where(lots.code == code))
    data = ProposalOpened(id_, row.kind, row.subject)
    return AuditNotice("proposal.opened", data, pair_parties(owner, None), row.requested_by)


def tell_webhook(organisation: str, details: Mapping[str, Any]) -> AuditNotice | None:
    """A webhook that stopped by itself; None for one that a person disabled."""
    if details["why"] == "person":
        return None
    data = WebhookStopped(details["webhook"], details["why"])
    own = frozenset({organisation})
    return AuditNotice("webhook.disabled", data, (own, own))


async def tell_batch(
    connection: AsyncConnection, number: int, action: str, details: Mapping[str, Any]
) -> AuditNotice | None:
    """A batch that was issued, or whose bundle is ready."""
    parties = (await find_parties(connection, {number}))[number]
    if action == "bundle.ready":
        return AuditNotice("bundle.ready", BundleReady(number, details["format"]), parties)
    batches = schema.batches.c
    found = await connection.execute(
        select(batches.order_id, batches.count.label("stamps")).where(batches.number == number)
    )
    row = found.one_or_none()
    if row is None:
        return None
    return AuditNotice("batch.issued", BatchIssued(number, row.order_id, row.stamps), parties)


async def tell_lot(connection: AsyncConnection, code: str) -> AuditNotice:
    """A lot that was recalled: its packer is told, and who its growing area is registered to."""
    lots, names, codes = schema.lots.c, schema.lot_codes.c, schema.registered_codes.c
    owner = await connection.scalar(select(lots.organisation).where(lots.code == code))
    areas = (
        select(codes.organisation)
        .join_from(schema.lot_codes, schema.registered_codes, codes.code == names.code)
        .where(names.lot == code, codes.organisation.is_not(None))
    )
    growers = frozenset(filter(None, await connection.scalars(areas))) - {owner}
    parties = pair_parties(owner, None)
    return AuditNotice("lot.recalled", RecallApproved(code), parties, growers=growers)


_REVIEWED: Final = {"submit": "submitted", "return": "returned", "publish": "published"}


async def tell_review(connection: AsyncConnection, id_: int, action: str) -> AuditNotice | None:
    """A version of a lot that was submitted, returned or published."""
    rows = schema.lot_submissions.c
    found = await connection.execute(
        select(rows.lot, rows.version, rows.organisation, rows.submitted_by).where(rows.id == id_)
    )
    row = found.one_or_none()
    if row is None:
        return None
    state = _REVIEWED[action.rpartition(".")[2]]
    data = LotReviewed(id_, row.lot, row.version, state)
    return AuditNotice(f"lot.{state}", data, pair_parties(row.organisation, None), row.submitted_by)


_STATUSES: Final = {"suspend": "suspended", "revoke": "revoked", "restore": "active"}


async def tell_code(
    connection: AsyncConnection, code: str, action: str, details: Mapping[str, Any]
) -> AuditNotice:
    """The status that an entry gave a code; the code may have another one by now."""
    codes = schema.registered_codes.c
    owner = await connection.scalar(select(codes.organisation).where(codes.code == code))
    status = _STATUSES[action.rpartition(".")[2]]
    changed = CodeStatusChanged(code, status, details["version"])
    return AuditNotice("code.status", changed, pair_parties(owner, None))


async def tell_hearing(
    connection: AsyncConnection, id_: str, action: str, details: Mapping[str, Any]
) -> AuditNotice | None:
    """A hearing that was asked for, answered or closed."""
    hearings = schema.hearings.c
    found = await connection.execute(
        select(hearings.organisation, hearings.batch, hearings.lot).where(hearings.id == id_)
    )
    row = found.one_or_none()
    if row is None:
        return None
    organisation = row.organisation
    if action == "hearing.answer":
        answered = HearingAnswered(id_, organisation, details["alert"])
        alerts = schema.alerts.c
        owner = await connection.scalar(select(alerts.owner).where(alerts.id == answered.alert))
        return AuditNotice("hearing.answered", answered, pair_parties(None, None), owner)
    if action == "hearing.ask":
        due = details["due_at"]
        due_at = None if due is None else format_rfc3339(due)
        asked = HearingAsked(id_, organisation, row.batch, row.lot, due_at)
        return AuditNotice("hearing.asked", asked, pair_parties(organisation, None))
    closed = HearingClosed(id_, organisation, details["state"], details["cause"])
    return AuditNotice("hearing.decided", closed, pair_parties(organisation, None))

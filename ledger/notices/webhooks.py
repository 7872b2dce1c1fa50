"""Webhooks: the addresses to which organisations have events sent, and their secrets.

A webhook is `active`, `disabled` (by a person, or after days of failures) or `removed`, which is
final. While its secret is replaced it has two: both sign, until the former one ends. Secrets are
stored sealed (`ledger.storage.secret_seal`); who reads the table cannot sign.

The worker that delivers leases a webhook (`busy_until`), so two workers never send to one webhook
at once; a worker that dies leaves a lease that ends by itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from sqlalchemy import RowMapping, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.chained_rows import record_audit
from ledger.errors import AlreadyExists, UnknownRow, WebhooksFull
from ledger.notices.notice_sources import SOURCES, begin_sources
from ledger.storage.slug_list import join_slugs, split_slugs
from ledger.storage.store import Store, uncancellable

WebhookState = Literal["active", "disabled", "removed"]

SEAL_PURPOSE: Final = "webhook"
"""The purpose of the seal of their secrets (`ledger.storage.secret_seal`)."""
MOST_WEBHOOKS: Final = 5
"""Webhooks of one organisation, removed ones left out."""
_TABLE: Final = schema.webhooks


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that gets events. Times are milliseconds, UTC."""

    id: str
    organisation: str
    url: str
    label: str
    events: tuple[str, ...]
    secret: str
    """Sealed; empty once the webhook is removed."""
    made_at: int
    made_by: str
    state: WebhookState = "active"
    former_secret: str | None = None
    former_until: int | None = None
    failures: int = 0
    """Deliveries in a row that failed."""
    failing_since: int | None = None
    busy_until: int = 0
    """Time until which nothing is sent: a worker has the webhook, or it rests after a failure."""
    format: str | None = None
    """The format of a portal (`traceability.portals`) that published records are sent in."""

    def list_secrets(self, at: int) -> list[str]:
        """The sealed secrets that sign at a time, the newest first."""
        if self.former_secret is None or at >= (self.former_until or 0):
            return [self.secret]
        return [self.secret, self.former_secret]


class Webhooks:
    """The webhooks of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def add(self, webhook: Webhook) -> Webhook:
        """Add a webhook; it gets what happens from now on.

        Raises `WebhooksFull`, `AlreadyExists`, `UnknownRow` for the organisation.
        """
        async with self._store.write() as connection:
            organisations = schema.organisations.c.id
            query = select(organisations).where(organisations == webhook.organisation)
            if await connection.scalar(query) is None:
                raise UnknownRow(kind="organisation", id=webhook.organisation)
            same = select(_TABLE.c.id).where(_TABLE.c.id == webhook.id)
            if await connection.scalar(same) is not None:
                raise AlreadyExists(kind="webhook", id=webhook.id)
            own = select(func.count()).where(
                _TABLE.c.organisation == webhook.organisation, _TABLE.c.state != "removed"
            )
            if (await connection.scalar(own) or 0) >= MOST_WEBHOOKS:
                raise WebhooksFull(organisation=webhook.organisation, most=MOST_WEBHOOKS)
            await connection.execute(insert(_TABLE).values(_to_row(webhook)))
            await begin_sources(connection, SOURCES)
            details = {"url": webhook.url, "events": list(webhook.events)}
            await _record(connection, webhook, "add", webhook.made_by, webhook.made_at, details)
        return webhook

    async def get(self, id_: str) -> Webhook:
        """Return the webhook. Raises `UnknownRow`."""
        async with self._store.read() as connection:
            return await find_webhook(connection, id_)

    async def list(self, organisation: str | None) -> "list[Webhook]":
        """Return the webhooks of an organisation, or all; the oldest first, no removed ones."""
        query = select(_TABLE).where(_TABLE.c.state != "removed")
        if organisation is not None:
            query = query.where(_TABLE.c.organisation == organisation)
        query = query.order_by(_TABLE.c.made_at, _TABLE.c.id)
        async with self._store.read() as connection:
            found = await connection.execute(query)
            return [_from_row(row) for row in found.mappings()]

    @uncancellable
    async def change(self, id_: str, *, label: str, events: Sequence[str], actor: str) -> Webhook:
        """Change what a webhook asks for. Raises `UnknownRow`."""
        values = {"label": label, "events": join_slugs(tuple(events))}
        return await self._update(id_, "change", actor, values, {"events": list(events)})

    @uncancellable
    async def rotate(self, id_: str, secret: str, *, until: int, actor: str) -> Webhook:
        """Sign with a new sealed secret, and with the present one until a time.

        Raises `UnknownRow`.
        """
        values = {
            "secret": secret,
            "former_secret": _TABLE.c.secret,
            "former_until": until,
        }
        return await self._update(id_, "rotate", actor, values, {"former_until": until})

    @uncancellable
    async def enable(self, id_: str, *, actor: str) -> Webhook:
        """Send to a disabled webhook again. Raises `UnknownRow`."""
        values = {"state": "active", "failures": 0, "failing_since": None, "busy_until": 0}
        return await self._update(id_, "enable", actor, values, {})

    @uncancellable
    async def disable(self, id_: str, *, actor: str) -> Webhook:
        """Send nothing more; what waits becomes dead letters. Raises `UnknownRow`."""
        async with self._store.write() as connection:
            webhook = await find_webhook(connection, id_)
            await disable_webhook(connection, webhook, "person", actor=actor, at=self._clock())
            return await find_webhook(connection, id_)

    @uncancellable
    async def remove(self, id_: str, *, actor: str) -> Webhook:
        """Remove a webhook with its secrets, for good. Raises `UnknownRow`."""
        at = self._clock()
        async with self._store.write() as connection:
            webhook = await find_webhook(connection, id_)
            values: dict[str, Any] = {"state": "removed", "secret": "", "former_secret": None}
            await connection.execute(update(_TABLE).where(_TABLE.c.id == id_).values(values))
            await _bury_waiting(connection, id_, at)
            await _record(connection, webhook, "remove", actor, at, {"url": webhook.url})
        return replace(webhook, state="removed", secret="", former_secret=None)

    async def _update(
        self, id_: str, verb: str, actor: str, values: dict[str, Any], details: dict[str, Any]
    ) -> Webhook:
        async with self._store.write() as connection:
            webhook = await find_webhook(connection, id_)
            await connection.execute(update(_TABLE).where(_TABLE.c.id == id_).values(values))
            await _record(connection, webhook, verb, actor, self._clock(), details)
            return await find_webhook(connection, id_)


async def find_webhook(connection: AsyncConnection, id_: str) -> Webhook:
    """Return a webhook that is not removed, in the caller's transaction. Raises `UnknownRow`."""
    query = select(_TABLE).where(_TABLE.c.id == id_, _TABLE.c.state != "removed")
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        raise UnknownRow(kind="webhook", id=id_)
    return _from_row(row)


async def lease_webhooks(
    connection: AsyncConnection, *, at: int, lease_ms: int, limit: int
) -> list[Webhook]:
    """Lease the webhooks that have something due, longest idle first; no two workers get one."""
    notices = schema.notices.c
    has_due = (
        select(notices.id)
        .where(notices.webhook == _TABLE.c.id, notices.state == "waiting", notices.due_at <= at)
        .exists()
    )
    organisations = schema.organisations.c
    is_disabled = (
        select(organisations.id)
        .where(organisations.id == _TABLE.c.organisation, organisations.disabled_at.is_not(None))
        .exists()
    )
    query = (
        select(_TABLE)
        .where(_TABLE.c.state == "active", _TABLE.c.busy_until <= at, has_due, ~is_disabled)
        .order_by(_TABLE.c.busy_until, _TABLE.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)  # PostgreSQL; on SQLite there is one writer
    )
    found = [_from_row(row) for row in (await connection.execute(query)).mappings()]
    until = at + lease_ms
    if found:
        leased = _TABLE.c.id.in_([one.id for one in found])
        await connection.execute(update(_TABLE).where(leased).values(busy_until=until))
    return [replace(one, busy_until=until) for one in found]


async def select_active_webhooks(
    connection: AsyncConnection,
) -> list[tuple[Webhook, str, str | None]]:
    """Return active webhooks of enabled organisations, with the kind and province of each."""
    organisations = schema.organisations
    query = (
        select(_TABLE, organisations.c.kind, organisations.c.province)
        .join(organisations, organisations.c.id == _TABLE.c.organisation)
        .where(_TABLE.c.state == "active", organisations.c.disabled_at.is_(None))
    )
    found = (await connection.execute(query)).mappings().all()
    return [(_from_row(row), row["kind"], row["province"]) for row in found]


async def disable_webhook(
    connection: AsyncConnection, webhook: Webhook, why: str, *, actor: str, at: int
) -> None:
    """Disable a webhook in the caller's transaction of the writer; what waits becomes dead."""
    this = _TABLE.c.id == webhook.id
    await connection.execute(update(_TABLE).where(this).values(state="disabled"))
    await _bury_waiting(connection, webhook.id, at)
    await _record(connection, webhook, "disable", actor, at, {"why": why})


async def _bury_waiting(connection: AsyncConnection, webhook: str, at: int) -> None:
    notices = schema.notices
    waiting = (notices.c.webhook == webhook) & (notices.c.state == "waiting")
    await connection.execute(update(notices).where(waiting).values(state="dead", tried_at=at))


async def _record(
    connection: AsyncConnection,
    webhook: Webhook,
    verb: str,
    actor: str,
    at: int,
    details: dict[str, Any],
) -> None:
    await record_audit(
        connection,
        at=at,
        actor=actor,
        action=f"webhook.{verb}",
        subject=f"organisations:{webhook.organisation}",
        details={"webhook": webhook.id, **details},
    )


def _to_row(webhook: Webhook) -> dict[str, Any]:
    row = {name: getattr(webhook, name) for name in webhook.__slots__}
    return {**row, "events": join_slugs(webhook.events)}


def _from_row(row: RowMapping) -> Webhook:
    values = {name: row[name] for name in Webhook.__slots__}
    return Webhook(**{**values, "events": split_slugs(row["events"])})

"""Notices: the outbox of messages to webhooks, each delivered at least once.

`relay` makes the messages of what happened: it reads the sources (`ledger.notices.notice_sources`)
and moves their positions in the transaction that adds the messages, so each event becomes one
message for each webhook that asks for it, whatever dies. The id of a message follows from the event
and the webhook; it stays the same over all attempts, so a receiver recognises a repeat.

    waiting → delivered
            → dead        after `LIFETIME_MS` of failures, or when its webhook is disabled
    dead, delivered → waiting    a person sends it again

Messages are deleted: delivered ones after `KEPT_DELIVERED_MS`, dead ones after `KEPT_DEAD_MS`.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from sqlalchemy import RowMapping, delete, func, insert, select, tuple_, update

from ledger import schema
from ledger.chains.chained_rows import record_audit
from ledger.chains.numbered_rows import read_end
from ledger.cursor_pages import Key
from ledger.errors import UnknownRow, WebhookDisabled, WebhookTestsLimited
from ledger.notices.notice_events import TEST_EVENT, NoticeEvent, WebhookTested, make_body
from ledger.notices.notice_sources import SOURCES, read_page
from ledger.notices.webhooks import (
    Webhook,
    disable_webhook,
    find_webhook,
    lease_webhooks,
    select_active_webhooks,
)
from ledger.storage.store import Store, uncancellable

NoticeState = Literal["waiting", "delivered", "dead"]

_HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 24 * _HOUR_MS
LIFETIME_MS: Final = 3 * _DAY_MS
"""Time for which a message is tried before it is a dead letter."""
DISABLED_AFTER_MS: Final = 5 * _DAY_MS
"""Time for which every delivery of a webhook may fail before it is disabled."""
KEPT_DELIVERED_MS: Final = 14 * _DAY_MS
KEPT_DEAD_MS: Final = 30 * _DAY_MS
MOST_TESTS: Final = 20
"""Test messages of one webhook in an hour."""
_DELETED_AT_ONCE: Final = 1000
_NOTICES: Final = schema.notices
_WEBHOOKS: Final = schema.webhooks


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one webhook. Times are milliseconds, UTC."""

    id: str
    """`webhook-id` of all its deliveries."""
    webhook: str
    event: str
    body: str
    made_at: int
    due_at: int
    expires_at: int
    state: NoticeState = "waiting"
    attempts: int = 0
    tried_at: int | None = None
    status: int | None = None
    """The status of the last answer; None if there was none."""
    failure: str | None = None
    """Why the last attempt failed, as a slug."""
    answer: str | None = None
    """The beginning of the last answer's body."""
    resent_key: str | None = None
    """The idempotency key of the last request to send it again."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Result of one attempt; `failure` is None when the message was delivered."""

    at: int
    status: int | None = None
    failure: str | None = None
    answer: str = ""
    retry_at: int = 0
    """When a failed message is tried again."""
    rest_until: int = 0
    """Time before which nothing is sent to the webhook."""


class Notices:
    """The outbox of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def relay(self) -> int:
        """Make the messages of what happened since the last call; return how many.

        Several processes may call it at once: each position moves once.
        """
        sources, made = schema.notice_sources, 0
        async with self._store.read() as connection:
            positions = [
                (name, position, await read_end(connection, name))
                for name, position in await connection.execute(
                    select(sources.c.name, sources.c.position).where(sources.c.name.in_(SOURCES))
                )
            ]
        for name, position, end in positions:
            while position < end:
                position, count = await self._relay_page(name)
                made += count
        return made

    @uncancellable
    async def _relay_page(self, source: str) -> tuple[int, int]:
        """Relay one page of a source; return its position and how many messages were made."""
        sources = schema.notice_sources.c
        async with self._store.append() as connection:
            position = await connection.scalar(
                select(sources.position).where(sources.name == source).with_for_update()
            )
            page = await read_page(connection, source, position or 0)
            rows: list[dict[str, Any]] = []
            if page.events:
                webhooks = await select_active_webhooks(connection)
                rows = [
                    _make_row(webhook, event)
                    for event in page.events
                    for webhook, kind, province in webhooks
                    if _is_for(event, webhook, kind, province)
                ]
            if rows:
                await connection.execute(insert(_NOTICES), rows)
            await connection.execute(
                update(schema.notice_sources)
                .where(sources.name == source)
                .values(position=page.position)
            )
        return page.position, len(rows)

    @uncancellable
    async def lease(self, *, lease_ms: int, limit: int) -> list[Webhook]:
        """Lease webhooks that have messages due; `finish` or the end of the lease frees them."""
        at = self._clock()
        async with self._store.append() as connection:
            return await lease_webhooks(connection, at=at, lease_ms=lease_ms, limit=limit)

    async def list_due(self, webhook: str, *, limit: int) -> list[Notice]:
        """Return messages of a webhook that are due, the oldest first."""
        query = (
            select(_NOTICES)
            .where(
                _NOTICES.c.webhook == webhook,
                _NOTICES.c.state == "waiting",
                _NOTICES.c.due_at <= self._clock(),
            )
            .order_by(_NOTICES.c.due_at, _NOTICES.c.made_at, _NOTICES.c.id)
            .limit(limit)
        )
        async with self._store.read() as connection:
            return [_from_row(row) for row in (await connection.execute(query)).mappings()]

    @uncancellable
    async def record(self, notice: Notice, attempt: Attempt) -> bool:
        """Record an attempt at a message; return whether its webhook was disabled for failing.

        A message that was sent again or buried meanwhile keeps its state.
        """
        failed = attempt.failure is not None
        is_dead = failed and attempt.retry_at >= notice.expires_at
        state = "dead" if is_dead else "waiting" if failed else "delivered"
        this = (_NOTICES.c.id == notice.id) & (_NOTICES.c.state == "waiting")
        # Only what is disabled is an act of the audit log, which has one writer.
        async with self._store.append() as connection:
            await connection.execute(
                update(_NOTICES)
                .where(this)
                .values(
                    state=state,
                    attempts=notice.attempts + 1,
                    due_at=attempt.retry_at if failed else notice.due_at,
                    tried_at=attempt.at,
                    status=attempt.status,
                    failure=attempt.failure,
                    answer=attempt.answer,
                )
            )
            own = update(_WEBHOOKS).where(_WEBHOOKS.c.id == notice.webhook)
            if not failed:
                await connection.execute(own.values(failures=0, failing_since=None))
                return False
            since = func.coalesce(_WEBHOOKS.c.failing_since, attempt.at)
            await connection.execute(
                own.values(
                    failures=_WEBHOOKS.c.failures + 1,
                    failing_since=since,
                    busy_until=attempt.rest_until,
                )
            )
            began = await connection.scalar(
                select(_WEBHOOKS.c.failing_since).where(_WEBHOOKS.c.id == notice.webhook)
            )
        is_gone = attempt.status == 410
        if not is_gone and attempt.at - (began or attempt.at) < DISABLED_AFTER_MS:
            return False
        return await self._disable(notice.webhook, "gone" if is_gone else "failing", attempt.at)

    async def _disable(self, id_: str, why: str, at: int) -> bool:
        async with self._store.write() as connection:
            try:
                webhook = await find_webhook(connection, id_)
            except UnknownRow:
                return False
            if webhook.state != "active":
                return False
            await disable_webhook(connection, webhook, why, actor="webhooks", at=at)
            return True

    @uncancellable
    async def finish(self, webhook: Webhook) -> None:
        """End a lease, unless the webhook rests after a failure or another worker has it."""
        is_leased = _WEBHOOKS.c.busy_until == webhook.busy_until
        this = (_WEBHOOKS.c.id == webhook.id) & is_leased
        async with self._store.append() as connection:
            await connection.execute(update(_WEBHOOKS).where(this).values(busy_until=self._clock()))

    @uncancellable
    async def add_test(self, webhook: str, *, actor: str, key: str | None = None) -> Notice:
        """Send a test message; the same key again is the same message.

        Raises `UnknownRow`, `WebhookDisabled`, `WebhookTestsLimited`.
        """
        at = self._clock()
        async with self._store.write() as connection:
            found = await find_webhook(connection, webhook)
            event = NoticeEvent(TEST_EVENT, at, WebhookTested(webhook), key or secrets.token_hex(8))
            row = _make_row(found, event)
            same = select(_NOTICES).where(_NOTICES.c.id == row["id"])
            known = (await connection.execute(same)).mappings().one_or_none()
            if known is not None:
                return _from_row(known)
            if found.state != "active":
                raise WebhookDisabled(webhook=webhook)
            recent = await connection.scalar(
                select(func.count()).where(
                    _NOTICES.c.webhook == webhook,
                    _NOTICES.c.event == TEST_EVENT,
                    _NOTICES.c.made_at > at - _HOUR_MS,
                )
            )
            if (recent or 0) >= MOST_TESTS:
                raise WebhookTestsLimited(most=MOST_TESTS)
            await connection.execute(insert(_NOTICES).values(row))
            await _record_act(connection, found, "test", str(row["id"]), actor, at)
        return Notice(**row)

    @uncancellable
    async def resend(self, webhook: str, id_: str, *, actor: str, key: str | None = None) -> Notice:
        """Send a message again, with the same id; the same key again changes nothing.

        Raises `UnknownRow`, `WebhookDisabled`.
        """
        at = self._clock()
        async with self._store.write() as connection:
            found = await find_webhook(connection, webhook)
            if found.state != "active":
                raise WebhookDisabled(webhook=webhook)
            this = (_NOTICES.c.id == id_) & (_NOTICES.c.webhook == webhook)
            query = select(_NOTICES).where(this)
            known = (await connection.execute(query)).mappings().one_or_none()
            if known is None:
                raise UnknownRow(kind="notice", id=id_)
            if key is not None and known["resent_key"] == key:
                return _from_row(known)
            again = {"state": "waiting", "due_at": at, "expires_at": at + LIFETIME_MS}
            await connection.execute(
                update(_NOTICES).where(this).values(**again, attempts=0, resent_key=key)
            )
            await _record_act(connection, found, "resend", id_, actor, at)
            return _from_row((await connection.execute(query)).mappings().one())

    async def find_page(
        self, webhook: str, *, state: NoticeState | None, after: Key | None = None, limit: int
    ) -> list[Notice]:
        """At most `limit` messages of a webhook, the newest first.

        `after` is the sort key, `(made_at, id)`, of the last row of the page before.
        """
        query = select(_NOTICES).where(_NOTICES.c.webhook == webhook)
        if state is not None:
            query = query.where(_NOTICES.c.state == state)
        if after is not None:
            query = query.where(tuple_(_NOTICES.c.made_at, _NOTICES.c.id) < tuple_(*after))
        query = query.order_by(_NOTICES.c.made_at.desc(), _NOTICES.c.id.desc()).limit(limit)
        async with self._store.read() as connection:
            return [_from_row(row) for row in (await connection.execute(query)).mappings()]

    async def count_dead(self, webhooks: list[str]) -> dict[str, int]:
        """Return how many dead letters each of these webhooks has; none is left out."""
        query = (
            select(_NOTICES.c.webhook, func.count())
            .where(_NOTICES.c.webhook.in_(webhooks), _NOTICES.c.state == "dead")
            .group_by(_NOTICES.c.webhook)
        )
        async with self._store.read() as connection:
            return {row[0]: row[1] for row in await connection.execute(query)}

    @uncancellable
    async def delete_old(self) -> int:
        """Delete messages whose time is over; return how many, at most `_DELETED_AT_ONCE` each."""
        at, deleted = self._clock(), 0
        async with self._store.append() as connection:
            for state, kept in (("delivered", KEPT_DELIVERED_MS), ("dead", KEPT_DEAD_MS)):
                old = (
                    select(_NOTICES.c.id)
                    .where(_NOTICES.c.state == state, _NOTICES.c.tried_at < at - kept)
                    .limit(_DELETED_AT_ONCE)
                )
                gone = await connection.execute(delete(_NOTICES).where(_NOTICES.c.id.in_(old)))
                deleted += gone.rowcount
        return deleted


def _is_for(event: NoticeEvent, webhook: Webhook, kind: str, province: str | None) -> bool:
    if event.name not in webhook.events or event.at < webhook.made_at:
        return False
    if kind == "authority":
        return province is None or not event.packers or province in event.provinces
    return webhook.organisation in event.list_parties()


def _make_row(webhook: Webhook, event: NoticeEvent) -> dict[str, Any]:
    digest = hashlib.sha256(f"{webhook.id} {event.source} {event.name}".encode()).hexdigest()
    return {
        "id": f"msg_{digest[:32]}",
        "webhook": webhook.id,
        "event": event.name,
        "body": make_body(event.name, event.at, event.data),
        "made_at": event.at,
        "state": "waiting",
        "due_at": event.at,
        "expires_at": event.at + LIFETIME_MS,
        "attempts": 0,
    }


async def _record_act(
    connection: Any, webhook: Webhook, verb: str, notice: str, actor: str, at: int
) -> None:
    await record_audit(
        connection,
        at=at,
        actor=actor,
        action=f"webhook.{verb}",
        subject=f"organisations:{webhook.organisation}",
        details={"webhook": webhook.id, "notice": notice},
    )


def _from_row(row: RowMapping) -> Notice:
    return Notice(**cast(dict[str, Any], dict(row)))

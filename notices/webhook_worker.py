"""The worker: relays what happened into the outbox, and sends what is due.

One webhook is one task at a time: its messages are sent one after another, so a receiver that is
slow or dead delays nobody else. A lease in the database keeps other workers from the same webhook.
A worker that dies in the middle has recorded nothing of that attempt: after the lease the message
is sent again with the same id.
"""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

import structlog

from ledger import Ledger
from ledger.errors import UnknownSubmission
from ledger.notices.notices import Attempt, Notice
from ledger.notices.webhooks import Webhook
from ledger.storage.secret_seal import SecretLocked, SecretSeal
from notices.retry_times import find_rest, find_retry_wait
from notices.turns import run_turns
from notices.webhook_sender import SentAnswer, WebhookSender
from stamps.errors import VeritemError
from traceability.portals.mapping import PortalRecord, map_record

_AT_ONCE: Final = 20
"""Messages that one webhook is sent in one lease."""
_BUDGET_SECONDS: Final = 30.0
"""No delivery of a lease begins later than this."""
_DELETE_EVERY_SECONDS: Final = 600.0
_DRAIN_SECONDS: Final = 2.0

_log = structlog.get_logger(__name__)


class WebhookWorker:
    """Relays and sends until it is stopped."""

    def __init__(
        self,
        ledger: Ledger,
        seal: SecretSeal,
        sender: WebhookSender,
        *,
        concurrent: int,
        answer_seconds: float,
        clock: Callable[[], int],
    ) -> None:
        self._ledger = ledger
        self._seal = seal
        self._sender = sender
        self._concurrent = concurrent
        # A lease outlives the deliveries that are made under it.
        self._lease_ms = round((_BUDGET_SECONDS + 2 * answer_seconds) * 1_000)
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()
        self._delete_at = 0.0
        self.results: Counter[str] = Counter()
        """Attempts by their result: `delivered`, or the slug of a failure."""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; deliveries under way get a moment to end."""
        await run_turns(self.start_turn, stop, trouble="notices wait")
        await self.close()

    async def start_turn(self) -> None:
        """Relay, and begin to send to the webhooks that have something due."""
        await self._ledger.notices.relay()
        free = self._concurrent - len(self._tasks)
        if free > 0:
            for webhook in await self._ledger.notices.lease(lease_ms=self._lease_ms, limit=free):
                task = asyncio.create_task(self._serve(webhook), name=f"webhook {webhook.id}")
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        if time.monotonic() >= self._delete_at:
            await self._ledger.notices.delete_old()
            self._delete_at = time.monotonic() + _DELETE_EVERY_SECONDS

    async def finish_turn(self) -> None:
        """Wait for all deliveries under way."""
        await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        """Give deliveries under way a moment, then cut them off; they are repeated later."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=_DRAIN_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _serve(self, webhook: Webhook) -> None:
        """Send what is due to one webhook; end at the first failure."""
        try:
            last = time.monotonic() + _BUDGET_SECONDS
            for notice in await self._ledger.notices.list_due(webhook.id, limit=_AT_ONCE):
                if time.monotonic() > last or not await self._deliver(webhook, notice):
                    break
            await self._ledger.notices.finish(webhook)
        except VeritemError as refusal:  # the lease ends by itself
            _log.warning("delivery not recorded", webhook=webhook.id, why=str(refusal))

    async def _deliver(self, webhook: Webhook, notice: Notice) -> bool:
        answer = await self._send(webhook, notice)
        self.results[answer.failure or "delivered"] += 1
        at = self._clock()
        attempt = Attempt(
            at=at,
            status=answer.status,
            failure=answer.failure,
            answer=answer.excerpt,
            retry_at=at + find_retry_wait(notice.attempts + 1, random.random()),  # noqa: S311
            rest_until=at + find_rest(webhook.failures + 1, random.random()),  # noqa: S311
        )
        if await self._ledger.notices.record(notice, attempt):
            _log.warning("webhook disabled", webhook=webhook.id, failure=answer.failure)
        return answer.failure is None

    async def _send(self, webhook: Webhook, notice: Notice) -> SentAnswer:
        at = self._clock()
        try:
            secrets = [self._seal.open(webhook.id, one) for one in webhook.list_secrets(at)]
        except SecretLocked as locked:
            _log.error("webhook not signed", webhook=webhook.id, why=str(locked))
            return SentAnswer(None, "secret-locked")
        try:
            body = await self._make_body(webhook, notice)
        except UnknownSubmission:
            return SentAnswer(None, "record-missing")
        return await self._sender.send(webhook.url, notice.id, body, secrets, at=at)

    async def _make_body(self, webhook: Webhook, notice: Notice) -> str:
        """The notice; to a portal the published record, which never changes, in its format.

        Raises `UnknownSubmission`.
        """
        message = json.loads(notice.body)
        if webhook.format is None or message["type"] != "lot.published":
            return notice.body
        submission = message["data"]["review"]
        record, sha256 = await self._ledger.lot_submissions.find_record(submission)
        return map_record(webhook.format, PortalRecord(record, sha256, notice.made_at))

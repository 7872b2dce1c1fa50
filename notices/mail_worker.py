"""The mail worker: gathers what happened, composes mails, and sends what is due.

Mails go one after another over one connection. Several workers may run: a position moves once, a
mail is composed once, and a lease keeps other workers from a mail that is being sent. A worker that
dies in the middle has recorded nothing of that attempt: after the lease the mail is sent again with
the same Message-ID.

A server that is down costs no mail an attempt: all of them wait, and the server is asked again with
growing pauses. A connection that breaks in the middle of a mail is an attempt of that mail, so a
mail that a server cannot take delays no other for good.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Final, Protocol

import structlog

from ledger import Ledger
from ledger.notices.mail_links import MailLinks
from ledger.notices.mail_waiting import MailAccount, Told
from ledger.notices.mails import Mail, MailAttempt
from ledger.notices.notice_events import NoticeEvent
from ledger.storage.secret_seal import SecretLocked, SecretSeal
from notices.mail_document import describe_mail
from notices.mail_message import make_message
from notices.mail_sender import MailConnection, MailReply, MailServerDown
from notices.retry_times import find_rest, find_retry_wait
from notices.turns import run_turns
from stamps.errors import VeritemError

_AT_ONCE: Final = 20
"""Mails of one lease and one connection."""
_COMPOSED_AT_ONCE: Final = 50
_DIGESTS_AT_ONCE: Final = 20
_DELETE_EVERY_SECONDS: Final = 600.0
_DRAIN_SECONDS: Final = 2.0

_log = structlog.get_logger(__name__)


class MailRules(Protocol):
    """Rules of the staff service on recipients, handed in (`services.notices.mail_digests`)."""

    def choose(self, event: NoticeEvent, accounts: Sequence[MailAccount]) -> Iterable[Told]:
        """Return the accounts that an event is mailed to, and how."""
        ...

    async def describe_tasks(self, account: MailAccount) -> list[dict[str, Any]]:
        """Return what waits for an account."""
        ...

    def find_next_digest(self, hour: int, now: int) -> int:
        """When the next digest at an hour is due."""
        ...


@dataclass(frozen=True, slots=True)
class MailWriter:
    """Writes mails: their addresses, and the seal and links of their content."""

    sender: str
    """Address that mails come from."""
    desk_url: str
    """Public address of the desk, for links."""
    seal: SecretSeal
    links: MailLinks

    def write(self, mail: Mail) -> bytes:
        """The mail as it is sent. Raises `SecretLocked`, and KeyError for unknown content."""
        content = self.seal.open(mail.id, mail.content) if mail.is_sealed else mail.content
        document = describe_mail(mail, content, self.desk_url, self.links.sign_stop)
        return make_message(mail, document, self.sender)


class MailWorker:
    """Gathers, composes and sends until it is stopped."""

    def __init__(
        self,
        ledger: Ledger,
        rules: MailRules,
        writer: MailWriter,
        connect: Callable[[], AbstractAsyncContextManager[MailConnection]],
        *,
        seconds: float,
        clock: Callable[[], int],
    ) -> None:
        self._ledger = ledger
        self._rules = rules
        self._writer = writer
        self._connect = connect
        # A lease outlives all mails that are sent under it.
        self._lease_ms = round((_AT_ONCE + 2) * 2 * seconds * 1_000)
        self._clock = clock
        self._sending: asyncio.Task[None] | None = None
        self._failures = 0
        self._rest_until = 0
        self._delete_at = 0.0
        self.results: Counter[str] = Counter()
        """Attempts by their result: `sent`, or the slug of a failure."""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; a mail under way gets a moment to end."""
        await run_turns(self.start_turn, stop, trouble="mail waits")
        await self.close()

    async def start_turn(self) -> None:
        """Gather and compose, and begin to send what is due."""
        await self.compose()
        is_free = self._sending is None or self._sending.done()
        if is_free and self._clock() >= self._rest_until:
            self._sending = asyncio.create_task(self._send_due(), name="send mail")
        if time.monotonic() >= self._delete_at:
            await self._ledger.mails.delete_old()
            self._delete_at = time.monotonic() + _DELETE_EVERY_SECONDS

    async def compose(self) -> None:
        """Gather what happened, and make the mails that may be sent now."""
        waiting, rules = self._ledger.mail_waiting, self._rules
        await waiting.relay(rules.choose)
        for staff in await waiting.list_ready(limit=_COMPOSED_AT_ONCE):
            await waiting.compose(staff)
        for account in await waiting.list_digests(limit=_DIGESTS_AT_ONCE):
            tasks = await rules.describe_tasks(account)
            next_at = rules.find_next_digest(account.address.digest_hour, self._clock())
            await waiting.compose_digest(account, tasks, next_at=next_at)

    async def finish_turn(self) -> None:
        """Wait for what is being sent."""
        if self._sending is not None:
            await self._sending

    async def close(self) -> None:
        """Give the mail under way a moment, then cut it off; it is sent again later."""
        if self._sending is not None:
            _, late = await asyncio.wait({self._sending}, timeout=_DRAIN_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)

    async def _send_due(self) -> None:
        try:
            while await self._send_some():
                pass
        except VeritemError as refusal:  # the leases end by themselves
            _log.warning("mail not recorded", why=str(refusal))

    async def _send_some(self) -> bool:
        """Send mails of one lease; return whether more may be due."""
        mails = await self._ledger.mails.lease(lease_ms=self._lease_ms, limit=_AT_ONCE)
        if not mails:
            return False
        left = list(mails)
        try:
            async with self._connect() as connection:
                while left:
                    await self._deliver(connection, left[0])
                    left.pop(0)
        except MailServerDown as down:
            await self._rest(left, down)
            return False
        self._failures = 0
        return len(mails) == _AT_ONCE

    async def _deliver(self, connection: MailConnection, mail: Mail) -> None:
        reply = self._refuse_unwritable(mail)
        if isinstance(reply, bytes):
            try:
                reply = await connection.send(self._writer.sender, mail.address, reply)
            except MailServerDown as down:
                if down.failure in ("cut-off", "timeout", "malformed-answer"):
                    await self._record(mail, MailReply(down.status, down.failure, down.answer))
                raise
        await self._record(mail, reply)

    def _refuse_unwritable(self, mail: Mail) -> bytes | MailReply:
        """The mail's bytes, or why there are none: its secret is locked, or it says nothing."""
        try:
            return self._writer.write(mail)
        except SecretLocked as locked:
            _log.error("mail not opened", mail=mail.id, why=str(locked))
            return MailReply(None, "secret-locked")
        except (KeyError, ValueError, TypeError) as error:
            _log.error("mail not written", mail=mail.id, why=repr(error))
            return MailReply(None, "unreadable", is_final=True)

    async def _record(self, mail: Mail, reply: MailReply) -> None:
        self.results[reply.failure or "sent"] += 1
        at = self._clock()
        attempt = MailAttempt(
            at=at,
            status=reply.status,
            failure=reply.failure,
            answer=reply.answer,
            retry_at=at + find_retry_wait(mail.attempts + 1, random.random()),  # noqa: S311
            is_final=reply.is_final,
            is_address_refused=reply.is_address_refused,
        )
        if await self._ledger.mails.record(mail, attempt) == "dead":
            _log.warning("mail is dead", mail=mail.id, failure=reply.failure)

    async def _rest(self, mails: Sequence[Mail], down: MailServerDown) -> None:
        """Let mails wait that were not sent, and the server too."""
        self.results[down.failure] += 1
        self._failures += 1
        at = self._clock()
        self._rest_until = at + find_rest(self._failures, random.random())  # noqa: S311
        if self._failures == 1:
            _log.warning("mail server", failure=down.failure, answer=down.answer)
        attempt = MailAttempt(at, down.status, down.failure, down.answer, retry_at=self._rest_until)
        await self._ledger.mails.release(mails, attempt)

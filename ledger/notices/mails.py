"""Mails: the outbox of e-mail, each delivered at least once.

    waiting → sent
            → dead        refused for good, or after `LIFETIME_MS` of failures
            → dropped     its account was disabled, or gets mail elsewhere or not at all
    dead → waiting        an administrator sends it again

`content` is JSON that is rendered when it is sent, or, where it holds a secret link, that JSON
sealed (`ledger.storage.secret_seal`, purpose `SEAL_PURPOSE`, owner the mail's id). Sealed content
is erased when the mail is sent or dead; a new link is made instead. The id of a mail is its
Message-ID in all attempts, so a mailbox recognises a repeat.

A mail is leased (`busy_until`), so two workers never send one at once; a worker that dies leaves a
lease that ends by itself. Mails are deleted: sent and dropped ones after `KEPT_SENT_MS`, dead ones
after `KEPT_DEAD_MS`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, cast

from sqlalchemy import RowMapping, delete, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.chained_rows import record_audit
from ledger.cursor_pages import Key
from ledger.errors import MailLimited, MailNotResendable, UnknownRow
from ledger.storage.store import Store, uncancellable

MailState = Literal["waiting", "sent", "dead", "dropped"]
MailPurpose = Literal["notice", "digest", "verify", "changed", "invitation", "reset", "test"]

SEAL_PURPOSE: Final = "mail"
NOTICES: Final[tuple[MailPurpose, ...]] = ("notice", "digest")
"""Purposes that the person chose, and can end."""
_LINKS: Final[tuple[MailPurpose, ...]] = ("invitation", "reset")
_SEALED: Final[tuple[MailPurpose, ...]] = ("verify", "invitation", "reset")
_HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 24 * _HOUR_MS
LIFETIME_MS: Final = 3 * _DAY_MS
"""Time for which a mail is tried before it is a dead letter."""
KEPT_SENT_MS: Final = 14 * _DAY_MS
KEPT_DEAD_MS: Final = 30 * _DAY_MS
MOST_ASKED: Final = 5
"""Mails that a person may ask for in an hour, of one purpose."""
_DELETED_AT_ONCE: Final = 1000
_TABLE: Final = schema.mails
_ADDRESSES: Final = schema.mail_addresses


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one address. Times are milliseconds, UTC."""

    id: str
    staff: str | None
    """The account that it is for."""
    address: str
    purpose: MailPurpose
    language: str
    content: str
    made_at: int
    expires_at: int
    standing: str | None = None
    """Role and organisation that the account had; with others nothing of it is told any more."""
    state: MailState = "waiting"
    due_at: int = 0
    busy_until: int = 0
    attempts: int = 0
    tried_at: int | None = None
    status: int | None = None
    """The last reply of the mail server; None if there was none."""
    failure: str | None = None
    """Why the last attempt failed, as a slug."""
    answer: str | None = None
    """The beginning of the server's last reply."""

    @property
    def is_sealed(self) -> bool:
        """Whether its content holds a secret link, and is sealed."""
        return self.purpose in _SEALED


@dataclass(frozen=True, slots=True)
class MailAttempt:
    """Result of one attempt; `failure` is None when the mail was sent."""

    at: int
    status: int | None = None
    failure: str | None = None
    answer: str = ""
    retry_at: int = 0
    is_final: bool = False
    """Whether the server refused the mail for good."""
    is_address_refused: bool = False
    """Whether it refused the address for good: nothing more is sent there."""


class Mails:
    """The outbox of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def add(self, mail: Mail) -> None:
        """Add a mail."""
        async with self._store.append() as connection:
            await insert_mail(connection, mail)

    @uncancellable
    async def add_limited(self, mail: Mail) -> None:
        """Add a mail that a person asks for; raises `MailLimited` above `MOST_ASKED` an hour."""
        async with self._store.append() as connection:
            since, staff = mail.made_at - _HOUR_MS, mail.staff or ""
            if await count_recent(connection, staff, (mail.purpose,), since) >= MOST_ASKED:
                raise MailLimited(most=MOST_ASKED)
            await insert_mail(connection, mail)

    @uncancellable
    async def add_link(self, mail: Mail, *, actor: str) -> None:
        """Add a mail with the link of an account; it replaces those that wait.

        Raises `MailLimited` above `MOST_ASKED` an hour.
        """
        staff, at = mail.staff or "", mail.made_at
        async with self._store.write() as connection:
            if await count_recent(connection, staff, _LINKS, at - _HOUR_MS) >= MOST_ASKED:
                raise MailLimited(most=MOST_ASKED)
            await drop_waiting(connection, staff, _LINKS, at)
            await insert_mail(connection, mail)
            await record_audit(
                connection,
                at=at,
                actor=actor,
                action="mail.link",
                subject=f"staff:{staff}",
                details={"purpose": mail.purpose},
            )

    @uncancellable
    async def lease(self, *, lease_ms: int, limit: int) -> list[Mail]:
        """Lease mails that are due, the oldest first; those that nobody should get are dropped."""
        at = self._clock()
        async with self._store.append() as connection:
            query = (
                select(_TABLE)
                .where(
                    _TABLE.c.state == "waiting",
                    _TABLE.c.due_at <= at,
                    _TABLE.c.busy_until <= at,
                )
                .order_by(_TABLE.c.due_at, _TABLE.c.id)
                .limit(limit)
                .with_for_update(skip_locked=True)  # PostgreSQL; on SQLite there is one writer
            )
            found = [_from_row(row) for row in (await connection.execute(query)).mappings()]
            wanted = await _select_wanted(connection, found)
            dropped = [mail.id for mail in found if mail.id not in wanted]
            if dropped:
                gone = {"state": "dropped", "tried_at": at, "content": ""}
                these = update(_TABLE).where(_TABLE.c.id.in_(dropped))
                await connection.execute(these.values(gone))
            if wanted:
                leased = update(_TABLE).where(_TABLE.c.id.in_(wanted))
                await connection.execute(leased.values(busy_until=at + lease_ms))
        return [replace(one, busy_until=at + lease_ms) for one in found if one.id in wanted]

    @uncancellable
    async def release(self, mails: Sequence[Mail], attempt: MailAttempt) -> None:
        """End the leases of mails that the server could not be asked to take.

        That is no attempt of theirs. They are due at `retry_at`; those whose time is over die.
        """
        waiting = _TABLE.c.id.in_([mail.id for mail in mails]) & (_TABLE.c.state == "waiting")
        why = {"status": attempt.status, "failure": attempt.failure, "answer": attempt.answer}
        is_over = _TABLE.c.expires_at <= attempt.at
        async with self._store.append() as connection:
            dead = {"state": "dead", "tried_at": attempt.at, "busy_until": 0, **why}
            await connection.execute(update(_TABLE).where(waiting, is_over).values(dead))
            sealed = _TABLE.c.purpose.in_(_SEALED) & (_TABLE.c.state == "dead")
            ids = _TABLE.c.id.in_([mail.id for mail in mails])
            await connection.execute(update(_TABLE).where(ids, sealed).values(content=""))
            values = {"busy_until": 0, "due_at": attempt.retry_at, **why}
            await connection.execute(update(_TABLE).where(waiting).values(values))

    @uncancellable
    async def record(self, mail: Mail, attempt: MailAttempt) -> MailState:
        """Record an attempt at a mail; return its state. An address that refuses is marked."""
        failed = attempt.failure is not None
        is_dead = failed and (attempt.is_final or attempt.retry_at >= mail.expires_at)
        state: MailState = "dead" if is_dead else "waiting" if failed else "sent"
        values: dict[str, Any] = {
            "state": state,
            "attempts": mail.attempts + 1,
            "due_at": attempt.retry_at if failed else mail.due_at,
            "busy_until": 0,
            "tried_at": attempt.at,
            "status": attempt.status,
            "failure": attempt.failure,
            "answer": attempt.answer,
        }
        if mail.is_sealed and state != "waiting":
            values["content"] = ""
        this = (_TABLE.c.id == mail.id) & (_TABLE.c.state == "waiting")
        async with self._store.append() as connection:
            await connection.execute(update(_TABLE).where(this).values(values))
            if attempt.is_address_refused:
                failing = {
                    "state": "failing",
                    "failure": attempt.answer,
                    "failed_at": attempt.at,
                }
                await connection.execute(_update_address(mail).values(failing))
            elif not failed:
                well = {"state": "active", "failure": None, "failed_at": None}
                is_failing = _ADDRESSES.c.state == "failing"
                await connection.execute(_update_address(mail).where(is_failing).values(well))
        return state

    @uncancellable
    async def resend(self, id_: str, *, actor: str) -> Mail:
        """Send a dead mail again, with the same id. Raises `UnknownRow`, `MailNotResendable`.

        One that held a link cannot be sent again.
        """
        at = self._clock()
        async with self._store.write() as connection:
            mail = await _find(connection, id_)
            if mail.state != "dead" or mail.is_sealed:
                raise MailNotResendable(mail=id_)
            again = {"state": "waiting", "due_at": at, "attempts": 0}
            expires = {"expires_at": at + LIFETIME_MS, "busy_until": 0}
            this = update(_TABLE).where(_TABLE.c.id == id_)
            await connection.execute(this.values({**again, **expires}))
            await record_audit(
                connection,
                at=at,
                actor=actor,
                action="mail.resend",
                subject=f"staff:{mail.staff}" if mail.staff else f"mails:{id_}",
                details={"mail": id_, "purpose": mail.purpose},
            )
            return await _find(connection, id_)

    async def get(self, id_: str) -> Mail:
        """Return a mail. Raises `UnknownRow`."""
        async with self._store.read() as connection:
            return await _find(connection, id_)

    async def find_page(
        self, *, state: MailState | None, after: Key | None = None, limit: int
    ) -> list[Mail]:
        """At most `limit` mails, the newest first.

        `after` is the sort key, `(made_at, id)`, of the last row of the page before.
        """
        query = select(_TABLE)
        if state is not None:
            query = query.where(_TABLE.c.state == state)
        if after is not None:
            query = query.where(tuple_(_TABLE.c.made_at, _TABLE.c.id) < tuple_(*after))
        query = query.order_by(_TABLE.c.made_at.desc(), _TABLE.c.id.desc()).limit(limit)
        async with self._store.read() as connection:
            return [_from_row(row) for row in (await connection.execute(query)).mappings()]

    @uncancellable
    async def delete_old(self) -> int:
        """Delete mails whose time is over; return how many, at most `_DELETED_AT_ONCE` each."""
        at, deleted = self._clock(), 0
        kept = (("sent", KEPT_SENT_MS), ("dropped", KEPT_SENT_MS), ("dead", KEPT_DEAD_MS))
        async with self._store.append() as connection:
            for state, duration in kept:
                old = (
                    select(_TABLE.c.id)
                    .where(_TABLE.c.state == state, _TABLE.c.tried_at < at - duration)
                    .limit(_DELETED_AT_ONCE)
                )
                gone = await connection.execute(delete(_TABLE).where(_TABLE.c.id.in_(old)))
                deleted += gone.rowcount
        return deleted


async def insert_mail(connection: AsyncConnection, mail: Mail) -> None:
    """Add a mail in the caller's transaction."""
    row = {name: getattr(mail, name) for name in Mail.__slots__}
    await connection.execute(insert(_TABLE).values({**row, "due_at": mail.due_at or mail.made_at}))


async def count_recent(
    connection: AsyncConnection, staff: str, purposes: Sequence[MailPurpose], since: int
) -> int:
    """Return the number of mails of these purposes that were made for an account since a time."""
    query = select(func.count()).where(
        _TABLE.c.staff == staff, _TABLE.c.purpose.in_(purposes), _TABLE.c.made_at > since
    )
    return await connection.scalar(query) or 0


async def drop_waiting(
    connection: AsyncConnection, staff: str, purposes: Sequence[MailPurpose], at: int
) -> None:
    """Drop what waits to be sent to an account, in the caller's transaction."""
    these = (
        (_TABLE.c.staff == staff) & (_TABLE.c.purpose.in_(purposes)) & (_TABLE.c.state == "waiting")
    )
    gone = {"state": "dropped", "tried_at": at, "content": ""}
    await connection.execute(update(_TABLE).where(these).values(gone))


async def _select_wanted(connection: AsyncConnection, mails: Sequence[Mail]) -> set[str]:
    """The mails that are still for somebody: not those of disabled accounts or of other addresses.

    What tells an old address that it was replaced is always sent.
    """
    staff, organisations = schema.staff, schema.organisations
    query = (
        select(
            staff.c.id,
            staff.c.role,
            staff.c.organisation,
            (staff.c.disabled | organisations.c.disabled_at.is_not(None)).label("disabled"),
            _ADDRESSES.c.address,
        )
        .join(_ADDRESSES, _ADDRESSES.c.staff == staff.c.id, isouter=True)
        .join(organisations, organisations.c.id == staff.c.organisation, isouter=True)
        .where(staff.c.id.in_({mail.staff for mail in mails if mail.staff is not None}))
    )
    accounts = {row.id: row for row in await connection.execute(query)}
    wanted = set()
    for mail in mails:
        account = accounts.get(mail.staff or "")
        if account is None or mail.purpose == "changed":
            wanted.add(mail.id)
        elif account.disabled:
            continue
        elif mail.purpose not in NOTICES or _is_as_chosen(mail, account):
            wanted.add(mail.id)
    return wanted


def _is_as_chosen(mail: Mail, account: Any) -> bool:
    """Whether an account still has the address, the role and the organisation of its notice."""
    standing = describe_standing(account.role, account.organisation)
    return bool(account.address == mail.address and mail.standing == standing)


def describe_standing(role: str, organisation: str | None) -> str:
    """Role and organisation of an account as one text.

    >>> describe_standing("packer", "krong-pac")
    'packer/krong-pac'
    """
    return f"{role}/{organisation or ''}"


def _update_address(mail: Mail) -> Any:
    same = (_ADDRESSES.c.staff == mail.staff) & (_ADDRESSES.c.address == mail.address)
    return update(_ADDRESSES).where(same)


async def _find(connection: AsyncConnection, id_: str) -> Mail:
    found = await connection.execute(select(_TABLE).where(_TABLE.c.id == id_))
    row = found.mappings().one_or_none()
    if row is None:
        raise UnknownRow(kind="mail", id=id_)
    return _from_row(row)


def _from_row(row: RowMapping) -> Mail:
    return Mail(**cast(dict[str, Any], dict(row)))

"""What waits to be told to people by e-mail: gathered by kind, then composed into one mail.

`relay` reads the sources (`ledger.notices.notice_sources`) as the outbox of webhooks does, from
positions of its own, and moves a position in the transaction that gathers. An account has one row
for each kind, source and mode, with a count and its newest items, so a flood of events costs no
more rows than a few. `compose` makes one mail of all that waits for an account, in one transaction.

A burst is gathered for `GATHER_MS`. After each mail the account rests: a minute, and twice as long
for each mail of the last hour. So nobody gets more than seven notices in an hour, and what comes
meanwhile is told together.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.hash_chain import to_canonical_json
from ledger.chains.numbered_rows import read_end
from ledger.notices.mail_addresses import MailAddress, MailMode, address_from_row
from ledger.notices.mails import (
    LIFETIME_MS,
    Mail,
    MailPurpose,
    count_recent,
    describe_standing,
    insert_mail,
)
from ledger.notices.notice_events import NoticeEvent
from ledger.notices.notice_sources import MAIL_PREFIX, MAIL_SOURCES, read_page
from ledger.proposals.deciding_account import is_confirmed
from ledger.storage.store import Store, uncancellable

GATHER_MS: Final = 5_000
MOST_ITEMS: Final = 20
"""Items that a mail lists of one kind; the others are counted."""
FIRST_REST_MS: Final = 60_000
_HOUR_MS: Final = 3_600_000
_ADDRESSES: Final = schema.mail_addresses
_WAITING: Final = schema.mail_waiting

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MailAccount:
    """An account that gets mail."""

    id: str
    role: str
    organisation: str | None
    address: MailAddress
    province: str | None = None
    """The province of its organisation."""

    @property
    def standing(self) -> str:
        """Role and organisation."""
        return describe_standing(self.role, self.organisation)


@dataclass(frozen=True, slots=True)
class Told:
    """One event that an account is told of."""

    account: MailAccount
    kind: str
    mode: MailMode
    event: NoticeEvent


Choose = Callable[[NoticeEvent, Sequence[MailAccount]], Iterable[Told]]
"""Decides who is told of an event, and how."""


class MailWaiting:
    """The notices of one ledger that wait to be mailed."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def relay(self, choose: Choose) -> int:
        """Gather what happened since the last call; return how many events were told to somebody.

        Several processes may call it at once: each position moves once.
        """
        positions, told = schema.notice_sources, 0
        names = [MAIL_PREFIX + source for source in MAIL_SOURCES]
        async with self._store.read() as connection:
            query = select(positions.c.name, positions.c.position).where(
                positions.c.name.in_(names)
            )
            begun = [
                (name, position, await read_end(connection, name.removeprefix(MAIL_PREFIX)))
                for name, position in (await connection.execute(query)).all()
            ]
        for name, position, end in begun:
            while position < end:
                position, count = await self._relay_page(name, choose)
                told += count
        return told

    @uncancellable
    async def _relay_page(self, name: str, choose: Choose) -> tuple[int, int]:
        positions, source = schema.notice_sources, name.removeprefix(MAIL_PREFIX)
        async with self._store.append() as connection:
            position = await connection.scalar(
                select(positions.c.position).where(positions.c.name == name).with_for_update()
            )
            page = await read_page(connection, source, position or 0)
            told: list[Told] = []
            if page.events:
                accounts = await _select_accounts(connection)
                told = [
                    one
                    for event in page.events
                    for one in choose(event, accounts)
                    if event.at >= one.account.address.verified_at
                ]
            await _gather(connection, source, told, self._clock())
            await connection.execute(
                update(positions).where(positions.c.name == name).values(position=page.position)
            )
        return page.position, len(told)

    async def list_ready(self, *, limit: int) -> list[str]:
        """Return accounts for which notices wait that may be told now."""
        at = self._clock()
        query = (
            select(_WAITING.c.staff)
            .join(_ADDRESSES, _ADDRESSES.c.staff == _WAITING.c.staff)
            .where(
                _WAITING.c.mode == "at_once",
                _WAITING.c.since <= at - GATHER_MS,
                _ADDRESSES.c.state == "active",
                _ADDRESSES.c.rest_until <= at,
            )
            .distinct()
            .limit(limit)
        )
        async with self._store.read() as connection:
            return list((await connection.execute(query)).scalars())

    @uncancellable
    async def compose(self, staff: str) -> Mail | None:
        """Make one mail of what waits to be told an account at once; None if nothing does."""
        at = self._clock()
        async with self._store.append() as connection:
            account = await _lock_account(connection, staff)
            rows = await _take(connection, staff, "at_once")
            if account is None or account.address.state != "active" or not rows:
                return None
            if account.address.rest_until > at:  # another worker was quicker
                await _put_back(connection, rows)
                return None
            mail = _make_mail(account, "notice", rows, {}, at)
            recent = await count_recent(connection, staff, ("notice",), at - _HOUR_MS)
            if mail is None:
                return None
            rest = min(FIRST_REST_MS * 2**recent, _HOUR_MS)
            this = update(_ADDRESSES).where(_ADDRESSES.c.staff == staff)
            await connection.execute(this.values(rest_until=at + rest))
            await insert_mail(connection, mail)
            return mail

    async def list_digests(self, *, limit: int) -> list[MailAccount]:
        """Return accounts whose digest is due, the longest due first."""
        query = (
            _ACCOUNTS.where(_ADDRESSES.c.state == "active", _ADDRESSES.c.digest_at <= self._clock())
            .order_by(_ADDRESSES.c.digest_at)
            .limit(limit)
        )
        async with self._store.read() as connection:
            found = (await connection.execute(query)).mappings().all()
        return [_account_from_row(row) for row in found]

    @uncancellable
    async def compose_digest(
        self, account: MailAccount, tasks: Sequence[Document], *, next_at: int
    ) -> Mail | None:
        """Make the digest of an account: its tasks and what was gathered; None if nothing waits."""
        at, staff = self._clock(), account.id
        async with self._store.append() as connection:
            present = await _lock_account(connection, staff)
            if present is None or present.address.digest_at != account.address.digest_at:
                return None  # another worker was quicker
            this = update(_ADDRESSES).where(_ADDRESSES.c.staff == staff)
            await connection.execute(this.values(digest_at=next_at))
            if present.standing != account.standing:
                return None
            rows = await _take(connection, staff, "digest")
            mail = _make_mail(present, "digest", rows, {"tasks": list(tasks)}, at)
            if mail is not None:
                await insert_mail(connection, mail)
            return mail


_STAFF: Final = schema.staff
_ACCOUNTS: Final = (
    select(
        _STAFF.c.id,
        _STAFF.c.role,
        _STAFF.c.organisation,
        _STAFF.c.added_by,
        _STAFF.c.confirmed_by,
        schema.organisations.c.province,
        _ADDRESSES,
    )
    .join(_ADDRESSES, _ADDRESSES.c.staff == _STAFF.c.id)
    .join(schema.organisations, schema.organisations.c.id == _STAFF.c.organisation, isouter=True)
    .where(~_STAFF.c.disabled, schema.organisations.c.disabled_at.is_(None))
)
"""Accounts with addresses, without those that are disabled or whose organisation is."""


async def _select_accounts(connection: AsyncConnection) -> list[MailAccount]:
    """The accounts that may be told something: enabled and confirmed, with a working address."""
    found = await connection.execute(_ACCOUNTS.where(_ADDRESSES.c.state == "active"))
    return [
        _account_from_row(row)
        for row in found.mappings()
        if is_confirmed(row["added_by"], row["confirmed_by"])
    ]


async def _lock_account(connection: AsyncConnection, staff: str) -> MailAccount | None:
    query = _ACCOUNTS.where(_STAFF.c.id == staff).with_for_update(of=_ADDRESSES)
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None or not is_confirmed(row["added_by"], row["confirmed_by"]):
        return None
    return _account_from_row(row)


def _account_from_row(row: RowMapping) -> MailAccount:
    return MailAccount(
        row["id"], row["role"], row["organisation"], address_from_row(row), row["province"]
    )


async def _gather(connection: AsyncConnection, source: str, told: Sequence[Told], at: int) -> None:
    """Add events to the rows of their accounts."""
    grouped: dict[tuple[str, str, MailMode], list[Told]] = {}
    for one in told:
        grouped.setdefault((one.account.id, one.kind, one.mode), []).append(one)
    for (staff, kind, mode), ones in grouped.items():
        standing = ones[-1].account.standing
        this = (
            (_WAITING.c.staff == staff)
            & (_WAITING.c.kind == kind)
            & (_WAITING.c.source == source)
            & (_WAITING.c.mode == mode)
        )
        found = await connection.execute(select(_WAITING).where(this).with_for_update())
        row = found.mappings().one_or_none()
        items = [_describe(one.event) for one in ones]
        if row is not None and row["standing"] == standing:
            kept = [*json.loads(row["items"]), *items][-MOST_ITEMS:]
            values = {"count": row["count"] + len(ones), "items": to_canonical_json(kept)}
            await connection.execute(update(_WAITING).where(this).values(values))
            continue
        await connection.execute(delete(_WAITING).where(this))
        await connection.execute(
            insert(_WAITING).values(
                staff=staff,
                kind=kind,
                source=source,
                mode=mode,
                standing=standing,
                first=f"{ones[0].event.source} {ones[0].event.name}",
                since=at,
                count=len(ones),
                items=to_canonical_json(items[-MOST_ITEMS:]),
            )
        )


def _describe(event: NoticeEvent) -> dict[str, Any]:
    return {"event": event.name, "at": event.at, "data": asdict(event.data)}


async def _take(connection: AsyncConnection, staff: str, mode: MailMode) -> list[RowMapping]:
    """The rows that wait for an account; they wait no more."""
    these = (_WAITING.c.staff == staff) & (_WAITING.c.mode == mode)
    query = select(_WAITING).where(these).order_by(_WAITING.c.since, _WAITING.c.kind)
    rows = (await connection.execute(query.with_for_update())).mappings().all()
    if rows:
        await connection.execute(delete(_WAITING).where(these))
    return list(rows)


async def _put_back(connection: AsyncConnection, rows: Sequence[RowMapping]) -> None:
    await connection.execute(insert(_WAITING), [dict(row) for row in rows])


def _make_mail(
    account: MailAccount,
    purpose: MailPurpose,
    rows: Sequence[RowMapping],
    more: dict[str, Any],
    at: int,
) -> Mail | None:
    """The mail of these rows; None if they are of a former role and nothing else is told."""
    told = [row for row in rows if row["standing"] == account.standing]
    if not told and not any(more.values()):
        return None
    kinds: dict[str, dict[str, Any]] = {}
    for row in told:
        kind = kinds.setdefault(row["kind"], {"kind": row["kind"], "count": 0, "items": []})
        kind["count"] += row["count"]
        kind["items"] += json.loads(row["items"])
    for kind in kinds.values():
        kind["items"] = sorted(kind["items"], key=lambda item: -item["at"])[:MOST_ITEMS]
    # The id follows from what is told first, so a restored copy makes the same one again.
    first = told[0]["first"] if told else str(account.address.digest_at)
    digest = hashlib.sha256(f"{purpose} {account.id} {first}".encode()).hexdigest()
    return Mail(
        id=digest[:32],
        staff=account.id,
        address=account.address.address,
        purpose=purpose,
        language=account.address.language,
        content=to_canonical_json({"kinds": list(kinds.values()), **more}),
        made_at=at,
        expires_at=at + LIFETIME_MS,
        standing=account.standing,
    )

"""E-mail addresses of people: asked for, confirmed by a link that works once, chosen for, removed.

An address that is asked for waits in `mail_requests` until its person confirms it; the confirmed
one stays in use until then. Each account has at most one of both. The audit log has who did what
and no address, because it is never erased.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.alerts.alert_levels import AlertLevel
from ledger.chains.chained_rows import record_audit
from ledger.errors import MailLimited, UnknownMailLink, UnknownRow
from ledger.notices.mail_links import digest_address
from ledger.notices.mails import MOST_ASKED, NOTICES, Mail, count_recent, drop_waiting, insert_mail
from ledger.notices.notice_sources import MAIL_PREFIX, MAIL_SOURCES, begin_sources
from ledger.storage.slug_list import join_slugs, split_slugs
from ledger.storage.store import Store, uncancellable

MailMode = Literal["at_once", "digest", "never"]
MailAddressState = Literal["active", "failing"]

DEFAULT_HOUR: Final = 7
DEFAULT_LEVEL: Final[AlertLevel] = "strong"
_HOUR_MS: Final = 3_600_000
_TABLE: Final = schema.mail_addresses
_REQUESTS: Final = schema.mail_requests
_WAITING: Final = schema.mail_waiting


@dataclass(frozen=True, slots=True)
class MailAddress:
    """The confirmed address of an account, and what is wanted there. Times are milliseconds."""

    staff: str
    address: str
    language: str
    verified_at: int
    state: MailAddressState
    failure: str | None
    """Answer of the mail server that refused the address."""
    failed_at: int | None
    choices: Mapping[str, MailMode]
    """How each kind of notice is wanted; kinds that are missing have their default."""
    level: AlertLevel
    """Least level of alerts that are mailed."""
    digest_hour: int
    """Hour of the day in Vietnam."""
    digest_at: int
    """When the next digest is due."""
    rest_until: int
    """Time until which notices are gathered and not sent."""


@dataclass(frozen=True, slots=True)
class MailRequest:
    """An address that waits for its confirmation."""

    staff: str
    address: str
    language: str
    sha256: str
    made_at: int
    expires_at: int


class MailAddresses:
    """The addresses of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def find(self, staff: str) -> MailAddress | None:
        """Return the confirmed address of an account."""
        async with self._store.read() as connection:
            return await find_address(connection, staff)

    async def find_request(self, staff: str) -> MailRequest | None:
        """Return the address that an account has asked for and not confirmed."""
        async with self._store.read() as connection:
            row = await _select_request(connection, staff)
            return row if row is not None and row.expires_at > self._clock() else None

    @uncancellable
    async def request(self, request: MailRequest, mail: Mail) -> None:
        """Ask for an address; `mail` has the link that confirms it. Raises `MailLimited`."""
        at, staff = request.made_at, request.staff
        async with self._store.write() as connection:
            if await count_recent(connection, staff, ("verify",), at - _HOUR_MS) >= MOST_ASKED:
                raise MailLimited(most=MOST_ASKED)
            await drop_waiting(connection, staff, ("verify",), at)
            await connection.execute(delete(_REQUESTS).where(_REQUESTS.c.staff == staff))
            row = {name: getattr(request, name) for name in MailRequest.__slots__}
            await connection.execute(insert(_REQUESTS).values(row))
            await insert_mail(connection, mail)
            await _record(connection, staff, "request", at)

    @uncancellable
    async def confirm(
        self,
        staff: str,
        sha256: str,
        *,
        digest_at: Callable[[int], int],
        told: Callable[[MailAddress], Mail],
    ) -> MailAddress:
        """Use the address that was asked for from now on; its link works no more.

        `digest_at` is the next digest at an hour. `told` makes the mail that tells the old address.
        Raises `UnknownMailLink`.
        """
        at = self._clock()
        async with self._store.write() as connection:
            asked = await _select_request(connection, staff)
            if asked is None or asked.sha256 != sha256 or asked.expires_at <= at:
                raise UnknownMailLink
            await connection.execute(delete(_REQUESTS).where(_REQUESTS.c.staff == staff))
            known = await find_address(connection, staff)
            values: dict[str, Any] = {
                "address": asked.address,
                "language": asked.language,
                "verified_at": at,
                "state": "active",
                "failure": None,
                "failed_at": None,
                "rest_until": 0,
            }
            if known is None:
                usual = {
                    "choices": "",
                    "level": DEFAULT_LEVEL,
                    "digest_hour": DEFAULT_HOUR,
                    "digest_at": digest_at(DEFAULT_HOUR),
                }
                row = {"staff": staff, **values, **usual}
                await connection.execute(insert(_TABLE).values(row))
                await begin_sources(connection, MAIL_SOURCES, MAIL_PREFIX)
            else:
                this = update(_TABLE).where(_TABLE.c.staff == staff)
                await connection.execute(this.values(values))
                if known.address != asked.address:
                    await insert_mail(connection, told(known))
            await _record(connection, staff, "confirm", at)
            return await _get(connection, staff)

    @uncancellable
    async def choose(
        self,
        staff: str,
        *,
        choices: Mapping[str, MailMode],
        level: AlertLevel,
        language: str,
        digest_hour: int,
        digest_at: int,
        actor: str,
    ) -> MailAddress:
        """Set what is wanted; what is wanted no more is dropped. Raises `UnknownRow`."""
        at = self._clock()
        async with self._store.write() as connection:
            await _get(connection, staff)
            values = {
                "choices": _join_choices(choices),
                "level": level,
                "language": language,
                "digest_hour": digest_hour,
                "digest_at": digest_at,
            }
            await connection.execute(update(_TABLE).where(_TABLE.c.staff == staff).values(values))
            await _forget_kinds(connection, staff, _list_never(choices))
            details = {"choices": dict(choices), "level": level, "hour": digest_hour}
            await _record(connection, staff, "choose", at, details=details, actor=actor)
            return await _get(connection, staff)

    @uncancellable
    async def stop_kinds(self, staff: str, address_digest: str, kinds: Sequence[str]) -> bool:
        """Send these kinds no more to an address; False if the account has another one now."""
        at, known = self._clock(), await self.find(staff)
        if known is not None and all(known.choices.get(kind) == "never" for kind in kinds):
            return digest_address(known.address) == address_digest  # no writer waits for it
        async with self._store.write() as connection:
            known = await find_address(connection, staff)
            if known is None or digest_address(known.address) != address_digest:
                return False
            choices = {**known.choices, **dict.fromkeys(kinds, "never")}
            values = {"choices": _join_choices(choices)}
            await connection.execute(update(_TABLE).where(_TABLE.c.staff == staff).values(values))
            await _forget_kinds(connection, staff, kinds)
            await _record(connection, staff, "stop", at, details={"kinds": list(kinds)})
            return True

    @uncancellable
    async def remove(self, staff: str, *, told: Callable[[MailAddress], Mail]) -> None:
        """Forget an account's address and the one it asked for; the confirmed one is told."""
        at = self._clock()
        async with self._store.write() as connection:
            known = await find_address(connection, staff)
            asked = await _select_request(connection, staff)
            if known is None and asked is None:
                return
            for table in (_TABLE, _REQUESTS, _WAITING):
                await connection.execute(delete(table).where(table.c.staff == staff))
            await drop_waiting(connection, staff, (*NOTICES, "verify"), at)
            if known is not None:
                await insert_mail(connection, told(known))
            await _record(connection, staff, "remove", at)


async def find_address(connection: AsyncConnection, staff: str) -> MailAddress | None:
    """Return the confirmed address of an account, in the caller's transaction."""
    found = await connection.execute(select(_TABLE).where(_TABLE.c.staff == staff))
    row = found.mappings().one_or_none()
    return None if row is None else address_from_row(row)


def address_from_row(row: RowMapping) -> MailAddress:
    """Return the address in a row."""
    values: dict[str, Any] = {name: row[name] for name in MailAddress.__slots__}
    return MailAddress(**{**values, "choices": _split_choices(row["choices"])})


async def _get(connection: AsyncConnection, staff: str) -> MailAddress:
    known = await find_address(connection, staff)
    if known is None:
        raise UnknownRow(kind="mail address", id=staff)
    return known


async def _select_request(connection: AsyncConnection, staff: str) -> MailRequest | None:
    found = await connection.execute(select(_REQUESTS).where(_REQUESTS.c.staff == staff))
    row = found.mappings().one_or_none()
    return None if row is None else MailRequest(**row)


async def _forget_kinds(connection: AsyncConnection, staff: str, kinds: Iterable[str]) -> None:
    these = (_WAITING.c.staff == staff) & _WAITING.c.kind.in_(tuple(kinds))
    await connection.execute(delete(_WAITING).where(these))


def _list_never(choices: Mapping[str, MailMode]) -> list[str]:
    return [kind for kind, mode in choices.items() if mode == "never"]


def _join_choices(choices: Mapping[str, str]) -> str:
    return join_slugs(tuple(f"{kind}={mode}" for kind, mode in choices.items()))


def _split_choices(text: str) -> dict[str, Any]:
    return dict(one.split("=", 1) for one in split_slugs(text))


async def _record(
    connection: AsyncConnection,
    staff: str,
    verb: str,
    at: int,
    *,
    details: Mapping[str, Any] | None = None,
    actor: str | None = None,
) -> None:
    await record_audit(
        connection,
        at=at,
        actor=actor or staff,
        action=f"mail.{verb}",
        subject=f"staff:{staff}",
        details=dict(details or {}),
    )

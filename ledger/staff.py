"""Staff: accounts of the people who sign in at the desk, and tokens of their machines.

The audit log has the digest of each account's row, so `Audit.verify` finds a role that was changed
in the database. What changes with every sign-in (wrong attempts, the last one-time code, the
session generation) is in a second table, `staff_sign_in`.

A token is `vtm_ID_SECRET`; only the SHA-256 of its secret (256 random bits) is stored.
"""

import asyncio
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import passwords, schema
from ledger.chained_rows import record_audit, record_row_change
from ledger.devices import revoke_devices_of
from ledger.errors import (
    AlreadyExists,
    SignInLocked,
    UnknownRow,
    UnknownStaff,
    UnknownToken,
    WrongCredentials,
)
from ledger.pin_attempts import Lockout
from ledger.store import Store

Role = Literal["print_house", "packer", "inspector", "authority", "issuer"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)

LOCKOUT: Final = Lockout(tries=5, lock_ms=60_000, longest_ms=15 * 60_000)
"""Short locks: they stop guessing, and a stranger can not lock somebody out for long."""

_CONCURRENT_HASHES: Final = 2
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,38}[a-z0-9])?")
_TOKEN: Final = re.compile(r"vtm_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Staff:
    """A person's account; `id` is the sign-in name and the actor in the audit log."""

    id: str
    name: str
    role: Role
    organisation: str | None
    has_otp: bool
    disabled: bool
    generation: int
    """Grows with each sign-out; sessions of an earlier generation are invalid."""
    added_at: int


@dataclass(frozen=True, slots=True)
class Token:
    """A token that signs a machine in for an account; times are milliseconds, UTC."""

    id: str
    staff: str
    label: str
    made_at: int
    expires_at: int | None
    revoked_at: int | None


class StaffAccounts:
    """The accounts of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        # Each Argon2 hash takes a core and 64 MiB for a moment: a flood of sign-ins queues here.
        self._hashing = asyncio.Semaphore(_CONCURRENT_HASHES)

    async def add(
        self,
        id_: str,
        *,
        name: str,
        role: Role,
        password: str,
        organisation: str | None = None,
        otp_secret: str | None = None,
        actor: str = "system",
        at: int | None = None,
    ) -> Staff:
        """Add an account. With an `otp_secret` (base32) each sign-in needs a one-time code.

        Raises `AlreadyExists`, `WeakPassword`, `UnknownRow` for an unknown organisation, and
        ValueError for a malformed name or secret or an unknown role.
        """
        if not _NAME.fullmatch(id_):
            raise ValueError("an account name has 1 to 40 of a-z 0-9 . - and begins with a letter")
        if role not in ROLES:
            raise ValueError(f"there is no role {role}; there are {', '.join(ROLES)}")
        if otp_secret is not None:
            passwords.check_otp_secret(otp_secret)
        at = self._clock() if at is None else at
        row = {
            "id": id_,
            "name": name,
            "role": role,
            "organisation": organisation,
            "password_hash": await passwords.hash_password(password, id_),
            "otp_secret": otp_secret,
            "disabled": False,
            "added_at": at,
        }
        staff, organisations = schema.staff, schema.organisations
        async with self._store.write() as connection:
            if await connection.scalar(select(staff.c.id).where(staff.c.id == id_)):
                raise AlreadyExists(kind="staff account", id=id_)
            known = select(organisations.c.id).where(organisations.c.id == organisation)
            if organisation is not None and await connection.scalar(known) is None:
                raise UnknownRow(kind="organisation", id=organisation)
            await connection.execute(insert(staff).values(row))
            await connection.execute(
                insert(schema.staff_sign_in).values(staff=id_, wrong=0, otp_step=0, generation=0)
            )
            await record_row_change(connection, staff, id_, at=at, actor=actor, action="staff.add")
            return _staff(await _find(connection, id_))

    async def get(self, id_: str) -> Staff:
        """Return the account of this name. Raises `UnknownStaff`."""
        async with self._store.read() as connection:
            return _staff(await _find(connection, id_))

    async def list(self) -> "list[Staff]":
        """Return all accounts by name."""
        async with self._store.read() as connection:
            found = await connection.execute(_ACCOUNTS.order_by(schema.staff.c.id))
            return [_staff(row) for row in found.mappings()]

    async def sign_in(
        self, id_: str, password: str, otp: str | None = None, *, at: int | None = None
    ) -> Staff:
        """Return the account if name, password and (if it has one) one-time code are right.

        Wrong attempts lock the account for a while, a right one resets the count; during a lock
        no password is checked. Raises `WrongCredentials`, `SignInLocked`.
        """
        at = self._clock() if at is None else at
        async with self._store.read() as connection:
            known = (await connection.execute(_select_account(id_))).mappings().one_or_none()
        if known is not None:
            _check_lock(known, at)
        kept = None if known is None else known["password_hash"]
        async with self._hashing:
            right = await passwords.verify_password(kept, password)
        if known is None:
            raise WrongCredentials
        async with self._store.write() as connection:
            known = await _find(connection, id_)
            _check_lock(known, at)
            step = known["otp_step"]
            if known["otp_secret"] is not None:
                used = passwords.match_otp_step(known["otp_secret"], otp or "", at, step)
                right, step = right and used is not None, used or step
            if right and not known["disabled"]:
                await _set(connection, id_, wrong=0, locked_until=None, otp_step=step)
                await _record(connection, id_, "sign-in", id_, at)
                return _staff(known)
            await _count_wrong(connection, known, at)
        raise WrongCredentials

    async def check_password(self, id_: str, password: str, *, at: int | None = None) -> None:
        """Check the password of somebody who is signed in; wrong ones count as at sign-in.

        Raises `WrongCredentials`, `SignInLocked`, `UnknownStaff`.
        """
        at = self._clock() if at is None else at
        async with self._store.read() as connection:
            known = await _find(connection, id_)
        _check_lock(known, at)
        async with self._hashing:
            right = await passwords.verify_password(known["password_hash"], password)
        async with self._store.write() as connection:
            known = await _find(connection, id_)
            _check_lock(known, at)
            if right:
                await _set(connection, id_, wrong=0, locked_until=None)
                return
            await _count_wrong(connection, known, at)
        raise WrongCredentials

    async def end_sessions(self, id_: str, *, at: int | None = None) -> None:
        """End all sessions of an account. Raises `UnknownStaff`."""
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            known = await _find(connection, id_)
            await _set(connection, id_, generation=known["generation"] + 1)
            await _record(connection, id_, "sign-out", id_, at)

    async def set_password(
        self, id_: str, password: str, *, actor: str, at: int | None = None
    ) -> Staff:
        """Set the password of an account and end its sessions. Raises as `add` does."""
        kept = await passwords.hash_password(password, id_)
        return await self._change(id_, "staff.password", actor, at, password_hash=kept)

    async def disable(
        self, id_: str, *, actor: str, disabled: bool = True, at: int | None = None
    ) -> Staff:
        """Disable (or enable) an account; its sessions end and its tokens are refused.

        Its devices are revoked for good: an account that is enabled again enrols them anew.
        """
        action = "staff.disable" if disabled else "staff.enable"
        return await self._change(id_, action, actor, at, disabled=disabled)

    async def create_token(
        self,
        id_: str,
        *,
        label: str,
        actor: str,
        expires_at: int | None = None,
        at: int | None = None,
    ) -> tuple[Token, str]:
        """Create a token; return it with its text, which is not stored. Raises `UnknownStaff`."""
        at = self._clock() if at is None else at
        name, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        tokens = schema.staff_tokens
        async with self._store.write() as connection:
            await _find(connection, id_)
            await connection.execute(
                insert(tokens).values(
                    id=name,
                    staff=id_,
                    label=label,
                    sha256=hashlib.sha256(secret.encode()).hexdigest(),
                    made_at=at,
                    expires_at=expires_at,
                )
            )
            await record_row_change(
                connection, tokens, name, at=at, actor=actor, action="token.make"
            )
        return Token(name, id_, label, at, expires_at, None), f"vtm_{name}_{secret}"

    async def get_by_token(self, text: str, at: int | None = None) -> Staff:
        """Return the account of a token. Raises `UnknownToken`, whatever is wrong."""
        at = self._clock() if at is None else at
        form = _TOKEN.fullmatch(text)
        if form is None:
            raise UnknownToken
        tokens = schema.staff_tokens
        async with self._store.read() as connection:
            found = await connection.execute(select(tokens).where(tokens.c.id == form[1]))
            kept = found.mappings().one_or_none()
            if kept is None or not _is_valid(kept, form[2], at):
                raise UnknownToken
            known = _staff(await _find(connection, kept["staff"]))
        if known.disabled:
            raise UnknownToken
        return known

    async def list_tokens(self, id_: str) -> Sequence[Token]:
        """Return the tokens of an account, the newest first, revoked ones too."""
        tokens = schema.staff_tokens
        query = select(tokens).where(tokens.c.staff == id_)
        async with self._store.read() as connection:
            found = await connection.execute(query.order_by(tokens.c.made_at.desc(), tokens.c.id))
            return [_token(row) for row in found.mappings()]

    async def revoke_token(
        self, token: str, *, staff: str, actor: str, at: int | None = None
    ) -> None:
        """Revoke a token of an account. Raises `UnknownToken`; again changes nothing."""
        at = self._clock() if at is None else at
        tokens = schema.staff_tokens
        this = (tokens.c.id == token) & (tokens.c.staff == staff)
        async with self._store.write() as connection:
            kept = (await connection.execute(select(tokens).where(this))).mappings().one_or_none()
            if kept is None:
                raise UnknownToken
            if kept["revoked_at"] is None:
                await connection.execute(update(tokens).where(this).values(revoked_at=at))
                await record_row_change(
                    connection, tokens, token, at=at, actor=actor, action="token.revoke"
                )

    async def _change(self, id_: str, action: str, actor: str, at: int | None, **row: Any) -> Staff:
        at = self._clock() if at is None else at
        staff = schema.staff
        async with self._store.write() as connection:
            known = await _find(connection, id_)
            await connection.execute(update(staff).where(staff.c.id == id_).values(row))
            await _set(connection, id_, generation=known["generation"] + 1)
            await record_row_change(connection, staff, id_, at=at, actor=actor, action=action)
            if row.get("disabled"):
                await revoke_devices_of(connection, id_, actor=actor, at=at)
            return _staff(await _find(connection, id_))


_ACCOUNTS: Final = select(schema.staff, *schema.staff_sign_in.columns[1:]).join(
    schema.staff_sign_in, schema.staff_sign_in.c.staff == schema.staff.c.id
)


def _select_account(id_: str) -> Any:
    return _ACCOUNTS.where(schema.staff.c.id == id_)


async def _find(connection: AsyncConnection, id_: str) -> RowMapping:
    found = (await connection.execute(_select_account(id_))).mappings().one_or_none()
    if found is None:
        raise UnknownStaff(staff=id_)
    return found


async def _set(connection: AsyncConnection, id_: str, **row: Any) -> None:
    presence = schema.staff_sign_in
    await connection.execute(update(presence).where(presence.c.staff == id_).values(row))


async def _record(connection: AsyncConnection, id_: str, verb: str, actor: str, at: int) -> None:
    """Append an audit entry about an account whose row does not change."""
    await record_audit(
        connection, at=at, actor=actor, action=f"staff.{verb}", subject=f"staff:{id_}", details={}
    )


async def _count_wrong(connection: AsyncConnection, known: RowMapping, at: int) -> None:
    """Count a wrong attempt and lock the account when there are too many."""
    id_, wrong = known["id"], known["wrong"] + 1
    until = LOCKOUT.locked_until(wrong, at)
    await _set(connection, id_, wrong=wrong, locked_until=until)
    if until is not None:
        await _record(connection, id_, "locked", id_, at)


def _check_lock(known: RowMapping, at: int) -> None:
    until = known["locked_until"]
    if until is not None and at < until:
        raise SignInLocked(locked_until=until, seconds=-(-(until - at) // 1000))


def _is_valid(kept: RowMapping, secret: str, at: int) -> bool:
    same = hmac.compare_digest(kept["sha256"], hashlib.sha256(secret.encode()).hexdigest())
    expired = kept["expires_at"] is not None and kept["expires_at"] <= at
    return same and not expired and kept["revoked_at"] is None


def _staff(row: RowMapping) -> Staff:
    return Staff(
        id=row["id"],
        name=row["name"],
        role=row["role"],
        organisation=row["organisation"],
        has_otp=row["otp_secret"] is not None,
        disabled=row["disabled"],
        generation=row["generation"],
        added_at=row["added_at"],
    )


def _token(row: RowMapping) -> Token:
    return Token(**{name: cell for name, cell in row.items() if name != "sha256"})

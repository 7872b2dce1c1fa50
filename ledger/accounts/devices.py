"""Devices: whose scans count as a named account's, because the device signs them.

A device is added with a one-time enrolment code, of which only the SHA-256 is stored, and enrolled
when its holder sends the code with a public key. The private key never leaves the device. The audit
log has the digest of each row, so a public key that was put into the database is found.

Resolvers and recorders read devices and cannot write them (ops/postgres/roles.sql). They may not
read `code_sha256`: no query but that of `enrol` names it.
"""

import hashlib
import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.chained_rows import record_row_change
from ledger.errors import AlreadyExists
from ledger.staff_errors import (
    DeviceKeyTaken,
    UnknownDevice,
    UnknownStaff,
    WrongEnrolmentCode,
)
from ledger.storage.store import Store, uncancellable

DeviceKind = Literal["inspector", "app"]
"""Kind of a device: what its scans count as."""
DEVICE_KINDS: Final[tuple[DeviceKind, ...]] = get_args(DeviceKind)
DeviceState = Literal["waiting", "expired", "enrolled", "revoked"]


@dataclass(frozen=True, slots=True)
class Device:
    """A device of an account; times are milliseconds, UTC."""

    id: str
    account: str
    kind: DeviceKind
    label: str
    code_expires_at: int
    added_at: int
    public_key: bytes | None = None
    """Ed25519, 32 bytes; None until the device is enrolled."""
    enrolled_at: int | None = None
    revoked_at: int | None = None

    def get_state(self, now: int) -> DeviceState:
        """Whether the device waits for its enrolment, did not come in time, signs, or is revoked.

        >>> Device("0123456789ab", "mai", "inspector", "Pixel", 100, 0).get_state(100)
        'expired'
        """
        if self.revoked_at is not None:
            return "revoked"
        if self.enrolled_at is not None:
            return "enrolled"
        return "waiting" if now < self.code_expires_at else "expired"


class Devices:
    """The devices of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def add(
        self,
        account: str,
        *,
        kind: DeviceKind,
        label: str,
        code: str,
        code_expires_at: int,
        actor: str,
        name: str | None = None,
        at: int | None = None,
    ) -> Device:
        """Add a device that waits for its enrolment with `code`, which is not stored.

        `name` is its id, 12 hexadecimal digits; random when None. Raises `AlreadyExists`, and
        `UnknownStaff` for an account that does not exist or is disabled.
        """
        at = self._clock() if at is None else at
        devices, staff = schema.devices, schema.staff
        device = Device(name or secrets.token_hex(6), account, kind, label, code_expires_at, at)
        async with self._store.write() as connection:
            enabled = select(staff.c.id).where(staff.c.id == account, ~staff.c.disabled)
            if await connection.scalar(enabled) is None:
                raise UnknownStaff(staff=account)
            taken = select(devices.c.id).where(devices.c.id == device.id)
            if await connection.scalar(taken) is not None:
                raise AlreadyExists(kind="device", id=device.id)
            await connection.execute(
                insert(devices).values(
                    id=device.id,
                    account=account,
                    kind=kind,
                    label=label,
                    code_sha256=_hash_code(code),
                    code_expires_at=code_expires_at,
                    added_at=at,
                )
            )
            await _record(connection, device.id, "device.add", actor, at)
        return device

    @uncancellable
    async def enrol(self, code: str, public_key: bytes, *, at: int | None = None) -> Device:
        """Enrol the device that waits for `code` under its public key (32 bytes).

        The same code with the same key again answers the same device: the first answer may have
        been lost. Raises `WrongEnrolmentCode`, `DeviceKeyTaken`.
        """
        at = self._clock() if at is None else at
        devices = schema.devices
        async with self._store.write() as connection:
            waiting = select(devices.c.id).where(devices.c.code_sha256 == _hash_code(code))
            id_ = await connection.scalar(waiting)
            device = None if id_ is None else await _find(connection, id_)
            if device is None or device.revoked_at is not None:
                raise WrongEnrolmentCode
            if device.public_key is not None:
                if device.public_key != public_key:
                    raise WrongEnrolmentCode
                return device
            if at >= device.code_expires_at:
                raise WrongEnrolmentCode
            taken = select(devices.c.id).where(devices.c.public_key == public_key)
            if await connection.scalar(taken) is not None:
                raise DeviceKeyTaken
            await _set(connection, device.id, public_key=public_key, enrolled_at=at)
            await _record(connection, device.id, "device.enrol", device.account, at)
            return await _find(connection, device.id)

    async def get(self, id_: str) -> Device:
        """Return a device. Raises `UnknownDevice`."""
        async with self._store.read() as connection:
            return await _find(connection, id_)

    async def get_many(self, ids: Collection[str]) -> dict[str, Device]:
        """Return devices by id; unknown ones are left out."""
        async with self._store.read() as connection:
            found = await connection.execute(_DEVICES.where(schema.devices.c.id.in_(ids)))
            return {row["id"]: _device(row) for row in found.mappings()}

    async def list(self, account: str | None = None) -> Sequence[Device]:
        """Return the devices of an account, or all, the newest first; revoked ones too."""
        devices = schema.devices
        query = _DEVICES.order_by(devices.c.added_at.desc(), devices.c.id)
        if account is not None:
            query = query.where(devices.c.account == account)
        async with self._store.read() as connection:
            return [_device(row) for row in (await connection.execute(query)).mappings()]

    @uncancellable
    async def revoke(
        self, id_: str, *, actor: str, account: str | None = None, at: int | None = None
    ) -> Device:
        """Revoke a device, of `account` only if it is given; again changes nothing.

        Raises `UnknownDevice`.
        """
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            device = await _find(connection, id_)
            if account is not None and device.account != account:
                raise UnknownDevice(id=id_)
            if device.revoked_at is None:
                await _revoke(connection, id_, actor, at)
            return await _find(connection, id_)


async def revoke_devices_of(
    connection: AsyncConnection, account: str, *, actor: str, at: int
) -> None:
    """Revoke all devices of an account inside the caller's transaction."""
    devices = schema.devices
    living = select(devices.c.id).where(
        devices.c.account == account, devices.c.revoked_at.is_(None)
    )
    for id_ in (await connection.execute(living.order_by(devices.c.id))).scalars().all():
        await _revoke(connection, id_, actor, at)


_DEVICES: Final = select(*(c for c in schema.devices.columns if c.name != "code_sha256"))


def _hash_code(code: str) -> str:
    return hashlib.sha256(f"veritem enrolment v1 {code}".encode()).hexdigest()


async def _find(connection: AsyncConnection, id_: str) -> Device:
    found = await connection.execute(_DEVICES.where(schema.devices.c.id == id_))
    row = found.mappings().one_or_none()
    if row is None:
        raise UnknownDevice(id=id_)
    return _device(row)


async def _revoke(connection: AsyncConnection, id_: str, actor: str, at: int) -> None:
    await _set(connection, id_, revoked_at=at)
    await _record(connection, id_, "device.revoke", actor, at)


async def _set(connection: AsyncConnection, id_: str, **row: Any) -> None:
    devices = schema.devices
    await connection.execute(update(devices).where(devices.c.id == id_).values(row))


async def _record(connection: AsyncConnection, id_: str, action: str, actor: str, at: int) -> None:
    await record_row_change(connection, schema.devices, id_, at=at, actor=actor, action=action)


def _device(row: RowMapping) -> Device:
    return Device(**row)

"""Enrolled devices: whose signed scans count as an inspector's or an official app's.

The holder of an account adds a device and is shown a one-time code; the device sends the code with
its public key. What a device's scans count as follows from the role of the account.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ledger import Device, DeviceKind, Ledger, Role
from services.context import ServiceContext
from services.errors import InvalidInput
from services.permissions import Permission, has_permission, require_permission
from stamps.code import ALPHABET
from stamps.device_enrolment import CODE_LENGTH, parse_enrolment

KIND_OF_ROLE: Final[Mapping[Role, DeviceKind]] = {"inspector": "inspector", "authority": "app"}
"""Kind of the devices of each role's accounts; accounts of other roles have none."""
CODE_MS: Final = 15 * 60_000
"""Lifetime of an enrolment code."""
MAX_LABEL_LENGTH: Final = 80


@dataclass(frozen=True, slots=True)
class AddedDevice:
    """A device that waits for its enrolment, and the code, which is shown this once."""

    device: Device
    code: str


async def add_device(
    context: ServiceContext, label: str, *, account: str | None = None, key: str | None = None
) -> AddedDevice:
    """Add a device of the actor's account; only an administrator names another `account`.

    The same `key` again adds no second device, and its code cannot be told again. Raises
    `AlreadyExists`, `KeyRequired`, `Forbidden`, `UnknownStaff`, and `InvalidInput` for an account
    whose role has no devices.
    """
    owner = _check_owner(context, account)
    staff = await context.ledger.staff.get(owner)
    kind = KIND_OF_ROLE.get(staff.role)
    if kind is None:
        roles = " and ".join(KIND_OF_ROLE)
        raise InvalidInput(field="account", why=f"only accounts of {roles} have devices")
    at = context.clock()
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    device = await context.ledger.devices.add(
        owner,
        kind=kind,
        label=label.strip()[:MAX_LABEL_LENGTH] or "–",
        code=code,
        code_expires_at=at + CODE_MS,
        name=None if key is None else _name_device(context.scope_key(key)),
        actor=context.actor.id,
        at=at,
    )
    return AddedDevice(device, code)


async def enrol_device(ledger: Ledger, request: str, *, at: int) -> Device:
    """Enrol the device that sent `request` (`stamps.device_enrolment`); nobody is signed in.

    Raises `MalformedEnrolment`, `WrongEnrolmentCode`, `DeviceKeyTaken`.
    """
    wanted = parse_enrolment(request)
    return await ledger.devices.enrol(wanted.code, wanted.public_key, at=at)


async def list_devices(
    context: ServiceContext, *, account: str | None = None, all_accounts: bool = False
) -> Sequence[Device]:
    """The devices of the actor's account, newest first, revoked ones too.

    Only who sees accounts names another `account` or asks for all. Raises `Forbidden`.
    """
    if all_accounts or account not in (None, context.actor.id):
        require_permission(context, Permission.ACCOUNT_SEE)
        return await context.ledger.devices.list(None if all_accounts else account)
    require_permission(context, Permission.DEVICE_ENROL)
    return await context.ledger.devices.list(context.actor.id)


async def revoke_device(context: ServiceContext, device: str) -> Device:
    """Revoke a device of the actor's account, any for an administrator; again changes nothing.

    Raises `Forbidden`, `UnknownDevice`.
    """
    require_permission(context, Permission.DEVICE_ENROL, Permission.ACCOUNT_MANAGE)
    is_any = has_permission(context.actor, Permission.ACCOUNT_MANAGE)
    return await context.ledger.devices.revoke(
        device,
        actor=context.actor.id,
        account=None if is_any else context.actor.id,
        at=context.clock(),
    )


def _name_device(scoped_key: str) -> str:
    """The id of the device that is added under an idempotency key."""
    return hashlib.sha256(f"veritem device\0{scoped_key}".encode()).hexdigest()[:12]


def _check_owner(context: ServiceContext, account: str | None) -> str:
    """Return the owner of the device: `account`, else the actor. Raises `Forbidden`."""
    if account is None or account == context.actor.id:
        require_permission(context, Permission.DEVICE_ENROL)
        return context.actor.id
    require_permission(context, Permission.ACCOUNT_MANAGE)
    return account

"""Phones of field checks: adding, proving and shutting out.

An account's phone keeps unsent findings, encrypted, and a snapshot. Who loses a phone, or an
administrator, shuts it out: its session ends, the desk takes nothing of it any more, and at its
next contact it erases what it keeps.
"""

from collections.abc import Sequence
from typing import Final, Literal

from ledger import Ledger
from ledger.field.field_phones import FieldPhone
from services.context import ServiceContext
from services.errors import PhoneShutOut
from services.permissions import Permission, has_permission, require_permission

MAX_LABEL_LENGTH: Final = 80
Standing = Literal["in", "out", "unknown"]


async def add_phone(
    context: ServiceContext, label: str, session: str | None = None
) -> tuple[FieldPhone, str]:
    """Add the phone that asks; return it and what it proves itself with. Raises `Forbidden`."""
    require_permission(context, Permission.FIELD_CHECK)
    shown = label.strip()[:MAX_LABEL_LENGTH] or "–"
    phone, secret = await context.ledger.field_phones.add(context.actor.id, shown, session)
    return phone, f"{phone.id}.{secret}"


async def find_standing(ledger: Ledger, proof: str) -> Standing:
    """Whether the phone of a proof was shut out; nobody is signed in.

    A proof that is not known says nothing: a ledger that was restored knows fewer phones.
    """
    id_, _, secret = proof.partition(".")
    found = await ledger.field_phones.find_proven(id_, secret)
    if found is None:
        return "unknown"
    phone, is_disabled = found
    return "out" if phone.shut_at is not None or is_disabled else "in"


async def require_phone(
    context: ServiceContext, proof: str, session: str | None = None
) -> FieldPhone | None:
    """The phone of a proof; None for one that is not known, or is another account's.

    Raises `Forbidden`, `PhoneShutOut`.
    """
    require_permission(context, Permission.FIELD_CHECK)
    id_, _, secret = proof.partition(".")
    found = await context.ledger.field_phones.find_proven(id_, secret)
    if found is None:
        return None
    phone, is_disabled = found
    if phone.shut_at is not None or is_disabled:
        raise PhoneShutOut(phone=phone.label)
    if phone.account != context.actor.id:
        return None
    if session is not None:
        await context.ledger.field_phones.touch(phone, session)
    return phone


async def list_phones(context: ServiceContext, account: str | None = None) -> Sequence[FieldPhone]:
    """The phones of the actor's account; only who sees accounts names another.

    Raises `Forbidden`.
    """
    if account in (None, context.actor.id):
        require_permission(context, Permission.FIELD_CHECK)
        return await context.ledger.field_phones.list(context.actor.id)
    require_permission(context, Permission.ACCOUNT_SEE)
    return await context.ledger.field_phones.list(str(account))


async def shut_out(context: ServiceContext, phone: str) -> FieldPhone:
    """Shut out a phone of the actor's account, any for an administrator; again changes nothing.

    Raises `Forbidden`, `UnknownRow`.
    """
    require_permission(context, Permission.FIELD_CHECK, Permission.ACCOUNT_MANAGE)
    is_any = has_permission(context.actor, Permission.ACCOUNT_MANAGE)
    return await context.ledger.field_phones.shut_out(
        phone,
        actor=context.actor.id,
        account=None if is_any else context.actor.id,
        at=context.clock(),
    )

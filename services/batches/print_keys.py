"""Print keys: who may add and retire the keys that bundles are encrypted to.

A print house manages its own; an administrator those of every print house. On a page and in the API
the account proves itself once more, because whoever adds a key reads every later bundle.
"""

from typing import Final

from ledger import Ledger
from ledger.batches.print_keys import PrintKey
from ledger.errors import UnknownRow
from printing.bundles.encryption import parse_recipients
from printing.errors import PinsNeedEncryption, RecipientRefused
from services.context import ServiceContext
from services.errors import Forbidden, InvalidInput
from services.permissions import Permission, require_permission
from services.sign_in import IdentityProof, SignInBudgets, confirm_identity

MAX_LABEL_LENGTH: Final = 80
MOST_IN_USE: Final = 5
"""Keys of one print house that are in use at once."""


async def find_recipients(ledger: Ledger, print_house: str | None) -> list[str]:
    """The keys that new bundles of a print house are encrypted to; none for plain files."""
    if print_house is None:
        return []
    keys = await ledger.print_keys.list(print_house)
    return [one.public_key for one in keys if one.retired_at is None]


async def require_key_for_pins(ledger: Ledger, print_house: str | None, has_pin: bool) -> None:
    """Raise `PinsNeedEncryption` where stamps with PINs go to a print house without a key."""
    if has_pin and print_house is not None and not await find_recipients(ledger, print_house):
        raise PinsNeedEncryption


async def list_keys(context: ServiceContext, print_house: str) -> list[PrintKey]:
    """All keys of a print house. Raises `Forbidden`, `UnknownRow`."""
    _require_own(context, print_house)
    return await context.ledger.print_keys.list(print_house)


async def add_key(
    context: ServiceContext, print_house: str, public_key: str, label: str = ""
) -> PrintKey:
    """Encrypt the next bundles to a further key.

    Raises `Forbidden`, `UnknownRow`, `InvalidInput`, `AlreadyExists`.
    """
    _require_own(context, print_house)
    public_key = public_key.strip()
    try:
        parse_recipients([public_key])
    except RecipientRefused as wrong:
        raise InvalidInput(field="public_key", why=str(wrong), expected="age_key") from wrong
    if len(label) > MAX_LABEL_LENGTH:
        why = f"must have at most {MAX_LABEL_LENGTH} characters"
        raise InvalidInput(field="label", why=why)
    in_use = await find_recipients(context.ledger, print_house)
    if public_key not in in_use and len(in_use) >= MOST_IN_USE:
        raise InvalidInput(field="public_key", why="retire another key first", expected="keys_full")
    return await context.ledger.print_keys.add(
        print_house, public_key, label, actor=context.actor.id, at=context.clock()
    )


async def retire_key(context: ServiceContext, print_house: str, public_key: str) -> PrintKey:
    """Encrypt no further bundle to a key; bundles that are written stay as they are.

    Raises `Forbidden`, `UnknownRow`, `LastPrintKey`.
    """
    _require_own(context, print_house)
    return await context.ledger.print_keys.retire(
        print_house, public_key, actor=context.actor.id, at=context.clock()
    )


async def add_confirmed_key(
    context: ServiceContext,
    budgets: SignInBudgets,
    proof: IdentityProof,
    print_house: str,
    public_key: str,
    label: str,
) -> PrintKey:
    """Add a key; the account proves itself.

    Raises as `add_key` and `services.sign_in.confirm_identity` do.
    """
    _require_own(context, print_house)
    await confirm_identity(context, budgets, proof)
    return await add_key(context, print_house, public_key, label)


async def add_own_key(
    context: ServiceContext,
    budgets: SignInBudgets,
    proof: IdentityProof,
    public_key: str,
    label: str,
) -> PrintKey:
    """Add a key of the actor's print house. Raises as `add_confirmed_key` does."""
    return await add_confirmed_key(context, budgets, proof, _own(context), public_key, label)


def _own(context: ServiceContext) -> str:
    require_permission(context, Permission.PRINT_KEY_EDIT)
    if context.actor.organisation is None:
        raise Forbidden(role=context.actor.role, permission=Permission.PRINT_KEY_EDIT)
    return context.actor.organisation


def _require_own(context: ServiceContext, print_house: str) -> None:
    require_permission(context, Permission.PRINT_KEY_EDIT)
    actor = context.actor
    if actor.role == "print_house" and actor.organisation != print_house:
        raise UnknownRow(kind="organisation", id=print_house)

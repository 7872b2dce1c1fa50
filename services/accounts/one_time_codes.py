"""One-time codes of the actor's account, its recovery codes, and their reset by somebody else.

A person turns codes on with the password and with a code of the app that was set up, so that nobody
locks themselves out with an app that failed. Who has codes already changes the app with a code of
the old one. Nobody turns codes off for themselves: an administrator resets them, and a third person
confirms the account again.
"""

from typing import Final

import pyotp

from ledger import Proposal, Staff
from ledger.account_names import normalise_account_name
from ledger.accounts.passwords import match_otp_step
from ledger.accounts.recovery_codes import make_recovery_codes
from services.context import ServiceContext
from services.errors import InvalidInput, NoOneTimeCodes, WrongSetupCode
from services.permissions import Permission, require_permission
from services.sign_in import IdentityProof, SignInBudgets, confirm_identity

ISSUER: Final = "Veritem"
"""Name that an authenticator app shows beside the account."""


def make_secret() -> str:
    """A new secret of one-time codes (base32, 160 bits)."""
    return pyotp.random_base32()


def describe_secret(account: str, secret: str) -> str:
    """The address that an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)


async def turn_on_codes(
    context: ServiceContext, budgets: SignInBudgets, proof: IdentityProof, secret: str, code: str
) -> tuple[Staff, tuple[str, ...]]:
    """Ask the actor's account for codes of this secret; return its recovery codes this once.

    All its sessions end. Raises `WrongSetupCode`, `WrongCredentials`, `ConfirmationLimited`,
    `SignInBusy`, `OtpSecretLocked`.
    """
    at = context.clock()
    # Looked at first: a mistyped code of the new app must not use up one of the old.
    step = match_otp_step(secret, code, at, after=0)
    if step is None:
        raise WrongSetupCode
    confirmed = await confirm_identity(context, budgets, proof)
    codes = make_recovery_codes()
    staff = await context.ledger.second_factors.set_otp_secret(
        context.actor.id,
        secret,
        step,
        codes,
        actor=context.actor.id,
        generation=confirmed.generation,
        at=at,
    )
    return staff, codes


async def renew_recovery_codes(
    context: ServiceContext, budgets: SignInBudgets, proof: IdentityProof
) -> tuple[str, ...]:
    """Replace the actor's recovery codes; the new ones are returned this once.

    Raises `NoOneTimeCodes`, `WrongCredentials`, `ConfirmationLimited`, `SignInBusy`.
    """
    confirmed = await confirm_identity(context, budgets, proof)
    if not confirmed.has_otp:
        raise NoOneTimeCodes
    codes = make_recovery_codes()
    await context.ledger.second_factors.set_recovery_codes(
        context.actor.id,
        codes,
        actor=context.actor.id,
        generation=confirmed.generation,
        at=context.clock(),
    )
    return codes


async def count_own_recovery_codes(context: ServiceContext) -> int:
    """Return the number of unused recovery codes of the actor's account."""
    return await context.ledger.second_factors.count_recovery_codes(context.actor.id)


async def reset_codes(context: ServiceContext, account: str, key: str) -> tuple[Staff, Proposal]:
    """Take the codes off somebody else's account, whose phone is lost with its recovery codes.

    The account may do nothing until a third person confirms it; the proposal is answered too.
    Raises `Forbidden`, `KeyRequired`, `UnknownStaff`, `NobodyElse`, and `InvalidInput` for one's
    own account.
    """
    require_permission(context, Permission.ACCOUNT_MANAGE)
    name = normalise_account_name(account)
    if name == context.actor.id:
        raise InvalidInput(field="account", why="is your own; another administrator resets it")
    return await context.ledger.second_factors.reset_otp(
        name, actor=context.actor.id, key=context.scope_key(key), at=context.clock()
    )

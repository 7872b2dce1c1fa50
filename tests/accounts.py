"""Accounts for tests that need people: added once, with a password of the lowest cost."""

from typing import Final

from argon2 import PasswordHasher

from ledger import Ledger, Role
from ledger.accounts import passwords
from ledger.accounts.account_rows import DEMO_ROLE, NewAccount, grant_role
from ledger.staff_errors import UnknownStaff

PASSWORD: Final = "sầu riêng Ri6 chín cây"


async def add_accounts(ledger: Ledger, *names: str, role: Role = "authority") -> None:
    """Add accounts that are confirmed, unless they are there."""
    usual = passwords.HASHER
    passwords.HASHER = PasswordHasher(1, 64, 1)
    try:
        for name in names:
            try:
                await ledger.staff.get(name)
            except UnknownStaff:
                await _add_account(ledger, name, role)
    finally:
        passwords.HASHER = usual


async def _add_account(ledger: Ledger, name: str, role: Role) -> None:
    founders = [one.id for one in await ledger.staff.list() if one.role == DEMO_ROLE]
    if not founders:
        await ledger.staff.add(name, name=name, role=role, password=PASSWORD, confirmed_by="test")
        return
    # Once accounts are founded, a role that two people did not decide fails the audit.
    one, other = founders
    account = NewAccount(name, name, PASSWORD, role=role)
    _, proposal = await ledger.staff.add_and_propose(account, actor=one, key=f"added {name}")
    await ledger.proposals.approve(proposal.id, other, act=grant_role)


async def grant_role_to(ledger: Ledger, account: str, role: Role) -> None:
    """Give an account a role, as two administrators do."""
    await add_accounts(ledger, "tri", "hoa", role="administrator")
    document = {"account": account, "role": role, "organisation": None}
    proposal = await ledger.proposals.add(
        "role.grant",
        f"account:{account}",
        document=document,
        reason=None,
        actor="tri",
        key=f"{account} {role}",
    )
    await ledger.proposals.approve(proposal.id, "hoa", act=grant_role)

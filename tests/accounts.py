"""Accounts for tests that need people: added once, with a password of the lowest cost."""

from typing import Final

from argon2 import PasswordHasher

from ledger import Ledger, Role, passwords
from ledger.errors import UnknownStaff

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
                await ledger.staff.add(
                    name, name=name, role=role, password=PASSWORD, confirmed_by="test"
                )
    finally:
        passwords.HASHER = usual

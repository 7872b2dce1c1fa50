"""Recovery codes: what stands in for a one-time code when the phone is lost, each once.

A code is 80 random bits in Crockford's base32, in groups of four; only its SHA-256 is stored. The
functions work inside the caller's transaction; `ledger.accounts.staff` opens it.

>>> normalise_recovery_code("k7pq-2m9x-0o0o-il1i")
'K7PQ2M9X00001111'
>>> normalise_recovery_code("123456") is None
True
"""

import hashlib
import secrets
from collections.abc import Sequence
from typing import Final

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.accounts.passwords import normalise_otp

CODES: Final = 10
"""Codes of one account."""
_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH: Final = 16
_GROUP: Final = 4
_ALIKE: Final = str.maketrans("OIL", "011")
_TABLE: Final = schema.recovery_codes


def make_recovery_codes() -> tuple[str, ...]:
    """Codes for an account, as people read them: `K7PQ-2M9X-4RTB-W3HC`."""
    return tuple(
        _group("".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))) for _ in range(CODES)
    )


def normalise_recovery_code(text: str) -> str | None:
    """The letters of a typed code; None for a text that is no recovery code."""
    code = normalise_otp(text).upper().translate(_ALIKE)
    is_code = len(code) == _LENGTH and all(letter in _LETTERS for letter in code)
    return code if is_code else None


async def replace_recovery_codes(
    connection: AsyncConnection, staff: str, codes: Sequence[str], *, at: int
) -> None:
    """Give an account these codes in the place of all earlier ones."""
    await connection.execute(delete(_TABLE).where(_TABLE.c.staff == staff))
    rows = [{"sha256": _digest(staff, code), "staff": staff, "made_at": at} for code in codes]
    if rows:
        await connection.execute(insert(_TABLE), rows)


async def is_recovery_code(connection: AsyncConnection, staff: str, text: str) -> bool:
    """Whether a typed text is an unused code of the account."""
    code = normalise_recovery_code(text)
    if code is None:
        return False
    this = (_TABLE.c.sha256 == _digest(staff, code)) & _TABLE.c.used_at.is_(None)
    return await connection.scalar(select(_TABLE.c.staff).where(this)) is not None


async def use_recovery_code(connection: AsyncConnection, staff: str, text: str, *, at: int) -> bool:
    """Use a code up; whether it was an unused one of the account."""
    code = normalise_recovery_code(text)
    if code is None:
        return False
    this = (_TABLE.c.sha256 == _digest(staff, code)) & _TABLE.c.used_at.is_(None)
    used = await connection.execute(update(_TABLE).where(this).values(used_at=at))
    return used.rowcount == 1


async def count_recovery_codes(connection: AsyncConnection, staff: str) -> int:
    """Return the number of unused codes of an account."""
    this = (_TABLE.c.staff == staff) & _TABLE.c.used_at.is_(None)
    return int(await connection.scalar(select(func.count()).where(this)) or 0)


def _digest(staff: str, code: str) -> str:
    """The digest of a code; the account is part of it, so no code is another account's."""
    text = code.replace("-", "")
    return hashlib.sha256(f"veritem recovery code\0{staff}\0{text}".encode()).hexdigest()


def _group(code: str) -> str:
    return "-".join(code[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))

"""Passwords and one-time codes of staff: how they are kept, and how they are compared.

Passwords are kept as Argon2id (RFC 9106, the low-memory parameters: 64 MiB, three passes), in
the PHC text form, which names its own parameters. One-time codes are TOTP (RFC 6238: SHA-1, six
digits, 30 seconds); a code of the step before or after is taken too, each step only once.
"""

import asyncio
from functools import cache
from typing import Final

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ledger.errors import WeakPassword

SHORTEST: Final = 10
LONGEST: Final = 200
STEP_SECONDS: Final = 30
_DRIFT_STEPS: Final = 1

HASHER = PasswordHasher()


async def hash_password(password: str, name: str) -> str:
    """The hash to keep of a new password of the account `name`. Raises `WeakPassword`."""
    if len(password) < SHORTEST:
        raise WeakPassword(why=f"it has fewer than {SHORTEST} characters")
    if len(password) > LONGEST:
        raise WeakPassword(why=f"it has more than {LONGEST} characters")
    if len(set(password)) < 5 or name.lower() in password.lower():
        raise WeakPassword(why="it repeats itself or the account's name")
    return await asyncio.to_thread(HASHER.hash, password)


async def verify_password(kept: str | None, password: str) -> bool:
    """Whether this is the password of the hash; as slow where there is no account (None)."""
    if len(password) > LONGEST:
        return False
    return await asyncio.to_thread(_matches, kept, password)


def _matches(kept: str | None, password: str) -> bool:
    try:
        return HASHER.verify(kept or _nobodys(), password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    return HASHER.hash("nobody has this password")


def check_otp_secret(secret: str) -> None:
    """Raise ValueError unless this is base32 of at least 112 bits, as RFC 4226 wants it."""
    pyotp.TOTP(secret).at(0)


def match_otp_step(secret: str, code: str, at: int, after: int) -> int | None:
    """The step (30 seconds since 1970) whose code this is, later than `after`; None: none is.

    >>> SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    >>> code = pyotp.TOTP(SECRET).at(1_790_000_000)
    >>> match_otp_step(SECRET, code, 1_790_000_000_000, after=0)
    59666666
    >>> match_otp_step(SECRET, code, 1_790_000_000_000, after=59666666)
    """
    now = at // 1000 // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    for step in range(now - _DRIFT_STEPS, now + _DRIFT_STEPS + 1):
        due = totp.at(step * STEP_SECONDS)
        if step > after and pyotp.utils.strings_equal(code.strip(), due):
            return step
    return None

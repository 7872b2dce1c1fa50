"""Passwords and one-time codes of staff: hash, verify, match.

Passwords are stored as Argon2id (RFC 9106, the low-memory parameters: 64 MiB, three passes), in
the PHC text form, which names its own parameters. One-time codes are TOTP (RFC 6238: SHA-1, six
digits, 30 seconds); the step before or after counts too, each step only once.
"""

import asyncio
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

# Verified where there is no account, so that the answer takes as long as with one.
_DUMMY_HASH: Final = (
    "$argon2id$v=19$m=65536,t=3,p=4$ootrfLHKlDz2BMPmhaB9fQ$QFQjWu"
    "LamUIDBnOOfr1c8beKyDtBR2sy1WqfY6OuaDk"
)


async def hash_password(password: str, name: str) -> str:
    """Return the hash of a new password of the account `name`. Raises `WeakPassword`."""
    if len(password) < SHORTEST:
        raise WeakPassword(why=f"it has fewer than {SHORTEST} characters")
    if len(password) > LONGEST:
        raise WeakPassword(why=f"it has more than {LONGEST} characters")
    if len(set(password)) < 5 or name.lower() in password.lower():
        raise WeakPassword(why="it repeats itself or the account's name")
    return await asyncio.to_thread(HASHER.hash, password)


async def verify_password(hashed: str | None, password: str) -> bool:
    """Whether the password has this hash; as slow without an account (None)."""
    if len(password) > LONGEST:
        return False
    return await asyncio.to_thread(_verify, hashed, password)


def _verify(hashed: str | None, password: str) -> bool:
    try:
        return HASHER.verify(hashed or _DUMMY_HASH, password) and hashed is not None
    except (VerificationError, InvalidHashError):
        return False


def check_otp_secret(secret: str) -> None:
    """Raise ValueError unless this is base32 of at least 112 bits, as RFC 4226 wants it."""
    pyotp.TOTP(secret).at(0)


def match_otp_step(secret: str, code: str, at: int, after: int) -> int | None:
    """Return the step (30 seconds since 1970), later than `after`, of this code, or None.

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

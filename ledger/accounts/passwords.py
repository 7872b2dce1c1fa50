"""Passwords and one-time codes of staff: normalise, hash, verify, match.

Passwords are stored as Argon2id (RFC 9106) in the PHC text form, which names its own parameters:
64 MiB and three passes as in the low-memory set, but one lane, so that a hash takes one core and
not both of a small server. One-time codes are TOTP (RFC 6238: SHA-1, six digits, 30 seconds); the
step before or after counts too, each step only once.

Keyboards differ in the Unicode form that they type, so passwords and codes are compared in NFKC
(NIST SP 800-63B asks for a stable form), and passwords without blanks at their ends.
"""

import base64
import unicodedata
from typing import Final

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LONGEST: Final = 200
STEP_SECONDS: Final = 30
_DRIFT_STEPS: Final = 1
_OTP_SEPARATORS: Final = frozenset("-.")

HASHER = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=1)


def normalise_password(password: str) -> str:
    """Return a password as it is hashed.

    >>> normalise_password(" mật khẩu\\u00a0") == normalise_password("mật khẩu")
    True
    """
    return unicodedata.normalize("NFKC", password).strip()


def hash_password(password: str) -> str:
    """Return the hash of a password, which takes a core for a fifth of a second."""
    return HASHER.hash(normalise_password(password))


def verify_password(hashed: str | None, password: str) -> bool:
    """Whether the password has this hash; as slow without an account (None)."""
    normal = normalise_password(password)
    if len(normal) > LONGEST:
        return False
    try:
        return HASHER.verify(hashed or _make_dummy_hash(), normal) and hashed is not None
    except (VerificationError, InvalidHashError):
        return False


def _make_dummy_hash() -> str:
    """Return a hash of the usual parameters that no password has."""
    salt, tag = (
        base64.b64encode(bytes(size)).decode().rstrip("=")
        for size in (HASHER.salt_len, HASHER.hash_len)
    )
    cost = f"m={HASHER.memory_cost},t={HASHER.time_cost},p={HASHER.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${tag}"


def check_otp_secret(secret: str) -> None:
    """Raise ValueError unless this is base32 of at least 112 bits, as RFC 4226 wants it."""
    pyotp.TOTP(secret).at(0)


def normalise_otp(code: str) -> str:
    """Return a one-time code without the separators that apps show and people type.

    >>> normalise_otp("123 456"), normalise_otp("１２３\\u00a0４５６\\u200b")
    ('123456', '123456')
    """
    return "".join(
        letter
        for letter in unicodedata.normalize("NFKC", code)
        # Cf: zero-width characters that come with pasted text.
        if not letter.isspace()
        and letter not in _OTP_SEPARATORS
        and unicodedata.category(letter) != "Cf"
    )


def match_otp_step(secret: str, code: str, at: int, after: int) -> int | None:
    """Return the step (30 seconds since 1970), later than `after`, of this code, or None.

    >>> SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    >>> code = pyotp.TOTP(SECRET).at(1_790_000_000)
    >>> match_otp_step(SECRET, code, 1_790_000_000_000, after=0)
    59666666
    >>> match_otp_step(SECRET, code, 1_790_000_000_000, after=59666666)
    """
    now = at // 1000 // STEP_SECONDS
    totp, given = pyotp.TOTP(secret), normalise_otp(code)
    for step in range(now - _DRIFT_STEPS, now + _DRIFT_STEPS + 1):
        due = totp.at(step * STEP_SECONDS)
        if step > after and pyotp.utils.strings_equal(given, due):
            return step
    return None

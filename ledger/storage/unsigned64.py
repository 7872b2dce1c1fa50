"""Unsigned 64-bit numbers (keyed hashes of devices and networks) in signed columns.

>>> to_signed64(2**64 - 1), to_unsigned64(-1) == 2**64 - 1, to_signed64(None)
(-1, True, None)
"""


def to_signed64(number: int | None) -> int | None:
    """Return the number as the database stores it."""
    return number - 2**64 if number is not None and number >= 2**63 else number


def to_unsigned64(number: int | None) -> int | None:
    """Return the number that the database stores."""
    return number + 2**64 if number is not None and number < 0 else number

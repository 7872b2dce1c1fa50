"""Keyed hashes of devices and networks: unsigned 64 bits outside, signed in databases.

>>> to_signed64(2**64 - 1), from_cell(-1) == 2**64 - 1, to_cell(None)
(-1, True, None)
"""


def to_signed64(number: int | None) -> int | None:
    """The number as a database keeps it."""
    return number - 2**64 if number is not None and number >= 2**63 else number


def to_unsigned64(number: int | None) -> int | None:
    """The number as it was given."""
    return number + 2**64 if number is not None and number < 0 else number

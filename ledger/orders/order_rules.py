"""Order rules: what an installation sets about orders."""

from dataclasses import dataclass
from typing import Final

MAX_COUNT: Final = 1_000_000_000
"""Stamps that no order has: twice a year's need of the largest crop. A greater number is a slip."""


@dataclass(frozen=True)
class OrderRules:
    """The rules of one installation."""

    most_stamps: int = 1 << 24
    """Stamps of one order; as many as a batch holds, so that one batch fulfils it."""
    repeat_days: int = 3
    """Days within which a similar earlier order makes a new one ask for confirmation."""

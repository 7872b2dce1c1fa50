"""Port: a place outside of the database host that keeps signed heads."""

from collections.abc import Sequence
from typing import Protocol

from ledger.audit.head_statement import SignedHead
from stamps.errors import VeritemError


class PushFailed(VeritemError):
    """A place did not take the heads, or did not say so in time; they are pushed again."""

    code = "push-failed"
    message = "{place} did not take the chain heads: {why}"


class HeadPlace(Protocol):
    """A place that keeps heads."""

    @property
    def name(self) -> str:
        """The place in status, metrics and log; it holds no secret and stays the same."""

    @property
    def pause_seconds(self) -> float:
        """Least time between two pushes; heads are collected meanwhile."""

    async def push(self, heads: Sequence[SignedHead]) -> None:
        """Bring heads, oldest first, to the place; returns when the place has them durably.

        Heads may be pushed twice (a lost answer, a process that died), so a place takes the same
        head again. It returns or fails in bounded time. Raises `PushFailed`.
        """

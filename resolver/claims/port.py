"""The port of the claim service.

Duties of every adapter (contract suite: `tests/claims/test_claim_service.py`):

- `claim` answers when the claim, or the wrong try, is in the ledger; otherwise it raises
  `ClaimsUnavailable` within seconds. The same question again, by the same device, then finds what
  was recorded: `REPEATED` if the claim was made.
- The service decides alone: it looks the stamp up, counts the try and compares the PIN. Nothing
  that the asking process says of a stamp's state or of its networks can make a wrong PIN right.
"""

from collections.abc import Callable
from typing import Protocol

from ledger import Ledger
from ledger.clock import Clock
from web.claim_exchange import ClaimAnswer, ClaimQuestion
from web.request_counter import RequestCounter


class ClaimService(Protocol):
    """Checks PINs and records claims."""

    async def claim(self, question: ClaimQuestion) -> ClaimAnswer:
        """Check a PIN, and claim the stamp for the first who has it. Raises `ClaimsUnavailable`."""

    async def check(self) -> None:
        """Raise `ClaimsUnavailable` unless questions can be answered now (for `/health/ready`)."""

    async def close(self) -> None:
        """Release resources."""


OpenClaimService = Callable[[Ledger, RequestCounter, Clock, bytes], ClaimService]
"""Opens the service for a process with this ledger, counter, clock and secret (32 bytes).

A service of its own uses none of them; in the process of the public service it shares them.
"""

"""A checker over a furnished ledger, and the claim service in each of its forms."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from claims import ClaimSettings, PinChecker
from claims.serve import run_claims
from ledger import Ledger, open_ledger
from resolver.claims import ClaimService
from resolver.claims.http import HttpClaimService
from stamps.code import StampId
from tests.resolver.house import Batches, Clock, furnished
from tests.resolver.orchard import PINS
from web.claim_exchange import ClaimQuestion
from web.request_counter import MemoryRequestCounter

CLAIM_SECRET: Final = "a secret of twenty characters"
FORMS: Final = ["in-process", "tcp", "unix"]


def pin_of(batch: int, index: int) -> str:
    return PINS.derive_pin(StampId(0, batch, index))


@dataclass
class Counter:
    """A claim service, and who asks it."""

    service: ClaimService
    ledger: Ledger
    batches: Batches
    clock: Clock
    checker: PinChecker
    address: str

    def question(self, index: int = 1, **changes: Any) -> ClaimQuestion:
        """A question with the right PIN, unless `changes` says otherwise."""
        batch = changes.get("batch", self.batches.active)
        asked = {
            "epoch": 0,
            "batch": batch,
            "index": index,
            "pin": pin_of(batch, index),
            "device": 1,
            "net": 1,
            "network": "n1",
        }
        return ClaimQuestion(**(asked | changes))


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def counter(tmp_path: Path, form: str) -> AsyncIterator[Counter]:
    clock = Clock()
    batches = await furnished(tmp_path / "ledger.db")
    address = f"unix://{tmp_path}/claims" if form == "unix" else "http://127.0.0.1:0"
    settings = ClaimSettings(
        address=address, admin_port=0, secret=CLAIM_SECRET, wrong_per_minute=30
    )
    async with AsyncExitStack() as stack:
        url = f"sqlite:///{tmp_path / 'ledger.db'}"
        ledger = await stack.enter_async_context(await open_ledger(url, clock=clock))
        checker = PinChecker(
            ledger,
            PINS,
            settings,
            counter=MemoryRequestCounter(clock),
            clock=clock,
            secret=b"s" * 32,
        )
        service: ClaimService = checker
        if form != "in-process":
            address = await stack.enter_async_context(run_claims(checker, settings))
            service = HttpClaimService(address, CLAIM_SECRET)
        stack.push_async_callback(service.close)
        yield Counter(service, ledger, batches, clock, checker, address)

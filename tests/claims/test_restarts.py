"""The claim service is replaced, and no claim fails (docs/restarts.md)."""

import asyncio
import json
import signal
from itertools import count
from pathlib import Path

import aiohttp

from resolver.claims.http import HttpClaimService
from tests.claims.conftest import CLAIM_SECRET, pin_of
from tests.resolver.house import furnished
from tests.servers import free_port
from tests.service_manager import ManagedService
from tests.steady_load import SteadyLoad
from web.claim_exchange import ClaimQuestion, ClaimResult, ClaimsUnavailable


async def test_the_claim_service_is_replaced_without_a_failure(tmp_path: Path) -> None:
    batch = (await furnished(tmp_path / "ledger.db")).active
    path = tmp_path / "claims"
    settings = json.dumps(
        {
            "ledger": f"sqlite:///{tmp_path / 'ledger.db'}",
            "address": f"unix://{path}",
            "admin_port": free_port(),
            "secret": CLAIM_SECRET,
            "pins_per_minute": 1_000_000,
        }
    )
    numbers = count()

    async def claim(_: aiohttp.ClientSession) -> None:
        index = next(numbers) % 100
        answer = await client.claim(
            ClaimQuestion(
                epoch=0,
                batch=batch,
                index=index,
                pin=pin_of(batch, index),
                device=index,
                net=index,
                network=f"n{index}",
            )
        )
        assert answer.result in (ClaimResult.CLAIMED, ClaimResult.REPEATED)

    async def ask(session: aiohttp.ClientSession) -> None:
        try:
            await claim(session)
        except ClaimsUnavailable as error:
            raise AssertionError(error) from error

    client = HttpClaimService(f"unix://{path}", CLAIM_SECRET)
    load = SteadyLoad(ask)
    with ManagedService("-m", "tests.claims.process", settings) as service:
        async with load.running():
            await load.until(30)
            first = service.pid
            service.signal(signal.SIGHUP)  # it has nothing to reload, and does not end
            await asyncio.to_thread(service.reload)
            await load.until(30)
        assert service.pid != first
        assert "SIGHUP changes nothing" in service.log.read_text()
    await client.close()
    assert load.failures == []

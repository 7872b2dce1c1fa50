"""The desk is replaced while people work, and nobody notices (docs/restarts.md)."""

import asyncio
import signal
from pathlib import Path

import aiohttp

from desk.settings import DeskSettings
from ledger import open_ledger
from tests.desk.running_desk import furnished
from tests.servers import free_port
from tests.service_manager import ManagedService
from tests.steady_load import SteadyLoad

FAR = 2**50


async def test_the_desk_is_replaced_without_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    await furnished(path)
    settings = DeskSettings(
        ledger=f"sqlite:///{path}",
        port=free_port(),
        admin_port=free_port(),
        bundles=str(tmp_path / "bundles"),
        requests_at_once=100,
    )
    async with await open_ledger(settings.ledger, otp_keys=lambda: [bytes(32)]) as ledger:
        _, token = await ledger.tokens.create("cap", label="load", actor="cap", expires_at=FAR)
    headers = {"Authorization": f"Bearer {token}"}
    url = f"http://127.0.0.1:{settings.port}"
    requested: list[str] = []

    async def request_order(session: aiohttp.ClientSession) -> None:
        async with session.get(f"{url}/sign-in") as page:
            assert page.status == 200
        parties = {"product": "ri6", "packer": "krong-pac"}
        order = {"count": 1, "grade": "sealed", "is_another": True, **parties}
        async with session.post(f"{url}/api/v1/orders", json=order, headers=headers) as made:
            assert made.status == 201, await made.text()
            requested.append((await made.json())["id"])

    load = SteadyLoad(request_order)
    with ManagedService(
        "-m", "tests.desk.process", settings.model_dump_json(exclude={"secrets_key"})
    ) as service:
        async with load.running():
            await load.until(20)
            first = service.pid
            service.signal(signal.SIGHUP)  # it has nothing to reload, and does not end
            await asyncio.to_thread(service.reload)
            await load.until(20)
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"http://127.0.0.1:{settings.admin_port}/metrics") as metrics,
            ):
                assert metrics.status == 200
        assert service.pid != first
        assert "SIGHUP changes nothing" in service.log.read_text()
    assert load.failures == []
    async with await open_ledger(settings.ledger) as ledger:
        assert sorted(order.id for order in await ledger.orders.list()) == sorted(requested)

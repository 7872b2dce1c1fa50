"""The door of the claim service: its secret, malformed questions, sockets, a crash."""

import asyncio
import socket
from pathlib import Path

import aiohttp
import pytest

from claims import ClaimSettings
from claims.serve import WeakSecret, run_claims
from resolver.claims.http import HttpClaimService
from tests.claims import process
from tests.claims.conftest import CLAIM_SECRET, Counter, pin_of
from tests.resolver.house import JSON, a_house, code_of
from web.claim_exchange import ClaimResult, ClaimsUnavailable
from web.errors import AddressTaken

pytestmark = pytest.mark.parametrize("form", ["tcp"])


async def ask(counter: Counter, secret: str | None, body: bytes) -> int:
    headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}
    url = f"{counter.address}/v1/claims"
    async with aiohttp.request("POST", url, data=body, headers=headers) as answer:
        return answer.status


async def test_without_the_secret_nothing_is_asked(counter: Counter) -> None:
    body = counter.question().model_dump_json().encode()
    for secret in (None, "", "another secret of twenty", CLAIM_SECRET + "x", CLAIM_SECRET[:-1]):
        assert await ask(counter, secret, body) == 401
    async with aiohttp.request("GET", f"{counter.address}/health") as answer:
        assert answer.status == 401
    assert not counter.checker.answers
    assert await ask(counter, CLAIM_SECRET, body) == 200


async def test_what_is_no_question_is_refused(counter: Counter) -> None:
    good = counter.question().model_dump_json()
    for body in (
        "",
        "[]",
        good[:-1],
        good.replace('"epoch":0', '"epoch":32'),
        good.replace('"index":1', '"index":-1'),
        good.replace("{", '{"state":"activated",'),
        good.replace('"network"', '"net_work"'),
        good + " " * 2_000,
    ):
        assert await ask(counter, CLAIM_SECRET, body.encode()) == 422
    assert not counter.checker.answers


async def test_a_short_secret_and_a_public_address_are_refused(counter: Counter) -> None:
    for address in ("http://0.0.0.0:8090", "http://claims.example:80", "https://127.0.0.1:1", "x"):
        with pytest.raises(ValueError, match="loopback"):
            ClaimSettings(address=address)
    with pytest.raises(WeakSecret):
        async with run_claims(counter.checker, ClaimSettings(secret="short")):
            pass


async def test_a_socket_is_taken_over_from_the_dead_only(counter: Counter, tmp_path: Path) -> None:
    address = f"unix://{tmp_path}/claims"
    settings = ClaimSettings(address=address, admin_port=0, secret=CLAIM_SECRET)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(f"{tmp_path}/claims")
    async with run_claims(counter.checker, settings):
        assert (tmp_path / "claims").stat().st_mode & 0o007 == 0
        with pytest.raises(AddressTaken):
            async with run_claims(counter.checker, settings):
                pass


async def test_a_service_that_hangs_is_given_up(counter: Counter) -> None:
    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    service = HttpClaimService(f"http://127.0.0.1:{port}", CLAIM_SECRET)
    with pytest.raises(ClaimsUnavailable):
        await service.claim(counter.question())
    await service.close()
    server.close()


async def test_while_the_service_is_killed_scans_go_on_and_no_claim_is_lost(
    form: str, tmp_path: Path
) -> None:
    settings = {
        "address": f"unix://{tmp_path}/claims",
        "secret": CLAIM_SECRET,
        "ledger": f"sqlite:///{tmp_path / 'ledger.db'}",
    }
    opened = a_house(
        tmp_path,
        open_claims=lambda *_: HttpClaimService(settings["address"], CLAIM_SECRET),
        trusted_proxies=(),
    )
    async with opened as house:
        code = code_of(house.batches.active, 1)
        body = {"code": code, "pin": pin_of(house.batches.active, 1)}

        async def ready() -> dict[str, str]:
            for _ in range(2):  # a failure since the check before needs two
                await house.serving.context.health.check()
            answer = await house.get("/health/ready")
            assert answer.status == 200
            return dict(await answer.json())

        down = await house.post("/v1/claims", body)
        assert (down.status, down.headers["Retry-After"]) == (503, "5")
        assert ((await ready())["claims"], (await ready())["status"]) == ("down", "degraded")
        assert (await house.scan(code)).status == 200
        child = process.start(**settings)
        try:
            assert ((await ready())["claims"], (await ready())["status"]) == ("ok", "ready")
            claimed = await house.post("/v1/claims", body)
            assert claimed.status == 200
        finally:
            process.end(child, kill=True)
        assert (await house.post("/v1/claims", body)).status == 503
        child = process.start(**settings)
        try:
            again = await (await house.post("/v1/claims", body)).json()
            assert again["claimed_at"] == (await claimed.json())["claimed_at"]
        finally:
            assert process.end(child) == 0
        page = await (await house.get(f"/S/{code}", **JSON)).json()
        assert page["state"] == ClaimResult.CLAIMED

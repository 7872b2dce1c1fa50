"""Downloads: checksums, records of what was sent whole, and links that die."""

import asyncio
import base64
import hashlib

import aiohttp

from desk.texts import TEXTS
from tests.desk.people import somebody
from tests.desk.running_desk import RunningDesk

DAY_MS = 86_400_000


async def make_bundle(desk: RunningDesk, stamps: int = 200) -> tuple[int, dict[str, str]]:
    """A batch, and its one part as the API describes it."""
    number = await desk.batch(stamps)
    path = f"/batches/{number}/bundles/csv"
    await desk.call("in", "POST", path)
    for _ in range(1000):
        bundle = await desk.fetch("in", "GET", path)
        if bundle["state"] == "ready":
            return number, bundle["parts"][0]
        await asyncio.sleep(0.01)
    raise AssertionError("never written")


async def recorded(desk: RunningDesk, action: str) -> list[dict[str, str]]:
    return [
        dict(one.details) for one in await desk.ledger.audit.list_after() if one.action == action
    ]


async def wait_for_sent(desk: RunningDesk, count: int) -> list[dict[str, str]]:
    """The records of what was sent; each follows its last byte."""
    for _ in range(1000):
        sent = await recorded(desk, "bundle.sent")
        if len(sent) >= count:
            return sent
        await asyncio.sleep(0.01)
    raise AssertionError("never recorded")


async def test_a_file_says_its_digest_in_whole_and_in_parts(desk: RunningDesk) -> None:
    _, part = await make_bundle(desk)
    whole = await desk.call("in", "GET", part["href"])
    digest = base64.b64encode(hashlib.sha256(await whole.read()).digest()).decode()
    assert whole.headers["Repr-Digest"] == f"sha-256=:{digest}:"
    piece = await desk.call("in", "GET", part["href"], Range="bytes=5-9")
    assert (piece.status, piece.headers["Repr-Digest"]) == (206, whole.headers["Repr-Digest"])
    root = part["href"].rpartition("/")[0]
    lines = (await (await desk.call("in", "GET", f"{root}/SHA256SUMS")).text()).splitlines()
    for line in lines:
        sha256, name = line.split("  ")
        content = await (await desk.call("in", "GET", f"{root}/{name}")).read()
        assert hashlib.sha256(content).hexdigest() == sha256
    assert len(lines) == 3


async def test_a_file_counts_as_downloaded_once_every_byte_was_sent(desk: RunningDesk) -> None:
    number, part = await make_bundle(desk)
    size = int(part["size"])
    said = TEXTS["vi"]("press.taken", actor="in", ago="x").split(",")[0]
    async with somebody(desk, "in") as press:
        for bytes_ in ("0-99", f"200-{size - 1}"):
            await desk.call("in", "GET", part["href"], Range=f"bytes={bytes_}")
        await desk.call("in", "HEAD", part["href"])
        await desk.call("in", "GET", part["href"], Range=f"bytes={size}-")  # 416
        await wait_for_sent(desk, 2)
        assert said not in (await press.get(f"/batches/{number}")).text
        await desk.call("in", "GET", part["href"], Range="bytes=100-199")
        await wait_for_sent(desk, 3)
        assert said in (await press.get(f"/batches/{number}")).text
    sent = await recorded(desk, "bundle.sent")
    assert [one["bytes"] for one in sent] == ["0-99", f"200-{size - 1}", "100-199"]


async def test_a_download_that_breaks_is_taken_and_not_sent(desk: RunningDesk) -> None:
    _, part = await make_bundle(desk, 300_000)
    host, _, port = desk.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
    writer.write(
        f"GET {part['href']} HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {desk.tokens['in']}\r\n\r\n".encode()
    )
    assert b"200" in await reader.readline()
    writer.transport.abort()
    for _ in range(200):
        if await recorded(desk, "bundle.take"):
            break
        await asyncio.sleep(0.01)
    assert len(await recorded(desk, "bundle.take")) == 1
    assert await recorded(desk, "bundle.sent") == []


async def test_a_link_works_without_a_session_and_dies(desk: RunningDesk) -> None:
    number, part = await make_bundle(desk)
    async with somebody(desk, "in") as press:
        html = (await press.get(f"/batches/{number}/bundles/csv/links")).html
        assert (await press.get(f"/batches/{number}/bundles/pdf/links")).status == 409
    token = html.split("/download/")[1].split("/")[0]
    address = f"{desk.url}/download/{token}/{part['name']}"
    async with aiohttp.ClientSession() as program:
        answer = await program.get(address, headers={"Range": "bytes=0-3"})
        assert (answer.status, len(await answer.read())) == (206, 4)
        assert (await wait_for_sent(desk, 1))[0]["bytes"] == "0-3"
        for wrong in (
            f"{desk.url}/download/{token[:-4]}AAA=/{part['name']}",
            f"{desk.url}/download/x/{part['name']}",
        ):
            assert (await program.get(wrong)).status == 410
        assert (await program.get(f"{desk.url}/download/{token}/..%2fx")).status == 404
        desk.clock.now += DAY_MS + 2000
        assert (await program.get(address)).status == 410


async def test_a_link_dies_with_its_account(desk: RunningDesk) -> None:
    number, part = await make_bundle(desk)
    async with somebody(desk, "in") as press:
        html = (await press.get(f"/batches/{number}/bundles/csv/links")).html
    token = html.split("/download/")[1].split("/")[0]
    await desk.ledger.staff.disable("in", actor="tri")
    async with aiohttp.ClientSession() as program:
        answer = await program.get(f"{desk.url}/download/{token}/{part['name']}")
        assert answer.status == 410

"""An approved order becomes a batch, also after a crash, and a print run."""

import asyncio
import base64
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from issuer import (
    AlteredBatch,
    Issuer,
    MalformedHost,
    Manifest,
    NoSigningKey,
    NoTradeItem,
    StampKeys,
    UnfinishedBatch,
    hash_codes,
    verify_codes,
)
from issuer.batches import parse_host
from ledger import Ledger, Order
from ledger.errors import (
    OrderExceeded,
    OrderNotOpen,
    SamePerson,
    UnknownBatch,
    UnknownOrder,
)
from printing.qr.payload import fill_payload
from stamps.code import StampId
from stamps.errors import OutOfRange, UnknownCode
from stamps.lifecycle import State
from stamps.pin_ring import PinRing
from stamps.signature import encode_signature
from tests.issuer.world import GTIN, HOST, MASTER, approved, durian, issuer, opened, ring, signer
from traceability.digital_link import parse_digital_link


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    async with await opened(tmp_path / "ledger.db") as ledger:
        yield ledger


async def test_an_approved_order_becomes_a_batch_with_a_signed_manifest(ledger: Ledger) -> None:
    await approved(ledger, Order("o1", 5_000, "sealed", "mai"))
    seen: list[tuple[int, int]] = []
    batch = await issuer(ledger).issue(
        "o1", host="veritem.vn", actor="lan", key="k", progress=lambda *at: seen.append(at)
    )
    assert (batch.count, batch.grade, batch.epoch, batch.host) == (5_000, "sealed", 0, HOST)
    assert seen == [(5_000, 5_000)]
    assert batch.manifest is not None
    manifest = Manifest.parse(batch.manifest, signer().public_keys())
    assert (manifest.batch, manifest.order, manifest.count) == (batch.number, "o1", 5_000)
    verify_codes(manifest, (c + b"\n" for c in ring().seal(batch.number, 0, 5_000)), ring())
    (span,) = await ledger.transitions.list_spans(batch.number)
    assert (span.lo, span.hi, span.state) == (0, 5_000, State.ISSUED)


async def test_nobody_approves_an_order_of_their_own(ledger: Ledger) -> None:
    await ledger.orders.add(Order("o1", 10, "sealed", "mai"))
    with pytest.raises(SamePerson):
        await ledger.orders.approve("o1", "mai")
    with pytest.raises(OrderNotOpen):
        await issuer(ledger).issue("o1", host=HOST, actor="mai", key="k")
    assert await ledger.batches.list() == []


async def test_an_order_is_issued_in_parts_up_to_its_count(ledger: Ledger) -> None:
    await approved(ledger, Order("o1", 100, "sealed", "mai"))
    desk = issuer(ledger)
    first = await desk.issue("o1", host=HOST, actor="lan", key="1", count=60)
    second = await desk.issue("o1", host=HOST, actor="lan", key="2", count=40)
    assert first.number != second.number
    with pytest.raises((OrderExceeded, OrderNotOpen)):
        await desk.issue("o1", host=HOST, actor="lan", key="3", count=1)


async def test_the_same_key_again_is_the_same_batch(ledger: Ledger) -> None:
    await approved(ledger, Order("o1", 100, "signed", "mai"))
    desk = issuer(ledger)
    one, two = await asyncio.gather(
        *(desk.issue("o1", host=HOST, actor="lan", key="k") for _ in range(2))
    )
    assert one == two == await desk.issue("o1", host=HOST, actor="lan", key="k")
    assert len(await ledger.batches.list()) == 1


async def test_a_gs1_batch_carries_the_products_gtin(ledger: Ledger) -> None:
    await durian(ledger)
    await approved(ledger, Order("o1", 3, "signed", "mai", product="ri6"))
    batch = await issuer(ledger).issue("o1", host=HOST, actor="lan", key="k", gs1=True)
    assert batch.gtin == GTIN
    assert issuer(ledger).prepare_print_run(batch).gtin == GTIN


async def test_a_signed_gs1_stamp_verifies(ledger: Ledger) -> None:
    await durian(ledger)
    await approved(ledger, Order("o1", 3, "signed", "mai", product="ri6"))
    run = issuer(ledger).prepare_print_run(
        await issuer(ledger).issue("o1", host=HOST, actor="lan", key="k", gs1=True)
    )
    printed = fill_payload(run.payload, bytes(run.stamps(2, 3).variable[0]).decode())
    link = parse_digital_link(printed)
    assert link.gtin == GTIN
    assert link.serial is not None
    assert ring().open(link.serial).index == 2
    signature = base64.urlsafe_b64decode(link.elements["8030"] + "==")
    signer().public_keys().verify(link.serial, encode_signature(signature))


@pytest.mark.parametrize("product", [None, "ri6"])
async def test_gs1_without_a_trade_item_is_refused(ledger: Ledger, product: str | None) -> None:
    await durian(ledger, gtin=None)
    await approved(ledger, Order("o1", 3, "sealed", "mai", product=product))
    with pytest.raises(NoTradeItem):
        await issuer(ledger).issue("o1", host=HOST, actor="lan", key="k", gs1=True)
    assert await ledger.batches.list() == []


async def test_an_issue_without_keys_writes_nothing(ledger: Ledger) -> None:
    await approved(ledger, Order("o1", 3, "sealed", "mai"))
    for refused, keys, sign in (
        (NoSigningKey, StampKeys.derive({0: MASTER, 1: MASTER}), signer(0)),
        (UnknownCode, StampKeys.derive({}), signer()),
    ):
        with pytest.raises(refused):
            await Issuer(ledger, keys, sign).issue("o1", host=HOST, actor="lan", key="k")
    with pytest.raises(UnknownOrder):
        await issuer(ledger).issue("o2", host=HOST, actor="lan", key="k")
    with pytest.raises(OutOfRange):
        await issuer(ledger).issue("o1", host=HOST, actor="lan", key="k", count=0)
    assert await ledger.batches.list() == []


async def test_sixteen_million_stamps_are_the_most(ledger: Ledger) -> None:
    await approved(ledger, Order("o1", 2**25, "sealed", "mai"))
    with pytest.raises(OutOfRange, match="16777216"):
        await issuer(ledger).issue("o1", host=HOST, actor="lan", key="k", count=2**24 + 1)


@pytest.mark.parametrize("host", ["veritem.vn", " 192.168.1.5:8080 ", "A", "X-1.VN:1"])
def test_a_host_is_written_in_capitals(host: str) -> None:
    assert parse_host(host) == host.strip().upper()


@pytest.mark.parametrize(
    "host",
    ["", "veritem.vn/", "https://veritem.vn", "a b", "vêritem.vn", "-a.vn", "a.vn:", "a" * 65],
)
def test_a_malformed_host_is_refused(host: str) -> None:
    with pytest.raises(MalformedHost):
        parse_host(host)


CUT_OFF = """
import asyncio, os, signal, sys
from pathlib import Path
from tests.issuer.world import HOST, issuer, opened

def die(done, of):
    if done * 2 > of:
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    ledger = await opened(Path(sys.argv[1]))
    await issuer(ledger).issue("o1", host=HOST, actor="lan", key="k", progress=die)

asyncio.run(main())
"""


async def test_issuing_again_finishes_a_killed_issue(ledger: Ledger, tmp_path: Path) -> None:
    count = 400_000
    await approved(ledger, Order("o1", count, "sealed", "mai"))
    killed = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", CUT_OFF, str(tmp_path / "ledger.db")),
        cwd=Path(__file__).parents[2],
    )
    assert await killed.wait() == -signal.SIGKILL
    desk = issuer(ledger)
    (cut,) = await desk.list_unfinished()
    assert (cut.count, cut.manifest) == (count, None)
    with pytest.raises(UnfinishedBatch):
        desk.prepare_print_run(cut)
    again = await desk.issue("o1", host=HOST, actor="lan", key="k")
    assert again.number == cut.number
    assert again.manifest is not None
    manifest = Manifest.parse(again.manifest, signer().public_keys())
    assert manifest.codes_sha256 == hash_codes(ring(), cut.number, count, 0)
    assert await desk.list_unfinished() == []
    assert await desk.finish(cut.number) == again


async def test_an_unknown_batch_can_not_be_finished(ledger: Ledger) -> None:
    with pytest.raises(UnknownBatch):
        await issuer(ledger).finish(9)


async def test_a_print_run_has_the_batchs_codes_signatures_and_pins(ledger: Ledger) -> None:
    await approved(ledger, Order("o1", 500, "signed", "mai", has_pin=True))
    desk = issuer(ledger)
    batch = await desk.issue("o1", host="127.0.0.1:8080", actor="lan", key="k")
    run = desk.prepare_print_run(batch, 100, 400, scheme="http")
    assert (run.batch, run.lo, run.hi, run.scheme) == (batch.number, 100, 400, "HTTP")
    assert run.gtin is None
    stamps = run.stamps(200, 203)
    assert stamps.pins is not None
    for index, row, pin in zip(stamps.indexes, stamps.variable, stamps.pins, strict=True):
        code, signature = bytes(row[:20]).decode(), bytes(row[20:]).decode()
        stamp = ring().open(code)
        assert stamp == StampId(0, batch.number, index)
        assert PinRing.derive({0: MASTER}).derive_pin(stamp) == bytes(pin).decode()
        signer().public_keys().verify(code, signature)
    assert len(run.stamps(150, 150).indexes) == 0


async def test_a_sealed_print_run_without_pins_has_codes_only(ledger: Ledger) -> None:
    await approved(ledger, Order("o1", 5, "sealed", "mai"))
    desk = issuer(ledger)
    run = desk.prepare_print_run(await desk.issue("o1", host=HOST, actor="lan", key="k"))
    assert run.stamps(0, 5).variable.shape == (5, 20)
    assert (run.sign, run.pins) == (None, None)


@pytest.mark.parametrize(("lo", "hi"), [(-1, 3), (0, 6), (5, 5), (3, 3), (4, 2), (9, 10)])
async def test_a_print_run_outside_its_batch_is_refused(ledger: Ledger, lo: int, hi: int) -> None:
    await approved(ledger, Order("o1", 5, "sealed", "mai"))
    desk = issuer(ledger)
    batch = await desk.issue("o1", host=HOST, actor="lan", key="k")
    with pytest.raises(OutOfRange):
        desk.prepare_print_run(batch, lo, hi)


async def test_a_row_edited_in_the_database_is_not_printed(ledger: Ledger) -> None:
    await approved(ledger, Order("o1", 5, "sealed", "mai"))
    desk = issuer(ledger)
    batch = await desk.issue("o1", host=HOST, actor="lan", key="k")
    for edited in (
        replace(batch, count=50),
        replace(batch, host="EVIL.EXAMPLE"),
        replace(batch, grade="signed"),
        replace(batch, gtin=GTIN),
    ):
        with pytest.raises(AlteredBatch):
            desk.prepare_print_run(edited)

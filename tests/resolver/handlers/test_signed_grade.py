"""Stamps of a signed batch: without its signature, no address of theirs is answered `authentic`."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from stamps.lifecycle import Transition
from tests.resolver.enrolled.device import JOSE, enrol
from tests.resolver.house import (
    JSON,
    PHONE,
    House,
    a_batch,
    a_house,
    code_of,
    signature_of,
    transition,
)
from tests.resolver.orchard import PINS, RING, lot

GTIN = "08935000000014"
UNSEEN = ["signature_unseen"]


@pytest.fixture
async def signed(tmp_path: Path) -> AsyncIterator[tuple[House, int]]:
    """A service, and a signed batch of 100 activated stamps with PINs and a GTIN."""
    async with a_house(tmp_path) as house:
        batch = await a_batch(house.ledger, 100, grade="signed", gtin=GTIN)
        await transition(house.ledger, batch, Transition.PRINT)
        await transition(house.ledger, batch, Transition.ACTIVATE, lot=lot().code)
        yield house, batch


async def visit(house: House, path: str) -> tuple[int, Any]:
    answer = await house.get(path, **JSON)
    return answer.status, await answer.json()


async def test_the_address_of_the_symbol_is_genuine_and_the_bare_code_is_not(
    signed: tuple[House, int],
) -> None:
    house, batch = signed
    code = code_of(batch, 1)
    link = f"/01/{GTIN}/21/{code}"
    for path in (f"/S/{code}.{signature_of(code)}", f"{link}?8030={signature_of(code)}"):
        status, told = await visit(house, path)
        assert (status, told["verdict"], told["reasons"]) == (200, "authentic", [])
    for path in (f"/S/{code}", f"/S/{code.lower()}", link):
        status, told = await visit(house, path)
        assert (status, told["verdict"], told["reasons"]) == (200, "caution", UNSEEN)
        assert told["state"] == "activated"
    for path in (f"/S/{code}.{signature_of(code_of(batch, 2))}", f"{link}?8030=AAAA"):
        assert (await visit(house, path))[0] == 404
    sealed = code_of(house.batches.active, 1)
    assert (await visit(house, f"/S/{sealed}"))[1]["verdict"] == "authentic"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("vi", "Chưa thấy chữ ký số"),
        ("en", "Signature not seen, scan the symbol."),
        ("zh", "请扫描标签上的二维码"),
    ],
)
async def test_the_page_asks_to_scan_the_symbol(
    signed: tuple[House, int], language: str, words: str
) -> None:
    house, batch = signed
    code = code_of(batch, 1)
    bare = await (await house.get(f"/S/{code}?lang={language}", **PHONE)).text()
    full = await house.get(f"/S/{code}.{signature_of(code)}?lang={language}", **PHONE)
    assert words in bare
    assert words not in await full.text()


async def test_recalled_void_and_suspended_stamps_still_say_so(signed: tuple[House, int]) -> None:
    house, batch = signed
    await transition(house.ledger, batch, Transition.SUSPEND, 0, 10, reason="inspection")
    await transition(house.ledger, batch, Transition.RECALL, 10, 20, reason="food-safety")
    spoiled = await a_batch(house.ledger, 100, grade="signed")
    await transition(house.ledger, spoiled, Transition.VOID, reason="stolen")
    found = {
        verdict: (await visit(house, f"/S/{code_of(number, index)}"))[1]
        for verdict, number, index in (
            ("suspended", batch, 1),
            ("recalled", batch, 11),
            ("void", spoiled, 1),
        )
    }
    assert {verdict: told["verdict"] for verdict, told in found.items()} == {
        verdict: verdict for verdict in found
    }


async def test_the_page_of_the_symbol_shows_by_its_token_that_it_saw_the_signature(
    signed: tuple[House, int],
) -> None:
    house, batch = signed
    code = code_of(batch, 3)

    async def confirm(path: str, named: str) -> Any:
        token = (await visit(house, path))[1]["token"]
        house.session.cookie_jar.clear()
        return await (await house.post("/v1/scans", {"code": named, "token": token})).json()

    symbol = f"/S/{code}.{signature_of(code)}"
    seen = await confirm(symbol, code)
    assert (seen["verdict"], seen["recorded"]) == ("authentic", True)
    again = await (await house.post("/v1/scans", {"code": code, "token": seen["token"]})).json()
    assert again["verdict"] == "authentic"
    typed = await confirm(f"/S/{code}", code)
    assert (typed["verdict"], typed["reasons"], typed["recorded"]) == ("caution", UNSEEN, True)
    with_signature = await confirm(f"/S/{code}", f"{code}.{signature_of(code)}")
    assert with_signature["verdict"] == "authentic"
    other = code_of(batch, 4)
    token = (await visit(house, symbol))[1]["token"]
    refused = await house.post("/v1/scans", {"code": other, "token": token})
    assert refused.status == 403


async def test_an_enrolled_device_sends_the_signature_beside_its_scan(
    signed: tuple[House, int],
) -> None:
    house, batch = signed
    code = code_of(batch, 6)
    inspector = await enrol(house.ledger, house.clock())

    async def scan(query: str) -> tuple[int, Any]:
        url = f"{house.serving.url}/v1/scans{query}"
        body = inspector.sign(code, house.clock())
        async with house.session.post(url, data=body, headers=JOSE) as answer:
            return answer.status, await answer.json()

    status, told = await scan(f"?8030={signature_of(code)}")
    assert (status, told["verdict"]) == (200, "authentic")
    status, told = await scan("")
    assert (status, told["verdict"], told["reasons"]) == (200, "caution", UNSEEN)
    assert (await scan(f"?8030={signature_of(code_of(batch, 7))}"))[0] == 404


async def test_the_right_pin_claims_a_signed_stamp_and_proves_no_signature(
    signed: tuple[House, int],
) -> None:
    house, batch = signed
    code = code_of(batch, 5)
    pin = PINS.derive_pin(RING.open(code))
    assert (await house.post("/v1/claims", {"code": code, "pin": pin})).status == 200
    told = (await visit(house, f"/S/{code}"))[1]
    assert (told["state"], told["verdict"], told["reasons"]) == ("claimed", "caution", UNSEEN)

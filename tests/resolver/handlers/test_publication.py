"""What is published of a lot reaches its stamps' page; a correction waits for its review."""

import asyncio

from ledger import LotRow, Organisation, VersionNote
from tests.accounts import add_accounts
from tests.resolver.house import JSON, PHONE, House, code_of
from tests.resolver.orchard import lot
from traceability.lot import Lot
from traceability.lot_record import make_record


async def save(house: House, made: Lot) -> int:
    """Save a version of the orchard's lot as its packing house."""
    row = LotRow(made.code, made.to_document(), (), organisation="krong-pac", actor="mai")
    note = VersionNote(changed=("brand",), reason="typing-error")
    return (await house.ledger.lots.save(row, lambda _: note)).version


async def publish(house: House, made: Lot, version: int) -> None:
    submissions = house.ledger.lot_submissions
    record = make_record(made, version, "krong-pac")
    sent = await submissions.submit(made.code, version, record, actor="mai")
    await submissions.approve(sent.id, actor="bo", sign=lambda _: {"kid": "epoch-0"})


async def wait_for(house: House, code: str, words: str) -> str:
    for _ in range(200):
        page = await (await house.get(f"/S/{code}", **PHONE)).text()
        if words in page:
            return page
        await asyncio.sleep(0.05)
    raise AssertionError(page)


async def test_a_page_shows_what_was_published_until_its_correction_is(house: House) -> None:
    ledger, code = house.ledger, code_of(house.batches.active, 3)
    await add_accounts(ledger, "mai", "bo")
    await ledger.organisations.add(Organisation("krong-pac", "packer", "HTX Krông Pắc"))
    first = lot(brand="Buôn Mê")
    version = await save(house, first)
    page = await wait_for(house, code, "Buôn Mê")
    assert "chưa được thẩm định" in page
    assert "Hành trình" not in page
    await publish(house, first, version)
    page = await wait_for(house, code, "Cơ quan quản lý đã thẩm định")
    assert "Hành trình" in page
    second = lot(brand="Krông Năng")
    version = await save(house, second)
    page = await wait_for(house, code, "Có thông tin mới hơn đang chờ thẩm định")
    assert "Buôn Mê" in page
    assert "Krông Năng" not in page
    told = await (await house.get(f"/S/{code}", **JSON)).json()
    assert told["lot"]["brand"] == "Buôn Mê"
    assert told["lot"]["publication"]["record"]["version"] == version - 1
    assert "Buôn Kao" not in str(told)
    await publish(house, second, version)
    page = await wait_for(house, code, "Krông Năng")
    assert "đang chờ thẩm định" not in page

"""What is published of a lot reaches its stamps' page; a correction waits for its review."""

import asyncio
from dataclasses import replace

from ledger import LotRow, Organisation, RegisteredCode, VersionNote
from ledger.diary.entries import NewEntry
from ledger.record.epcis_events import NewEvent
from tests.accounts import add_accounts
from tests.ledger.codes.test_code_evidence import PIECE
from tests.resolver.house import JSON, PHONE, House, code_of
from tests.resolver.orchard import lot, quote_test
from traceability.diary.lot_results import LotResults
from traceability.lot import Lot
from traceability.lot_record import make_record


async def save(house: House, made: Lot) -> int:
    """Save a version of the orchard's lot as its packing house."""
    row = LotRow(made.code, made.to_document(), (), organisation="krong-pac", actor="mai")
    note = VersionNote(changed=("brand",), reason="typing-error")
    return (await house.ledger.lots.save(row, lambda _: note)).version


async def publish(house: House, made: Lot, version: int, results: LotResults | None = None) -> None:
    submissions, results = house.ledger.lot_submissions, results or LotResults()
    record = make_record(made, version, "krong-pac", results.to_document())
    sent = await submissions.submit(made.code, version, record, quoted=results.events, actor="mai")
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


async def test_a_page_tells_of_released_evidence_of_a_published_lot(house: House) -> None:
    ledger, code = house.ledger, code_of(house.batches.active, 3)
    await add_accounts(ledger, "mai", "bo")
    await ledger.organisations.add(Organisation("krong-pac", "packer", "HTX Krông Pắc"))
    area = RegisteredCode("VN-ĐLOR-0123", "growing_area", "Ea Kao", organisation="krong-pac")
    await ledger.registered_codes.change([area.code], lambda _: [area], action="add", actor="bo")
    piece = replace(PIECE, code=area.code, organisation="krong-pac")
    await ledger.code_evidence.attach(piece, "r")
    await ledger.code_evidence.release(piece.id, actor="bo")
    made = lot(brand="Buôn Mê")
    version = await save(house, made)
    assert "Sentinel-2" not in await wait_for(house, code, "Buôn Mê")
    await publish(house, made, version)
    page = await wait_for(house, code, "Cơ quan quản lý đã thẩm định")
    assert "Ảnh vệ tinh về nơi sản xuất, ngày 01/09/2026, nguồn Sentinel-2." in page


async def test_a_page_says_that_a_published_result_was_withdrawn(house: House) -> None:
    ledger, code = house.ledger, code_of(house.batches.active, 3)
    await add_accounts(ledger, "mai", "bo")
    await ledger.organisations.add(Organisation("krong-pac", "packer", "HTX Krông Pắc"))
    await ledger.organisations.add(Organisation("trung-tam-3", "laboratory", "Trung tâm 3"))
    result = quote_test()
    event = NewEvent(result.event, "ObjectEvent", 1, None, {}, {}, ())
    await ledger.diary_entries.record("trung-tam-3", [NewEntry(event, "test")], actor="tam")
    made = lot(brand="Buôn Mê")
    await publish(house, made, await save(house, made), LotResults((result,)))
    page = await wait_for(house, code, "Cadmi (Cd)")
    assert "đã rút kết quả này" not in page
    error = {"reason": "did_not_occur"}
    await ledger.diary_entries.take_back("trung-tam-3", result.event, error, actor="tam")
    page = await wait_for(house, code, "đã rút kết quả này")
    assert "0,02 mg/kg" in page
    told = await (await house.get(f"/S/{code}", **JSON)).json()
    [correction] = told["lot"]["result_corrections"]
    assert (correction["event"], correction["withdrawn"]) == (result.event, True)

"""A file of lots is read as people write it, shown, and saved as shown: all of it, or nothing."""

import io
from datetime import datetime

import pytest
import xlsxwriter
from sqlalchemy import event

from ledger import ProductRow
from ledger.codes.code_errors import ImportOutdated
from ledger.errors import UnknownLot, UnknownRow
from services.errors import Forbidden, ImportRefused, InvalidInput
from services.lots import lot_imports, lots
from services.lots.lot_table import make_template
from tests.services.office import Office, lot_document
from traceability.lot_profiles import load_profiles

HEADER = (
    "Mã lô;Sản phẩm;Hình ảnh sản phẩm;Tiêu chuẩn áp dụng;Nông hộ;Loại hình;Địa chỉ;Tỉnh;"
    "Mã số vùng trồng;Mã số cơ sở đóng gói;Thời gian sản xuất;Thời gian thu hoạch;"
    "Thời gian đóng gói;Hạn dùng"
)
WHOLE = (
    "L-1;sau rieng ri6;/a.jpg;VietGAP;Hộ A;Nông hộ;Thôn 5;Đắk Lắk;vn đlor 0123;VN-ĐLPH-0012;"
    "10/01/2026;11/08/2026 05:30;25/08/2026;12"
)


def table(*lines: str) -> bytes:
    return "\r\n".join(["DANH SÁCH LÔ HÀNG", HEADER, *lines]).encode("utf-8-sig")


async def test_lots_are_saved_as_shown_and_once(office: Office) -> None:
    packer = office.context("packer")
    content = table(WHOLE, "L-2;ri6;;;;;;;;;;;;")
    shown = await lot_imports.preview_import(packer, content, "lo.csv")
    assert shown.refused == []
    assert shown.counts == {"added": 2, "incomplete": 1, "refused": 0}
    assert [(one.line, one.code) for one in shown.lots] == [(3, "L-1"), (4, "L-2")]
    with pytest.raises(UnknownLot):
        await lots.get_lot(packer, "L-1")
    for _ in range(2):
        applied = await lot_imports.apply_import(packer, shown.id)
        assert applied.applied_by == packer.actor.id
    row = await lots.get_lot(packer, "L-1")
    assert (row.version, list(row.missing), row.organisation) == (1, [], "krong-pac")
    assert row.document["harvested_at"] == "2026-08-10T22:30:00Z"
    assert row.document["growing_area"] == {"code": "VN-ĐLOR-0123"}
    assert row.document["producer"]["address"]["province"] == "66"


async def test_a_workbook_is_read_with_its_days_and_times(office: Office) -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"default_date_format": "dd/mm/yyyy hh:mm"}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["lot code", "product", "harvested", "packed", "shelf life"])
        sheet.write_row(1, 0, ["X-1", "ri6"])
        sheet.write_datetime(1, 2, datetime(2026, 8, 11))  # noqa: DTZ001 - a cell has no zone
        sheet.write_datetime(1, 3, datetime(2026, 8, 12, 9, 15))  # noqa: DTZ001
        sheet.write_number(1, 4, 12)
    packer = office.context("packer")
    shown = await lot_imports.preview_import(packer, file.getvalue(), "lo.xlsx")
    await lot_imports.apply_import(packer, shown.id)
    document = (await lots.get_lot(packer, "X-1")).document
    assert document["packed_at"] == "2026-08-12T02:15:00Z"
    assert document["shelf_life_days"] == 12


async def test_each_kind_of_produce_has_its_columns(office: Office) -> None:
    kinds = {kind: f"p-{kind[:4]}" for kind in load_profiles() if kind != "crop"}
    for kind, product in kinds.items():
        await office.ledger.products.add(ProductRow(product, {"vi": product}, kind=kind))
    for profile in load_profiles().values():
        header = make_template(profile).removeprefix("\ufeff").strip()
        product = kinds.get(profile.kind, "ri6")
        cells = {"code": f"T-{product}", "product": product, "details.species": "Penaeus"}
        line = ",".join(cells.get(name, "") for name in profile.form_fields)
        content = f"{header}\r\n{line}\r\n".encode()
        shown = await lot_imports.preview_import(office.context("packer"), content, "")
        assert (shown.counts["added"], shown.ignored) == (1, [])
        assert shown.lots[0].kind == (None if profile.kind == "crop" else profile.kind)


async def test_flaws_are_told_by_line_and_field_and_nothing_is_saved(office: Office) -> None:
    packer = office.context("packer")
    await lots.put_lot(packer, lot_document("L-9"))
    other = {"packing_house": None, "stages": [], "growing_area": None}
    await lots.put_lot(office.context("other-packer"), lot_document("L-8", **other))
    content = table(
        WHOLE,
        WHOLE.replace(";12", ";x").replace("L-1", "LÔ"),
        WHOLE,
        "L-9;ri6;;;;;;;;;;;;",
        "L-8;ri6;;;;;;;;;;;;",
        "L-2;mango;;;;Xã;;;;VN-ĐLPH-0099;;;01/01/2030;",
        "L-3;ri6;;;;;;;;VN-ĐLPH-0099;;;;",
    )
    shown = await lot_imports.preview_import(packer, content, "lo.csv")
    told = {line.line: {name: f.reason for name, f in line.flaws.items()} for line in shown.refused}
    assert told == {
        4: {"code": "lot_code", "shelf_life": "whole"},
        5: {"code": "repeated"},
        6: {"code": "taken"},
        7: {"code": "taken"},
        8: {"product": "unknown", "kind": "choice"},
        9: {"packing_house": "foreign"},
    }
    with pytest.raises(ImportRefused):
        await lot_imports.apply_import(packer, shown.id)
    with pytest.raises(UnknownLot):
        await lots.get_lot(packer, "L-1")


async def test_a_code_that_is_taken_meanwhile_saves_nothing(office: Office) -> None:
    packer = office.context("packer")
    content = table("L-1;ri6" + 12 * ";", WHOLE.replace("L-1", "L-2"))
    shown = await lot_imports.preview_import(packer, content, "")
    await lots.put_lot(packer, lot_document("L-2"))
    with pytest.raises(ImportOutdated):
        await lot_imports.apply_import(packer, shown.id)
    with pytest.raises(UnknownLot):
        await lots.get_lot(packer, "L-1")


async def test_an_import_is_for_its_actor_alone_and_bounded(office: Office) -> None:
    shown = await lot_imports.preview_import(office.context("packer"), table(WHOLE), "")
    with pytest.raises(UnknownRow):
        await lot_imports.apply_import(office.context("other-packer"), shown.id)
    with pytest.raises(Forbidden):
        await lot_imports.preview_import(office.context("inspector"), table(WHOLE), "")
    for content, why in (
        (b"a,b\n1,2\n", "columns of lot codes"),
        (table(), "no line"),
        (table(*["L;ri6" + 12 * ";"] * 1001), "more than 1000"),
    ):
        with pytest.raises(InvalidInput, match=why):
            await lot_imports.preview_import(office.context("packer"), content, "")


async def test_a_longer_file_asks_the_ledger_no_more_often(office: Office) -> None:
    packer, asked = office.context("packer"), []
    engine = office.ledger._store._engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *_: asked.append(1))
    counts = []
    for lines in (2, 60):
        content = table(*[WHOLE.replace("L-1", f"L{lines}-{line}") for line in range(lines)])
        asked.clear()
        shown = await lot_imports.preview_import(packer, content, "")
        await lot_imports.apply_import(packer, shown.id)
        counts.append(len(asked))
    assert counts[0] == counts[1]

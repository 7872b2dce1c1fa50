"""Imports of codes: the difference is shown first, and exactly that is applied, or nothing."""

from typing import Any

import pytest

from ledger.codes.code_errors import ImportOutdated
from ledger.errors import UnknownRow
from services.codes import code_imports, registered_codes
from services.codes.code_imports import ImportPreview
from services.errors import Forbidden, ImportRefused, InvalidInput
from tests.services.codes.test_registered_codes import AREA, HOUSE, add
from tests.services.office import Office
from tests.web.test_spreadsheets import make_workbook
from traceability.code_record import parse_code_record
from web.tables import MalformedTable
from web.text_files import UnreadableText

HEADER = (
    "STT;Mã số vùng trồng;Tên vùng trồng;Đơn vị;Cây trồng;Diện tích (ha);Tỉnh;Xã;"
    "Thị trường;Ngày hết hạn;Trạng thái;Lý do"
)
AREA_LINE = (
    "1;vn đlor 0123;Vùng trồng Ea Kao;HTX Krông Pắc;Sầu riêng Ri6;12,5;Đắk Lắk;;"
    "Trung Quốc, US;31/12/2027;Đang hoạt động;"
)
HOUSE_LINE = "2;VN-BTPH-036;Cơ sở Bình Thuận;tan-phuoc;;;68;;CN;;Tạm dừng;Kiểm tra lại"
FILE = f"DANH SÁCH MÃ SỐ\n;;\n{HEADER}\n{AREA_LINE}\n{HOUSE_LINE}\n"


async def preview(office: Office, text: str | bytes, who: str = "authority") -> ImportPreview:
    content = text.encode() if isinstance(text, str) else text
    return await code_imports.preview_import(office.context(who), content, "codes.csv")


async def apply(office: Office, id_: str, who: str = "authority") -> ImportPreview:
    return await code_imports.apply_import(office.context(who), id_)


async def get_code(office: Office, code: str) -> Any:
    return await registered_codes.get_code(office.context("authority"), code)


async def test_a_file_is_shown_and_then_applied_once(office: Office) -> None:
    shown = await preview(office, FILE)
    assert shown.can_apply
    assert shown.counts == {"added": 2, "changed": 0, "unchanged": 0, "refused": 0, "missing": 0}
    assert shown.ignored == ["stt"]
    assert [(line.line, line.code, line.is_new) for line in shown.changes] == [
        (4, "VN-ĐLOR-0123", True),
        (5, "VN-BTPH-036", True),
    ]
    assert shown.changes[0].changed["hectares"] == [None, 12.5]
    with pytest.raises(UnknownRow):
        await get_code(office, "VN-ĐLOR-0123")
    for _ in range(2):
        applied = await apply(office, shown.id)
        assert (applied.applied_by, applied.counts["added"]) == ("authority", 2)
    area, house = await get_code(office, "VN-ĐLOR-0123"), await get_code(office, "VN-BTPH-036")
    assert (area.kind, area.organisation, area.products) == ("growing_area", "krong-pac", ("ri6",))
    assert (area.province, area.markets, area.valid_until) == ("66", ("CN", "US"), "2027-12-31")
    assert (house.status, house.status_reason, house.version) == ("suspended", "Kiểm tra lại", 1)
    again = await preview(office, FILE)
    assert again.counts["unchanged"] == 2
    assert not again.can_apply
    assert (await office.ledger.audit.verify()).ok


async def test_a_workbook_gives_the_same_difference(office: Office) -> None:
    rows: list[list[object]] = [list(line.split(";")) for line in FILE.splitlines()]
    rows[3][5] = 12.5
    shown = await preview(office, make_workbook(rows))
    assert [line.changed for line in shown.changes] == [
        line.changed for line in (await preview(office, FILE)).changes
    ]


async def test_fields_that_the_file_lacks_stay_and_empty_cells_clear(office: Office) -> None:
    await add(office, AREA, HOUSE)
    shown = await preview(office, "code,hectares,valid_until\nVN-ĐLOR-0123,11,\n")
    (line,) = shown.changes
    assert line.changed == {"hectares": [12.5, 11.0], "valid_until": ["2027-12-31", None]}
    await apply(office, shown.id)
    area = await get_code(office, "VN-ĐLOR-0123")
    assert (area.hectares, area.valid_until, area.household) == (11, None, AREA["household"])


async def test_missing_codes_are_told_and_stay(office: Office) -> None:
    await add(office, AREA, {**AREA, "code": "VN-ĐLOR-0124"}, {**HOUSE, "province": "66"})
    await add(office, {**AREA, "code": "VN-TGOR-0001", "ward": None, "province": "82"})
    shown = await preview(office, "code,hectares\nVN-ĐLOR-0123,11\n")
    assert (shown.missing, shown.counts["missing"]) == (["VN-ĐLOR-0124"], 1)
    await apply(office, shown.id)
    assert (await get_code(office, "VN-ĐLOR-0124")).status == "active"


REFUSED = [
    ("VN-ĐLOR-12;A;;;", {"code"}),
    (";A;;;", {"code"}),
    ("VN-ĐLOR-0125;;;;", {"name"}),
    ("VN-ĐLOR-0125;A;1.250;;", {"hectares"}),
    ("VN-ĐLOR-0125;A;nhiều;31/02/2027;", {"hectares", "valid_until"}),
    ("VN-ĐLOR-0125;A;1;31/12/2027;Tạm dừng", {"status_reason"}),
    ("VN-ĐLOR-0125;A;1;31/12/2027;mất", {"status"}),
    ("VN-ĐLOR-0126;A;1;;Đang hoạt động", {"status"}),
]


@pytest.mark.parametrize(("line", "fields"), REFUSED)
async def test_a_line_at_fault_is_named_and_stops_the_file(
    office: Office, line: str, fields: set[str]
) -> None:
    await add(office, {**AREA, "code": "VN-ĐLOR-0126"})
    await registered_codes.revoke_code(office.context("authority"), "VN-ĐLOR-0126", "lent")
    head = "Mã;Tên;Diện tích;Hết hạn;Trạng thái\n"
    shown = await preview(office, f"{head}VN-ĐLOR-0999;B;;;\n{line}\n")
    (refused,) = shown.refused
    assert (refused.line, set(refused.flaws)) == (3, fields)
    assert not shown.can_apply
    with pytest.raises(ImportRefused, match="line 3"):
        await apply(office, shown.id)
    with pytest.raises(UnknownRow):
        await get_code(office, "VN-ĐLOR-0999")


@pytest.mark.parametrize(
    ("days", "read"),
    [
        (("03/04/2027", "31/12/2027"), "2027-04-03"),
        (("03/04/2027", "12/31/2027"), "2027-03-04"),
        (("2027-04-03", "12/31/2027"), "2027-04-03"),
        (("03/04/2027", "05/06/2027"), None),
        (("03/04/2027", ""), None),
    ],
)
async def test_a_day_with_two_readings_is_read_as_the_other_days_of_the_file(
    office: Office, days: tuple[str, str], read: str | None
) -> None:
    first, second = days
    text = f"code,name,valid until\nVN-ĐLOR-0123,A,{first}\nVN-ĐLOR-0124,A,{second}\n"
    shown = await preview(office, text)
    if read is None:
        assert shown.refused[0].flaws["valid_until"].reason == "readings"
    else:
        assert shown.changes[0].changed["valid_until"] == [None, read]


async def test_a_code_that_stands_twice_is_refused(office: Office) -> None:
    shown = await preview(office, "code,name\nVN-ĐLOR-0123,A\nvn đlor 0123,B\n")
    assert [str(line.flaws["code"]) for line in shown.refused] == ["is also in line 2"]


async def test_an_import_is_refused_when_the_registry_changed_in_between(office: Office) -> None:
    await add(office, AREA, HOUSE)
    text = "code,hectares\nVN-ĐLOR-0123,11\n"
    first = await preview(office, text)
    await registered_codes.suspend_code(office.context("authority"), AREA["code"], "residue")
    with pytest.raises(ImportOutdated):
        await apply(office, first.id)
    assert (await get_code(office, AREA["code"])).hectares == 12.5
    second = await preview(office, text)
    assert second.id != first.id
    await apply(office, second.id)
    assert (await get_code(office, AREA["code"])).status == "suspended"


async def test_an_unchanged_code_that_changed_since_stops_the_import(office: Office) -> None:
    await add(office, AREA, HOUSE)
    shown = await preview(office, "code,name\nVN-ĐLOR-0123,B\nVN-ĐLPH-0012,HTX Krông Pắc\n")
    changed = parse_code_record({**HOUSE, "name": "Other"})
    await registered_codes.change_code(office.context("authority"), changed, 1)
    with pytest.raises(ImportOutdated):
        await apply(office, shown.id)


async def test_a_new_code_that_was_added_since_stops_the_import(office: Office) -> None:
    shown = await preview(office, "code,name\nVN-ĐLPH-0012,B\n")
    await add(office, HOUSE)
    with pytest.raises(ImportOutdated):
        await apply(office, shown.id)


async def test_an_import_waits_for_a_day(office: Office) -> None:
    shown = await preview(office, FILE)
    office.now += 86_400_001
    with pytest.raises(ImportOutdated):
        await apply(office, shown.id)
    await preview(office, "code,name\nVN-ĐLPH-0012,B\n")
    with pytest.raises(UnknownRow):
        await apply(office, shown.id)


async def test_imports_that_wait_are_few(office: Office) -> None:
    ids = []
    for n in range(12):
        office.now += 1
        ids.append((await preview(office, f"code,name\nVN-ĐLOR-{n:04d},A\n")).id)
    kept = []
    for id_ in ids:
        try:
            kept.append((await code_imports.get_import(office.context("authority"), id_)).id)
        except UnknownRow:
            continue
    assert kept == ids[-10:]


UNREADABLE = [
    ("name;hectares\nA;1\n", InvalidInput),
    ("code,name\n", InvalidInput),
    ("", InvalidInput),
    ('code,name\nVN-ĐLOR-0123,"A\n', MalformedTable),
    ("code,name\nVN-ĐLOR-0123,A,B\n", MalformedTable),
    (b"PK\x03\x04", UnreadableText),
    ("code,name\n" + "VN-ĐLOR-0123,A\n" * 5001, InvalidInput),
]


@pytest.mark.parametrize(("content", "refusal"), UNREADABLE)
async def test_a_file_that_is_no_list_of_codes_is_refused(
    office: Office, content: str | bytes, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await preview(office, content)


async def test_only_editors_import(office: Office) -> None:
    shown = await preview(office, FILE)
    for who in ("packer", "inspector", "press"):
        with pytest.raises(Forbidden):
            await preview(office, FILE, who)
        with pytest.raises(Forbidden):
            await apply(office, shown.id, who)

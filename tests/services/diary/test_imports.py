"""Imports of entries: shown, recorded as shown and once, refused by line and field."""

import pytest

from ledger.errors import UnknownRow
from services.diary import imports
from services.diary.entries import tell_entry
from services.errors import ImportRefused, InvalidInput
from tests.services.diary.people import AREA, HARVEST, person, see
from tests.services.diary.people import registry as registry
from tests.services.office import Office

HEADER = "Ngày làm;Vùng trồng, cơ sở;Cây trồng, sản phẩm;Khối lượng, số lượng;Đơn vị tính;Cân"


def table(*lines: str) -> bytes:
    return "\r\n".join(["NHẬT KÝ", HEADER, *lines]).encode("utf-8-sig")


async def test_entries_are_recorded_as_shown_and_once(office: Office) -> None:
    grower = person(office, "grower")
    await tell_entry(grower, "harvest", HARVEST)
    content = table(
        "10/09/2026;vn đlor 0123;sau rieng ri6;820;kg;x", f"13/09/2026;{AREA};ri6;12,5;tấn;"
    )
    shown = await imports.preview_import(grower, "harvest", content, "so.csv")
    assert (shown.counts, list(shown.ignored)) == ({"added": 2, "refused": 0}, ["cân"])
    assert await see(office, "grower") == [("harvest", None)]
    for _ in range(2):
        assert (await imports.apply_import(grower, shown.id)).applied_at is not None
    assert await see(office, "grower") == [("harvest", None)] * 2  # one was recorded before
    assert (await imports.get_import(grower, shown.id)).entries == []
    for who in ("grower2", "other-grower"):
        with pytest.raises(UnknownRow):
            await imports.get_import(person(office, who), shown.id)


async def test_lines_at_fault_are_named_and_nothing_is_recorded(office: Office) -> None:
    grower = person(office, "grower")
    content = table(
        f"10/09/2026;{AREA};ri6;820;kg;",
        f"10/09/2026;{AREA};ri6;820;kg;",
        "13/09/2026;VN-TGOR-0007;bưởi;1.250;bao;",
        f"10/09/2031;{AREA};ri6;;kg;",
    )
    shown = await imports.preview_import(grower, "harvest", content, "so.csv")
    flaws = {one.line: {name: f.reason for name, f in one.flaws.items()} for one in shown.refused}
    assert flaws == {
        4: {"at": "repeated"},
        5: {"product": "unknown", "quantity": "readings", "unit": "choice"},
        6: {"quantity": "missing"},
    }
    with pytest.raises(ImportRefused):
        await imports.apply_import(grower, shown.id)
    foreign = table("13/09/2026;VN-TGOR-0007;ri6;1;kg;", f"10/09/2031;{AREA};ri6;1;kg;")
    shown = await imports.preview_import(grower, "harvest", foreign, "so.csv")
    assert [set(one.flaws) for one in shown.refused] == [{"place"}, {"at"}]
    assert await see(office, "grower") == []


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("test", table("x")),
        ("harvest", b"a,b\n1,2\n"),
        ("harvest", table()),
        ("harvest", table(*["x"] * (imports.MOST_LINES + 1))),
    ],
)
async def test_a_file_that_cannot_be_entries_is_refused(
    office: Office, kind: str, content: bytes
) -> None:
    with pytest.raises(InvalidInput):
        await imports.preview_import(person(office, "grower"), kind, content, "")

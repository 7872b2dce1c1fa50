"""Imports of invitations: cells as people write them, and all of what was shown or nothing."""

import pytest
from sqlalchemy import select

from desk.texts import TEXTS
from ledger import schema
from ledger.errors import TooManyInvitations, UnknownRow
from ledger.organisations import actor_invitations as rows
from ledger.trade_kinds import TRADE_KINDS
from services.errors import Forbidden, ImportRefused, InvalidInput
from services.organisations import invitation_imports as imports
from services.organisations.actor_invitations import get_invitation, withdraw_invitation
from services.organisations.invitation_table import make_template, read_invited, read_kind
from services.tables.line_flaws import UnreadableCell
from tests.services.office import Office

FILE = """HTX Krông Pắc: danh sách mời;;;
Vai trò;Họ và tên;SĐT;Tỉnh
Người trồng;Hộ ông Y Bih Niê;0912 345 678;Đắk Lắk
hộ trồng;Hộ bà H'Hoa;912345679;66
Vận chuyển;Nhà xe Tây Nguyên;;
""".encode("utf-16")


def test_cells_are_read_as_people_and_spreadsheets_write_them() -> None:
    lines, ignored = read_invited(FILE, 10)
    assert [(one.line, one.kind, one.name, one.phone, one.province) for one in lines] == [
        (3, "grower", "Hộ ông Y Bih Niê", "+84912345678", "66"),
        (4, "grower", "Hộ bà H'Hoa", "+84912345679", "66"),
        (5, "carrier", "Nhà xe Tây Nguyên", None, None),
    ]
    assert ignored == []
    assert not any(one.flaws for one in lines)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_kind_is_read_by_the_name_that_pages_show(language: str) -> None:
    texts = TEXTS[language]  # type: ignore[index] # a language
    assert [read_kind(texts(f"role.{kind}")) for kind in TRADE_KINDS] == [*TRADE_KINDS]
    with pytest.raises(UnreadableCell, match="none of"):
        read_kind("thanh tra")


def test_what_cannot_be_read_is_told_of_its_line_and_no_number_is_repeated() -> None:
    file = b"kind,name,phone,province\ngrower,A,0912 34,Z\n,B,9.12E+08,\nbuyer,,0912345678,\n"
    lines, _ = read_invited(file, 10)
    assert [set(one.flaws) for one in lines] == [{"phone", "province"}, {"kind", "phone"}, {"name"}]
    assert "0912 34" not in str(lines[0].flaws["phone"]).replace("0912 345 678", "")
    for nothing in (b"kind,phone\ngrower,1\n", make_template().encode()):
        with pytest.raises(InvalidInput):
            read_invited(nothing, 10)
    with pytest.raises(InvalidInput, match="more than 2"):
        read_invited(file, 2)


async def test_those_who_were_shown_are_invited_once(office: Office) -> None:
    packer = office.context("packer")
    shown = await imports.preview_import(packer, FILE, "moi.csv")
    assert (dict(shown.counts), shown.can_apply) == ({"added": 3, "refused": 0}, True)
    assert [one.phone_end for one in shown.invited] == ["678", "679", None]
    assert await imports.list_invited(packer, shown.id) == []
    async with office.ledger._store.read() as connection:
        kept = await connection.scalar(select(schema.invitation_imports.c.document))
    assert "912345" not in str(kept)
    for _ in range(2):
        applied = await imports.apply_import(packer, shown.id)
        assert (applied.applied_at, applied.invited) == (office.now, [])
    invited = await imports.list_invited(packer, shown.id)
    assert [(one.invitation.name, one.phone) for one in invited] == [
        ("Hộ ông Y Bih Niê", "+84912345678"),
        ("Hộ bà H'Hoa", "+84912345679"),
        ("Nhà xe Tây Nguyên", None),
    ]
    assert len({one.code for one in invited}) == 3
    assert (await get_invitation(packer, invited[2].invitation.id)).code == invited[2].code
    again = await imports.preview_import(packer, FILE, "moi.csv")
    assert [(one.line, set(one.flaws)) for one in again.refused] == [
        (line, {"name"}) for line in (3, 4, 5)
    ]
    with pytest.raises(ImportRefused):
        await imports.apply_import(packer, again.id)
    await withdraw_invitation(packer, invited[0].invitation.id)
    assert (await imports.list_invited(packer, shown.id))[0].code is None
    await office.ledger.audit.verify()


async def test_lines_are_judged_beside_each_other_and_beside_the_registry(office: Office) -> None:
    file = (
        "kind,name,phone,code\ngrower,A,0912345678,VN-ĐLOR-9999\ngrower,B,+84912345678,\n"
        "carrier,C,,\ncarrier,C,,\n"
    ).encode()
    shown = await imports.preview_import(office.context("packer"), file, "x")
    reasons = {
        one.line: {name: flaw.reason for name, flaw in one.flaws.items()} for one in shown.refused
    }
    assert reasons == {
        2: {"code": "no_codes"},
        3: {"phone": "repeated"},
        5: {"name": "repeated"},
    }
    of_ministry = await imports.preview_import(office.context("authority"), file, "x")
    assert of_ministry.refused[0].flaws["code"].reason == "unknown"


async def test_all_are_invited_or_none(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    packer = office.context("packer")
    shown = await imports.preview_import(packer, FILE, "x")
    monkeypatch.setattr(rows, "MOST_OPEN", 2)
    with pytest.raises(TooManyInvitations):
        await imports.apply_import(packer, shown.id)
    assert await office.ledger.actor_invitations.list_open("krong-pac") == []
    monkeypatch.setattr(imports, "MOST_OPEN", 2)
    with pytest.raises(TooManyInvitations):
        await imports.preview_import(packer, FILE, "x")


async def test_an_import_is_its_makers_alone(office: Office) -> None:
    shown = await imports.preview_import(office.context("packer"), FILE, "x")
    for who in ("packer2", "other-packer"):
        with pytest.raises(UnknownRow):
            await imports.apply_import(office.context(who), shown.id)
    with pytest.raises(Forbidden):
        await imports.preview_import(office.context("inspector"), FILE, "x")

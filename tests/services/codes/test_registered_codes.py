"""Registered codes: who sees and edits them, their status, and what lots may name."""

from dataclasses import replace
from typing import Any

import pytest

from ledger.codes.code_errors import (
    CodeChanged,
    CodeExists,
    CodeNotRegistered,
    CodeRevoked,
    CodeSuspended,
)
from ledger.errors import UnknownRow
from services.codes import registered_codes
from services.codes.registered_codes import CodeQuery
from services.errors import CodeState, Forbidden, ForeignPlace, InvalidInput
from services.home import list_tasks
from services.lists.codes import CODES
from services.lists.description import ListRequest
from services.lists.find import count_list, find_list_page
from services.lots import lots
from services.lots.lot_places import find_places
from services.stamps import activation
from tests.services.office import Office, lot_document, new_key
from traceability.code_forms import CodeKind
from traceability.code_record import MalformedCodeRecord, parse_code_record

AREA = {
    "code": "vn-đlor-0123",
    "kind": "growing_area",
    "name": "Vùng trồng Ea Kao",
    "household": "Hộ ông Y Bih Niê",
    "products": ["ri6"],
    "hectares": 12.5,
    "ward": "24169",
    "markets": ["CN", "US", "CN"],
    "valid_from": "2026-01-01",
    "valid_until": "2027-12-31",
}
HOUSE = {"code": "VN-ĐLPH-0012", "kind": "packing_house", "name": "HTX Krông Pắc"}


async def add(office: Office, *records: dict[str, Any], who: str = "authority") -> None:
    for record in records:
        await registered_codes.add_code(office.context(who), parse_code_record(record))


async def list_found(office: Office, who: str = "packer", **query: Any) -> list[str]:
    page = await registered_codes.list_codes(office.context(who), CodeQuery(**query))
    return [row.code for row in page.items]


async def test_a_code_is_stored_in_canonical_form(office: Office) -> None:
    await add(office, AREA)
    row = await registered_codes.get_code(office.context("authority"), "VN ĐLOR 0123")
    assert (row.code, row.province, row.markets) == ("VN-ĐLOR-0123", "66", ("CN", "US"))
    assert (row.valid_until, row.hectares, row.changed_by) == ("2027-12-31", 12.5, "authority")


FLAWS = [
    ({"code": "VN-ĐLPH-0012"}, {"code"}),
    ({"name": " ", "hectares": 0, "markets": ["china"]}, {"name", "hectares", "markets[0]"}),
    ({"kind": "orchard"}, {"kind"}),
    ({"province": "79"}, {"province"}),
    ({"valid_until": "2025-12-31"}, {"valid_until"}),
    ({"valid_until": "2026-02-30"}, {"valid_until"}),
    ({"hectares": float("nan")}, {"hectares"}),
    ({"lat": 12.6}, {"record"}),
    ({"colour": "green"}, {"colour"}),
]


@pytest.mark.parametrize(("changes", "fields"), FLAWS)
def test_every_field_at_fault_is_named(changes: dict[str, Any], fields: set[str]) -> None:
    with pytest.raises(MalformedCodeRecord) as caught:
        parse_code_record({**AREA, **changes})
    assert set(caught.value.evidence["flaws"]) == fields


async def test_only_administrators_and_the_authority_edit(office: Office) -> None:
    for who in ("packer", "press", "inspector", "issuer"):
        context = office.context(who)
        with pytest.raises(Forbidden):
            await add(office, AREA, who=who)
        steps = [registered_codes.revoke_code, registered_codes.restore_code]
        if who != "inspector":
            steps.append(registered_codes.suspend_code)
        for step in steps:
            with pytest.raises(Forbidden):
                await step(context, "VN-ĐLOR-0123", "reason")
        with pytest.raises(Forbidden):
            await registered_codes.require_registration(
                context, CodeKind.GROWING_AREA, is_required=True
            )
    assert await list_found(office) == []


async def test_an_inspector_suspends_and_the_authority_restores(office: Office) -> None:
    await add(office, AREA)
    code = str(AREA["code"])
    inspector = office.context("inspector")
    row = await registered_codes.suspend_code(inspector, code, "nghi cho mượn")
    assert (row.status, row.status_by) == ("suspended", "inspector")
    with pytest.raises(Forbidden):
        await registered_codes.restore_code(inspector, code, "đã rõ")
    assert (await registered_codes.restore_code(office.context("authority"), code, "x")).status == (
        "active"
    )


async def test_unknown_organisations_and_products_are_refused(office: Office) -> None:
    for changes, field in (
        ({"organisation": "nobody"}, "organisation"),
        ({"products": ["x"]}, "products"),
    ):
        with pytest.raises(InvalidInput, match=field):
            await add(office, {**AREA, **changes})


async def test_a_household_is_named_to_those_who_may_know(office: Office) -> None:
    await add(office, {**AREA, "organisation": "krong-pac"})
    for who, name in (
        ("packer", AREA["household"]),
        ("inspector", AREA["household"]),
        ("other-packer", None),
        ("press", None),
    ):
        context = office.context(who)
        row = await registered_codes.get_code(context, AREA["code"])
        (listed,) = (await registered_codes.list_codes(context, CodeQuery())).items
        assert row.household == listed.household == name
    await registered_codes.change_code(
        office.context("authority"), parse_code_record({**AREA, "household_agreed": True}), 1
    )
    shown = await registered_codes.get_code(office.context("press"), AREA["code"])
    assert shown.household == AREA["household"]


async def test_codes_are_searched_as_people_type(office: Office) -> None:
    await add(office, AREA, HOUSE)
    for search in ("VN-ĐLOR-0123", "vndlor0123", "dlor", "0123", "ea kao", "VÙNG  trồng", "vn ea"):
        assert await list_found(office, search=search) == ["VN-ĐLOR-0123"]
    assert await list_found(office, search="vn") == ["VN-ĐLOR-0123", "VN-ĐLPH-0012"]
    assert await list_found(office, search="Y Bih") == []
    assert await list_found(office, kind=CodeKind.PACKING_HOUSE) == ["VN-ĐLPH-0012"]
    assert await registered_codes.find_similar_codes(office.context("packer"), "vn dlor 0123") == [
        "VN-ĐLOR-0123"
    ]
    first = await registered_codes.list_codes(office.context("packer"), CodeQuery(), limit=1)
    rest = await registered_codes.list_codes(
        office.context("packer"), CodeQuery(), limit=1, after=first.next
    )
    assert [*first.items, *rest.items][1].code == "VN-ĐLPH-0012"
    assert rest.next is None


async def test_a_second_code_and_a_stale_change_are_refused(office: Office) -> None:
    context = office.context("authority")
    await add(office, AREA, AREA)
    with pytest.raises(CodeExists):
        await add(office, {**AREA, "name": "Other"})
    smaller = parse_code_record({**AREA, "hectares": 10})
    await registered_codes.change_code(context, smaller, 1)
    assert (await registered_codes.change_code(context, smaller, 1)).version == 2
    with pytest.raises(CodeChanged):
        await registered_codes.change_code(context, parse_code_record({**AREA, "hectares": 9}), 1)
    with pytest.raises(UnknownRow):
        await registered_codes.change_code(context, parse_code_record(HOUSE), 1)


async def test_a_suspended_code_binds_no_stamp_until_it_is_restored(office: Office) -> None:
    context = office.context("authority")
    await add(office, AREA)
    number = await office.print_batch()
    packer = office.context("packer")
    await lots.put_lot(packer, lot_document())
    await registered_codes.suspend_code(context, AREA["code"], "pesticide residue")
    lot = await lots.get_lot(packer, "L1")
    assert isinstance(await registered_codes.find_code_refusal(packer, lot), CodeSuspended)
    with pytest.raises(CodeSuspended, match="pesticide residue"):
        await activation.check_activation(packer, str(number), "L1")
    with pytest.raises(CodeSuspended):
        await activation.activate_range(packer, str(number), "L1", new_key())
    await registered_codes.revoke_code(context, AREA["code"], "lent to another")
    with pytest.raises(CodeState):
        await registered_codes.suspend_code(context, AREA["code"], "again")
    with pytest.raises(CodeRevoked):
        await lots.put_lot(packer, lot_document("L2"))
    with pytest.raises(InvalidInput):
        await registered_codes.restore_code(context, AREA["code"], " ")
    row = await registered_codes.restore_code(context, AREA["code"], "appeal upheld")
    assert row.status == "active"
    assert await registered_codes.find_code_refusal(packer, lot) is None
    await activation.activate_range(packer, str(number), "L1", new_key())
    history = await registered_codes.list_history(packer, AREA["code"], limit=2)
    assert [entry.action for entry in history.items] == [
        "registered_code.restore",
        "registered_code.revoke",
    ]
    rest = await registered_codes.list_history(packer, AREA["code"], limit=2, after=history.next)
    assert [entry.action for entry in rest.items] == [
        "registered_code.suspend",
        "registered_code.add",
    ]


async def test_an_inspector_sees_the_lots_of_a_code_and_a_packer_its_own(office: Office) -> None:
    await add(office, AREA)
    await lots.put_lot(office.context("packer"), lot_document())
    for who, codes in (("inspector", ["L1"]), ("packer2", ["L1"]), ("other-packer", [])):
        page = await registered_codes.list_lots_of_code(office.context(who), AREA["code"])
        assert [lot.code for lot in page.items] == codes


async def test_codes_must_be_registered_where_a_rule_says_so(office: Office) -> None:
    packer, authority = office.context("packer"), office.context("authority")
    await registered_codes.require_registration(authority, CodeKind.GROWING_AREA, is_required=True)
    assert await registered_codes.list_required_kinds(packer) == {"growing_area"}
    with pytest.raises(CodeNotRegistered):
        await lots.put_lot(packer, lot_document())
    await add(office, AREA)
    await lots.put_lot(packer, lot_document())


async def test_a_registered_owner_decides_whose_packing_house_it_is(office: Office) -> None:
    packer = office.context("packer")
    await add(office, HOUSE)
    await lots.put_lot(packer, lot_document())
    await registered_codes.change_code(
        office.context("authority"),
        parse_code_record({**HOUSE, "organisation": "tan-phuoc"}),
        1,
    )
    with pytest.raises(ForeignPlace):
        await lots.put_lot(packer, lot_document("L2"))


async def test_a_form_finds_own_packing_houses_and_says_which_can_not_be_chosen(
    office: Office,
) -> None:
    own = {**HOUSE, "code": "VN-ĐLPH-0099", "organisation": "krong-pac"}
    foreign = {**HOUSE, "code": "VN-ĐLPH-0098", "organisation": "tan-phuoc"}
    await add(office, own, foreign, {**own, "code": "VN-ĐLPH-0097", "valid_until": "2026-09-01"})
    found = await find_places(office.context("packer"), "packing_house", "")
    assert [(place.code, place.condition) for place in found] == [
        ("VN-ĐLPH-0012", "active"),
        ("VN-ĐLPH-0097", "expired"),
        ("VN-ĐLPH-0099", "active"),
    ]
    for typed in ("vn-dlph-0099", "0099"):
        found = await find_places(office.context("packer"), "packing_house", typed)
        assert [place.code for place in found] == ["VN-ĐLPH-0099"]


async def test_a_crop_is_estimated_from_what_is_registered(office: Office) -> None:
    context = office.context("authority")
    await add(office, AREA)
    assert await registered_codes.estimate_crop(context, AREA["code"]) is None
    known = await office.ledger.products.get("ri6")
    await office.ledger.products.replace(replace(known, yield_t_per_ha=20.0, fruit_kg=2.5))
    estimate = await registered_codes.estimate_crop(context, AREA["code"])
    assert estimate is not None
    assert estimate.fruits == 100_000
    await registered_codes.change_code(
        context, parse_code_record({**AREA, "yield_t_per_ha": 10}), 1
    )
    estimate = await registered_codes.estimate_crop(context, AREA["code"], "ri6")
    assert estimate is not None
    assert estimate.fruits == 50_000


async def test_the_list_of_codes_filters_by_what_holds_today(office: Office) -> None:
    """The same description makes the page, its counts and its exports."""
    await add(
        office,
        AREA,
        {**HOUSE, "organisation": "krong-pac", "province": "66"},
        {
            **AREA,
            "code": "VN-TGOR-0001",
            "ward": None,
            "province": "82",
            "valid_until": "2026-09-20",
        },
    )
    await registered_codes.suspend_code(office.context("authority"), "VN-ĐLPH-0012", "residue")
    context = office.context("packer")

    async def find(search: str = "", **filters: str) -> list[str]:
        asked = {name: (value,) for name, value in filters.items()}
        request = ListRequest(search=search, filters=asked)
        page = await find_list_page(context, CODES, request)
        assert all(row["household"] is None for row in page.rows)
        counted = await count_list(context, CODES, request)
        assert counted.count == len(page.rows)
        return [row["id"] for row in page.rows]

    assert await find() == ["VN-TGOR-0001", "VN-ĐLOR-0123", "VN-ĐLPH-0012"]
    assert await find(condition="expired") == ["VN-TGOR-0001"]
    assert await find(condition="suspended", kind="packing_house") == ["VN-ĐLPH-0012"]
    assert await find(province="66", condition="active") == ["VN-ĐLOR-0123"]
    assert await find("krông pắc") == ["VN-ĐLPH-0012"]
    assert await find("dlor 0123") == ["VN-ĐLOR-0123"]
    assert await find("Y Bih") == []
    with pytest.raises(InvalidInput):
        await find(condition="lost")
    (own,) = [task for task in await list_tasks(context) if task.name == "own_codes"]
    assert own.counted.count == 1
    office.now -= 86_400_000
    assert await find(condition="expired") == []
    assert await find(condition="expiring") == ["VN-TGOR-0001"]
    office.now -= 31 * 86_400_000
    assert await find(condition="expiring") == []

"""What a lot tells follows from the table of its kind of produce; a kind is added by a table."""

from typing import Any

import pytest

from tests.added_kind import insects as insects
from traceability import Lot, MalformedLot, find_missing_items, lot_profiles
from traceability.lot_changes import LotPart, find_changed_parts
from traceability.lot_details import describe_details
from traceability.lot_profiles import find_profile, load_profiles, read_profiles
from traceability.requirements import is_missing
from web.i18n import LANGUAGES

SHRIMP: dict[str, Any] = {
    "kind": "aquaculture",
    "code": "T1",
    "product": {"code": "tom", "name": {"vi": "Tôm thẻ"}, "image": "/a.jpg"},
    "producer": {
        "name": "Hộ bà Sáu",
        "kind": "household",
        "address": {"line": "Ấp 4", "province": "96"},
    },
    "farming_area": {"code": "vn cmaq 0021"},
    "packing_house": {"code": "VN-CMPH-0031"},
    "stages": [
        {"stage": stage, "product": "tom", "location": place, "at": at}
        for stage, place, at in (
            ("grown", "VN-CMAQ-0021", "2026-03-01T00:00:00Z"),
            ("harvested", "VN-CMAQ-0021", "2026-06-30T23:00:00Z"),
            ("packed", "VN-CMPH-0031", "2026-07-01T06:00:00Z"),
        )
    ],
    "standards": [{"name": "ASC"}],
    "details": {"species": "Litopenaeus vannamei", "feed": "Grobest"},
}


def shrimp(**details: Any) -> dict[str, Any]:
    return {**SHRIMP, "details": {**SHRIMP["details"], **details}}


def test_every_item_is_told_in_three_languages_and_can_be_tested() -> None:
    lot = Lot.from_document(SHRIMP)
    for profile in load_profiles().values():
        for item in profile.items:
            assert all(item.label[language] for language in LANGUAGES)
            assert item.group in profile.groups
            assert item.sources
            is_missing(item, lot)


def test_a_lot_of_shrimp_lacks_nothing_and_comes_back_as_it_went() -> None:
    lot = Lot.from_document(SHRIMP)
    assert find_missing_items(lot) == []
    assert lot.origin is lot.farming_area is not None
    assert lot.farming_area.code == "VN-CMAQ-0021"
    assert Lot.from_document(lot.to_document()) == lot


@pytest.mark.parametrize(
    ("kind", "code", "details"),
    [
        (
            "processed_food",
            "vn đlfe 0031",
            {
                "ingredients": "Sầu riêng 100%",
                "storage": "-18 °C",
                "declaration": "01/2026",
                "raw_material_lots": "DL-2026-0912",
            },
        ),
        (
            "farm_input",
            "VN-HCMFI-0008",
            {
                "input_kind": "pesticide",
                "substance": "Mancozeb 640 g/kg",
                "registration": "123/CNĐKT-BVTV",
                "used_for": "Sương mai",
                "warnings": "Độc cho cá",
                "waiting_days": 7,
            },
        ),
    ],
)
def test_what_an_establishment_makes_comes_from_its_packing_house(
    kind: str, code: str, details: dict[str, Any]
) -> None:
    made = [
        stage | {"location": code} for stage in SHRIMP["stages"] if stage["stage"] != "harvested"
    ]
    document = {**SHRIMP, "kind": kind, "packing_house": {"code": code}, "stages": made}
    del document["farming_area"]
    lot = Lot.from_document({**document, "details": details})
    assert find_missing_items(lot) == []
    assert lot.origin is lot.packing_house
    assert len(lot.sites) == 1
    bare = find_missing_items(Lot.from_document({**document, "details": {}}))
    assert set(bare) <= set(details)
    assert "registration" in bare or "declaration" in bare


def test_what_only_its_kind_needs_is_missed() -> None:
    assert find_missing_items(Lot.from_document({**SHRIMP, "details": {}})) == ["species", "feed"]
    treated = Lot.from_document(shrimp(medicine="Oxytetracycline"))
    assert find_missing_items(treated) == ["withdrawal_ended"]


@pytest.mark.parametrize(
    ("changes", "flaws"),
    [
        ({"kind": "cattle"}, {"kind": f"must be one of {', '.join(load_profiles())}"}),
        (
            {"growing_area": {"code": "VN-ĐLOR-0123"}},
            {"growing_area": "is not a field of a lot of aquaculture"},
        ),
        (
            shrimp(species=" ", colour="red", withdrawal_ended="soon"),
            {
                "details.species": "is empty",
                "details.withdrawal_ended": "must be a date, such as 2026-07-01",
                "details.colour": "is not a field of a lot",
            },
        ),
        (
            shrimp(medicine="Oxytetracycline", withdrawal_ended="2026-07-02"),
            {"details.withdrawal_ended": "is after the harvest of 2026-07-01"},
        ),
        ({"code": "", "brand": ""}, {"code": "is empty", "brand": "is empty"}),
    ],
)
def test_every_flaw_is_named_at_once(changes: dict[str, Any], flaws: dict[str, str]) -> None:
    with pytest.raises(MalformedLot) as refusal:
        Lot.from_document({**SHRIMP, **changes})
    assert refusal.value.evidence["flaws"] == flaws


def test_a_lot_without_a_kind_is_of_crops_and_tells_no_details() -> None:
    crop = {"code": "L1", "product": {"code": "ri6", "name": {"vi": "Ri6"}}}
    assert Lot.from_document(crop).to_document() == crop
    with pytest.raises(MalformedLot, match=r"details\.species"):
        Lot.from_document({**crop, "details": {"species": "x"}})


def test_a_change_of_details_is_material() -> None:
    before, after = Lot.from_document(SHRIMP), Lot.from_document(shrimp(feed="CP"))
    assert find_changed_parts(before, after) == (LotPart.DETAILS,)


@pytest.mark.usefixtures("insects")
def test_a_kind_is_added_by_a_table() -> None:
    document = {
        "kind": "insects",
        "code": "B1",
        "product": {"code": "de", "name": {"vi": "Dế"}},
        "farming_area": {"code": "VN-CMAQ-0021"},
    }
    assert find_missing_items(Lot.from_document(document)) == ["hives"]
    details = {"hives": 1200, "sex": "female", "weighed_on": "2026-06-30"}
    lot = Lot.from_document({**document, "details": details})
    assert find_missing_items(lot) == []
    assert describe_details(find_profile("insects"), lot.details, "vi") == [
        ("Số tổ", "1.200"),
        ("Giới tính", "cái"),
        ("Ngày cân", "30/06/2026"),
    ]
    with pytest.raises(MalformedLot) as refusal:
        Lot.from_document({**document, "details": {"hives": -1, "sex": "x"}})
    assert set(refusal.value.evidence["flaws"]) == {"details.hives", "details.sex"}


def test_a_folder_is_read_in_the_order_of_kinds() -> None:
    assert list(read_profiles(lot_profiles.FOLDER)) == [
        "aquaculture",
        "crop",
        "farm_input",
        "forestry",
        "livestock",
        "processed_food",
    ]


def a_lot_of(kind: str, origin: dict[str, Any], place: str, **details: Any) -> dict[str, Any]:
    """The lot of shrimp with another kind, origin and details."""
    stages = [
        {**one, "location": place} if one["stage"] != "packed" else one for one in SHRIMP["stages"]
    ]
    rest = {name: value for name, value in SHRIMP.items() if name != "farming_area"}
    return {**rest, "kind": kind, "stages": stages, "details": details, **origin}


@pytest.mark.parametrize(
    ("document", "missing"),
    [
        (
            a_lot_of(
                "livestock",
                {"farming_area": {"code": "vn đnlf 0007"}},
                "VN-ĐNLF-0007",
                species="Gà ri",
                feed="CP 511",
            ),
            ["species", "feed"],
        ),
        (
            a_lot_of(
                "forestry",
                {"growing_area": {"code": "vn qtfr 0145"}},
                "VN-QTFR-0145",
                species="Acacia mangium",
                origin_papers="BKLS 12/2026",
            ),
            ["species", "origin_papers"],
        ),
    ],
    ids=["livestock", "forestry"],
)
def test_livestock_and_forest_produce_tell_their_own(
    document: dict[str, Any], missing: list[str]
) -> None:
    assert find_missing_items(Lot.from_document(document)) == []
    assert find_missing_items(Lot.from_document({**document, "details": {}})) == missing


def test_nothing_is_slaughtered_before_the_withdrawal_period_ends() -> None:
    treated = a_lot_of(
        "livestock",
        {"farming_area": {"code": "VN-ĐNLF-0007"}},
        "VN-ĐNLF-0007",
        species="Gà ri",
        feed="CP 511",
        medicine="Oxytetracycline",
    )
    assert find_missing_items(Lot.from_document(treated)) == ["withdrawal_ended"]
    late = {**treated["details"], "withdrawal_ended": "2026-07-02"}
    with pytest.raises(MalformedLot) as refusal:
        Lot.from_document({**treated, "details": late})
    assert set(refusal.value.evidence["flaws"]) == {"details.withdrawal_ended"}

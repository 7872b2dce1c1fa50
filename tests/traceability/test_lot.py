"""A lot tells the minimum data, in order, or its refusal names what is wrong or lacking."""

import contextlib
import copy
import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from stamps.timestamps import parse_rfc3339
from traceability import (
    Address,
    AppliedStandard,
    GrowingArea,
    LocalizedName,
    Lot,
    LotProduct,
    MalformedLot,
    MalformedRegistrationCode,
    PackingHouse,
    Party,
    PartyKind,
    RequirementSource,
    Stage,
    StageRecord,
    find_missing_items,
)
from traceability.administrative_units import load_administrative_units
from traceability.code_forms import CodeKind
from traceability.lot_profiles import find_profile
from traceability.registration_codes import parse_code, to_plain_letters
from traceability.requirements import render_tables

DOCS = Path(__file__).parents[2] / "docs" / "lot.md"


def whole() -> dict[str, Any]:
    """The document in the docs, which lacks nothing."""
    found = re.search(r"```json\n(.+?)```", DOCS.read_text(), re.DOTALL)
    assert found
    document: dict[str, Any] = json.loads(found[1])
    return document


def put(document: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """A copy with the field at `path` (`stages.0.at`) changed, or removed when value is ...."""
    changed = copy.deepcopy(document)
    *way, last = [int(step) if step.isdecimal() else step for step in path.split(".")]
    at: Any = changed
    for step in way:
        at = at[step]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return changed


def test_the_docs_table_is_the_tables() -> None:
    assert render_tables() in DOCS.read_text()


def test_the_document_of_the_docs_lacks_nothing() -> None:
    lot = Lot.from_document(whole())
    assert find_missing_items(lot) == []
    assert lot.harvested_at == parse_rfc3339("2026-06-30T23:00:00Z")
    assert lot.packed_at == parse_rfc3339("2026-07-01T06:00:00Z")
    assert lot.expires_at == parse_rfc3339("2026-07-13T06:00:00Z")
    assert lot.producer is not None
    assert lot.producer.address == Address(line="Thôn 5", ward="24133", province="66")
    assert lot.product.name.choose("zh") == "Ri6榴莲"
    assert lot.find_site("VN-ĐLPH-0012") is lot.packing_house
    assert lot.find_site("VN-ĐLPH-9999") is None


def test_a_document_comes_back_as_it_went_with_what_follows_from_it() -> None:
    lot = Lot.from_document(whole())
    document = lot.to_document()
    assert document["expires_at"] == "2026-07-13T06:00:00Z"
    assert Lot.from_document(document) == lot
    assert Lot.from_document(json.loads(lot.to_canonical_json())) == lot
    assert {k: v for k, v in document.items() if not k.endswith("_at")} == put(
        whole(), "producer.address.province", "66"
    )


def test_equal_lots_have_equal_bytes() -> None:
    backwards = dict(reversed(list(whole().items())))
    assert (
        Lot.from_document(backwards).to_canonical_json()
        == Lot.from_document(whole()).to_canonical_json()
    )


@pytest.mark.parametrize(
    ("path", "items"),
    [
        ("product.image", ["product_image"]),
        ("producer", ["producer", "producer_address"]),
        ("producer.address", ["producer_address"]),
        ("growing_area", ["growing_area"]),
        ("packing_house", ["packing_house"]),
        ("stages", ["stages", "production_time", "harvest_time", "packing_time"]),
        ("stages.2.product", ["stage_product"]),
        ("stages.2.location", ["stage_location"]),
        ("stages.2.at", ["stage_time"]),
        ("stages.0", ["production_time"]),
        ("stages.1", ["harvest_time"]),
        ("stages.3", ["packing_time"]),
        ("standards", ["standards"]),
        ("brand", []),
        ("shelf_life_days", []),
        ("market", []),
    ],
)
def test_what_is_lacking_is_named(path: str, items: list[str]) -> None:
    assert find_missing_items(Lot.from_document(put(whole(), path, ...))) == items
    assert all(find_profile("crop").item(item).label["vi"] for item in items)


def test_an_empty_lot_lacks_every_mandatory_item_but_its_name_and_code() -> None:
    lot = Lot(code="L1", product=LotProduct(code="ri6", name=LocalizedName(vi="Sầu riêng")))
    mandatory = {item.name for item in find_profile("crop").items if item.is_mandatory}
    present = {"product_name", "lot_code", "stage_product", "stage_location", "stage_time"}
    assert set(find_missing_items(lot)) == mandatory - present


def test_each_rule_asks_for_its_own_items() -> None:
    lot = Lot(code="L1", product=LotProduct(code="ri6", name=LocalizedName(vi="Sầu riêng")))
    assert "growing_area" not in find_missing_items(lot, [RequirementSource.CIRCULAR])
    assert "product_image" not in find_missing_items(lot, [RequirementSource.PLAN])
    assert find_missing_items(lot, [RequirementSource.VERITEM]) == ["packing_time"]
    assert find_missing_items(lot, []) == []


def test_the_circular_has_ten_items() -> None:
    items = find_profile("crop").items
    assert {item.sources.get(RequirementSource.CIRCULAR) for item in items} - {None} == {
        str(number) for number in range(1, 11)
    }


def test_an_address_without_a_line_or_a_ward_is_no_address() -> None:
    lot = Lot.from_document(put(whole(), "producer.address", {"province": "66"}))
    assert find_missing_items(lot) == ["producer_address"]


@pytest.mark.parametrize(
    ("path", "value", "field", "why"),
    [
        ("code", ..., "code", "is missing"),
        ("code", "", "code", "is empty"),
        ("code", "L" * 21, "code", "1 to 20 characters"),
        ("code", "LÔ1", "code", "1 to 20 characters"),
        ("code", 7, "code", "must be a text"),
        ("product", ..., "product", "is missing"),
        ("product", "ri6", "product", "must be a JSON object"),
        ("product.name", {"en": "durian"}, "product.name.vi", "is missing"),
        ("product.name.fr", "durian", "product.name.fr", "not a field"),
        ("product.gtin", "08935000000015", "product.gtin", "should be 4"),
        ("product.image", "javascript:alert(1)", "product.image", "https"),
        ("product.image", "//evil.example/a.png", "product.image", "https"),
        ("product.image", '/a.png" onload="x', "product.image", "https"),
        (
            "producer.kind",
            "farm",
            "producer.kind",
            "one of 'household', 'cooperative' or 'enterprise'",
        ),
        ("producer.name", "A\x00B", "producer.name", "control"),
        ("producer.name", "A\ud800", "producer.name", "control"),
        ("producer.name", "\u200b\u200d\ufeff", "producer.name", "can be seen"),
        ("producer.name", "\u3164", "producer.name", "can be seen"),
        ("producer.name", "Nông trại \u202eNA", "producer.name", "direction"),
        ("product.name.vi", "\u2066Ri6", "product.name.vi", "direction"),
        ("producer.name", "A" * 501, "producer.name", "longer than 500"),
        ("producer.address.ward", "99999", "producer.address.ward", "in force"),
        ("producer.address.province", "64", "producer.address.province", "in force"),
        ("producer.address.province", "79", "producer.address.province", "lies in Tỉnh Đắk Lắk"),
        ("growing_area.code", "VN-ĐLPH-0123", "growing_area.code", "growing area"),
        ("growing_area.code", "VN-ĐLOR-١٢٣٤", "growing_area.code", "growing area"),
        ("packing_house.code", ..., "packing_house.code", "is missing"),
        ("packing_house.lat", 91, "packing_house.lat", "must be 90 or less"),
        ("packing_house.lat", float("nan"), "packing_house.lat", "finite number"),
        ("packing_house.lat", True, "packing_house.lat", "must be a number"),
        ("packing_house.lat", "12.7", "packing_house.lat", "must be a number"),
        ("packing_house.lon", ..., "packing_house", "without the other"),
        ("stages", {}, "stages", "list"),
        ("stages", [{"stage": "grown"}] * 65, "stages", "at most 64"),
        ("stages.0.stage", "peeled", r"stages\[0\].stage", "one of 'grown'"),
        ("stages.0.at", 1770681600000, r"stages\[0\].at", "must be a text"),
        ("stages.0.at", "2026-02-10", r"stages\[0\].at", "RFC 3339"),
        ("stages.0.at", "2026-02-30T00:00:00Z", r"stages\[0\].at", "no such date"),
        ("stages.3.at", "2026-06-30T00:00:00Z", "stages", "packed at .+ before harvested at"),
        ("stages.1.at", "2026-01-30T00:00:00Z", "stages", "harvested at .+ before grown at"),
        ("shelf_life_days", 0, "shelf_life_days", "must be 1 or more"),
        ("shelf_life_days", 3651, "shelf_life_days", "must be 3650 or less"),
        ("shelf_life_days", True, "shelf_life_days", "whole number"),
        ("shelf_life_days", "12", "shelf_life_days", "whole number"),
        ("shelf_life_days", 1.5, "shelf_life_days", "whole number"),
        ("standards", [{}], r"standards\[0\].name", "is missing"),
        ("market", ["Vietnam"], r"market\[0\]", "form of a country code"),
        ("market", "VN", "market", "list"),
        ("expires_at", "2027-01-01T00:00:00Z", "expires_at", "follows 2026-07-13"),
        ("harvset", "2026", "harvset", "not a field"),
    ],
)
def test_a_malformed_field_is_named_with_its_reason(
    path: str, value: object, field: str, why: str
) -> None:
    with pytest.raises(MalformedLot, match=why) as refusal:
        Lot.from_document(put(whole(), path, value))
    assert re.fullmatch(field, refusal.value.field)


@pytest.mark.parametrize("document", [None, [], "lot", 7])
def test_a_document_that_is_no_object_is_refused(document: Any) -> None:
    with pytest.raises(MalformedLot, match="must be a JSON object"):
        Lot.from_document(document)


def test_fruit_may_be_bought_on_the_tree() -> None:
    document = put(whole(), "stages.2.at", "2026-05-01T00:00:00Z")
    assert find_missing_items(Lot.from_document(document)) == []


def test_codes_are_put_into_canonical_form() -> None:
    lookalike = put(whole(), "growing_area.code", " vn-\u00d0lor–0123 ")
    lot = Lot.from_document(lookalike)
    assert lot.growing_area is not None
    assert lot.growing_area.code == "VN-ĐLOR-0123"
    decomposed = put(whole(), "producer.name", "Nguye\u0302\u0303n")
    reread = Lot.from_document(decomposed)
    assert reread.producer is not None
    assert reread.producer.name == "Nguy\u1ec5n"


def test_null_fields_count_as_absent() -> None:
    document = put(put(whole(), "brand", None), "stages", None)
    lot = Lot.from_document(document)
    assert (lot.brand, lot.stages, lot.packed_at) == (None, (), None)


def test_a_lot_does_not_change() -> None:
    lot = Lot.from_document(whole())
    with pytest.raises(ValidationError, match="frozen"):
        lot.brand = "X"


def test_a_code_in_plain_letters_is_for_searching() -> None:
    assert to_plain_letters("vn-đlor-0123") == "VN-DLOR-0123"
    with pytest.raises(MalformedRegistrationCode) as refusal:
        parse_code("VN-0123", CodeKind.GROWING_AREA)
    assert (refusal.value.text, refusal.value.what) == ("VN-0123", "growing area")


def test_a_site_without_a_province_lies_where_its_degrees_do() -> None:
    code = "VN-ĐLPH-0012"
    assert PackingHouse(code=code, lat=12.6667, lon=108.0383).province == "66"
    assert PackingHouse(code=code, lat=13.75, lon=100.5).province is None
    assert PackingHouse(code=code).province is None


texts = (
    st.text(st.characters(categories=("L", "N", "P", "S", "M")), min_size=1, max_size=20)
    .map(lambda t: unicodedata.normalize("NFC", t))
    .filter(lambda t: any(c.isalnum() for c in t) and not set(t) & set("\u115f\u1160\u3164\uffa0"))
)
wards = st.sampled_from(sorted(load_administrative_units().wards))


@st.composite
def lots(draw: st.DrawFn) -> Lot:
    """Any lot that is allowed, complete or not."""
    ward = load_administrative_units().wards[draw(wards)]
    start = draw(st.integers(0, 4_000_000_000_000))
    stages = draw(st.lists(st.sampled_from(list(Stage)), max_size=7))
    records = tuple(
        StageRecord(
            stage=stage,
            product=draw(st.none() | texts),
            location=draw(st.none() | texts),
            at=start + list(Stage).index(stage),
        )
        for stage in stages
    )
    return Lot(
        code=draw(st.text("ABC019-_", min_size=1, max_size=20)),
        product=LotProduct(code=draw(texts), name=LocalizedName(vi=draw(texts), zh=draw(texts))),
        producer=draw(
            st.none()
            | st.just(
                Party(
                    name="An",
                    kind=PartyKind.HOUSEHOLD,
                    address=Address(line="x", ward=ward.code, province=ward.province),
                )
            )
        ),
        growing_area=draw(
            st.none() | st.just(GrowingArea(code="VN-ĐLOR-0001", lat=ward.lat, lon=ward.lon))
        ),
        stages=records,
        brand=draw(st.none() | texts),
        shelf_life_days=draw(st.none() | st.integers(1, 3650)),
        standards=tuple(
            draw(st.lists(texts.map(lambda name: AppliedStandard(name=name)), max_size=3))
        ),
        market=tuple(draw(st.lists(st.sampled_from(["VN", "CN"]), max_size=2))),
    )


@given(lots())
def test_every_lot_survives_its_document(lot: Lot) -> None:
    assert Lot.from_document(json.loads(lot.to_canonical_json())) == lot


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["code", "product", "name", "vi", "stages", "at"]), inner
            )
        ),
    )
)
def test_any_json_is_read_or_refused(document: Any) -> None:
    with contextlib.suppress(MalformedLot):
        Lot.from_document(document)

"""Cartons of a packer: what it scans, what it may pack, who sees it, which events follow."""

from typing import Any

import pytest

from ledger.cartons.carton_errors import (
    StampsNotActive,
    UnknownCarton,
    WrongCartonKind,
)
from services.cartons import cartons
from services.cartons.scanned_contents import (
    MOST_LINES,
    ContentsMissing,
    LabelMissing,
    MixedContents,
    TooManyLines,
)
from services.errors import Forbidden, InvalidInput, UnreadLines
from services.lists.description import ListRequest
from services.lists.find import find_list_page
from services.lists.lots import CARTONS
from services.record.event_record import list_events
from stamps.stamp_ranges import StampRange
from tests.services.office import KEYS, Office, new_key
from tests.services.test_province_scope import of_province
from traceability.carton_label import MalformedLabel

LABEL = "389350000100000014"
CARTON = f"https://id.gs1.org/00/{LABEL}"


def code_of(batch: int, index: int) -> str:
    return KEYS.ring.seal(batch, index, index + 1, 0).tolist()[0].decode()


async def pack(office: Office, label: str, *contents: str, who: str = "packer") -> Any:
    return await cartons.pack(office.context(who), label, contents, new_key())


async def search(office: Office, text: str, who: str = "packer") -> list[str]:
    page = await find_list_page(office.context(who), CARTONS, ListRequest(search=text))
    return [row["label"] for row in page.rows]


async def test_a_packer_scans_a_label_and_then_stamps(office: Office) -> None:
    batch = await office.activate_batch()
    scanned = "\r\n".join(
        [
            f"]C100{LABEL}",
            f"]Q1HTTPS://VERITEM.VN/S/{code_of(batch, 3)}",
            f"{code_of(batch, 4)}\t",
            code_of(batch, 4).lower(),
            f"{batch}·10-29",
            "",
        ]
    )
    result = await cartons.pack_scan(office.context("packer"), scanned, new_key())
    assert (result.act.stamps, result.carton.label, result.carton.stamps) == (22, LABEL, 22)
    details = await cartons.get_carton(office.context("packer2"), f"(00){LABEL}")
    assert list(details.ranges) == [StampRange(batch, 3, 5), StampRange(batch, 10, 30)]
    assert list(details.lots) == ["L1"]


async def test_all_lines_that_cannot_be_read_are_told_at_once(office: Office) -> None:
    batch = await office.activate_batch()
    scanned = f"{LABEL}\n{batch}·0-9\nT-Đ\n{batch}\n0D9FR-H4K01-21V8Q-02M5T\n{batch}·990-999\n"
    with pytest.raises(UnreadLines) as refused:
        await cartons.pack_scan(office.context("packer"), scanned, new_key())
    assert [(line, code) for line, _, code, _ in refused.value.lines] == [
        (3, "malformed-label"),
        (4, "whole-batch"),
        (5, "unknown-code"),
        (6, "span-out-of-range"),
    ]
    with pytest.raises(UnknownCarton):
        await cartons.get_carton(office.context("packer"), LABEL)


@pytest.mark.parametrize(
    ("lines", "refusal"),
    [
        ("1·0-9", LabelMissing),
        (LABEL, ContentsMissing),
        (f"P-1\n{LABEL}\n1·0-9", MixedContents),
        ("T-1\nT-2", WrongCartonKind),
        ("P-1\n1·0-9", WrongCartonKind),
        ("T-1\n" + "1·0\n" * MOST_LINES, TooManyLines),
    ],
)
async def test_a_scan_that_names_no_packing_is_refused(
    office: Office, lines: str, refusal: type[Exception]
) -> None:
    await office.activate_batch()
    with pytest.raises(refusal):
        await cartons.pack_scan(office.context("packer"), lines, new_key())


async def test_a_packer_packs_its_own_activated_stamps_alone(office: Office) -> None:
    batch = await office.activate_batch()
    printed = await office.print_batch()
    with pytest.raises(StampsNotActive):
        await pack(office, "T-1", f"{printed}·0-9")
    with pytest.raises(UnreadLines):  # another's batch is as unknown as none
        await pack(office, "T-1", f"{batch}·0-9", who="other-packer")
    for who in ("inspector", "authority", "press", "issuer"):
        with pytest.raises(Forbidden):
            await pack(office, "T-1", f"{batch}·0-9", who=who)
    with pytest.raises(MalformedLabel):
        await pack(office, "carton 1", f"{batch}·0-9")


async def test_in_a_demo_the_stamps_say_whose_carton_it_is(office: Office) -> None:
    batch, printed = await office.activate_batch(), await office.print_batch()
    packed = await pack(office, "T-1", f"{batch}·0-9", who="operator")
    assert packed.carton.organisation == "krong-pac"
    await pack(office, "P-1", "T-1", who="operator")
    whole = await cartons.unpack(office.context("operator"), "P-1", None, new_key())
    assert whole.act.cartons == ("T-1",)
    with pytest.raises(InvalidInput):  # bound to no lot yet: nobody's
        await pack(office, "T-2", f"{printed}·0-9", who="operator")


async def test_each_sees_the_cartons_of_its_scope(office: Office) -> None:
    batch = await office.activate_batch()
    await pack(office, LABEL, f"{batch}·0-9")
    for who in ("packer2", "inspector", "authority"):
        assert (await cartons.find_carton(office.context(who), LABEL)).stamps == 10
        assert await search(office, LABEL, who) == [LABEL]
    assert await search(office, LABEL, "other-packer") == []
    with pytest.raises(UnknownCarton):
        await cartons.get_carton(office.context("other-packer"), f"{LABEL}@krong-pac")
    with pytest.raises(Forbidden):
        await cartons.get_carton(office.context("press"), LABEL)
    elsewhere = await of_province(office, "82")
    with pytest.raises(UnknownCarton):
        await cartons.get_carton(elsewhere, LABEL)


async def test_a_carton_is_found_by_label_stamp_and_lot(office: Office) -> None:
    batch = await office.activate_batch()
    await pack(office, LABEL, f"{batch}·0-9")
    await pack(office, "T-2", f"{batch}·10-19")
    await pack(office, "P-1", "T-2")
    assert await search(office, f"]C100{LABEL}") == [LABEL]
    assert await search(office, code_of(batch, 5)) == [LABEL]
    assert await search(office, f"{batch}·5-15") in (["T-2", LABEL], [LABEL, "T-2"])
    assert sorted(await search(office, "L1")) == [LABEL, "P-1", "T-2"]
    assert await search(office, "L2") == []


async def test_unpacking_takes_out_what_is_named_or_all(office: Office) -> None:
    batch = await office.activate_batch()
    packer = office.context("packer")
    await pack(office, "T-1", f"{batch}·0-9")
    await pack(office, "P-1", "t-1")
    one = await cartons.unpack(packer, "T-1", [code_of(batch, 4)], new_key())
    assert (one.act.stamps, one.carton.stamps) == (1, 9)
    off = await cartons.unpack(packer, "P-1", ["T-1"], new_key())
    assert (off.act.stamps, off.carton.cartons) == (9, 0)
    whole = await cartons.unpack(packer, "T-1", None, new_key())
    assert (whole.act.stamps, whole.carton.stamps) == (9, 0)
    page = await cartons.list_acts(packer, "T-1", limit=2)
    assert [(act.action, act.label) for act in page.items] == [("unpack", "T-1"), ("unpack", "P-1")]
    rest = await cartons.list_acts(packer, "T-1", limit=10, after=page.next)
    assert [act.action for act in rest.items] == ["unpack", "pack", "pack"]


async def test_the_same_scan_twice_packs_once(office: Office) -> None:
    batch = await office.activate_batch()
    scanned, key = f"{LABEL}\n{batch}·0-9", new_key()
    first = await cartons.pack_scan(office.context("packer"), scanned, key)
    again = await cartons.pack_scan(office.context("packer"), scanned, key)
    assert again.act.repeated
    assert again.act.seq == first.act.seq


async def test_packing_and_unpacking_are_events_of_the_packer(office: Office) -> None:
    batch = await office.activate_batch()
    packer = office.context("packer")
    await pack(office, LABEL, f"{batch}·0-9")
    office.now += 60_000
    await cartons.unpack(packer, LABEL, [f"{batch}·0-4"], new_key())
    office.now += 60_000
    await pack(office, "P-1", LABEL)
    told = await cartons.list_carton_events(packer, LABEL)
    assert [(one.body["action"], one.body["bizStep"]) for one in told.items] == [
        ("ADD", "packing"),
        ("DELETE", "unpacking"),
        ("ADD", "packing"),
    ]
    loaded, unpacked, packed = (one.body for one in told.items)
    assert loaded["childEPCs"] == [CARTON]
    assert unpacked["veritem:stamps"] == [f"{batch}·0-4"]
    assert packed["parentID"] == CARTON
    assert packed["childQuantityList"] == [
        {"epcClass": "https://veritem.vn/lot/L1", "quantity": 10}
    ]
    assert packed["readPoint"] == {"id": "https://veritem.vn/place/VN-%C4%90LPH-0012"}
    by_sscc = await list_events(packer, item="urn:epc:id:sscc:8935000.3010000001")
    assert [one.id for one in by_sscc.items] == [one.id for one in told.items]
    assert (await list_events(office.context("other-packer"), item=CARTON)).items == []

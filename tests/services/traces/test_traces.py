"""Traces through the ledger: inputs, growing area, lot, stamps, carton, product."""

from dataclasses import replace
from typing import Any, Final

import pytest

from ledger import Organisation, RegisteredCode
from ledger.errors import UnknownBatch
from services import Actor
from services.cartons.cartons import pack as pack_carton
from services.cartons.cartons import unpack
from services.errors import Forbidden, InvalidInput
from services.proposals.proposals import approve_proposal
from services.record.event_record import list_events, record_events
from services.stamps.recalls import preview_proposal
from services.traces.trace_recalls import preview_trace_recall, propose_trace_recall
from services.traces.trace_starts import StartKind, StartRequest
from services.traces.traces import FoundTrace, trace_item
from stamps.lifecycle import IllegalReason, State
from stamps.timestamps import format_rfc3339
from tests.services.office import NOW, Office, new_key
from tests.services.test_province_scope import of_province
from tests.traceability.epcis.test_event_reader import document
from traceability.diary.entry_events import NAMES, name_input, name_lot, name_standing
from traceability.epcis.event_reader import format_event_id
from traceability.epcis.transition_events import VOCABULARY, name_location
from traceability.trace import StepKind, TraceDirection

HOUR: Final = 3_600_000
AREA: Final = "VN-ĐLOR-0123"
STANDING: Final = name_standing(AREA)
SPRAY: Final = name_input("Ridomil", "R7")
CARTON: Final = "https://id.gs1.org/00/389350000100000014"
JUICE: Final = "https://id.gs1.org/01/08935000000021/10/J1"
BACK, FORWARD = TraceDirection


def event(hours: int, type_: str = "ObjectEvent", **fields: Any) -> dict[str, Any]:
    """An event some hours before now."""
    when = format_rfc3339(NOW - 100 * HOUR + hours * HOUR)
    if type_ != "TransformationEvent":
        fields.setdefault("action", "OBSERVE")
    return {"type": type_, "eventTime": when, "eventTimeZoneOffset": "+07:00", **fields}


def amounts(*names: str) -> list[dict[str, Any]]:
    return [{"epcClass": name, "quantity": 10, "uom": "KGM"} for name in names]


def make(hours: int, inputs: list[str], outputs: list[str], **fields: Any) -> dict[str, Any]:
    return event(
        hours, "TransformationEvent", inputQuantityList=amounts(*inputs),
        outputQuantityList=amounts(*outputs), **fields,
    )  # fmt: skip


def pack(hours: int, stamps: list[str], **fields: Any) -> dict[str, Any]:
    return event(
        hours, "AggregationEvent", action="ADD", bizStep="packing", parentID=CARTON,
        childQuantityList=[{"epcClass": name_lot("L1"), "quantity": 1}],
        **{"veritem:stamps": stamps}, **fields,
    )  # fmt: skip


SHIPPED: Final = event(
    40, bizStep="shipping", epcList=[CARTON],
    destinationList=[{"type": "owning_party", "destination": f"{NAMES}/party/tan-phuoc"}],
)  # fmt: skip


async def tell(office: Office, who: str, *events: dict[str, Any]) -> None:
    told = document(*events)
    told["@context"] = [told["@context"], {"veritem": VOCABULARY}]
    await record_events(office.context(who), told)


async def furnish(office: Office) -> int:
    """A batch whose stamps are bound to a lot of which some are in a carton that was shipped."""
    number = await office.activate_batch(100)
    await tell(
        office,
        "packer",
        make(0, [SPRAY], [STANDING], bizLocation={"id": name_location(AREA, NAMES)}),
        make(10, [STANDING], [name_lot("L1")]),
        pack(30, [f"{number}·0-39"]),
        SHIPPED,
    )
    await tell(
        office,
        "other-packer",
        event(50, bizStep="receiving", epcList=[CARTON]),
        event(60, "TransformationEvent", inputEPCList=[CARTON], outputQuantityList=amounts(JUICE)),
    )
    return number


async def trace(
    office: Office, item: str, direction: TraceDirection, who: str = "inspector", **more: Any
) -> FoundTrace:
    return await trace_item(office.context(who), StartRequest(item, **more), direction)


async def test_a_stamp_leads_back_to_the_inputs_of_its_growing_area(office: Office) -> None:
    number = await furnish(office)
    found = await trace(office, f"{number}·5", BACK)
    assert (found.start.kind, found.start.name) == (StartKind.STAMPS, f"{number}·5")
    assert list(found.trace.things) == [f"stamps:{number}·5", "lot:L1", STANDING, SPRAY]
    assert found.trace.cuts == ()
    assert StepKind.LOT in [one.event.kind for one in found.trace.steps if one.round == 1]
    steps = [one.event.step for one in found.trace.steps]
    assert sorted(filter(None, steps)) == ["commissioning", "packing", "receiving", "shipping"]
    other = await trace(office, f"{number}·50", BACK)
    assert not any(one.event.step == "packing" for one in other.trace.steps)


async def test_an_input_batch_leads_to_every_stamp_and_product(office: Office) -> None:
    number = await furnish(office)
    found = await trace(office, "Ridomil; R7", FORWARD, kind=StartKind.INPUT)
    reached = {SPRAY, STANDING, "lot:L1", f"stamps:{number}·0-99", JUICE}
    assert set(found.trace.things) == reached
    by_uri = await trace(office, SPRAY, FORWARD)
    assert by_uri.trace.things == found.trace.things


async def test_a_carton_leads_to_the_stamps_in_it_alone(office: Office) -> None:
    number = await furnish(office)
    for text in ("389350000100000014", "(00)389350000100000014", "]C100389350000100000014",
                 "urn:epc:id:sscc:8935000.3010000001"):  # fmt: skip
        found = await trace(office, text, FORWARD)
        assert set(found.trace.things) == {CARTON, f"stamps:{number}·0-39", JUICE}
    juice = await trace(office, "(01)08935000000021(10)J1", BACK)
    assert {CARTON, f"stamps:{number}·0-39", "lot:L1", SPRAY} <= set(juice.trace.things)


async def test_what_a_packer_packed_is_found_by_the_label_of_its_carton(office: Office) -> None:
    number = await office.activate_batch(100)
    packer = office.context("packer")
    await pack_carton(packer, "T-17", [f"{number}·0-39"], new_key())
    await unpack(packer, "T-17", [f"{number}·0-9"], new_key())
    found = await trace(office, "T-17", FORWARD, "packer")
    assert (found.start.kind, found.start.name) == (StartKind.CARTON, "T-17")
    ranges = {key for key in found.trace.things if key.startswith("stamps:")}
    assert ranges == {f"stamps:{number}·0-9", f"stamps:{number}·10-39"}
    assert "lot:L1" in (await trace(office, "T-17", BACK)).trace.things
    with pytest.raises(InvalidInput):
        await trace(office, "T-17", BACK, "other-packer")


async def test_stamps_that_others_claim_to_have_packed_are_not_in_their_carton(
    office: Office,
) -> None:
    number = await office.activate_batch(100)
    await tell(office, "other-packer", pack(30, [f"{number}·0-39"]))
    found = await trace(office, CARTON, FORWARD)
    assert f"stamps:{number}·0-39" not in found.trace.things


async def test_a_lot_is_one_thing_by_all_its_identifiers(office: Office) -> None:
    number = await furnish(office)
    await tell(
        office,
        "packer",
        event(35, epcList=[], quantityList=amounts("https://example.vn/01/08935000000014/10/L1")),
        event(36, quantityList=amounts("https://veritem.vn/lot/L1")),
        event(37, quantityList=amounts("https://example.vn/01/08935000000021/10/L1")),
    )
    for text in ("L1", "(01)08935000000014(10)L1", "https://veritem.vn/lot/L1"):
        found = await trace(office, text, BACK)
        assert found.start.name == "L1"
        times = [(one.event.at - NOW) // HOUR + 100 for one in found.trace.steps]
        assert 35 in times
        assert 36 in times
        assert 37 not in times
    assert f"stamps:{number}·0-99" in (await trace(office, "L1", FORWARD)).trace.things


async def test_a_growing_area_leads_to_its_lots_and_what_was_there(office: Office) -> None:
    number = await furnish(office)
    found = await trace(office, "vn-đlor-0123", FORWARD, kind=StartKind.PLACE)
    assert found.start.name == AREA
    assert {"lot:L1", STANDING, f"stamps:{number}·0-99", JUICE} <= set(found.trace.things)
    late = await trace(office, AREA, FORWARD, since=NOW + HOUR)
    assert late.start.things == ()


async def test_a_finding_of_a_laboratory_leads_to_the_lot_that_it_is_about(office: Office) -> None:
    number = await furnish(office)
    finding = event(45, bizStep="inspecting", quantityList=amounts(name_lot("L1")))
    await tell(office, "other-packer", finding)
    page = await list_events(office.context("inspector"), item=name_lot("L1"))
    [row] = [one for one in page.items if one.step == "inspecting"]
    found = await trace(office, format_event_id(row.id), FORWARD)
    assert found.start.kind is StartKind.EVENT
    assert f"stamps:{number}·0-99" in found.trace.things


async def test_a_stamp_is_found_by_its_code_in_events(office: Office) -> None:
    number = await furnish(office)
    [code] = office.context("inspector").require_issuer().keys.ring.seal(number, 7, 8)
    epc = f"https://id.gs1.org/01/08935000000014/21/{code.decode()}"
    await tell(office, "other-packer", event(70, bizStep="retail_selling", epcList=[epc]))
    for text in (code.decode(), epc, f"https://veritem.vn/S/{code.decode()}", f"{number}·7"):
        found = await trace(office, text, FORWARD)
        assert f"{number}·7" in found.start.name
        assert "retail_selling" in [one.event.step for one in found.trace.steps]


async def test_an_organisation_sees_one_step_back_and_one_step_forward(office: Office) -> None:
    number = await furnish(office)
    own = await trace(office, f"{number}·5", BACK, "packer")
    assert SPRAY in own.trace.things
    assert {one.event.tellers for one in own.trace.steps} == {("krong-pac",)}
    theirs = await trace(office, CARTON, BACK, "other-packer")
    assert [one.event.step for one in theirs.trace.steps] == ["receiving", "shipping"]
    assert set(theirs.trace.things) == {CARTON}
    with pytest.raises(UnknownBatch):
        await trace(office, f"{number}·5", BACK, "other-packer")
    with pytest.raises(InvalidInput):
        await trace(office, "L1", BACK, "other-packer")
    fake = event(80, quantityList=amounts(name_lot("L1")))
    await tell(office, "other-packer", fake)  # naming a thing of others shows nothing of theirs
    claimed = await trace(office, name_lot("L1"), BACK, "other-packer")
    assert {one.event.tellers for one in claimed.trace.steps} == {("tan-phuoc",)}


async def test_a_grower_sees_the_lot_of_its_area_and_no_serial_numbers(office: Office) -> None:
    await furnish(office)
    await office.ledger.organisations.add(Organisation("ho-y", "grower", "Hộ ông Y"))
    area = RegisteredCode(AREA, "growing_area", "x", organisation="ho-y")
    await office.ledger.registered_codes.change([AREA], lambda _: (area,), action="add", actor="x")
    grower = replace(office.context("packer"), actor=Actor("y", "grower", "ho-y"))
    found = await trace_item(grower, StartRequest("L1"), FORWARD)
    assert set(found.trace.things) == {"lot:L1"}


async def test_the_authority_of_a_province_traces_over_its_packers(office: Office) -> None:
    number = await furnish(office)
    known = await office.ledger.organisations.get("krong-pac")
    await office.ledger.organisations.replace(replace(known, province="66"))
    own, other = [await of_province(office, code) for code in ("66", "82")]
    found = await trace_item(own, StartRequest(SPRAY), FORWARD)
    assert f"stamps:{number}·0-99" in found.trace.things
    assert JUICE not in found.trace.things
    assert set((await trace_item(other, StartRequest(SPRAY), FORWARD)).trace.things) == {SPRAY}


async def test_an_event_that_was_declared_an_error_takes_no_part(office: Office) -> None:
    await furnish(office)
    wrong = make(10, [STANDING], [name_lot("L1")])
    declared = {"declarationTime": format_rfc3339(NOW), "reason": "incorrect_data"}
    await tell(office, "packer", {**wrong, "errorDeclaration": declared})
    assert SPRAY not in (await trace(office, "L1", BACK)).trace.things


@pytest.mark.parametrize("text", ["", "x" * 501, "không có", "389350000100000015", "a\0b"])
async def test_what_names_nothing_is_refused(office: Office, text: str) -> None:
    with pytest.raises(InvalidInput, match="item"):
        await trace(office, text, BACK)


async def test_a_print_house_traces_nothing(office: Office) -> None:
    with pytest.raises(Forbidden):
        await trace(office, "L1", BACK, "press")


async def test_a_recall_by_input_batch_reaches_every_stamp(office: Office) -> None:
    number = await furnish(office)
    asked = StartRequest("Ridomil; R7", StartKind.INPUT)
    preview = await preview_trace_recall(office.context("inspector"), asked)
    assert (preview.reach.stamps, preview.reach.lots, preview.is_cut) == (100, ("L1",), False)
    proposal = await propose_trace_recall(
        office.context("inspector"), asked, reason="ordered", key=new_key()
    )
    assert proposal.subject == "trace:Ridomil; R7"
    assert proposal.document["lots"] == ["L1"]
    assert proposal.document["ranges"] == []
    again = await preview_proposal(office.context("authority"), proposal)
    assert again.stamps == 100
    await approve_proposal(office.context("authority"), proposal.id)
    spans = await office.ledger.transitions.list_spans(number)
    assert [one.state for one in spans] == [State.RECALLED]
    assert (await office.ledger.audit.verify()).ok


async def test_a_recall_by_carton_reaches_the_stamps_in_it_alone(office: Office) -> None:
    number = await furnish(office)
    proposal = await propose_trace_recall(
        office.context("inspector"), StartRequest(CARTON), reason="ordered", key=new_key()
    )
    assert proposal.document["ranges"] == [[number, 0, 40]]
    await approve_proposal(office.context("authority"), proposal.id)
    spans = await office.ledger.transitions.list_spans(number)
    assert [(one.lo, one.hi) for one in spans if one.state is State.RECALLED] == [(0, 40)]


async def test_a_recall_that_leads_to_no_stamp_or_is_not_allowed_is_refused(
    office: Office,
) -> None:
    await furnish(office)
    with pytest.raises(InvalidInput, match="no stamp"):
        await propose_trace_recall(
            office.context("inspector"), StartRequest(JUICE), reason="ordered", key=new_key()
        )
    for who in ("packer", "issuer"):
        with pytest.raises(Forbidden):
            await preview_trace_recall(office.context(who), StartRequest("L1"))
    with pytest.raises(IllegalReason):
        await propose_trace_recall(
            office.context("inspector"), StartRequest("L1"), reason="because", key=new_key()
        )

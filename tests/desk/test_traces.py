"""Traces at the desk: the page with both directions, the file, the API, and the recall."""

from ledger import RecallTarget
from tests.desk.people import somebody
from tests.desk.running_desk import RunningDesk, new_key
from tests.traceability.epcis.test_event_reader import document
from traceability.diary.entry_events import NAMES, name_lot
from traceability.epcis.transition_events import VOCABULARY

CARTON = "389350000100000014"
JUICE = "https://id.gs1.org/01/08935000000021/10/J1"
SPRAY = f"{NAMES}/input/ridomil/batch/R7"
LOT = "DL-2026-0912"


async def tell(desk: RunningDesk) -> int:
    """Stamps of a lot, of which some are in a carton that became juice."""
    number = await desk.activated(100)
    at = {"eventTimeZoneOffset": "+07:00"}
    made = {"type": "TransformationEvent", **at}
    told = document(
        {**made, "eventTime": "2026-01-10T00:00:00Z", "veritem:entry": "input",
         "inputQuantityList": [{"epcClass": SPRAY, "quantity": 2, "uom": "KGM"}],
         "outputQuantityList": [{"epcClass": name_lot(LOT), "quantity": 900, "uom": "KGM"}]},
        {"type": "AggregationEvent", **at, "eventTime": "2026-01-12T00:00:00Z", "action": "ADD",
         "bizStep": "packing", "parentID": f"https://id.gs1.org/00/{CARTON}",
         "childQuantityList": [{"epcClass": name_lot(LOT), "quantity": 40}],
         "veritem:stamps": [f"{number}·0-39"]},
        {**made, "eventTime": "2026-01-14T00:00:00Z",
         "inputEPCList": [f"https://id.gs1.org/00/{CARTON}"],
         "outputQuantityList": [{"epcClass": JUICE, "quantity": 12.5, "uom": "LTR"}]},
    )  # fmt: skip
    told["@context"] = [*told["@context"], {"veritem": VOCABULARY}]
    await desk.fetch("mai", "POST", "/events", told)
    return number


async def test_a_trace_is_shown_in_both_directions_and_downloaded(desk: RunningDesk) -> None:
    number = await tell(desk)
    async with somebody(desk, "thanh") as thanh:
        empty = await thanh.get("/trace")
        assert (empty.status, "Ngược về nguồn gốc" in empty.text) == (200, False)
        page = await thanh.get(f"/trace?item={CARTON}")
        for words in (
            "Thùng hoặc pa-lét (SSCC) 389350000100000014",
            f"thùng {CARTON}",
            "Đóng gói",
            f"{number}·0-39",
            "ridomil · R7 2 kg",
            "Phân bón, thuốc, thức ăn",
            "(01)08935000000021(10)J1 12,5 l",
            "HTX Nông nghiệp Krông Pắc",
        ):
            assert words in page.text, words
        file = await thanh.get(f"/trace/file?item={CARTON}")
        lines = file.html.lstrip("\ufeff").splitlines()
        assert lines[0].startswith("Hướng,Khoảng cách")
        assert any("ridomil" in line and LOT in line for line in lines)
        wrong = await thanh.get("/trace?item=khong-co&since=2026-01-01")
        assert "Không có lô hàng, tem, thùng" in wrong.text
        assert 'value="khong-co"' in wrong.html
        assert 'value="2026-01-01"' in wrong.html


async def test_the_api_traces_in_one_direction(desk: RunningDesk) -> None:
    number = await tell(desk)
    back = await desk.fetch("mai", "GET", f"/trace?item={number}·5&direction=back")
    assert [one["id"] for one in back["reached"]] == [
        f"stamps:{number}·5",
        f"lot:{LOT}",
        SPRAY,
    ]
    assert (back["is_cut"], back["kind"], back["name"]) == (False, "stamps", f"{number}·5")
    forward = await desk.fetch(
        "thanh", "GET", "/trace?item=Ridomil;R7&kind=input&direction=forward"
    )
    assert {"id": JUICE, "kind": "gs1", "name": "(01)08935000000021(10)J1"}.items() <= (
        forward["reached"][-1].items()
    )
    assert {one["event"] is None for one in forward["steps"]} == {True, False}
    other = await desk.call("lan", "GET", f"/trace?item={LOT}&direction=back")
    assert other.status == 400
    assert (await desk.call("in", "GET", "/trace?item=x&direction=back")).status == 403
    assert (await desk.call("mai", "GET", "/trace?item=x&direction=up")).status == 400


async def test_two_people_recall_what_a_trace_reaches(desk: RunningDesk) -> None:
    number = await tell(desk)
    reach = await desk.fetch("thanh", "GET", f"/recalls/reach?traced={CARTON}")
    assert (reach["stamps"], reach["is_cut"], reach["lots"]) == (40, False, [LOT])
    assert reach["took_ms"] >= 0
    refused = await desk.call(
        "thanh", "POST", "/recalls", {"traced": CARTON, "lot": LOT, "reason": "ordered"},
        **{"Idempotency-Key": new_key()},
    )  # fmt: skip
    assert refused.status == 400
    async with somebody(desk, "thanh") as thanh:
        page = await thanh.get(f"/trace/recall?item={CARTON}")
        assert "40" in page.text
        untold = await thanh.submit(page, f"/trace/recall?item={CARTON}", item=CARTON)
        assert untold.status == 400
        sent = await thanh.submit(
            page, f"/trace/recall?item={CARTON}", item=CARTON, reason="ordered", sure="yes"
        )
        assert "Chưa có gì thay đổi cho đến khi một người khác duyệt" in sent.text
        assert f"Thu hồi {CARTON}" in sent.text
        assert "Truy vết đã dừng ở giới hạn" not in sent.text
    [proposal] = (await desk.fetch("thanh", "GET", "/proposals"))["proposals"]
    await desk.fetch("bo", "POST", f"/proposals/{proposal['id']}/approve", {})
    spans = await desk.ledger.transitions.list_spans(number)
    assert [(one.lo, one.hi, str(one.state)) for one in spans] == [
        (0, 40, "recalled"),
        (40, 100, "activated"),
    ]


async def test_who_decides_on_a_recall_is_told_that_its_trace_was_cut(desk: RunningDesk) -> None:
    number = await desk.activated()
    target = RecallTarget(traced="VN-ĐLOR-0123", ranges=((number, 0, 5),), is_cut=True)
    made = await desk.ledger.proposals.add(
        "recall", "trace:VN-ĐLOR-0123", document=target.to_document(), reason="ordered",
        actor="thanh", key=new_key(),
    )  # fmt: skip
    async with somebody(desk, "bo") as bo:
        page = await bo.get(f"/proposals/{made.id}")
        assert "Truy vết đã dừng ở giới hạn" in page.text

"""Alerts by the API: ranked, with their evidence, decided step by step, and every look recorded."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import ScanRow
from stamps.signed_scan import sign_scan
from tests.desk.running_desk import NOW, RunningDesk


async def test_alerts_are_sorted_by_expected_loss_and_show_their_evidence(
    desk: RunningDesk,
) -> None:
    number = await desk.activated()
    small, great = await desk.alert(number, 1, 2.0), await desk.alert(number, 2, 9.0)
    document = (await desk.fetch("thanh", "GET", "/alerts"))["alerts"]
    assert [alert["id"] for alert in document] == [great, small]
    assert document[0]["expected_loss"] == 18.0
    case = await desk.fetch("thanh", "GET", f"/alerts/{great}")
    assert [scan["province"] for scan in case["scans"]] == ["01", "79"]
    assert case["scans"][0]["device"] == "0000000000000001"
    assert case["history"][0]["what"] == "evidence"
    looked = [
        (e.actor, e.subject) for e in await desk.ledger.audit.list_after() if "see" in e.action
    ]
    assert looked == [("thanh", f"alerts:{great}")]


async def test_an_alert_is_decided_step_by_step_and_with_a_cause(desk: RunningDesk) -> None:
    number = await desk.activated()
    alert = await desk.alert(number, 1)
    path = f"/alerts/{alert}/decisions"
    early = await desk.call("thanh", "POST", path, {"state": "closed"})
    assert (early.status, (await early.json())["type"]) == (409, "/problems/illegal-alert-decision")
    taken = await desk.fetch("thanh", "POST", path, {"state": "investigating", "note": "gọi chợ"})
    assert taken["owner"] == "thanh"
    for cause in (None, "copied", "weather"):
        wrong = await desk.call(
            "thanh", "POST", path, {"state": "dismissed", **({"cause": cause} if cause else {})}
        )
        assert wrong.status == 409
    await desk.fetch("thanh", "POST", path, {"state": "dismissed", "cause": "sample-on-show"})
    closed = await desk.fetch("thanh", "POST", path, {"state": "closed"})
    assert (closed["state"], closed["cause"]) == ("closed", "sample-on-show")
    assert (await desk.fetch("bo", "GET", "/alerts"))["alerts"] == []
    assert len((await desk.fetch("bo", "GET", "/alerts?state=closed"))["alerts"]) == 1
    for where, body, status in (
        ("/alerts/77/decisions", {"state": "investigating"}, 404),
        (path, {"state": "lost"}, 400),
        (path, {"state": "closed", "why": "x"}, 400),
        (path, {}, 400),
    ):
        assert (await desk.call("thanh", "POST", where, body)).status == status
    assert (await desk.call("bo", "GET", "/alerts/77")).status == 404
    assert (await desk.call("bo", "GET", "/alerts?state=lost")).status == 400


async def test_a_case_names_the_enrolled_device_that_signed_a_scan(desk: RunningDesk) -> None:
    number = await desk.activated()
    alert = await desk.alert(number, 1)
    key = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    signed = sign_scan(key, "0123456789ab", "0" * 20, NOW, bytes(16))
    row = ScanRow(b"s" * 16, number, 1, NOW, "inspector", "authentic", 0.1, signed=signed)
    await desk.ledger.scans.append([row])
    case = await desk.fetch("thanh", "GET", f"/alerts/{alert}")
    assert {scan["via"]: scan["enrolled_device"] for scan in case["scans"]} == {
        "page": None,
        "inspector": "0123456789ab",
    }

"""Alerts by the API: ranked, with their evidence, decided step by step, and every look recorded."""

from tests.desk.house import House


async def test_alerts_come_by_expected_loss_with_their_evidence(house: House) -> None:
    number = await house.activated()
    small, great = await house.alert(number, 1, 2.0), await house.alert(number, 2, 9.0)
    told = (await house.told("thanh", "GET", "/alerts"))["alerts"]
    assert [alert["id"] for alert in told] == [great, small]
    assert told[0]["expected_loss"] == 18.0
    case = await house.told("thanh", "GET", f"/alerts/{great}")
    assert [scan["province"] for scan in case["evidence"]] == ["01", "79"]
    assert case["evidence"][0]["device"] == "0000000000000001"
    assert case["history"][0]["what"] == "evidence"
    looked = [(e.actor, e.subject) for e in await house.ledger.audit.since() if "see" in e.action]
    assert looked == [("thanh", f"alerts:{great}")]


async def test_an_alert_is_decided_step_by_step_and_with_a_cause(house: House) -> None:
    number = await house.activated()
    alert = await house.alert(number, 1)
    path = f"/alerts/{alert}/decisions"
    early = await house.call("thanh", "POST", path, {"state": "closed"})
    assert (early.status, (await early.json())["type"]) == (409, "/problems/alert-step")
    taken = await house.told("thanh", "POST", path, {"state": "investigating", "note": "gọi chợ"})
    assert taken["owner"] == "thanh"
    for cause in (None, "copied", "weather"):
        wrong = await house.call(
            "thanh", "POST", path, {"state": "dismissed", **({"cause": cause} if cause else {})}
        )
        assert wrong.status == 409
    await house.told("thanh", "POST", path, {"state": "dismissed", "cause": "sample-on-show"})
    closed = await house.told("thanh", "POST", path, {"state": "closed"})
    assert (closed["state"], closed["cause"]) == ("closed", "sample-on-show")
    assert (await house.told("bo", "GET", "/alerts"))["alerts"] == []
    assert len((await house.told("bo", "GET", "/alerts?state=closed"))["alerts"]) == 1
    for where, body, status in (
        ("/alerts/77/decisions", {"state": "investigating"}, 404),
        (path, {"state": "lost"}, 400),
        (path, {"state": "closed", "why": "x"}, 400),
        (path, {}, 400),
    ):
        assert (await house.call("thanh", "POST", where, body)).status == status
    assert (await house.call("bo", "GET", "/alerts/77")).status == 404
    assert (await house.call("bo", "GET", "/alerts?state=lost")).status == 400

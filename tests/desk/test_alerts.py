"""Alerts by the API: ranked, with their evidence, decided step by step, and every look recorded."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from issuer.case_file import parse_case_file
from ledger import ScanRow
from stamps.signed_scan import sign_scan
from tests.desk.running_desk import NOW, SIGNER, RunningDesk


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


async def test_a_campaign_is_one_alert_whose_stamps_are_paged(desk: RunningDesk) -> None:
    number = await desk.activated()
    alert = await desk.campaign(number)
    [listed] = (await desk.fetch("thanh", "GET", "/alerts"))["alerts"]
    assert (listed["kind"], listed["batch"], listed["campaign"]) == ("campaign", None, "c-1")
    assert (listed["stamp_count"], listed["counted"]["networks"]) == (150, 2)
    case = await desk.fetch("thanh", "GET", f"/alerts/{alert}")
    assert (len(case["stamps"]), case["scans"], case["packer"]) == (100, [], None)
    rest = await desk.fetch("thanh", "GET", f"/alerts/{alert}/stamps?after={case['next_stamps']}")
    assert ([one["index"] for one in rest["stamps"]], rest["next"]) == (list(range(100, 150)), None)
    assert rest["stamps"][0]["range"] == f"{number}·100"
    assert (await desk.call("mai", "GET", f"/alerts/{alert}/stamps")).status == 403
    assert (await desk.call("thanh", "GET", f"/alerts/{alert}/stamps?after=x")).status == 400


async def test_an_alert_of_a_batch_says_what_was_counted_and_who_made_it(
    desk: RunningDesk,
) -> None:
    number = await desk.activated()
    case = await desk.fetch("thanh", "GET", f"/alerts/{await desk.leak(number)}")
    assert case["counted"] == {"scanned": 35.2, "anomalous": 2.0, "usual_share": 0.01}
    assert [stamp["index"] for stamp in case["stamps"]] == [4, 9]
    assert (case["stamp_count"], case["next_stamps"]) == (2, None)
    order = (await desk.fetch("thanh", "GET", f"/batches/{number}"))["order"]
    parties = await desk.ledger.orders.get(order)
    assert [party and party["id"] for party in (case["packer"], case["print_house"])] == [
        parties.packer,
        parties.print_house,
    ]


async def test_a_decided_alert_is_taken_up_again_and_decided_anew(desk: RunningDesk) -> None:
    number = await desk.activated()
    path = f"/alerts/{await desk.alert(number, 1)}/decisions"
    for body in (
        {"state": "investigating"},
        {"state": "confirmed", "cause": "copied"},
        {"state": "closed"},
        {"state": "investigating"},
        {"state": "dismissed", "cause": "gift"},
    ):
        decided = await desk.fetch("thanh", "POST", path, body)
    assert (decided["state"], decided["cause"]) == ("dismissed", "gift")
    [decision] = await desk.ledger.decisions.list_of_batch(number)
    assert (decision.index, decision.confirmed) == (1, False)


async def test_a_case_file_of_the_api_is_verified_by_the_public_keys(desk: RunningDesk) -> None:
    number = await desk.activated()
    path = f"/alerts/{await desk.alert(number, 1)}/file"
    answer = await desk.call("thanh", "GET", path)
    content = parse_case_file(await answer.read(), SIGNER.public_keys())
    assert (content["batch"], len(content["scans"])) == (number, 2)
    assert (await desk.call("mai", "GET", path)).status == 403

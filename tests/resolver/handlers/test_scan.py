import asyncio
from typing import Any

import pytest

from ledger.storage.storage_errors import StorageFull, StorageReadOnly
from stamps.lifecycle import Transition
from tests.resolver.house import HANOI, JSON, PHONE, SAIGON, House, code_of, transition


async def test_a_confirmed_scan_is_answered_once_it_is_in_the_ledger(house: House) -> None:
    code = code_of(house.batches.active, 1)
    response = await house.scan(code, HANOI)
    told = await response.json()
    assert response.status == 200
    assert (told["verdict"], told["recorded"]) == ("authentic", True)
    assert told["history"]["scans"] == 1
    assert told["history"]["first"]["province"] == "01"
    [row] = await house.ledger.scans.list_of_stamp(house.batches.active, 1)
    assert (row.via, row.province, row.verdict) == ("page", "01", "authentic")


async def test_coordinates_are_rounded_to_the_ward_before_they_are_stored(house: House) -> None:
    await house.scan(code_of(house.batches.active, 1), HANOI)
    [row] = await house.ledger.scans.list_of_stamp(house.batches.active, 1)
    assert row.lat is not None
    assert row.accuracy_m is not None
    assert row.ward is not None
    assert abs(row.lat - HANOI["lat"]) > 1e-5
    assert row.accuracy_m > 200


async def test_far_away_minutes_later_is_a_caution_and_people_are_called(house: House) -> None:
    code = code_of(house.batches.active, 2)
    assert (await (await house.scan(code, HANOI)).json())["verdict"] == "authentic"
    house.clock.pass_minutes(10)
    await house.dependencies.batch_cache.refresh()
    told = await (await house.scan(code, SAIGON)).json()
    assert told["verdict"] == "caution"
    assert told["reasons"][0] == "impossible_travel"
    assert told["reasons"][-1] == "unproven_places"
    [alert] = await house.ledger.alerts.list()
    assert (alert.kind, alert.batch, alert.index) == ("stamp", house.batches.active, 2)
    history = (await house.ledger.alerts.get(alert.id)).history
    scans = await house.ledger.scans.list_of_stamp(house.batches.active, 2)
    assert [scan for event in history for scan in event.scans] == [scans[1].id]


async def test_two_distant_scans_at_once_do_not_both_miss_each_other(house: House) -> None:
    code = code_of(house.batches.active, 3)
    tokens = [await house.token(code), await house.token(code)]
    answers = await asyncio.gather(
        *(
            house.post(
                "/v1/scans",
                {"code": code, "token": token, "place": place},
                **{"X-Forwarded-For": network},
            )
            for token, place, network in zip(
                tokens, (HANOI, SAIGON), ("11.1.0.1", "12.1.0.1"), strict=True
            )
        )
    )
    verdicts = sorted([(await answer.json())["verdict"] for answer in answers])
    assert verdicts == ["authentic", "caution"]


async def test_the_same_device_twice_is_one_session(house: House) -> None:
    code = code_of(house.batches.active, 4)
    for _ in range(2):
        body = {"code": code, "token": await house.token(code), "place": None}
        told = await (await house.post("/v1/scans", body)).json()
    assert told["history"] == {"first": told["history"]["first"], "sessions": 1, "scans": 2}


async def test_a_province_can_be_chosen_instead_of_coordinates(house: House) -> None:
    await house.scan(code_of(house.batches.active, 5), {"province": "79"})
    [row] = await house.ledger.scans.list_of_stamp(house.batches.active, 5)
    assert (row.province, row.ward) == ("79", None)
    assert row.accuracy_m is not None
    assert row.accuracy_m >= 20_000


async def test_a_token_confirms_once_and_for_its_own_stamp_only(house: House) -> None:
    code, other = code_of(house.batches.active, 6), code_of(house.batches.active, 7)
    token = await house.token(code)
    foreign = await house.post("/v1/scans", {"code": other, "token": token})
    assert (foreign.status, foreign.content_type) == (403, "application/problem+json")
    assert (await house.post("/v1/scans", {"code": code, "token": token})).status == 200
    again = await house.post("/v1/scans", {"code": code, "token": token})
    assert (again.status, (await again.json())["type"]) == (409, "/problems/used-token")
    assert len(await house.ledger.scans.list_of_stamp(house.batches.active, 6)) == 1


async def test_a_page_left_open_too_long_can_not_confirm(house: House) -> None:
    code = code_of(house.batches.active, 6)
    token = await house.token(code)
    house.clock.pass_minutes(11)
    late = await house.post("/v1/scans", {"code": code, "token": token})
    assert (late.status, (await late.json())["type"]) == (410, "/problems/expired-token")


@pytest.mark.parametrize(
    "body",
    [
        [],
        "text",
        {},
        {"code": 5},
        {"code": "{code}"},
        {"code": "{code}", "token": None},
        {"code": "{code}", "token": "{token}", "place": 7},
        {"code": "{code}", "token": "{token}", "place": {"lat": "x", "lon": 1}},
        {"code": "{code}", "token": "{token}", "place": {"lat": 91, "lon": 1}},
        {"code": "{code}", "token": "{token}", "place": {"lat": True, "lon": 1}},
        {"code": "{code}", "token": "{token}", "place": {"lat": 1, "lon": 1, "accuracy_m": -1}},
        {"code": "{code}", "token": "{token}", "place": {"province": "99"}},
        {"code": "{code}", "token": "{token}", "place": {"province": "999"}},
    ],
)
async def test_a_wrong_body_is_refused_naming_the_field_and_the_token_stays_good(
    house: House, body: Any
) -> None:
    code = code_of(house.batches.active, 8)
    token = await house.token(code)
    if isinstance(body, dict):
        body = {
            name: value.format(code=code, token=token) if isinstance(value, str) else value
            for name, value in body.items()
        }
    response = await house.post("/v1/scans", body)
    assert (response.status, response.content_type) == (400, "application/problem+json")
    assert (await response.json())["field"]
    assert (await house.post("/v1/scans", {"code": code, "token": token})).status == 200


async def test_the_pages_script_is_given_the_verdict_anew(house: House) -> None:
    code = code_of(house.batches.active, 9)
    response = await house.scan(code, None, Accept="text/html", **{"Accept-Language": "en"})
    section = await response.text()
    assert section.startswith('<div id="v">')
    assert "Genuine stamp" in section
    assert "Your scan has been recorded." in section
    assert "<html" not in section


async def test_without_a_script_the_form_is_answered_with_a_whole_page(house: House) -> None:
    code = code_of(house.batches.active, 10)
    form = {"code": code, "token": await house.token(code), "province": "48"}
    async with house.session.post(
        house.serving.url + "/v1/scans", data=form, headers=PHONE
    ) as sent:
        page = await sent.text()
    assert sent.status == 200
    assert "<html" in page
    assert "Đà Nẵng" in page


async def test_a_device_is_a_cookie_of_ours_that_lives_a_month_and_is_stored_as_a_hash(
    house: House,
) -> None:
    code = code_of(house.batches.active, 11)
    response = await house.scan(code)
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly; SameSite=Strict" in cookie
    assert "Path=/v1" in cookie
    [row] = await house.ledger.scans.list_of_stamp(house.batches.active, 11)
    assert row.device is not None
    assert str(row.device) not in cookie


async def test_another_sites_page_can_not_confirm_for_its_visitors(house: House) -> None:
    code = code_of(house.batches.active, 12)
    body = {"code": code, "token": await house.token(code)}
    response = await house.post("/v1/scans", body, **{"Sec-Fetch-Site": "cross-site"})
    assert response.status == 403


@pytest.mark.parametrize("failure", [StorageFull(detail="x"), StorageReadOnly(detail="x")])
async def test_what_can_not_be_written_is_not_claimed_as_recorded(
    house: House, failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = code_of(house.batches.active, 13)
    token = await house.token(code)

    async def fail(_: object) -> int:
        raise failure

    with monkeypatch.context() as patch:
        patch.setattr(house.ledger.scans, "append", fail)
        response = await house.post("/v1/scans", {"code": code, "token": token})
        told = await response.json()
        assert (response.status, told["type"]) == (503, "/problems/not-recorded")
        assert response.headers["Retry-After"]
        assert (await (await house.get(f"/S/{code}", **JSON)).json())["history"]["scans"] == 0
    # The same page may try again: its token was given back with the swap.
    assert (await house.post("/v1/scans", {"code": code, "token": token})).status == 200


async def test_a_recall_is_seen_within_a_second(house: House) -> None:
    code = code_of(house.batches.active, 14)
    assert (await (await house.get(f"/S/{code}", **JSON)).json())["verdict"] == "authentic"
    await transition(house.ledger, house.batches.active, Transition.RECALL, reason="food-safety")
    await asyncio.sleep(0.9)
    assert (await (await house.get(f"/S/{code}", **JSON)).json())["verdict"] == "recalled"

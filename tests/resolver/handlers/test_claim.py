import asyncio
import re
from html import unescape
from pathlib import Path

import pytest

from detection.rules import Rules
from ledger.storage.storage_errors import StorageDown
from stamps.code import StampId
from tests.resolver.house import JSON, PHONE, House, a_house, code_of
from tests.resolver.orchard import PINS


def pin_of(batch: int, index: int) -> str:
    return PINS.derive_pin(StampId(0, batch, index))


async def test_the_right_pin_claims_a_stamp_once(house: House) -> None:
    batch = house.batches.active
    body = {"code": code_of(batch, 1), "pin": pin_of(batch, 1)}
    first = await house.post("/v1/claims", body)
    told = await first.json()
    assert (first.status, told["claimed"]) == (200, True)
    house.clock.pass_minutes(90)
    await house.dependencies.batch_cache.refresh()
    again = await house.post("/v1/claims", body)
    assert (again.status, (await again.json())["claimed_at"]) == (200, told["claimed_at"])
    page = await (await house.get(f"/S/{body['code']}", **JSON)).json()
    assert (page["state"], page["verdict"]) == ("claimed", "authentic")
    assert page["claimed_at"] == told["claimed_at"]
    house.session.cookie_jar.clear()
    other = await house.post("/v1/claims", body)
    assert (other.status, (await other.json())["type"]) == (409, "/problems/already-claimed")
    assert (await other.json())["claimed_at"] == told["claimed_at"]
    assert await house.ledger.alerts.list() == []


async def claim(house: House, index: int, network: str, **headers: str) -> int:
    """Enter the right PIN on a new device of this network."""
    body = {
        "code": code_of(house.batches.active, index),
        "pin": pin_of(house.batches.active, index),
    }
    house.session.cookie_jar.clear()
    answer = await house.post("/v1/claims", body, **{"X-Forwarded-For": network}, **headers)
    return answer.status


async def test_the_right_pin_on_another_network_is_a_suspicion(tmp_path: Path) -> None:
    async with a_house(tmp_path, trusted_proxies=("127.0.0.0/8",)) as house:
        assert await claim(house, 1, "11.1.0.1") == 200
        assert await claim(house, 1, "11.1.0.1") == 409
        assert await house.ledger.alerts.list() == []
        for _ in range(2):
            assert await claim(house, 1, "12.1.0.1") == 409
            [alert] = await house.ledger.alerts.list()
            assert (alert.stamp, alert.reasons) == ((house.batches.active, 1), ("second_claim",))
            assert alert.score == Rules().second_claim
        assert await claim(house, 1, "13.1.0.1") == 409
        [alert] = await house.ledger.alerts.list()
        assert alert.score == 2 * Rules().second_claim
        assert await claim(house, 1, "14.1.0.1") == 409
        assert await house.ledger.alerts.list() == [alert]
        known = house.dependencies.batch_cache.get_cached(0, house.batches.active, 1)
        assert known is not None
        assert known.context.other_claims == 2


async def test_a_wrong_pin_of_a_claimed_stamp_is_no_suspicion(tmp_path: Path) -> None:
    async with a_house(tmp_path, trusted_proxies=("127.0.0.0/8",)) as house:
        assert await claim(house, 1, "11.1.0.1") == 200
        wrong = {"code": code_of(house.batches.active, 1), "pin": "00000000"}
        statuses = [
            (await house.post("/v1/claims", wrong, **{"X-Forwarded-For": f"12.{n}.0.1"})).status
            for n in range(6)
        ]
        assert statuses == [403] * 6
        assert (await house.ledger.claims.get_attempts(house.batches.active, 1)).others == 0
        assert await house.ledger.alerts.list() == []


async def test_who_scans_a_claimed_stamp_sees_when_it_was_claimed(house: House) -> None:
    batch = house.batches.active
    body = {"code": code_of(batch, 7), "pin": pin_of(batch, 7)}
    at = (await (await house.post("/v1/claims", body)).json())["claimed_at"]
    house.clock.pass_minutes(60)
    await house.dependencies.batch_cache.refresh()
    answer = await (await house.scan(body["code"])).json()
    assert (answer["verdict"], answer["reasons"], answer["claimed_at"]) == ("authentic", [], at)
    page = await (await house.get(f"/S/{body['code']}?lang=en", **PHONE)).text()
    assert "The PIN of this stamp was used on" in page
    assert 'id="claim"' in page
    other = await (await house.get(f"/S/{code_of(batch, 8)}?lang=en", **PHONE)).text()
    assert "was used" not in other


async def test_claims_that_were_not_reported_are_reported_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_house(tmp_path, trusted_proxies=("127.0.0.0/8",)) as house:

        async def down(*_: object, **__: object) -> None:
            raise StorageDown(detail="killed just here")

        await claim(house, 1, "11.1.0.1")
        with monkeypatch.context() as patch:
            patch.setattr(house.ledger.alerts, "report_all", down)
            assert await claim(house, 1, "12.1.0.1") == 409
        assert await house.ledger.alerts.list() == []
        await house.scan(code_of(house.batches.active, 2))
        assert [one.reasons for one in await house.ledger.alerts.list()] == [("second_claim",)]
        assert await house.ledger.claims.list_unreported() == []


async def test_of_two_who_claim_at_once_one_has_it(house: House) -> None:
    batch = house.batches.active
    body = {"code": code_of(batch, 9), "pin": pin_of(batch, 9)}
    answers = await asyncio.gather(*(house.post("/v1/claims", body) for _ in range(4)))
    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409]


async def test_after_five_wrong_pins_the_right_one_has_its_turn_within_minutes(
    house: House,
) -> None:
    batch = house.batches.active
    code, pin = code_of(batch, 2), pin_of(batch, 2)
    wrong = f"{(int(pin) + 1) % 10**8:08d}"
    statuses = [
        (await house.post("/v1/claims", {"code": code, "pin": wrong})).status for _ in range(8)
    ]
    assert statuses == [403] * 6 + [429] * 2  # the sixth is the one of these ten minutes
    locked = await house.post("/v1/claims", {"code": code, "pin": pin}, **{"Accept-Language": "en"})
    assert (locked.status, (await locked.json())["type"]) == (429, "/problems/pin-locked")
    assert "try again after" in (await locked.json())["detail"]
    assert 0 < int(locked.headers["Retry-After"]) <= 600
    house.clock.pass_minutes(10)
    assert (await house.post("/v1/claims", {"code": code, "pin": pin})).status == 200


async def test_a_pin_may_be_written_with_spaces(house: House) -> None:
    batch = house.batches.active
    pin = pin_of(batch, 3)
    spaced = f"{pin[:4]} {pin[4:]}"
    assert (
        await house.post("/v1/claims", {"code": code_of(batch, 3), "pin": spaced})
    ).status == 200


async def test_only_activated_stamps_with_a_pin_can_be_claimed(house: House) -> None:
    for name, status in (("sealed", 409), ("printed", 409), ("suspended", 409)):
        batch = getattr(house.batches, name)
        body = {"code": code_of(batch, 1), "pin": pin_of(batch, 1)}
        assert (await house.post("/v1/claims", body)).status == status


async def test_the_page_offers_the_pin_only_where_there_is_one(house: House) -> None:
    with_pin = await house.get(f"/S/{code_of(house.batches.active, 4)}", **PHONE)
    without = await house.get(f"/S/{code_of(house.batches.sealed, 4)}", **PHONE)
    assert 'id="claim"' in await with_pin.text()
    assert 'id="claim"' not in await without.text()


async def test_the_form_without_a_script_is_answered_with_a_page(house: House) -> None:
    batch = house.batches.active
    url = house.serving.url + "/v1/claims?lang=en"
    for pin, words in ((pin_of(batch, 5), "You are the first"), ("00000000", "not correct")):
        async with house.session.post(
            url, data={"code": code_of(batch, 5), "pin": pin}, headers=PHONE
        ) as response:
            page = await response.text()
            assert words in page
            [other] = re.findall(r'href="([^"]+)" lang="zh-Hans"', page)
        switched = await house.get(unescape(other), **PHONE)
        assert (switched.status, 'lang="zh-Hans"' in await switched.text()) == (200, True)

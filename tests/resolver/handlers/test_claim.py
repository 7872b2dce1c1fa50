import asyncio

from stamps.code import StampId
from tests.resolver.house import JSON, PHONE, House, code_of
from tests.resolver.orchard import RING


def pin_of(batch: int, index: int) -> str:
    return RING.derive_pin(StampId(0, batch, index))


async def test_the_right_pin_claims_a_stamp_once(house: House) -> None:
    batch = house.batches.active
    body = {"code": code_of(batch, 1), "pin": pin_of(batch, 1)}
    first = await house.post("/v1/claims", body)
    assert (first.status, (await first.json())["claimed"]) == (200, True)
    again = await house.post("/v1/claims", body)
    assert (again.status, (await again.json())["type"]) == (409, "/problems/not-claimable")
    told = await (await house.get(f"/S/{body['code']}", **JSON)).json()
    assert (told["state"], told["verdict"]) == ("claimed", "authentic")


async def test_of_two_who_claim_at_once_one_has_it(house: House) -> None:
    batch = house.batches.active
    body = {"code": code_of(batch, 9), "pin": pin_of(batch, 9)}
    answers = await asyncio.gather(*(house.post("/v1/claims", body) for _ in range(4)))
    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409]


async def test_after_five_wrong_pins_the_right_one_is_not_looked_at(house: House) -> None:
    batch = house.batches.active
    code, pin = code_of(batch, 2), pin_of(batch, 2)
    wrong = f"{(int(pin) + 1) % 10**8:08d}"
    statuses = [
        (await house.post("/v1/claims", {"code": code, "pin": wrong})).status for _ in range(5)
    ]
    assert statuses[:4] == [403] * 4
    locked = await house.post("/v1/claims", {"code": code, "pin": pin}, **{"Accept-Language": "en"})
    assert (locked.status, (await locked.json())["type"]) == (429, "/problems/pin-locked")
    assert "Try again after" in (await locked.json())["detail"]
    house.clock.pass_minutes(16)
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
    for pin, words in ((pin_of(batch, 5), "You are the first"), ("00000000", "cannot be claimed")):
        async with house.session.post(
            url, data={"code": code_of(batch, 5), "pin": pin}, headers=PHONE
        ) as response:
            assert words in await response.text()


async def test_a_report_is_kept_with_its_stamp(house: House) -> None:
    code = code_of(house.batches.active, 6)
    response = await house.post("/v1/reports", {"code": code, "note": "Bán ở chợ đêm, tem mờ"})
    assert response.status == 201
    [report] = await house.ledger.reports.list_of_stamp(house.batches.active, 6)
    assert report.text == "Bán ở chợ đêm, tem mờ"


async def test_a_report_must_say_something_and_not_too_much(house: House) -> None:
    code = code_of(house.batches.active, 6)
    for note in ("", "  ", "x" * 1001, 7):
        assert (await house.post("/v1/reports", {"code": code, "note": note})).status == 400


async def test_one_network_can_not_flood_us_with_reports(house: House) -> None:
    object.__setattr__(house.dependencies.settings, "unknown_code_seconds", 0.0)
    body = {"code": code_of(house.batches.active, 6), "note": "again"}
    statuses = [(await house.post("/v1/reports", body)).status for _ in range(121)]
    assert statuses[-1] == 429

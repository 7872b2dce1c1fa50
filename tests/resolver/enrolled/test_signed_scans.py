"""Enrolled devices over HTTP: what counts as an inspector's scan, and what never does."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from stamps.base64url import encode_base64url
from stamps.compact_jws import sign_compact
from stamps.signed_scan import SignedPlace, parse_signed_scan
from tests.resolver.enrolled.device import (
    HANOI,
    HOUR_MS,
    JOSE,
    MINUTE_MS,
    SAIGON,
    TestDevice,
    a_key,
    enrol,
    send_to,
)
from tests.resolver.house import House, a_house, code_of

CROSS_SITE = {"Sec-Fetch-Site": "cross-site", "Origin": "https://desk.example"}


@pytest.fixture
async def inspector(house: House) -> TestDevice:
    return await enrol(house.ledger, house.clock() - 100 * HOUR_MS)


async def rows(house: House, index: int) -> Any:
    return await house.ledger.scans.list_of_stamp(house.batches.active, index)


async def test_a_scan_that_an_enrolled_device_signed_is_an_inspectors(
    house: House, inspector: TestDevice
) -> None:
    code = code_of(house.batches.active, 1)
    text = inspector.sign(code, house.clock() - 1234, HANOI)
    status, told = await send_to(house, text)
    assert (status, told["code"], told["recorded"]) == (200, code, True)
    assert "token" not in told
    [row] = await rows(house, 1)
    assert (row.via, row.at, row.province) == ("inspector", house.clock() - 1234, "01")
    assert (row.signed, row.id) == (text, parse_signed_scan(text).scan_id)


async def test_a_device_of_an_app_counts_as_one(house: House) -> None:
    app = await enrol(house.ledger, house.clock() - HOUR_MS, "app", "bo")
    text = app.sign(code_of(house.batches.active, 2), house.clock(), SignedPlace(province="79"))
    assert (await send_to(house, text))[0] == 200
    [row] = await rows(house, 2)
    assert (row.via, row.province, row.country) == ("app", "79", "VN")


async def test_two_enrolled_devices_far_apart_in_minutes_raise_suspicion(house: House) -> None:
    app = await enrol(house.ledger, house.clock() - HOUR_MS, "app", "bo")
    other = await enrol(house.ledger, house.clock() - HOUR_MS, "app", "bo")
    code = code_of(house.batches.active, 3)
    _, near = await send_to(house, app.sign(code, house.clock(), SAIGON))
    house.clock.pass_minutes(25)
    await house.dependencies.batch_cache.refresh()
    _, far = await send_to(house, other.sign(code, house.clock(), HANOI))
    assert (near["verdict"], far["verdict"]) == ("authentic", "suspect")
    assert "impossible_travel" in far["reasons"]


async def test_the_same_signed_scan_counts_once_whenever_it_is_sent_again(
    house: House, inspector: TestDevice
) -> None:
    text = inspector.sign(code_of(house.batches.active, 4), house.clock() + 9 * MINUTE_MS)
    assert (await send_to(house, text))[0] == 200
    for minutes in (0, 5, 14, 600):  # the history store remembers for ten
        house.clock.pass_minutes(minutes)
        await house.dependencies.batch_cache.refresh()
        status, told = await send_to(house, text)
        assert (status, told["type"].rpartition("/")[2]) == (409, "used-token")
    assert len(await rows(house, 4)) == 1


@pytest.mark.parametrize(
    ("minutes", "status"), [(10, 200), (10.1, 422), (-11, 200), (-72 * 60, 200), (-4321, 422)]
)
async def test_a_signed_time_is_neither_ahead_nor_too_old(
    house: House, inspector: TestDevice, minutes: float, status: int
) -> None:
    at = house.clock() + int(minutes * MINUTE_MS)
    text = inspector.sign(code_of(house.batches.active, 5), at)
    assert (await send_to(house, text))[0] == status
    assert [row.at for row in await rows(house, 5)] == ([at] if status == 200 else [])


async def test_a_scan_that_is_sent_late_makes_no_journey_that_nobody_made(
    house: House, inspector: TestDevice
) -> None:
    app = await enrol(house.ledger, house.clock() - 100 * HOUR_MS, "app", "bo")
    code = code_of(house.batches.active, 6)
    at = house.clock() - 48 * HOUR_MS
    await send_to(house, app.sign(code, house.clock(), SAIGON))
    status, told = await send_to(house, inspector.sign(code, at, HANOI))
    assert (status, told["verdict"]) == (200, "authentic")
    assert {row.province for row in await rows(house, 6)} == {"01", "79"}


async def test_only_the_key_of_the_device_signs_for_it(house: House, inspector: TestDevice) -> None:
    code = code_of(house.batches.active, 7)
    forged = TestDevice(inspector.id, a_key()).sign(code, house.clock(), HANOI)
    stranger = TestDevice("0" * 12, a_key()).sign(code, house.clock(), HANOI)
    refusals = [await send_to(house, text) for text in (forged, stranger)]
    assert refusals[0] == refusals[1]  # nobody learns which devices exist
    assert refusals[0][0] == 403
    assert await rows(house, 7) == []


async def test_a_changed_scan_is_refused(house: House, inspector: TestDevice) -> None:
    code, other = code_of(house.batches.active, 8), code_of(house.batches.active, 9)
    text = inspector.sign(code, house.clock(), HANOI, b"n" * 16)
    header, _, signature = text.split(".")
    _, payload, _ = inspector.sign(other, house.clock(), HANOI, b"n" * 16).split(".")
    assert (await send_to(house, f"{header}.{payload}.{signature}"))[0] == 403
    assert await rows(house, 8) == await rows(house, 9) == []


async def test_a_signature_for_another_purpose_is_no_scan(
    house: House, inspector: TestDevice
) -> None:
    payload = {
        "code": code_of(house.batches.active, 8),
        "at": "2026-09-12T08:00:00Z",
        "nonce": encode_base64url(b"n" * 16),
        "place": None,
    }
    for typ in ("veritem-enrolment", "JWT", ""):
        text = sign_compact(typ, payload, inspector.key, kid=inspector.id)
        assert (await send_to(house, text))[0] == 422


@pytest.mark.parametrize(
    "body",
    [b"", b"a.b.c", b"\xff" * 100, b"." * 100, b"e30.e30." + b"A" * 86, b"x" * 4000, b"{}"],
)
async def test_what_is_no_jws_is_refused(house: House, body: bytes) -> None:
    assert (await send_to(house, body))[0] == 422


async def test_hostile_payloads_are_refused(house: House, inspector: TestDevice) -> None:
    good: dict[str, Any] = {
        "code": code_of(house.batches.active, 8),
        "at": "2026-09-12T08:00:00Z",
        "nonce": encode_base64url(b"n" * 16),
        "place": None,
    }
    for change in (
        {"place": {"lat": 21.0285, "lon": 105.85, "accuracy_m": 3}},  # more precise than is stored
        {"place": {"lat": 91, "lon": 0, "accuracy_m": 3}},
        {"place": {"lat": True, "lon": 0, "accuracy_m": 3}},
        {"place": {"lat": 10**400, "lon": 0, "accuracy_m": 3}},
        {"place": {"lat": 1, "lon": 1}},
        {"place": {"province": "00"}},
        {"place": []},
        {"at": "2026-09-12T08:00:00"},
        {"at": 1789200000},
        {"nonce": "n"},
        {"nonce": None},
        {"code": code_of(house.batches.active, 8).lower()},
        {"code": "\ud800" * 20},
        {"via": "inspector"},
    ):
        text = sign_compact("veritem-scan", good | change, inspector.key, kid=inspector.id)
        status, told = await send_to(house, text)
        assert status == 422, (change, told)
    for kid in ("", "\ud800", "x" * 12, 7, None, {"a": 1}):
        text = sign_compact("veritem-scan", good, inspector.key, kid=kid)
        assert (await send_to(house, text))[0] == 422


async def test_a_code_that_is_not_ours_is_unknown(house: House, inspector: TestDevice) -> None:
    assert (await send_to(house, inspector.sign("0" * 20, house.clock())))[0] == 404


async def wait_until_refused(house: House, device: TestDevice, code: str) -> None:
    """Send signed scans until one is refused with 403; fail after a second."""
    began = time.monotonic()
    while (status := (await send_to(house, device.sign(code, house.clock())))[0]) == 200:
        assert time.monotonic() - began < 1
    assert status == 403


async def test_a_revoked_device_is_refused_within_a_second(
    house: House, inspector: TestDevice
) -> None:
    code = code_of(house.batches.active, 10)
    assert (await send_to(house, inspector.sign(code, house.clock())))[0] == 200
    await house.ledger.devices.revoke(inspector.id, actor="thanh", at=house.clock() + 1)
    await wait_until_refused(house, inspector, code)
    assert (await send_to(house, inspector.sign(code, house.clock() - HOUR_MS)))[0] == 403


async def test_a_disabled_account_has_no_devices(
    house: House, inspector: TestDevice, quick_passwords: None
) -> None:
    code = code_of(house.batches.active, 11)
    assert (await send_to(house, inspector.sign(code, house.clock())))[0] == 200
    await house.ledger.staff.disable("thanh", actor="admin", at=house.clock() + 1)
    await wait_until_refused(house, inspector, code)


async def test_a_device_that_was_enrolled_later_signs_for_no_time_before(house: House) -> None:
    device = await enrol(house.ledger, house.clock() - HOUR_MS)
    code = code_of(house.batches.active, 12)
    assert (await send_to(house, device.sign(code, house.clock() - 2 * HOUR_MS)))[0] == 403
    assert (await send_to(house, device.sign(code, house.clock() - HOUR_MS)))[0] == 200


async def test_while_the_ledger_is_silent_no_device_is_believed(
    house: House, inspector: TestDevice
) -> None:
    code = code_of(house.batches.active, 13)
    assert (await send_to(house, inspector.sign(code, house.clock())))[0] == 200
    object.__setattr__(house.dependencies.batch_cache.notifications, "_poll_seconds", 1000.0)
    await asyncio.sleep(0.2)
    house.clock.pass_minutes(1)
    status, _ = await send_to(house, inspector.sign(code, house.clock()))
    assert status == 503


async def test_unknown_devices_are_looked_up_within_a_limit(tmp_path: Path) -> None:
    async with a_house(tmp_path, unknown_per_minute=5) as house:
        inspector = await enrol(house.ledger, house.clock() - HOUR_MS)
        await asyncio.sleep(0.2)  # until the enrolment itself was heard of
        code = code_of(house.batches.active, 14)
        assert (await send_to(house, inspector.sign(code, house.clock())))[0] == 200
        statuses = [
            (await send_to(house, TestDevice(f"{n:012x}", a_key()).sign(code, house.clock())))[0]
            for n in range(6)
        ]
        assert statuses == [403, 403, 403, 403, 429, 429]
        # A device that is known needs no look-up and is not shut out by its network.
        assert (await send_to(house, inspector.sign(code, house.clock())))[0] == 200


async def test_a_page_of_another_origin_may_send_a_signed_scan(
    house: House, inspector: TestDevice
) -> None:
    url = f"{house.serving.url}/v1/scans"
    async with house.session.options(url, headers={"Origin": "https://desk.example"}) as asked:
        assert asked.status == 204
        assert asked.headers["Access-Control-Allow-Origin"] == "*"
        assert asked.headers["Access-Control-Allow-Headers"] == "Content-Type"
        assert "Access-Control-Allow-Credentials" not in asked.headers
    text = inspector.sign(code_of(house.batches.active, 15), house.clock())
    for status in (200, 409):
        async with house.session.post(url, data=text, headers=JOSE | CROSS_SITE) as answer:
            assert answer.status == status
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            assert "Set-Cookie" not in answer.headers
    body = {"code": code_of(house.batches.active, 15), "token": "x"}
    async with house.session.post(url, json=body, headers=CROSS_SITE) as answer:
        assert answer.status == 403
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.fixture
async def counted(house: House, inspector: TestDevice) -> AsyncIterator[str]:
    await send_to(house, inspector.sign(code_of(house.batches.active, 16), house.clock()))
    async with house.session.get(f"{house.serving.admin_url}/metrics") as answer:
        yield await answer.text()


async def test_signed_scans_are_counted(counted: str) -> None:
    assert 'veritem_signed_scans_total{via="inspector"} 1.0' in counted

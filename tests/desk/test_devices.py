"""Devices at the desk: by API, by page, and enrolled in a real browser that keeps the key."""

from pathlib import Path
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.async_api import Browser, Page

from stamps.device_enrolment import sign_enrolment
from stamps.signed_scan import parse_signed_scan
from tests.accessibility import WEAK_PHONE, find_flaws
from tests.desk.people import somebody
from tests.desk.running_desk import RunningDesk, new_key
from tests.desk.test_browser import sign_in

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
JSON = {"Accept": "application/json"}


async def post_request(desk: RunningDesk, request: str, **headers: str) -> tuple[int, Any]:
    """What a program on a device sends."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{desk.url}/enrol", data={"request": request}, headers=JSON | headers
        ) as answer,
    ):
        return answer.status, await answer.json()


async def test_a_device_is_added_enrolled_and_revoked_by_api(desk: RunningDesk) -> None:
    added = await desk.fetch(
        "thanh", "POST", "/devices", {"label": "Điện thoại đi chợ"}, key=new_key()
    )
    assert (added["kind"], added["state"], added["enrolled_at"]) == ("inspector", "waiting", None)
    status, told = await post_request(desk, sign_enrolment(KEY, added["enrolment_code"]))
    assert (status, told["id"], told["account"]) == (200, added["id"], "thanh")
    [listed] = (await desk.fetch("thanh", "GET", "/devices"))["devices"]
    assert listed == told
    assert "enrolment_code" not in listed
    revoked = await desk.fetch("thanh", "POST", f"/devices/{added['id']}/revoke")
    assert revoked["state"] == "revoked"
    refused = await desk.call("bo", "POST", f"/devices/{added['id']}/revoke")
    assert refused.status == 404


async def test_wrong_codes_and_foreign_pages_enrol_nothing(desk: RunningDesk) -> None:
    added = await desk.fetch("thanh", "POST", "/devices", {"label": "x"}, key=new_key())
    code = added["enrolment_code"]
    status, told = await post_request(desk, sign_enrolment(KEY, "0000-0000-0000"))
    assert (status, told["type"]) == (409, "/problems/wrong-enrolment-code")
    assert (await post_request(desk, "nonsense"))[0] == 422
    assert (await post_request(desk, ""))[0] == 422
    crossed = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{desk.url}/enrol", data={"request": sign_enrolment(KEY, code)}, headers=crossed
        ) as answer,
    ):
        assert answer.status == 403
    desk.clock.now += 15 * 60_000
    assert (await post_request(desk, sign_enrolment(KEY, code)))[0] == 409
    assert (await desk.ledger.devices.get(added["id"])).public_key is None


async def test_a_used_code_is_good_for_the_same_key_only(desk: RunningDesk) -> None:
    added = await desk.fetch("bo", "POST", "/devices", {"label": "app"}, key=new_key())
    request = sign_enrolment(KEY, added["enrolment_code"])
    first, again = await post_request(desk, request), await post_request(desk, request)
    assert first == again
    assert first[1]["kind"] == "app"
    thief = sign_enrolment(Ed25519PrivateKey.generate(), added["enrolment_code"])
    assert (await post_request(desk, thief))[0] == 409


async def test_the_page_shows_the_code_once_and_revokes(desk: RunningDesk) -> None:
    async with somebody(desk, "thanh") as thanh:
        page = await thanh.get("/devices")
        assert "Chưa có thiết bị nào" in page.text
        made = await thanh.submit(page, "/devices", label="Điện thoại đi chợ")
        assert "Mã đăng ký, chỉ hiện một lần" in made.text
        [device] = await desk.ledger.devices.list("thanh")
        again = await thanh.get("/devices")
        assert "chờ đăng ký" in again.text
        assert "chỉ hiện một lần" not in again.text
        gone = await thanh.submit(again, f"/devices/{device.id}/revoke")
        assert "đã thu hồi" in gone.text
        unknown = await thanh.submit(again, "/devices/0123456789ab/revoke")
        assert (unknown.status, "Không có thiết bị này" in unknown.text) == (404, True)
    async with somebody(desk, "mai") as mai:
        assert (await mai.get("/devices")).status == 403


async def test_without_a_script_the_page_says_what_is_missing(desk: RunningDesk) -> None:
    async with somebody(desk) as anybody:
        page = await anybody.get("/enrol")
        assert "Trang này cần JavaScript" in page.text
        sent = await anybody.submit(page, "/enrol", code="0000-0000-0000")
        assert sent.status == 422
        policy = page.headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy


async def enrol_in_browser(page: Page, desk: RunningDesk, code: str) -> None:
    await page.goto(f"{desk.url}/enrol")
    await page.get_by_label("Mã đăng ký").fill(code)
    await page.get_by_role("button", name="Đăng ký").click()


SIGN = """async ([code, at]) => {
  const store = await new Promise((resolve) => {
    const opening = indexedDB.open("veritem-device", 1);
    opening.onsuccess = () => resolve(opening.result);
  });
  const device = await new Promise((resolve) => {
    const asked = store.transaction("device").objectStore("device").get("enrolled");
    asked.onsuccess = () => resolve(asked.result);
  });
  const encode = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const json = (value) => encode(new TextEncoder().encode(JSON.stringify(value)));
  const nonce = encode(crypto.getRandomValues(new Uint8Array(16)));
  const signed = json({alg: "EdDSA", typ: "veritem-scan", kid: device.id}) + "." +
    json({code, at, nonce, place: {lat: 21.03, lon: 105.85, accuracy_m: 30}});
  const key = device.keys.privateKey;
  const signature = await crypto.subtle.sign("Ed25519", key, new TextEncoder().encode(signed));
  let exported = true;
  try { await crypto.subtle.exportKey("pkcs8", key); } catch { exported = false; }
  return [`${signed}.${encode(signature)}`, exported];
}"""


async def test_a_phone_enrols_and_signs_with_a_key_that_can_not_be_exported(
    desk: RunningDesk, browser: Browser, tmp_path: Path
) -> None:
    added = await desk.fetch(
        "thanh", "POST", "/devices", {"label": "Điện thoại đi chợ"}, key=new_key()
    )
    context = await browser.new_context(viewport=WEAK_PHONE, locale="vi-VN")
    page = await context.new_page()
    flaws: list[str] = []
    page.on("console", lambda said: flaws.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: flaws.append(str(error)))
    await enrol_in_browser(page, desk, added["enrolment_code"].lower())
    await page.get_by_text("Đã đăng ký xong").wait_for()
    await page.screenshot(path=tmp_path / "enrolled.png", full_page=True)
    assert flaws == []
    device = await desk.ledger.devices.get(added["id"])
    assert device.public_key is not None
    text, exported = await page.evaluate(SIGN, ["0" * 20, "2026-09-12T08:30:00Z"])
    scan = parse_signed_scan(text)
    assert (scan.device, scan.is_signed_by(device.public_key), exported) == (
        device.id,
        True,
        False,
    )
    await page.reload()
    await page.get_by_text("Máy này đã được đăng ký").wait_for()
    await context.close()


async def test_a_wrong_code_and_a_lost_network_are_told_and_the_code_stays_good(
    desk: RunningDesk, browser: Browser
) -> None:
    added = await desk.fetch("thanh", "POST", "/devices", {"label": "x"}, key=new_key())
    context = await browser.new_context(viewport=WEAK_PHONE, locale="vi-VN")
    page = await context.new_page()
    await enrol_in_browser(page, desk, "0000-0000-0000")
    await page.get_by_text("Hãy lấy mã mới").wait_for()

    async def lose_answer(route: Any) -> None:
        await route.fetch()  # the desk enrols; its answer is lost
        await route.abort()

    await page.route("**/enrol", lose_answer)
    await page.get_by_label("Mã đăng ký").fill(added["enrolment_code"])
    await page.get_by_role("button", name="Đăng ký").click()
    await page.get_by_text("Không gửi được").wait_for()
    await page.unroute("**/enrol")
    await page.get_by_role("button", name="Đăng ký").click()
    await page.get_by_text("Đã đăng ký xong").wait_for()
    await context.close()


async def test_the_pages_of_devices_are_accessible(desk: RunningDesk, browser: Browser) -> None:
    await desk.fetch("thanh", "POST", "/devices", {"label": "Điện thoại đi chợ"}, key="k")
    context = await browser.new_context(bypass_csp=True, locale="vi-VN")
    page = await context.new_page()
    await sign_in(page, desk, "thanh")
    await page.goto(f"{desk.url}/devices")
    await page.get_by_label("Tên thiết bị").fill("Máy tính bảng")
    await page.get_by_role("button", name="Lấy mã đăng ký").click()
    await page.locator("#code").wait_for()
    for path in ("", "/enrol"):
        if path:
            await page.goto(desk.url + path)
        assert await find_flaws(page) == [], path
    await context.close()

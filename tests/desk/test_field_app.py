"""The inspector's page on a phone: look-alikes, the list, findings sent once, a stolen phone."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from services.field.field_snapshots import SnapshotMaker
from stamps.lifecycle import State, Transition
from tests.accessibility import find_flaws
from tests.desk.fake_camera import camera_browser, write_film
from tests.desk.running_desk import KEYS, PASSWORD, SIGNER, RunningDesk, new_key
from tests.desk.test_browser import sign_in

PHONE = {"width": 390, "height": 844}
HOUR_MS = 3_600_000
TEN_MINUTES_MS = 600_000
"""Shorter than a session lasts without use."""
VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "stamp-hosts-v1.json").read_text())


def code(batch: int, index: int) -> str:
    return KEYS.ring.seal(batch, index, index + 1)[0].decode()


def address(batch: int, index: int) -> str:
    """What the symbol of a stamp says."""
    return f"HTTPS://VERITEM.VN/S/{code(batch, index)}"


async def suspend(desk: RunningDesk, batch: int, lo: int, hi: int) -> None:
    await desk.ledger.transitions.apply(
        batch, lo, hi, Transition.SUSPEND, actor="thanh", key=new_key(), reason="counterfeit"
    )


async def make_snapshot(desk: RunningDesk) -> None:
    dependencies = desk.dependencies
    maker = SnapshotMaker(desk.ledger, dependencies.issuer, desk.clock, "VERITEM.VN")
    await maker.make("test")


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    made = await browser.new_context(viewport=PHONE, locale="vi-VN")
    yield made
    await made.close()


async def open_field(context: BrowserContext, desk: RunningDesk, who: str = "thanh") -> Page:
    """The page of a signed-in inspector, with its list and its service worker at work."""
    page = await context.new_page()
    await sign_in(page, desk, who)
    await page.goto(f"{desk.url}/field")
    await page.locator("#list.fresh").wait_for()
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await page.wait_for_function(
        "caches.open('veritem-field').then((c) => c.match('/field/shell')).then(Boolean)"
    )
    return page


async def check(page: Page, text: str) -> None:
    await page.locator("#q").fill(text)
    await page.locator("#q").press("Enter")


async def report(page: Page, kind: str, note: str, wish: str = "") -> None:
    if not await page.locator("#kind").is_visible():
        await page.locator("#report summary").click()
    await page.locator("#kind").select_option(kind)
    await page.locator("#note").fill(note)
    await page.locator("#wish").select_option(wish)
    await page.get_by_role("button", name="Lưu phát hiện").dblclick()


async def list_findings(desk: RunningDesk) -> list[Any]:
    rows = [e for e in await desk.ledger.audit.list_after(0) if e.action == "field.finding"]
    return [await desk.ledger.field_findings.get(e.subject.partition(":")[2]) for e in rows]


async def test_the_camera_shows_the_record_which_is_logged_by_name_and_is_no_scan(
    desk: RunningDesk, tmp_path: Path
) -> None:
    batch = await desk.activated(100)
    await make_snapshot(desk)
    film = tmp_path / "stamp.mjpeg"
    write_film(film, [address(batch, 7)])
    async with camera_browser(film) as browser:
        context = await browser.new_context(viewport=PHONE, locale="vi-VN", permissions=["camera"])
        page = await open_field(context, desk)
        await page.get_by_role("button", name="Quét tem").click()
        await page.get_by_text("HTX Nông nghiệp Krông Pắc").wait_for(timeout=20_000)
        await expect(page.locator(".record .roll")).to_have_text(f"{batch}·7")
        await expect(page.locator("#camera")).to_be_hidden()
        assert await find_flaws(page) == []
    [entry] = await desk.ledger.audit.list_of_subject(f"stamp:{batch}·7", limit=5)
    assert (entry.actor, entry.action) == ("thanh", "field.check")
    assert await desk.ledger.scans.list_of_stamp(batch, 7) == []


async def test_a_market_visit_without_a_network_and_back(
    desk: RunningDesk, context: BrowserContext
) -> None:
    batch = await desk.activated(200)
    await suspend(desk, batch, 10, 20)
    await make_snapshot(desk)
    page = await open_field(context, desk)
    await context.set_offline(True)
    # The phone is switched off and on: the shell opens, with its list and its account.
    await page.goto(f"{desk.url}/field")
    await expect(page.locator("#shell-name")).to_have_text("Phạm Văn Thanh")
    await page.locator("#list.fresh").wait_for()
    await check(page, address(batch, 12))
    await page.get_by_text("CÓ TRONG DANH SÁCH").wait_for()
    await page.get_by_text("Không thể biết khi chưa có mạng").wait_for()
    await report(page, "copy", "Sạp 14")
    await expect(page.locator("#unsent-count")).to_have_text("1")
    await check(page, f"{address(batch, 30)}.{sign(batch, 30)}")
    await page.get_by_text("Chữ ký hợp lệ").wait_for()
    await check(page, f"{address(batch, 30)}.{sign(batch, 31)}")
    await page.get_by_text("CHỮ KÝ KHÔNG HỢP LỆ", exact=True).wait_for()
    await report(page, "signature", "Chữ ký của tem khác", wish="suspend")
    await expect(page.locator("#unsent-count")).to_have_text("2")
    assert await find_flaws(page) == []
    assert "Phạm Văn Thanh" not in await read_cached(page)
    # A second tab sends nothing twice.
    other = await context.new_page()
    await other.goto(f"{desk.url}/field")
    desk.clock.now += TEN_MINUTES_MS
    await context.set_offline(False)
    await asyncio.gather(
        *(tab.evaluate("window.dispatchEvent(new Event('online'))") for tab in (page, other))
    )
    await expect(page.locator("#unsent")).to_be_hidden(timeout=15_000)
    first, second = await list_findings(desk)
    assert (first.stamp, first.note, first.answer) == ((batch, 12), "Sạp 14", "none listed unknown")
    assert (second.stamp, second.kind, second.outcome) == ((batch, 30), "signature", "done")
    assert (await desk.ledger.transitions.get_span(batch, 30)).state is State.SUSPENDED
    # The findings are at the desk, and on the stamp.
    await page.goto(f"{desk.url}/field/findings")
    await page.get_by_role("link", name=f"{batch}·30").click()
    await page.get_by_text("Chữ ký của tem khác").wait_for()


def sign(batch: int, index: int) -> str:
    return SIGNER.sign_codes(KEYS.ring.seal(batch, index, index + 1))[0].decode()


async def read_cached(page: Page) -> str:
    """Everything in the cache of the service worker."""
    text: str = await page.evaluate(
        """async () => {
          const cache = await caches.open("veritem-field");
          const kept = await cache.keys();
          return (await Promise.all(kept.map(async (one) =>
            one.url + (await (await cache.match(one)).text())))).join("\\n");
        }"""
    )
    return text


async def test_an_address_like_ours_is_called_out_logged_and_reported(
    desk: RunningDesk, context: BrowserContext
) -> None:
    batch = await desk.activated(50)
    await make_snapshot(desk)
    page = await open_field(context, desk)
    await check(page, f"https://veritem.vn.tra-cuu.top/S/{code(batch, 3)}")
    await page.get_by_role("heading", name="ĐỊA CHỈ KHÔNG PHẢI CỦA HỆ THỐNG").wait_for()
    await page.get_by_text("tên của hệ thống nằm trong một địa chỉ khác").wait_for()
    await expect(page.locator(".record")).to_have_count(0)
    await report(page, "lookalike", "Dán đè lên tem thật")
    await page.get_by_text("Đã gửi").wait_for()
    [found] = await list_findings(desk)
    assert (found.host, found.stamp, found.kind) == ("veritem.vn.tra-cuu.top", None, "lookalike")
    checks = [e for e in await desk.ledger.audit.list_after(0) if e.action == "field.check"]
    assert [one.details["result"] for one in checks] == ["foreign-address"]


async def test_the_phone_judges_addresses_as_the_vectors_say(
    desk: RunningDesk, context: BrowserContext
) -> None:
    await desk.activated(10)
    await make_snapshot(desk)
    page = await open_field(context, desk)
    await context.set_offline(True)
    for case in VECTORS["cases"]:
        await page.locator("#q").evaluate("(field, text) => { field.value = text; }", case["text"])
        await page.locator("#answer").evaluate("(answer) => answer.replaceChildren()")
        await page.locator("#ask").evaluate("(form) => form.requestSubmit()")
        await page.locator("#answer > *").first.wait_for()
        await page.locator("#ask button.go:not([aria-busy])").last.wait_for()
        is_foreign = case["kind"] in ("lookalike", "foreign", "plain")
        assert (await page.locator(".foreign").count() == 1) == is_foreign, ascii(case["text"])
        assert await page.locator(".foreign li").count() == len(case["reasons"]), case["text"]


async def test_a_delta_reaches_the_phone_and_a_forged_list_does_not(
    desk: RunningDesk, context: BrowserContext
) -> None:
    batch = await desk.activated(200)
    await suspend(desk, batch, 0, 100)
    await make_snapshot(desk)
    page = await open_field(context, desk)
    await suspend(desk, batch, 150, 160)
    await desk.ledger.transitions.apply(
        batch, 0, 50, Transition.RELEASE, actor="thanh", key=new_key(), reason="cleared"
    )
    desk.clock.now += TEN_MINUTES_MS
    await make_snapshot(desk)
    requests: list[str] = []
    context.on("request", lambda request: requests.append(request.url))
    await page.get_by_role("button", name="Cập nhật danh sách").click()
    await expect(page.locator("#list")).to_have_attribute("data-version", "2")
    assert [url.rpartition("/")[2] for url in requests if "/snapshots/" in url] == ["2"]
    # A list that somebody changed on its way is not used; the one at hand stays.
    desk.clock.now += TEN_MINUTES_MS
    await make_snapshot(desk)

    async def forge(route: Any) -> None:
        answer = await route.fetch()
        body = (await answer.body()).replace(b'"codes":60', b'"codes":61')
        await route.fulfill(response=answer, body=body)

    await page.route("**/field/snapshots/3", forge)
    await page.get_by_role("button", name="Cập nhật danh sách").click()
    await page.locator("#list-say", has_text="không có chữ ký hợp lệ").wait_for()
    await context.set_offline(True)
    for index, is_listed in ((155, True), (60, True), (6, False)):
        await check(page, code(batch, index))
        text = "CÓ TRONG DANH SÁCH" if is_listed else "Không có trong danh sách"
        await page.locator("#answer").get_by_text(text).wait_for()


async def test_an_old_list_warns_and_an_expired_one_answers_nothing(
    desk: RunningDesk, context: BrowserContext
) -> None:
    batch = await desk.activated(50)
    await suspend(desk, batch, 0, 10)
    await make_snapshot(desk)
    page = await open_field(context, desk)
    desk.clock.now += 25 * HOUR_MS
    await sign_in(page, desk, "thanh")
    await page.goto(f"{desk.url}/field")
    await expect(page.locator("#list.old #list-age")).to_contain_text("25 giờ")
    desk.clock.now += 7 * 24 * HOUR_MS
    await sign_in(page, desk, "thanh")
    await page.goto(f"{desk.url}/field")
    await page.locator("#list.expired").wait_for()
    assert await find_flaws(page) == []
    await context.set_offline(True)
    await check(page, code(batch, 3))
    await page.get_by_text("Không biết tem có trong danh sách hay không").wait_for()


async def test_a_stolen_phone_erases_what_it_keeps_at_its_next_contact(
    desk: RunningDesk, context: BrowserContext
) -> None:
    batch = await desk.activated(50)
    await make_snapshot(desk)
    page = await open_field(context, desk)
    await context.set_offline(True)
    await check(page, code(batch, 3))
    await report(page, "copy", "chưa gửi")
    await expect(page.locator("#unsent-count")).to_have_text("1")
    [phone] = await desk.ledger.field_phones.list("thanh")
    await desk.ledger.field_phones.shut_out(phone.id, actor="tri")
    await context.set_offline(False)
    await page.evaluate("window.dispatchEvent(new Event('online'))")
    await page.get_by_role("heading", name="Máy này đã bị khóa").wait_for()
    await expect(page.locator("#ask")).to_be_hidden()
    left = await page.evaluate(
        """async () => {
          const count = (name, store) => new Promise((resolve) => {
            const asked = indexedDB.open(name);
            asked.onsuccess = () => {
              const counted = asked.result.transaction(store).objectStore(store).count();
              counted.onsuccess = () => resolve(counted.result);
            };
          });
          return [await count("veritem-field", "acts"), await count("veritem-field", "keys"),
            await count("veritem-field-list", "files"), await caches.has("veritem-field"),
            localStorage.getItem("veritem-field-phone")];
        }"""
    )
    assert left == [0, 0, 0, False, None]
    assert await list_findings(desk) == []
    # Its session has ended as well.
    await page.goto(f"{desk.url}/field")
    await page.wait_for_url("**/sign-in?next=*")


async def test_sign_out_is_refused_while_findings_wait_and_refused_ones_are_tasks(
    desk: RunningDesk, context: BrowserContext
) -> None:
    batch = await desk.activated(50)
    await make_snapshot(desk)
    page = await open_field(context, desk)

    async def refuse(route: Any) -> None:
        document = {"title": "Không nhận", "detail": "x"}
        await route.fulfill(
            status=422, content_type="application/problem+json", body=json.dumps(document)
        )

    await page.route("**/field/sent", refuse)
    await check(page, code(batch, 3))
    await page.locator(".record").wait_for()
    await report(page, "goods", "Hàng khác")
    await page.locator("#unsent-list .refused").get_by_text("Không nhận").wait_for()
    await page.goto(f"{desk.url}/account")
    await expect(page.locator('nav.menu a[href="/field"] .badge')).to_have_text("1")
    await page.get_by_role("button", name="Đăng xuất").click()
    await page.get_by_text("Còn việc chưa gửi trên máy này").wait_for()
    await page.unroute("**/field/sent")
    await page.goto(f"{desk.url}/field")
    await page.get_by_role("button", name="Gửi lại").click()
    await expect(page.locator("#unsent")).to_be_hidden()
    [found] = await list_findings(desk)
    assert (found.note, found.answer) == ("Hàng khác", "online")


async def test_two_inspectors_share_a_phone_and_neither_sees_or_sends_the_others_findings(
    desk: RunningDesk, context: BrowserContext
) -> None:
    batch = await desk.activated(50)
    await desk.ledger.staff.add(
        "binh", name="Lê Bình", role="inspector", password=PASSWORD, confirmed_by="test"
    )
    await make_snapshot(desk)
    page = await open_field(context, desk)
    await context.set_offline(True)
    await check(page, code(batch, 3))
    await report(page, "copy", "việc của Thanh")
    await expect(page.locator("#unsent-count")).to_have_text("1")

    # The session of the first ends without a sign-out, and another inspector signs in.
    await context.set_offline(False)
    await context.clear_cookies()
    page = await open_field(context, desk, "binh")
    await expect(page.locator("#unsent-others")).to_be_visible()
    await page.get_by_role("button", name="Gửi ngay").click()
    assert "việc của Thanh" not in await page.content()
    await check(page, code(batch, 5))
    await page.locator(".record").wait_for()
    await report(page, "copy", "việc của Bình")
    await page.get_by_text("Đã gửi").wait_for()
    [found] = await list_findings(desk)
    assert (found.actor, found.note) == ("binh", "việc của Bình")

    # The first comes back to the same phone: the finding is readable, and sent under its name.
    await context.clear_cookies()
    page = await open_field(context, desk)
    await expect(page.locator("#unsent")).to_be_hidden(timeout=15_000)
    found = [(one.actor, one.note) for one in await list_findings(desk)]
    assert found == [("binh", "việc của Bình"), ("thanh", "việc của Thanh")]
    assert len(await desk.ledger.field_phones.list("thanh")) == 1


async def test_a_phone_that_one_inspector_shuts_out_keeps_what_another_has_not_sent(
    desk: RunningDesk, context: BrowserContext
) -> None:
    batch = await desk.activated(50)
    await desk.ledger.staff.add(
        "binh", name="Lê Bình", role="inspector", password=PASSWORD, confirmed_by="test"
    )
    await make_snapshot(desk)
    page = await open_field(context, desk)
    await context.set_offline(True)
    await check(page, code(batch, 3))
    await report(page, "copy", "việc của Thanh")
    await expect(page.locator("#unsent-count")).to_have_text("1")
    await context.set_offline(False)
    await context.clear_cookies()
    page = await open_field(context, desk, "binh")
    [phone] = await desk.ledger.field_phones.list("thanh")
    await desk.ledger.field_phones.shut_out(phone.id, actor="tri")
    await page.reload()
    # Only the findings of the account that shut the phone out are erased.
    await expect(page.locator("#unsent")).to_be_hidden()
    await expect(page.locator("#shut")).to_be_hidden()
    await context.set_offline(True)
    await check(page, code(batch, 5))
    await report(page, "copy", "việc của Bình")
    await expect(page.locator("#unsent-count")).to_have_text("1")
    await context.set_offline(False)
    await page.evaluate("window.dispatchEvent(new Event('online'))")
    await expect(page.locator("#unsent")).to_be_hidden(timeout=15_000)
    [found] = await list_findings(desk)
    assert (found.actor, found.note) == ("binh", "việc của Bình")

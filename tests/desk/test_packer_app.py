"""The packer's page on a phone: camera, no network, sent once, nobody else's."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, expect

from stamps.lifecycle import Transition
from tests.accessibility import find_flaws
from tests.desk.fake_camera import camera_browser, write_film
from tests.desk.running_desk import KEYS, RunningDesk, new_key
from tests.desk.test_browser import sign_in

PHONE = {"width": 390, "height": 844}
LOT = "DL-2026-0912"


def address(batch: int, index: int) -> str:
    """What the symbol of a stamp says."""
    return f"HTTPS://VERITEM.VN/S/{KEYS.ring.seal(batch, index, index + 1)[0].decode()}"


async def count_activated(desk: RunningDesk, batch: int) -> int:
    return (await desk.ledger.transitions.compute_balance(batch)).activated


async def open_app(context: BrowserContext, desk: RunningDesk, who: str = "mai") -> Page:
    """The page of a signed-in packer, with its service worker at work."""
    page = await context.new_page()
    await sign_in(page, desk, who)
    await page.goto(f"{desk.url}/activate")
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await page.wait_for_function(
        "caches.open('veritem-packer').then((c) => c.match('/activate/shell')).then(Boolean)"
    )
    return page


async def fill_roll(page: Page, first: str, last: str) -> None:
    await page.get_by_label("Số đầu cuộn").fill(first)
    await page.get_by_label("Số cuối cuộn").fill(last)
    await page.locator("#lots").get_by_text(LOT).click()


async def queue_roll(page: Page, first: str, last: str) -> None:
    await fill_roll(page, first, last)
    await page.get_by_role("button", name="Kiểm tra").click()
    await page.get_by_role("button", name="Giữ lại để gửi").click()
    await expect(page.get_by_label("Số đầu cuộn")).to_have_value("")


async def assert_accessible(page: Page, picture: str | None = None) -> None:
    assert await find_flaws(page) == []
    await page.set_viewport_size(PHONE)


async def test_the_camera_reads_a_roll_and_one_button_activates_it(
    desk: RunningDesk, tmp_path: Path
) -> None:
    number = await desk.printed(5000)
    await desk.lot()
    await desk.ledger.transitions.apply(
        number, 100, 102, Transition.VOID, actor="in", key=new_key(), reason="damaged"
    )
    film = tmp_path / "roll.mjpeg"
    write_film(film, [address(number, 0), address(number, 4999)])
    async with camera_browser(film) as browser:
        context = await browser.new_context(viewport=PHONE, locale="vi-VN", permissions=["camera"])
        page = await open_app(context, desk)
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        await page.get_by_text(LOT).click()
        await page.get_by_role("button", name="Quét tem đầu và tem cuối").click()
        await expect(page.get_by_label("Số cuối cuộn")).not_to_have_value("", timeout=20_000)
        await expect(page.locator("#camera")).to_be_hidden()
        await page.get_by_role("button", name="Kiểm tra").click()
        await page.get_by_text(f"{number}·0-4999").wait_for()
        await page.get_by_text("2 tem hủy ở giữa").wait_for()
        await page.get_by_role("button", name="Kích hoạt 4.998 tem").dblclick()
        await page.get_by_role("heading", name="Đã kích hoạt 4.998 tem").wait_for()
        assert all(url.startswith((desk.url, "blob:", "data:")) for url in requests)
        assert await count_activated(desk, number) == 4998
        history = await desk.ledger.transitions.list_history(number)
        assert [one.lo for one in history if one.transition == "activate"] == [0, 102]


async def test_without_a_network_rolls_wait_and_are_sent_once_in_order(
    desk: RunningDesk, browser: Any
) -> None:
    number = await desk.printed(1000)
    await desk.lot()
    context = await browser.new_context(viewport=PHONE, locale="vi-VN")
    page = await open_app(context, desk)
    await context.set_offline(True)
    await queue_roll(page, "0", "99")
    await expect(page.locator("#unsent-count")).to_have_text("1")
    # The phone is switched off and on: the shell opens without a network.
    await page.goto(f"{desk.url}/activate")
    await page.locator("#lots").get_by_text(LOT).wait_for()
    await queue_roll(page, address(number, 100), address(number, 199))
    await queue_roll(page, "150", "250")  # overlaps: a task for the packer
    await expect(page.locator("#unsent-count")).to_have_text("3")
    assert "Nguyễn Thị Mai" not in await read_cached(page)
    await assert_accessible(page)
    other = await context.new_page()  # a second tab sends nothing twice
    await other.goto(f"{desk.url}/activate")
    await context.set_offline(False)
    await asyncio.gather(
        *(tab.evaluate("window.dispatchEvent(new Event('online'))") for tab in (page, other))
    )
    await expect(page.locator("#unsent-count")).to_have_text("1", timeout=15_000)
    task = page.locator("#unsent-list li")
    await expect(task).to_contain_text("150–199: đã kích hoạt")
    history = await desk.ledger.transitions.list_history(number)
    activated = [(one.lo, one.hi) for one in history if one.transition == "activate"]
    assert activated == [(0, 100), (100, 200)]
    await task.get_by_role("button", name="Sửa").click()
    await expect(page.get_by_label("Số đầu cuộn")).to_have_value("150")
    await expect(page.locator("#unsent")).to_be_hidden()
    await context.close()


async def read_cached(page: Page) -> str:
    """Everything in the caches of the service worker."""
    text: str = await page.evaluate(
        """async () => {
          const texts = [];
          for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            for (const request of await cache.keys()) {
              texts.push(request.url, await (await cache.match(request)).text());
            }
          }
          return texts.join("\\n");
        }"""
    )
    return text


async def test_unsent_work_survives_a_lost_session_and_is_nobody_elses(
    desk: RunningDesk, browser: Any
) -> None:
    number = await desk.printed(1000)
    await desk.lot()
    context = await browser.new_context(viewport=PHONE, locale="vi-VN")
    page = await open_app(context, desk)
    await context.set_offline(True)
    await queue_roll(page, "0", "99")
    # Sign-out is refused while something waits; then the session ends by itself.
    await page.route("**/activate/acts", lambda route: route.abort())
    await context.set_offline(False)
    await page.goto(f"{desk.url}/account")
    await expect(page.locator("nav.menu .badge")).to_have_text("1")
    await page.get_by_role("button", name="Đăng xuất").click()
    await page.get_by_text("Còn việc chưa gửi trên máy này").wait_for()
    await context.clear_cookies()
    # Another packer on the same phone sees that there is work, and cannot read it.
    await sign_in(page, desk, "lan")
    await page.goto(f"{desk.url}/activate")
    await page.get_by_text("Có việc của tài khoản khác").wait_for()
    await expect(page.locator("#unsent-list li")).to_have_count(0)
    stored = await page.evaluate(
        """async () => {
          const db = await new Promise((resolve) => {
            const asked = indexedDB.open("veritem-packer");
            asked.onsuccess = () => resolve(asked.result);
          });
          const all = (name, what) => new Promise((resolve) => {
            const asked = db.transaction(name).objectStore(name)[what]();
            asked.onsuccess = () => resolve(asked.result);
          });
          const acts = await all("acts", "getAll");
          return { keys: await all("keys", "getAllKeys"),
            text: acts.map((act) => new TextDecoder("latin1").decode(act.data)).join() };
        }"""
    )
    assert stored["keys"] == ["current", "lan"]
    assert LOT not in stored["text"]
    await context.clear_cookies()
    await page.unroute("**/activate/acts")
    await sign_in(page, desk, "mai")
    await page.goto(f"{desk.url}/activate")
    await page.get_by_text(f"{number}·0-99 · {LOT}").wait_for()
    assert await count_activated(desk, number) == 100
    await context.close()


async def test_an_activation_is_not_lost_with_the_connection(
    desk: RunningDesk, browser: Any
) -> None:
    """The desk records the act, and its answer is lost: it is sent again and applied once."""
    number = await desk.printed(1000)
    await desk.lot()
    context = await browser.new_context(viewport=PHONE, locale="vi-VN")
    page = await open_app(context, desk)
    await fill_roll(page, "0", "499")
    await page.get_by_role("button", name="Kiểm tra").click()
    await page.get_by_role("button", name="Kích hoạt 500 tem").wait_for()

    lost = asyncio.Event()

    async def lose_answer(route: Any) -> None:
        await route.fetch()
        await route.abort()
        lost.set()

    await page.route("**/activate/acts", lose_answer)
    await page.get_by_role("button", name="Kích hoạt 500 tem").click()
    await lost.wait()
    await expect(page.locator("#unsent-count")).to_have_text("1")
    assert await count_activated(desk, number) == 500
    await page.unroute_all(behavior="wait")
    await page.evaluate("window.dispatchEvent(new Event('online'))")
    await page.get_by_role("heading", name="Đã kích hoạt 500 tem").wait_for()
    history = await desk.ledger.transitions.list_history(number)
    assert len([one for one in history if one.transition == "activate"]) == 1
    await context.close()


@pytest.mark.parametrize("who", ["in", "thanh"])
async def test_who_does_not_activate_has_no_state_and_sends_no_acts(
    desk: RunningDesk, who: str, browser: Any
) -> None:
    context = await browser.new_context(locale="vi-VN")
    page = await context.new_page()
    await sign_in(page, desk, who)
    state = await context.request.get(f"{desk.url}/activate/state")
    assert state.status == 403
    await context.close()

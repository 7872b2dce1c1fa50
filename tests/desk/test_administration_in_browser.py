"""An administrator's day in a real browser: invite, accept with codes, confirm, disable."""

import pyotp
import pytest
from playwright.async_api import Browser

from tests.accessibility import DESK, WEAK_PHONE, find_serious
from tests.accounts import add_accounts
from tests.desk.running_desk import PASSWORD, RunningDesk
from tests.desk.test_browser import sign_in

pytestmark = pytest.mark.usefixtures("quick_passwords")


async def test_an_administrators_day(desk: RunningDesk, browser: Browser) -> None:
    await add_accounts(desk.ledger, "minh", role="administrator")
    tri, minh = [
        await (await browser.new_context(viewport=DESK, locale="vi-VN")).new_page()
        for _ in range(2)
    ]
    hoa = await (await browser.new_context(viewport=WEAK_PHONE, locale="vi-VN")).new_page()
    flaws = []

    await sign_in(tri, desk, "tri")
    await tri.goto(f"{desk.url}/staff")
    flaws += await find_serious(tri)
    await tri.get_by_role("link", name="Mời người dùng").click()
    await tri.get_by_label("Họ và tên").fill("Lê Thị Hoa")
    await tri.get_by_label("Tên đăng nhập").fill("hoa")
    await tri.get_by_label("Vai trò").select_option("packer")
    await tri.get_by_label("Đơn vị").select_option("krong-pac")
    await tri.get_by_role("button", name="Tạo đường liên kết").click()
    await tri.wait_for_url("**/staff/hoa")
    link = await tri.locator(".token").inner_text()
    flaws += await find_serious(tri)

    await hoa.goto(f"{desk.url}/invitation#{link.partition('#')[2]}")
    assert "#" not in hoa.url
    await hoa.get_by_label("Mật khẩu mới").fill(PASSWORD)
    flaws += await find_serious(hoa)
    await hoa.get_by_role("button", name="Đặt mật khẩu").click()
    await hoa.wait_for_url("**/account/one-time-codes")
    flaws += await find_serious(hoa)
    secret = (await hoa.locator(".typed-key").inner_text()).replace(" ", "")
    await hoa.get_by_label("Mã trên ứng dụng").fill(pyotp.TOTP(secret).at(desk.clock.now // 1000))
    await hoa.get_by_label("Mật khẩu hiện tại").fill(PASSWORD)
    await hoa.get_by_role("button", name="Bật mã một lần").click()
    await hoa.get_by_text("Mã một lần đã bật").wait_for()
    assert await hoa.locator(".recovery li").count() == 10
    await hoa.get_by_role("link", name="Tôi đã cất các mã").click()

    proposal = await desk.ledger.proposals.get_open("role.grant", "account:hoa")
    assert proposal is not None
    await sign_in(minh, desk, "minh")
    await minh.goto(f"{desk.url}/proposals/{proposal.id}")
    await minh.locator('form[action$="/approve"] button').click()
    await minh.wait_for_url("**/proposals/*")
    assert (await desk.ledger.staff.get("hoa")).is_confirmed

    await tri.goto(f"{desk.url}/staff/hoa")
    await tri.get_by_text("Khóa tài khoản").first.click()
    await tri.get_by_role("button", name="Khóa tài khoản").click()
    await tri.get_by_text("Đã khóa tài khoản").wait_for()
    await hoa.goto(f"{desk.url}/lots")
    assert "/sign-in" in hoa.url
    for path in ("/audit", "/account", "/organisations"):
        await tri.goto(f"{desk.url}{path}")
        flaws += await find_serious(tri)
    assert flaws == []

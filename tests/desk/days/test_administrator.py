"""An administrator's day in a browser: invite, confirm, reset a password, disable, look it up."""

import pyotp
import pytest
from playwright.async_api import Browser, expect

from tests.accessibility import find_serious
from tests.accounts import add_accounts
from tests.desk.days.guide_pictures import DAY_LANGUAGES, DESK, HALF_HOUR, PHONE, Day
from tests.desk.running_desk import PASSWORD, RunningDesk
from web.i18n import Language


@pytest.mark.parametrize("language", DAY_LANGUAGES)
async def test_an_administrator_looks_after_accounts(
    desk: RunningDesk, browser: Browser, language: Language
) -> None:
    await add_accounts(desk.ledger, "minh", role="administrator")
    day = Day("administrator", language, desk)
    say = day.say
    tri = await day.begin(browser, "tri", DESK)
    flaws = []

    # An invitation: the session ends while it is typed, and two presses are one account.
    await tri.goto(f"{desk.url}/staff")
    flaws += await find_serious(tri)
    await tri.get_by_role("link", name=say("staff.invite")).click()
    await tri.locator("#name").fill("Lê Thị Hoa")
    await tri.locator("#account").fill("hoa")
    await tri.locator("#role").select_option("packer")
    await tri.locator("#organisation").select_option("krong-pac")
    invite = tri.get_by_role("button", name=say("staff.make_link"))
    await day.take(tri, "invite", mark=invite, area=tri.locator("main"))
    desk.clock.now += HALF_HOUR
    await invite.click()
    await day.sign_in_again(tri)
    await expect(tri.locator("#account")).to_have_value("hoa")
    await invite.dblclick()
    await tri.wait_for_url("**/staff/hoa*")
    link = await tri.locator(".token").inner_text()
    await day.take(tri, "link", area=tri.locator(".good"))
    flaws += await find_serious(tri)

    # The person accepts on a phone, with one-time codes.
    hoa = await (await day.open_context(browser, PHONE)).new_page()
    await hoa.goto(f"{desk.url}/invitation#{link.partition('#')[2]}")
    assert "#" not in hoa.url
    await hoa.locator("#password").fill(PASSWORD)
    flaws += await find_serious(hoa)
    await hoa.get_by_role("button", name=say("invitation.accept")).click()
    await hoa.wait_for_url("**/account/one-time-codes")
    flaws += await find_serious(hoa)
    secret = (await hoa.locator(".typed-key").inner_text()).replace(" ", "")
    await day.take(hoa, "codes")
    await hoa.locator("#code").fill(pyotp.TOTP(secret).at(desk.clock.now // 1000))
    await hoa.locator("#password").fill(PASSWORD)
    await hoa.get_by_role("button", name=say("codes_setup.turn_on")).click()
    await hoa.get_by_text(say("codes_setup.is_on")).wait_for()
    assert await hoa.locator(".recovery li").count() == 10
    await hoa.get_by_role("link", name=say("codes_setup.noted")).click()

    # Nobody confirms an invitation of their own; the other administrator does.
    proposal = await desk.ledger.proposals.get_open("role.grant", "account:hoa")
    assert proposal is not None
    await tri.goto(f"{desk.url}/proposals/{proposal.id}")
    assert await tri.locator('form[action$="/approve"]').count() == 0
    minh = await day.begin(browser, "minh", DESK)
    await day.take(
        minh, "home", mark=minh.locator(".task.proposals_open"), until=minh.locator(".tasks")
    )
    await minh.locator(".task.proposals_open a").click()
    await minh.locator("tbody th a").first.click()
    approve = minh.locator('form[action$="/approve"] button')
    await day.take(minh, "confirm", mark=approve, area=minh.locator("main"))
    await approve.dblclick()
    await minh.get_by_text(say("flash.proposal_approved")).wait_for()
    assert (await desk.ledger.staff.get("hoa")).is_confirmed

    # A reset for somebody who forgot the password: the session is over, and a link goes out.
    await tri.goto(f"{desk.url}/staff/hoa")
    stale = await tri.context.new_page()  # a second tab, which will be late
    await stale.goto(f"{desk.url}/staff/hoa")
    reset = tri.locator("details", has=tri.locator('form[action$="/password"]'))
    await reset.locator("summary").click()
    await day.take(tri, "password", area=reset)
    await reset.get_by_role("button", name=say("staff.make_reset")).click()
    await tri.locator(".token").wait_for()
    await hoa.goto(f"{desk.url}/account")
    assert "/sign-in" in hoa.url

    # Disabled at once, by two tabs; going back shows what is so now.
    for page in (tri, stale):
        disable = page.locator("details", has=page.locator('form[action$="/disable"]'))
        await disable.locator("summary").click()
        if page is tri:
            await day.take(tri, "disable", area=disable)
        await disable.get_by_role("button", name=say("staff.disable")).click()
        await page.locator(".flash, #problem").first.wait_for()
    assert (await desk.ledger.staff.get("hoa")).disabled
    await tri.go_back()
    await tri.goto(f"{desk.url}/staff/hoa")
    await tri.get_by_text(say("staff.disabled_means")).wait_for()

    # The audit log has all of it.
    await tri.goto(f"{desk.url}/audit?subject=staff%3Ahoa")
    await tri.get_by_role("link", name=say("act.staff.disable")).first.wait_for()
    await day.take(tri, "audit")
    for path in ("/audit", "/account", "/organisations"):
        await tri.goto(f"{desk.url}{path}")
        flaws += await find_serious(tri)
    assert flaws == []

"""A carrier's day on a cheap phone: departure, a stop without a network, and back; no track."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.accessibility import find_flaws
from tests.desk.days.guide_pictures import DAY_LANGUAGES, PHONE, Day
from tests.desk.days.invitations import accept, check_width, invite, open_invitation
from tests.desk.running_desk import RunningDesk
from web.i18n import Language

LOT = "DL-2026-0912"
VEHICLE = "47C-123.45"
WATCH_POSITION = """
    for (const name of ["getCurrentPosition", "watchPosition"]) {
      navigator.geolocation[name] = () => { localStorage.setItem("asked-position", name); };
    }
"""


@pytest.mark.parametrize("language", DAY_LANGUAGES)
async def test_a_carrier_tells_a_departure_and_a_stop(
    desk: RunningDesk, browser: Browser, language: Language
) -> None:
    await desk.lot()
    day = Day("carrier", language, desk)
    say = day.say
    office = await day.begin(browser, "bo", PHONE)
    address, _ = await invite(office, day, "carrier", "Vận tải Tây Nguyên")
    phone = await open_invitation(browser, day, address, "Trần Văn Tài")
    await phone.context.add_init_script(WATCH_POSITION)
    await accept(phone, day)

    # Departure, with the temperature of the goods.
    await open_kind(phone, day, "transport")
    await fill(
        phone,
        at="2026-09-13T05:30",
        lot=LOT,
        vehicle=VEHICLE,
        receiver="Thu mua Đắk Lắk",
        temperature="14,5",
    )
    await day.take(phone, "departure", until=phone.get_by_role("button", name=say("diary.save")))
    assert await find_flaws(phone) == []
    await check_width(phone)
    await phone.get_by_role("button", name=say("diary.save")).click()
    await phone.wait_for_url("**/diary/*")
    await expect(phone.locator("main")).to_contain_text(VEHICLE)

    # A stop on the pass, where there is no network; the phone is switched off and on.
    await open_kind(phone, day, "checkpoint")
    await phone.evaluate("navigator.serviceWorker.ready.then(() => null)")
    await phone.wait_for_function(
        "async () => Boolean(await (await caches.open('veritem-diary')).match('/new-entry/shell'))"
    )
    await phone.context.set_offline(True)
    stop = {"at": "2026-09-13T11:10", "lot": LOT, "vehicle": VEHICLE, "where": "Đèo Bảo Lộc"}
    await fill(phone, **stop, temperature="16")
    await phone.get_by_role("button", name=say("diary.save")).click()
    await expect(phone.locator("#unsent-count")).to_have_text("1")
    await phone.goto(f"{desk.url}/new-entry")
    await day.take(phone, "offline", height=640)
    await check_width(phone)
    assert await find_flaws(phone) == []
    await phone.context.set_offline(False)
    await phone.evaluate("window.dispatchEvent(new Event('online'))")
    await expect(phone.locator("#unsent-entries")).to_be_hidden(timeout=15_000)

    # Both are in the diary, once, with their temperatures and nothing of where the driver was.
    await phone.goto(f"{desk.url}/diary")
    await expect(phone.locator("tbody tr")).to_have_count(2)
    await day.take(phone, "diary", height=640)
    await check_width(phone)
    assert await phone.evaluate("localStorage.getItem('asked-position')") is None
    told = await desk.fetch("bo", "GET", "/diary?kind=checkpoint")
    event = await desk.fetch("bo", "GET", f"/diary/{told['entries'][0]['id']}")
    assert event["values"] == {**stop, "temperature": 16}

    # The receiver is asked whether it is so.
    buyer = await Day("partner", language, desk).begin(browser, "thu", PHONE)
    await buyer.goto(f"{desk.url}/mentions")
    await buyer.locator('main a[href^="/mentions/"]').first.click()
    assert await find_flaws(buyer) == []
    await buyer.get_by_role("button", name=say("mentions.confirm")).click()
    await buyer.get_by_text(say("mention_state.confirmed")).first.wait_for()


async def open_kind(phone: Page, day: Day, kind: str) -> None:
    """Open the form of a kind of entry by the pages that lead there."""
    await phone.goto(f"{day.desk.url}/new-entry")
    await phone.locator(f'main a[href$="kind={kind}"]').click()
    await phone.locator("#entry-form").wait_for()


async def fill(phone: Page, **values: str) -> None:
    """Fill fields of a form; those among the details are opened first."""
    for name, value in values.items():
        field = phone.locator(f"#{name}")
        if not await field.is_visible():
            await phone.locator("details.more-fields summary").click()
        await field.fill(value)

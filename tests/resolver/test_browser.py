"""The pages in a real browser: they confirm, they ask where, they can be used by everybody."""

import asyncio

from PIL import Image
from playwright.async_api import Browser, BrowserContext, FilePayload, Page

from tests.accessibility import WEAK_PHONE, find_flaws
from tests.attachments.photos import draw_photo, encode_photo
from tests.resolver.house import HANOI, House, code_of


async def opened(context: BrowserContext, url: str) -> tuple[Page, list[str]]:
    page = await context.new_page()
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    await page.goto(url)
    return page, told


async def scans_of(house: House, index: int, wanted: int) -> int:
    for _ in range(60):
        found = await house.ledger.scans.list_of_stamp(house.batches.active, index)
        if len(found) >= wanted:
            break
        await asyncio.sleep(0.05)
    return len(found)


async def test_the_page_confirms_its_scan_and_then_takes_the_place(
    house: House, browser: Browser
) -> None:
    context = await browser.new_context(
        viewport=WEAK_PHONE,
        locale="vi-VN",
        permissions=["geolocation"],
        geolocation={
            "latitude": HANOI["lat"],
            "longitude": HANOI["lon"],
            "accuracy": HANOI["accuracy_m"],
        },
    )
    page, told = await opened(context, f"{house.serving.url}/S/{code_of(house.batches.active, 1)}")
    assert await page.inner_text("h1") == "Tem chính hãng"
    await page.get_by_text("Đã ghi nhận lượt quét của bạn.", exact=True).wait_for()
    assert await scans_of(house, 1, 1) == 1
    await page.get_by_role("button", name="Dùng vị trí của tôi").click()
    await page.get_by_text("Nơi quét đã được ghi nhận.").wait_for()
    assert "Hà Nội" in await page.inner_text("#seen")
    scans = await house.ledger.scans.list_of_stamp(house.batches.active, 1)
    assert [scan.province for scan in scans] == [None, "01"]
    assert len({scan.device for scan in scans}) == 1
    assert told == []


async def test_a_province_can_be_chosen_and_a_copy_reported(house: House, browser: Browser) -> None:
    context = await browser.new_context(viewport=WEAK_PHONE, locale="en-GB")
    page, told = await opened(context, f"{house.serving.url}/S/{code_of(house.batches.active, 2)}")
    await page.get_by_label("Choose a province").select_option("48")
    await page.get_by_role("button", name="Send", exact=True).click()
    await page.get_by_text("The location has been recorded.").wait_for()
    # Sent at once, before the page confirmed by itself or while it did.
    assert await scans_of(house, 2, 1) in (1, 2)
    scans = await house.ledger.scans.list_of_stamp(house.batches.active, 2)
    assert scans[-1].province == "48"
    await page.get_by_text("Report to the inspectors").click()
    await page.get_by_label("What it is about").select_option("copied")
    await page.get_by_label("What you see").fill("The print is blurred")
    large = encode_photo(draw_photo().resize((3000, 2000)))
    photo = FilePayload(name="IMG.jpg", mimeType="image/jpeg", buffer=large)
    await page.get_by_label("Photo (optional)").set_input_files(photo)
    await page.get_by_role("button", name="Send the report").dblclick()
    await page.get_by_text("Your report has been received.").wait_for()
    [report] = await house.ledger.reports.list_of_stamp(house.batches.active, 2)
    sent = (report.text, report.kind, report.photo)
    assert sent == ("The print is blurred", "copied", "taken")
    with Image.open(house.directory / "spool" / report.id.hex()) as spooled:
        assert spooled.size == (1600, 1066)  # made small by the page
    assert told == []


async def test_without_javascript_the_page_and_its_forms_work(
    house: House, browser: Browser
) -> None:
    context = await browser.new_context(java_script_enabled=False, locale="vi-VN")
    page, _ = await opened(context, f"{house.serving.url}/S/{code_of(house.batches.active, 3)}")
    assert "VN-ĐLOR-0123" in await page.inner_text("body")
    await page.get_by_label("Chọn tỉnh, thành phố").select_option("79")
    await page.get_by_role("button", name="Gửi", exact=True).click()
    assert "Đã ghi nhận lượt quét" in await page.inner_text("#seen")
    assert "Hồ Chí Minh" in await page.inner_text("#seen")
    await page.reload()  # the page of the stamp, and no form that is sent again
    await page.get_by_text("Phản ánh với cán bộ kiểm tra").click()
    await page.get_by_label("Điều bạn thấy").fill("Tem mờ")
    before = page.url
    await page.get_by_role("button", name="Gửi phản ánh").click()
    assert "Đã nhận phản ánh" in await page.inner_text("h1")
    await page.goto(before)
    await page.get_by_text("Phản ánh với cán bộ kiểm tra").click()
    await page.get_by_label("Điều bạn thấy").fill("Tem mờ")
    await page.get_by_role("button", name="Gửi phản ánh").click()
    await page.get_by_role("link", name="Quay lại trang của tem").click()
    assert await page.inner_text("h1") == "Tem chính hãng"
    assert len(await house.ledger.reports.list_of_stamp(house.batches.active, 3)) == 1


async def test_a_code_typed_by_hand_leads_to_its_page(house: House, browser: Browser) -> None:
    context = await browser.new_context(viewport=WEAK_PHONE, locale="vi-VN")
    page, _ = await opened(context, house.serving.url)
    code = code_of(house.batches.active, 4)
    await page.get_by_label("Mã tem").fill(" ".join([code[:5], code[5:10], code[10:]]).lower())
    await page.get_by_role("button", name="Kiểm tra").click()
    await page.get_by_role("heading", name="Tem chính hãng").wait_for()
    await page.get_by_role("link", name="English").click()
    await page.get_by_role("heading", name="Genuine stamp").wait_for()


async def test_nobody_is_shut_out_by_the_pages(house: House, browser: Browser) -> None:
    paths = ["/", "/S/0abcd", "/S/" + "0" * 20] + [
        f"/S/{code_of(getattr(house.batches, name), 5)}"
        for name in ("active", "printed", "void", "suspended", "recalled")
    ]
    context = await browser.new_context(bypass_csp=True, locale="vi-VN")
    page = await context.new_page()
    for path in paths:
        await page.goto(house.serving.url + path)
        assert await find_flaws(page) == [], path

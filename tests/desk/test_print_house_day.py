"""A print house's whole day in a browser: job sheet, files, proof, report, closed batch."""

import io

import pypdfium2
from PIL import ImageDraw
from playwright.async_api import Browser

from desk.texts import TEXTS
from tests.accessibility import DESK
from tests.desk.running_desk import RunningDesk
from tests.desk.test_browser import sign_in

SAY = TEXTS["vi"]
DPI = 200


def cover_one_symbol(pdf: bytes) -> bytes:
    """A scan of the sheet on which white covers the symbol of stamp 5: second row and column."""
    with pypdfium2.PdfDocument(pdf) as document:
        scan = document[0].render(scale=DPI / 72, grayscale=True).to_pil().convert("L")
    place = [round(mm / 25.4 * DPI) for mm in (59.5, 39, 79, 62)]
    ImageDraw.Draw(scan).rectangle(place, fill=255)
    output = io.BytesIO()
    scan.save(output, "PNG")
    return output.getvalue()


async def test_a_print_house_prints_a_batch(desk: RunningDesk, browser: Browser) -> None:
    number = await desk.batch(40, product="ri6")
    context = await browser.new_context(viewport=DESK, locale="vi-VN", accept_downloads=True)
    page = await context.new_page()
    await sign_in(page, desk, "in")
    batch = f"{desk.url}/batches/{number}"
    await page.goto(batch)
    await page.get_by_role("link", name=SAY("job.sheet_link")).click()
    await page.get_by_text("Sầu riêng Ri6").wait_for()
    await page.get_by_role("link", name=SAY("proof.back")).click()
    await page.get_by_role("button", name="Chuẩn bị PDF").click()
    part = page.locator('a[href$=".pdf"]')
    async with page.expect_download() as started:
        await part.click()
    pdf = (await (await started.value).path()).read_bytes()
    await page.locator("input[name=proof]").set_input_files(
        {"name": "sheet.pdf", "mimeType": "application/pdf", "buffer": pdf}
    )
    await page.get_by_role("button", name=SAY("proof.send")).click()
    await page.get_by_role("heading", name=SAY("proof.good")).wait_for()
    await page.get_by_role("link", name=SAY("proof.back")).click()
    await page.locator("input[name=proof]").set_input_files(
        {"name": "scan.png", "mimeType": "image/png", "buffer": cover_one_symbol(pdf)}
    )
    await page.get_by_role("button", name=SAY("proof.send")).click()
    await page.get_by_role("heading", name=SAY("proof.bad")).wait_for()
    await page.get_by_text(f"{number}·5", exact=True).wait_for()
    await page.goto(batch)
    await page.get_by_text(SAY("press.taken", actor="in", ago="").rstrip(", ")).wait_for()
    # A slip first: it is shown beside its field, and what was typed stays.
    await page.locator("#printed").check()
    await page.locator("#first1").fill("1.5")
    await page.locator("#report-form button").click()
    await page.locator("#first1-flaw").wait_for()
    assert await page.locator("#printed").is_checked()
    await page.locator("#first1").fill("0")
    await page.locator("#reason1").select_option("spoiled")
    await page.locator("#report-form button").click()
    await page.get_by_text(SAY("batches.report_done", good=39, spoiled=1)).wait_for()
    await page.get_by_text(SAY("press.closed")).wait_for()
    balance = await desk.ledger.transitions.compute_balance(number)
    assert (balance.printed, balance.void) == (40, {"spoiled": 1})
    assert (await context.request.get(f"{batch}/bundles/pdf/files/ticket.json")).status == 409
    await context.close()

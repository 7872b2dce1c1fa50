"""A print house's whole day in a browser: job sheet, files, proof, report, closed batch."""

import io

import pypdfium2
import pytest
from PIL import ImageDraw
from playwright.async_api import Browser, expect

from tests.desk.days.guide_pictures import DAY_LANGUAGES, DESK, HALF_HOUR, Day
from tests.desk.running_desk import RunningDesk
from web.i18n import Language

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


@pytest.mark.parametrize("language", DAY_LANGUAGES)
async def test_a_print_house_prints_a_batch(
    desk: RunningDesk, browser: Browser, language: Language
) -> None:
    number = await desk.batch(40, product="ri6")
    day = Day("print-house", language, desk)
    say = day.say
    page = await day.begin(browser, "in", DESK)
    batch = f"{desk.url}/batches/{number}"

    # What waits leads to the batch, and the batch to its job sheet.
    await day.take(
        page, "home", mark=page.locator(".task.batches_to_print"), until=page.locator(".tasks")
    )
    await page.locator(".task.batches_to_print a").click()
    await page.get_by_role("link", name=say("batches.one", number=str(number))).click()
    await page.get_by_role("link", name=say("job.sheet_link")).click()
    await page.get_by_text("Ri6").first.wait_for()
    await day.take(page, "sheet")
    await page.get_by_role("link", name=say("proof.back")).click()

    # The files of the press, whole; a second tab has the report form open from now on.
    prepare = page.get_by_role("button", name=f"{say('batches.prepare')} PDF")
    await day.take(page, "prepare", mark=prepare, area=page.locator("section:has(> #bundles)"))
    await prepare.click()
    part = page.locator('a[href$=".pdf"]')
    async with page.expect_download() as started:
        await part.click()
    pdf = (await (await started.value).path()).read_bytes()
    stale = await page.context.new_page()
    await stale.goto(batch)
    await stale.locator("#printed").check()

    # A good sheet, then one with a fault that is named.
    proof = page.locator("input[name=proof]")
    await proof.set_input_files({"name": "sheet.pdf", "mimeType": "application/pdf", "buffer": pdf})
    await page.get_by_role("button", name=say("proof.send")).click()
    await page.get_by_role("heading", name=say("proof.good")).wait_for()
    await page.get_by_role("link", name=say("proof.back")).click()
    await proof.set_input_files(
        {"name": "scan.png", "mimeType": "image/png", "buffer": cover_one_symbol(pdf)}
    )
    await page.get_by_role("button", name=say("proof.send")).click()
    await page.get_by_role("heading", name=say("proof.bad")).wait_for()
    await page.get_by_text(f"{number}·5", exact=True).wait_for()
    await day.take(page, "proof")
    await page.goto(batch)
    await page.get_by_text(say("press.taken", actor="in", ago="").rstrip(", ")).wait_for()

    # A slip is shown beside its field; the session ends; what was typed stays.
    send = page.locator("#report-form").get_by_role("button", name=say("press.send"))
    await page.locator("#printed").check()
    await page.locator("#first1").fill("0")
    await page.locator("#reason1").select_option("spoiled")
    await day.take(page, "report", mark=send, area=page.locator("#report"))
    await page.locator("#first1").fill("1.5")
    await send.click()
    await page.locator("#first1-flaw").wait_for()
    assert await page.locator("#printed").is_checked()
    await page.locator("#first1").fill("0")
    desk.clock.now += HALF_HOUR
    await send.click()
    await day.sign_in_again(page)
    await expect(page.locator("#first1")).to_have_value("0")
    await send.dblclick()
    await page.get_by_text(say("batches.report_done", good=39, spoiled=1)).wait_for()
    await page.get_by_text(say("press.closed")).wait_for()
    await day.take(page, "closed", area=page.locator("#press"))
    balance = await desk.ledger.transitions.compute_balance(number)
    assert (balance.printed, balance.void) == (40, {"spoiled": 1})

    # The form of the second tab is of the session that ended: nothing is reported twice.
    await stale.locator("#report-form button").click()
    await stale.locator("#kept").wait_for()
    await stale.get_by_text(say("press.closed")).wait_for()
    assert await desk.ledger.transitions.compute_balance(number) == balance

    # Closed: the files are gone, and going back shows what is true now.
    assert (await page.request.get(f"{batch}/bundles/pdf/files/ticket.json")).status == 409

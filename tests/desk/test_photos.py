"""Photos of lots at the desk: stored by packers, bounded, shown to everybody."""

import os

import aiohttp
import pytest
from PIL import Image
from playwright.async_api import Browser

from attachments import AttachmentStore
from services.errors import UploadsLimited
from services.lots.photos import REFILL_MS, PhotoShelf
from tests.attachments.photos import encode_photo
from tests.desk.people import somebody
from tests.desk.running_desk import RunningDesk
from tests.desk.test_browser import sign_in

LOT_PRODUCT = {"code": "ri6", "name": {"vi": "Sầu riêng Ri6"}}
JPEG = {"Content-Type": "image/jpeg"}


async def test_a_packer_stores_a_photo_that_everybody_sees(desk: RunningDesk) -> None:
    answer = await desk.call("mai", "POST", "/photos", encode_photo(), **JPEG)
    assert answer.status == 201
    address = (await answer.json())["image"]
    async with desk.session.get(desk.url + address) as shown:
        assert shown.status == 200
        assert shown.headers["Content-Type"] == "image/jpeg"
        assert "immutable" in shown.headers["Cache-Control"]
        assert "sandbox" in shown.headers["Content-Security-Policy"]
    lot = await desk.lot(product={**LOT_PRODUCT, "image": address})
    assert lot["document"]["product"]["image"] == address
    entries = await desk.ledger.audit.list_after()
    assert ("mai", "photo.add", f"photo:{address[3:]}") in [
        (entry.actor, entry.action, entry.subject) for entry in entries
    ]


@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [(b"%PDF", 422, "malformed-photo"), (bytes(17 << 20), 413, "body-too-large")],
)
async def test_what_is_no_photo_is_refused(
    desk: RunningDesk, body: bytes, status: int, problem: str
) -> None:
    answer = await desk.call("mai", "POST", "/photos", body, **JPEG)
    assert (answer.status, (await answer.json())["type"]) == (status, f"/problems/{problem}")


async def test_who_describes_no_lots_stores_no_photos(desk: RunningDesk) -> None:
    for who in ("in", "thanh", "bo", "tri"):
        answer = await desk.call(who, "POST", "/photos", encode_photo(), **JPEG)
        assert answer.status == 403
    assert not (desk.directory / "attachments").exists()


async def test_an_organisation_stores_so_many_photos_and_no_more(desk: RunningDesk) -> None:
    """Another organisation is not held up."""
    shelf = PhotoShelf(AttachmentStore(desk.directory / "shelf"), desk.clock, most_at_once=1)
    mai, lan = [
        desk.dependencies.context_of(await desk.ledger.staff.get(name)) for name in ("mai", "lan")
    ]
    await shelf.add(mai, encode_photo())
    with pytest.raises(UploadsLimited):
        await shelf.add(mai, encode_photo())
    await shelf.add(lan, encode_photo())
    desk.clock.now += REFILL_MS
    await shelf.add(mai, encode_photo())


async def test_a_lot_form_takes_a_photo_without_scripts(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as mai:
        page = await mai.get("/new-lot")
        form = aiohttp.FormData({"csrf": page.hidden("csrf"), "code": "L-PHOTO", "product": "ri6"})
        form.add_field("photo", encode_photo(), filename="IMG_1.jpg", content_type="image/jpeg")
        async with mai.session.post(f"{desk.url}/new-lot", data=form) as answer:
            assert answer.url.path == "/lots/L-PHOTO"
            assert '<img class="photo" src="/a/' in await answer.text()
        form = aiohttp.FormData({"csrf": page.hidden("csrf"), "code": "L-2", "product": "ri6"})
        form.add_field("photo", b"%PDF", filename="x.jpg", content_type="image/jpeg")
        async with mai.session.post(f"{desk.url}/new-lot", data=form) as answer:
            assert answer.status == 422
            assert "Không đọc được ảnh" in await answer.text()


async def test_a_photo_is_made_small_and_uploaded_when_it_is_chosen(
    desk: RunningDesk, browser: Browser
) -> None:
    await desk.lot()
    context = await browser.new_context(locale="vi-VN")
    page = await context.new_page()
    await sign_in(page, desk, "mai")
    await page.goto(f"{desk.url}/new-lot?like=DL-2026-0912")
    sizes: list[int] = []
    page.on(
        "request",
        lambda sent: (
            sizes.append(len(sent.post_data_buffer or b"")) if "/photos" in sent.url else None
        ),
    )
    large = Image.frombytes("RGB", (3000, 2000), os.urandom(6000) * 3000)
    photo = {"name": "IMG.jpg", "mimeType": "image/jpeg", "buffer": encode_photo(large, quality=95)}
    await page.set_input_files("#photo", photo)
    await page.get_by_text("Đã tải ảnh lên").wait_for()
    await page.locator("#photo-shown").wait_for()
    assert (await page.locator("#image").input_value()).startswith("/a/")
    assert sizes[0] < len(photo["buffer"])
    await context.close()

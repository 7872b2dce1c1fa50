"""Photos of lots at the desk: stored by packers, bounded, shown to everybody."""

import pytest

from attachments import AttachmentStore
from services.photos import REFILL_MS, PhotoShelf, UploadsLimited
from tests.attachments.photos import encode_photo
from tests.desk.running_desk import RunningDesk

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

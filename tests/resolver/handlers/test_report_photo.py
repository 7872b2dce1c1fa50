"""Photos of reports: spooled as they came, within budgets; without one the report is kept."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from attachments import spool
from attachments.spool import PhotoSpool
from resolver.http.body import UPLOAD_BYTES
from tests.resolver.handlers.test_report import open_form, reports_of
from tests.resolver.house import JSON, PHONE, House, code_of


async def send_photo(
    house: House, index: int, photo: bytes, note: str = "Tem mờ", **headers: str
) -> aiohttp.ClientResponse:
    form = await open_form(house, f"/S/{code_of(house.batches.active, index)}")
    data = aiohttp.FormData({**form, "note": note, "kind": "copied"})
    data.add_field("photo", photo, filename="IMG.jpg", content_type="image/jpeg")
    response = await house.session.post(
        f"{house.serving.url}/v1/reports?lang=vi",
        data=data,
        headers={**PHONE, **headers},
        allow_redirects=False,
    )
    await response.read()
    return response


def list_spool(house: House) -> list[bytes]:
    folder = house.directory / "spool"
    return [path.read_bytes() for path in sorted(folder.glob("*"))] if folder.is_dir() else []


async def test_a_photo_is_spooled_as_it_came_once(house: House) -> None:
    for _ in range(2):
        assert (await send_photo(house, 6, b"any bytes")).status == 303
    [report] = await reports_of(house, 6)
    assert (report.photo, report.text) == ("taken", "Tem mờ")
    assert list_spool(house) == [b"any bytes"]
    assert (house.directory / "spool" / report.id.hex()).exists()
    # Its mode lets the group read, and nobody else.
    assert (house.directory / "spool" / report.id.hex()).stat().st_mode & 0o777 == 0o640


async def test_a_form_without_a_photo_has_none(house: House) -> None:
    assert (await send_photo(house, 6, b"")).status == 303
    assert [report.photo for report in await reports_of(house, 6)] == [None]
    assert list_spool(house) == []


async def test_a_photo_that_is_too_large_is_left_out_and_the_words_are_kept(house: House) -> None:
    sent = await send_photo(house, 6, b"x" * (UPLOAD_BYTES + 1))
    assert sent.status == 303
    thanks = await (await house.get(sent.headers["Location"], **PHONE)).text()
    assert "Ảnh chưa được nhận" in thanks
    assert [(one.text, one.photo) for one in await reports_of(house, 6)] == [("Tem mờ", "left_out")]
    answer = await send_photo(house, 7, b"x" * (UPLOAD_BYTES + 1), Accept="application/json")
    assert "Ảnh chưa được nhận" in (await answer.json())["message"]


async def test_one_network_sends_five_photos_a_day(house: House) -> None:
    for n in range(7):
        assert (await send_photo(house, 6, b"photo", note=f"lần {n}")).status == 303
    photos = [report.photo for report in await reports_of(house, 6)]
    assert (photos.count("taken"), photos.count("left_out")) == (5, 2)
    other = await send_photo(house, 6, b"photo", note="khác", **{"X-Forwarded-For": "10.1.1.1"})
    assert other.status == 303
    assert len(list_spool(house)) == 6


async def test_while_all_slots_are_held_reports_are_taken_without_photos(house: House) -> None:
    """Ten networks that upload slowly hold the slots; others are answered at once."""
    host, port = house.serving.url.removeprefix("http://").split(":")
    held = []
    for _ in range(10):
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            b"POST /v1/reports HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
        )
        await writer.drain()
        held.append(writer)
    async with asyncio.timeout(20):
        sent = await send_photo(house, 6, b"p" * 100_000)
        assert (await house.get(f"/S/{code_of(house.batches.active, 7)}", **JSON)).status == 200
    assert sent.status == 303
    assert [report.photo for report in await reports_of(house, 6)] == ["left_out"]
    for writer in held:
        writer.close()
    async with asyncio.timeout(20):
        while (await send_photo(house, 8, b"p" * 100_000)).status == 303:
            if "taken" in [report.photo for report in await reports_of(house, 8)]:
                break
            await asyncio.sleep(0.05)


async def test_other_addresses_take_no_large_body(house: House) -> None:
    data = aiohttp.FormData({"code": "x"})
    data.add_field("photo", b"x" * 100_000, filename="x")
    async with house.session.post(f"{house.serving.url}/v1/scans", data=data) as answer:
        assert answer.status == 413


def test_the_spool_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = PhotoSpool(tmp_path / "spool")
    monkeypatch.setattr(spool, "MOST_FILES", 3)
    assert [photos.put(f"{n:032x}", b"x") for n in range(4)] == [True, True, True, False]
    monkeypatch.setattr(spool, "MOST_FILES", 300)
    monkeypatch.setattr(spool, "MOST_BYTES", 10)
    assert not photos.put("a" * 32, b"x" * 8)
    assert photos.put("a" * 32, b"x" * 7)
    monkeypatch.setattr(spool, "_LEAST_FREE", 1 << 60)
    assert not photos.put("b" * 32, b"")
    (tmp_path / "file").write_bytes(b"")
    assert not PhotoSpool(tmp_path / "file" / "spool").put("c" * 32, b"x")
    assert len(list(photos.list_names())) == 4

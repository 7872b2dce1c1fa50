"""Minutes of an inspection: filled from the case, kept as versions, read back from the PDF."""

import hashlib
from io import BytesIO
from typing import Any

import pypdfium2
from PIL import Image

from ledger.field.field_findings import Finding
from tests.attachments.photos import encode_photo
from tests.desk.people import somebody
from tests.desk.running_desk import NOW, RunningDesk
from tests.desk.test_cases import raise_case


def make_jpeg() -> bytes:
    """A photo as the store keeps it."""
    stored = BytesIO()
    Image.open(BytesIO(encode_photo())).convert("RGB").save(stored, "JPEG")
    return stored.getvalue()


def read_pdf(content: bytes) -> tuple[str, int]:
    """The text of a PDF, and how many photos it has."""
    document = pypdfium2.PdfDocument(content)
    texts = [page.get_textpage().get_text_range() for page in document]
    photos = sum(
        1 for page in document for _ in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE])
    )
    return " ".join(" ".join(texts).split()), photos


async def test_an_inspector_fills_saves_and_prints_minutes(desk: RunningDesk) -> None:
    case = await raise_case(desk, await desk.activated())
    photo = make_jpeg()
    await desk.ledger.alert_handling.add_note(case, "Sạp 12", actor="thanh", photos=[photo])
    path = f"/alerts/{case}/minutes"
    async with somebody(desk, "thanh") as thanh:
        page = await thanh.get(path)
        for said in ("HTX Nông nghiệp Krông Pắc", "DL-2026-0912", "Sạp 12"):
            assert said in page.html, said
        written = {"conclusion": "Có dấu hiệu sao chép tem.", "party": "Cửa hàng <b>An</b>"}
        page = await thanh.submit(page, path, **written)
        assert "Phiên bản 1" in page.text
        page = await thanh.submit(page, path, **written)  # nothing new: no version
        assert "Phiên bản 1" in page.text
        refused = await thanh.submit(page, path, conclusion="x" * 4_001, measures="giữ hàng")
        assert refused.status == 400
        assert "giữ hàng" in refused.html
        other = await thanh.submit(page, path, measures="tạm giữ")
        assert "Phiên bản 2" in other.text
        late = await thanh.submit(page, path, measures="hủy")  # the form of version 1
        assert late.status in (409, 412)
        async with thanh.session.get(f"{desk.url}{path}/1") as got:
            assert (got.status, got.content_type) == (200, "application/pdf")
            text, photos = read_pdf(await got.read())
        assert (await thanh.get(f"{path}/9")).status == 404
    for said in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "BIÊN BẢN KIỂM TRA",
        "Cửa hàng <b>An</b>",
        "Có dấu hiệu sao chép tem.",
        "(Ký, ghi rõ họ tên)",
        "....",
    ):
        assert said in text, said
    assert hashlib.sha256(photo).hexdigest() in text.replace(" ", "")
    assert photos == 1
    acts = [entry.action for entry in await desk.ledger.audit.list_after()]
    assert acts.count("alert.minutes") == 2
    async with somebody(desk, "mai") as mai:
        assert (await mai.get(path)).status == 403


async def test_findings_in_the_field_are_facts_and_evidence_of_minutes(desk: RunningDesk) -> None:
    batch = await desk.activated()
    case = await raise_case(desk, batch)
    photo = make_jpeg()
    note = "Tem dán chồng lên tem khác"
    finding = Finding(
        id="f", at=NOW, found_at=NOW, actor="thanh", kind="copy", batch=batch, idx=7, typed="x",
        note=note,
    )  # fmt: skip
    await desk.ledger.field_findings.add(finding, "x", [photo])
    path = f"/alerts/{case}/minutes"
    draft: Any = await desk.fetch("thanh", "GET", path)
    assert f"Phát hiện tại hiện trường ngày 21/09/2026: {note}" in draft["fields"]["findings"]
    body = {"base": 0, "fields": draft["fields"]}
    saved = await desk.fetch("thanh", "POST", path, body)
    digest = hashlib.sha256(photo).hexdigest()
    assert saved["evidence"]["finding_photos"] == [{"finding": "f", "place": 0, "sha256": digest}]
    got = await desk.call("thanh", "GET", f"{path}/1")
    assert (got.status, got.content_type) == (200, "application/pdf")
    text, photos = read_pdf(await got.read())
    assert (digest in text.replace(" ", ""), photos) == (True, 1)


async def test_machines_read_and_save_minutes(desk: RunningDesk) -> None:
    case = await raise_case(desk, await desk.activated())
    path = f"/alerts/{case}/minutes"
    draft: Any = await desk.fetch("thanh", "GET", path)
    assert draft["version"] == 0
    body = {"base": 0, "fields": {**draft["fields"], "place": "Chợ Bến Thành"}}
    saved = await desk.fetch("thanh", "POST", path, body)
    assert (saved["version"], saved["fields"]["place"]) == (1, "Chợ Bến Thành")
    assert (await desk.fetch("bo", "GET", path))["sha256"] == saved["sha256"]
    assert (await desk.call("bo", "POST", path, body)).status == 403
    changed = {"base": 0, "fields": {"place": "x"}}
    assert (await desk.call("thanh", "POST", path, changed)).status in (409, 412)


async def test_the_report_of_a_case_shows_its_photos(desk: RunningDesk) -> None:
    case = await raise_case(desk, await desk.activated())
    photo = make_jpeg()
    await desk.ledger.alert_handling.add_note(
        case, "x", actor="thanh", photos=[photo, b"no picture"]
    )
    async with (
        somebody(desk, "thanh") as thanh,
        thanh.session.get(f"{desk.url}/alerts/{case}/report") as got,
    ):
        text, photos = read_pdf(await got.read())
    assert photos == 1
    for one in (photo, b"no picture"):
        assert hashlib.sha256(one).hexdigest() in text.replace(" ", "")

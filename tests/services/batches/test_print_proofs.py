"""Print proofs: photos and scans of sheets, with each thing that can be wrong in print."""

import io
from pathlib import Path

import pypdfium2
import pytest
import segno
from PIL import Image, ImageDraw, ImageFilter

from ledger.errors import UnknownBatch, UnknownRow
from printing import STANDARD_DESIGNS, Bundle, SheetLayout, decode_image
from printing.errors import ProofUnreadable
from services.batches.print_proofs import (
    JudgedProof,
    ProofReader,
    StatedSheet,
    add_proof,
    get_proof,
    list_proofs,
)
from services.batches.rendering_slots import RenderingSlots
from services.errors import Forbidden, InvalidInput
from tests.services.office import Office, new_key

DPI = 200


@pytest.fixture
def reader(office: Office) -> ProofReader:
    return ProofReader(RenderingSlots(1), lambda: office.now, scheme="HTTPS")


async def render_pdf(office: Office, number: int) -> bytes:
    batch = await office.ledger.batches.get(number)
    run = office.issuer.prepare_print_run(batch)
    bundle = Bundle(run, "pdf", STANDARD_DESIGNS[batch.grade], SheetLayout())
    return b"".join(bundle.stream(bundle.parts[0]))


async def render_sheet(office: Office, number: int, dpi: int = DPI) -> Image.Image:
    with pypdfium2.PdfDocument(await render_pdf(office, number)) as document:
        return document[0].render(scale=dpi / 72, grayscale=True).to_pil().convert("L")


def save(picture: Image.Image, form: str = "PNG") -> bytes:
    output = io.BytesIO()
    picture.save(output, form)
    return output.getvalue()


async def prove(office: Office, reader: ProofReader, number: int, content: bytes) -> JudgedProof:
    return await add_proof(office.context("press"), reader, number, content, new_key())


def places(proof: JudgedProof, *findings: str) -> list[int | None]:
    return [one.index for one in proof.findings.symbols if one.finding in findings]


def place_of(proof: JudgedProof, at: int, margin: int = 6) -> tuple[int, int, int, int]:
    """The box around a symbol in the picture."""
    corners = proof.findings.symbols[at].corners
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return min(xs) - margin, min(ys) - margin, max(xs) + margin, max(ys) + margin


async def test_a_good_sheet_is_good_as_pdf_scan_and_tilted_photo(
    office: Office, reader: ProofReader
) -> None:
    number = await office.issue_batch(12)
    sheet = (await render_sheet(office, number)).crop((0, 0, 1654, 860))
    photo = sheet.rotate(180 + 3, expand=True, fillcolor=90).point(lambda value: value * 0.6)
    photo = photo.filter(ImageFilter.GaussianBlur(0.8))
    for content in (await render_pdf(office, number), save(sheet), save(photo, "JPEG")):
        judged = await prove(office, reader, number, content)
        assert judged.proof.is_good, judged.findings.counts
        assert places(judged, "good") == list(range(12))
        assert {one.grade for one in judged.findings.symbols} <= {"A", "B"}


async def test_a_coarse_picture_is_read_and_not_graded(office: Office, reader: ProofReader) -> None:
    number = await office.issue_batch(12)
    sheet = (await render_sheet(office, number, 120)).crop((0, 0, 992, 520))
    judged = await prove(office, reader, number, save(sheet))
    assert judged.proof.is_good
    assert {one.grade for one in judged.findings.symbols} == {None}


async def test_each_fault_is_found_where_it_is(
    office: Office, reader: ProofReader, tmp_path: Path
) -> None:
    number, other = await office.issue_batch(16), await office.issue_batch(12)
    sheet = (await render_sheet(office, number)).crop((0, 0, 1654, 1200))
    clean = await prove(office, reader, number, save(sheet))
    foreign = (await render_sheet(office, other)).crop((0, 0, 1654, 1200))
    boxes = [place_of(clean, at) for at in range(16)]
    bad = sheet.copy()
    brush = ImageDraw.Draw(bad)
    brush.rectangle(boxes[5], fill=255)  # left out
    bad.paste(sheet.crop(boxes[2]), boxes[9][:2])  # printed twice, and 9 not at all
    bad.paste(foreign.crop(boxes[6]), boxes[6][:2])
    bad.paste(sheet.crop(boxes[12]), boxes[13][:2])  # swapped
    bad.paste(sheet.crop(boxes[13]), boxes[12][:2])
    left, top, right, bottom = boxes[7]
    brush.line((left + 46, top + 10, right - 10, bottom - 30), fill=255, width=15)  # scratched
    pale = sheet.crop(boxes[10]).point(lambda value: 190 + value * 65 / 255)
    bad.paste(pale, boxes[10][:2])
    strange = io.BytesIO()
    segno.make("https://example.com/x").save(strange, kind="png", scale=3)
    bad.paste(Image.open(strange).convert("L").resize((118, 118)), boxes[11][:2])
    judged = await prove(office, reader, number, save(bad))
    found = judged.findings
    assert not judged.proof.is_good
    assert places(judged, "duplicate") == [2, 2]
    assert len(places(judged, "misordered")) == 1
    assert set(places(judged, "misordered")) <= {12, 13}
    assert found.counts["other-batch"] == 1
    assert found.counts["unknown"] == 1
    assert {7, 10} <= set(places(judged, "poor")), found.counts
    assert set(found.missing) == {5, 6, 9, 11}
    # What is kept shows no code: neither symbols nor the letters beside them.
    kept = tmp_path / "kept.jpg"
    kept.write_bytes(judged.proof.picture)
    assert decode_image(kept) == []


async def test_a_stamp_missing_at_the_edge_is_found_where_the_sheet_is_stated(
    office: Office, reader: ProofReader
) -> None:
    number = await office.issue_batch(12)
    sheet = (await render_sheet(office, number)).crop((0, 0, 1654, 860))
    clean = await prove(office, reader, number, save(sheet))
    brush = ImageDraw.Draw(sheet)
    for at in (0, 11):
        brush.rectangle(place_of(clean, at), fill=255)
    unstated = await prove(office, reader, number, save(sheet))
    assert (unstated.findings.sheet, unstated.findings.missing) == (None, ())
    press = office.context("press")
    stated = await add_proof(
        press, reader, number, save(sheet), new_key(), StatedSheet("0", f"{number}·11")
    )
    assert (stated.findings.sheet, stated.findings.missing) == ((0, 11), (0, 11))
    assert not stated.proof.is_good
    for first, last, field in (("0", "", "last"), ("", "3", "first"), ("5", "4", "last"),
                               ("0", "12", "last"), ("1.5", "3", "first")):  # fmt: skip
        with pytest.raises(InvalidInput) as refused:
            await add_proof(press, reader, number, save(sheet), new_key(), StatedSheet(first, last))
        assert refused.value.evidence["field"] == field


async def test_signed_stamps_are_compared_with_their_signature(
    office: Office, reader: ProofReader
) -> None:
    number = await office.issue_batch(2, grade="signed")
    sheet = (await render_sheet(office, number, 200)).crop((0, 0, 1000, 500))
    assert (await prove(office, reader, number, save(sheet))).proof.is_good
    clean = await prove(office, reader, number, save(sheet))
    box = place_of(clean, 0)
    run = office.issuer.prepare_print_run(await office.ledger.batches.get(number))
    text = run.compose_text(0)
    forged = io.BytesIO()
    segno.make(text[:-1] + ("A" if text[-1] != "A" else "B"), error="m").save(
        forged, kind="png", scale=4
    )
    sheet.paste(Image.open(forged).convert("L").resize((box[2] - box[0],) * 2), box[:2])
    judged = await prove(office, reader, number, save(sheet))
    assert places(judged, "altered") == [0]


async def test_a_picture_without_symbols_proves_nothing(
    office: Office, reader: ProofReader
) -> None:
    number = await office.issue_batch(2)
    judged = await prove(office, reader, number, save(Image.new("L", (300, 300), 255)))
    assert (judged.proof.is_good, judged.proof.symbols) == (False, 0)


async def test_what_is_no_sheet_is_refused_and_not_kept(
    office: Office, reader: ProofReader
) -> None:
    number, press = await office.issue_batch(2), office.context("press")
    png = save(Image.new("L", (200, 200), 255))
    two_pages = pypdfium2.PdfDocument.new()
    for _ in range(2):
        two_pages.new_page(200, 200)
    pdf = io.BytesIO()
    two_pages.save(pdf)
    for content, why in (
        (b"state,first,last", "format"),
        (b"GIF89a" + bytes(100), "format"),
        (png[:60], "damaged"),
        (b"%PDF-1.7 nothing", "damaged"),
        (pdf.getvalue(), "pages"),
        (save(Image.new("1", (20_000, 20_000))), "pixels"),
        (bytes(25_000_001), "bytes"),
    ):
        with pytest.raises(ProofUnreadable) as refused:
            await add_proof(press, reader, number, content, new_key())
        assert refused.value.evidence["why"] == why
    assert await list_proofs(press, number) == []


async def test_a_proof_is_kept_once_and_only_for_those_who_see_the_batch(
    office: Office, reader: ProofReader
) -> None:
    number, press = await office.issue_batch(2), office.context("press")
    content = save(Image.new("L", (300, 300), 255))
    first = await add_proof(press, reader, number, content, "k")
    again = await add_proof(press, reader, number, content, "k")
    assert again.proof.id == first.proof.id
    assert [one.id for one in await list_proofs(press, number)] == [first.proof.id]
    assert await get_proof(office.context("packer"), number, first.proof.id) == first
    with pytest.raises(UnknownBatch):
        await get_proof(office.context("other-press"), number, first.proof.id)
    with pytest.raises(UnknownBatch):
        await add_proof(office.context("other-press"), reader, number, content, "k")
    with pytest.raises(Forbidden):
        await add_proof(office.context("packer"), reader, number, content, "k")
    with pytest.raises(UnknownRow):
        await get_proof(press, await office.issue_batch(2), first.proof.id)
    [entry] = [e for e in await office.ledger.audit.list_after() if e.action == "proof.add"]
    assert (entry.actor, entry.subject) == ("press", f"batches:{number}")

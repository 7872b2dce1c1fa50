"""PDF documents: rendered pages are decoded and compared with the codes."""

import dataclasses
import subprocess
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from PIL import Image

from printing import (
    SEALED_DESIGN,
    SIGNED_DESIGN,
    Design,
    Layout,
    PrintRun,
    RollLayout,
    SheetLayout,
    choose_standard_design,
    compose_label_pdf,
    decode_image,
    decode_pdf,
    write_atomically,
)
from printing.errors import LayoutRefused, PictureUnreadable
from printing.qr.decoder import decode_page, render_pages
from tests.printing.support import uris

SMALLEST = dataclasses.replace(SEALED_DESIGN, module_um=330)


def printed(path: Path, run: PrintRun, design: Design, layout: Layout) -> Path:
    write_atomically(path, compose_label_pdf(run, design, layout, run.lo, run.hi).stream())
    return path


def by_poppler(path: Path, dpi: int) -> list[str]:
    """Yield the decoded symbols of each page as pdftoppm renders it."""
    subprocess.run(["pdftoppm", "-r", str(dpi), "-gray", path, path.with_suffix("")], check=True)
    pages = sorted(path.parent.glob(f"{path.stem}-*.pgm"))
    return [text for page in pages for text in decode_page(np.asarray(Image.open(page)), dpi)]


@pytest.mark.parametrize(
    ("design", "changes"),
    [
        (SEALED_DESIGN, {}),
        (SIGNED_DESIGN, {"grade": "signed"}),
        (SMALLEST, {}),
    ],
    ids=["sealed", "signed", "smallest-module"],
)
def test_every_symbol_of_a_sheet_decodes_at_600_dpi(make_run, tmp_path, design, changes):
    run = make_run(hi=50, **changes)
    path = printed(tmp_path / "sheet.pdf", run, design, SheetLayout())
    assert by_poppler(path, 600) == uris(run, 0, 50)


@pytest.mark.parametrize("design", [SEALED_DESIGN, SIGNED_DESIGN], ids=["sealed", "signed"])
def test_pages_decode_without_system_packages(make_run, tmp_path, design):
    run = make_run(hi=60, grade="sealed" if design is SEALED_DESIGN else "signed")
    path = printed(tmp_path / "sheet.pdf", run, design, SheetLayout())
    assert decode_pdf(path) == uris(run, 0, 60)


@pytest.mark.parametrize(
    "changes",
    [
        {"gtin": "08935000000014"},
        {"host": "192.168.1.5:8080", "scheme": "HTTP"},
        {"grade": "signed", "gtin": "08935000000014"},
        {"host": "TRUYXUAT.NONGNGHIEP.GOV.VN", "gtin": "08935000000014"},
        {"host": "TRUYXUAT.NONGNGHIEP.GOV.VN", "gtin": "08935000000014", "grade": "signed"},
    ],
    ids=["gs1", "demo", "signed-gs1", "long-host", "long-host-signed"],
)
def test_the_built_in_label_fits_any_payload(make_run, tmp_path, changes) -> None:
    run = make_run(hi=12, **changes)
    path = printed(tmp_path / "sheet.pdf", run, choose_standard_design(run), SheetLayout())
    assert decode_pdf(path) == uris(run, 0, 12)


@pytest.mark.parametrize(
    "layout",
    [
        SheetLayout(),
        SheetLayout("a3"),
        SheetLayout(order="stacks"),
        SheetLayout(marks=False, margin_mm=4),
        RollLayout(),
        RollLayout(4),
    ],
    ids=str,
)
def test_pages_are_valid_and_have_every_stamp_once(make_run, tmp_path, layout) -> None:
    run = make_run(lo=95, hi=203)
    path = printed(tmp_path / "part.pdf", run, SEALED_DESIGN, layout)
    subprocess.run(["qpdf", "--check", path], check=True, capture_output=True)
    assert sorted(decode_pdf(path, 200)) == sorted(uris(run, 95, 203))


def test_each_lane_of_a_roll_is_one_serial_range(make_run, tmp_path) -> None:
    run = make_run(lo=1000, hi=1010)
    path = printed(tmp_path / "roll.pdf", run, SEALED_DESIGN, RollLayout(across=3))
    expected = uris(run, 1000, 1010)
    lanes = [expected[0:4], expected[4:8], expected[8:10]]
    rows = [decode_page(page, 200) for page in render_pages(path, 200)]
    assert [[row[at] for row in rows if at < len(row)] for at in range(3)] == lanes


def test_documents_are_deterministic_and_parts_are_independent(make_run) -> None:
    whole = make_run(hi=400)
    again = make_run(lo=100, hi=300)
    first = b"".join(compose_label_pdf(whole, SEALED_DESIGN, SheetLayout(), 150, 290).stream())
    second = b"".join(compose_label_pdf(again, SEALED_DESIGN, SheetLayout(), 150, 290).stream())
    assert first == second


def test_object_numbers_may_differ_in_length(make_run, tmp_path) -> None:
    run = make_run(hi=700)
    path = printed(tmp_path / "roll.pdf", run, SEALED_DESIGN, RollLayout())
    subprocess.run(["qpdf", "--check", path], check=True, capture_output=True)
    with pikepdf.open(path) as document:
        assert len(document.pages) == 700
        assert [float(v) for v in document.pages[699].trimbox] == pytest.approx(
            [4.252, 4.252, 131.811, 75.118], abs=0.001
        )


def test_the_printed_code_is_extractable_text(make_run, tmp_path) -> None:
    run = make_run(hi=3)
    path = printed(tmp_path / "sheet.pdf", run, SEALED_DESIGN, SheetLayout())
    text = subprocess.run(
        ["pdftotext", "-layout", path, "-"], check=True, capture_output=True, text=True
    ).stdout
    code = run.seal(0, 1)[0].decode()
    assert f"{code[:5]} {code[5:10]}" in text
    assert f"{code[10:15]} {code[15:]}" in text
    assert "TEM XÁC THỰC ĐIỆN TỬ" in text
    assert "17·0 – 17·2" in text


def test_all_fonts_are_embedded(make_run, tmp_path) -> None:
    path = printed(tmp_path / "sheet.pdf", make_run(hi=3), SEALED_DESIGN, SheetLayout())
    table = subprocess.run(["pdffonts", path], check=True, capture_output=True, text=True).stdout
    rows = table.splitlines()[2:]
    assert len(rows) == 4
    assert all(row.split()[-5:-2] == ["yes", "yes", row.split()[-3]] for row in rows), table


def test_a_picture_of_a_symbol_decodes(make_run, tmp_path) -> None:
    path = printed(tmp_path / "sheet.pdf", make_run(hi=1), SEALED_DESIGN, SheetLayout())
    page = next(render_pages(path, 150))
    Image.fromarray(page).save(tmp_path / "photo.png")
    assert decode_image(tmp_path / "photo.png") == uris(make_run(hi=1), 0, 1)


@pytest.mark.parametrize("read", [decode_image, decode_pdf])
def test_an_unreadable_picture_is_refused_by_name(tmp_path, read) -> None:
    (tmp_path / "note.txt").write_text("nothing to see")
    with pytest.raises(PictureUnreadable, match=r"note\.txt"):
        read(tmp_path / "note.txt")
    with pytest.raises(PictureUnreadable, match="absent"):
        read(tmp_path / "absent.pdf")


@pytest.mark.parametrize(
    ("layout", "why"),
    [
        (SheetLayout(margin_mm=5), "margin of 8 mm; there are 5 mm"),
        (SheetLayout(margin_mm=90), "45 × 25 mm does not fit a4"),
        (RollLayout(across=0), "at least one lane"),
    ],
)
def test_a_layout_that_does_not_fit_is_refused_with_its_numbers(layout, why) -> None:
    with pytest.raises(LayoutRefused, match=why):
        layout.impose(SEALED_DESIGN)


@pytest.mark.parametrize("layout", [SheetLayout(gap_mm=3), RollLayout(gap_mm=3, edge_mm=2)])
def test_bleeds_never_overlap(layout) -> None:
    with pytest.raises(LayoutRefused, match="gap of 3 mm is narrower than two bleeds of 2 mm"):
        layout.impose(dataclasses.replace(SEALED_DESIGN, bleed_mm=2))


def test_a_page_with_more_symbols_than_one_decoder_call_returns(make_run, tmp_path) -> None:
    tiny = Design("tiny", 12.3, 12.3, 0, 0, 330)
    run = make_run(hi=420)
    path = printed(tmp_path / "a3.pdf", run, tiny, SheetLayout("a3", gap_mm=1))
    assert len(SheetLayout("a3", gap_mm=1).impose(tiny).places) > 255
    assert decode_pdf(path) == uris(run, 0, 420)

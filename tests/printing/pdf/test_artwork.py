"""Artwork: a designer's PDF is embedded once under the labels."""

import dataclasses
import subprocess

import numpy as np
import pikepdf
import pytest
from reportlab.lib.colors import CMYKColor
from reportlab.pdfgen import canvas

from printing import (
    SEALED_DESIGN,
    RollLayout,
    SheetLayout,
    compose_label_pdf,
    decode_pdf,
    write_atomically,
)
from printing.errors import DesignRefused
from printing.operands import MM
from printing.qr.decoder import render_pages
from tests.printing.support import uris

WIDTH, HEIGHT, BLEED = 45, 25, 1.5


def artwork(path, *, margin=5.0, turn=0, width=WIDTH, height=HEIGHT):
    """Return a page with a coloured ground to its bleed, text, transparency, and a green corner."""
    page = canvas.Canvas(str(path), ((width + 2 * margin) * MM, (height + 2 * margin) * MM))
    page.translate(margin * MM, margin * MM)
    page.setFillColor(CMYKColor(0.1, 0.05, 0.3, 0))
    page.rect(-BLEED * MM, -BLEED * MM, (width + 2 * BLEED) * MM, (height + 2 * BLEED) * MM, 0, 1)
    page.setFillColor(CMYKColor(0.9, 0.1, 0.9, 0.2))
    page.rect(0, (height - 4) * MM, 8 * MM, 4 * MM, 0, 1)
    page.setFillAlpha(0.4)
    page.setFont("Helvetica-Bold", 14)
    page.drawString(60, 30, "DURIAN")
    page.save()
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        first = document.pages[0]
        box = [margin, margin, margin + width, margin + height]
        first.trimbox = pikepdf.Array([v * MM for v in box])
        if turn:
            first.rotate(turn, relative=False)
        document.save(path)
    return path


def design(path):
    return dataclasses.replace(SEALED_DESIGN, artwork=path, boxes=(), texts=(), bleed_mm=BLEED)


@pytest.mark.parametrize("layout", [SheetLayout(), RollLayout(3)], ids=str)
def test_symbols_on_artwork_decode(make_run, tmp_path, layout) -> None:
    run = make_run(hi=50)
    chosen = design(artwork(tmp_path / "art.pdf"))
    path = tmp_path / "out.pdf"
    write_atomically(path, compose_label_pdf(run, chosen, layout, 0, 50).stream())
    subprocess.run(["qpdf", "--check", path], check=True, capture_output=True)
    assert sorted(decode_pdf(path)) == sorted(uris(run, 0, 50))


def test_artwork_is_embedded_once_and_deterministically(make_run, tmp_path) -> None:
    chosen = design(artwork(tmp_path / "art.pdf"))
    files = [
        b"".join(compose_label_pdf(make_run(), chosen, SheetLayout(), 0, 100).stream())
        for _ in range(2)
    ]
    assert files[0] == files[1]
    (tmp_path / "out.pdf").write_bytes(files[0])
    with pikepdf.open(tmp_path / "out.pdf") as document:
        forms = [o for o in document.objects if isinstance(o, pikepdf.Stream) and "/BBox" in o]
        assert len(forms) == 3  # the artwork, the label, the sheet's marks


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_trim_box_covers_the_label_on_rotated_pages_too(make_run, tmp_path, turn):
    upright = turn % 180 == 0
    size = {"width": WIDTH, "height": HEIGHT} if upright else {"width": HEIGHT, "height": WIDTH}
    chosen = design(artwork(tmp_path / "art.pdf", turn=turn, **size))
    path = tmp_path / "out.pdf"
    write_atomically(
        path, compose_label_pdf(make_run(hi=1), chosen, RollLayout(edge_mm=1.5), 0, 1).stream()
    )
    page = next(render_pages(path, 254)).astype(int)  # ten dots a millimetre
    label = page[15:-15, 15:-15]
    quarter = {0: (10, 10), 90: (10, -10), 180: (-10, -10), 270: (-10, 10)}[turn]
    assert label[quarter] < 140  # the green corner, turned with the page
    assert label[10, 225] > 190  # the ground in the middle of the upper edge
    assert page[5, 225] == pytest.approx(label[10, 225], abs=3)  # the bleed goes on above it
    assert np.median(page[:, 225]) > 180


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (
            lambda p: artwork(p, width=50),
            r"has 50\.0 × 25\.0 mm between its trim marks, the label 45 × 25",
        ),
        (lambda p: p.write_text("not a PDF") and p, "cannot be read"),
        (lambda p: p, "cannot be read"),
    ],
    ids=["size", "text", "missing"],
)
def test_artwork_that_does_not_fit_is_refused(make_run, tmp_path, make, why) -> None:
    chosen = design(make(tmp_path / "art.pdf"))
    with pytest.raises(DesignRefused, match=why):
        next(compose_label_pdf(make_run(), chosen, SheetLayout(), 0, 10).stream())

"""Reports as PDF: words of any Vietnamese letter, wrapped, on as many pages as they need."""

import pypdfium2
from hypothesis import given, settings
from hypothesis import strategies as st

from printing.pdf.report import ReportLine, write_report


def read_text(content: bytes) -> list[str]:
    """The text of each page."""
    document = pypdfium2.PdfDocument(content)
    return [" ".join(page.get_textpage().get_text_range().split()) for page in document]


def test_a_report_can_be_read_and_searched() -> None:
    lines = [
        ReportLine("Hồ sơ vụ việc số 7", "title"),
        ReportLine("Sầu riêng Ri6, Đắk Lắk", label="Sản phẩm"),
    ]
    [page] = read_text(write_report(lines, "Veritem ·"))
    assert page == "Hồ sơ vụ việc số 7 Sản phẩm: Sầu riêng Ri6, Đắk Lắk Veritem · 1/1"
    assert write_report(lines, "Veritem ·") == write_report(lines, "Veritem ·")


def test_a_long_report_has_numbered_pages_and_loses_no_line() -> None:
    pages = read_text(write_report([ReportLine(f"dòng {n}") for n in range(120)], "x"))
    assert len(pages) > 1
    assert [page.split()[-1] for page in pages] == [
        f"{n}/{len(pages)}" for n in range(1, len(pages) + 1)
    ]
    words = " ".join(pages).split()
    assert [word for word in map(str, range(120)) if word not in words] == []


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=300))
def test_no_text_breaks_a_report(text: str) -> None:
    assert len(read_text(write_report([ReportLine(text, label=text[:20])], text[:30]))) >= 1

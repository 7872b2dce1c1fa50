"""Minutes of an inspection as a PDF, in the form of Vietnamese administrative documents."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from ledger.alerts.case_minutes import MinutesVersion
from printing.pdf.report import (
    ReportColumns,
    ReportLine,
    ReportPart,
    ReportPhoto,
    is_photo,
    write_report,
)
from services import case_export
from services.alerts import case_minutes
from services.alerts.case_minutes import MOST_PHOTOS
from services.context import ServiceContext

Fill = Callable[..., str]

_DOTS: Final = "." * 60
_SHORT_DOTS: Final = "." * 24
_SIGN_ROOM: Final = 72.0
"""Points to sign in: 2.5 cm."""


async def print_minutes(context: ServiceContext, alert: int, version: int) -> bytes:
    """One version as a PDF to sign; the audit log has its hash, and who took it.

    Raises `Forbidden`, `UnknownRow`.
    """
    minutes = await case_minutes.get_minutes(context, alert, version)
    photos = await case_minutes.list_minutes_photos(context, minutes)
    footer = f"Biên bản vụ việc {alert}, phiên bản {version} ·"
    content = await asyncio.to_thread(write_report, compose_minutes(minutes, photos), footer)
    await case_export.record_export(context, alert, content)
    return content


def compose_minutes(
    minutes: MinutesVersion, photos: Sequence[tuple[str, bytes]]
) -> list[ReportPart]:
    """The parts of the document; what is empty is a dotted line."""
    fields = minutes.fields

    def fill(name: str, dots: str = _DOTS) -> str:
        return fields.get(name) or dots

    def fill_in(name: str, dots: str = _DOTS) -> str:
        return " ".join(fill(name, dots).split())  # inside of a sentence

    return [
        _compose_head(fill),
        ReportLine("BIÊN BẢN KIỂM TRA", "title", align="centre"),
        ReportLine(fill("about"), "strong", align="centre"),
        *_paragraphs(fields.get("basis", ""), "Căn cứ"),
        ReportLine(f"Hôm nay, hồi {fill_in('began')}, tại {fill_in('place')}, chúng tôi gồm:"),
        ReportLine("I. THÀNH PHẦN", "heading"),
        ReportLine("1. Đoàn kiểm tra", "strong"),
        *_paragraphs(fill("team")),
        ReportLine("2. Bên được kiểm tra", "strong"),
        ReportLine(fill("party"), label="Tên tổ chức, cá nhân"),
        ReportLine(fill("party_address"), label="Địa chỉ"),
        ReportLine(fill("representative"), label="Người đại diện, chức vụ"),
        ReportLine("3. Người chứng kiến", "strong"),
        *_paragraphs(fill("witnesses")),
        ReportLine("II. NỘI DUNG KIỂM TRA", "heading"),
        *_paragraphs(fill("findings")),
        ReportLine("III. TÀI LIỆU, CHỨNG CỨ", "heading"),
        *_list_evidence(minutes),
        ReportLine("IV. Ý KIẾN CỦA BÊN ĐƯỢC KIỂM TRA", "heading"),
        *_paragraphs(fill("statement")),
        ReportLine("V. KẾT LUẬN", "heading"),
        *_paragraphs(fill("conclusion")),
        *_paragraphs(fields.get("measures", ""), "Biện pháp xử lý"),
        ReportLine(
            f"Biên bản kết thúc hồi {fill_in('ended', _SHORT_DOTS)}, được lập thành "
            f"{fill('copies', '....')} bản có nội dung và giá trị như nhau; đã đọc lại cho những "
            "người có tên nêu trên cùng nghe, công nhận là đúng và cùng ký tên xác nhận."
        ),
        *_list_signatures(),
        *_list_photos(photos),
    ]


def _compose_head(fill: Fill) -> ReportColumns:
    place = fill("place", _SHORT_DOTS).split(",")[-1].strip()
    return ReportColumns(
        left=[
            ReportLine(fill("parent_authority", _SHORT_DOTS).upper()),
            ReportLine(fill("authority", _SHORT_DOTS).upper(), "strong"),
            ReportLine("–––––––"),
            ReportLine(f"Số: {fill('number', '........')}/BB-KT"),
        ],
        right=[
            ReportLine("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "strong"),
            ReportLine("Độc lập - Tự do - Hạnh phúc", "strong"),
            ReportLine("–––––––––––––––"),
            ReportLine(f"{place}, ngày ..... tháng ..... năm ........"),
        ],
    )


def _paragraphs(text: str, label: str = "") -> Iterator[ReportLine]:
    for at, paragraph in enumerate(line for line in text.split("\n") if line.strip()):
        yield ReportLine(paragraph, label=label if at == 0 else "")


def _list_evidence(minutes: MinutesVersion) -> Iterator[ReportLine]:
    # Versions of earlier releases name no findings.
    photos = [*minutes.evidence["photos"], *minutes.evidence.get("finding_photos", ())]
    yield ReportLine(
        f"Hồ sơ điện tử của vụ việc số {minutes.alert}, nội dung biên bản phiên bản "
        f"{minutes.version}, mã SHA-256 {minutes.sha256}."
    )
    for number, photo in enumerate(photos, 1):
        yield ReportLine(f"Ảnh {number}, mã SHA-256 {photo['sha256']}.")
    names = {"transitions": "chuyển trạng thái tem", "audit": "hoạt động"}
    for chain, head in minutes.evidence["heads"].items():
        yield ReportLine(
            f"Nhật ký {names[chain]} đến mục số {head['seq']}, mã {head['hash']}.", "small"
        )
    if len(photos) > MOST_PHOTOS:
        yield ReportLine(f"Biên bản in kèm {MOST_PHOTOS} ảnh đầu tiên.", "small")


def _list_signatures() -> Iterator[ReportColumns]:
    hint = ReportLine("(Ký, ghi rõ họ tên)", "small")
    for left, right in (
        ("ĐẠI DIỆN BÊN ĐƯỢC KIỂM TRA", "NGƯỜI LẬP BIÊN BẢN"),
        ("NGƯỜI CHỨNG KIẾN", "TRƯỞNG ĐOÀN KIỂM TRA"),
    ):
        yield ReportColumns(
            [ReportLine(left, "strong"), hint], [ReportLine(right, "strong"), hint], _SIGN_ROOM
        )


def _list_photos(photos: Sequence[tuple[str, bytes]]) -> Iterator[ReportPart]:
    if photos:
        yield ReportLine("PHỤ LỤC ẢNH", "heading")
    for number, (digest, picture) in enumerate(photos, 1):
        caption = f"Ảnh {number}. SHA-256 {digest}"
        if is_photo(picture):
            yield ReportPhoto(picture, caption)
        else:
            yield ReportLine(caption, "small")

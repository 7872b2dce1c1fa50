"""The sheet of an invitation: a PDF with the link as a QR symbol, the code, and its last day."""

import asyncio
import io
from collections.abc import Sequence
from typing import Final

import segno
from PIL import Image

from ledger.staff_errors import UnknownInvitation
from printing.pdf.report import (
    ReportBreak,
    ReportLine,
    ReportPart,
    ReportPhoto,
    write_report,
)
from services.organisations.actor_invitations import PATH, ShownInvitation, describe_link
from web.i18n import Texts, format_day

MEDIA_TYPE: Final = "application/pdf"
_MODULE: Final = 12
"""Pixels of a module."""
_QUIET: Final = 4
"""Modules of the quiet zone: ISO/IEC 18004, section 9.1."""
_WHITE: Final = 255


async def print_sheet(shown: ShownInvitation, inviter: str, public_url: str, texts: Texts) -> bytes:
    """The sheet of an open invitation. Raises `UnknownInvitation` for one that is not open."""
    if shown.code is None:
        raise UnknownInvitation
    parts = compose_sheet(shown, shown.code, inviter, public_url, texts)
    return await asyncio.to_thread(write_report, parts, f"{texts('join.sheet_foot')} ·")


async def print_sheets(
    every: Sequence[ShownInvitation], inviter: str, public_url: str, texts: Texts
) -> bytes:
    """The sheets of those of the invitations that are open, each on its page.

    Raises `UnknownInvitation` where none is.
    """
    parts: list[ReportPart] = []
    for shown in every:
        if shown.code is not None:
            parts += [ReportBreak()] if parts else []
            parts += await asyncio.to_thread(
                compose_sheet, shown, shown.code, inviter, public_url, texts
            )
    if not parts:
        raise UnknownInvitation
    return await asyncio.to_thread(write_report, parts, f"{texts('join.sheet_foot')} ·")


def compose_sheet(
    shown: ShownInvitation, code: str, inviter: str, public_url: str, texts: Texts
) -> list[ReportPart]:
    """The parts of the sheet."""
    until = format_day(shown.invitation.expires_at, texts.language)
    page = f"{public_url.rstrip('/')}{PATH}"
    return [
        ReportLine(texts("join.sheet_title"), "title"),
        ReportLine(texts("join.sheet_lead", inviter=inviter, name=shown.invitation.name or "")),
        ReportLine(texts("join.sheet_how"), "heading"),
        ReportLine(texts("join.sheet_scan")),
        ReportLine(texts("join.sheet_type", page=page)),
        ReportPhoto(draw_symbol(describe_link(public_url, code)), ""),
        ReportLine(code, "title"),
        ReportLine(texts("join.sheet_until", day=until), "strong"),
        ReportLine(texts("join.sheet_safe"), "small"),
    ]


def draw_symbol(link: str) -> bytes:
    """The QR symbol of a link as a JPEG."""
    symbol = segno.make_qr(link, error="m")
    rows = [
        bytes(0 if dark else _WHITE for dark in row) for row in symbol.matrix_iter(border=_QUIET)
    ]
    side = len(rows)
    picture = Image.frombytes("L", (side, side), b"".join(rows))
    picture = picture.resize((side * _MODULE, side * _MODULE), Image.Resampling.NEAREST)
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=95)
    return written.getvalue()

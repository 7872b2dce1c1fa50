"""Tables of figures as files: CSV and XLSX, written as exports of lists are."""

import asyncio
import io
from collections.abc import Sequence

from aiohttp import web

from desk.pages.list_cells import Value
from desk.pages.list_files import CSV_TYPE, XLSX_TYPE, XlsxFile, encode_csv
from stamps.vietnam_time import to_iso_day
from web.csv_cells import BOM


async def send_table(
    form: str,
    name: str,
    title: str,
    header: Sequence[str],
    rows: Sequence[Sequence[Value]],
    at: int,
) -> web.Response:
    """Answer with a small table as `csv` or `xlsx`; `at` (ms, UTC) names the file."""
    if form == "csv":
        body, media = BOM.encode() + encode_csv([header, *rows]), CSV_TYPE
    else:
        body, media = await asyncio.to_thread(_write_xlsx, title, header, rows), XLSX_TYPE
    return web.Response(
        body=body,
        headers={
            "Content-Type": media,
            "Content-Disposition": f'attachment; filename="veritem-{name}-{to_iso_day(at)}.{form}"',
            "Cache-Control": "no-store",
        },
    )


def _write_xlsx(title: str, header: Sequence[str], rows: Sequence[Sequence[Value]]) -> bytes:
    file = io.BytesIO()
    book = XlsxFile(file, title, header)
    book.append(rows)
    book.close()
    return file.getvalue()

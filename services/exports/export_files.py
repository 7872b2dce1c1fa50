"""Files of an export: each part as CSV and JSON, the events as EPCIS, photos, one archive.

A part is written beside its name and renamed when it is complete, so a process that is killed
leaves whole parts, and the next one goes on with those that are missing. The archive is made last,
the same way. Rows stream: memory holds a page of them.
"""

import asyncio
import csv
import hashlib
import io
import json
import os
import shutil
import zipfile
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from ledger.exports.own_rows import OwnPart
from web.csv_cells import BOM, disarm_formula

MANIFEST: Final = "manifest.json"
_PART: Final = ".part"
_DONE: Final = ".done.json"
_NOTES: Final = {
    "vi": (
        "Toàn bộ dữ liệu của tổ chức. Mỗi bảng có tệp .csv (mở bằng bảng tính) và .jsonl (mỗi dòng "
        "một đối tượng JSON). Thời gian là mili giây từ 1970 theo UTC. events.epcis.json là tài "
        "liệu EPCIS 2.0. Không có mật khẩu, khóa hay dữ liệu của tổ chức khác."
    ),
    "en": (
        "All data of the organisation. Each table is a .csv file for spreadsheets and a .jsonl "
        "file with one JSON object a line. Times are milliseconds since 1970, UTC. "
        "events.epcis.json is an EPCIS 2.0 document. No password, no key and no data of others is "
        "in it."
    ),
}
_JSON_COLUMNS: Final = frozenset(
    {"document", "record", "links", "missing", "fields", "products", "markets", "changed", "events"}
)
"""Columns whose text is JSON; .jsonl files have its content."""
_PICTURE: Final = "picture"


def locate_archive(folder: Path, export: str) -> Path:
    """Where the archive of an export lies."""
    return folder / f"{export}.zip"


def locate_parts(folder: Path, export: str) -> Path:
    """Where the parts of an export lie while it is written."""
    return folder / export


def prepare_folder(folder: Path, export: str) -> Path:
    """Make the folder of the parts, private; return it."""
    parts = locate_parts(folder, export)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    parts.mkdir(mode=0o700, exist_ok=True)
    return parts


def find_done(parts: Path, part: OwnPart) -> Mapping[str, Any] | None:
    """What is known of a part that is complete."""
    note = parts / f"{part.name}{_DONE}"
    return orjson.loads(note.read_bytes()) if note.is_file() else None


async def write_part(
    parts: Path, part: OwnPart, pages: AsyncIterator[Sequence[Mapping[str, Any]]]
) -> int:
    """Write the rows of a part as CSV and JSON lines; return how many there are."""
    count = 0
    names = [name for name in part.columns if name != _PICTURE]
    if len(names) < len(part.columns):
        names.append("file")
    table, lines = parts / f"{part.name}.csv", parts / f"{part.name}.jsonl"
    with _open_part(table) as csv_file, _open_part(lines) as json_file:
        csv_file.write((BOM + _format_line(names)).encode())
        async for page in pages:
            rows = [_store_picture(parts, part, row) for row in page]
            csv_file.write("".join(_format_line(_list_cells(row, names)) for row in rows).encode())
            json_file.write(b"".join(_encode_row(row) for row in rows))
            count += len(rows)
            await asyncio.sleep(0)
    for path in (table, lines):
        _finish(path)
    note = parts / f"{part.name}{_DONE}"
    _write(note, orjson.dumps({"name": part.name, "rows": count, "columns": names}))
    return count


async def write_epcis(parts: Path, events: AsyncIterator[Sequence[Mapping[str, Any]]]) -> None:
    """Write the events as one EPCIS 2.0 document."""
    path = parts / "events.epcis.json"
    head = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
    }
    with _open_part(path) as file:
        file.write(orjson.dumps(head)[:-1] + b',"epcisBody":{"eventList":[')
        separator = b"\n"
        async for page in events:
            for row in page:
                file.write(separator + str(row["document"]).encode())
                separator = b",\n"
            await asyncio.sleep(0)
        file.write(b"]}}\n")
    _finish(path)


def pack_archive(
    folder: Path, export: str, about: Mapping[str, Any], photos: Mapping[str, Path]
) -> tuple[int, str]:
    """Pack the parts with their manifest; return size and SHA-256 of the archive."""
    parts, archive = locate_parts(folder, export), locate_archive(folder, export)
    files = sorted(
        path
        for path in parts.rglob("*")
        if path.is_file() and not path.name.endswith((_PART, _DONE))
    )
    notes = [orjson.loads(path.read_bytes()) for path in sorted(parts.glob(f"*{_DONE}"))]
    named = {str(path.relative_to(parts)): path for path in files if path.name != MANIFEST}
    named |= {f"photos/{name}": path for name, path in photos.items()}
    manifest = {
        **about,
        "notes": _NOTES,
        "tables": notes,
        "files": [
            {"name": name, "size": path.stat().st_size, "sha256": _digest(path)}
            for name, path in named.items()
        ],
    }
    part = archive.with_name(archive.name + _PART)
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as packed:
        packed.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
        for name, path in named.items():
            packed.write(path, name)
    part.chmod(0o600)
    size, digest = part.stat().st_size, _digest(part)
    part.replace(archive)
    shutil.rmtree(parts, ignore_errors=True)
    return size, digest


def remove_archive(folder: Path, export: str) -> None:
    """Remove what there is of an export."""
    locate_archive(folder, export).unlink(missing_ok=True)
    shutil.rmtree(locate_parts(folder, export), ignore_errors=True)


def _open_part(path: Path) -> io.BufferedWriter:
    descriptor = os.open(f"{path}{_PART}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    return os.fdopen(descriptor, "wb")


def _finish(path: Path) -> None:
    Path(f"{path}{_PART}").replace(path)


def _write(path: Path, content: bytes) -> None:
    with _open_part(path) as file:
        file.write(content)
    _finish(path)


def _store_picture(parts: Path, part: OwnPart, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row with the name of a file in the place of a picture."""
    if _PICTURE not in row:
        return row
    rest = {name: cell for name, cell in row.items() if name != _PICTURE}
    picture = row[_PICTURE]
    if picture is None:
        return {**rest, "file": None}
    name = f"{part.name}/{hashlib.sha256(picture).hexdigest()[:32]}.jpg"
    path = parts / name
    path.parent.mkdir(mode=0o700, exist_ok=True)
    _write(path, picture)
    return {**rest, "file": name}


def _list_cells(row: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    return ["" if row[name] is None else disarm_formula(str(row[name])) for name in names]


def _format_line(cells: Sequence[str]) -> str:
    line = io.StringIO(newline="")
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _encode_row(row: Mapping[str, Any]) -> bytes:
    shown = {str(name): _read_cell(str(name), cell) for name, cell in row.items()}
    return orjson.dumps(shown) + b"\n"


def _read_cell(name: str, cell: Any) -> Any:
    if name in _JSON_COLUMNS and isinstance(cell, str) and cell[:1] in "[{":
        try:
            return orjson.loads(cell)
        except orjson.JSONDecodeError:
            return cell
    return cell


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

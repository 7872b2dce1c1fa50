"""An organisation takes all its data with it, and nothing of others."""

import asyncio
import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from attachments import AttachmentStore
from ledger import Ledger, open_ledger
from ledger.errors import ExportUnderWay, UnknownRow
from ledger.exports.data_exports import KEPT_MS, DataExport
from ledger.exports.own_rows import OWN_PARTS
from ledger.ledger import now_ms
from services.errors import ExportNotReady, Forbidden
from services.exports.data_exports import (
    ask_data_export,
    get_data_export,
    list_data_exports,
    open_data_export,
)
from services.exports.export_runner import DataExportRunner
from services.lots import lots
from services.paging import PageRequest
from tests.services.office import Office, foreign_document, new_key

_LEFT_OUT = {"secret", "former_secret", "sha256", "password_hash", "otp_secret", "manifest", "key"}
RUNNER = """
import asyncio, sys
from pathlib import Path
from attachments import AttachmentStore
from ledger import open_ledger
from ledger.ledger import now_ms
from services.exports import export_runner
export_runner._LEASE_MS = 300
async def work():
    async with await open_ledger(sys.argv[1], clock=now_ms) as ledger:
        folder = Path(sys.argv[2])
        photos = AttachmentStore(str(folder))
        await export_runner.DataExportRunner(ledger, now_ms, folder, photos).run()
asyncio.run(work())
"""


def make_runner(office: Office, folder: Path) -> DataExportRunner:
    return DataExportRunner(
        office.ledger, lambda: office.now, folder, AttachmentStore(str(folder / "photos"))
    )


def read_archive(path: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    with zipfile.ZipFile(path) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    return json.loads(files.pop("manifest.json")), files


def start_runner(url: str, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", RUNNER, url, str(folder)])


def list_archives(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix == ".zip")


async def write_one(office: Office, folder: Path) -> DataExport:
    asked = await ask_data_export(office.context("packer"), new_key())
    assert await make_runner(office, folder).work_once()
    return await get_data_export(office.context("packer"), asked.id)


async def test_everything_of_the_organisation_is_in_it_and_nothing_of_others(
    office: Office, tmp_path: Path
) -> None:
    number = await office.activate_batch(lot="L1")
    await lots.put_lot(office.context("other-packer"), foreign_document("SECRET-LOT"))
    written = await write_one(office, tmp_path)
    path = await open_data_export(office.context("packer"), written.id, tmp_path)
    manifest, files = read_archive(path)
    rows = {one["name"]: one["rows"] for one in manifest["tables"]}
    assert set(rows) == set(OWN_PARTS)
    assert (rows["batches"], rows["lots"], rows["lot_versions"]) == (1, 1, 1)
    [batch] = csv.DictReader(io.StringIO(files["batches.csv"].decode("utf-8-sig")))
    assert batch["number"] == str(number)
    [lot] = [json.loads(line) for line in files["lots.jsonl"].splitlines()]
    assert lot["document"]["code"] == "L1"
    assert json.loads(files["events.epcis.json"])["type"] == "EPCISDocument"
    assert all(b"SECRET-LOT" not in content for content in files.values())
    assert all(b"tan-phuoc" not in content for content in files.values())
    named = {one["name"]: one["size"] for one in manifest["files"]}
    assert named == {name: len(content) for name, content in files.items()}
    assert (written.size, manifest["organisation"]) == (path.stat().st_size, "krong-pac")


async def test_only_people_of_the_organisation_see_it(office: Office, tmp_path: Path) -> None:
    written = await write_one(office, tmp_path)
    with pytest.raises(UnknownRow):
        await get_data_export(office.context("other-packer"), written.id)
    with pytest.raises(Forbidden):
        await ask_data_export(office.context("inspector"), new_key())
    page = await list_data_exports(office.context("other-packer"), PageRequest())
    assert page.items == []
    subject = "organisation:krong-pac"
    await open_data_export(office.context("packer2"), written.id, tmp_path)
    [entry] = await office.ledger.audit.list_of_subject(subject, limit=1)
    assert (entry.actor, entry.action) == ("packer2", "data_export.download")


async def test_one_at_a_time_and_the_same_key_is_the_same_export(
    office: Office, tmp_path: Path
) -> None:
    packer, key = office.context("packer"), new_key()
    first = await ask_data_export(packer, key)
    assert await ask_data_export(packer, key) == first
    with pytest.raises(ExportUnderWay):
        await ask_data_export(office.context("packer2"), new_key())
    await ask_data_export(office.context("other-packer"), new_key())
    with pytest.raises(ExportNotReady):
        await open_data_export(packer, first.id, tmp_path)


async def test_its_file_goes_after_a_week(office: Office, tmp_path: Path) -> None:
    written = await write_one(office, tmp_path)
    runner = make_runner(office, tmp_path)
    assert await runner.remove_old() == 0
    office.now += KEPT_MS + 1
    assert await runner.remove_old() == 1
    assert not list_archives(tmp_path)
    assert (await get_data_export(office.context("packer"), written.id)).state == "gone"


def test_no_part_has_a_secret_and_every_key_is_shown() -> None:
    for part in OWN_PARTS.values():
        assert _LEFT_OUT.isdisjoint(part.columns), part.name
        assert {column.name for column in part.key} <= set(part.columns)


@pytest.mark.long
async def test_a_killed_process_leaves_whole_parts_and_the_next_one_goes_on(
    furnished: Path, tmp_path: Path
) -> None:
    url = f"sqlite:///{shutil.copy(furnished, tmp_path / 'ledger.db')}"
    folder = tmp_path / "exports"
    async with await open_ledger(url, clock=now_ms) as ledger:
        await ledger.data_exports.ask("x1", "krong-pac", actor="packer")
        worker = start_runner(url, folder)
        while not list(folder.glob("x1/*.done.json")):  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.002)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        state = (await ledger.data_exports.get("krong-pac", "x1")).state
        assert (state == "ready") == (folder / "x1.zip").is_file()
        await _finish(ledger, url, folder)
        found = await ledger.data_exports.get("krong-pac", "x1")
    manifest, _ = read_archive(folder / "x1.zip")
    assert len(manifest["tables"]) == len(OWN_PARTS) == found.parts_done
    assert list_archives(folder) == ["x1.zip"]
    assert not (folder / "x1").exists()


async def _finish(ledger: Ledger, url: str, folder: Path) -> None:
    """Let another process go on until the export is ready."""
    worker = start_runner(url, folder)
    try:
        async with asyncio.timeout(30):
            while (await ledger.data_exports.get("krong-pac", "x1")).state != "ready":  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    finally:
        worker.kill()
        worker.wait()

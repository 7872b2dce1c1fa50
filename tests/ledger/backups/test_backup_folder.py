"""A folder of copies: a copy counts when it is whole, and old ones are removed by a table."""

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger import Ledger
from ledger.backups.backup_folder import (
    CopyManifest,
    FolderInUse,
    list_copies,
    make_copy,
    remove_old_copies,
)
from ledger.backups.backup_rehearsal import rehearse_restore
from ledger.backups.backup_retention import choose_kept
from ledger.storage.storage_errors import StorageFailed
from stamps.timestamps import format_rfc3339
from tests.ledger.scans.test_scans import numbered
from tests.ledger.world import activated

HOUR = 3_600_000
COPY = "import asyncio, sys; from pathlib import Path;"
COPY += "from ledger.backups.backup_folder import make_copy;"
COPY += "asyncio.run(make_copy(sys.argv[1], Path(sys.argv[2])))"


def list_folder(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def names(folder: Path) -> set[str]:
    """Copies and manifests, finished or not."""
    return {name for name in list_folder(folder) if name.startswith("veritem-")}


async def test_a_copy_has_a_manifest_and_rehearses(
    ledger: Ledger, url: str, tmp_path: Path
) -> None:
    await activated(ledger)
    scans = [numbered(n) for n in range(10)]
    await ledger.scans.append(scans)
    made = await make_copy(url, tmp_path / "copies")
    content = (tmp_path / "copies" / made.file).read_bytes()
    assert (made.size, made.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert made.last_scan_at == format_rfc3339(max(scan.at for scan in scans))
    head = await ledger.transitions.get_head()
    assert made.heads["transitions"] == f"{head[0]}:{head[1]}"
    assert list_copies(tmp_path / "copies") == [made]

    done = await rehearse_restore(tmp_path / "copies" / made.file, url)
    assert (done.report.ok, done.scans, done.has_manifest) == (True, 10, True)
    assert done.restored_size > 0
    assert len(list_folder(tmp_path / "copies")) == 3  # with the lock: nothing aside is left
    (tmp_path / "copies" / made.file).write_bytes(content[:-1] + b"?")
    with pytest.raises(StorageFailed, match="is not the file that"):
        await rehearse_restore(tmp_path / "copies" / made.file, url)


def stop_in_the_middle(url: str, folder: Path) -> subprocess.Popen[bytes]:
    """Stop a process that makes a copy; it holds the lock."""
    command = [sys.executable, "-c", COPY, url, str(folder)]
    child = subprocess.Popen(command, start_new_session=True)
    while not list(folder.glob("*.part")) and child.poll() is None:
        time.sleep(0.0005)
    child.send_signal(signal.SIGSTOP)
    return child


async def test_a_killed_copy_does_not_count_and_is_removed(
    ledger: Ledger, url: str, tmp_path: Path
) -> None:
    await ledger.scans.append([numbered(n) for n in range(5_000)])
    folder = tmp_path / "copies"
    child = stop_in_the_middle(url, folder)
    with pytest.raises(FolderInUse):
        await make_copy(url, folder)
    os.killpg(child.pid, signal.SIGKILL)  # with its pg_dump, as a service manager does
    assert child.wait() == -signal.SIGKILL
    assert names(folder)
    assert list_copies(folder) == []
    made = await make_copy_when_free(url, folder)
    assert names(folder) == {made.file, made.file.replace(".backup", ".json")}


async def make_copy_when_free(url: str, folder: Path) -> CopyManifest:
    """Make a copy; the kernel ends the killed group, and frees its lock, a moment later."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await make_copy(url, folder)
            except FolderInUse:
                await asyncio.sleep(0.05)


async def test_pruning_keeps_the_newest_and_removes_whole_pairs(
    ledger: Ledger, sqlite_url: str, tmp_path: Path
) -> None:
    made = await make_copy(sqlite_url, tmp_path)
    for name in (made.file, made.file.replace(".backup", ".json")):
        content = (tmp_path / name).read_bytes()
        content = content.replace(made.file.encode(), b"veritem-20250101T000000Z.backup")
        content = content.replace(made.at.encode(), b"2025-01-01T00:00:00Z")
        (tmp_path / f"veritem-20250101T000000Z{Path(name).suffix}").write_bytes(content)
    assert len(list_copies(tmp_path)) == 2
    assert len(remove_old_copies(tmp_path, {"hourly": 1})) == 1
    assert list_copies(tmp_path) == [made]
    assert len(names(tmp_path)) == 2
    assert remove_old_copies(tmp_path, {}) == []


def test_two_years_of_hourly_copies_are_kept_by_the_table() -> None:
    newest = int(datetime(2026, 11, 27, 12, tzinfo=UTC).timestamp() * 1000)
    moments = [newest - hour * HOUR for hour in range(2 * 366 * 24)]
    counts = {"hourly": 24, "daily": 7, "weekly": 5, "monthly": 12, "yearly": 2}
    kept = choose_kept(moments, counts)
    assert {name: sum(name in why for why in kept.values()) for name in counts} == counts
    assert kept[newest] == ("newest", "hourly", "daily", "weekly", "monthly", "yearly")
    last_of_october = int(datetime(2026, 10, 31, 23, tzinfo=UTC).timestamp() * 1000)
    assert "monthly" in kept[last_of_october]
    # What is kept stays kept by the next run: pruning hourly never starves the longer periods.
    assert choose_kept(list(kept), counts).keys() == kept.keys()

"""`veritem registry codes evidence`: attached, taken, withdrawn, erased, and in backups."""

import asyncio
import hashlib
import os
import shutil
import time
from pathlib import Path

from attachments import OriginalStore
from ledger import open_ledger
from tests.cli.conftest import Veritem
from tests.cli.test_restore import remove_ledger

AREA = "VN-ĐLOR-0123"
SENSOR = b"time;humidity\r\n2026-09-01T07:00;81\r\n"
EVIDENCE = ("registry", "codes", "evidence")


def attach(place: Veritem, tmp_path: Path, content: bytes = SENSOR) -> str:
    (tmp_path / "sensor.csv").write_bytes(content)
    told = ("--kind", "sensor", "--from", "2026-09-01", "--source", "IMETOS 3.3")
    made = place(*EVIDENCE, "add", AREA, "sensor.csv", *told, "--json")
    assert made.status == 0, made.err
    id_: str = made.json["id"]
    return id_


def register(place: Veritem) -> None:
    area = ("--kind", "growing_area", "--name", "Ea Kao")
    assert place("registry", "codes", "add", AREA, *area).status == 0


def test_a_file_is_attached_listed_and_written_as_it_was_sent(
    place: Veritem, tmp_path: Path
) -> None:
    register(place)
    id_ = attach(place, tmp_path)
    [listed] = place(*EVIDENCE, "list", AREA, "--json").json["evidence"]
    assert (listed["id"], listed["source"]) == (id_, "IMETOS 3.3")
    shown = place(*EVIDENCE, "get", AREA, id_, "--out", "got.csv", "--json").json
    assert (tmp_path / "got.csv").read_bytes() == SENSOR
    assert shown["sha256"] == hashlib.sha256(SENSOR).hexdigest()
    withdrawn = place(*EVIDENCE, "withdraw", AREA, id_, "--reason", "wrong area")
    assert (withdrawn.status, "withdrawn by" in withdrawn.out) == (0, True)
    refused = place(*EVIDENCE, "release", AREA, id_, "--json")
    assert refused.status != 0
    assert place(*EVIDENCE, "sweep", "--json").json == {"removed": []}
    (tmp_path / "page.csv").write_text("<html>")
    told = ("--kind", "sensor", "--from", "2026-09-01", "--source", "x")
    refused = place(*EVIDENCE, "add", AREA, "page.csv", *told, "--json")
    assert refused.refusal["error"] == "unknown-media-type"


async def erase_as_another(tmp_path: Path, id_: str) -> None:
    async with await open_ledger(f"sqlite:///{tmp_path / 'var/veritem.db'}") as ledger:
        await ledger.code_evidence.withdraw(id_, "a face", actor="mai")
        await ledger.code_evidence.erase(id_, "law 91", actor="thanh")


def test_backups_have_the_files_and_leave_out_what_was_erased(
    place: Veritem, tmp_path: Path
) -> None:
    register(place)
    kept, erased = attach(place, tmp_path), attach(place, tmp_path, SENSOR + b"1;2\r\n")
    (tmp_path / "copies").mkdir()
    copied = place("backup", "copies/one.db", "--json").json
    assert copied["evidence"] == {"copied": 2, "known": 0, "damaged": []}
    assert place("restore", "--rehearse", "copies/one.db", "--json").json["evidence"] == 2
    live = OriginalStore(tmp_path / "var/evidence")
    pool = OriginalStore(tmp_path / "copies/evidence")
    asyncio.run(erase_as_another(tmp_path, erased))
    old = time.time() - 3 * 86_400
    for digest in live.list_hashes():
        os.utime(live.locate(digest), (old, old))
    assert len(place(*EVIDENCE, "sweep", "--json").json["removed"]) == 1
    assert place("backup", "copies/two.db").status == 0
    assert list(pool.list_hashes()) == list(live.list_hashes())
    pool.locate("f" * 64).parent.mkdir()
    pool.locate("f" * 64).write_bytes(b"of a ledger that this one does not know")
    rehearsed = place("restore", "--rehearse", "copies/one.db", "--json")
    assert (rehearsed.status, len(rehearsed.json["missing_evidence"])) == (1, 1)
    assert rehearsed.json["damaged_evidence"] == ["f" * 64]
    made = place("backups", "run", "--json").json
    assert made["evidence"]["copied"] == 1
    assert pool.locate("f" * 64).exists()
    shutil.rmtree(live.folder)
    remove_ledger(tmp_path)
    restored = place("restore", "copies/two.db", "--json")
    assert restored.json["evidence"]["copied"] == 1
    taken = place(*EVIDENCE, "get", AREA, kept, "--out", "back.csv")
    assert (taken.status, (tmp_path / "back.csv").read_bytes()) == (0, SENSOR)

"""What a restore undoes, and what it cannot undo: at the command line."""

import asyncio
import shlex
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from attachments import AttachmentStore
from ledger import LotRow, open_ledger
from resolver.journal.encoding import encode_evidence
from resolver.journal.port import Evidence
from tests.cli.conftest import Veritem, recall, register_packer
from tests.cli.test_life import lot_file
from tests.ledger.scans.test_scans import numbered
from tests.servers import RedisServer, free_port


@pytest.fixture
def signing(place: Veritem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Veritem:
    """Run commands where keys, an order of 100 stamps and a signer of chain heads are."""
    (tmp_path / "pushed").mkdir()
    monkeypatch.setenv("VERITEM_HEADS_FOLDER", str(tmp_path / "pushed"))
    monkeypatch.setenv("VERITEM_HEADS_PASSPHRASE", "a passphrase for heads")
    assert place("heads", "key", "create", "--ledger", "tem.example/l1").status == 0
    return place


def issue(place: Veritem, count: int = 10) -> int:
    """Issue stamps of the order; return the batch's number."""
    number: int = place("batch", "create", "O1", "--count", str(count), "--json").json["number"]
    return number


def remove_ledger(tmp_path: Path) -> None:
    for path in (tmp_path / "var").glob("veritem.db*"):
        path.unlink()


def read_audit(tmp_path: Path, action: str) -> list[tuple[str, str]]:
    """Subject and details of the entries of an action."""
    with closing(sqlite3.connect(tmp_path / "var/veritem.db")) as ledger:
        query = "SELECT subject, details FROM audit WHERE action = ? ORDER BY seq"
        return ledger.execute(query, [action]).fetchall()


def test_batch_numbers_survive_a_restore_and_a_lost_mark(
    signing: Veritem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "var/keys/numbers.json"
    assert issue(signing) == 1
    assert signing("backup", "copy.db").status == 0
    assert issue(signing) == 2
    assert signing("heads", "push").status == 0
    remove_ledger(tmp_path)
    restored = signing("restore", "copy.db", "--accept-loss", "--json").json
    assert (restored["last"]["scans"], restored["last"]["transitions"]) == (None, None)
    assert restored["last"]["audit"].endswith("Z")
    before = mark.read_bytes()
    assert issue(signing) == 3
    mark.write_bytes(before.replace(b"2", b"1"))  # restored with the ledger
    remove_ledger(tmp_path)
    assert signing("restore", "copy.db", "--accept-loss").status == 0
    assert issue(signing) == 3  # what was issued after the last push is in no head
    mark.unlink()
    refused = signing("batch", "create", "O1", "--count", "10", "--json")
    assert (refused.status, refused.refusal["error"]) == (1, "no-number-mark")
    monkeypatch.setenv("VERITEM_HEADS_FOLDER", "")
    assert "--at-least" in signing("keys", "numbers").err
    assert signing("keys", "numbers", "--head", "pushed", "--json").json["highest"] == 3
    assert signing("keys", "numbers", "--at-least", "20", "--json").json["highest"] == 20
    assert issue(signing) == 21


async def save_lots(tmp_path: Path, images: dict[str, str]) -> None:
    """Save lots that name photos."""
    async with await open_ledger(f"sqlite:///{tmp_path / 'var/veritem.db'}") as ledger:
        for code, digest in images.items():
            product = {"code": "ri6", "name": {"vi": "Ri6"}, "image": f"/a/{digest}"}
            await ledger.lots.save(LotRow(code, {"code": code, "product": product}, ("producer",)))


def test_photos_are_copied_restored_and_rehearsed(place: Veritem, tmp_path: Path) -> None:
    store = AttachmentStore(tmp_path / "var/attachments")
    kept, rotten = store.store(b"a photo"), store.store(b"another")
    (tmp_path / "copies").mkdir()
    copied = place("backup", "copies/one.db", "--json").json
    assert copied["photos"] == {"copied": 2, "known": 0, "damaged": []}
    pool = AttachmentStore(tmp_path / "copies/attachments")
    assert place("restore", "--rehearse", "copies/one.db", "--json").json["photos"] == 2
    sought = "f" * 64
    asyncio.run(save_lots(tmp_path, {"L1": kept, "L2": sought}))
    assert place("backup", "copies/two.db").status == 0
    rehearsed = place("restore", "--rehearse", "copies/two.db", "--json")
    assert (rehearsed.status, rehearsed.json["missing_photos"]) == (1, [sought])
    pool.locate(rotten).write_bytes(b"bit rot")
    rehearsed = place("restore", "--rehearse", "copies/one.db", "--json")
    assert (rehearsed.status, rehearsed.json["damaged_photos"]) == (1, [rotten])
    shutil.rmtree(store.folder)
    remove_ledger(tmp_path)
    restored = place("restore", "copies/one.db", "--json")
    assert restored.json["photos"] == {"copied": 1, "known": 0, "damaged": [rotten]}
    assert store.read(kept) == b"a photo"


def test_scheduled_copies_share_their_photos(place: Veritem, tmp_path: Path) -> None:
    AttachmentStore(tmp_path / "var/attachments").store(b"a photo")
    for copied in (1, 0):
        made = place("backups", "run", "--json").json
        assert made["photos"]["copied"] == copied
        (tmp_path / "var/backups" / made["file"]).with_suffix(".json").unlink()


def test_a_restore_lists_the_recalls_that_it_undoes_and_how_to_repeat_them(
    signing: Veritem, tmp_path: Path
) -> None:
    assert issue(signing, 20) == 1
    assert signing("stamps", "printed", "1·0-19", "--as", "lan").status == 0
    register_packer(signing)
    assert signing("lot", "put", lot_file(), "--as", "lan").status == 0
    activated = signing("stamps", "activate", "1·0-9", "--lot", "L1", "--as", "lan")
    assert activated.status == 0, activated.err
    recall(signing, "1·7-8", "--reason", "food-safety")
    assert signing("heads", "push").status == 0
    assert signing("backup", "copy.db").status == 0
    assert signing("stamps", "void", "1·18-19", "--reason", "lost", "--as", "lan").status == 0
    recall(signing, "1·0-1", "1·3", "--reason", "food-safety")
    assert signing("heads", "push").status == 0
    recall(signing, "--lot", "L1", "--reason", "low-quality")
    assert signing("heads", "push").status == 0
    remove_ledger(tmp_path)
    refused = signing("restore", "copy.db", "--json")
    assert "among them 2 recalls" in refused.refusal["message"]
    commands = [
        "veritem stamps recall '1·0-1' '1·3' --reason=food-safety",
        "veritem stamps recall --lot=L1 --reason=low-quality",
    ]
    rehearsed = signing("restore", "--rehearse", "copy.db", "--json").json["undone"]
    restored = signing("restore", "copy.db", "--accept-loss", "--json").json
    for undone in (rehearsed, restored["undone"]):
        assert [one["command"] for one in undone["recalls"]] == commands
        assert (undone["recalls_left_out"], undone["others"]) == (0, {"void": 1})
    remove_ledger(tmp_path)
    said = signing("restore", "copy.db", "--accept-loss").out
    assert said.index(commands[0]) < said.index(commands[1]) < said.index("void")
    for command in commands:
        words = shlex.split(command)[1:]
        proposed = signing(*words, "--as", "lan", "--json").json
        assert signing("proposals", "approve", str(proposed["id"]), "--as", "minh").status == 0
    assert signing("audit", "verify", "--json").json["ok"] is False  # nobody accepted the loss


def test_a_restore_says_where_the_copy_ends_and_what_redis_keeps_of_the_lost_future(
    place: Veritem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, redis_server: RedisServer
) -> None:
    redis_server.cli("-n", "7", "flushdb")
    for name in ("HISTORY", "JOURNAL"):
        monkeypatch.setenv(f"VERITEM_RESOLVER_{name}", redis_server.url(7))
    issue(place)
    assert place("backup", "copy.db").status == 0
    verified = place("audit", "verify", "--json").json
    ends = {"transitions": verified["head"], "audit": verified["audit_head"]}
    shown = place("generation", "show", "--json").json
    assert (shown["generation"], shown["number"], shown["set_aside"]) == ("first", 0, [])
    for entry in (encode_evidence(Evidence(numbered(1), False)), b"\xff"):
        redis_server.cli("-n", "7", "-x", "xadd", "veritem:{scans}", "*", "e", stdin=entry)
    redis_server.cli("-n", "7", "hset", "v3{1.0}0", "L", "1")
    issue(place)
    remove_ledger(tmp_path)
    rehearsed = place("restore", "--rehearse", "copy.db", "--json").json
    assert rehearsed["copy_heads"] == ends
    restored = place("restore", "copy.db", "--json").json
    assert restored["copy_heads"] == ends
    assert restored["number"] == 1
    assert restored["set_aside"] == [{"generation": "first", "scans": 2, "put_aside": 0}]
    remove_ledger(tmp_path)
    said = place("restore", "copy.db").out
    assert ends["audit"] in said
    assert "veritem generation export first --out FILE" in said
    exported = place("generation", "export", "first", "--out", "scans.jsonl", "--json").json
    assert exported["scans"] == 2
    first, second = (tmp_path / "scans.jsonl").read_text().splitlines()
    assert orjson.loads(first)["scan"]["id"] == numbered(1).id.hex()
    assert orjson.loads(second) == {"put_aside": False, "unreadable": "ff"}
    assert place("generation", "delete", "first", "--json").json["keys"] == 1
    assert redis_server.cli("-n", "7", "xlen", "veritem:{scans}") == "2"
    assert place("generation", "delete", "first", "--with-scans", "--json").json["scans"] == 2
    entries = read_audit(tmp_path, "generation.delete")
    assert [(subject, orjson.loads(told)["scans"]) for subject, told in entries] == [
        ("generations:first", 0),
        ("generations:first", 2),
    ]
    present = place("generation", "show", "--json").json
    assert present["set_aside"] == []
    assert place("generation", "delete", present["generation"]).status == 1
    assert place("generation", "export", "../secret", "--out", "x").status == 1
    renewed = place("generation", "renew", "--reason", "a standby", "--json").json
    assert (renewed["number"], renewed["cause"]) == (2, "a standby")
    assert place("audit", "verify").status == 0


def test_a_restore_is_done_although_redis_does_not_answer(
    place: Veritem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert place("backup", "copy.db").status == 0
    remove_ledger(tmp_path)
    monkeypatch.setenv("VERITEM_RESOLVER_JOURNAL", f"redis://127.0.0.1:{free_port()}/0")
    restored = place("restore", "copy.db")
    assert restored.status == 0
    assert "Redis does not answer" in restored.err
    remove_ledger(tmp_path)
    assert place("restore", "copy.db", "--json").json["set_aside"] is None

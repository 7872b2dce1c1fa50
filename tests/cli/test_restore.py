"""What a restore undoes, and what it can not undo: at the command line."""

import shutil
from pathlib import Path

import pytest

from attachments import AttachmentStore
from tests.cli.conftest import Veritem


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


def test_photos_are_copied_restored_and_rehearsed(place: Veritem, tmp_path: Path) -> None:
    store = AttachmentStore(tmp_path / "var/attachments")
    kept, rotten = store.store(b"a photo"), store.store(b"another")
    (tmp_path / "copies").mkdir()
    copied = place("backup", "copies/one.db", "--json").json
    assert copied["photos"] == {"copied": 2, "known": 0, "damaged": []}
    pool = AttachmentStore(tmp_path / "copies/attachments")
    assert place("restore", "--rehearse", "copies/one.db", "--json").json["photos"] == 2
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

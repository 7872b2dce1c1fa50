"""Sweep of photos: what nothing names goes after some time, and what anything names stays."""

import os
import threading
import time
from pathlib import Path

import pytest

from attachments import AttachmentStore
from ledger import Ledger, LotRow, Organisation, SeenDraft, VersionNote, open_ledger
from services.lots.photo_sweep import sweep_photos

DAYS = 30
OLD = time.time() - 31 * 86_400


@pytest.fixture
def store(tmp_path: Path) -> AttachmentStore:
    return AttachmentStore(tmp_path / "photos")


@pytest.fixture
async def ledger(tmp_path: Path):  # type: ignore[no-untyped-def]
    async with await open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as made:
        await made.migrate()
        yield made


def add_old(store: AttachmentStore, content: bytes) -> str:
    digest = store.store(content)
    os.utime(store.locate(digest), (OLD, OLD))
    return digest


async def save_lot(ledger: Ledger, digest: str) -> None:
    note = VersionNote((), reason="typing-error")
    row = LotRow("L1", {"lot": "L1", "product": {"image": f"/a/{digest}"}}, ())
    await ledger.lots.save(row, lambda _: note)


async def test_the_photo_of_a_draft_stays(ledger: Ledger, store: AttachmentStore) -> None:
    await ledger.organisations.add(Organisation("kp", "packer", "Krông Pắc"))
    fields = {"image": f"/a/{add_old(store, b'draft')}"}
    draft = await ledger.lot_drafts.add("kp", "", "crop", fields, actor="mai")
    assert await sweep_photos(ledger, store, days=DAYS) == []
    await ledger.lot_drafts.remove("kp", SeenDraft(draft.id, draft.version))
    assert len(await sweep_photos(ledger, store, days=DAYS)) == 1


async def test_an_old_photo_that_nothing_names_is_removed(
    ledger: Ledger, store: AttachmentStore
) -> None:
    forgotten, young = add_old(store, b"forgotten"), store.store(b"young")
    assert await sweep_photos(ledger, store, days=DAYS) == [forgotten]
    assert not store.locate(forgotten).exists()
    assert store.locate(young).exists()
    assert await sweep_photos(ledger, store, days=DAYS) == []


async def test_photos_of_lots_stay_also_of_their_earlier_versions(
    ledger: Ledger, store: AttachmentStore
) -> None:
    first, second = add_old(store, b"first"), add_old(store, b"second")
    await save_lot(ledger, first)
    await save_lot(ledger, second)
    assert await ledger.named_photos.list_hashes() == {first, second}
    assert await sweep_photos(ledger, store, days=DAYS) == []


async def test_an_old_photo_that_is_uploaded_again_is_young(
    ledger: Ledger, store: AttachmentStore
) -> None:
    digest = add_old(store, b"again")
    assert store.store(b"again") == digest
    assert await sweep_photos(ledger, store, days=0) == []


async def test_an_upload_during_the_sweep_leaves_a_photo(
    ledger: Ledger, store: AttachmentStore
) -> None:
    """Whichever comes first: after both the photo is there."""
    for _ in range(20):
        digest = add_old(store, b"raced")
        uploads = [threading.Thread(target=store.store, args=(b"raced",)) for _ in range(3)]
        for upload in uploads:
            upload.start()
        await sweep_photos(ledger, store, days=DAYS)
        for upload in uploads:
            upload.join()
        assert store.read(digest) == b"raced"


async def test_a_sweep_that_dies_has_removed_some_and_goes_on(
    ledger: Ledger, store: AttachmentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = sorted(add_old(store, bytes([n])) for n in range(3))
    real, removed = store.remove_if_older, []

    def die_at_the_second(digest: str, oldest: float) -> bool:
        if removed:
            raise SystemExit
        removed.append(digest)
        return real(digest, oldest)

    monkeypatch.setattr(store, "remove_if_older", die_at_the_second)
    with pytest.raises(SystemExit):
        await sweep_photos(ledger, store, days=DAYS)
    monkeypatch.undo()
    assert await sweep_photos(ledger, store, days=DAYS) == [
        one for one in photos if one not in removed
    ]

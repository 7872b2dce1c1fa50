"""Copies of the store: whole files only, each verified, what is known is not copied again."""

from pathlib import Path

from attachments import AttachmentStore
from attachments.copies import copy_attachments, list_attachments, list_damaged


def test_a_copy_has_every_photo_and_repeats_none(tmp_path: Path) -> None:
    store = AttachmentStore(tmp_path / "live")
    hashes = {store.store(content) for content in (b"one", b"two")}
    first = copy_attachments(store.folder, tmp_path / "copy")
    hashes.add(store.store(b"three"))
    second = copy_attachments(store.folder, tmp_path / "copy")
    assert (first.copied, second.copied, second.known) == (2, 1, 2)
    assert set(list_attachments(tmp_path / "copy")) == hashes
    assert list_damaged(tmp_path / "copy") == []


def test_a_damaged_photo_is_named_and_not_copied(tmp_path: Path) -> None:
    store = AttachmentStore(tmp_path / "live")
    digest = store.store(b"one")
    store.locate(digest).write_bytes(b"bit rot")
    assert copy_attachments(store.folder, tmp_path / "copy").damaged == (digest,)
    assert list(list_attachments(tmp_path / "copy")) == []
    assert list_damaged(store.folder) == [digest]


def test_a_store_without_photos_copies_nothing(tmp_path: Path) -> None:
    assert copy_attachments(tmp_path / "none", tmp_path / "copy").copied == 0
    assert not (tmp_path / "copy").exists()

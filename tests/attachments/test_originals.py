"""Originals are kept as they came, for the desk alone; a type is what the bytes are."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from attachments import DamagedOriginal, OriginalStore, UnknownMediaType
from attachments.errors import AttachmentsUnwritable
from attachments.media_types import find_media_type
from tests.attachments.photos import encode_photo

POLYGLOT = encode_photo(kind="PNG") + b"<html><script>alert(1)</script></html>"


def test_an_original_keeps_its_bytes_and_strangers_do_not_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = OriginalStore(tmp_path / "evidence")
        digest = store.keep(POLYGLOT)
    finally:
        os.umask(before)
    assert digest == hashlib.sha256(POLYGLOT).hexdigest()
    assert store.read_whole(digest) == POLYGLOT
    place = store.locate(digest)
    assert [one.stat().st_mode & 0o777 for one in (store.folder, place.parent, place)] == [
        0o750,
        0o750,
        0o640,
    ]


@pytest.mark.parametrize("is_missing", [True, False])
def test_a_damaged_or_missing_original_is_not_given_out(tmp_path: Path, is_missing: bool) -> None:
    store = OriginalStore(tmp_path)
    digest = store.keep(b"a,b\n")
    if is_missing:
        store.locate(digest).unlink()
    else:
        store.locate(digest).write_bytes(b"a,c\n")
    with pytest.raises(DamagedOriginal):
        store.read_whole(digest)


def test_a_disk_that_is_nearly_full_takes_no_original(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1 << 30)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(AttachmentsUnwritable, match="nearly full"):
        OriginalStore(tmp_path / "evidence").keep(b"a,b\n")
    assert not (tmp_path / "evidence").exists()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (encode_photo(), "image/jpeg"),
        (POLYGLOT, "image/png"),
        (encode_photo(kind="WEBP"), "image/webp"),
        (encode_photo(kind="TIFF"), "image/tiff"),
        (b"MM\0+\0\x08\0\0", "image/tiff"),
        (json.dumps({"t": [21.5]}).encode(), "application/json"),
        ("  [1]\r\n".encode("utf-16"), "application/json"),
        (b"time;humidity\r\n2026-11-01T07:00;81\r\n", "text/csv"),
        ("giờ\tđộ ẩm\r\n7\t81\r\n".encode(), "text/csv"),
        ("giờ,ẩm\n7,81\n".encode("utf-16"), "text/csv"),
    ],
)
def test_a_type_is_told_by_the_content(content: bytes, name: str) -> None:
    assert find_media_type(content).name == name


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='1,5'><script>alert(1)</script></svg>",
        b"\xef\xbb\xbf \r\n<html>a,b</html>",
        b"%PDF-1.7,",
        b"PK\x03\x04,",
        b"MZ,\0",
        b"GIF89a,\x01\0",
        b"no separator",
        b"{not closed",
        b"a,b\n" + bytes(3),
        b"a,b\n" * (3 << 20),
    ],
    ids=[*("empty", "svg", "html", "pdf", "zip", "exe", "gif", "words", "json", "zeros", "long")],
)
def test_other_content_is_refused(content: bytes) -> None:
    with pytest.raises(UnknownMediaType):
        find_media_type(content)

"""Photos are stored small, without metadata, once, and as a whole or not at all."""

import asyncio
import hashlib
import io
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from PIL import Image

from attachments import (
    AttachmentStore,
    MalformedPhoto,
    PhotoIsHeic,
    PhotoIsPdf,
    PhotoTooLarge,
    UnknownAttachment,
)
from attachments.errors import AttachmentsUnwritable
from tests.attachments.photos import draw_photo, encode_photo, make_png_header
from web import photo_limits


@pytest.fixture
def store(tmp_path: Path) -> AttachmentStore:
    return AttachmentStore(tmp_path / "store")


def list_files(store: AttachmentStore) -> list[Path]:
    return [path for path in store.folder.rglob("*") if path.is_file() and path.name != ".lock"]


async def test_a_photo_is_found_by_the_hash_of_its_bytes(store: AttachmentStore) -> None:
    digest = await store.add_photo(encode_photo())
    content = store.read(digest)
    assert hashlib.sha256(content).hexdigest() == digest
    with Image.open(io.BytesIO(content)) as image:
        assert (image.format, image.size) == ("JPEG", (800, 600))


def test_a_photo_can_be_read_by_the_user_of_another_service(tmp_path: Path) -> None:
    before = os.umask(0o077)  # as the command line sets it
    try:
        store = AttachmentStore(tmp_path / "shared" / "store")
        digest = store.store(encode_photo())
    finally:
        os.umask(before)
    place = store.locate(digest)
    assert [path.stat().st_mode & 0o777 for path in (store.folder, place.parent, place)] == [
        0o755,
        0o755,
        0o644,
    ]


async def test_the_same_photo_is_stored_once(store: AttachmentStore) -> None:
    first = await store.add_photo(encode_photo())
    assert await store.add_photo(encode_photo()) == first
    assert len(list_files(store)) == 1


async def test_place_and_camera_of_a_photo_are_removed_and_its_orientation_applied(
    store: AttachmentStore,
) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif[0x0112] = 6  # turned by 90 degrees
    exif.get_ifd(0x8825)[2] = (12.0, 40.0, 0.0)
    upload = encode_photo(exif=exif.tobytes(), comment=b"Buon Kao")
    content = store.read(await store.add_photo(upload))
    with Image.open(io.BytesIO(content)) as image:
        assert image.size == (600, 800)
        assert not image.getexif()
        assert "comment" not in image.info
        top = image.convert("RGB").getpixel((300, 50))
    assert b"SecretCamera" not in content
    assert isinstance(top, tuple)
    assert top[0] > 150 > top[2], "the red half is on top"


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
async def test_other_formats_become_jpeg_on_white(store: AttachmentStore, kind: str) -> None:
    clear = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    content = store.read(await store.add_photo(encode_photo(clear, kind)))
    with Image.open(io.BytesIO(content)) as image:
        assert image.getpixel((50, 50)) == (255, 255, 255)


async def test_a_large_and_noisy_photo_is_stored_small(store: AttachmentStore) -> None:
    noisy = Image.frombytes("RGB", (2400, 1800), os.urandom(2400 * 1800 * 3))
    content = store.read(await store.add_photo(encode_photo(noisy, quality=95)))
    assert len(content) <= photo_limits.MOST_STORED
    with Image.open(io.BytesIO(content)) as image:
        assert max(image.size) <= photo_limits.MOST_SIDE


@pytest.mark.parametrize(
    "upload",
    [
        b"",
        b"%PDF-1.7",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        encode_photo(kind="GIF"),
        encode_photo(kind="TIFF"),
        encode_photo()[:2000],
        encode_photo(draw_photo(8, 8)),
        make_png_header(4000, 4000),
    ],
    ids=["empty", "pdf", "svg", "gif", "tiff", "cut", "tiny", "too few rows"],
)
async def test_what_is_no_whole_photo_is_refused(store: AttachmentStore, upload: bytes) -> None:
    with pytest.raises(MalformedPhoto):
        await store.add_photo(upload)
    assert not store.folder.exists()


async def test_a_decompression_bomb_is_refused_before_it_is_decoded(store: AttachmentStore) -> None:
    with pytest.raises(PhotoTooLarge, match="pixels"):
        await store.add_photo(make_png_header(60_000, 60_000))


async def test_too_many_bytes_are_refused_without_a_process(store: AttachmentStore) -> None:
    with pytest.raises(PhotoTooLarge, match="bytes"):
        await store.add_photo(bytes(photo_limits.MOST_BYTES + 1))


def test_no_name_leads_out_of_the_folder(store: AttachmentStore) -> None:
    for name in ("../../etc/passwd", "", "A" * 64, "a" * 63, "a" * 64 + "\n"):
        with pytest.raises(UnknownAttachment):
            store.read(name)


async def test_a_folder_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(AttachmentsUnwritable):
        AttachmentStore(tmp_path / "file").store(b"x")


def test_a_killed_writer_leaves_no_visible_photo_and_its_rest_is_removed(
    store: AttachmentStore,
) -> None:
    script = textwrap.dedent("""
        import os, pathlib, sys
        from attachments import hashed_folder as store, AttachmentStore
        pathlib.Path.rename = lambda *_: (print("written", flush=True), os.pause())
        store.os.pause = lambda: __import__("signal").pause()
        AttachmentStore(pathlib.Path(sys.argv[1])).store(b"photo" * 1000)
    """)
    with subprocess.Popen(
        [sys.executable, "-c", script, str(store.folder)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        process.send_signal(signal.SIGKILL)
    (left,) = list_files(store)
    assert store.remove_leftovers() == 0, "a running process may still write it"
    old = time.time() - 7200
    os.utime(left, (old, old))
    assert store.remove_leftovers() == 1
    assert list_files(store) == []


async def test_uploads_at_once_are_decoded_one_after_another(store: AttachmentStore) -> None:
    hashes = await asyncio.gather(*(store.add_photo(encode_photo()) for _ in range(3)))
    assert len(set(hashes)) == 1


@pytest.mark.parametrize(
    ("upload", "refusal"),
    [
        (b"%PDF-1.7\n1 0 obj", PhotoIsPdf),
        (b"\xef\xbb\xbf%PDF-1.4", PhotoIsPdf),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", PhotoIsHeic),
        (b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic", PhotoIsHeic),
    ],
)
async def test_a_pdf_and_a_heic_picture_are_refused_by_their_names(
    store: AttachmentStore, upload: bytes, refusal: type[MalformedPhoto]
) -> None:
    with pytest.raises(refusal):
        await store.add_photo(upload)
    assert not store.folder.exists()

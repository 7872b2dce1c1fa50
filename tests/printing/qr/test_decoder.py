"""Symbols are read from pictures as phones and chats make them: every frame, any ground."""

from pathlib import Path

import numpy as np
import pytest
import segno
from PIL import Image

from printing import decode_image, is_picture
from printing.errors import PictureUnreadable

ONE, OTHER = (
    "HTTPS://VERITEM.VN/S/0D9FRH4K0121V8Q02M5T",
    "HTTPS://VERITEN.VN/S/0D9FRH4K0121V8Q02M5X",
)


def draw(text: str) -> Image.Image:
    """A symbol in grey, four pixels a module."""
    rows = [[0 if dark else 255 for dark in row] for row in segno.make(text, error="m").matrix]
    module = np.kron(np.array(rows, dtype=np.uint8), np.ones((4, 4), dtype=np.uint8))
    return Image.fromarray(np.pad(module, 16, constant_values=255))


@pytest.mark.parametrize("ending", ["tif", "gif", "png", "webp"])
def test_every_frame_is_read(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"pages.{ending}"
    draw(ONE).convert("RGB").save(
        path, save_all=True, append_images=[draw(OTHER).convert("RGB")], lossless=True
    )
    assert decode_image(path) == [ONE, OTHER]


def test_more_frames_than_are_read_are_refused_and_none_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "film.tif"
    frame = Image.new("1", (8, 8))
    frame.save(path, save_all=True, append_images=[frame] * 200)
    with pytest.raises(PictureUnreadable, match="201 frames"):
        decode_image(path)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "P"])
@pytest.mark.parametrize("beneath", [0, 255])
def test_transparent_ground_is_white(tmp_path: Path, mode: str, beneath: int) -> None:
    symbol = draw(ONE)
    clear = Image.merge(
        "RGBA",
        [symbol.point(lambda v: beneath if v else 0)] * 3 + [symbol.point(lambda v: 255 - v)],
    )
    path = tmp_path / "symbol.png"
    if mode == "P":
        flat = symbol.point(lambda v: 1 if v else 0).convert("P")
        flat.putpalette([0, 0, 0, beneath, beneath, beneath])
        flat.save(path, transparency=1)
    else:
        (
            clear.convert("LA") if mode == "LA" else clear.quantize(4) if mode == "PA" else clear
        ).save(path)
    assert decode_image(path) == [ONE]


def test_16_bits_and_a_turned_camera_are_read(tmp_path: Path) -> None:
    deep = Image.fromarray(np.asarray(draw(ONE)).astype(np.uint16) * 257)
    deep.save(tmp_path / "deep.png")
    assert decode_image(tmp_path / "deep.png") == [ONE]
    exif = Image.Exif()
    exif[0x0112] = 6
    draw(ONE).save(tmp_path / "turned.jpg", exif=exif)
    assert decode_image(tmp_path / "turned.jpg") == [ONE]


def test_a_picture_is_told_by_its_content(tmp_path: Path) -> None:
    for name in ("photo.jfif", "photo", "photo.txt"):
        draw(ONE).save(tmp_path / name, format="JPEG")
        assert is_picture(tmp_path / name)
        assert decode_image(tmp_path / name) == [ONE]
    (tmp_path / "photo.png").write_bytes(b"no picture")
    assert not is_picture(tmp_path / "photo.png")
    with pytest.raises(PictureUnreadable):
        decode_image(tmp_path / "photo.png")


def test_a_broken_frame_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.gif"
    draw(ONE).save(path, save_all=True, append_images=[draw(OTHER)])
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(PictureUnreadable):
        decode_image(path)

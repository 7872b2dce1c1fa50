"""Symbol images in every format: decoding, true size, determinism."""

import io
import re
import subprocess
import xml.etree.ElementTree as ET
import zipfile

import numpy as np
import pytest
from PIL import Image

from printing import SEALED_DESIGN
from printing.bundles.symbol_images import stream_symbol_images
from printing.bundles.zip_stream import stream_zip
from printing.qr.decoder import decode_page
from tests.printing.support import uris

SVG = "{http://www.w3.org/2000/svg}"


def drawn(path: str, side: int) -> np.ndarray:
    """Fill the rectangles of an SVG path of runs."""
    grey = np.full((side, side), 255, np.uint8)
    for x, y, n in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", path):
        grey[int(y), int(x) : int(x) + int(n)] = 0
    return grey


def grown(grey: np.ndarray) -> np.ndarray:
    return np.repeat(np.repeat(grey, 6, axis=0), 6, axis=1)


def test_an_svg_has_millimetres_and_decodes(make_run) -> None:
    run = make_run()
    decoded = []
    for _, picture in stream_symbol_images(run, SEALED_DESIGN, "svg", 0, 10):
        root = ET.fromstring(picture)  # noqa: S314  # our own picture
        assert root.get("width") == "18.87mm"  # (29 + 8) · 0.51
        _, dark = root.findall(f"{SVG}path")
        decoded += decode_page(grown(drawn(dark.get("d") or "", 37)), 300)
    assert decoded == uris(run, 0, 10)


def test_a_png_has_one_bit_and_true_size_and_decodes(make_run) -> None:
    run = make_run()
    decoded = []
    for _, picture in stream_symbol_images(run, SEALED_DESIGN, "png", 0, 10):
        image = Image.open(io.BytesIO(picture))
        assert image.mode == "1"
        assert image.width / image.info["dpi"][0] * 25.4 == pytest.approx(18.87, abs=0.001)
        decoded += decode_page(np.asarray(image.convert("L")), 300)
    assert decoded == uris(run, 0, 10)


def test_an_eps_has_the_symbol_and_its_size(make_run) -> None:
    run = make_run()
    decoded = []
    for _, picture in stream_symbol_images(run, SEALED_DESIGN, "eps", 0, 10):
        text = picture.decode("ascii")
        assert text.startswith("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 54 54\n")
        assert max(map(len, text.splitlines())) <= 255
        rows = np.frombuffer(bytes.fromhex(re.search("<([0-9A-F\\s]+)>", text)[1]), np.uint8)
        modules = np.unpackbits(rows.reshape(29, 4), axis=1)[:, :29]
        decoded += decode_page(grown(np.pad((1 - modules) * 255, 4, constant_values=255)), 300)
    assert decoded == uris(run, 0, 10)


@pytest.mark.parametrize("form", ["svg", "png", "eps"])
def test_zips_of_images_are_valid_and_deterministic(make_run, tmp_path, form):
    run = make_run(lo=95, hi=215)
    first = list(
        stream_zip(stream_symbol_images(run, SEALED_DESIGN, form, 95, 215), compress=form != "png")
    )
    second = list(
        stream_zip(stream_symbol_images(run, SEALED_DESIGN, form, 95, 215), compress=form != "png")
    )
    assert b"".join(first) == b"".join(second)
    path = tmp_path / "part.zip"
    path.write_bytes(b"".join(first))
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [f"00000017-{i:08}.{form}" for i in range(95, 215)]
    subprocess.run(["python3", "-m", "zipfile", "-t", path], check=True, capture_output=True)


def test_a_zip_is_never_whole_in_memory() -> None:
    members = ((f"{i}", bytes(1 << 19)) for i in range(20))
    assert max(len(piece) for piece in stream_zip(members, compress=False)) < 3 << 20

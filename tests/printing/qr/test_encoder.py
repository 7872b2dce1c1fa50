"""QR encoder: symbols equal segno's bit for bit, and independent decoders read them."""

import hashlib

import numpy as np
import pytest
import segno
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pyzbar import pyzbar

from printing.errors import NotAlphanumeric, PayloadTooLong
from printing.qr.encoder import learn_encoder
from printing.qr.payload import (
    ALPHANUMERIC,
    VariableField,
    count_variable,
    fill_payload,
    split_segments,
)
from printing.qr.segno_encoder import Level

SEALED_DESIGN = ("HTTPS://VERITEM.VN/S/", VariableField(20))
SIGNED_DESIGN = ("HTTPS://VERITEM.VN/S/", VariableField(20), ".", VariableField(103))
GS1 = ("HTTPS://VERITEM.VN/01/08931234567891/21/", VariableField(20))
GS1_SIGNED = (*GS1, "?8030=", VariableField(86, "byte"))
DEMO = ("HTTP://192.168.1.5:8080/S/", VariableField(20))
FORMS = [SEALED_DESIGN, SIGNED_DESIGN, GS1, GS1_SIGNED, DEMO]
QR = zxingcpp.barcode_formats_from_str("QRCode")
CODES = st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=20, max_size=20)


def as_rows(*texts: str) -> np.ndarray:
    return np.array([list(t.encode("latin-1")) for t in texts], np.uint8)


def theirs(payload: tuple[str | int, ...], text: str, version: int, level: Level, mask: int):
    """Return segno's matrix for the same segments (segno merges adjacent ones of one mode)."""
    number = 0 if version < 10 else 1 if version < 27 else 2
    modes = {"numeric": 1, "alphanumeric": 2, "byte": 4}
    contents, at = [], 0
    for segment in split_segments(payload, number):
        size = len(segment.characters)
        contents.append((text[at : at + size], modes[segment.mode]))
        at += size
    code = segno.make(
        contents, error=level, version=version, mask=mask, micro=False, boost_error=False
    )
    return np.array([list(row) for row in code.matrix], np.uint8)


def picture(matrix: np.ndarray) -> np.ndarray:
    framed = np.pad(matrix, 4)
    return np.repeat(np.repeat((1 - framed) * 255, 6, axis=0), 6, axis=1).astype(np.uint8)


@pytest.mark.parametrize("payload", FORMS, ids=str)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_every_uri_form_equals_segno(payload, data) -> None:
    variable = data.draw(
        st.text(ALPHANUMERIC, min_size=count_variable(payload), max_size=count_variable(payload)),
        "variable",
    )
    engine = learn_encoder(payload)
    ours = engine.encode_matrices(as_rows(variable))[0]
    expected = theirs(payload, fill_payload(payload, variable), engine.version, "M", engine.mask)
    assert np.array_equal(ours, expected)


@pytest.mark.parametrize("payload", FORMS, ids=str)
def test_the_smallest_version_is_chosen(payload) -> None:
    engine = learn_encoder(payload)
    with pytest.raises(PayloadTooLong):
        learn_encoder(payload, version=engine.version - 1)


def test_stamp_uris_have_known_symbol_versions() -> None:
    assert [learn_encoder(form).version for form in FORMS] == [3, 6, 3, 8, 3]


@pytest.mark.parametrize("payload", FORMS, ids=str)
def test_two_independent_decoders_read_the_symbols(payload) -> None:
    rng = np.random.default_rng(3)
    letters = np.frombuffer(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ", np.uint8)
    rows = letters[rng.integers(0, 32, (20, count_variable(payload)))]
    for row, matrix in zip(rows, learn_encoder(payload).encode_matrices(rows), strict=True):
        text = fill_payload(payload, row.tobytes().decode())
        image = picture(matrix)
        assert [s.text for s in zxingcpp.read_barcodes(image, formats=QR)] == [text]
        assert [
            s.data.decode()
            for s in pyzbar.decode(Image.fromarray(image), [pyzbar.ZBarSymbol.QRCODE])
        ] == [text]


def test_a_batch_is_encoded_like_single_stamps() -> None:
    rng = np.random.default_rng(5)
    letters = np.frombuffer(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ", np.uint8)
    rows = letters[rng.integers(0, 32, (5000, 20))]
    engine = learn_encoder(SEALED_DESIGN)
    together = engine.encode_packed(rows)
    for at in (0, 2047, 2048, 4095, 4096, 4999):
        assert np.array_equal(together[at], engine.encode_packed(rows[at : at + 1])[0])


def test_an_empty_batch_has_no_symbols() -> None:
    assert learn_encoder(SEALED_DESIGN).encode_packed(np.empty((0, 20), np.uint8)).shape == (
        0,
        29,
        4,
    )


def test_an_unencodable_character_is_refused_with_its_line() -> None:
    with pytest.raises(NotAlphanumeric) as refusal:
        learn_encoder(SEALED_DESIGN).encode_packed(as_rows("0" * 20, "0" * 19 + "a"))
    assert refusal.value.index == 1
    assert refusal.value.text.endswith("a")


def test_a_payload_that_fits_no_symbol_is_refused() -> None:
    with pytest.raises(PayloadTooLong) as refusal:
        learn_encoder(("HTTPS://" + "A" * 4300 + "/", VariableField(20)))
    assert refusal.value.length > 4300


@pytest.mark.parametrize(
    ("payload", "modes"),
    [
        (SEALED_DESIGN, ["alphanumeric"]),
        (SIGNED_DESIGN, ["alphanumeric"]),
        (DEMO, ["alphanumeric"]),
        (GS1, ["alphanumeric", "numeric", "alphanumeric"]),
        (GS1_SIGNED, ["alphanumeric", "numeric", "alphanumeric", "byte"]),
        (("https://veritem.vn/s/", VariableField(20)), ["byte", "alphanumeric"]),
    ],
)
def test_byte_mode_is_used_only_for_characters_outside_alphanumeric_mode(payload, modes) -> None:
    assert [s.mode for s in split_segments(payload)] == modes


@settings(max_examples=60, deadline=None)
@given(text=st.text("A1?0", min_size=1, max_size=14))
def test_the_segmentation_is_optimal(text) -> None:
    """Compare dynamic programming with all segmentations of up to four segments."""
    header = {"numeric": 14, "alphanumeric": 13, "byte": 12}

    def bits(mode: str, size: int) -> int:
        if mode == "numeric":
            return header[mode] + -(-size * 10 // 3)
        return header[mode] + (-(-size * 11 // 2) if mode == "alphanumeric" else 8 * size)

    def best(rest: str, budget: int) -> int:
        if not rest:
            return 0
        if not budget:
            return 10**6
        costs = []
        for size in range(1, len(rest) + 1):
            part = rest[:size]
            allowed = ["byte"]
            if "?" not in part:
                allowed.append("alphanumeric")
            if part.isdigit():
                allowed.append("numeric")
            costs.append(min(bits(m, size) for m in allowed) + best(rest[size:], budget - 1))
        return min(costs)

    ours = sum(bits(s.mode, len(s.characters)) for s in split_segments((text,)))
    assert ours <= best(text, 4)


@settings(max_examples=10, deadline=None)
@given(signature=st.binary(min_size=86, max_size=86), code=CODES)
def test_byte_placeholders_accept_any_byte(signature, code) -> None:
    engine = learn_encoder(GS1_SIGNED)
    text = code + signature.decode("latin-1")
    expected = theirs(GS1_SIGNED, fill_payload(GS1_SIGNED, text), engine.version, "M", engine.mask)
    assert np.array_equal(engine.encode_matrices(as_rows(text))[0], expected)


@pytest.mark.parametrize(
    ("payload", "level", "digest"),
    [
        (SEALED_DESIGN, "Q", "64e54cf54f23ff4dbada64fb15634a67"),
        (SEALED_DESIGN, "M", "351415c6137feabddcc1bc61f9ca993a"),
        (SIGNED_DESIGN, "M", "499282d7f91addd69e451526764d5676"),
        (GS1, "M", "0f727223510bf35420540b0b11580546"),
        (GS1_SIGNED, "M", "2d72daa66a1db17a6af429697d00586e"),
    ],
    ids=["sealed-as-printed", "sealed", "signed", "gs1", "gs1-signed"],
)
def test_golden_symbols_never_change(payload, level, digest) -> None:
    """Reprints must equal the first print, so these digests are never edited."""
    variable = "".join(
        "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[i * 7 % 32] for i in range(count_variable(payload))
    )
    packed = learn_encoder(payload, level).encode_packed(as_rows(variable))
    assert hashlib.sha256(packed.tobytes()).hexdigest()[:32] == digest


# The last two tests learn many encoders, which would evict those that the others share.


@settings(max_examples=12, deadline=None)
@given(
    host=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ.-0123456789", min_size=1, max_size=40),
    level=st.sampled_from(["L", "M", "Q", "H"]),
    more=st.integers(0, 3),
    mask=st.integers(0, 7),
    code=CODES,
)
def test_every_host_level_version_and_mask_equals_segno(host, level, more, mask, code) -> None:
    payload = (f"HTTPS://{host}/S/", VariableField(20))
    smallest = learn_encoder(payload, level, mask=mask).version
    engine = learn_encoder(payload, level, mask=mask, version=smallest + more)
    ours = engine.encode_matrices(as_rows(code))[0]
    expected = theirs(payload, fill_payload(payload, code), engine.version, level, mask)
    assert np.array_equal(ours, expected)


def test_the_mask_depends_on_the_form_alone_and_beats_the_worst() -> None:
    from segno.encoder import evaluate_mask

    rows = as_rows("0123456789ABCDEFGHJK", "Z9Y8X7W6V5T4S3R2Q1P0", "7H2K9M4NPQ5RSTVWX8YZ")
    scores = []
    for mask in range(8):
        matrices = learn_encoder(SEALED_DESIGN, mask=mask).encode_matrices(rows)
        scores.append(sum(evaluate_mask([bytearray(r) for r in m], 29, 29) for m in matrices))
    chosen = learn_encoder(SEALED_DESIGN).mask
    assert chosen == 1  # for good: a part printed again must have the same symbols
    assert scores[chosen] < max(scores)

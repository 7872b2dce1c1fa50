"""Stamp codes: golden vectors, sealing, opening, parsing and PINs."""

import json
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from hypothesis import given
from hypothesis import strategies as st

from stamps import code as stamp_code
from stamps.code import ALPHABET, BATCH_LIMIT, StampId
from stamps.errors import MalformedCode, OutOfRange, UnknownCode
from stamps.key_ring import EpochKeys, KeyRing
from stamps.pin_ring import PinRing

GOLDEN = json.loads((Path(__file__).parents[1] / "vectors" / "codes-v1.json").read_text())
RING = KeyRing(EpochKeys.derive(epoch, bytes([epoch]) * 32) for epoch in (0, 3, 31))
PINS = PinRing.derive({epoch: bytes([epoch]) * 32 for epoch in (0, 3, 31)})

batches = st.integers(0, BATCH_LIMIT - 1)
epochs = st.sampled_from(RING.epochs)
codes = st.builds(
    lambda epoch, batch, index: RING.seal(batch, index, index + 1, epoch)[0].decode(),
    epochs,
    batches,
    batches,
)


@pytest.mark.parametrize("vector", GOLDEN["codes"], ids=lambda v: v["code"])
def test_golden_codes_verify(vector: dict[str, int | str]) -> None:
    master = bytes.fromhex(str(vector["master"]))
    ring = KeyRing([EpochKeys.derive(int(vector["epoch"]), master)])
    stamp = StampId(int(vector["epoch"]), int(vector["batch"]), int(vector["index"]))
    assert ring.open(str(vector["code"])) == stamp
    sealed = ring.seal(stamp.batch, stamp.index, stamp.index + 1, stamp.epoch)
    assert sealed[0].decode() == vector["code"]
    pins = PinRing.derive({stamp.epoch: master})
    assert pins.derive_pin(stamp) == vector["pin"]


@given(epochs, batches, batches)
def test_a_code_follows_the_specification(epoch: int, batch: int, index: int) -> None:
    keys = EpochKeys.derive(epoch, bytes([epoch]) * 32)

    def prf(key: bytes, number: int) -> int:
        block = bytes([epoch]) + number.to_bytes(6, "big") + bytes(9)
        return int.from_bytes(Cipher(AES(key), ECB()).encryptor().update(block), "big")  # noqa: S305  # SIV is built on the bare block cipher

    identity = batch << 24 | index
    tag = prf(keys.tag, identity) >> (128 - 47)
    body = identity ^ (prf(keys.mask, tag) >> (128 - 48))
    number = epoch << 95 | body << 47 | tag
    spelled = "".join(ALPHABET[number >> (95 - 5 * at) & 31] for at in range(20))
    assert RING.seal(batch, index, index + 1, epoch)[0].decode() == spelled


@given(epochs, batches, st.integers(0, BATCH_LIMIT), st.integers(0, 40_000))
def test_opening_inverts_sealing_for_any_epoch_batch_and_index(
    epoch: int, batch: int, lo: int, count: int
) -> None:
    hi = min(BATCH_LIMIT, lo + count)
    sealed = RING.seal(batch, lo, hi, epoch)
    assert sealed.shape == (hi - lo,)
    assert len(np.unique(sealed)) == hi - lo
    for at in {0, len(sealed) // 2, len(sealed) - 1} & set(range(len(sealed))):
        assert RING.open(sealed[at].decode()) == StampId(epoch, batch, lo + at)


@given(codes, st.integers(0, 19), st.sampled_from(ALPHABET))
def test_a_change_of_any_character_is_refused(code: str, at: int, letter: str) -> None:
    changed = code[:at] + letter + code[at + 1 :]
    if changed == code:
        assert RING.open(changed)
    else:
        with pytest.raises(UnknownCode):
            RING.open(changed)


@given(st.text(ALPHABET, min_size=20, max_size=20))
def test_random_codes_are_refused(text: str) -> None:
    with pytest.raises(UnknownCode):
        RING.open(text)


@given(codes)
def test_a_code_of_another_issuer_is_refused(code: str) -> None:
    stranger = KeyRing(
        EpochKeys.derive(epoch, b"another issuer's master secret !") for epoch in RING.epochs
    )
    with pytest.raises(UnknownCode):
        stranger.open(code)


@given(codes, st.randoms(use_true_random=False))
def test_parsing_accepts_case_separators_and_lookalikes(code: str, random: object) -> None:
    choose = random.choice  # type: ignore[attr-defined]
    alike = {"0": "0Oo", "1": "1IiLl"}
    typed = "".join(choose(["", "-", " "]) + choose(alike.get(c, c + c.lower())) for c in code)
    assert stamp_code.parse_code(typed) == code
    assert stamp_code.parse_code(stamp_code.format_code(code)) == code


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "a code has 20 characters, this one has 0"),
        ("0123456789ABCDEFGHJ", "a code has 20 characters, this one has 19"),
        ("0123456789ABCDEFGHJKM", "a code has 20 characters, this one has 21"),
        ("0123456789ABCDEFGHJU", "'U' is not a letter of codes"),
        ("0123456789ABCDEFGH_1", "'_' is not a letter of codes"),
        ("+123456789ABCDEFGH01", "'+' is not a letter of codes"),
        ("\x00123456789ABCDEFGH01", r"'\x00' is not a letter of codes"),
        ("Đ123456789ABCDEFGH01", "codes have no accented letters"),
        ("０１２３４５６７８９0123456789", "codes have no accented letters"),
    ],
)
def test_malformed_codes_are_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(MalformedCode) as refusal:
        stamp_code.parse_code(text)
    assert refusal.value.why == why
    assert refusal.value.text == text


@given(st.text(max_size=40))
def test_parsing_raises_nothing_but_malformed_code(text: str) -> None:
    try:
        canonical = stamp_code.parse_code(text)
    except MalformedCode:
        return
    assert set(canonical) <= set(ALPHABET)
    assert len(canonical) == stamp_code.LENGTH


def test_codes_of_consecutive_indexes_differ_in_most_characters() -> None:
    sealed = RING.seal(1, 0, 4096).view("S1").reshape(-1, 20)
    agreeing = (sealed[:-1, 1:] == sealed[1:, 1:]).mean()
    assert agreeing == pytest.approx(1 / 32, abs=0.003)


@pytest.mark.parametrize(
    ("batch", "lo", "hi"), [(BATCH_LIMIT, 0, 1), (-1, 0, 1), (0, -1, 1), (0, 0, BATCH_LIMIT + 1)]
)
def test_numbers_out_of_range_are_refused(batch: int, lo: int, hi: int) -> None:
    with pytest.raises(OutOfRange):
        RING.seal(batch, lo, hi)


def test_the_newest_epoch_seals_and_every_epoch_opens() -> None:
    assert RING.newest == 31
    assert stamp_code.parse_epoch(RING.seal(5, 0, 1)[0].decode()) == 31
    with pytest.raises(UnknownCode):
        RING.seal(5, 0, 1, epoch=7)


@given(epochs, batches, st.integers(0, BATCH_LIMIT - 10))
def test_pins_have_eight_digits_and_batches_agree_with_single_pins(
    epoch: int, batch: int, lo: int
) -> None:
    together = [pin.decode() for pin in PINS.derive_pins(batch, lo, lo + 10, epoch)]
    assert together == [PINS.derive_pin(StampId(epoch, batch, lo + at)) for at in range(10)]
    assert all(len(pin) == 8 and pin.isdecimal() for pin in together)


def test_repr_hides_keys() -> None:
    keys = EpochKeys.derive(0, b"s" * 32)
    assert repr(keys) == "EpochKeys(epoch=0)"

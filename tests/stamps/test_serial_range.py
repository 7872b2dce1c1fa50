"""Serial ranges: parsing of accepted forms and the canonical text."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stamps import serial_range
from stamps.code import BATCH_LIMIT
from stamps.serial_range import MalformedRange, SerialRange

numbers = st.integers(0, BATCH_LIMIT - 1)


@given(numbers, numbers, numbers)
def test_formatting_and_parsing_a_range_round_trip(batch: int, one: int, other: int) -> None:
    lo, hi = min(one, other), max(one, other) + 1
    assert serial_range.parse_serial_range(
        serial_range.format_serial_range(batch, lo, hi)
    ) == SerialRange(batch, lo, hi)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "write it as on the roll"),
        ("roll 7", "write it as on the roll"),
        ("7·", "write it as on the roll"),
        ("7·1-", "write it as on the roll"),
        ("7·5-2", "the last, 2, is before the first, 5"),
        ("7·5-8·9", "a serial range stays in one batch"),
        ("16777216", "there is no batch 16777216"),
        ("7·16777216", "no batch has a stamp 16777216"),
        ("-7·1", "write it as on the roll"),
    ],
)
def test_an_invalid_range_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(MalformedRange) as refusal:
        serial_range.parse_serial_range(text)
    assert why in refusal.value.why


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("6.500-6.999", ("6·500-999", "6500-6999")),
        ("6.500-7.999", ("6·500-7·999", "6500-7999")),
        ("6·500-6.999", ("6·500-6999", "6·500-6·999")),
        ("2.009", ("2·9", "2009")),
        ("1.0", ("1·0", "1")),
        ("1.000", ("1·0", "1000")),
        ("4.999", ("4·999", "4999")),
        ("7.42", ("7·42", "7.42")),
        ("1 000", ("1·0", "1000")),
        ("7-10", ("7·10", "7-10")),
        ("0–4999", ("0·4999", "0-4999")),
    ],
)
def test_a_range_with_two_readings_is_refused_with_both(
    text: str, readings: tuple[str, str]
) -> None:
    with pytest.raises(MalformedRange) as refusal:
        serial_range.parse_serial_range(text)
    assert refusal.value.readings == readings
    assert all(reading in str(refusal.value) for reading in readings)


@pytest.mark.parametrize("dash", "-‐‑‒–—―−－")
@pytest.mark.parametrize("mark", ["·", "•", "∙", "⋅", "・", ":", "：", " · ", "Â·"])
def test_any_dash_and_middle_dot_is_read(mark: str, dash: str) -> None:
    for text in (f"7{mark}0{dash}99", f"\ufeff7{mark}0 {dash} 7{mark}99\u00a0\r\n"):
        assert serial_range.parse_serial_range(text) == SerialRange(7, 0, 100)
    assert serial_range.parse_serial_range(f"7{dash}0") == SerialRange(7, 0, 1)


@pytest.mark.parametrize(
    "text", ["7·1 000-1 999", "7·1.000-1.999", "7·1,000-1,999", "７·１０００-１９９９"]
)
def test_thousands_with_one_reading_are_read(text: str) -> None:
    assert serial_range.parse_serial_range(text) == SerialRange(7, 1000, 2000)


@pytest.mark.parametrize("text", ["7·4²", "7·½", "2:0-" + "9" * 5000, "7·" + " " * 200 + "1"])
def test_no_other_digits_and_no_long_text_are_read(text: str) -> None:
    with pytest.raises(MalformedRange):
        serial_range.parse_serial_range(text)


@given(st.text("0123456789.,·: -", max_size=20))
def test_parsing_text_of_digits_and_separators_raises_nothing_else(text: str) -> None:
    with contextlib.suppress(MalformedRange):
        serial_range.parse_serial_range(text)


@given(st.text(max_size=20))
def test_parsing_raises_nothing_but_malformed_range(text: str) -> None:
    try:
        parsed = serial_range.parse_serial_range(text)
    except MalformedRange:
        return
    assert parsed.hi is None or parsed.lo < parsed.hi <= BATCH_LIMIT

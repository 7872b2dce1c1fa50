"""Serial ranges: parsing of accepted forms and the canonical text."""

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


@given(st.text(max_size=20))
def test_parsing_raises_nothing_but_malformed_range(text: str) -> None:
    try:
        parsed = serial_range.parse_serial_range(text)
    except MalformedRange:
        return
    assert parsed.hi is None or parsed.lo < parsed.hi <= BATCH_LIMIT

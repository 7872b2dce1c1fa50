"""Numbers and dates as people type them: one reading, or a refusal that names both."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stamps.serial_range import MalformedRange, compose_serial_range, parse_index
from stamps.typed_date import MalformedDate, parse_typed_date
from stamps.typed_number import MalformedNumber, parse_decimal, parse_whole_number
from stamps.typed_text import normalize_typed_text


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("25000", 25_000),
        ("25 000", 25_000),
        ("25\u00a0000", 25_000),
        ("25\u202f000", 25_000),
        ("1.234.567", 1_234_567),
        ("1,234,567", 1_234_567),
        (" ２５ ", 25),
        ("0", 0),
    ],
)
def test_a_number_with_one_reading_is_read(text: str, number: int) -> None:
    assert parse_whole_number(text) == number


@pytest.mark.parametrize(
    ("text", "readings"),
    [("25.000", ("25000", "25")), ("25,000", ("25000", "25")), ("2,009", ("2009", "2.009"))],
)
def test_a_number_with_two_readings_is_refused_with_both(
    text: str, readings: tuple[str, str]
) -> None:
    with pytest.raises(MalformedNumber) as refusal:
        parse_whole_number(text)
    assert refusal.value.readings == readings


def test_a_page_says_which_sign_separates_thousands() -> None:
    assert parse_whole_number("25.000", thousands=".") == 25_000
    assert parse_whole_number("25,000", thousands=",") == 25_000
    with pytest.raises(MalformedNumber, match="two ways"):
        parse_whole_number("25,000", thousands=".")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.5",
        "1,5",
        "1.0",
        "-1",
        "+1",
        "1e3",
        "٢٥",
        "1.23.456",
        "1.234,567",
        "9" * 5000,
        "1_000",
    ],
)
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(MalformedNumber):
        parse_whole_number(text)


@given(st.text(max_size=30))
def test_parsing_a_number_raises_nothing_else(text: str) -> None:
    with contextlib.suppress(MalformedNumber):
        assert parse_whole_number(text) >= 0


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [("0", "4999", "7·0-4999"), ("1 200", "7·1299", "7·1200-1299"), ("5", "5", "7·5")],
)
def test_the_fields_of_a_form_make_a_range(first: str, last: str, text: str) -> None:
    assert compose_serial_range("7", first, last) == text


@pytest.mark.parametrize(
    ("first", "last", "readings"),
    [
        ("6.500", "6.999", ("6·500", "6500")),
        ("0", "4.999", ("4·999", "4999")),
        ("0", "4,999", ("4·999", "4999")),
        ("1.0", "9", ("1·0", "1")),
    ],
)
def test_a_field_with_two_readings_is_refused_with_both(
    first: str, last: str, readings: tuple[str, str]
) -> None:
    with pytest.raises(MalformedRange) as refusal:
        compose_serial_range("7", first, last)
    assert refusal.value.readings == readings


@given(st.text(max_size=20), st.integers(0, 9))
def test_parsing_an_index_raises_nothing_but_malformed_range(text: str, batch: int) -> None:
    with contextlib.suppress(MalformedRange):
        assert parse_index(text, batch) >= 0


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2026-04-03", "2026-04-03"),
        ("2026-04-03T08:30", "2026-04-03T08:30"),
        ("2026/4/3", "2026-04-03"),
        ("25/12/2026", "2026-12-25"),
        ("12/25/2026 8:30", "2026-12-25T08:30"),
        ("05.05.2026", "2026-05-05"),
    ],
)
def test_a_date_with_one_reading_is_read(text: str, date: str) -> None:
    assert parse_typed_date(text) == date


@pytest.mark.parametrize("text", ["", "tomorrow", "31/02/2026", "2026-13-01", "1/1/26", "25/12"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(MalformedDate):
        parse_typed_date(text)


def test_a_date_with_two_readings_is_refused_with_both() -> None:
    with pytest.raises(MalformedDate) as refusal:
        parse_typed_date("03/04/2026")
    assert refusal.value.readings == ("2026-04-03", "2026-03-04")


@given(st.text(max_size=40))
def test_normalizing_twice_changes_nothing(text: str) -> None:
    once = normalize_typed_text(text)
    assert normalize_typed_text(once) == once


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        *(("12,5", 12.5), ("12.5", 12.5), ("1.234,5", 1234.5), ("1,234.5", 1234.5)),
        *(("1.234.567", 1_234_567), ("1 250", 1250), ("-3,25", -3.25), ("0.1250", 0.125)),
    ],
)
def test_a_fraction_is_read_where_one_reading_exists(typed: str, number: float) -> None:
    assert parse_decimal(typed) == number


@pytest.mark.parametrize("typed", ["1.250", "1,250", "1e3", "nan", "12,,5", "", "5 ha", "٣"])
def test_other_fractions_are_refused(typed: str) -> None:
    with pytest.raises(MalformedNumber):
        parse_decimal(typed)


def test_a_page_says_which_sign_begins_the_fraction() -> None:
    assert (parse_decimal("1.250", "."), parse_decimal("1.250", ",")) == (1250, 1.25)

"""GTINs, check digits and lot numbers follow the GS1 General Specifications."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.gs1_values import (
    MalformedGs1,
    check_gtin_14,
    check_lot_number,
    check_serial_extension,
    compute_check_digit,
    parse_gtin,
)

GTIN = "08935000000014"
numbers = st.text("0123456789", min_size=13, max_size=13).map(lambda d: d + compute_check_digit(d))


@pytest.mark.parametrize(
    "text", ["09506000134352", "9506000134352", "4006381333931", "036000291452", "96385074"]
)
def test_published_trade_item_numbers_are_accepted(text: str) -> None:
    assert parse_gtin(text) == text.zfill(14)


def test_spaces_and_hyphens_are_ignored() -> None:
    assert parse_gtin("8 935000-000014") == GTIN


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "8, 12, 13 or 14"),
        ("123456789", "8, 12, 13 or 14"),
        ("89350000000140000", "8, 12, 13 or 14"),
        ("893500000001A", "8, 12, 13 or 14"),
        ("٨٩٣٥٠٠٠٠٠٠٠١٤", "8, 12, 13 or 14"),
        ("8935000000015", "should be 4"),
    ],
)
def test_other_numbers_are_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(MalformedGs1, match=why) as refusal:
        parse_gtin(text)
    assert refusal.value.text == text


@given(numbers, st.integers(0, 13), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(number: str, place: int, by: int) -> None:
    wrong = str((int(number[place]) + by) % 10)
    with pytest.raises(MalformedGs1, match="check digit"):
        parse_gtin(number[:place] + wrong + number[place + 1 :])


@pytest.mark.parametrize("text", ["8935000000014", GTIN + "0", "0893500000001A", " " + GTIN, ""])
def test_an_address_has_fourteen_digits(text: str) -> None:
    assert check_gtin_14(GTIN) == GTIN
    with pytest.raises(MalformedGs1):
        check_gtin_14(text)


@pytest.mark.parametrize("text", ["", "A" * 21, "sầu riêng", "A B", "A#B", "A\n"])
def test_lot_numbers_have_twenty_characters_of_set_82(text: str) -> None:
    assert check_lot_number('L-7/2026_"(%&)') == 'L-7/2026_"(%&)'
    assert check_lot_number("A" * 20) == "A" * 20
    with pytest.raises(MalformedGs1, match="1 to 20"):
        check_lot_number(text)


def test_serial_extensions_have_twenty_eight_characters() -> None:
    assert check_serial_extension("A" * 28) == "A" * 28
    for text in ("", "A" * 29, "Đ"):
        with pytest.raises(MalformedGs1, match="1 to 28"):
            check_serial_extension(text)

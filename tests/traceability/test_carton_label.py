"""Labels of cartons: what scanners and people give, and what is no label."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stamps.code import parse_code
from stamps.errors import MalformedCode
from traceability.carton_label import (
    LONGEST_LABEL,
    MalformedLabel,
    format_label,
    get_own_kind,
    parse_carton_label,
    read_carton_label,
)
from traceability.gs1_values import compute_check_digit
from traceability.stamp_reader import read_stamp

SSCC = "389350000100000014"


@pytest.mark.parametrize(
    "text",
    [
        SSCC,
        "]C100389350000100000014",
        "]C100389350000100000014\r\n",
        "]Q3(00)389350000100000014",
        "00389350000100000014",
        "(00) 3 8935000 010000001 4",
        "(00)389350000100000014(37)480",
        "]C10038935000010000001437480",
        "3 8935000 010000001 4",
        "３８９３５００００１００００００１４",
        "https://id.gs1.org/00/389350000100000014",
        "https://veritem.vn/00/389350000100000014?x=1",
        "urn:epc:id:sscc:8935000.3010000001",
        f"\u200b{SSCC}\t",
    ],
)
def test_an_sscc_is_read_from_what_people_and_scanners_give(text: str) -> None:
    assert read_carton_label(text) == SSCC
    assert get_own_kind(SSCC) is None


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("T-17", "T-17"),
        (" t–2026–0017 ", "T-2026-0017"),
        ("]C0T-000123\r", "T-000123"),
        ("ｐ－9", "P-9"),
        ("P-" + "9" * 17, "P-" + "9" * 17),
    ],
)
def test_a_packer_without_a_company_prefix_numbers_its_cartons(text: str, label: str) -> None:
    assert read_carton_label(text) == label
    assert get_own_kind(label) == ("pallet" if label[0] == "P" else "carton")
    assert format_label(label) == label


@pytest.mark.parametrize(
    "text",
    [
        "389350000100000015",
        "(00)389350000100000015",
        "]C100389350000100000015",
        "https://id.gs1.org/00/389350000100000015",
        "T-",
        "T--1",
        "T-1-",
        "T-Đ",
        "T-" + "9" * 18,
    ],
)
def test_a_label_with_a_slip_is_refused_and_not_taken_for_something_else(text: str) -> None:
    with pytest.raises(MalformedLabel):
        read_carton_label(text)


@pytest.mark.parametrize(
    "text",
    [
        *("7·0-499", "7", "0D9FR-H4K01-21V8Q-02M5T", "", "T17", "12345678901234567"),
        *("https://VERITEM.VN/S/0D9FRH4K0121V8Q02M5T", "https://id.gs1.org/01/08935000000014"),
        *("(01)08935000000014(21)0D9FRH4K0121V8Q02M5T", "x" * 5000),
    ],
)
def test_what_names_stamps_is_no_label(text: str) -> None:
    assert read_carton_label(text) is None
    with pytest.raises(MalformedLabel):
        parse_carton_label(text)


@given(st.from_regex(r"[0-9]{17}", fullmatch=True))
@settings(max_examples=30, deadline=None)
def test_labels_are_read_again_as_they_are_written(digits: str) -> None:
    label = digits + compute_check_digit(digits)
    assert read_carton_label(label) == label
    assert read_carton_label(f"(00){label}") == label
    assert read_carton_label(format_label(label)) == label


@given(st.from_regex(r"[TP]-[0-9A-Z](-?[0-9A-Z]){0,8}", fullmatch=True))
@settings(max_examples=30, deadline=None)
def test_no_number_of_a_packer_is_a_code_of_a_stamp(text: str) -> None:
    label = parse_carton_label(text)
    assert len(label) <= LONGEST_LABEL
    with pytest.raises(MalformedCode):
        parse_code(read_stamp(label).code)

"""Element strings are parsed and written by the standard, and nothing else is accepted."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.traceability.vectors import VECTORS
from traceability.gs1 import FNC1, format_element_string, parse_element_string
from traceability.gs1_values import MalformedGs1, compute_check_digit

GTIN = "08935000000014"
CODE = "0123456789ABCDEFGHJK"
CSET82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"

numbers = st.text("0123456789", min_size=13, max_size=13).map(lambda d: d + compute_check_digit(d))
values = st.text(CSET82, min_size=1, max_size=20)


@pytest.mark.parametrize(("message", "accepted"), VECTORS["messages"])
def test_messages_are_judged_as_gs1_does(message: str, accepted: bool) -> None:
    text = message.replace("^", FNC1)
    if accepted:
        elements = parse_element_string(text)
        assert parse_element_string(format_element_string(elements, brackets=False)) == elements
    else:
        with pytest.raises(MalformedGs1):
            parse_element_string(text)


@given(numbers, values, values)
def test_elements_survive_both_ways_of_writing(number: str, lot: str, serial: str) -> None:
    elements = {"01": number, "10": lot, "17": "260930", "21": serial}
    assert parse_element_string(format_element_string(elements, brackets=False)) == elements
    assume(not any(f"({n})" in lot + serial for n in range(10, 10_000)))
    assert parse_element_string(format_element_string(elements)) == elements


def test_only_values_of_variable_length_end_with_a_separator() -> None:
    written = format_element_string({"10": "L7", "01": GTIN, "21": CODE}, brackets=False)
    assert written == f"10L7{FNC1}01{GTIN}21{CODE}"


@pytest.mark.parametrize("prefix", ["", "]C1", "]e0", "]d2", "]Q3"])
@pytest.mark.parametrize("end", ["", "\r\n", "\t"])
def test_what_a_scanner_adds_is_ignored(prefix: str, end: str) -> None:
    assert parse_element_string(f"{prefix}01{GTIN}21{CODE}{end}") == {"01": GTIN, "21": CODE}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no element"),
        ("hello", "no known application identifier"),
        ("(01)8935000000014", "has the form N14"),
        ("(01)08935000000015", "check digit"),
        ("(414)8935000000015", "check digit"),
        ("(21)" + "A" * 21, "has the form X..20"),
        ("(21)sầu riêng", "ASCII"),
        ("(10)٣", "ASCII"),
        ("(17)261330", "date that exists"),
        ("(17)260931", "date that exists"),
        ("(17)270229", "date that exists"),
        ("(21)A(21)B", "twice"),
        ("(9999)A", r"\(9999\) is not known"),
        ("(01)", "has the form N14"),
        ("0108935000000", "has the form N14"),
        ("(8030)" + "A" * 91, "has the form Z..90"),
        ("(8030)AB=", "has the form Z..90"),
        ("]Q1(01)08935000000014", "not the prefix of a GS1 symbol"),
        ("]E08935000000014", "not the prefix of a GS1 symbol"),
        ("]", "not the prefix of a GS1 symbol"),
        # Without its separator (10) would run on to its 20th character and (21) be read from there.
        (f"10{'A' * 20}21{CODE}", "has the form X..20"),
    ],
)
def test_malformed_elements_are_refused(text: str, why: str) -> None:
    with pytest.raises(MalformedGs1, match=why):
        parse_element_string(text)


def test_day_zero_is_the_whole_month_and_leap_days_exist() -> None:
    assert parse_element_string("(17)260200(15)280229") == {"17": "260200", "15": "280229"}


def test_a_harvest_may_last_from_one_day_to_another() -> None:
    assert parse_element_string("(7007)260930261002") == {"7007": "260930261002"}
    with pytest.raises(MalformedGs1, match="date that exists"):
        parse_element_string("(7007)260930261032")


@given(st.text(max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    for prefix in ("", "(21)", "]Q3", "01", f"(01){GTIN}"):
        try:
            parse_element_string(prefix + text)
        except MalformedGs1:
            continue

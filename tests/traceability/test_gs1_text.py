"""GS1 elements are read in every form, and what is written is read back."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.traceability.test_gs1 import CSET82, GTIN, numbers, values
from traceability.digital_link import parse_digital_link
from traceability.gs1 import FNC1
from traceability.gs1_text import parse_gs1_text, write_gs1_text
from traceability.gs1_values import MalformedGs1, compute_check_digit


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (f"(01){GTIN}(10)L/7", "GS1 element string"),
        (f"01{GTIN}10L/7", "GS1 element string"),
        (f"]C101{GTIN}10L/7\r\n", "GS1 element string"),
        (f"https://veritem.vn/01/{GTIN}/10/L%2F7", "GS1 Digital Link"),
        (f"VERITEM.VN/01/{GTIN}/10/L%2f7?utm_source=x", "GS1 Digital Link"),
        (f"203.0.113.1/01/{GTIN}/10/L%2F7", "GS1 Digital Link"),
        (json.dumps({"01": GTIN, "10": "L/7"}), "JSON"),
    ],
)
def test_one_reader_takes_every_form(text: str, form: str) -> None:
    reading = parse_gs1_text(text)
    assert (reading.form, reading.elements) == (form, {"01": GTIN, "10": "L/7"})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "not JSON"),
        ("{}", "no element"),
        ('{"01": 8935}', "not a text"),
        ('{"10": "A", "10": "B"}', "stands twice"),
        ('{"01": "08935000000015"}', "check digit"),
        ("[" * 5000, "longer than"),
        ("{" + "[" * 4000, "not JSON"),
        (f"https://veritem.vn/x/{GTIN}", "no primary key"),
    ],
)
def test_other_texts_are_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(MalformedGs1, match=why):
        parse_gs1_text(text)


def test_elements_without_a_primary_key_have_no_address() -> None:
    assert write_gs1_text({"10": "L7"}) == ("(10)L7", None)


def test_a_value_with_a_bracketed_number_is_written_for_machines() -> None:
    elements = {"01": GTIN, "10": "A(21)B", "21": "C"}
    written = write_gs1_text(elements, "https://veritem.vn")
    assert written.element_string == f"01{GTIN}10A(21)B{FNC1}21C"
    assert parse_gs1_text(written.element_string).elements == elements


twelve = st.text("0123456789", min_size=12, max_size=12).map(lambda d: d + compute_check_digit(d))
seventeen = st.text("0123456789", min_size=17, max_size=17).map(
    lambda d: d + compute_check_digit(d)
)
tails = st.text(CSET82, min_size=1, max_size=10)
keys = st.one_of(
    st.fixed_dictionaries({"01": numbers}, optional={"22": values, "10": values, "21": values}),
    st.fixed_dictionaries({"01": numbers, "235": values}),
    st.fixed_dictionaries({"00": seventeen}),
    st.fixed_dictionaries({"414": twelve}, optional={"254": values}),
    st.fixed_dictionaries({"417": twelve}, optional={"7040": st.just("1ABC")}),
    st.fixed_dictionaries({"8006": numbers.map(lambda g: f"{g}0102")}, optional={"21": values}),
    st.builds(lambda key, tail: {"253": key + tail}, twelve, tails),
    st.builds(lambda key, digits: {"255": key + digits}, twelve, st.text("0123456789", max_size=9)),
    st.fixed_dictionaries({"8004": st.text(CSET82, min_size=5, max_size=20).map("8935".__add__)}),
)
attributes = st.fixed_dictionaries({}, optional={"17": st.just("260930"), "240": tails})


@settings(max_examples=60)
@given(keys, attributes)
def test_what_is_written_is_read_back(key: dict[str, str], rest: dict[str, str]) -> None:
    elements = key | rest
    written = write_gs1_text(elements, "https://veritem.vn")
    assert written.digital_link is not None
    assert parse_gs1_text(written.digital_link).elements == elements
    assert parse_digital_link(written.digital_link).elements == elements
    assert parse_gs1_text(written.element_string).elements == elements

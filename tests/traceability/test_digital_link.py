"""Digital Link addresses are parsed by the standard; both parsers read a stamp's alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.traceability.test_gs1 import CODE, CSET82, GTIN, numbers, values
from tests.traceability.vectors import VECTORS
from traceability.digital_link import DigitalLink, format_digital_link, parse_digital_link
from traceability.gs1 import format_element_string, parse_element_string
from traceability.gs1_values import MalformedGs1
from traceability.stamp_link import StampLink, parse_stamp_link

ACCEPTED_AGAINST_THE_VECTORS = {
    "HtTp://tem/b/00/389350000000000428": "RFC 3986 reads a scheme in any case",
}


@pytest.mark.parametrize(("uri", "reading"), VECTORS["addresses"])
def test_addresses_are_read_as_gs1_does(uri: str, reading: str) -> None:
    if reading:
        assert parse_digital_link(uri).elements == parse_element_string(reading)
    elif uri not in ACCEPTED_AGAINST_THE_VECTORS:
        with pytest.raises(MalformedGs1):
            parse_digital_link(uri)


@pytest.mark.parametrize(("uri", "reading"), VECTORS["addresses"])
def test_the_fast_parser_agrees_on_every_path_of_a_trade_item(uri: str, reading: str) -> None:
    path = uri.partition("?")[0].partition("#")[0].removeprefix("https://tem")
    if not path.startswith("/01/") or path.endswith("/"):
        return
    try:
        elements = parse_digital_link(f"https://tem{path}").elements
    except MalformedGs1:
        with pytest.raises(MalformedGs1):
            parse_stamp_link(path)
    else:
        serial = elements.get("21") or elements.get("235")
        assert parse_stamp_link(path) == StampLink(elements["01"], elements.get("10"), serial)


@given(numbers, st.lists(st.sampled_from(["22", "10", "21", "235", "99"]), max_size=4), values)
def test_the_fast_parser_agrees_on_any_qualifiers(
    number: str, qualifiers: list[str], value: str
) -> None:
    quoted = "".join(f"%{ord(c):02X}" for c in value)
    path = f"/01/{number}" + "".join(f"/{ai}/{quoted}" for ai in qualifiers)
    try:
        elements = parse_digital_link(f"https://tem{path}").elements
    except MalformedGs1:
        with pytest.raises(MalformedGs1):
            parse_stamp_link(path)
    else:
        serial = elements.get("21") or elements.get("235")
        assert parse_stamp_link(path) == StampLink(elements["01"], elements.get("10"), serial)


def test_the_fast_parser_ignores_a_slash_at_the_end() -> None:
    assert parse_stamp_link(f"/01/{GTIN}/21/{CODE}/") == StampLink(GTIN, None, CODE)


@pytest.mark.parametrize(
    "path", ["", "/", "/01", "/01/", f"01/{GTIN}", f"/x/01/{GTIN}", f"/01/{GTIN}/21/%C4%90"]
)
def test_the_fast_parser_refuses_other_paths(path: str) -> None:
    with pytest.raises(MalformedGs1):
        parse_stamp_link(path)


@pytest.mark.parametrize("prefix", ["", "]Q1", "\t"])
def test_a_signed_stamp_is_read_with_what_a_scanner_adds(prefix: str) -> None:
    link = parse_digital_link(f"{prefix}HTTPS://VERITEM.VN/01/{GTIN}/21/{CODE}?8030=ABC-_\r\n")
    assert (link.gtin, link.serial, link.lot) == (GTIN, CODE, None)
    assert link.elements["8030"] == "ABC-_"
    assert format_digital_link(link.elements, "HTTPS://VERITEM.VN/") == (
        f"HTTPS://VERITEM.VN/01/{GTIN}/21/{CODE}?8030=ABC-_"
    )


def test_parameters_of_the_web_are_kept_apart() -> None:
    link = parse_digital_link(
        f"https://a.vn/01/{GTIN}/22/2A/10/L%2F7/21/{CODE}?17=260930&linkType=gs1:pip&q=a+b%20c"
    )
    assert link == DigitalLink(
        {"01": GTIN, "22": "2A", "10": "L/7", "21": CODE, "17": "260930"},
        {"linkType": "gs1:pip", "q": "a b c"},
    )
    assert format_element_string(link.elements) == f"(01){GTIN}(22)2A(10)L/7(21){CODE}(17)260930"


def test_a_third_partys_serial_number_is_the_serial() -> None:
    assert parse_digital_link(f"https://a.vn/01/{GTIN}/235/{CODE}").serial == CODE


def test_a_signature_fits_as_base64url_and_not_as_base32() -> None:
    link = parse_digital_link(f"https://a.vn/01/{GTIN}/21/{CODE}?8030={'a-_Z' * 21}aA")
    assert len(link.elements["8030"]) == 86
    with pytest.raises(MalformedGs1, match=r"Z\.\.90"):
        parse_digital_link(f"https://a.vn/01/{GTIN}/21/{CODE}?8030={'Z' * 103}")


@pytest.mark.parametrize(
    ("address", "why"),
    [
        (f"/01/{GTIN}", "not an http or https address"),
        (f"urn:01/{GTIN}", "not an http or https address"),
        ("https://a.vn/01/" + "1" * 3000, "longer than"),
        (f"https://a.vn/01/{GTIN}/21/Đ", "a character that no address has"),
        (f"https://a.vn:x/01/{GTIN}", "[Pp]ort"),
        (f"https://[/01/{GTIN}", "Invalid IPv6"),
        ("https://a.vn/S/ABC", "no primary key"),
        ("https://a.vn/01/08935000000015", "check digit"),
        (f"https://a.vn/01/{GTIN}/10/A/235/B", "235 is the only"),
        (f"https://a.vn/01/{GTIN}/21/A/10/B", "qualifier"),
        (f"https://a.vn/01/{GTIN}/21/A?01={GTIN}", "twice"),
        (f"https://a.vn/01/{GTIN}/21/A?10=B", "belongs in the path"),
        (f"https://a.vn/01/{GTIN}?17=260931", "date that exists"),
        (f"https://a.vn/01/{GTIN}?17", "no value"),
    ],
)
def test_addresses_outside_the_standard_are_refused(address: str, why: str) -> None:
    with pytest.raises(MalformedGs1, match=why):
        parse_digital_link(address)


@pytest.mark.parametrize(
    "elements",
    [
        {"10": "A"},
        {"01": GTIN, "00": "389350000000000428"},
        {"01": GTIN, "10": "A", "235": "B"},
        {"01": "8935000000014"},
    ],
)
def test_elements_that_make_no_address_are_not_written(elements: dict[str, str]) -> None:
    with pytest.raises(MalformedGs1):
        format_digital_link(elements, "https://a.vn")


@given(
    numbers,
    st.lists(st.sampled_from(["22", "10", "21"]), unique=True),
    values,
    st.dictionaries(st.sampled_from(["240", "427"]), st.text(CSET82, min_size=1, max_size=3)),
)
def test_a_written_address_is_read_back(
    number: str, qualifiers: list[str], value: str, attributes: dict[str, str]
) -> None:
    elements = {"01": number} | dict.fromkeys(qualifiers, value) | attributes
    uri = format_digital_link(elements, "https://veritem.vn/stem")
    assert parse_digital_link(uri).elements == elements


@given(st.text(max_size=60))
def test_any_address_is_parsed_or_refused(text: str) -> None:
    for start in ("", "https://a.vn/01/", f"https://a.vn/01/{GTIN}", f"https://a.vn/01/{GTIN}?"):
        try:
            parse_digital_link(start + text)
        except MalformedGs1:
            continue

"""GS1 numbers, element strings and Digital Link addresses are read and written by the standard."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from traceability import digital_link, gs1
from traceability.digital_link import DigitalLink
from traceability.gs1 import FNC1, MalformedGs1, check_digit, gtin, read_elements, write_elements

GTIN = "08935000000014"
CODE = "0123456789ABCDEFGHJK"
CSET82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"

numbers = st.text("0123456789", min_size=13, max_size=13).map(lambda d: d + check_digit(d))
values = st.text(CSET82, min_size=1, max_size=20)


@pytest.mark.parametrize(
    "text", ["09506000134352", "9506000134352", "4006381333931", "036000291452", "96385074"]
)
def test_published_trade_item_numbers_are_accepted(text: str) -> None:
    assert gtin(text) == text.zfill(14)


def test_spaces_and_hyphens_are_forgiven() -> None:
    assert gtin("8 935000-000014") == GTIN


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
        gtin(text)
    assert refusal.value.text == text


@given(numbers, st.integers(0, 13), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(number: str, place: int, by: int) -> None:
    wrong = str((int(number[place]) + by) % 10)
    with pytest.raises(MalformedGs1, match="check digit"):
        gtin(number[:place] + wrong + number[place + 1 :])


@given(numbers, values, values)
def test_elements_survive_both_ways_of_writing(number: str, lot: str, serial: str) -> None:
    elements = {"01": number, "10": lot, "17": "260930", "21": serial}
    assert read_elements(write_elements(elements, brackets=False)) == elements
    assume(not any(f"({n})" in lot + serial for n in range(10, 10_000)))
    assert read_elements(write_elements(elements)) == elements


def test_only_values_without_a_set_length_end_with_a_separator() -> None:
    written = write_elements({"10": "L7", "01": GTIN, "21": CODE}, brackets=False)
    assert written == f"10L7{FNC1}01{GTIN}21{CODE}"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no element"),
        ("hello", "no known application identifier"),
        ("(01)8935000000014", "has the form N14"),
        ("(01)08935000000015", "check digit"),
        ("(21)" + "A" * 21, "has the form X..20"),
        ("(21)sầu riêng", "has the form X..20"),
        ("(17)261330", "YYMMDD"),
        ("(17)260932", "YYMMDD"),
        ("(21)A(21)B", "twice"),
        ("(9999)A", "not known here"),
        ("0108935000000", "has the form N14"),
        ("(8030)" + "A" * 91, "has the form Z..90"),
    ],
)
def test_malformed_elements_are_refused(text: str, why: str) -> None:
    with pytest.raises(MalformedGs1, match=why):
        read_elements(text)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for reader in (gs1.gtin, gs1.read_elements, digital_link.read):
        try:
            reader(text)
        except MalformedGs1:
            continue


def test_a_stamp_as_a_digital_link() -> None:
    link = digital_link.read(f"HTTPS://VERITEM.VN/01/{GTIN}/21/{CODE}?8030=ABC-_")
    assert (link.gtin, link.serial) == (GTIN, CODE)
    assert link.attributes == {"8030": "ABC-_"}
    assert digital_link.write(link, "HTTPS://VERITEM.VN") == (
        f"HTTPS://VERITEM.VN/01/{GTIN}/21/{CODE}?8030=ABC-_"
    )


def test_a_path_alone_a_stem_and_a_short_gtin_are_read() -> None:
    assert digital_link.read(f"/01/8935000000014/21/{CODE}").gtin == GTIN
    assert digital_link.read(f"https://a.vn/some/01/01/{GTIN}/21/{CODE}/").serial == CODE


def test_all_qualifiers_in_order_and_the_elements_they_are() -> None:
    link = digital_link.read(
        f"https://a.vn/01/{GTIN}/22/2A/10/L%2F7/21/{CODE}?17=260930&linkType=gs1:pip"
    )
    assert link == DigitalLink(
        GTIN, "2A", "L/7", CODE, attributes={"17": "260930"}, parameters={"linkType": "gs1:pip"}
    )
    assert write_elements(link.elements) == f"(01){GTIN}(22)2A(10)L/7(21){CODE}(17)260930"


def test_a_signature_fits_as_base64url_and_not_as_base32() -> None:
    link = digital_link.read(f"/01/{GTIN}/21/{CODE}?8030={'a-_Z' * 21}aA")
    assert len(link.attributes["8030"]) == 86
    with pytest.raises(MalformedGs1, match=r"Z\.\.90"):
        digital_link.read(f"/01/{GTIN}/21/{CODE}?8030={'Z' * 103}")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/", "no /01/"),
        ("/S/ABC", "no /01/"),
        ("/01", "no /01/"),
        ("/01/", "no /01/"),
        (f"/gtin/{GTIN}", "no /01/"),
        ("/01/08935000000015", "check digit"),
        (f"/01/{GTIN}/21", "has no value"),
        (f"/01/{GTIN}/21/", "has no value"),
        (f"/01/{GTIN}/21/A/10/B", "order"),
        (f"/01/{GTIN}/10/A/22/B", "order"),
        (f"/01/{GTIN}/21/A/21/B", "order"),
        (f"/01/{GTIN}/235/A/21/B", "order"),
        (f"/01/{GTIN}/10/A/235/B", "order"),
        (f"/01/{GTIN}/99/A", "order"),
        (f"/01/{GTIN}/21/" + "A" * 21, "X..20"),
        (f"/01/{GTIN}/21/%C4%90", "X..20"),
        (f"/01/{GTIN}/21/A?21=B", "not an attribute"),
        (f"/01/{GTIN}/21/A?01={GTIN}", "not an attribute"),
        (f"/01/{GTIN}/21/A?1234=B", "not an attribute"),
        (f"/01/{GTIN}/21/A?17=261399", "YYMMDD"),
        (f"/01/{GTIN}/21/A?17=260930&17=260930", "twice"),
        (f"/01/{GTIN}/21/A?8030={'Z' * 104}", "Z..90"),
        ("https://[/01/" + GTIN, "Invalid IPv6 URL"),
        ("/01/" + "1" * 3000, "longer than"),
    ],
)
def test_addresses_outside_the_standard_are_refused(path: str, why: str) -> None:
    with pytest.raises(MalformedGs1, match=why):
        digital_link.read(path)


def test_235_beside_another_qualifier_is_not_written() -> None:
    with pytest.raises(MalformedGs1, match="order"):
        digital_link.write(DigitalLink(GTIN, lot="A", extension="B"), "https://a.vn")


@given(
    numbers,
    st.one_of(st.none(), values),
    st.one_of(st.none(), values),
    st.one_of(st.none(), values),
    st.dictionaries(st.sampled_from(["240", "427"]), st.text(CSET82, min_size=1, max_size=3)),
    st.dictionaries(st.text("abcXYZ", min_size=1), st.text(min_size=0, max_size=8)),
)
def test_what_is_written_is_read_back(
    number: str,
    variant: str | None,
    lot: str | None,
    serial: str | None,
    attributes: dict[str, str],
    parameters: dict[str, str],
) -> None:
    assume(all(text.encode("utf-8", "ignore").decode() == text for text in parameters.values()))
    link = DigitalLink(number, variant, lot, serial, None, attributes, parameters)
    assert digital_link.read(digital_link.write(link, "https://veritem.vn/stem")) == link

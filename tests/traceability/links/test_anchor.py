"""Anchors: keys with their qualifiers in one canonical form, and what is above them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.traceability.test_gs1 import GTIN, numbers, values
from tests.traceability.vectors import VECTORS
from traceability.digital_link import parse_digital_link
from traceability.gs1_keys import QUALIFIERS
from traceability.gs1_values import MalformedGs1
from traceability.links.anchor import (
    find_key_digits,
    format_anchor,
    list_anchors_above,
    parse_anchor_path,
    split_anchor,
)

GLN = "8935000000014"
KEYS = {
    "00": "389350000000000428",
    "01": GTIN,
    "253": f"{GLN}DOC1",
    "255": f"{GLN}12",
    "401": "8935ABC",
    "402": "89350000000000018",
    "414": GLN,
    "415": GLN,
    "417": GLN,
    "8003": f"0{GLN}7",
    "8004": "8935A-1",
    "8006": f"{GTIN}0102",
    "8010": "8935AB",
    "8013": "8935MD8T",
    "8017": "893500000000000019",
    "8018": "893500000000000019",
}


def test_every_primary_key_of_gs1_is_tried() -> None:
    assert set(KEYS) == set(QUALIFIERS)


@pytest.mark.parametrize("key", [k for k in KEYS if k not in ("402", "8013", "8017", "8018")])
def test_any_primary_key_is_an_anchor(key: str) -> None:
    assert parse_anchor_path(f"/{key}/{KEYS[key]}/") == f"/{key}/{KEYS[key]}"
    assert find_key_digits(f"/{key}/{KEYS[key]}").startswith("8935")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/01",
        "/01/",
        "/99/A",
        "/10/A",
        f"/x/01/{GTIN}",
        f"/01/{GTIN}/414/{GLN}",
        f"/00/389350000000000428/01/{GTIN}",
        f"/01/{GTIN}/21/A/10/B",
        f"/01/{GTIN}/10/A/10/B",
        f"/01/{GTIN}/254/A",
        f"/414/{GLN}/21/A",
        f"/01/{GTIN[:-1]}5",
        f"/01/{GLN}",
        f"/414/{GLN}/254",
        f"/414//254/{GLN}",
        f"/01/{GTIN}/10/%C4%90",
    ],
)
@pytest.mark.parametrize("query", ["", "17=260930", "linkType=gs1:pip"])
def test_paths_outside_the_standard_are_refused(path: str, query: str) -> None:
    with pytest.raises(MalformedGs1):
        parse_anchor_path(path, query)


def test_attributes_are_checked_and_belong_to_no_anchor() -> None:
    assert parse_anchor_path(f"/01/{GTIN}", "17=260930&fbclid=x") == f"/01/{GTIN}"
    for query in ("17=260931", "10=L7", f"01={GTIN}", "99999=1"):
        with pytest.raises(MalformedGs1):
            parse_anchor_path(f"/01/{GTIN}", query)


def test_a_key_is_below_each_choice_of_its_qualifiers() -> None:
    anchor = format_anchor({"10": "L/7", "01": GTIN, "22": "2A", "21": "S"})
    assert anchor == f"/01/{GTIN}/22/2A/10/L%2F7/21/S"
    above = [list(split_anchor(one)) for one in list_anchors_above(anchor)]
    assert above == [
        ["01", "22", "10", "21"],
        ["01", "10", "21"],
        ["01", "22", "21"],
        ["01", "21"],
        ["01", "22", "10"],
        ["01", "10"],
        ["01", "22"],
        ["01"],
    ]


@pytest.mark.parametrize(
    "elements",
    [
        {"10": "L7"},
        {"01": GTIN, "414": GLN},
        {"01": GTIN, "17": "260930"},
        {"01": GTIN, "10": "A", "235": "B"},
        {"01": GTIN, "10": "L 7"},
    ],
)
def test_other_elements_are_no_anchor(elements: dict[str, str]) -> None:
    with pytest.raises(MalformedGs1):
        format_anchor(elements)


@settings(max_examples=40)
@given(numbers, st.dictionaries(st.sampled_from(["22", "10", "21"]), values))
def test_what_is_written_is_read_back(number: str, qualifiers: dict[str, str]) -> None:
    anchor = format_anchor({**qualifiers, "01": number})
    assert split_anchor(anchor) == {"01": number, **qualifiers}
    assert parse_anchor_path(anchor) == parse_anchor_path(anchor, "17=260930") == anchor
    assert len(list_anchors_above(anchor)) == 2 ** len(qualifiers)
    for above in list_anchors_above(anchor):
        assert parse_anchor_path(above) == above


@pytest.mark.parametrize(("uri", "reading"), VECTORS["addresses"])
def test_anchors_are_read_as_gs1_reads_addresses(uri: str, reading: str) -> None:
    if not uri.startswith("https://tem/"):
        return
    path, _, query = uri.removeprefix("https://tem").partition("#")[0].partition("?")
    try:
        link = parse_digital_link(uri)
    except MalformedGs1:
        with pytest.raises(MalformedGs1):
            parse_anchor_path(path, query)
        return
    key, value = next(iter(link.elements.items()))
    if path.split("/")[1:3] == [key, value]:  # there is no stem
        found = split_anchor(parse_anchor_path(path, query))
        assert found == {ai: link.elements[ai] for ai in found}


@settings(max_examples=60)
@given(
    st.sampled_from(sorted(KEYS)),
    st.lists(st.sampled_from(["22", "10", "21", "235", "254", "7040", "8011", "17"]), max_size=3),
    st.sampled_from(["17=260930", "10=A", "254=A", ""]),
)
def test_a_path_is_accepted_where_its_address_is(key: str, more: list[str], query: str) -> None:
    values = {"17": "260930", "7040": "1ABC", "8011": "5"}
    path = f"/{key}/{KEYS[key]}" + "".join(f"/{ai}/{values.get(ai, 'A')}" for ai in more)
    try:
        link = parse_digital_link(f"https://tem{path}?{query}")
    except MalformedGs1:
        with pytest.raises(MalformedGs1):
            parse_anchor_path(path, query)
    else:
        assert split_anchor(parse_anchor_path(path, query)).items() <= link.elements.items()


@settings(max_examples=60)
@given(st.text(max_size=40), st.text(max_size=20))
def test_any_path_is_read_or_refused(path: str, query: str) -> None:
    for start in ("", "/01/", f"/01/{GTIN}/", f"/414/{GLN}/254/"):
        try:
            anchor = parse_anchor_path(start + path, query)
        except MalformedGs1:
            continue
        assert anchor.isascii()
        assert parse_anchor_path(anchor) == anchor

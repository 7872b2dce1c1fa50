"""Which texts, targets, forms and JSON documents are refused for a control character."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from web.control_characters import check_fields, check_json, check_target, check_text
from web.errors import ControlCharacter

TAKEN = "\t\n\r\x1d"
REFUSED = [chr(n) for n in (*range(32), *range(0x7F, 0xA0)) if chr(n) not in TAKEN]


@pytest.mark.parametrize("character", REFUSED, ids=lambda c: f"U+{ord(c):04X}")
def test_a_control_character_is_refused_wherever_it_stands(character: str) -> None:
    for check in (
        lambda: check_text("note", f"a{character}b"),
        lambda: check_fields({"note": character}),
        lambda: check_fields({f"n{character}": "x"}),
        lambda: check_json(json.dumps({"a": [{"b": f"x{character}"}]}).encode()),
        lambda: check_json(json.dumps({"a": character}, ensure_ascii=False).encode()),
        lambda: check_json(json.dumps({f"k{character}": 1}).encode()),
        lambda: check_target("/S/%" + "%".join(f"{b:02x}" for b in character.encode())),
        lambda: check_target(f"/S/{character}"),
    ):
        with pytest.raises(ControlCharacter, match=f"U\\+{ord(character):04X}"):
            check()


def test_what_people_and_scanners_send_is_taken() -> None:
    for text in (TAKEN, "Sầu riêng Ri6 – 榴莲", "a\u00a0b\u200b", "\\u0000"):
        check_text("note", text)
        check_fields({"note": text})
        check_json(json.dumps({"note": text}).encode())
        check_json(json.dumps({"note": text}, ensure_ascii=False).encode())
    check_target("/S/CODE%0D%0A?lang=vi&q=%E1%BA%A7%C4%90%1d%09")


def test_a_document_that_begins_with_a_byte_order_mark_is_checked_too() -> None:
    with pytest.raises(ControlCharacter):
        check_json(b'\xef\xbb\xbf{"a": "\\u0000"}')


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(ControlCharacter, match="U\\+DCFF"):
        check_target(b"/S/\xff".decode("utf-8", "surrogateescape"))


_json = st.recursive(
    st.none() | st.booleans() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in texts(part)]
    return [text for item in value for text in texts(item)] if isinstance(value, list) else []


@given(_json, st.booleans())
def test_a_document_is_refused_exactly_when_a_text_of_it_is(value: object, escaped: bool) -> None:
    body = json.dumps(value, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    try:
        read = from_json(body)
    except ValueError:
        return
    if any(character in text for text in texts(read) for character in REFUSED):
        with pytest.raises(ControlCharacter):
            check_json(body)
    else:
        check_json(body)


@given(st.binary())
def test_what_is_no_json_is_for_the_parser_to_refuse(body: bytes) -> None:
    try:
        check_json(body)
    except ControlCharacter:
        from_json(body.removeprefix(b"\xef\xbb\xbf"))

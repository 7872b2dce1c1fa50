"""Registration codes are read as people type them and written in one way."""

import pytest

from traceability.code_forms import CodeKind, load_code_forms, read_code
from traceability.registration_codes import (
    MalformedRegistrationCode,
    normalize_code,
    parse_code,
    to_search_key,
)


def test_each_form_reads_and_writes_its_own_example() -> None:
    for form in load_code_forms():
        assert read_code(form.example) == (form.kind, form.example)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("VN-BTPH-036", "VN-BTPH-036"),
        ("vn-btph-036 ", "VN-BTPH-036"),
        ("VN BTPH 036", "VN-BTPH-036"),
        ("VNBTPH036", "VN-BTPH-036"),
        ("VN–BTPH–O36", "VN-BTPH-036"),
        ("VN-TGPH-0I2l", "VN-TGPH-0121"),
        ("ＶＮ．ＴＧＰＨ．００１２", "VN-TGPH-0012"),
        ("VN-ÐLPH-0012", "VN-ĐLPH-0012"),
        ("VN-D\u0335LPH-0012", None),
        ("\u200bVN-TGPH-0012\u200b", "VN-TGPH-0012"),
        ("cvnm 0810 220115 0012", "CVNM08102201150012"),
    ],
)
def test_a_packing_house_code_is_read_as_it_is_typed(typed: str, code: str | None) -> None:
    if code is None:
        with pytest.raises(MalformedRegistrationCode):
            parse_code(typed, CodeKind.PACKING_HOUSE)
    else:
        assert parse_code(typed, CodeKind.PACKING_HOUSE) == code


@pytest.mark.parametrize(
    "typed",
    ["", "VN", "VN-TGPH-12", "VN-TGPH-00123", "VN-TPH-1O", "0012", "VN-TGOR-0012", "x" * 101],
)
def test_other_texts_are_no_packing_house_code(typed: str) -> None:
    with pytest.raises(MalformedRegistrationCode, match="such as VN-BTPH-036"):
        parse_code(typed, CodeKind.PACKING_HOUSE)


def test_the_number_has_three_or_four_digits_and_keeps_its_zeros() -> None:
    assert parse_code("vn-tgor-001", CodeKind.GROWING_AREA) == "VN-TGOR-001"
    assert parse_code("vn-tgor-0001", CodeKind.GROWING_AREA) == "VN-TGOR-0001"


def test_a_text_of_no_form_is_only_tidied() -> None:
    assert normalize_code(" chợ đầu mối ") == "CHỢ ĐẦU MỐI"
    assert normalize_code("vn tgor 001") == "VN-TGOR-001"


def test_search_keys_have_plain_letters() -> None:
    assert to_search_key("VN-ĐLOR-0123") == to_search_key("vn dlor 0123") == "VNDLOR0123"

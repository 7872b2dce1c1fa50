import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.urls import StampRequest, get_query_parameter, parse_target
from traceability.stamp_reader import read_stamp


@pytest.mark.parametrize("target", ["/S/CODE", "/s/CODE", "/S/CODE?lang=vi", "/s/CODE?"])
def test_the_plain_address_is_read_in_either_case(target: str) -> None:
    assert parse_target(target) == StampRequest("CODE")


def test_the_signed_address_carries_code_and_signature() -> None:
    assert parse_target("/S/CODE.SIGNATURE") == StampRequest("CODE", "SIGNATURE")


def test_an_empty_signature_is_none() -> None:
    assert parse_target("/S/CODE.") == StampRequest("CODE")


@pytest.mark.parametrize(
    ("target", "asked"),
    [
        ("/01/08935000000014/21/CODE", StampRequest("CODE", None, "08935000000014")),
        (
            "/01/08935000000014/10/LOT7/21/CODE",
            StampRequest("CODE", None, "08935000000014", "LOT7"),
        ),
        ("/01/08935000000014/22/2A/10/L/21/C", StampRequest("C", None, "08935000000014", "L")),
        ("/01/08935000000014/235/CODE", StampRequest("CODE", None, "08935000000014")),
        ("/01/08935000000014/21/CODE?8030=SIG", StampRequest("CODE", "SIG", "08935000000014")),
        (
            "/01/08935000000014/21/CODE?17=270101&8030=SIG",
            StampRequest("CODE", "SIG", "08935000000014"),
        ),
    ],
)
def test_gs1_digital_link_forms_are_read(target: str, asked: StampRequest) -> None:
    assert parse_target(target) == asked


@pytest.mark.parametrize(
    "target",
    [
        "/01/08935000000014",
        "/01/08935000000014/21",
        "/01/08935000000014/21/",
        "/01/08935000000013/21/CODE",
        "/01/8935000000014/21/CODE",
        "/01/08935000000014/21/CODE/10/LOT",
        "/01/08935000000014/10/A/10/B/21/CODE",
        "/01/08935000000014/21/CODE/235/CODE",
        "/01/08935000000014/99/A/21/CODE",
        "/01/",
    ],
)
def test_a_digital_link_without_serial_or_malformed_is_no_stamp(target: str) -> None:
    assert parse_target(target) is None


def test_a_link_type_asks_for_no_verdict() -> None:
    assert parse_target("/01/08935000000014/21/CODE?linkType=gs1:pip") is None


@pytest.mark.parametrize(
    "target", ["/", "/S2/CODE", "//S/CODE", "/../S/CODE", "*", "", "/0123/21/CODE", "/01"]
)
def test_other_targets_are_no_address_of_a_stamp(target: str) -> None:
    assert parse_target(target) is None


def test_an_encoded_slash_separates_no_segments() -> None:
    assert parse_target("/S/AB%2FCD") == StampRequest("AB/CD")
    assert parse_target("/01/08935000000014/21/A%2F10%2FB") == StampRequest(
        "A/10/B", None, "08935000000014"
    )


def test_percent_encoding_is_decoded_once() -> None:
    assert parse_target("/S/AB%252F") == StampRequest("AB%2F")


def test_nul_and_broken_encoding_stay_in_the_code() -> None:
    assert parse_target("/S/AB%00") == StampRequest("AB\0")
    assert parse_target("/S/%FF%FE") == StampRequest("\ufffd\ufffd")


def test_a_code_typed_by_hand_comes_in_the_query() -> None:
    assert parse_target("/S?code=0abcd+efghj") == StampRequest("0abcd efghj", by_hand=True)
    assert parse_target("/s") == StampRequest("", by_hand=True)


@given(st.text(max_size=300))
def test_no_target_raises(target: str) -> None:
    for prefix in ("", "/S/", "/s?code=", "/01/"):
        parse_target(prefix + target)
    get_query_parameter(target, "lang")


codes = st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=20, max_size=20)
signatures = st.text("ABCabc019-_", min_size=1, max_size=103)


@given(codes, st.none() | signatures, st.sampled_from(["", "/10/L1", "/22/2A/10/L1"]))
def test_the_addresses_of_symbols_are_read_as_the_reader_reads_them(
    code: str, signature: str | None, qualifiers: str
) -> None:
    for path, mark in (
        (f"/S/{code}", "."),
        (f"/01/08935000000014{qualifiers}/21/{code}", "?8030="),
    ):
        target = path if signature is None else f"{path}{mark}{signature}"
        request, read = parse_target(target), read_stamp(f"https://veritem.vn{target}")
        assert request == StampRequest(read.code, read.signature, read.gtin, read.lot)
        assert (request.code, request.signature) == (code, signature)

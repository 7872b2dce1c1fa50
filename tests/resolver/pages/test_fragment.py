import gzip
import zlib

from hypothesis import given
from hypothesis import strategies as st

from resolver.pages.fragment import Fragment, Piece, carry_tables, encode_gzip, encode_plain


@given(st.lists(st.text(max_size=600).map(Fragment.compress) | st.binary(max_size=600), max_size=8))
def test_a_spliced_page_unpacks_to_what_it_says(pieces: list[Piece]) -> None:
    assert gzip.decompress(encode_gzip(pieces)) == encode_plain(pieces)


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_a_checksum_is_carried_over_what_follows(a: bytes, b: bytes) -> None:
    crc = zlib.crc32(a)
    one, two, three, four = carry_tables(len(b))
    carried = one[crc & 255] ^ two[crc >> 8 & 255] ^ three[crc >> 16 & 255] ^ four[crc >> 24]
    assert carried ^ zlib.crc32(b) == zlib.crc32(a + b)


def test_two_fragments_joined_are_one() -> None:
    one, two = Fragment.compress("<p>one</p>"), Fragment.compress("<p>two</p>" * 30)
    page: list[Piece] = [b"a", one + two, b"z"]
    assert (
        gzip.decompress(encode_gzip(page))
        == encode_plain(page)
        == encode_plain([b"a", one, two, b"z"])
    )


def test_what_is_secret_stands_uncompressed() -> None:
    assert b"token-abc" in encode_gzip([Fragment.compress("<p>token-abc</p>" * 9), b"token-abc"])

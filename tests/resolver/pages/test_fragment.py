import gzip
import zlib

from hypothesis import given
from hypothesis import strategies as st

from resolver.pages.fragment import Fragment, Piece, carrying, compressed, plain


@given(st.lists(st.text(max_size=600).map(Fragment.of) | st.binary(max_size=600), max_size=8))
def test_a_spliced_page_unpacks_to_what_it_says(pieces: list[Piece]) -> None:
    assert gzip.decompress(compressed(pieces)) == plain(pieces)


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_a_checksum_is_carried_over_what_follows(a: bytes, b: bytes) -> None:
    crc = zlib.crc32(a)
    one, two, three, four = carrying(len(b))
    carried = one[crc & 255] ^ two[crc >> 8 & 255] ^ three[crc >> 16 & 255] ^ four[crc >> 24]
    assert carried ^ zlib.crc32(b) == zlib.crc32(a + b)


def test_two_fragments_joined_are_one() -> None:
    one, two = Fragment.of("<p>one</p>"), Fragment.of("<p>two</p>" * 30)
    page: list[Piece] = [b"a", one + two, b"z"]
    assert gzip.decompress(compressed(page)) == plain(page) == plain([b"a", one, two, b"z"])


def test_what_is_secret_stands_uncompressed() -> None:
    assert b"token-abc" in compressed([Fragment.of("<p>token-abc</p>" * 9), b"token-abc"])

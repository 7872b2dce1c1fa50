"""Forms with files: what browsers send is read back, also where the end is missing."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.errors import MalformedBody
from web.multipart import FormPart, parse_multipart

TYPE = "multipart/form-data; boundary=----Form"
NAMES = st.from_regex(r"[a-z]{1,9}", fullmatch=True)
CONTENTS = st.binary(max_size=60).filter(lambda content: b"----Form" not in content)


def encode(parts: list[tuple[str, str | None, bytes]]) -> bytes:
    body = b""
    for name, filename, content in parts:
        file = "" if filename is None else f'; filename="{filename}"'
        body += (
            f'------Form\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode()
        )
        body += content + b"\r\n"
    return body + b"------Form--\r\n"


PARTS = st.lists(st.tuples(NAMES, st.none() | NAMES, CONTENTS), min_size=1, max_size=5)


@given(PARTS)
def test_what_is_sent_is_read_back(parts: list[tuple[str, str | None, bytes]]) -> None:
    assert parse_multipart(TYPE, encode(parts)) == [FormPart(*part, True) for part in parts]


@given(PARTS, st.integers(0, 400))
def test_of_a_cut_body_the_parts_before_the_cut_are_whole(
    parts: list[tuple[str, str | None, bytes]], cut: int
) -> None:
    body = encode(parts)[: max(cut, len("------Form"))]
    read = parse_multipart(TYPE, body)
    whole = [part for part in read if part.is_whole]
    assert whole == [FormPart(*part, True) for part in parts[: len(whole)]]
    assert len(read) - len(whole) <= 1


@given(st.binary(max_size=300))
def test_anything_else_is_read_or_refused(body: bytes) -> None:
    for content in (body, b"------Form\r\n" + body):
        with suppress(MalformedBody):
            parse_multipart(TYPE, content)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b""),
        (TYPE, b"text"),
        (TYPE, b"------Form\r\nContent-Type: text/plain\r\n\r\nx"),
        (TYPE, b"------Form\r\n" + b"x" * 2000),
        (TYPE, encode([("a", None, b"")] * 17)),
    ],
)
def test_what_is_no_form_is_refused(content_type: str, body: bytes) -> None:
    with pytest.raises(MalformedBody):
        parse_multipart(content_type, body)

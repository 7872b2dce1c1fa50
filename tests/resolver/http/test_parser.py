"""Plain requests: what is read by us reads the same as aiohttp's parser reads it."""

import asyncio
from collections.abc import Iterator

import pytest
from aiohttp import HttpVersion11
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_parser import HttpRequestParser
from hypothesis import assume, event, example, given, settings
from hypothesis import strategies as st

from resolver.http import parser
from resolver.http.parser import LONGEST_PLAIN, read_plain
from resolver.http.request import Request

PHONE = (
    b"GET /S/0D9FRH4K0121V8Q02M5T?lang=en HTTP/1.1\r\nHost: v.vn\r\nConnection: keep-alive\r\n"
    b'sec-ch-ua: "Chromium";v="126"\r\nsec-ch-ua-mobile: ?1\r\nUpgrade-Insecure-Requests: 1\r\n'
    b"User-Agent: Mozilla/5.0 (Linux; Android 13; SM-A146P) AppleWebKit/537.36 Chrome/126\r\n"
    b"Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\nSec-Fetch-Site: none\r\n"
    b"Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nAccept-Encoding: gzip, br\r\n"
    b"Accept-Language: vi-VN,vi;q=0.9\r\nCookie: veritem=abc\r\n\r\n"
)
SCAN = b'POST /v1/scans HTTP/1.1\r\nHost: v.vn\r\nContent-Length: 12\r\n\r\n{"code":"X"}'


def head(*lines: bytes, asked: bytes = b"GET /S/X HTTP/1.1") -> bytes:
    return b"\r\n".join([asked, b"Host: v.vn", *lines, b"", b""])


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    yield made
    made.close()


def parsed(data: bytes, loop: asyncio.AbstractEventLoop) -> Request:
    """What aiohttp's parser makes of it, which must be one request and whole."""
    parser = HttpRequestParser(
        BaseProtocol(loop), loop, 2**16, max_line_size=8190, max_field_size=8190, max_headers=128
    )
    [(message, payload)], upgraded, tail = parser.feed_data(data)
    assert payload.is_eof()
    assert not upgraded
    assert tail == b""
    assert not message.chunked
    assert message.compression is None
    body = payload.read_nowait() if not payload.at_eof() else b""
    stays = not message.should_close and message.version == HttpVersion11
    return Request(message.method, message.path, message.headers, "::1", body, stays)


def assert_alike(ours: Request, theirs: Request) -> None:
    assert ours.method == theirs.method
    assert ours.target == theirs.target
    assert ours.body == theirs.body
    assert ours.stays == theirs.stays
    assert len(ours.headers) == len(theirs.headers)
    for name, value in ours.headers.items():
        assert theirs.headers[name] == value


@pytest.mark.parametrize(
    "data",
    [PHONE, SCAN, head(), head(asked=b"HEAD / HTTP/1.1"), head(b"accept: a: b", b"Via: 1.1 x,y")],
)
def test_what_phones_and_proxies_send_is_plain(
    data: bytes, loop: asyncio.AbstractEventLoop
) -> None:
    ours = read_plain(data, "::1")
    assert ours is not None
    assert ours.remote == "::1"
    assert_alike(ours, parsed(data, loop))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        head()[:-2],  # more is to come
        head() + head(),  # two in one piece
        b"\r\n" + head(),
        head().replace(b"\r\n", b"\n"),
        head(b"Accept: a\rb"),
        head(b"Accept:\tb"),
        head(b"Accept:b"),
        head(b"Accept : b"),
        head(b" Accept: b"),
        head(b"Accept:  b"),
        head(b"Accept: b "),
        head(b"Accept: "),
        head(b"Accept: \xc4\x91"),
        head(b"Accept: a\x00b"),
        head(b"Accept: a", b" b"),  # folded (RFC 9112, 5.2)
        head(b"Accept: a", b"accept: b"),  # twice
        head(b"Accept"),
        head(b"hostX"),
        head(b": x"),
        head(b"X-Unheard-Of: 1"),
        b"GET /S/X HTTP/1.1\r\nAccept: a\r\n\r\n",  # of no host (RFC 9112, 3.2)
        head(b"Transfer-Encoding: chunked"),
        head(b"Expect: 100-continue"),
        head(b"Connection: close"),
        head(b"Connection: Upgrade", b"Upgrade: websocket"),
        head(b"Content-Length: 0"),  # a GET needs none
        head(b"Content-Length: 5") + b"hello",
        head() + b"hello",
        head(asked=b"GET /S/X HTTP/1.0"),
        head(asked=b"GET /S/X  HTTP/1.1"),
        head(asked=b"GET /S/X"),
        head(asked=b"get /S/X HTTP/1.1"),
        head(asked=b"PUT /S/X HTTP/1.1"),
        head(asked=b"GET S/X HTTP/1.1"),
        head(asked=b"GET http://v.vn/S/X HTTP/1.1"),
        head(asked=b"GET * HTTP/1.1"),
        head(asked=b"GET /S/X#y HTTP/1.1"),
        head(asked=b"POST /v1/scans HTTP/1.1"),  # how long?
        SCAN[:-1],
        SCAN + b"x",
        SCAN.replace(b"12", b"+12"),
        SCAN.replace(b"12", b"012"),
        SCAN.replace(b"12", b"12, 12"),
        SCAN.replace(b"12", b"9" * 5000),
        head(b"Cookie: " + b"x" * LONGEST_PLAIN),
    ],
)
def test_whatever_else_is_left_to_the_parser(data: bytes) -> None:
    assert read_plain(data, "::1") is None


def test_any_two_pieces_of_a_plain_request_are_not_plain() -> None:
    for whole in (PHONE, SCAN):
        for cut in range(1, len(whole)):
            assert read_plain(whole[:cut], "") is None
            assert read_plain(whole[cut:], "") is None


_printable = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
_value = st.text(_printable, min_size=1, max_size=12).map(str.strip)
_odd = st.sampled_from(
    [
        *("Connection: close", "Content-Length: 3", "Transfer-Encoding: chunked", "TE: trailers"),
        *("Content-Encoding: gzip", "Upgrade: websocket", "Sec-WebSocket-Key1: x", "X-Y: z"),
        *("Expect: 100-continue", "Host: other", " folded", "no colon"),
    ]
)
_lines = st.builds(
    lambda headers, odd: [*(f"{name}: {value}" for name, value in headers.items()), *odd],
    st.dictionaries(
        st.sampled_from(["Accept", "cookie", "DNT", "Via", "User-Agent", "Referer"]), _value
    ).map(lambda headers: {"Host": "v.vn", **headers}),
    st.lists(_odd, max_size=1),
)


def _put(method: str, target: str, lines: list[str], body: str) -> str:
    length = [f"Content-Length: {len(body)}"] if method == "POST" else []
    return "\r\n".join([f"{method} /{target} HTTP/1.1", *length, *lines, "", body])


_good = st.builds(
    _put,
    st.sampled_from(["GET", "HEAD", "POST"]),
    st.text(_printable, max_size=12).map(lambda text: text.replace(" ", "")),
    _lines,
    st.sampled_from(["", "abc", "3\r\nabc\r\n0\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"]),
)
_change = st.tuples(
    st.integers(0, 120),
    st.integers(0, 2),
    st.sampled_from(["\r", "\n", "\r\n", "\t", " ", "  ", ":", "\0", "#", "%", "+", ",", "close"])
    | st.text(st.characters(max_codepoint=255), max_size=2),
)


def _changed(text: str, changes: list[tuple[int, int, str]]) -> str:
    for at, left_out, put_in in changes:
        text = text[:at] + put_in + text[at + left_out :]
    return text


_request = _good | st.builds(_changed, _good, st.lists(_change, min_size=1, max_size=2))


@given(_request)
@settings(max_examples=1_000, deadline=None)
def test_what_we_read_the_parser_reads_alike(
    loop: asyncio.AbstractEventLoop, request_text: str
) -> None:
    data = request_text.encode("latin-1")
    ours = read_plain(data, "::1")
    if ours is not None:
        event("plain")
        assert_alike(ours, parsed(data, loop))


@given(
    target=st.text(_printable, max_size=40).map("/{}".format),
    value=st.text(_printable, min_size=1, max_size=40).map(str.strip),
    name=st.sampled_from(["Host", "Accept", "Cookie", "Referer", "X-Forwarded-For", "Via"]),
    body=st.none() | st.binary(max_size=60),
)
@example(target="/a?b#c", value=":", name="Host", body=None)
@example(target='/"<>[]^`{|}\\', value='"', name="Cookie", body=b"\r\n\r\n")
@settings(deadline=None)
def test_every_letter_of_a_plain_request_is_read_alike(
    loop: asyncio.AbstractEventLoop, target: str, value: str, name: str, body: bytes | None
) -> None:
    assume(value)
    method, more = ("GET", "") if body is None else ("POST", f"Content-Length: {len(body)}\r\n")
    host = "" if name == "Host" else "Host: v.vn\r\n"
    text = f"{method} {target} HTTP/1.1\r\n{host}{more}{name}: {value}\r\n\r\n"
    data = text.encode() + (body or b"")
    ours = read_plain(data, "::1")
    if " " in target or "#" in target:
        assert ours is None
    else:
        assert ours is not None
        assert_alike(ours, parsed(data, loop))


def test_what_tells_clients_apart_is_not_kept() -> None:
    parser._kept.clear()
    lines = [b"Cookie: veritem=abc", b"X-Forwarded-For: 1.2.3.4", b"Authorization: Bearer x"]
    assert read_plain(head(*lines, b"Accept: */*"), "::1") is not None
    assert set(parser._kept) == {"Host: v.vn", "Accept: */*"}


def test_lines_that_are_kept_are_bounded() -> None:
    for number in range(parser._KEPT_LINES + 10):
        assert read_plain(head(b"User-Agent: %d" % number), "::1") is not None
        assert read_plain(head(b"Accept: " + b"x" * 300), "::1") is not None
    assert len(parser._kept) <= parser._KEPT_LINES
    assert max(map(len, parser._kept)) <= 256

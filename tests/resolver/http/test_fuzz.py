"""Raw and malformed bytes on the socket: which responses may come back.

A bounded run here; `VERITEM_FUZZ=20000` makes it a long one by hand.
"""

import asyncio
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resolver import run_service
from tests.resolver.house import JSON, House, code_of
from tests.resolver.orchard import RING

EXAMPLES = int(os.environ.get("VERITEM_FUZZ", "40"))
CODE = RING.seal(1, 1, 2)[0]
CALM = {
    100,
    200,
    204,
    303,
    400,
    403,
    404,
    405,
    408,
    409,
    410,
    413,
    414,
    415,
    417,
    429,
    431,
    501,
    505,
}
_WITHIN = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

_anything = st.binary(max_size=60)
_pieces = st.sampled_from(
    [
        *(b"%2F", b"%2f", b"..", b"/..", b"%2e%2e", b"%00", b"\x00", b"%", b"%zz", b"//", b"\\"),
        *(b";", b"?", b"#", b"?code=", b"&", b".", b"%C3%28", b"\xff", b"A" * 300, b"A" * 9000),
        *(CODE, CODE.lower(), b"0" * 20, b"/01/08935000000014/21/", b"?8030=", b"lang=en"),
    ]
)
_target = st.builds(
    lambda start, rest: start + b"".join(rest),
    st.sampled_from([b"/S/", b"/s/", b"/S", b"/01/", b"/", b"/v1/scans", b"*", b"http://x/S/"]),
    st.lists(_pieces | _anything, max_size=5),
)
_method = st.sampled_from(
    [b"GET", b"HEAD", b"POST", b"OPTIONS", b"PUT", b"TRACE", b"CONNECT", b"get", b"G\x00T", b""]
)
_header = st.sampled_from(
    [
        *(b"Accept: application/json", b"Accept: text/html", b"Accept-Language: zh;q=x,,;"),
        *(b"Accept-Encoding: gzip", b"Content-Length: 5", b"Content-Length: -1", b"Host: a\x00b"),
        *(b"Content-Length: 99999999999999999999", b"Transfer-Encoding: chunked"),
        *(b"Expect: 100-continue", b"Content-Length : 5"),
        *(b"Transfer-Encoding: chunked, identity", b"Transfer-Encoding:\tchunked"),
        *(b"X: " + b"y" * 9000, b"Cookie: veritem=" + b"\xff" * 30, b"Upgrade: websocket"),
        *(b"Connection: upgrade, close", b"Authorization: Bearer x", b" folded", b": empty"),
        *(b"Content-Type: application/x-www-form-urlencoded", b"Content-Encoding: gzip"),
        *(b"X-Forwarded-For: 1.2.3.4, nonsense", b"Sec-Fetch-Site: cross-site"),
    ]
)  # fmt: skip
_body = st.sampled_from(
    [
        *(b"", b"{}", b"[" * 2000, b'{"code": 1}', b"0\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
        *(b"FFFFFFFFFFFFFFFFF\r\n", b"\x1f\x8b\x08\x00garbage", b'{"code":"' + CODE + b'"}'),
        *(b"GET /S/x HTTP/1.1\r\nHost: x\r\n\r\n", b"code=" + CODE + b"&token=&place=%00"),
    ]
)  # fmt: skip
_request = st.builds(
    lambda method, target, version, headers, body: (
        b"%s %s %s\r\nHost: x\r\n" % (method, target, version)
        + b"".join(line + b"\r\n" for line in headers)
        + b"\r\n"
        + body
    ),
    _method,
    _target,
    st.sampled_from([b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/9", b""]),
    st.lists(_header, max_size=6),
    _body,
)


async def told(house: House, raw: bytes) -> bytes:
    """All that comes back for some bytes, until the server closes or falls silent."""
    host, port = house.serving.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    answer = b""
    try:
        writer.write(raw)
        async with asyncio.timeout(0.15):
            while piece := await reader.read(65536):
                answer += piece
    except (TimeoutError, ConnectionError):
        pass
    writer.close()
    return answer


def statuses(answer: bytes) -> list[int]:
    lines = [line for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.")]
    return [int(line.split()[1]) for line in lines]


@given(requests=st.lists(_request, min_size=1, max_size=3))
@_WITHIN
async def test_whatever_is_sent_gets_a_calm_answer_or_none(
    house: House, requests: list[bytes]
) -> None:
    object.__setattr__(house.dependencies.settings, "unknown_code_seconds", 0.0)
    object.__setattr__(house.dependencies.settings, "body_seconds", 0.1)
    answer = await told(house, b"".join(requests))
    assert set(statuses(answer)) <= CALM, answer[:500]
    assert b"Traceback" not in answer
    assert b"aiohttp" not in answer.lower() or b"400" in answer
    live = await house.get("/health/live")
    assert live.status == 200


@given(noise=st.binary(min_size=1, max_size=400))
@_WITHIN
async def test_noise_is_refused_and_the_next_caller_is_served(house: House, noise: bytes) -> None:
    answer = await told(house, noise + b"\r\n\r\n")
    assert set(statuses(answer)) <= CALM
    assert (await house.get("/health/live")).status == 200


@pytest.mark.parametrize(
    "shape",
    [
        b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX",
        b"Content-Length: 6\r\nContent-Length: 7\r\n\r\nabcdef",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n0\n\n",
        b"Content-Length: 6\r\nContent-Length: 6\r\n\r\nabcdef",
        b"Content-Length: 0x6\r\n\r\nabcdef",
        b"Content-Length : 6\r\n\r\nabcdef",
        b"Host: y\r\nContent-Length: 6\r\n\r\nabcdef",
        b"X: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"X: a\rb\r\nContent-Length: 6\r\n\r\nabcdef",
        b"Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 6\r\n\r\nabcdef",
        b"Content-Length: +6\r\n\r\nabcdef",
        b"Content-Length: 6\r\n folded: x\r\n\r\nabcdef",
    ],
)
async def test_requests_shaped_to_be_read_in_two_ways_are_refused(
    house: House, shape: bytes
) -> None:
    inner = b"GET /S/" + CODE + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = await told(house, b"POST /v1/scans HTTP/1.1\r\nHost: x\r\n" + shape + inner)
    assert statuses(answer) in ([400], [501])


async def test_a_flood_of_headers_is_refused(house: House) -> None:
    head = b"GET / HTTP/1.1\r\n" + b"".join(b"X%d: %s\r\n" % (n, b"y" * 50) for n in range(2000))
    assert statuses(await told(house, head + b"\r\n")) in ([400], [431], [])
    assert (await house.get("/health/live")).status == 200


async def test_a_client_that_reads_nothing_fills_no_memory(house: House) -> None:
    """Thousands of requests in one go, no answer read: the server stops at its high water."""
    host, port = house.serving.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
    ask = b"GET /S/%s HTTP/1.1\r\nHost: x\r\n\r\n" % code_of(house.batches.active, 1).encode()
    writer.write(ask * 5000)
    await asyncio.sleep(0.5)
    visits = sum(house.serving.context.metrics.visits.values())
    assert visits < 1500
    writer.close()
    del reader
    told_after = await (await house.get(f"/S/{code_of(house.batches.active, 1)}", **JSON)).json()
    assert told_after["verdict"] == "authentic"


async def test_a_connection_that_never_finishes_its_request_is_closed(house: House) -> None:
    object.__setattr__(house.dependencies.settings, "head_seconds", 0.3)
    async with run_service(house.dependencies) as slow:
        host, port = slow.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET / HTTP/1.1\r\nX-Slow: ")
        closed = asyncio.create_task(reader.read())
        async with asyncio.timeout(5):
            while not closed.done():
                writer.write(b"X")  # one letter of a head after another, for ever
                await asyncio.sleep(0.02)
        assert closed.exception() is not None or closed.result() == b""
        writer.close()

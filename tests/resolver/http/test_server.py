"""One connection, many requests: whoever answers them, they are answered in their order."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from resolver import run_service
from tests.resolver.house import House, a_house, code_of
from tests.servers import RedisServer


class Line:
    """A raw connection to the service."""

    def __init__(self, house: House) -> None:
        host, port = house.serving.url.removeprefix("http://").split(":")
        self._address = host, int(port)
        self._house = house

    async def __aenter__(self) -> "Line":
        self._reader, self._writer = await asyncio.open_connection(*self._address)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def send(self, raw: bytes, pause: float = 0.02) -> None:
        self._writer.write(raw)
        await self._writer.drain()
        await asyncio.sleep(pause)

    def hang_up(self) -> None:
        self._writer.transport.abort()

    async def answer(self) -> tuple[int, dict[str, str], Any]:
        """The next answer: status, headers (names in lower case), body."""
        async with asyncio.timeout(5):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {
                name.lower(): value
                for name, _, value in (line.partition(": ") for line in head[1:] if line)
            }
            body = await self._reader.readexactly(int(headers.get("content-length", 0)))
        is_json = headers.get("content-type", "").endswith("json")
        return int(head[0].split()[1]), headers, orjson.loads(body) if is_json else body

    async def ended(self) -> bool:
        """Whether the server closes, and says nothing more before it."""
        async with asyncio.timeout(5):
            return await self._reader.read() == b""


def get(code: str, *more: bytes, version: bytes = b"1.1", target: str = "/S/") -> bytes:
    lines = [b"GET %s%s HTTP/%s" % (target.encode(), code.encode(), version), b"Host: x"]
    return b"\r\n".join([*lines, b"Accept: application/json", *more, b"", b""])


def post(body: bytes, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    head = b"POST /v1/scans HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    return head + b"Content-Length: %d\r\n\r\n" % size + body


@pytest.fixture(params=["embedded", "redis"])
async def house(
    request: pytest.FixtureRequest, tmp_path: Path, redis_server: RedisServer
) -> AsyncIterator[House]:
    url = redis_server.url(database=4)
    changes = {"history": url, "journal": url} if request.param == "redis" else {}
    async with a_house(tmp_path, **changes) as made:
        yield made


def codes(house: House, count: int) -> list[str]:
    return [code_of(house.batches.active, index) for index in range(count)]


async def test_requests_one_after_another_share_a_connection(house: House) -> None:
    async with Line(house) as line:
        for code in codes(house, 5):
            await line.send(get(code), pause=0)
            status, _, told = await line.answer()
            assert (status, told["code"]) == (200, code)


async def test_requests_in_one_packet_are_answered_in_their_order(house: House) -> None:
    wanted = codes(house, 40)
    async with Line(house) as line:
        await line.send(b"".join(map(get, wanted)))
        assert [(await line.answer())[2]["code"] for _ in wanted] == wanted


async def test_a_request_that_comes_while_another_is_answered_waits_for_it(house: House) -> None:
    unknown = code_of(house.batches.active, 1)[::-1]  # refused, and only after a while
    known = codes(house, 3)
    async with Line(house) as line:
        await line.send(get(unknown))
        for code in known:
            await line.send(get(code), pause=0.01)
        assert (await line.answer())[0] == 404
        assert [(await line.answer())[2]["code"] for _ in known] == known


async def test_a_request_may_come_letter_by_letter(house: House) -> None:
    [code] = codes(house, 1)
    async with Line(house) as line:
        for letter in get(code):
            await line.send(bytes([letter]), pause=0)
        assert (await line.answer())[2]["code"] == code


async def test_a_body_may_come_after_its_head(house: House) -> None:
    [code] = codes(house, 1)
    body = orjson.dumps({"code": code, "token": await house.token(code)})
    async with Line(house) as line:
        await line.send(post(body[:30], len(body)))
        await line.send(body[30:])
        status, _, told = await line.answer()
        assert (status, told["recorded"]) == (200, True)
        await line.send(get(code))  # and the connection goes on
        assert (await line.answer())[2]["history"]["scans"] == 1


async def test_a_body_that_came_with_its_head_leaves_nothing_for_the_next(house: House) -> None:
    one, two = codes(house, 2)
    first = post(orjson.dumps({"code": one, "token": await house.token(one)}))
    async with Line(house) as line:
        await line.send(first + get(two))
        assert (await line.answer())[2]["recorded"] is True
        assert (await line.answer())[2]["code"] == two
        await line.send(post(b"not json"))
        assert (await line.answer())[0] == 400
        await line.send(get(two))
        assert (await line.answer())[2]["code"] == two


@pytest.mark.parametrize(
    ("more", "version"), [((b"Connection: close",), b"1.1"), ((), b"1.0")], ids=["close", "1.0"]
)
async def test_who_wants_it_closed_is_answered_and_closed(
    house: House, more: tuple[bytes, ...], version: bytes
) -> None:
    [code] = codes(house, 1)
    async with Line(house) as line:
        await line.send(get(code, *more, version=version))
        status, headers, told = await line.answer()
        assert (status, told["code"], headers["connection"]) == (200, code, "close")
        assert await line.ended()


async def test_nonsense_after_a_good_request_is_refused_after_the_good_answer(
    house: House,
) -> None:
    [code] = codes(house, 1)
    async with Line(house) as line:
        await line.send(get(code))
        await line.send(b"\x00\x01nonsense\r\n\r\n")
        assert (await line.answer())[2]["code"] == code
        assert (await line.answer())[0] == 400
        assert await line.ended()


async def test_a_client_that_hangs_up_leaves_no_fault_behind(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    unknown = code_of(house.batches.active, 1)[::-1]
    with caplog.at_level(logging.ERROR):
        for request in (get(unknown), *map(get, codes(house, 3))):
            async with Line(house) as line:
                await line.send(request, pause=0)
                line.hang_up()
        await asyncio.sleep(0.5)
    assert caplog.records == []
    assert (await house.get("/health/live")).status == 200


async def test_an_answer_under_way_is_finished_when_the_service_ends(house: House) -> None:
    object.__setattr__(house.dependencies.settings, "drain_seconds", 4.0)
    unknown = code_of(house.batches.active, 1)[::-1]
    async with run_service(house.dependencies) as other:
        house.serving = other
        line = await Line(house).__aenter__()
        idle = await Line(house).__aenter__()
        await line.send(get(unknown))  # its refusal is held back for a moment
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 5
    assert (await line.answer())[0] == 404
    assert await line.ended()
    assert await idle.ended()


async def test_a_connection_without_requests_is_closed_after_its_time(house: House) -> None:
    object.__setattr__(house.dependencies.settings, "idle_seconds", 1.0)
    [code] = codes(house, 1)
    async with run_service(house.dependencies) as other:
        house.serving = other
        async with Line(house) as line:
            for _ in range(4):  # longer than the time in all
                await line.send(get(code), pause=0.4)
                assert (await line.answer())[0] == 200
            assert await line.ended()


async def test_a_body_that_is_refused_unread_leaves_the_client_its_answer(house: House) -> None:
    async with Line(house) as line:
        await line.send(post(b"x" * 3000, 20_000))
        status, headers, told = await line.answer()
        assert (status, headers["connection"]) == (413, "close")
        assert told["type"] == "/problems/body-too-large"
        await line.send(b"x" * 17_000)  # what the client had promised
        assert await line.ended()


async def test_no_client_makes_it_speak_another_protocol(house: House) -> None:
    [code] = codes(house, 1)
    async with Line(house) as line:
        await line.send(get(code, b"Connection: upgrade", b"Upgrade: websocket"))
        assert (await line.answer())[2]["code"] == code
        assert await line.ended()


async def test_once_a_request_is_not_plain_the_parser_has_the_rest(house: House) -> None:
    one, two, three = codes(house, 3)
    async with Line(house) as line:
        await line.send(get(one))
        await line.send(get(two, b"X-Unheard-Of: 1")[:-2])
        await line.send(b"\r\n" + get(three))
        assert [(await line.answer())[2]["code"] for _ in range(3)] == [one, two, three]
        await line.send(get(one))
        assert (await line.answer())[2]["code"] == one


async def test_many_plain_requests_ahead_of_their_answers_are_held_back_and_all_answered(
    house: House,
) -> None:
    unknown = code_of(house.batches.active, 1)[::-1]  # answered after a while: the others wait
    wanted = codes(house, 5) * 30
    async with Line(house) as line:
        await line.send(get(unknown))
        for code in wanted:
            await line.send(get(code), pause=0.001)
        assert (await line.answer())[0] == 404
        assert [(await line.answer())[2]["code"] for _ in wanted] == wanted

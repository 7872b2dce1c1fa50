"""A print house's account that wants live codes without a line in the audit log."""

from typing import Any

import pytest

from tests.desk.people import somebody
from tests.desk.running_desk import RunningDesk
from tests.desk.test_bundles import ready

EPOCH_DATE = "Thu, 01 Jan 1970 00:00:00 GMT"
FUTURE_DATE = "Fri, 01 Jan 2100 00:00:00 GMT"


async def list_taken(desk: RunningDesk) -> list[dict[str, Any]]:
    entries = await desk.ledger.audit.list_after()
    return [dict(entry.details) for entry in entries if entry.action == "bundle.take"]


RANGES = (
    ({}, "0-{last}"),
    ({"Range": "bytes=0-"}, "0-{last}"),
    ({"Range": "bytes=1-"}, "1-{last}"),
    ({"Range": "BYTES=1-"}, "1-{last}"),
    ({"Range": "bytes=00-"}, "0-{last}"),
    ({"Range": "bytes=0-0"}, "0-0"),
    ({"Range": "bytes=5-99999999"}, "5-{last}"),
    ({"Range": "bytes=-7"}, "{tail}-{last}"),
    ({"Range": "bytes=-99999999"}, "0-{last}"),
    ({"Range": "bytes=-0"}, "0-{last}"),
    ({"Range": "bytes=1-", "If-Range": EPOCH_DATE}, "0-{last}"),
    ({"Range": "bytes=1-", "If-Range": FUTURE_DATE}, "0-{last}"),
    ({"Range": "bytes=1-", "If-Range": '"x"'}, "0-{last}"),
    ({"Range": "bytes=9-1"}, "none"),
    ({"Range": "bytes=99999999-"}, "none"),
    ({"Range": "bytes=0-1,4-"}, "none"),
    ({"Range": "bytes=0-0,-1"}, "none"),
    ({"Range": "bytes= 1-"}, "none"),
    ({"Range": "bytes=1 -"}, "none"),
    ({"Range": "bytes=+1-"}, "none"),
    ({"Range": "bytes=-"}, "none"),
    ({"Range": "items=1-"}, "none"),
    ({"Range": ""}, "none"),
    ({"Range": f"bytes={'9' * 5000}-"}, "none"),
)
"""Headers of a request, and the bytes that are recorded for it."""


@pytest.mark.parametrize("page", [False, True])
async def test_no_form_of_a_range_takes_bytes_without_a_record(
    desk: RunningDesk, page: bool
) -> None:
    (part,) = (await ready(desk, await desk.batch(100)))["parts"]
    size, path = part["size"], part["href"].removeprefix("/api/v1")
    async with somebody(desk, "in") as press:
        for count, (headers, taken) in enumerate(RANGES, 1):
            if page:
                answer = await press.session.get(desk.url + path, headers=headers)
            else:
                answer = await desk.call("in", "GET", part["href"], **headers)
            body = await answer.read()
            entries = await list_taken(desk)
            assert len(entries) == count, headers
            entry = entries[-1]
            expected = taken.format(last=size - 1, tail=size - 7)
            assert (entry["file"], entry["bytes"], entry["size"]) == (part["name"], expected, size)
            if answer.status in (200, 206):
                first, _, last = entry["bytes"].partition("-")
                assert len(body) <= int(last) + 1 - int(first)
            else:
                assert answer.status == 416
                assert entry["bytes"] == "none"
                assert b"HTTPS://" not in body


async def test_a_file_fetched_in_pieces_is_recorded_piece_by_piece(desk: RunningDesk) -> None:
    (part,) = (await ready(desk, await desk.batch(100)))["parts"]
    size, step = part["size"], part["size"] // 4 + 1
    for first in range(0, size, step):
        answer = await desk.call(
            "in", "GET", part["href"], Range=f"bytes={first}-{first + step - 1}"
        )
        assert answer.status == 206
    recorded = [entry["bytes"] for entry in await list_taken(desk)]
    assert recorded == [f"{first}-{min(first + step, size) - 1}" for first in range(0, size, step)]
    assert (await desk.ledger.audit.verify()).ok


async def test_asking_for_the_size_takes_nothing(desk: RunningDesk) -> None:
    (part,) = (await ready(desk, await desk.batch(100)))["parts"]
    answer = await desk.call("in", "HEAD", part["href"], Range="bytes=1-")
    assert await answer.read() == b""
    assert await list_taken(desk) == []


async def test_a_bundle_of_another_print_house_takes_and_records_nothing(
    desk: RunningDesk,
) -> None:
    (part,) = (await ready(desk, await desk.batch(100)))["parts"]
    for value in ("bytes=1-", "bytes=-5"):
        assert (await desk.call("in2", "GET", part["href"], Range=value)).status == 404
        assert (await desk.call(None, "GET", part["href"], Range=value)).status == 401
    assert await list_taken(desk) == []

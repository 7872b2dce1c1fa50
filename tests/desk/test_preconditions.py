"""Conditional requests: 304 for what the client has, 412 for an edit of an older version."""

import asyncio

import pytest

from tests.desk.people import somebody
from tests.desk.running_desk import RunningDesk

ORGANISATION = "/organisations/krong-pac"
CONTENT = {"name": "HTX Krông Pắc", "kind": "packer"}


@pytest.mark.parametrize("path", ["/lots", "/lots/DL-2026-0912", "/me"])
async def test_an_answer_that_the_client_has_is_not_sent_again(
    desk: RunningDesk, path: str
) -> None:
    await desk.lot()
    first = await desk.call("mai", "GET", path)
    tag = first.headers["ETag"]
    for known in (tag, f'W/{tag}, "x"', "*"):
        again = await desk.call("mai", "GET", path, **{"If-None-Match": known})
        assert (again.status, again.headers["ETag"], await again.read()) == (304, tag, b"")
    other = await desk.call("mai", "GET", path, **{"If-None-Match": '"x"'})
    assert (other.status, await other.read()) == (200, await first.read())


async def test_an_answer_has_another_tag_once_it_is_another(desk: RunningDesk) -> None:
    await desk.lot()
    tag = (await desk.call("mai", "GET", "/lots")).headers["ETag"]
    await desk.lot(brand="Ea Kao")
    changed = await desk.call("mai", "GET", "/lots", **{"If-None-Match": tag})
    assert (changed.status, changed.headers["ETag"] != tag) == (200, True)


async def put(desk: RunningDesk, content: dict[str, str], tag: str | None) -> tuple[int, str]:
    headers = {} if tag is None else {"If-Match": tag}
    answer = await desk.call("tri", "PUT", ORGANISATION, content, **headers)
    return answer.status, answer.headers.get("ETag", "")


async def test_an_edit_names_the_version_that_it_changes(desk: RunningDesk) -> None:
    tag = (await desk.call("tri", "GET", ORGANISATION)).headers["ETag"]
    assert (await put(desk, CONTENT, None))[0] == 428
    status, newer = await put(desk, CONTENT, tag)
    assert (status, newer != tag) == (200, True)
    assert (await put(desk, CONTENT, tag))[0] == 200  # the answer was lost; the same again
    other = {**CONTENT, "name": "HTX khác"}
    for stale in (tag, f"W/{newer}", '"x"', "x"):
        assert (await put(desk, other, stale))[0] == 412, stale
    assert (await put(desk, other, f'{newer}, "x"'))[0] == 400
    assert (await desk.ledger.organisations.get("krong-pac")).name == CONTENT["name"]
    assert (await put(desk, other, newer))[0] == 200
    assert (await put(desk, CONTENT, "*"))[0] == 200


async def test_of_two_edits_at_once_one_is_refused(desk: RunningDesk) -> None:
    tag = (await desk.call("tri", "GET", ORGANISATION)).headers["ETag"]
    edits = [put(desk, {**CONTENT, "name": f"HTX {n}"}, tag) for n in range(4)]
    assert sorted(status for status, _ in await asyncio.gather(*edits)) == [200, 412, 412, 412]


async def test_of_two_tabs_the_second_learns_of_the_first(
    desk: RunningDesk, quick_passwords: None
) -> None:
    async with somebody(desk, "tri") as tri:
        one = await tri.get(ORGANISATION)
        other = await tri.get(ORGANISATION)
        for page, name in ((one, "HTX mới"), (other, "HTX cũ")):
            fields = {"name": name, "kind": "packer"}
            answer = await tri.submit(page, ORGANISATION, **fields)
        assert (answer.status, "Người khác vừa sửa" in answer.text) == (412, True)
        assert 'value="HTX cũ"' in answer.html  # what was typed
    assert (await desk.ledger.organisations.get("krong-pac")).name == "HTX mới"

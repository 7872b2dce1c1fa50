"""A control character in a path, a query or a text is 400 on both engines, and nothing is kept."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from desk.api.resources import ROUTES as API_ROUTES
from desk.api.routing import ApiRoute
from desk.pages import ROUTES as PAGE_ROUTES
from services.permissions import GRANTS, Permission
from tests.desk.people import somebody
from tests.desk.running_desk import PEOPLE, RunningDesk, lot_document, new_key, running_desk
from tests.servers import PostgresServer

NUL = "a\x00b"


@pytest.fixture(params=["sqlite", "postgresql"])
async def both(
    request: pytest.FixtureRequest, tmp_path: Path, postgres: PostgresServer
) -> AsyncIterator[RunningDesk]:
    ledger = {"ledger": postgres.database()} if request.param == "postgresql" else {}
    async with running_desk(tmp_path, **ledger) as desk:
        yield desk


def one_who_may(permissions: tuple[Permission, ...]) -> str:
    """An account with one of the permissions."""
    roles = {
        role for role, granted in GRANTS.items() if not permissions or granted & {*permissions}
    }
    return next(name for name, (role, _, _) in PEOPLE.items() if role in roles)


async def refused(answer: aiohttp.ClientResponse, field: str) -> None:
    document = await answer.json()
    assert (answer.status, document["type"]) == (400, "/problems/control-character"), document
    assert (document["field"], document["character"]) == (field, "U+0000")


def fill(route: ApiRoute, text: str) -> str:
    """The route's path with `text` for each text and 1 for each number."""
    return "/" + re.sub(
        r"\{(\w+)\}",
        lambda found: "1" if route.parameters[found[1]] is int else quote(text, safe=""),
        route.path,
    )


async def test_no_path_of_the_api_takes_one(both: RunningDesk) -> None:
    tried = [route for route in API_ROUTES if str in route.parameters.values()]
    assert tried
    for route in tried:
        who = one_who_may(route.permissions)
        await refused(await both.call(who, route.method, fill(route, NUL)), "address")


async def test_no_query_of_the_api_takes_one(both: RunningDesk) -> None:
    for route in (route for route in API_ROUTES if route.query is not None):
        assert route.query is not None
        who = one_who_may(route.permissions)
        for name in route.query.model_fields:
            path = f"{fill(route, 'x')}?{name}={quote(NUL)}"
            await refused(await both.call(who, route.method, path), "address")


async def test_no_text_of_a_body_takes_one(both: RunningDesk) -> None:
    for route in API_ROUTES:
        if route.body is None or route.body is bytes:
            continue
        who = one_who_may(route.permissions)
        for name in route.body.model_fields:  # type: ignore[union-attr]
            answer = await both.call(
                who, route.method, fill(route, "x"), {name: NUL}, key=new_key()
            )
            await refused(answer, name)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"brand": NUL}, "brand"),
        ({"producer": {"name": NUL, "kind": "household"}}, "name"),
        ({"standards": [{"name": "VietGAP", "certificate": NUL}]}, "certificate"),
        ({"brand\x00": "x"}, "body"),
    ],
)
async def test_no_text_of_a_lot_takes_one_however_deep(
    both: RunningDesk, changes: dict[str, Any], field: str
) -> None:
    answer = await both.call("mai", "PUT", "/lots/L1", lot_document("L1", **changes))
    await refused(answer, field)
    assert (await both.call("mai", "GET", "/lots/L1")).status == 404


async def test_no_page_takes_one(both: RunningDesk) -> None:
    for route in PAGE_ROUTES:
        async with somebody(both, one_who_may(route.permissions)) as person:
            path = re.sub(r"\{\w+\}", "1", route.path)
            if route.method == "GET":
                page = await person.get(f"{path}?q={quote(NUL)}")
                assert page.status == 400, path
            else:
                csrf = (await person.get("/account")).hidden("csrf")
                for body in (f"csrf={csrf}&x=a%00b", f"csrf={csrf}&a%00b=x"):
                    headers = {"Content-Type": "application/x-www-form-urlencoded"}
                    page = await person._ask("POST", path, data=body, headers=headers)
                    # The form is shown again, unless its page is not there or not for this role.
                    assert page.status in (400, 403, 404), path
            if str in route.parameters.values():
                path = re.sub(r"\{\w+\}", quote(NUL), route.path)
                assert (await person._ask(route.method, path)).status == 400, path


async def test_no_field_of_an_upload_takes_one(both: RunningDesk) -> None:
    async with somebody(both, "in") as press:
        number = await both.batch(100)
        csrf = (await press.get("/account")).hidden("csrf")
        form = aiohttp.FormData({"csrf": csrf, "text": "printed,1", "key": NUL})
        form.add_field("file", b"", filename="report.csv")
        assert (await press._ask("POST", f"/batches/{number}/reports", data=form)).status == 400


async def test_the_lines_of_a_note_are_kept(both: RunningDesk) -> None:
    note = "first line\r\nsecond\tcell"
    order = await both.fetch(
        "cap", "POST", "/orders", {"count": 5, "grade": "sealed", "note": note}
    )
    shown = await both.fetch("cap", "GET", f"/orders/{order['id']}")
    assert shown["note"] == note

"""A control character in a path, a query or a text is 400, and nothing is kept.

The desk runs on PostgreSQL: a NUL that reached the ledger would be an error of the database there,
and would be stored on SQLite.
"""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest

from desk.api.resources import ROUTES as API_ROUTES
from desk.api.routing import ApiRoute
from desk.pages import ROUTES as PAGE_ROUTES
from desk.pages.routing import PageRoute
from services.permissions import GRANTS, Permission
from tests.desk.people import Somebody, somebody
from tests.desk.running_desk import PEOPLE, RunningDesk, lot_document, new_key, running_desk
from tests.ledger.conftest import TEMPLATE, migrated_postgres  # noqa: F401 - a fixture
from tests.servers import PostgresServer

NUL = "a\x00b"


@pytest.fixture
async def desk(
    tmp_path: Path,
    migrated_postgres: PostgresServer,  # noqa: F811 - the fixture
) -> AsyncIterator[RunningDesk]:
    ledger = migrated_postgres.database(template=TEMPLATE)
    async with running_desk(tmp_path, ledger=ledger) as made:
        yield made


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


async def test_no_path_of_the_api_takes_one(desk: RunningDesk) -> None:
    tried = [route for route in API_ROUTES if str in route.parameters.values()]
    assert tried
    for route in tried:
        who = one_who_may(route.permissions)
        await refused(await desk.call(who, route.method, fill(route, NUL)), "address")


async def test_no_query_of_the_api_takes_one(desk: RunningDesk) -> None:
    for route in (route for route in API_ROUTES if route.query is not None):
        assert route.query is not None
        who = one_who_may(route.permissions)
        for name in route.query.model_fields:
            path = f"{fill(route, 'x')}?{name}={quote(NUL)}"
            await refused(await desk.call(who, route.method, path), "address")


async def test_no_text_of_a_body_takes_one(desk: RunningDesk) -> None:
    for route in API_ROUTES:
        if route.body is None or route.body is bytes:
            continue
        who = one_who_may(route.permissions)
        for name in route.body.model_fields:  # type: ignore[union-attr]
            answer = await desk.call(
                who, route.method, fill(route, "x"), {name: NUL}, key=new_key()
            )
            await refused(answer, name)


async def test_no_text_of_a_lot_takes_one_however_deep(desk: RunningDesk) -> None:
    for changes, field in (
        ({"brand": NUL}, "brand"),
        ({"producer": {"name": NUL, "kind": "household"}}, "name"),
        ({"standards": [{"name": "VietGAP", "certificate": NUL}]}, "certificate"),
        ({"brand\x00": "x"}, "body"),
    ):
        answer = await desk.call("mai", "PUT", "/lots/L1", lot_document("L1", **changes))
        await refused(answer, field)
        assert (await desk.call("mai", "GET", "/lots/L1")).status == 404


async def test_no_page_takes_one(desk: RunningDesk) -> None:
    routes: dict[str, list[PageRoute]] = {}
    for route in PAGE_ROUTES:
        routes.setdefault(one_who_may(route.permissions), []).append(route)
    for who, pages in routes.items():
        async with somebody(desk, who) as person:
            csrf = (await person.get("/account")).hidden("csrf")
            for route in pages:
                await try_page(person, route, csrf)


async def try_page(person: Somebody, route: PageRoute, csrf: str) -> None:
    path = re.sub(r"\{\w+\}", "1", route.path)
    if route.method == "GET":
        assert (await person.get(f"{path}?q={quote(NUL)}")).status == 400, path
    else:
        for body in (f"csrf={csrf}&x=a%00b", f"csrf={csrf}&a%00b=x"):
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            # This form is below the query that says what is traced.
            asked = f"{path}?item=1" if path == "/trace/recall" else path
            page = await person._ask("POST", asked, data=body, headers=headers)
            # The form is shown again, unless its page is not there, not for this role or no name.
            assert page.status in (400, 403, 404, 422), path
    if str in route.parameters.values():
        path = re.sub(r"\{\w+\}", quote(NUL), route.path)
        assert (await person._ask(route.method, path)).status == 400, path


async def test_no_field_of_an_upload_takes_one(desk: RunningDesk) -> None:
    async with somebody(desk, "in") as press:
        number = await desk.batch(100)
        csrf = (await press.get("/account")).hidden("csrf")
        form = aiohttp.FormData({"csrf": csrf, "text": "printed,1", "key": NUL})
        form.add_field("file", b"", filename="report.csv")
        assert (await press._ask("POST", f"/batches/{number}/reports", data=form)).status == 400


async def test_the_lines_of_a_note_are_kept(desk: RunningDesk) -> None:
    note = "first line\r\nsecond\tcell"
    order = await desk.fetch(
        "cap",
        "POST",
        "/orders",
        {"count": 5, "grade": "sealed", "product": "ri6", "packer": "krong-pac", "note": note},
    )
    shown = await desk.fetch("cap", "GET", f"/orders/{order['id']}")
    assert shown["note"] == note

"""Whole connections of any kind: both services answer calmly, log no defect, and go on serving.

A bounded run here; `VERITEM_FUZZ=20000` makes it a long one by hand.
"""

import asyncio
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from yarl import URL

from desk.api.resources import ROUTES as API_ROUTES
from desk.pages import ROUTES as PAGE_ROUTES
from desk.pages import forms
from resolver.handlers.bodies import ClaimBody, ReportBody, ScanBody
from tests.attacks.whole_connections import Place, Visitor, connections, play, statuses
from tests.desk.people import somebody
from tests.desk.running_desk import PEOPLE, RunningDesk
from tests.resolver.house import House, code_of

_WITHIN: Final = settings(
    max_examples=int(os.environ.get("VERITEM_FUZZ", "40")),
    suppress_health_check=list(HealthCheck),
)
_SILENCE: Final = 0.1
_RESOLVER: Final = [
    *(Place(path) for path in ("/S/{}", "/S/{}.{}", "/S?code={}", "/", "/robots.txt")),
    *(Place(path) for path in ("/01/{}/21/{}", "/01/08935000000014/10/{}/21/{}?8030={}", "{}")),
    *(Place(path) for path in ("/.well-known/gs1resolver", "/health/ready", "/S/{}?lang={}")),
    Place("/v1/scans", [*ScanBody.model_fields, "lat", "lon"]),
    Place("/v1/claims", list(ClaimBody.model_fields)),
    Place("/v1/reports", list(ReportBody.model_fields)),
]
_FORM_FIELDS: Final = sorted(
    {
        name
        for form in vars(forms).values()
        if isinstance(form, type) and issubclass(form, forms.Form)
        for name in form.model_fields
    }
)


def _fill(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


_DESK: Final = [
    *(
        Place(f"/api/v1/{_fill(route.path)}", list(getattr(route.body, "model_fields", ())))
        for route in API_ROUTES
    ),
    *(Place(_fill(route.path), _FORM_FIELDS) for route in PAGE_ROUTES),
    *(Place(path) for path in ("/api/openapi.json", "/health/ready", "/assets/{}", "{}")),
]


def is_calm(status: int) -> bool:
    """Not a defect: 501 and 505 are answers to what no HTTP/1.1 server has to know."""
    return status < 500 or status in (501, 505)


@contextmanager
def no_defects() -> Iterator[None]:
    """What the block sends makes the services log no error, and no task of theirs fail."""
    failed: list[Any] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: failed.append(context))
    with capture_logs() as events:
        yield
    errors = [event for event in events if event["log_level"] in ("error", "critical")]
    # A dependency that is slow is the machine's doing, not the connection's.
    assert not [event for event in errors if event["event"] != "dependency fails"]
    assert not failed


@given(data=st.data())
@_WITHIN
async def test_the_public_service_answers_every_connection_calmly(
    house: House, data: st.DataObject
) -> None:
    code = code_of(house.batches.active, 1)
    object.__setattr__(house.dependencies.settings, "unknown_code_seconds", 0.0)
    visitor = Visitor((), {}, [code, code.lower(), await house.token(code), "08935000000014"])
    steps = data.draw(connections(_RESOLVER, [visitor]))
    with no_defects():
        answer = await play(int(house.serving.url.rpartition(":")[2]), steps, _SILENCE)
    assert all(map(is_calm, statuses(answer))), answer[:2000]
    assert (await house.get("/health/live")).status == 200


class Visitors:
    """A stranger, and somebody of each role, at the pages and at the API.

    They come anew every fifty connections, because some connections end their sessions.
    """

    def __init__(self, desk: RunningDesk) -> None:
        self._desk = desk
        self._known: list[Visitor] = []
        self._uses = 0

    async def come(self) -> list[Visitor]:
        if self._uses % 50 == 0:
            self._known = await self._sign_in()
        self._uses += 1
        return self._known

    async def _sign_in(self) -> list[Visitor]:
        desk = self._desk
        number = await desk.activated(200)
        alert = await desk.alert(number, 3)
        values = [str(number), f"{number}·0-9", "DL-2026-0912", str(alert), "csv", "mai"]
        found = [Visitor((), {}, values)]
        for name in PEOPLE:
            token = b"Authorization: Bearer " + desk.tokens[name].encode()
            found.append(Visitor([token], {}, values))
            async with somebody(desk, name) as person:
                page = await person.get("/account")
                hidden = {"csrf": page.hidden("csrf"), "key": "k1"}
                jar = person.session.cookie_jar.filter_cookies(URL(desk.url))
                pairs = "; ".join(f"{key}={morsel.value}" for key, morsel in jar.items())
            found.append(Visitor([b"Cookie: " + pairs.encode()], hidden, values))
        return found


@pytest.fixture
def visitors(desk: RunningDesk) -> Visitors:
    return Visitors(desk)


@given(data=st.data())
@_WITHIN
async def test_the_desk_answers_every_connection_calmly(
    desk: RunningDesk, visitors: Visitors, data: st.DataObject
) -> None:
    steps = data.draw(connections(_DESK, await visitors.come()))
    with no_defects():
        answer = await play(int(desk.url.rpartition(":")[2]), steps, _SILENCE)
    assert all(map(is_calm, statuses(answer))), answer[:2000]
    async with desk.session.get(f"{desk.url}/health/live") as live:
        assert live.status == 200

"""Who may do what: every permission both ways, tokens, and requests that are no requests."""

import re
from pathlib import Path

import pytest

from desk.api import TABLE
from desk.problems import STATUS
from desk.roles import GRANTS, MOVES, Permission, draw
from desk.routes import Route
from ledger import ROLES, errors
from ledger.errors import StorageFailed
from stamps.errors import VeritemError
from tests.desk.house import PEOPLE, House

WHO = {role: id_ for id_, (role, _, _) in reversed(PEOPLE.items())}
EXPECTED = {
    "order.see": {"packer", "authority", "issuer"},
    "order.request": {"packer", "issuer"},
    "order.decide": {"authority"},
    "batch.see": {"print_house", "packer", "inspector", "authority", "issuer"},
    "batch.issue": {"issuer"},
    "bundle.take": {"print_house"},
    "print.report": {"print_house"},
    "lot.see": {"packer", "inspector", "authority", "issuer"},
    "lot.put": {"packer"},
    "stamp.see": {"packer", "inspector", "authority", "issuer"},
    "alert.see": {"inspector", "authority"},
    "alert.decide": {"inspector"},
    "transition.activate": {"packer"},
    "transition.void": {"print_house", "packer", "issuer"},
    "transition.suspend": {"inspector"},
    "transition.release": {"inspector"},
    "transition.recall": {"inspector", "authority"},
}
"""The law, written a second time and by permission: a slip in one table shows against the other."""


def test_every_permission_is_granted_to_whom_it_is_meant_for_and_to_nobody_else() -> None:
    assert set(GRANTS) == set(ROLES)
    assert set(EXPECTED) == set(Permission)
    for permission in Permission:
        granted = {role for role in ROLES if permission in GRANTS[role]}
        assert granted == EXPECTED[permission], permission


def test_the_docs_show_the_table() -> None:
    docs = Path(__file__).parents[2] / "docs" / "desk.md"
    assert draw() in docs.read_text("utf-8")


def filled(route: Route) -> str:
    return re.sub(r"\{\w+(:int)?\}", lambda m: "9999" if m[1] else "csv", route.path)


@pytest.mark.parametrize("route", TABLE.routes, ids=lambda route: f"{route.method} {route.path}")
async def test_each_route_lets_in_whom_it_says_and_nobody_else(house: House, route: Route) -> None:
    """Who is let in meets the next refusal (nothing of this name, no body), never 401 or 403."""
    for role in ROLES:
        answer = await house.call(WHO[role], route.method, filled(route))
        let_in = not route.permissions or bool(set(route.permissions) & GRANTS[role])
        assert (answer.status != 403) == let_in, (role, await answer.text())
        assert answer.status not in (401, 500)
    assert (await house.call(None, route.method, filled(route))).status == 401


@pytest.mark.parametrize("transition", list(MOVES))
async def test_each_move_needs_its_own_permission(house: House, transition: str) -> None:
    for role in ROLES:
        body = {"transition": transition, "roll": "9999·0-9"}
        answer = await house.call(WHO[role], "POST", "/transitions", body, key="k")
        allowed = MOVES[transition] in GRANTS[role]  # type: ignore[index] # a text equals its StrEnum
        assert answer.status == (422 if allowed else 403), (role, await answer.text())


async def test_a_token_is_told_whose_it_is(house: House) -> None:
    told = await house.told("mai", "GET", "/me")
    assert (told["id"], told["role"], told["organisation"]) == ("mai", "packer", "krong-pac")
    assert told["permissions"] == sorted(GRANTS["packer"])


async def test_without_a_living_token_nothing_is_told(house: House) -> None:
    bare = await house.call(None, "GET", "/orders")
    assert (bare.status, bare.headers["WWW-Authenticate"]) == (401, "Bearer")
    wrong = await house.call(None, "GET", "/orders", Authorization="Bearer vtm_x")
    assert (wrong.status, (await wrong.json())["type"]) == (401, "/problems/unknown-token")
    await house.ledger.staff.disable("bo", actor="root")
    assert (await house.call("bo", "GET", "/orders")).status == 401


async def test_a_stranger_learns_nothing_of_what_is_behind_an_address(house: House) -> None:
    number = await house.batch()
    seen = [await house.call(None, "GET", f"/batches/{n}") for n in (number, number + 1)]
    assert [answer.status for answer in seen] == [401, 401]
    assert await seen[0].text() == await seen[1].text()


async def test_requests_that_are_none_are_refused_with_their_status(house: House) -> None:
    for who, method, path, body, headers, status in (
        ("cap", "GET", "/nothing", None, {}, 404),
        ("cap", "DELETE", "/orders", None, {}, 405),
        ("cap", "POST", "/orders", b"{", {"Content-Type": "application/json"}, 400),
        ("cap", "POST", "/orders", b"[]", {"Content-Type": "application/json"}, 400),
        ("cap", "POST", "/orders", b"a=b", {"Content-Type": "text/plain"}, 415),
        ("cap", "POST", "/orders", b"x" * 70_000, {"Content-Type": "application/json"}, 413),
        ("cap", "POST", "/batches", {"order": "o1"}, {}, 400),
        ("cap", "POST", "/batches", {"order": "o1"}, {"Idempotency-Key": "x" * 101}, 400),
        ("cap", "GET", f"/orders?{'x' * 2100}", None, {}, 404),
    ):
        answer = await house.call(who, method, path, body, **headers)
        assert answer.status == status, path
        assert answer.content_type == "application/problem+json"
        told = await answer.json()
        assert told["status"] == status
        assert told["type"].startswith("/problems/")
    refused = await house.call("cap", "DELETE", "/orders")
    assert refused.headers["Allow"] == "POST, GET, HEAD"


async def test_titles_are_told_in_the_callers_language(house: House) -> None:
    titles = []
    for language in ("vi", "en", "zh"):
        answer = await house.call("mai", "GET", "/lots/x", **{"Accept-Language": language})
        titles.append((await answer.json())["title"])
    assert titles == ["Không có lô hàng này", "There is no such lot", "没有此产品批次"]


def test_every_refusal_of_the_ledger_has_a_status() -> None:
    def below(kind: type[VeritemError]) -> set[type[VeritemError]]:
        return {kind} | {k for sub in kind.__subclasses__() for k in below(sub)}

    ours = {kind for kind in below(VeritemError) if kind.__module__ == errors.__name__}
    faults = {"ledger-failed", "ledger-forbidden", "ledger-append-only", "ledger-not-ready"}
    elsewhere = {"manifest-set", "unknown-staff"}  # the issuer's own matter; never by an address
    missing = {kind.code for kind in ours} - set(STATUS) - faults - elsewhere
    assert missing == set()
    assert issubclass(errors.StorageBusy, StorageFailed)

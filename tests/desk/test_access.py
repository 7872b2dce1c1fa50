"""Permissions of every route, tokens, and malformed requests."""

import re
from itertools import product

from desk.api.resources import ROUTES
from desk.api.routing import ApiRoute
from desk.problems import PROBLEMS
from ledger import errors, staff_errors
from ledger.codes import code_errors
from ledger.storage import storage_errors
from services.permissions import GRANTS, STAFF_TRANSITIONS, TRANSITION_PERMISSIONS
from stamps.errors import VeritemError
from tests.desk.roles import DISTINCT_ROLES
from tests.desk.running_desk import PEOPLE, RunningDesk, new_key

WHO = {role: id_ for id_, (role, _, _) in reversed(PEOPLE.items())}


def fill_path(route: ApiRoute) -> str:
    values = {name: "9999" if kind is int else "csv" for name, kind in route.parameters.items()}
    return "/" + re.sub(r"\{(\w+)\}", lambda found: values[found[1]], route.path)


async def test_each_route_enforces_its_permissions(desk: RunningDesk) -> None:
    """A permitted role gets the next refusal (unknown name, no body), never 401 or 403."""
    for route, role in product(ROUTES, DISTINCT_ROLES):
        answer = await desk.call(WHO[role], route.method, fill_path(route))
        let_in = not route.permissions or bool(set(route.permissions) & GRANTS[role])
        assert (answer.status != 403) == let_in, (role, route, await answer.text())
        assert answer.status not in (401, 500), route
    for route in ROUTES:
        assert (await desk.call(None, route.method, fill_path(route))).status == 401, route


async def test_each_transition_needs_its_own_permission(desk: RunningDesk) -> None:
    for transition, role in product(STAFF_TRANSITIONS, DISTINCT_ROLES):
        body = {"transition": transition, "range": "9999·0-9"}
        answer = await desk.call(WHO[role], "POST", "/transitions", body, key=new_key())
        allowed = TRANSITION_PERMISSIONS[transition] in GRANTS[role]
        assert answer.status == (422 if allowed else 403), (role, await answer.text())


async def test_a_token_shows_its_account(desk: RunningDesk) -> None:
    document = await desk.fetch("mai", "GET", "/me")
    assert (document["id"], document["role"], document["organisation"]) == (
        "mai",
        "packer",
        "krong-pac",
    )
    assert document["permissions"] == sorted(GRANTS["packer"])


async def test_without_a_valid_token_nothing_is_shown(desk: RunningDesk) -> None:
    bare = await desk.call(None, "GET", "/orders")
    assert (bare.status, bare.headers["WWW-Authenticate"]) == (401, "Bearer")
    wrong = await desk.call(None, "GET", "/orders", Authorization="Bearer vtm_x")
    assert (wrong.status, (await wrong.json())["type"]) == (401, "/problems/unknown-token")
    await desk.ledger.staff.disable("bo", actor="root")
    assert (await desk.call("bo", "GET", "/orders")).status == 401


async def test_a_stranger_can_not_tell_known_from_unknown_addresses(desk: RunningDesk) -> None:
    number = await desk.batch()
    seen = [await desk.call(None, "GET", f"/batches/{n}") for n in (number, number + 1)]
    assert [answer.status for answer in seen] == [401, 401]
    assert await seen[0].text() == await seen[1].text()


async def test_malformed_requests_are_refused_with_their_status(desk: RunningDesk) -> None:
    for who, method, path, body, headers, status in (
        ("cap", "GET", "/nothing", None, {}, 404),
        ("cap", "DELETE", "/orders", None, {}, 405),
        ("cap", "POST", "/orders", b"{", {"Content-Type": "application/json"}, 400),
        ("cap", "POST", "/orders", b"[]", {"Content-Type": "application/json"}, 400),
        ("cap", "POST", "/orders", b"a=b", {"Content-Type": "text/plain"}, 415),
        ("cap", "POST", "/orders", b"x" * 70_000, {"Content-Type": "application/json"}, 413),
        ("cap", "POST", "/batches", {"order": "o1"}, {}, 400),
        ("cap", "POST", "/batches", {"order": "o1"}, {"Idempotency-Key": "x" * 101}, 400),
        ("cap", "GET", f"/orders?{'x' * 2100}", None, {}, 414),
    ):
        answer = await desk.call(who, method, path, body, **headers)
        assert answer.status == status, path
        assert answer.content_type == "application/problem+json"
        document = await answer.json()
        assert document["status"] == status
        assert document["type"].startswith("/problems/")
    refused = await desk.call("cap", "DELETE", "/orders")
    assert refused.headers["Allow"] == "GET, HEAD, POST"


async def test_titles_are_in_the_callers_language(desk: RunningDesk) -> None:
    titles = []
    for language in ("vi", "en", "zh"):
        answer = await desk.call("mai", "GET", "/lots/x", **{"Accept-Language": language})
        titles.append((await answer.json())["title"])
    assert titles == ["Không có lô hàng này", "There is no such lot", "没有此产品批次"]


def test_every_refusal_of_the_ledger_has_a_status() -> None:
    def below(kind: type[VeritemError]) -> set[type[VeritemError]]:
        return {kind} | {k for sub in kind.__subclasses__() for k in below(sub)}

    modules = {one.__name__ for one in (errors, code_errors, staff_errors, storage_errors)}
    ours = {kind for kind in below(VeritemError) if kind.__module__ in modules}
    faults = {
        "ledger-failed",
        "ledger-forbidden",
        "ledger-append-only",
        "ledger-not-ready",
        "ledger-too-new",
        "account-names-collide",
        "ledger-guard",
        "migration-refused",
    }
    elsewhere = {"manifest-set", "unknown-staff"}  # the issuer's own matter; never by an address
    missing = {kind.code for kind in ours} - set(PROBLEMS) - faults - elsewhere
    assert missing == set()
    assert len(ours) > 50

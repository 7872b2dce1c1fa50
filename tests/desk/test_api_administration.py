"""Accounts, organisations and lists in the API: what tokens may do, and what nobody may do."""

from typing import Any

import pytest

from desk.api.openapi import build_document
from desk.api.resources import ROUTES
from services.lists.catalogue import LISTS
from tests.accounts import add_accounts
from tests.desk.people import somebody
from tests.desk.running_desk import PASSWORD, RunningDesk, running_desk

pytestmark = pytest.mark.usefixtures("quick_passwords")

TOKEN = {"label": "scanner", "days": 30, "password": PASSWORD}


async def refuse(
    desk: RunningDesk, who: str, method: str, path: str, *more: Any, **names: Any
) -> tuple[int, str]:
    """The status and the kind of a refusal."""
    answer = await desk.call(who, method, path, *more, **names)
    assert answer.status >= 400, await answer.text()
    document = await answer.json()
    return answer.status, document["type"].removeprefix("/problems/")


async def test_a_token_made_by_a_token_is_limited_and_is_made_once(desk: RunningDesk) -> None:
    before = len((await desk.fetch("mai", "GET", "/me/tokens"))["tokens"])
    body = {**TOKEN, "scopes": ["lot.see"]}
    made = await desk.fetch("mai", "POST", "/me/tokens", body, key="one")
    again = await refuse(desk, "mai", "POST", "/me/tokens", body, key="one")
    assert again == (409, "already-exists")
    listed = (await desk.fetch("mai", "GET", "/me/tokens"))["tokens"]
    assert len(listed) == before + 1
    assert made["token"] not in str(listed)
    desk.tokens = {**desk.tokens, "limited": made["token"]}
    assert (await desk.call("limited", "GET", "/lots")).status == 200
    assert await refuse(desk, "limited", "GET", "/orders") == (403, "forbidden")
    # It neither makes a stronger one, nor ends what others use.
    for path, sent in (
        ("/me/tokens", TOKEN),
        (f"/me/tokens/{listed[0]['id']}/revoke", None),
        ("/me/sessions/0123456789abcdef/end", None),
    ):
        assert await refuse(desk, "limited", "POST", path, sent, key="two") == (
            403,
            "token-limited",
        )
    await desk.fetch("mai", "POST", f"/me/tokens/{made['id']}/revoke")
    assert await refuse(desk, "limited", "GET", "/lots") == (401, "unknown-token")


async def test_a_stolen_token_guesses_few_passwords_and_makes_no_other(desk: RunningDesk) -> None:
    wrong = {**TOKEN, "password": "wrong"}
    answers = [await refuse(desk, "mai", "POST", "/me/tokens", wrong, key=f"{n}") for n in range(6)]
    assert answers == [*5 * [(401, "wrong-credentials")], (429, "confirmation-limited")]
    assert len((await desk.fetch("mai", "GET", "/me/tokens"))["tokens"]) == 1
    too_much = {**TOKEN, "scopes": ["account.manage"]}
    assert await refuse(desk, "lan", "POST", "/me/tokens", too_much, key="n") == (
        400,
        "invalid-input",
    )


async def test_an_administrator_sees_and_ends_what_others_use(desk: RunningDesk) -> None:
    await add_accounts(desk.ledger, "minh", "hai", role="administrator")
    async with somebody(desk, "lan") as lan:
        shown = await desk.fetch("tri", "GET", "/staff/lan")
        sessions = (await desk.fetch("tri", "GET", "/staff/lan/sessions"))["sessions"]
        assert (shown["state"], len(sessions)) == ("active", 1)
        path = f"/staff/lan/sessions/{sessions[0]['id']}/end"
        assert await refuse(desk, "mai", "POST", path) == (403, "forbidden")
        assert (await desk.fetch("tri", "POST", path))["sessions"] == []
        assert "password" in (await lan.get("/lots")).html  # the sign-in page
    token = shown["tokens"][0]["id"]
    revoked = await desk.fetch("tri", "POST", f"/staff/lan/tokens/{token}/revoke")
    assert revoked["tokens"][0]["revoked_at"] is not None
    assert await refuse(desk, "lan", "GET", "/me") == (401, "unknown-token")
    path = "/staff/{}/password-reset"
    reset = await desk.fetch("tri", "POST", path.format("lan"), {}, key="reset")
    assert "/invitation#inv_" in reset["link"]
    assert (await desk.fetch("tri", "GET", "/staff/lan"))["is_confirmed"] is False
    again = await refuse(desk, "tri", "POST", path.format("lan"), {}, key="reset")
    assert again == (409, "invitation-open")
    own = await refuse(desk, "tri", "POST", path.format("tri"), {}, key="own")
    assert own == (400, "invalid-input")


async def test_a_print_house_keeps_its_own_keys_alone(desk: RunningDesk) -> None:
    path = "/organisations/in-hanoi/print-keys"
    assert await refuse(desk, "in", "GET", path) == (404, "unknown-row")
    key = {"public_key": "age1x", "password": PASSWORD}
    assert await refuse(desk, "in", "POST", path, key) == (404, "unknown-row")
    own = "/organisations/in-mekong/print-keys"
    assert await refuse(desk, "in", "POST", own, key) == (400, "invalid-input")
    wrong = {**key, "password": "wrong"}
    assert await refuse(desk, "in", "POST", own, wrong) == (401, "wrong-credentials")


async def test_lists_are_read_both_ways_and_exported_by_the_same_filters(desk: RunningDesk) -> None:
    query = "/staff?role=packer&limit=1"
    first = await desk.fetch("tri", "GET", query)
    second = await desk.fetch("tri", "GET", f"{query}&after={first['next']}")
    back = await desk.fetch("tri", "GET", f"{query}&before={second['previous']}")
    assert back["staff"] == first["staff"] != second["staff"]
    assert (first["previous"], second["next"]) == (None, None)
    answer = await desk.call(
        "tri", "GET", "/exports/staff/csv?role=packer", **{"Accept-Language": "en"}
    )
    head, *rows = (await answer.text()).splitlines()
    assert (answer.content_type, "Role" in head, len(rows)) == ("text/csv", True, 2)
    assert await refuse(desk, "tri", "GET", "/exports/staff/csv?stage=x") == (400, "invalid-input")
    assert await refuse(desk, "mai", "GET", "/exports/staff/csv") == (403, "forbidden")
    assert (await desk.call("bo", "GET", "/exports/orders/xlsx")).status == 200


def test_an_export_takes_the_filters_of_every_list() -> None:
    filters = {one.name for description in LISTS.values() for one in description.filters}
    operation = build_document("https://desk.example")["paths"]["/api/v1/exports/{name}/csv"]["get"]
    assert filters <= {one["name"] for one in operation["parameters"]}


async def test_a_token_over_its_requests_waits_and_others_do_not(tmp_path: Any) -> None:
    async with running_desk(tmp_path, token_requests=5) as desk:
        statuses = [(await desk.call("mai", "GET", "/me")).status for _ in range(6)]
        assert statuses == [200, 200, 200, 200, 200, 429]
        refused = await desk.call("mai", "GET", "/me")
        assert (refused.headers["Retry-After"], refused.content_type) == (
            "12",
            "application/problem+json",
        )
        assert (await desk.call("lan", "GET", "/me")).status == 200
        # Whoever knows the id of a token, but not its secret, spends nothing of it.
        desk.tokens = {**desk.tokens, "forged": desk.tokens["lan"][:-1] + "-"}
        assert {(await desk.call("forged", "GET", "/me")).status for _ in range(6)} == {401}
        assert (await desk.call("lan", "GET", "/me")).status == 200
        desk.clock.now += 12_000
        assert (await desk.call("mai", "GET", "/me")).status == 200


KEYLESS = {
    "answers the same row again": {
        "orders",
        "diary",
        "events",
        "organisations",
        "organisations/{organisation}/print-keys",
        "photos",
        "link-sets",
        "places",
        "registered-codes",
        "alerts/{alert}/hearings",
        "alerts/{alert}/minutes",
        "figures/reports/{report}/submit",
        "hearings/{hearing}/answers",
        "lots/{lot}/submissions",
        "reviews/{review}/approve",
        "reviews/{review}/return",
        "reviews/{review}/withdraw",
        "organisations/{organisation}/disable",
        "reports/{group}/case",
        "sessions/{session}/end",
        "tokens/{token}/revoke",
        "detection/reviews",
    },
    "names a state, and is done once": {
        "actor-invitations/{invitation}/withdraw",
        "mentions/{teller}/{event}/answers",
        "alerts/{alert}/decisions",
        "alerts/{alert}/hand-over",
        "alerts/{alert}/notes",
        "batches/{batch}/bundles/{form}",
        "devices/{device}/revoke",
        "diary/{entry}/correction",
        "diary/{entry}/withdrawal",
        "field/findings/{finding}/handled",
        "field/phones/{phone}/shut-out",
        "actor-invitation-imports/{import_id}/application",
        "lot-imports/{import_id}/application",
        "diary-imports/{import_id}/application",
        "me/sessions/{session}/end",
        "mails/{mail}/resend",
        "me/mail/confirm",
        "me/tokens/{token}/revoke",
        "orders/{order}/approve",
        "orders/{order}/refuse",
        "orders/{order}/withdraw",
        "organisations/{organisation}/print-keys/retire",
        "product-lists/{entry}/end",
        "proposals/{proposal}/approve",
        "proposals/{proposal}/refuse",
        "proposals/{proposal}/withdraw",
        "registered-code-imports/{import_id}/application",
        "registered-codes/{place}/evidence/{evidence}/erasure",
        "registered-codes/{place}/evidence/{evidence}/release",
        "registered-codes/{place}/evidence/{evidence}/withdrawal",
        "registered-codes/{place}/restoration",
        "registered-codes/{place}/revocation",
        "registered-codes/{place}/suspension",
        "reports/{group}/steps",
        "staff/{account}/disabling",
        "staff/{account}/erasure",
        "staff/{account}/sessions/end",
        "staff/{account}/sessions/{session}/end",
        "staff/{account}/tokens/{token}/revoke",
        "webhooks/{webhook}/disable",
        "webhooks/{webhook}/enable",
    },
    "changes nothing, or replaces its last answer": {
        "me/mail/address",
        "batches/{batch}/bundles/{form}/links",
        "actor-invitation-imports",
        "lot-imports",
        "diary-imports",
        "registered-code-imports",
        "staff/{account}/invitation",
        "webhooks/{webhook}/rotate",
    },
    "sends or makes one more, which its list shows": {
        "field/checks",
        "me/mail/test",
    },
}
"""Why a POST needs no idempotency key."""


def test_every_post_has_a_key_or_a_reason_why_it_is_safe_to_repeat() -> None:
    keyless = {route.path for route in ROUTES if route.method == "POST" and not route.has_key}
    assert keyless == set().union(*KEYLESS.values())

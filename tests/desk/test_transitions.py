"""Transitions and lots by the API: all or none, once by their key, within the scope."""

from typing import Any

import pytest

from ledger.accounts.account_rows import grant_role
from tests.accounts import add_accounts
from tests.desk.running_desk import RING, RunningDesk, lot_document


async def apply_transition(desk: RunningDesk, who: str, key: str = "k", **body: Any) -> Any:
    return await desk.call(who, "POST", "/transitions", body, key=key)


async def test_a_roll_is_activated_once(desk: RunningDesk) -> None:
    number = await desk.printed()
    await desk.lot()
    body = {"transition": "activate", "range": f"{number}·0-499", "lot": "DL-2026-0912"}
    document = [await (await apply_transition(desk, "mai", **body)).json() for _ in range(2)]
    (first,), (second,) = document[0]["transitions"], document[1]["transitions"]
    assert (first["range"], first["lot"], first["actor"]) == (
        f"{number}·0-499",
        "DL-2026-0912",
        "mai",
    )
    assert (first["repeated"], second["repeated"]) == (False, True)
    assert first["hash"] == second["hash"]
    other = await apply_transition(desk, "mai", **{**body, "range": f"{number}·500-600"})
    assert (other.status, (await other.json())["type"]) == (422, "/problems/key-reused")


async def test_new_key_belongs_to_its_actor(desk: RunningDesk) -> None:
    number = await desk.printed()
    for who, roll in (("mai", "0-9"), ("in", "10-19")):
        answer = await apply_transition(
            desk, who, "same", transition="void", range=f"{number}·{roll}", reason="lost"
        )
        assert answer.status == 200


async def test_a_conflict_names_the_ranges_and_changes_nothing(desk: RunningDesk) -> None:
    number = await desk.printed()
    await desk.lot()
    await apply_transition(
        desk, "in", "v", transition="void", range=f"{number}·100-199", reason="spoiled"
    )
    answer = await apply_transition(
        desk, "mai", "a", transition="activate", range=f"{number}·0-999", lot="DL-2026-0912"
    )
    document = await answer.json()
    assert answer.status == 409
    assert document["conflicts"] == [{"first": 100, "last": 199, "state": "void"}]
    assert (await desk.ledger.transitions.compute_balance(number)).activated == 0


async def test_an_incomplete_lot_binds_no_stamp_and_names_what_it_lacks(desk: RunningDesk) -> None:
    number = await desk.printed()
    document = lot_document("L1", standards=[])
    put = await desk.fetch("mai", "PUT", "/lots/L1", document)
    assert put["missing"] == ["standards"]
    answer = await apply_transition(
        desk, "mai", transition="activate", range=f"{number}·0-9", lot="L1"
    )
    assert (answer.status, (await answer.json())["items"]) == (409, ["standards"])
    better = await desk.call("mai", "PUT", "/lots/L1", lot_document("L1"))
    assert (better.status, (await better.json())["version"]) == (200, 2)
    again = await apply_transition(
        desk, "mai", transition="activate", range=f"{number}·0-9", lot="L1"
    )
    assert again.status == 200
    worse = await desk.call("mai", "PUT", "/lots/L1", document)
    assert (worse.status, (await worse.json())["items"]) == (409, ["standards"])


async def test_stamps_and_lots_of_another_packer_are_unknown(desk: RunningDesk) -> None:
    number = await desk.printed(packer="tan-phuoc")
    own = await desk.printed()
    await desk.lot()
    foreign = await apply_transition(
        desk, "mai", transition="activate", range=f"{number}·0-9", lot="DL-2026-0912"
    )
    assert (foreign.status, (await foreign.json())["batch"]) == (422, number)
    stolen = await apply_transition(
        desk, "lan", transition="activate", range=f"{own}·0-9", lot="DL-2026-0912"
    )
    assert stolen.status == 422
    await desk.fetch("lan", "PUT", "/lots/L2", lot_document("L2", packing_house=None, stages=[]))
    mixed = await apply_transition(
        desk, "mai", "m", transition="activate", range=f"{own}·0-9", lot="L2"
    )
    assert (mixed.status, (await mixed.json())["lot"]) == (422, "L2")
    assert (await desk.call("mai", "GET", "/lots/L2")).status == 404
    taken = await desk.call("mai", "PUT", "/lots/L2", lot_document("L2"))
    assert (taken.status, (await taken.json())["lot"]) == (409, "L2")
    assert [lot["code"] for lot in (await desk.fetch("mai", "GET", "/lots"))["lots"]] == [
        "DL-2026-0912"
    ]
    assert len((await desk.fetch("thanh", "GET", "/lots"))["lots"]) == 2


async def test_an_order_without_a_packer_is_open_to_every_packer(desk: RunningDesk) -> None:
    number = await desk.printed(packer=None)
    await desk.lot()
    answer = await apply_transition(
        desk, "mai", transition="activate", range=f"{number}·0-9", lot="DL-2026-0912"
    )
    assert answer.status == 200


async def test_an_inspector_suspends_alone_and_recalls_nothing_alone(
    desk: RunningDesk,
) -> None:
    number = await desk.activated()
    for key, body, state in (
        (
            "1",
            {"transition": "suspend", "range": f"{number}·5", "reason": "inspection"},
            "suspended",
        ),
        ("2", {"transition": "release", "range": f"{number}·5", "reason": "cleared"}, "activated"),
    ):
        assert (await apply_transition(desk, "thanh", key, **body)).status == 200
        span = await desk.ledger.transitions.get_span(number, 5)
        assert span.state == state
    alone = {"transition": "recall", "range": f"{number}·5", "reason": "ordered"}
    refused = await apply_transition(desk, "thanh", **alone)
    assert (refused.status, (await refused.json())["type"]) == (400, "/problems/invalid-input")


async def test_a_recall_is_proposed_and_another_person_approves_it(desk: RunningDesk) -> None:
    number = await desk.activated()
    body = {"lot": "DL-2026-0912", "reason": "food-safety"}
    made = await desk.fetch("thanh", "POST", "/recalls", body, key="r")
    assert made == await desk.fetch("thanh", "POST", "/recalls", body, key="r")
    again = await desk.call("bo", "POST", "/recalls", body, key="r2")
    assert (again.status, (await again.json())["type"]) == (409, "/problems/already-proposed")
    path = f"/proposals/{made['id']}"
    for who, verb, status, slug in (
        ("thanh", "approve", 403, "second-person-required"),
        ("thanh", "refuse", 403, "second-person-required"),
        ("mai", "approve", 404, "unknown-proposal"),
        ("tri", "approve", 404, "unknown-proposal"),
        ("bo", "withdraw", 404, "unknown-proposal"),
    ):
        refused = await desk.call(who, "POST", f"{path}/{verb}")
        problem = (await refused.json())["type"]
        assert (refused.status, problem) == (status, f"/problems/{slug}"), (who, verb)
    assert (await desk.ledger.transitions.get_span(number, 5)).state == "activated"
    for _ in range(2):
        done = await desk.fetch("bo", "POST", f"{path}/approve")
        assert (done["state"], done["decided_by"]) == ("approved", "bo")
    assert (await desk.ledger.transitions.get_span(number, 5)).state == "recalled"
    whole = {"batch": number, "reason": "ordered"}
    rest = await desk.fetch("bo", "POST", "/recalls", whole, key="r3")
    none = await desk.call("thanh", "POST", f"/proposals/{rest['id']}/approve")
    assert (none.status, (await none.json())["type"]) == (409, "/problems/nothing-to-recall")
    assert (await desk.fetch("bo", "POST", f"/proposals/{rest['id']}/withdraw"))["used_at"] is None


async def test_a_role_is_granted_by_two_administrators(desk: RunningDesk) -> None:
    await add_accounts(desk.ledger, "hoa", role="administrator")
    body = {"account": "Mai", "role": "inspector"}
    made = await desk.fetch("tri", "POST", "/role-grants", body, key="g")
    assert (await desk.call("tri", "POST", f"/proposals/{made['id']}/approve")).status == 403
    assert (await desk.ledger.staff.get("mai")).role == "packer"
    await desk.ledger.proposals.approve(made["id"], "hoa", act=grant_role)
    assert (await desk.ledger.staff.get("mai")).role == "inspector"
    demo = await desk.call("tri", "POST", "/role-grants", {**body, "role": "demo"}, key="g2")
    assert demo.status == 400


@pytest.mark.parametrize(
    ("who", "body", "status", "slug"),
    [
        ("mai", {"transition": "print", "range": "1·0-9"}, 403, "forbidden"),
        ("mai", {"transition": "claim", "range": "1·0-9"}, 400, "invalid-input"),
        ("mai", {"range": "1·0-9"}, 400, "malformed-body"),
        ("mai", {"transition": "activate", "lot": "L1"}, 400, "malformed-body"),
        ("mai", {"transition": "activate", "range": "one"}, 422, "malformed-range"),
        ("mai", {"transition": "activate", "range": "1·9-0"}, 422, "malformed-range"),
        ("mai", {"transition": "activate", "range": "1·0-9"}, 422, "lot-required"),
        ("mai", {"transition": "activate", "range": "1·0-9", "lot": "no"}, 422, "unknown-lot"),
        ("mai", {"transition": "void", "range": "1·0-9"}, 422, "illegal-reason"),
        ("mai", {"transition": "void", "range": "1·0-9", "reason": "fun"}, 422, "illegal-reason"),
        (
            "mai",
            {"transition": "void", "range": "1·0-9999", "reason": "lost"},
            422,
            "span-out-of-range",
        ),
        ("mai", {"transition": "void", "range": "7·0-9", "reason": "lost"}, 422, "unknown-batch"),
        ("mai", {"transition": "activate", "range": "1·0-9", "lto": "L1"}, 400, "malformed-body"),
    ],
)
async def test_an_invalid_transition_is_refused_with_its_reason(
    desk: RunningDesk, who: str, body: dict[str, Any], status: int, slug: str
) -> None:
    assert await desk.printed() == 1
    answer = await apply_transition(desk, who, **body)
    assert (answer.status, (await answer.json())["type"]) == (status, f"/problems/{slug}")


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (b"[]", "must be a JSON object"),
        (b'{"code": "L1"}', "product"),
        (lot_document("L9"), "L9"),
        (lot_document("L1", colour="green"), "colour"),
        (lot_document("L1", shelf_life_days=-1), "shelf_life_days"),
    ],
)
async def test_a_malformed_lot_is_refused_by_its_field(
    desk: RunningDesk, document: Any, why: str
) -> None:
    kind = {"Content-Type": "application/json"}
    answer = await desk.call("mai", "PUT", "/lots/L1", document, **kind)
    assert answer.status in (400, 422)
    assert why in (await answer.json())["detail"]
    assert await desk.ledger.lots.list() == []


async def test_stamps_are_looked_up_by_roll_number_or_code(desk: RunningDesk) -> None:
    number = await desk.activated()
    document = await desk.fetch("thanh", "GET", f"/stamps/{number}%C2%B710-19")
    assert [(span["first"], span["last"], span["state"]) for span in document["spans"]] == [
        (0, 999, "activated")
    ]
    assert [transition["transition"] for transition in document["transitions"]] == [
        "print",
        "activate",
    ]
    code = RING.seal(number, 42, 43)[0].decode()
    by_code = await desk.fetch("thanh", "GET", f"/stamps/{code.lower()}")
    assert by_code["range"] == f"{number}·42"
    for text, status in (
        ("0" * 20, 404),
        (f"{number}%C2%B79999", 422),
        ("99%C2%B71", 404),
        ("what", 422),
    ):
        assert (await desk.call("thanh", "GET", f"/stamps/{text}")).status == status, text
    assert (await desk.call("lan", "GET", f"/stamps/{number}%C2%B71")).status == 404

"""An authority of a province sees, decides and sets what is of its packers, and nothing else."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from ledger import Organisation, ProposalState, RegisteredCode
from ledger.errors import (
    UnknownBatch,
    UnknownLot,
    UnknownOrder,
    UnknownProposal,
    UnknownRow,
)
from services import Actor, ServiceContext
from services.accounts import accounts
from services.batches import batches, print_balance
from services.lists.catalogue import LISTS
from services.lists.description import ListRequest
from services.lists.find import count_list, find_list_page
from services.lots import lots
from services.orders import order_limits, orders
from services.proposals import proposals
from services.record import batch_events
from services.stamps import recalls, stamp_lookup
from tests.services.office import ACTORS, Office, lot_document, new_key

NOWHERE = "82"
DAK_LAK = "66"


async def of_province(office: Office, province: str) -> ServiceContext:
    """The context of the authority of a province."""
    id_ = f"so-{province}"
    await office.ledger.organisations.add(
        Organisation(id_, "authority", "Sở NN&MT", province=province)
    )
    actor = replace(ACTORS["authority"], organisation=id_, province=province)
    return replace(office.context("authority"), actor=actor)


@pytest.fixture
async def batch(office: Office) -> int:
    """An activated batch of a packer of Đắk Lắk."""
    known = await office.ledger.organisations.get("krong-pac")
    await office.ledger.organisations.replace(replace(known, province=DAK_LAK))
    return await office.activate_batch()


@pytest.fixture
async def own(office: Office, batch: int) -> ServiceContext:
    return await of_province(office, DAK_LAK)


@pytest.fixture
async def other(office: Office, batch: int) -> ServiceContext:
    return await of_province(office, NOWHERE)


Call = Callable[[ServiceContext, int, str], Awaitable[Any]]
READS: dict[str, tuple[Call, type[Exception]]] = {
    "order": (lambda c, _, order: orders.get_order(c, order), UnknownOrder),
    "limits of an order": (lambda c, _, o: order_limits.get_order_limits(c, o), UnknownOrder),
    "batch": (lambda c, batch, _: batches.get_batch(c, batch), UnknownBatch),
    "details of a batch": (lambda c, b, _: batches.get_batch_details(c, b), UnknownBatch),
    "mass balance": (lambda c, b, _: batches.get_balance(c, b), UnknownBatch),
    "print balance": (lambda c, b, _: print_balance.get_print_balance(c, b), UnknownBatch),
    "events": (lambda c, b, _: batch_events.list_batch_events(c, b), UnknownBatch),
    "lot": (lambda c, *_: lots.get_lot(c, "L1"), UnknownLot),
    "versions of a lot": (lambda c, *_: lots.list_versions(c, "L1"), UnknownLot),
    "stamps": (lambda c, b, _: stamp_lookup.look_up_stamps(c, f"{b}·4"), UnknownBatch),
    "recalls of a batch": (lambda c, b, _: recalls.find_recalls_of_batch(c, b), UnknownBatch),
    "recall of a lot": (lambda c, *_: recalls.preview_recall(c, lot="L1"), UnknownLot),
    "recall of a batch": (lambda c, b, _: recalls.preview_recall(c, batch=b), UnknownBatch),
    "recall of stamps": (
        lambda c, b, _: recalls.preview_recall(c, ranges=(f"{b}·0-9",)),
        UnknownBatch,
    ),
    "quota": (lambda c, *_: order_limits.get_quota(c, "krong-pac"), UnknownRow),
    "new quota": (lambda c, *_: order_limits.set_quota(c, "krong-pac", 2026, 9), UnknownRow),
}


@pytest.mark.parametrize("what", READS)
async def test_rows_of_another_province_are_unknown(
    office: Office, batch: int, own: ServiceContext, other: ServiceContext, what: str
) -> None:
    call, error = READS[what]
    order = (await office.ledger.batches.get(batch)).order
    for context in (own, office.context("authority")):
        await call(context, batch, order)
    with pytest.raises(error):
        await call(other, batch, order)


@pytest.mark.parametrize("name", ["orders", "batches", "lots"])
async def test_lists_show_what_is_of_the_province(
    office: Office, own: ServiceContext, other: ServiceContext, name: str
) -> None:
    description, everything = LISTS[name], ListRequest()
    searched = ListRequest(search="Krông Pắc" if name != "lots" else "L1")
    for request in (everything, searched):
        for context, count in ((own, 1), (office.context("authority"), 1), (other, 0)):
            assert len((await find_list_page(context, description, request)).rows) == count
            assert (await count_list(context, description, request)).count == count


@pytest.mark.parametrize("name", ["orders", "batches", "lots"])
async def test_the_ministry_filters_lists_by_province(
    office: Office, own: ServiceContext, name: str
) -> None:
    for province, count in ((DAK_LAK, 1), (NOWHERE, 0)):
        request = ListRequest(filters={"province": (province,)})
        page = await find_list_page(office.context("authority"), LISTS[name], request)
        assert len(page.rows) == count


async def test_an_order_is_decided_by_its_province_or_the_ministry(
    office: Office, own: ServiceContext, other: ServiceContext
) -> None:
    request = orders.OrderRequest(
        count=10, grade="sealed", product="ri6", packer="krong-pac", is_another=True
    )
    for decide in (orders.approve_order, lambda c, o: orders.refuse_order(c, o, "quá nhiều")):
        order = await orders.request_order(office.context("issuer"), request)
        with pytest.raises(UnknownOrder):
            await decide(other, order.id)
        await decide(own, order.id)


async def test_a_recall_is_decided_by_its_province_or_the_ministry(
    office: Office, batch: int, own: ServiceContext, other: ServiceContext
) -> None:
    targets: list[dict[str, Any]] = [
        {"lot": "L1"},
        {"batch": batch},
        {"ranges": (f"{batch}·0-9",)},
    ]
    for target in targets:
        made = await recalls.propose_recall(
            office.context("inspector"), reason="ordered", key=new_key(), **target
        )
        for context, count in ((own, 1), (office.context("authority"), 1), (other, 0)):
            found = await proposals.list_proposals(context, state=ProposalState.OPEN)
            assert len(found.items) == count
            assert (await count_list(context, LISTS["proposals"], ListRequest())).count >= count
        with pytest.raises(UnknownProposal):
            await proposals.approve_proposal(other, made.id)
        assert (await count_list(other, LISTS["proposals"], ListRequest())).count == 0
        await proposals.refuse_proposal(own, made.id)


async def test_a_recall_by_code_of_a_province_names_its_own_lots(
    office: Office, own: ServiceContext, other: ServiceContext
) -> None:
    area = RegisteredCode("VN-ĐLOR-0123", "growing_area", "Vùng trồng Ea Kao")
    await office.ledger.registered_codes.change(
        [area.code], lambda _: [area], action="add", actor="an"
    )
    asked = recalls.parse_days("VN-ĐLOR-0123", None, None)
    assert await recalls.list_code_lots(own, asked) == ["L1"]
    assert await recalls.list_code_lots(other, asked) == []


async def test_what_is_of_two_provinces_or_of_none_is_for_the_ministry(
    office: Office, batch: int, own: ServiceContext
) -> None:
    second = await office.activate_batch(lot="L2", packer="krong-pac")
    await office.ledger.organisations.add(
        Organisation("ben-tre", "packer", "HTX Bến Tre", province="86")
    )
    third = await office.issue_batch(packer="ben-tre")
    inspector = office.context("inspector")
    same = await recalls.propose_recall(
        inspector, ranges=(f"{batch}·0-9", f"{second}·0-9"), reason="ordered", key=new_key()
    )
    mixed = await recalls.propose_recall(
        inspector, ranges=(f"{batch}·0-9", f"{third}·0-9"), reason="ordered", key=new_key()
    )
    assert (same.province, mixed.province) == (DAK_LAK, None)
    with pytest.raises(UnknownProposal):
        await proposals.get_proposal(own, mixed.id)


async def test_accounts_and_tokens_are_limited_to_the_province_of_their_organisation(
    office: Office, own: ServiceContext
) -> None:
    organisation = own.actor.organisation
    staff = await office.ledger.staff.add(
        "dao", name="Đào", role="authority", password="măng cụt mùa hè", organisation=organisation,
        confirmed_by="test",
    )  # fmt: skip
    assert Actor.of_staff(staff).province == DAK_LAK
    _, text = await office.ledger.tokens.create(
        "dao", label="x", actor="dao", expires_at=office.now + 1000
    )
    found = await accounts.authenticate_token(office.ledger, text, at=office.now)
    assert found.province == DAK_LAK


async def test_a_packer_is_not_limited_by_its_province(office: Office, batch: int) -> None:
    staff = await office.ledger.staff.add(
        "mai", name="Mai", role="packer", password="măng cụt mùa hè", organisation="krong-pac",
        confirmed_by="test",
    )  # fmt: skip
    context = replace(office.context("packer"), actor=Actor.of_staff(staff))
    assert context.actor.province is None
    await lots.put_lot(context, lot_document("L3", packing_house=None, stages=[]))

"""Product lists: who keeps them, what two people make mandatory, and what that asks of a lot."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from ledger import Organisation, Proposal
from ledger.errors import AlreadyProposed, SecondPersonRequired, UnknownProposal, UnknownRow
from ledger.lots.product_lists import EntryEnded, ListEntry, ListEntryFilter, RecordUnpublished
from services import Actor, ServiceContext
from services.errors import Forbidden, InvalidInput
from services.lots import lot_reviews, lots
from services.paging import PageRequest
from services.product_lists import product_lists
from services.product_lists.product_lists import ListEntryRequest
from services.proposals import proposals
from services.stamps import activation
from stamps.timestamps import parse_rfc3339
from stamps.vietnam_time import DAY_MS
from tests.accounts import add_accounts
from tests.services.office import Office, lot_document, new_key

TODAY = "2026-10-01T00:00:00Z"
PEOPLE = {
    "lien": Actor("lien", "authority", "so-66", province="66"),
    "dung": Actor("dung", "authority", "so-66", province="66"),
    "hoa": Actor("hoa", "authority", "so-79", province="79"),
}


def person(office: Office, who: str) -> ServiceContext:
    return replace(office.context("authority"), actor=PEOPLE[who])


def request(**changes: Any) -> ListEntryRequest:
    values: dict[str, Any] = {
        "kind": "ocop",
        "product": "ri6",
        "since": date(2026, 1, 1),
        "basis": "412/QĐ-UBND",
        "basis_day": date(2025, 12, 20),
        "stars": 4,
        **changes,
    }
    if values["kind"] != "ocop":
        values["stars"] = None
    return ListEntryRequest(**values)


def mandatory(**changes: Any) -> ListEntryRequest:
    return request(kind="mandatory", since=date(2026, 10, 10), **changes)


async def find(office: Office, who: str, **wanted: Any) -> list[ListEntry]:
    context = person(office, who) if who in PEOPLE else office.context(who)
    page = await product_lists.list_entries(context, ListEntryFilter(**wanted), PageRequest())
    return list(page.items)


async def require(office: Office, one: str = "lien", other: str = "dung", **changes: Any) -> None:
    """Make the records of a product mandatory, as two people."""
    proposal = await product_lists.add_entry(person(office, one), mandatory(**changes), new_key())
    assert isinstance(proposal, Proposal)
    await proposals.approve_proposal(person(office, other), proposal.id)


@pytest.fixture(autouse=True)
async def province(office: Office) -> None:
    office.now = parse_rfc3339(TODAY)
    for id_, code in (("so-66", "66"), ("so-79", "79")):
        await office.ledger.organisations.add(Organisation(id_, "authority", id_, province=code))
    packer = await office.ledger.organisations.get("krong-pac")
    await office.ledger.organisations.replace(
        replace(packer, province="66"), seen=packer, actor="bo"
    )
    await add_accounts(office.ledger, *PEOPLE, role="authority")


async def test_a_province_keeps_its_lists_and_another_neither_sees_nor_edits_them(
    office: Office,
) -> None:
    added = await product_lists.add_entry(person(office, "lien"), request(), new_key())
    assert isinstance(added, ListEntry)
    again = await product_lists.add_entry(person(office, "lien"), request(), new_key())
    assert again == added
    assert await find(office, "lien") == await find(office, "authority") == [added]
    assert await find(office, "hoa") == []
    with pytest.raises(UnknownRow):
        await product_lists.get_entry(person(office, "hoa"), added.id)
    with pytest.raises(UnknownRow):
        await product_lists.end_entry(person(office, "hoa"), added.id, "x")
    with pytest.raises(InvalidInput, match="own"):
        await product_lists.add_entry(person(office, "hoa"), request(province="66"), new_key())
    with pytest.raises(Forbidden):
        await product_lists.list_entries(office.context("packer"), ListEntryFilter(), PageRequest())
    national = await product_lists.add_entry(
        office.context("authority"), request(kind="export", province=""), new_key()
    )
    assert await find(office, "hoa") == [national]
    with pytest.raises(InvalidInput, match="own"):
        await product_lists.end_entry(person(office, "hoa"), national.id, "x")  # type: ignore[union-attr]


async def test_an_ended_entry_stays_as_history(office: Office) -> None:
    added = await product_lists.add_entry(person(office, "lien"), request(), new_key())
    assert isinstance(added, ListEntry)
    ended = await product_lists.end_entry(person(office, "dung"), added.id, "Hết hạn OCOP")
    assert (ended.ended_by, ended.end_reason) == ("dung", "Hết hạn OCOP")
    assert await find(office, "lien", is_ended=False) == []
    assert await find(office, "lien", is_ended=True) == [ended]
    with pytest.raises(EntryEnded):
        await product_lists.end_entry(person(office, "lien"), added.id, "khác")


async def test_what_ended_can_be_added_again_as_often_as_it_ends(office: Office) -> None:
    lien, ids = person(office, "lien"), set[str]()
    for _ in range(3):
        added = await product_lists.add_entry(lien, request(), new_key())
        assert await product_lists.add_entry(lien, request(), new_key()) == added
        assert isinstance(added, ListEntry)
        ids.add(added.id)
        await product_lists.end_entry(lien, added.id, "Ghi nhầm")
    assert len(ids) == 3
    assert {one.id for one in await find(office, "lien", is_ended=True)} == ids


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"stars": 2}, "stars"),
        ({"stars": None}, "stars"),
        ({"kind": "famous"}, "kind"),
        ({"province": "999"}, "province"),
        ({"until": date(2025, 1, 1)}, "until"),
        ({"basis": "  "}, "basis"),
        ({"basis_day": date(2027, 1, 1)}, "basis_day"),
        ({"organisation": "tan-phuoc"}, "organisation"),
        ({"kind": "mandatory"}, "since"),
    ],
)
async def test_an_entry_that_is_wrong_names_its_field(
    office: Office, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await product_lists.add_entry(person(office, "lien"), request(**wrong), new_key())
    assert refusal.value.evidence["field"] == field
    assert await find(office, "lien") == []


async def test_two_people_of_the_province_make_a_record_mandatory(office: Office) -> None:
    lien, dung = person(office, "lien"), person(office, "dung")
    proposal = await product_lists.add_entry(lien, mandatory(), new_key())
    assert isinstance(proposal, Proposal)
    assert await find(office, "lien") == []
    with pytest.raises(AlreadyProposed):
        await product_lists.add_entry(dung, mandatory(), new_key())
    with pytest.raises(SecondPersonRequired):
        await proposals.approve_proposal(lien, proposal.id)
    with pytest.raises(UnknownProposal):
        await proposals.approve_proposal(person(office, "hoa"), proposal.id)
    await proposals.approve_proposal(dung, proposal.id)
    [entry] = await find(office, "lien")
    assert (entry.kind, entry.added_by, entry.proposal) == ("mandatory", "lien", proposal.id)


async def test_stamps_are_bound_to_a_mandatory_product_once_its_record_is_published(
    office: Office,
) -> None:
    number = await office.print_batch()
    packer = office.context("packer")
    await require(office)
    lot = await lots.put_lot(packer, lot_document("L1"))
    # The packer is told before, and nothing is refused yet.
    told = await product_lists.find_requirement(packer, lot)
    assert told is not None
    assert (told.entry.since, told.is_in_force, told.is_met) == ("2026-10-10", False, False)
    key = new_key()
    first = await activation.activate_range(packer, f"{number}·0-9", "L1", key)

    office.now += 10 * DAY_MS
    # The answer to the first request was lost, and the packer asks again after the day.
    again = await activation.activate_range(packer, f"{number}·0-9", "L1", key)
    assert again.transition.seq == first.transition.seq
    with pytest.raises(RecordUnpublished, match="412/QĐ-UBND"):
        await activation.check_activation(packer, f"{number}·10-19", "L1")
    with pytest.raises(RecordUnpublished):
        await activation.activate_range(packer, f"{number}·10-19", "L1", new_key())
    # What was done before the day and is reported after it is taken.
    office.now = parse_rfc3339("2026-10-10T00:00:00Z")
    acted = parse_rfc3339("2026-10-09T10:00:00Z")
    await activation.activate_range(packer, f"{number}·10-19", "L1", new_key(), acted)

    sent = await lot_reviews.submit_version(packer, "L1", 1)
    await lot_reviews.approve_version(office.context("authority"), sent.id)
    await activation.activate_range(packer, f"{number}·20-29", "L1", new_key())


@pytest.mark.parametrize(
    "entry",
    [
        {"organisation": "tan-phuoc", "province": ""},
        {"until": date(2026, 10, 12)},
    ],
)
async def test_a_list_that_is_not_of_this_lot_asks_nothing(
    office: Office, entry: dict[str, Any]
) -> None:
    number = await office.print_batch()
    if "province" in entry:
        context = office.context("authority")
        asked = await product_lists.add_entry(context, mandatory(**entry), new_key())
        assert isinstance(asked, Proposal)
        await proposals.approve_proposal(replace(context, actor=Actor("second", "demo")), asked.id)
    else:
        await require(office, **entry)
    await lots.put_lot(office.context("packer"), lot_document("L1"))
    office.now += 20 * DAY_MS
    await activation.activate_range(office.context("packer"), f"{number}·0-9", "L1", new_key())


async def test_a_list_of_another_province_asks_nothing(office: Office) -> None:
    number = await office.print_batch()
    await add_accounts(office.ledger, "hai", role="authority")
    asked = await product_lists.add_entry(person(office, "hoa"), mandatory(), new_key())
    assert isinstance(asked, Proposal)
    other = replace(PEOPLE["hoa"], id="hai")
    await proposals.approve_proposal(replace(person(office, "hoa"), actor=other), asked.id)
    await lots.put_lot(office.context("packer"), lot_document("L1"))
    office.now += 20 * DAY_MS
    await activation.activate_range(office.context("packer"), f"{number}·0-9", "L1", new_key())

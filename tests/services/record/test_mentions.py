"""Mentions: what one tells of another stays its word until the other confirms."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from ledger import Organisation, PlaceRow, schema
from ledger.errors import MentionFull, UnknownRow
from ledger.record import mentions as rows
from ledger.record.mention_rows import LOCATION_NAMES, PARTY_NAMES
from services import Actor, ServiceContext
from services.diary.entries import tell_entry
from services.errors import Forbidden, InvalidInput
from services.home import list_tasks
from services.record.event_record import find_event, record_events
from services.record.mentions import (
    answer_mention,
    count_open_mentions,
    find_answers,
    get_mention,
    list_mentions,
)
from stamps.timestamps import parse_rfc3339
from tests.services.office import NOW, Office
from tests.traceability.epcis.test_event_hash import EVENT
from tests.traceability.epcis.test_event_reader import document
from traceability.diary.entry_events import name_party
from traceability.epcis.event_reader import normalize_key

BUYER = Actor("an", "buyer", "vua-an")
CARRIER = Actor("tai", "carrier", "tay-nguyen")


@pytest.fixture
async def trade(office: Office) -> Office:
    """A buyer with a warehouse, a carrier, and time after the event."""
    office.now = max(NOW, parse_rfc3339(EVENT["eventTime"]) + 60_000)
    for id_, kind, name in (("vua-an", "buyer", "Vựa An"), ("tay-nguyen", "carrier", "Tây Nguyên")):
        await office.ledger.organisations.add(
            Organisation(id_, kind, name)  # type: ignore[arg-type] # kinds
        )
    warehouse = PlaceRow("kho", "warehouse", "Kho", organisation="vua-an", gln="8935000000014")
    await office.ledger.places.add(warehouse)
    return office


def act(office: Office, actor: Actor) -> ServiceContext:
    return replace(office.context("packer"), actor=actor)


async def ship(office: Office, party: str, who: str = "packer", **changes: Any) -> str:
    """Record that goods went to a party; the event's digits."""
    parties = [{"type": "owning_party", "destination": party}]
    event = {**EVENT, "destinationList": parties, **changes}
    await record_events(office.context(who), document(event))
    [told] = await office.ledger.epcis_events.find_page(_own(office, who), limit=1)
    return told.id


def _own(office: Office, who: str) -> Any:
    from ledger.record.epcis_events import EventFilter

    return EventFilter(organisation=office.context(who).actor.organisation)


@pytest.mark.parametrize(
    "party",
    [
        name_party("vua-an"),
        name_party("Vựa  An"),
        "urn:epc:id:pgln:8935000.00001",
        "https://example.vn/414/8935000000014",
    ],
)
async def test_a_party_is_named_by_id_name_or_location_number(trade: Office, party: str) -> None:
    event = await ship(trade, party)
    [found] = (await list_mentions(act(trade, BUYER))).items
    assert (found.event.id, found.state, found.sides) == (event, "open", ["destination"])
    assert (await list_mentions(act(trade, CARRIER))).items == []
    assert (await list_mentions(trade.context("packer"))).items == []


async def test_what_is_told_is_confirmed_or_disputed_by_whom_it_names_alone(trade: Office) -> None:
    event = await ship(trade, name_party("vua-an"))
    buyer = act(trade, BUYER)
    with pytest.raises(InvalidInput):
        await answer_mention(buyer, "krong-pac", event, "disputed", "  ")
    disputed = await answer_mention(buyer, "krong-pac", event, "disputed", "Chỉ nhận 5 tấn")
    assert disputed.state == "disputed"
    for _ in range(2):
        confirmed = await answer_mention(buyer, "krong-pac", event, "confirmed", None)
    assert [one.answer for one in confirmed.answers] == ["disputed", "confirmed"]
    for stranger in (CARRIER, trade.context("packer").actor):
        with pytest.raises(UnknownRow):
            await answer_mention(act(trade, stranger), "krong-pac", event, "confirmed", None)
    with pytest.raises(Forbidden):
        await answer_mention(trade.context("inspector"), "krong-pac", event, "confirmed", None)
    row = await find_event(trade.context("inspector"), event)
    answers = await find_answers(trade.context("inspector"), row)
    assert [one.organisation for one in answers["krong-pac", event]] == ["vua-an", "vua-an"]
    await trade.ledger.audit.verify()


async def test_mentions_are_listed_and_counted_by_what_is_said_of_them(trade: Office) -> None:
    buyer, days = act(trade, BUYER), [f"2026-01-0{n}T00:00:00Z" for n in range(1, 5)]
    told = [await ship(trade, name_party("vua-an"), eventTime=day) for day in days]
    await answer_mention(buyer, "krong-pac", told[0], "disputed", "Chưa nhận")
    await answer_mention(buyer, "krong-pac", told[0], "confirmed", None)
    await answer_mention(buyer, "krong-pac", told[1], "disputed", "Chưa nhận")
    declared = {"declarationTime": EVENT["eventTime"], "reason": "incorrect_data"}
    await ship(trade, name_party("vua-an"), errorDeclaration=declared, eventTime=days[2])

    async def find(state: Any) -> list[int]:
        page = await list_mentions(buyer, state=state)
        assert all(one.state == state for one in page.items)
        return [told.index(one.event.id) for one in page.items]

    assert [await find(state) for state in ("open", "confirmed", "disputed", "withdrawn")] == [
        [3],
        [0],
        [1],
        [2],
    ]
    with pytest.raises(UnknownRow):
        await answer_mention(act(trade, CARRIER), "krong-pac", told[3], "confirmed", None)
    assert await count_open_mentions(buyer) == (1, False)
    [task] = [one for one in await list_tasks(buyer) if one.name == "mentions_open"]
    assert (task.counted.count, task.path) == (1, "/mentions?state=open")
    assert "mentions_open" not in {one.name for one in await list_tasks(trade.context("inspector"))}
    assert (await list_mentions(act(trade, CARRIER), state="open")).items == []


async def test_what_one_tells_of_itself_is_no_mention(trade: Office) -> None:
    both = [{"type": "owning_party", "destination": name_party(one)} for one in ("krong-pac", "a")]
    await ship(trade, "", destinationList=both)
    assert await count_open_mentions(trade.context("packer")) == (0, False)
    async with trade.ledger._store.read() as connection:
        keys = list(await connection.scalars(select(schema.mentions.c.key)))
    assert keys == [name_party("a")]


def test_the_ledger_knows_the_form_of_keys_that_name_parties() -> None:
    assert name_party("vua-an") == f"{PARTY_NAMES}vua-an"
    found = {normalize_key(f"https://example.vn/{ai}/8935000000014") for ai in ("414", "417")}
    assert found == {f"{prefix}8935000000014" for prefix in LOCATION_NAMES}


async def test_an_entry_of_the_diary_names_the_buyer(trade: Office) -> None:
    values = {
        "at": "2026-09-20",
        "lot": "L1",
        "quantity": 5,
        "unit": "TNE",
        "buyer": "Vựa An",
    }
    await tell_entry(trade.context("packer"), "sale", values)
    [found] = (await list_mentions(act(trade, BUYER))).items
    assert found.event.organisation == "krong-pac"
    assert "veritem:buyer" not in found.shown


async def test_a_name_of_two_organisations_names_neither(trade: Office) -> None:
    await ship(trade, name_party("Vựa An"))
    await trade.ledger.organisations.add(Organisation("vua-an-2", "buyer", "Vựa An"))
    for organisation in ("vua-an", "vua-an-2"):
        actor = replace(BUYER, organisation=organisation)
        assert (await list_mentions(act(trade, actor))).items == []


async def test_an_event_that_its_author_declared_an_error_is_withdrawn(trade: Office) -> None:
    event = await ship(trade, name_party("vua-an"))
    declared = {"declarationTime": EVENT["eventTime"], "reason": "incorrect_data"}
    await ship(trade, name_party("vua-an"), errorDeclaration=declared)
    assert (await get_mention(act(trade, BUYER), "krong-pac", event)).state == "withdrawn"


async def test_pages_follow_each_other_over_all_keys(trade: Office) -> None:
    parties = (name_party("vua-an"), name_party("Vựa An"), "https://id.gs1.org/417/8935000000014")
    for n, party in enumerate(parties * 2):
        await ship(trade, party, eventTime=f"2026-01-0{n + 1}T00:00:00Z")
    both = [*({"destination": one, "type": "owning_party"} for one in parties[:2])]
    await ship(trade, parties[0], destinationList=both, eventTime="2026-01-09T00:00:00Z")
    seen: list[str] = []
    after = None
    while True:
        page = await list_mentions(act(trade, BUYER), limit=2, after=after)
        seen += [one.event.body["eventTime"][:10] for one in page.items]
        if (after := page.next) is None:
            break
    assert seen == ["2026-01-09", *(f"2026-01-0{n}" for n in range(6, 0, -1))]


async def test_answers_to_one_event_are_bounded(
    trade: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "MOST_ANSWERS", 2)
    event = await ship(trade, name_party("vua-an"))
    buyer = act(trade, BUYER)
    await answer_mention(buyer, "krong-pac", event, "disputed", "1")
    await answer_mention(buyer, "krong-pac", event, "disputed", "2")
    with pytest.raises(MentionFull):
        await answer_mention(buyer, "krong-pac", event, "confirmed", None)

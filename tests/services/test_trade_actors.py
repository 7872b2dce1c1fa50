"""Actors of the trade: whose lots and events a grower and others see."""

from dataclasses import replace
from typing import Any

import pytest

from ledger import Organisation, RegisteredCode
from ledger.errors import UnknownLot
from services import Actor, ServiceContext, scope
from services.codes import registered_codes
from services.errors import Forbidden
from services.lists.description import ListRequest
from services.lists.find import find_list_page
from services.lists.lots import LOTS
from services.lots import lots
from services.permissions import GRANTS
from services.record.event_record import list_events, record_events
from services.trade_actors import TRADE_ACTORS, list_entries
from stamps.timestamps import parse_rfc3339
from tests.services.office import NOW, Office, lot_document
from tests.traceability.epcis.test_event_hash import EVENT
from tests.traceability.epcis.test_event_reader import document

GROWER = Actor("y-bih", "grower", "y-bih-nie")
NEIGHBOUR = Actor("y-hoa", "grower", "y-hoa-mlo")
CARRIER = Actor("tai", "carrier", "tai-nguyen")


@pytest.fixture
async def farms(office: Office) -> Office:
    """Two growers with a growing area each, one in Đắk Lắk, and a carrier."""
    for id_, kind, province in (
        ("y-bih-nie", "grower", "66"),
        ("y-hoa-mlo", "grower", None),
        ("tai-nguyen", "carrier", "66"),
    ):
        await office.ledger.organisations.add(
            Organisation(id_, kind, id_, province=province)  # type: ignore[arg-type] # kinds
        )
    for code, owner in (("VN-ĐLOR-0123", "y-bih-nie"), ("VN-ĐLOR-0124", "y-hoa-mlo")):
        area = RegisteredCode(code, "growing_area", code, organisation=owner)
        await office.ledger.registered_codes.change(
            [code], lambda _, area=area: (area,), action="add", actor="authority"
        )
    await lots.put_lot(office.context("packer"), lot_document("L1"))
    await lots.put_lot(office.context("packer"), grown_at_the_neighbours("L2"))
    return office


def grown_at_the_neighbours(code: str) -> dict[str, Any]:
    return lot_document(code, growing_area={"code": "VN-ĐLOR-0124"}, stages=[])


def act(office: Office, actor: Actor) -> ServiceContext:
    return replace(office.context("packer"), actor=actor)


async def list_lots(context: ServiceContext, **asked: Any) -> list[str]:
    page = await find_list_page(context, LOTS, ListRequest(**asked))
    return [row["id"] for row in page.rows]


async def test_a_grower_sees_the_lots_of_its_own_areas_alone(farms: Office) -> None:
    for actor, seen, unseen in ((GROWER, "L1", "L2"), (NEIGHBOUR, "L2", "L1")):
        context = act(farms, actor)
        assert await list_lots(context) == [seen]
        assert await list_lots(context, search="sầu riêng") == [seen]
        assert [row.code for row in (await lots.list_lots(context)).items] == [seen]
        assert (await lots.get_lot(context, seen)).code == seen
        with pytest.raises(UnknownLot):
            await lots.get_lot(context, unseen)
        for area, found in (("VN-ĐLOR-0123", "L1"), ("VN-ĐLOR-0124", "L2")):
            page = await registered_codes.list_lots_of_code(context, area)
            assert [row.code for row in page.items] == ([seen] if found == seen else [])
    nobody = act(farms, Actor("x", "grower", None))
    assert await list_lots(nobody) == []


async def test_a_lot_that_names_the_area_no_more_is_seen_no_more(farms: Office) -> None:
    await lots.put_lot(farms.context("packer"), grown_at_the_neighbours("L1"))
    assert await list_lots(act(farms, GROWER)) == []
    assert sorted(await list_lots(act(farms, NEIGHBOUR))) == ["L1", "L2"]


async def test_a_grower_reads_lots_and_changes_none(farms: Office) -> None:
    grower = act(farms, GROWER)
    with pytest.raises(Forbidden):
        await lots.put_lot(grower, lot_document("L1"))
    for actor in (CARRIER, Actor("lab", "laboratory", "tai-nguyen")):
        with pytest.raises(Forbidden):
            await list_lots(act(farms, actor))


async def test_an_organisation_knows_the_areas_that_are_registered_to_it(farms: Office) -> None:
    own = await registered_codes.list_own_codes(act(farms, GROWER))
    assert [one.code for one in own.items] == ["VN-ĐLOR-0123"]
    assert (await registered_codes.list_own_codes(act(farms, CARRIER))).items == []


async def test_each_actor_sees_its_own_events_and_a_province_those_of_its_actors(
    farms: Office,
) -> None:
    farms.now = max(NOW, parse_rfc3339(EVENT["eventTime"]) + 60_000)
    for actor in (GROWER, NEIGHBOUR, CARRIER):
        await record_events(act(farms, actor), document(EVENT))

    async def see(context: ServiceContext) -> list[str]:
        return sorted(one.organisation for one in (await list_events(context)).items)

    for actor in (GROWER, NEIGHBOUR, CARRIER):
        assert await see(act(farms, actor)) == [actor.organisation]
    assert await see(farms.context("packer")) == []
    assert len(await see(farms.context("inspector"))) == 3
    province = Actor("dl", "authority", "so-dl", province="66")
    assert await see(act(farms, province)) == ["tai-nguyen", "y-bih-nie"]


def test_the_table_names_roles_that_record_events() -> None:
    for role in TRADE_ACTORS:
        assert {"event.see", "event.record"} <= GRANTS[role]  # type: ignore[index] # a role
        assert list_entries(role)
    assert list_entries("inspector") == ()
    assert scope.own_scope(GROWER) == "y-bih-nie"

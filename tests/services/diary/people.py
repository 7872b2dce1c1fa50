"""Growers with areas, a house of a packer, and what they tell."""

from dataclasses import replace
from typing import Any

import pytest

from ledger import Organisation, PlaceRow, RegisteredCode
from services import Actor, ServiceContext
from services.lists.description import ListRequest
from services.lists.diary import DIARY
from services.lists.find import find_list_page
from stamps.timestamps import parse_rfc3339
from tests.services.office import Office

AREA = "VN-ĐLOR-0123"
SPRAY: dict[str, Any] = {
    "at": "2026-09-01",
    "place": AREA,
    "input_kind": "pesticide",
    "input_name": "Ridomil Gold",
    "substance": "Metalaxyl-M",
    "waiting_days": 14,
}
HARVEST: dict[str, Any] = {
    "at": "2026-09-10",
    "place": AREA,
    "product": "ri6",
    "quantity": 820,
    "unit": "KGM",
}


PEOPLE = {
    "grower": Actor("y-bih", "grower", "y-bih-nie"),
    "grower2": Actor("h-bih", "grower", "y-bih-nie"),
    "other-grower": Actor("y-hoa", "grower", "y-hoa-mlo"),
}


def person(office: Office, who: str) -> ServiceContext:
    """The context of a grower, or of one of the office."""
    if who not in PEOPLE:
        return office.context(who)
    return replace(office.context("packer"), actor=PEOPLE[who])


@pytest.fixture(autouse=True)
async def registry(office: Office) -> None:
    """Growing areas of two growers, and one that nobody has; another house of a packer."""
    office.now = parse_rfc3339("2026-10-01T00:00:00Z")
    for id_, province in (("y-bih-nie", "66"), ("y-hoa-mlo", None)):
        await office.ledger.organisations.add(Organisation(id_, "grower", id_, province=province))
    codes = {AREA: "y-bih-nie", "VN-TGOR-0007": "y-hoa-mlo", "VN-ĐLOR-0999": None}
    rows = [RegisteredCode(c, "growing_area", c, organisation=o) for c, o in codes.items()]
    await office.ledger.registered_codes.change(
        list(codes), lambda _: rows, action="add", actor="bo"
    )
    place = PlaceRow("kho", "packing_house", "Kho 2", "VN-BTPH-077", organisation="krong-pac")
    await office.ledger.places.add(place, actor="bo")


async def see(office: Office, who: str, **filters: str) -> list[tuple[str, str | None]]:
    request = ListRequest(filters={name: (value,) for name, value in filters.items()})
    page = await find_list_page(person(office, who), DIARY, request)
    return [(row["kind"], row["flag"]) for row in page.rows]

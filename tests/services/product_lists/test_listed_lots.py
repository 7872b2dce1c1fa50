"""Lots of listed products: what the list of lots finds, and the task of the packer."""

from datetime import date
from typing import Any

import pytest

from services.home import list_tasks
from services.lists.description import ListRequest
from services.lists.find import find_list_page
from services.lists.lots import LOTS
from services.lots import lot_reviews, lots
from services.product_lists import product_lists
from stamps.vietnam_time import DAY_MS
from tests.services.office import Office, foreign_document, lot_document, new_key
from tests.services.product_lists.test_product_lists import (
    province,
    request,
    require,
)

__all__ = ["province"]
"""The fixture that makes people and packer of one province."""


async def find(office: Office, *kinds: str, who: str = "authority") -> set[str]:
    asked = ListRequest(filters={"list": kinds})
    page = await find_list_page(office.context(who), LOTS, asked)
    return {row["id"] for row in page.rows}


async def count_task(office: Office, who: str = "packer") -> int:
    tasks = await list_tasks(office.context(who))
    return next(task.counted.count for task in tasks if task.name == "lots_unpublished")


async def add_lots(office: Office) -> None:
    """One lot of a packer of the province, and one of a packer of another."""
    await lots.put_lot(office.context("packer"), lot_document("L1"))
    await lots.put_lot(office.context("other-packer"), foreign_document("L2"))


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ({}, {"L1"}),
        ({"province": ""}, {"L1", "L2"}),
        ({"province": "", "organisation": "tan-phuoc"}, {"L2"}),
        ({"province": "79"}, set()),
        ({"since": "2026-10-02"}, set()),
        ({"until": "2026-09-30"}, set()),
        ({"until": "2026-10-01"}, {"L1"}),
    ],
)
async def test_lots_are_listed_by_the_entries_in_force_that_concern_them(
    office: Office, entry: dict[str, Any], found: set[str]
) -> None:
    await add_lots(office)
    days = {n: date.fromisoformat(entry[n]) for n in ("since", "until") if n in entry}
    asked = request(**{"province": "66", **entry, **days})
    added = await product_lists.add_entry(office.context("authority"), asked, new_key())
    assert await find(office, "ocop") == await find(office, "ocop", "export") == found
    assert await find(office, "export") == set()
    assert await find(office, "ocop", who="packer") == found - {"L2"}
    await product_lists.end_entry(office.context("authority"), added.id, "x")  # type: ignore[arg-type]
    assert await find(office, "ocop") == set()


async def test_a_packer_is_told_of_lots_that_a_mandatory_list_asks_to_publish(
    office: Office,
) -> None:
    await add_lots(office)
    assert await count_task(office) == 0
    await require(office)
    # The list comes in ten days; the packer is told now.
    assert await find(office, "mandatory") == set()
    assert await find(office, "unpublished") == {"L1"}
    assert (await count_task(office), await count_task(office, "other-packer")) == (1, 0)
    office.now += 10 * DAY_MS
    assert await find(office, "mandatory") == await find(office, "unpublished") == {"L1"}

    sent = await lot_reviews.submit_version(office.context("packer"), "L1", 1)
    await lot_reviews.approve_version(office.context("authority"), sent.id)
    assert await count_task(office) == 0
    await lots.put_lot(office.context("packer"), lot_document("L1", shelf_life_days=18))
    assert await count_task(office) == 1  # its last version is not published
    office.now += 91 * DAY_MS
    assert await count_task(office) == 0  # nobody binds stamps to a lot so old


async def test_a_requirement_that_is_over_asks_nothing(office: Office) -> None:
    await add_lots(office)
    await require(office, until=date(2026, 10, 12))
    assert await count_task(office) == 1
    office.now += 13 * DAY_MS
    assert await count_task(office) == 0

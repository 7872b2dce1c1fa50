"""Job sheets: what a press must know."""

from dataclasses import replace

import pytest

from ledger.errors import UnknownBatch
from services.batches.job_sheet import get_job_sheet
from services.errors import Forbidden
from services.lists.description import ListRequest
from services.lists.find import find_list_page
from services.lists.orders import BATCHES
from tests.services.office import Office


async def test_a_job_sheet_says_what_for_whom_and_how(office: Office) -> None:
    number = await office.issue_batch(100, product="ri6", note="gấp")
    sheet = await get_job_sheet(office.context("press"), number)
    assert sheet.product is not None
    assert sheet.packer is not None
    assert (sheet.product.id, sheet.packer.name) == ("ri6", "HTX Krông Pắc")
    assert (sheet.batch.count, sheet.order.note) == (100, "gấp")
    assert sheet.symbol_mm == pytest.approx(sheet.modules * sheet.design.module_um / 1000)
    assert sheet.sheets == -(-100 // sheet.per_sheet)


async def test_only_the_assigned_print_house_gets_it(office: Office) -> None:
    number = await office.issue_batch(100)
    with pytest.raises(UnknownBatch):
        await get_job_sheet(office.context("other-press"), number)
    with pytest.raises(Forbidden):
        await get_job_sheet(office.context("packer"), number)


async def test_a_press_works_by_the_day_on_which_stamps_are_needed(office: Office) -> None:
    later = await office.issue_batch(due_on="2026-10-05")
    none = await office.issue_batch()
    soon = await office.issue_batch(due_on="2026-09-22")
    press = office.context("press")
    request = ListRequest(filters={"stage": ("to_print",)}, sort="due_on")
    first = await find_list_page(press, BATCHES, replace(request, limit=2))
    rest = await find_list_page(press, BATCHES, replace(request, limit=2, after=first.next))
    assert [row["id"] for row in (*first.rows, *rest.rows)] == [soon, later, none]
    assert not (await get_job_sheet(press, soon)).is_late
    office.now += 2 * 86_400_000
    page = await find_list_page(press, BATCHES, request)
    assert [(row["due"], row["due_state"]) for row in page.rows] == [
        ("2026-09-22", "late"),
        ("2026-10-05", None),
        (None, None),
    ]
    assert (await get_job_sheet(press, soon)).is_late

"""Job sheets: what a press must know."""

import pytest

from ledger.errors import UnknownBatch
from services.errors import Forbidden
from services.job_sheet import get_job_sheet
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

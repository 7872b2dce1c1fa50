"""Preview of a recall: what it reaches, without a change."""

import pytest

from ledger import ScanRow
from services.errors import Forbidden, InvalidInput
from services.stamps import recalls
from stamps.lifecycle import Transition
from tests.services.office import NOW, Office, new_key, recall


def make_scan(number: int, batch: int, index: int, province: str | None) -> ScanRow:
    return ScanRow(
        id=bytes([number]) * 16, batch=batch, index=index, at=NOW + number, via="page",
        verdict="authentic", score=0.0, province=province,
    )  # fmt: skip


async def test_a_preview_counts_stamps_lots_scans_and_provinces(office: Office) -> None:
    number = await office.activate_batch(100)
    await office.ledger.transitions.apply(
        number, 90, 100, Transition.SUSPEND, actor="inspector", key=new_key(), reason="inspection"
    )
    await office.ledger.scans.append(
        [
            make_scan(1, number, 5, "79"),
            make_scan(2, number, 5, "01"),
            make_scan(3, number, 6, None),
            make_scan(4, number, 95, "79"),
        ]
    )
    inspector = office.context("inspector")
    reach = await recalls.preview_recall(inspector, lot="L1")
    assert (reach.stamps, reach.left, reach.lots, reach.batches) == (100, 0, ("L1",), (number,))
    assert (reach.scanned, reach.provinces, reach.is_partial) == (3, ("01", "79"), False)
    part = await recalls.preview_recall(inspector, ranges=(f"{number}·6-9",))
    assert (part.stamps, part.scanned, part.provinces) == (4, 1, ())
    done = await recall(office, ranges=(f"{number}·0-49",))
    assert sum(one.hi - one.lo for one in done) == 50
    rest = await recalls.preview_recall(inspector, batch=number)
    assert (rest.stamps, rest.left, rest.scanned) == (50, 50, 1)


async def test_only_who_may_recall_previews_it(office: Office) -> None:
    number = await office.activate_batch()
    with pytest.raises(Forbidden):
        await recalls.preview_recall(office.context("packer"), batch=number)
    with pytest.raises(InvalidInput):
        await recalls.preview_recall(office.context("inspector"), batch=number, lot="L1")

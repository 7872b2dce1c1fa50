"""What the public is told: closed quarters, once, without small counts."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

from services.figures.public import COLUMNS, load_precision, publish_figures
from services.figures.suppression import SMALLEST
from tests.services.office import Office

QUARTER = "2026-Q3"
AFTER = int(datetime(2026, 10, 9, tzinfo=UTC).timestamp() * 1000)
EARLY = int(datetime(2026, 10, 5, tzinfo=UTC).timestamp() * 1000)
ROOT = Path(__file__).parents[3]


async def test_a_quarter_is_published_once_a_week_after_its_end(office: Office) -> None:
    await office.print_batch(100)
    ledger = office.ledger
    assert await publish_figures(ledger, AFTER) == 0  # what happened is not counted yet
    await ledger.figures.fold()
    assert await publish_figures(ledger, EARLY) == 0
    assert await publish_figures(ledger, AFTER) == 1
    [document] = await ledger.public_figures.list_last(8)
    assert (document["quarter"], document["last"]) == (QUARTER, str(date(2026, 9, 30)))
    assert document["total"]["issued"] == 100
    await office.issue_batch(50)
    await ledger.figures.fold()
    assert await publish_figures(ledger, AFTER) == 0
    assert await ledger.public_figures.list_last(8) == [document]


async def test_small_counts_are_hidden(office: Office) -> None:
    await office.print_batch(100)
    await office.issue_batch(4)
    await office.ledger.figures.fold()
    await publish_figures(office.ledger, AFTER)
    [document] = await office.ledger.public_figures.list_last(8)
    assert document["total"]["alerts"] is None
    for row in (document["total"], *document["products"]):
        assert all(row[name] is None or row[name] >= SMALLEST for name in COLUMNS)


def test_the_published_precision_is_that_of_the_documentation() -> None:
    page = (ROOT / "docs" / "detection.md").read_text("utf-8")
    rows = re.findall(
        r"precision at a prevalence of 0\.1 %, scan rate ([0-9.]+)% \| [^|]+\| "
        r"([0-9.]+) \[([0-9.]+), ([0-9.]+)\]",
        page,
    )
    told = [
        (float(rate) / 100, float(value), float(low), float(high))
        for rate, value, low, high in rows
    ]
    published = [
        (one["scan_rate"], one["precision"], one["low"], one["high"])
        for one in load_precision()["values"]
    ]
    assert published == told

"""Public figures: what the service tells everybody about itself, by closed quarter and product.

A quarter is published once, a week after its end, and never changes: counts that grow would give
away small ones by their difference. Within a quarter a product's count is a part of the total of
its column, and `services.figures.suppression` hides what is small. Columns do not add up to each
other, and no total is over several quarters.

The public service reads these documents alone, not the facts that they are made of.
"""

import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final

from ledger import Ledger
from ledger.figures.totals import FigureScope, Totals
from services.figures.measures import MEASURES
from services.figures.suppression import SMALLEST, suppress_small_counts
from stamps.vietnam_time import to_date

COLUMNS: Final = (
    "issued",
    "activated",
    "scans",
    "reports",
    "alerts",
    "alerts_confirmed",
    "alerts_dismissed",
    "recalls",
    "recalled",
)
"""The measures that are published."""
_SETTLING: Final = timedelta(days=7)
"""Scans that devices send later have arrived by then."""
_MOST_QUARTERS: Final = 8


async def publish_figures(ledger: Ledger, at: int) -> int:
    """Publish the closed quarters that are not published yet; return how many."""
    waiting = await ledger.figures.find_oldest_waiting()
    counted = None if waiting is None else to_date(waiting)
    published = 0
    known = await ledger.public_figures.list_names()
    for first, last in _list_closed_quarters(to_date(at)):
        name = f"{first.year}-Q{(first.month + 2) // 3}"
        if name in known or (counted is not None and counted <= last):
            continue
        totals = await ledger.figures.sum_period(first, last, FigureScope(), "product")
        if not totals:
            continue  # the service was not there yet
        document = await _compose(ledger, name, first, last, totals)
        published += await ledger.public_figures.add(name, document, at)
    return published


def _list_closed_quarters(today: date) -> list[tuple[date, date]]:
    """The last quarters that ended at least a week ago, the oldest first."""
    quarters: list[tuple[date, date]] = []
    start = today.replace(day=1, month=(today.month - 1) // 3 * 3 + 1)
    while len(quarters) < _MOST_QUARTERS:
        last = start - timedelta(days=1)
        start = last.replace(day=1, month=last.month - 2)
        if last + _SETTLING < today:
            quarters.append((start, last))
    return quarters[::-1]


async def _compose(
    ledger: Ledger, name: str, first: date, last: date, totals: Mapping[str, Totals]
) -> dict[str, Any]:
    products = {row.id: row for row in await ledger.products.list()}
    keys = sorted(key for key in totals if key in products)
    # What names no product is a row of its own, so that the parts add up to the total.
    keys += [""] if any(key not in products for key in totals) else []
    rest: Totals = Totals()
    for key, found in totals.items():
        if key not in products:
            rest.update(found)
    columns: dict[str, tuple[list[int | None], int | None]] = {}
    for column in COLUMNS:
        counts = [MEASURES[column].compute(rest if key == "" else totals[key]) or 0 for key in keys]
        columns[column] = suppress_small_counts([max(count, 0) for count in counts])
    return {
        "quarter": name,
        "first": first.isoformat(),
        "last": last.isoformat(),
        "suppressed_below": SMALLEST,
        "total": {column: columns[column][1] for column in COLUMNS},
        "products": [
            {
                "product": key or None,
                "name": dict(products[key].name) if key else None,
                **{column: columns[column][0][at] for column in COLUMNS},
            }
            for at, key in enumerate(keys)
        ],
        "precision": load_precision(),
    }


@cache
def load_precision() -> dict[str, Any]:
    """The detector's published precision, as docs/detection.md has it."""
    text = files("services.figures").joinpath("precision.toml").read_text("utf-8")
    return tomllib.loads(text)

"""`veritem figures scan-rate`: the measured and configured scan rate of each product."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cli.context import ConfigFile, open_installation, run_async
from cli.output import Json, print_line, print_result, print_table
from cli.settings import Settings
from ledger import ProductDay
from resolver.scan_rate import (
    SETTLING_DAYS,
    WINDOW_DAYS,
    measure_scan_rate,
    select_units,
    sum_settled_days,
    window_start,
)

_ENOUGH_STAMPS: Final = 10_000
"""Stamps from which a rate is significant: a hundred scans at 1 %."""

Days = Mapping[str | None, Sequence[ProductDay]]


def scan_rate(file: ConfigFile = None, as_json: Json = False) -> None:
    """Show which share of the activated stamps is scanned, by product, and the rate in use.

    Measured over the last 90 days, of stamps that were activated a fortnight ago or earlier.
    """
    now = time.time_ns() // 1_000_000

    async def load_days() -> tuple[Settings, Days]:
        async with open_installation(file) as (settings, ledger):
            return settings, await ledger.product_days.list_since(window_start(now))

    settings, days = run_async(load_days())
    configured = settings.rules.scan_rate
    names = [None, *sorted(product for product in days if product is not None)]
    products = [_measure(product, days, now, settings) for product in names]
    document = {
        "configured": configured,
        "measures": settings.resolver.measure_scan_rate,
        "days": WINDOW_DAYS,
        "settling_days": SETTLING_DAYS,
        "products": products,
    }

    def render() -> None:
        print_table(
            f"Scan rates (configured: {configured:.2%})",
            ("product", "activated", "scanned first", "measured", "in use"),
            (
                (
                    unit["product"] or "all",
                    unit["activated"],
                    unit["scanned"],
                    "-" if unit["share"] is None else f"{unit['share']:.2%}",
                    f"{unit['used']:.2%}",
                )
                for unit in products
            ),
        )
        if not settings.resolver.measure_scan_rate:
            print_line("The configured rate is used: resolver.measure_scan_rate is false.")
        for unit in products:
            if unit["above_configured"]:
                print_line(
                    ("! ", "bold yellow"),
                    f"{unit['product'] or 'all products'}: {unit['share']:.1%} are scanned, and "
                    f"rules.scan_rate is {configured:.1%}. Raise it: until then more alerts are "
                    "false than promised.",
                )

    print_result(document, as_json, render)


def _measure(product: str | None, days: Days, now: int, settings: Settings) -> dict[str, Any]:
    configured = settings.rules.scan_rate
    counts = sum_settled_days(days.get(product, []), now)
    share = min(counts.scanned / counts.activated, 1.0) if counts.activated else None
    used = configured
    if settings.resolver.measure_scan_rate:
        used = measure_scan_rate(select_units(product, days), now, configured)
    return {
        "product": product,
        "activated": counts.activated,
        "scanned": counts.scanned,
        "share": share,
        "used": used,
        "above_configured": share is not None
        and counts.activated >= _ENOUGH_STAMPS
        and share > configured * WINDOW_DAYS / (WINDOW_DAYS - SETTLING_DAYS),
    }

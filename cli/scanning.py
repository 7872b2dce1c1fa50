"""`veritem scanning`: how common scanning is, as it was measured, and what the judge goes by."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from cli.context import ConfigFile, opened, run
from cli.output import Json, answers, say, table
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

_ENOUGH = 10_000
"""Stamps from which on a share is told apart from chance: a hundred scans at 1 %."""

Days = Mapping[str | None, Sequence[ProductDay]]


def scanning(file: ConfigFile = None, as_json: Json = False) -> None:
    """Show which share of the activated stamps is scanned, by product, and what the judge takes.

    Measured over the last 90 days, of stamps that were activated a fortnight ago or longer.
    """
    now = time.time_ns() // 1_000_000

    async def work() -> tuple[Settings, Days]:
        async with opened(file) as (settings, ledger):
            return settings, await ledger.product_days.list_since(window_start(now))

    settings, days = run(work())
    configured = settings.rules.scan_rate
    units = [_unit(product, days, now, settings) for product in _ordered(days)]
    above = [unit for unit in units if unit["above_configured"]]
    document = {
        "configured": configured,
        "measures": settings.resolver.measure_share,
        "days": WINDOW_DAYS,
        "settling_days": SETTLING_DAYS,
        "products": units,
    }

    def lines() -> None:
        table(
            f"How common scanning is (configured: {configured:.2%})",
            ("product", "activated", "scanned first", "measured", "the judge takes"),
            (
                (
                    unit["product"] or "all",
                    unit["activated"],
                    unit["scanned"],
                    "-" if unit["share"] is None else f"{unit['share']:.2%}",
                    f"{unit['used']:.2%}",
                )
                for unit in units
            ),
        )
        if not settings.resolver.measure_share:
            answers.print("Pinned: resolver.measure_share is off.", highlight=False)
        for unit in above:
            answers.print(
                f"[bold yellow]![/] {unit['product'] or 'all products'}: {unit['share']:.1%} are "
                f"scanned, and rules.scan_rate says {configured:.1%}: there will be more false "
                "alerts than promised until it is raised.",
                highlight=False,
                soft_wrap=True,
            )

    say(document, as_json, lines)


def _ordered(days: Days) -> list[str | None]:
    """The whole service first, then the products by name."""
    return [None, *sorted(product for product in days if product is not None)]


def _unit(product: str | None, days: Days, now: int, settings: Settings) -> dict[str, Any]:
    configured = settings.rules.scan_rate
    counted = sum_settled_days(days.get(product, []), now)
    share = min(counted.scanned / counted.activated, 1.0) if counted.activated else None
    used = configured
    if settings.resolver.measure_share:
        used = measure_scan_rate(select_units(product, days), now, configured)
    return {
        "product": product,
        "activated": counted.activated,
        "scanned": counted.scanned,
        "share": share,
        "used": used,
        "above_configured": share is not None
        and counted.activated >= _ENOUGH
        and share > configured * WINDOW_DAYS / (WINDOW_DAYS - SETTLING_DAYS),
    }

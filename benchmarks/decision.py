"""`desk.decision_to_page`: seconds from a decision on a case to the public page.

A resolver with two workers, Redis and PostgreSQL as in production; the decision is taken by the
desk's service. The page has changed when six requests in a row, each on a connection of its own,
show it: so both workers do.
"""

import asyncio
import time
from statistics import quantiles
from typing import Final

import aiohttp

from benchmarks.figures import Figure
from benchmarks.load.production_stack import ProductionStack
from ledger import AlertState, Ledger, open_ledger
from ledger.ledger import now_ms
from services import Actor, ServiceContext
from services.alerts.alerts import decide_alert

_STAMPS: Final = 1_000
_IN_A_ROW: Final = 6
_PATIENCE: Final = 20.0


def measure_decisions(decisions: int) -> Figure:
    """Decide so many cases, one after the other, and time each until the page shows it."""
    with ProductionStack(stamps=_STAMPS) as stack, stack.run_service(stack.settings()) as (url, _):
        seconds = asyncio.run(_decide(stack, url, decisions))
    percentiles = quantiles(seconds, n=100, method="inclusive")
    return Figure(
        "desk.decision_to_page",
        percentiles[94],
        "s p95",
        {"p50": percentiles[49], "longest": max(seconds)},
    )


async def _decide(stack: ProductionStack, url: str, decisions: int) -> list[float]:
    codes = stack.list_codes()[:decisions]
    async with await open_ledger(stack.ledger) as ledger:
        return [
            await _time_decision(ledger, stack.batch, index, f"{url}/S/{code}")
            for index, code in enumerate(codes)
        ]


async def _time_decision(ledger: Ledger, batch: int, index: int, page: str) -> float:
    context = ServiceContext(ledger, Actor("chi", "inspector"), now_ms)
    alert = await ledger.alerts.report("stamp", batch, index, score=8.0, reasons=["many_devices"])
    await decide_alert(context, alert.id, AlertState.INVESTIGATING)
    await _wait_for(page, "authentic")
    await decide_alert(context, alert.id, AlertState.CONFIRMED, cause="copied")
    begin = time.perf_counter()
    return await _wait_for(page, "suspect") - begin


async def _wait_for(page: str, verdict: str) -> float:
    """When the first of the requests in a row was answered with a verdict."""
    in_a_row, first = 0, 0.0
    async with asyncio.timeout(_PATIENCE):
        while in_a_row < _IN_A_ROW:
            if await _ask(page) == verdict:
                first = first if in_a_row else time.perf_counter()
                in_a_row += 1
            else:
                in_a_row = 0
    return first


async def _ask(page: str) -> str:
    async with (
        aiohttp.ClientSession(headers={"Accept": "application/json"}) as session,
        session.get(page) as answer,
    ):
        return str((await answer.json())["verdict"])

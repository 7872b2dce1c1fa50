"""Pages of staff: milliseconds at 100,000 orders, batches and lots and a million alerts and facts.

`--scans 50000000` puts so many scans into the ledger; a million by default.

`desk.lists.NAME.ENGINE` is the highest 95th percentile of the list's cases, which stand beside it:
the first page, a filtered one, a searched one, the last page by its cursor. `desk.home.ENGINE` is
the slowest role's home, `desk.figures.ENGINE` the slowest dashboard of 300 packing houses,
`desk.quality.ENGINE` the slowest report on the quality of their data.
`desk.case.ENGINE` is a case: of the queue, of the archive, of a stamp with 20,000 scans, of one
that is scanned every fourth day for three years.
`desk.detection.ENGINE` is the report on the detector. A page is what `desk.pages` asks of the
services: rows, count, names and choices, without HTML and HTTP. SQLite has no statistics (ANALYZE),
PostgreSQL has them. `desk.decision_to_page` is of `benchmarks.decision`.
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Final

from benchmarks.decision import measure_decisions
from benchmarks.figures import Figure
from benchmarks.list_world import FULL, NOW, QUICK, Size, fill_postgresql, fill_sqlite
from benchmarks.plan import Plan
from ledger import Ledger, open_ledger
from services import Actor, ServiceContext
from services.alerts.alerts import open_alert
from services.alerts.detection_report import make_report
from services.figures.dashboard import FigureQuery, show_figures
from services.home import list_tasks
from services.lists.catalogue import LISTS
from services.lists.description import ListDescription, ListRequest
from services.lists.find import count_list, find_choices, find_list_page, find_names, plan_list
from services.paging import PageRequest
from services.quality.quality_reports import QualityQuery, list_quality, show_quality
from tests.servers import PostgresServer

_FILTERED: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "orders": {"state": ("requested", "approved"), "product": ("p7",)},
    "batches": {"stage": ("to_activate",), "packer": ("packer-7",)},
    "lots": {"state": ("incomplete",), "organisation": ("packer-7",)},
    "alerts": {"state": ("open",), "product": ("p7",)},
    "proposals": {"state": ("open",)},
}
_SEARCHED: Final = {
    "orders": "sau rieng",
    "batches": "krong pac",
    "lots": "nguyen van 77",
    "alerts": "buoi",
    "proposals": "mai",
}
_ROLES: Final = {
    "authority": None,
    "issuer": None,
    "print_house": "print-3",
    "packer": "packer-7",
    "inspector": None,
    "administrator": None,
}
_DASHBOARDS: Final = {
    "year": FigureQuery(),
    "month": FigureQuery(period="month"),
    "three_years": FigureQuery(period="custom", since="2023-09-25", until="2026-09-20"),
    "province": FigureQuery(province="66"),
    "packer": FigureQuery(packer="packer-8", province="66"),
}
_QUALITY: Final = {
    "country": QualityQuery(),
    "province": QualityQuery(province="66"),
    "packer": QualityQuery(organisation="packer-7"),
    "ten_years": QualityQuery(since="2016-10", until="2026-09"),
}
Case = Callable[[], Awaitable[object]]


def run(plan: Plan) -> Iterator[Figure]:
    """Fill a ledger on each engine and time its pages."""
    size, rounds = (QUICK, 20) if plan.quick else (FULL, 60)
    size = size if plan.scans is None else replace(size, scans=plan.scans)
    with tempfile.TemporaryDirectory(prefix="veritem-bench-") as directory:
        path = Path(directory, "ledger.db")
        url = f"sqlite:///{path}"
        asyncio.run(_migrate(url))
        fill_sqlite(str(path), size)
        yield from asyncio.run(_measure_lists(url, "sqlite", rounds))
        yield from asyncio.run(_measure_reports(url, "sqlite", rounds, size))
    with PostgresServer() as server:
        url = server.database()
        asyncio.run(_migrate(url))
        fill_postgresql(url, size)
        yield from asyncio.run(_measure_lists(url, "postgresql", rounds))
        yield from asyncio.run(_measure_reports(url, "postgresql", rounds, size))
    yield measure_decisions(10 if plan.quick else 40)


async def _migrate(url: str) -> None:
    async with await open_ledger(url) as ledger:
        await ledger.migrate()


async def _measure_lists(url: str, engine: str, rounds: int) -> list[Figure]:
    figures = []
    async with await open_ledger(url, clock=lambda: NOW) as ledger:
        authority = _make_context(ledger, "authority", None)
        for name in _FILTERED:
            description = LISTS[name]
            cases = _make_cases(authority, description)
            times = {case: await _time(work, rounds) for case, work in cases.items()}
            figures.append(
                Figure(f"desk.lists.{name}.{engine}", max(times.values()), "ms p95", times)
            )
        homes = {
            role: await _time(_make_home(_make_context(ledger, role, organisation)), rounds)
            for role, organisation in _ROLES.items()
        }
        figures.append(Figure(f"desk.home.{engine}", max(homes.values()), "ms p95", homes))
    return figures


async def _measure_reports(url: str, engine: str, rounds: int, size: Size) -> list[Figure]:
    figures = []
    async with await open_ledger(url, clock=lambda: NOW) as ledger:
        authority = _make_context(ledger, "authority", None)
        boards = {
            case: await _time(_make_dashboard(authority, query), rounds)
            for case, query in _DASHBOARDS.items()
        }
        figures.append(Figure(f"desk.figures.{engine}", max(boards.values()), "ms p95", boards))
        reports = {
            case: await _time(_make_quality(authority, query), rounds)
            for case, query in _QUALITY.items()
        }
        reports["organisations"] = await _time(
            lambda: list_quality(authority, QualityQuery(), PageRequest(50)), rounds
        )
        figures.append(Figure(f"desk.quality.{engine}", max(reports.values()), "ms p95", reports))
        cases = _open_cases(_make_context(ledger, "inspector", None), size)
        times = {case: await _time(work, rounds) for case, work in cases.items()}
        figures.append(Figure(f"desk.case.{engine}", max(times.values()), "ms p95", times))
        report = await _time(lambda: make_report(authority), rounds)
        figures.append(Figure(f"desk.detection.{engine}", report, "ms p95", {}))
    return figures


def _open_cases(context: ServiceContext, size: Size) -> dict[str, Case]:
    """Cases of the queue and of the archive, one after the other, and of two stamps."""

    def follow(ids: Iterable[int]) -> Case:
        asked = cycle(ids)
        return lambda: open_alert(context, next(asked))

    last = size.alerts
    return {
        "queue": follow(range(last - 40, last)),
        "archive": follow(range(1, 41)),
        "viral": follow([last + 1]),
        "steady": follow([last + 2]),
    }


def _make_dashboard(context: ServiceContext, query: FigureQuery) -> Case:
    return lambda: show_figures(context, query)


def _make_quality(context: ServiceContext, query: QualityQuery) -> Case:
    return lambda: show_quality(context, query)


def _make_context(ledger: Ledger, role: str, organisation: str | None) -> ServiceContext:
    actor = Actor(id="mai", role=role, organisation=organisation)  # type: ignore[arg-type]
    return ServiceContext(ledger=ledger, actor=actor, clock=lambda: NOW)


def _make_cases(context: ServiceContext, description: ListDescription) -> dict[str, Case]:
    name = description.name
    backwards = description.default_sort.removeprefix("-")
    requests = {
        "first": ListRequest(),
        "filtered": ListRequest(filters=_FILTERED[name]),
        "searched": ListRequest(search=_SEARCHED[name]),
    }
    if name in ("orders", "batches", "lots"):
        for case, province in (("province", "66"), ("no_province", "01")):
            requests[case] = ListRequest(filters={"province": (province,)})
    cases = {case: _make_page(context, description, asked) for case, asked in requests.items()}

    async def last_page() -> None:
        # The oldest rows come first in the other direction; their first is the last page's end.
        oldest = await find_list_page(context, description, ListRequest(sort=backwards, limit=51))
        await _open_page(context, description, ListRequest(after=oldest.next))

    return {**cases, "last": last_page}


def _make_page(context: ServiceContext, description: ListDescription, asked: ListRequest) -> Case:
    return lambda: _open_page(context, description, asked)


def _make_home(context: ServiceContext) -> Case:
    return lambda: list_tasks(context)


async def _open_page(
    context: ServiceContext, description: ListDescription, asked: ListRequest
) -> None:
    """Call the services as a list's page does."""
    plan = await plan_list(context, description, asked)
    page = await find_list_page(context, description, asked, plan)
    await count_list(context, description, asked, plan)
    await find_names(context, description, page.rows)
    await find_choices(context, description, asked)


async def _time(work: Case, rounds: int) -> float:
    """The 95th percentile of a case in milliseconds, after two runs that fill caches."""
    times = []
    for n in range(rounds + 2):
        begin = perf_counter()
        await work()
        if n >= 2:
            times.append((perf_counter() - begin) * 1000)
    return quantiles(times, n=20)[-1]

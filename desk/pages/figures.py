"""Figures: the dashboard, and the same as CSV and XLSX."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.figure_charts import Chart, draw_chart
from desk.pages.figure_files import send_table
from desk.pages.list_cells import Value
from desk.pages.orders import product_name
from desk.pages.provinces import list_provinces
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes
from ledger.errors import UnknownRow
from services.errors import InvalidInput
from services.figures.dashboard import Dashboard, FigureQuery, Part, show_figures
from services.figures.measures import MEASURES
from services.figures.periods import PERIODS, PeriodName
from services.organisations import registry
from services.permissions import Permission
from traceability.administrative_units import load_administrative_units
from traceability.lot_profiles import load_profiles
from web.i18n import Texts, format_iso_day, format_number

routes = PageRoutes()

_SEE: Final = (Permission.FIGURE_SEE,)
_SHOWN: Final = ("issued", "printed", "activated", "first_scans", "alerts", "recalled")
"""The measures of breakdowns on the page; files have all."""
_CHARTS: Final = (
    ("stamps", ("issued", "printed", "activated")),
    ("scans", ("scans", "first_scans")),
    ("alerts", ("alerts", "alerts_confirmed", "alerts_dismissed")),
)
_CODES: Final = ("valid", "expiring", "expired", "suspended", "revoked")
_MOST_PACKERS: Final = 500
"""Packing houses to choose from in the form."""


@dataclass(frozen=True, slots=True)
class FigureCard:
    """A key figure with its change."""

    name: str
    count: int | None
    before: int | None
    change: str
    """Signed percent; empty where it cannot be said."""


@dataclass(frozen=True, slots=True)
class PartRow:
    """A row of a breakdown with its links."""

    text: str
    link: str
    lots: str
    """The address of its lots; empty where there is none."""
    counts: Sequence[int | None]


@routes.add("GET", "/figures", permissions=_SEE)
async def show_dashboard(call: PageCall) -> web.StreamResponse:
    """Show the figures of a period."""
    query, flaw = read_query(call), ""
    try:
        found = await show_figures(call.context, query)
    except (InvalidInput, UnknownRow) as error:
        # What was typed stays in the form; the figures shown are those of the year.
        is_day = isinstance(error, InvalidInput) and error.evidence.get("field") != "kind"
        flaw = call.texts("figures.bad_days" if is_day else "figures.bad_filter")
        found = await show_figures(call.context, FigureQuery())
    texts, period = call.texts, found.period
    names = await _Names.load(call, found)
    shown = replace(found.query, period=query.period) if flaw else found.query
    return render_page(
        call,
        "figures.html",
        texts("figures.title"),
        query=query,
        flaw=flaw,
        place=names.name_place(found),
        first=format_iso_day(period.first.isoformat(), call.language),
        last=format_iso_day(period.last.isoformat(), call.language),
        before_first=format_iso_day(period.before_first.isoformat(), call.language),
        before_last=format_iso_day(period.before_last.isoformat(), call.language),
        is_current=found.is_current,
        periods=[(name, texts(f"figures.period_{name}")) for name in PERIODS],
        products=names.list_products(),
        kinds=[(kind, names.name_kind(kind)) for kind in load_profiles()],
        provinces=[] if found.scope_province else list_provinces(call),
        packers=list(found.packer_names.items())[:_MOST_PACKERS],
        cards=[_make_card(name, found) for name in MEASURES],
        charts=[_draw(name, measures, found, texts) for name, measures in _CHARTS],
        columns=_SHOWN,
        breakdowns=[(name, rows) for name, rows in _break_down(found, shown, names) if rows],
        alert_kinds=[
            (names.name_alert_kind(kind), values) for kind, values in found.alert_kinds.items()
        ],
        balance=found.balance,
        codes=[(name, found.registry.codes.get(name, 0)) for name in _CODES],
        incomplete=found.registry.incomplete_lots,
        exports=[(form, f"/figures/{form}?{_write_query(shown)}") for form in ("csv", "xlsx")],
    )


@routes.add("GET", "/figures/csv", permissions=_SEE)
async def export_csv(call: PageCall) -> web.StreamResponse:
    """Download the figures that the page shows, as CSV."""
    return await _export(call, "csv")


@routes.add("GET", "/figures/xlsx", permissions=_SEE)
async def export_xlsx(call: PageCall) -> web.StreamResponse:
    """Download the figures that the page shows, as XLSX."""
    return await _export(call, "xlsx")


def read_query(call: PageCall) -> FigureQuery:
    """What the address asks for; an unknown period is the year."""
    asked = {name: call.query.get(name, "").strip() for name in FigureQuery.__dataclass_fields__}
    period: PeriodName = next((one for one in PERIODS if one == asked["period"]), "year")
    if asked["since"] or asked["until"]:
        period = "custom"
    return FigureQuery(
        period=period,
        since=asked["since"],
        until=asked["until"],
        product=asked["product"] or None,
        kind=asked["kind"] or None,
        province=asked["province"] or None,
        packer=asked["packer"] or None,
    )


def label_measure(texts: Texts, name: str) -> str:
    """The text of a measure; that of consumers' reports is not that of yearly reports."""
    return texts("figures.reports_count" if name == "reports" else f"figures.{name}")


def _write_query(query: FigureQuery, **changes: str) -> str:
    """The query of an address that asks for these figures, with some of its fields changed."""
    fields = {name: getattr(query, name) for name in FigureQuery.__dataclass_fields__}
    return urlencode({name: value for name, value in {**fields, **changes}.items() if value})


async def _export(call: PageCall, form: str) -> web.StreamResponse:
    found = await show_figures(call.context, read_query(call))
    names, texts, period = await _Names.load(call, found), call.texts, found.period
    header = [texts("figures.part"), texts("figures.name")]
    header += [label_measure(texts, name) for name in MEASURES]
    rows: list[Sequence[Value]] = [
        (
            texts("figures.whole"),
            _span(found.period.first, found.period.last),
            *_list(found.values),
        ),
        (
            texts("figures.before"),
            _span(period.before_first, period.before_last),
            *_list(found.before),
        ),
    ]
    for name, parts in (
        ("times", found.times),
        ("provinces", found.provinces),
        ("packers", found.packers),
        ("products", found.products),
    ):
        label = texts(f"figures.by_{name}")
        rows += [(label, names.name_part(name, part.key), *_list(part.values)) for part in parts]
    return await send_table(
        form, "figures", texts("figures.title"), header, rows, call.context.clock()
    )


def _span(first: date, last: date) -> str:
    return f"{first.isoformat()} – {last.isoformat()}"


def _list(values: Mapping[str, int | None]) -> list[int | None]:
    return [values[name] for name in MEASURES]


def _make_card(name: str, found: Dashboard) -> FigureCard:
    count, before = found.values[name], found.before[name]
    change = ""
    if count is not None and before:
        percent = round(100 * (count - before) / before)
        change = f"{percent:+d} %".replace("-", "−")
    return FigureCard(name, count, before, change)


def _draw(name: str, measures: Sequence[str], found: Dashboard, texts: Texts) -> Chart:
    rows = []
    for part in found.times:
        day = date.fromisoformat(part.key)
        is_day = found.period.is_by_day
        label = format_iso_day(part.key, texts.language) if is_day else f"{day:%m/%Y}"
        short = f"{day:%d/%m}" if is_day else f"{day:%m/%y}"
        rows.append((label, short, [max(part.values[one] or 0, 0) for one in measures]))
    return draw_chart(
        name,
        texts(f"figures.chart_{name}"),
        [label_measure(texts, one) for one in measures],
        rows,
        lambda value: format_number(value, texts.language),
    )


def _break_down(
    found: Dashboard, query: FigureQuery, names: "_Names"
) -> Sequence[tuple[str, list[PartRow]]]:
    def rows(kind: str, field: str, parts: Sequence[Part]) -> list[PartRow]:
        made = []
        for part in parts:
            link = f"/figures?{_write_query(query, **{field: part.key})}" if part.key else ""
            lots = {"organisation": part.key} if kind == "packers" else {}
            made.append(
                PartRow(
                    text=names.name_part(kind, part.key),
                    link=link,
                    lots=f"/lots?{urlencode(lots)}" if lots and part.key else "",
                    counts=[part.values[name] for name in _SHOWN],
                )
            )
        return made

    return (
        ("provinces", rows("provinces", "province", found.provinces)),
        ("packers", rows("packers", "packer", found.packers)),
        ("products", rows("products", "product", found.products)),
    )


@dataclass(frozen=True, slots=True)
class _Names:
    """Names of products, provinces and packing houses in the reader's language."""

    call: PageCall
    products: Mapping[str, str]
    packers: Mapping[str, str]

    @classmethod
    async def load(cls, call: PageCall, found: Dashboard) -> "_Names":
        rows = await registry.list_products(call.context)
        products = {row.id: product_name(row, call.language) for row in rows}
        return cls(call, products, found.packer_names)

    def list_products(self) -> list[tuple[str, str]]:
        return sorted(self.products.items(), key=lambda pair: pair[1])

    def name_kind(self, kind: str) -> str:
        name = load_profiles()[kind].name
        return name.get(self.call.language) or name["vi"]

    def name_alert_kind(self, kind: str) -> str:
        key = f"alert_kind.{kind}"
        return self.call.texts(key) if self.call.texts.has(key) else kind

    def name_place(self, found: Dashboard) -> str:
        """What the figures are of: the country, a province, a packing house."""
        query, texts = found.query, self.call.texts
        if query.packer is not None:
            return self.packers.get(query.packer, query.packer)
        province = query.province or found.scope_province
        return self.name_province(province) if province else texts("figures.country")

    def name_province(self, code: str) -> str:
        return load_administrative_units().name(code, self.call.language)

    def name_part(self, kind: str, key: str) -> str:
        texts = self.call.texts
        if not key:
            return texts("figures.none_named")
        if kind == "provinces":
            return self.name_province(key)
        if kind == "packers":
            return self.packers.get(key, key)
        if kind == "products":
            return self.products.get(key, key)
        return key

"""Tables of the report on the detector: shares with their intervals, as cells and as drawings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from babel.numbers import format_decimal

from desk.pages.alert_texts import format_share
from desk.pages.list_cells import choose_name
from detection.labels import LEVELS, Share
from services.alerts.detection_report import DetectionReport
from traceability.administrative_units import load_administrative_units
from web.i18n import LOCALES, Language, Texts, format_number


@dataclass(frozen=True, slots=True)
class ShareCell:
    """A share in words, and where its interval and its dot are drawn, in percent."""

    share: Share
    count: str
    text: str
    left: float
    width: float
    middle: float | None


@dataclass(frozen=True, slots=True)
class ShareRow:
    """One group with its shares."""

    name: str
    cells: Sequence[ShareCell]
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class ShareTable:
    """A table of shares."""

    name: str
    title: str
    head: Sequence[str]
    """Headings of the rows and of each share."""
    rows: Sequence[ShareRow]


@dataclass(frozen=True, slots=True)
class DriftLine:
    """One number of stamps beside the simulated world, in words."""

    population: str
    number: str
    psi: str
    reading: str
    slug: str
    bars: Sequence[tuple[float, float, float]]
    """Bins: left edge, heights of the bars of service and simulation, in percent."""
    described: str
    """The bars in words."""


_MOST_ROWS: Final = 34
"""Rows of one table: there are 34 provinces, and of products the most frequent count."""


def describe_groups(report: DetectionReport, texts: Texts) -> list[ShareTable]:
    """A table of precision for each dimension of a report."""
    return [
        ShareTable(
            name=dimension,
            title=texts(f"detection.by_{dimension}"),
            head=(texts(f"detection.{dimension}"), texts("detection.confirmed")),
            rows=[
                ShareRow(_name_group(dimension, name, report, texts), [draw_share(share, texts)])
                for name, share in list(groups.items())[:_MOST_ROWS]
            ],
        )
        for dimension, groups in report.summary.groups.items()
        if groups
    ]


def describe_thresholds(result: Mapping[str, Any], texts: Texts) -> ShareTable:
    """The table of what other thresholds would have done, from the result of a review."""
    columns = ("confirmed", "dismissed", "sampled")
    rows = []
    for row in result["thresholds"]:
        name = format_real(row["threshold"], texts.language)
        if row["is_in_force"]:
            name = texts("detection.in_force", threshold=name)
        cells = [draw_share(Share(**row[column]), texts) for column in columns]
        rows.append(ShareRow(name, cells, row["is_in_force"]))
    return ShareTable(
        name="thresholds",
        title=texts("detection.trial"),
        head=(
            texts("detection.threshold"),
            *(texts(f"detection.trial_{column}") for column in columns),
        ),
        rows=rows,
    )


def describe_drift(result: Mapping[str, Any], texts: Texts) -> list[DriftLine]:
    """The lines of drift, from the result of a review."""
    return [_describe_number(row, texts) for row in result["drift"]]


def draw_share(share: Share, texts: Texts) -> ShareCell:
    """A share in words and as a drawing."""
    language = texts.language
    return ShareCell(
        share=share,
        count=texts(
            "detection.of",
            part=format_number(share.part, language),
            whole=format_number(share.whole, language),
        ),
        text=format_interval(share, texts),
        left=round(100 * share.low, 1),
        width=round(100 * (share.high - share.low), 1),
        middle=None if share.value is None else round(100 * share.value, 1),
    )


def format_interval(share: Share, texts: Texts) -> str:
    """A share with its interval: `71% (65%–77%)`."""
    if share.value is None:
        return texts("detection.no_share")
    language = texts.language
    return texts(
        "detection.interval",
        share=format_share(share.value, language),
        low=format_share(share.low, language),
        high=format_share(share.high, language),
    )


def format_real(value: float, language: Language) -> str:
    """A number with at most two decimals.

    >>> format_real(6.8, "vi"), format_real(0.256, "en")
    ('6,8', '0.26')
    """
    return str(format_decimal(value, "#,##0.##", locale=LOCALES[language]))


def flatten_tables(tables: Sequence[ShareTable], texts: Texts) -> list[list[str]]:
    """All tables as one, with a head: for a spreadsheet, so shares are plain numbers."""
    rows = [
        [
            *(texts(f"detection.{name}") for name in ("table", "group", "share_of")),
            *(texts(f"detection.{name}") for name in ("part", "whole", "share", "low", "high")),
        ]
    ]
    for table in tables:
        for row in table.rows:
            for title, cell in zip(table.head[1:], row.cells, strict=True):
                share = cell.share
                value = "" if share.value is None else f"{share.value:.4f}"
                counts = [str(share.part), str(share.whole)]
                bounds = [f"{share.low:.4f}", f"{share.high:.4f}"]
                rows.append([table.title, row.name, title, *counts, value, *bounds])
    return rows


def _name_group(dimension: str, name: str, report: DetectionReport, texts: Texts) -> str:
    if not name:
        return texts("detection.unknown")
    match dimension:
        case "kind":
            return texts(f"alert_kind.{name}")
        case "level":
            return _name_level(int(name), texts)
        case "product":
            return choose_name(report.products.get(name), texts.language, name)
        case "province":
            found = load_administrative_units().provinces.get(name)
            return name if found is None else found.name(texts.language, short=True)
        case "month":
            year, _, month = name.partition("-")
            return texts("detection.one_month", month=month, year=year)
    return name


def _name_level(level: int, texts: Texts) -> str:
    bounds = [format_real(bound, texts.language) for bound in LEVELS]
    if level == 0:
        return texts("detection.below", high=bounds[1])
    if level + 1 == len(LEVELS):
        return texts("detection.from", low=bounds[-1])
    return texts("detection.between", low=bounds[level], high=bounds[level + 1])


def _describe_number(row: Mapping[str, Any], texts: Texts) -> DriftLine:
    counts, simulated = row["counts"], row["simulated"]
    ours, theirs = sum(counts) or 1, sum(simulated) or 1
    shares = [(n / ours, m / theirs) for n, m in zip(counts, simulated, strict=True)]
    step = 100 / len(shares)
    told = "; ".join(
        texts(
            "detection.bin",
            ours=format_share(mine, texts.language),
            simulated=format_share(usual, texts.language),
        )
        for mine, usual in shares
    )
    return DriftLine(
        population=texts(f"detection.of_{row['population']}"),
        number=texts(f"detection.number_{row['number']}"),
        psi=format_real(row["psi"], texts.language),
        reading=texts(f"detection.reads_{row['reading']}"),
        slug=row["reading"],
        bars=[
            (round(at * step, 2), round(100 * mine, 1), round(100 * usual, 1))
            for at, (mine, usual) in enumerate(shares)
        ],
        described=told,
    )

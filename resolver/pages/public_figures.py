"""Public figures as the page shows them: quarters, products and the detector's precision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from babel.numbers import format_percent

from web.i18n import LOCALES, Language, Texts, format_number

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

Counts = Sequence[tuple[str, str]]
"""Names of figures with what is shown of them."""


@dataclass(frozen=True, slots=True)
class QuarterView:
    """One quarter."""

    title: str
    total: Counts
    products: Sequence[tuple[str, Counts]]


def describe_quarters(documents: Sequence[Mapping[str, Any]], words: Texts) -> list[QuarterView]:
    """The quarters of published documents."""
    return [_describe(document, words) for document in documents]


def describe_precision(
    documents: Sequence[Mapping[str, Any]], language: Language
) -> list[dict[str, str]]:
    """The detector's precision by share of stamps that are scanned, from the last document."""
    if not documents:
        return []
    locale = LOCALES[language]

    def show(share: float, form: str = "#,##0%") -> str:
        return format_percent(share, form, locale=locale)

    return [
        {
            "rate": show(one["scan_rate"], "#,##0.#%"),
            "value": show(one["precision"]),
            "low": show(one["low"]),
            "high": show(one["high"]),
        }
        for one in documents[0]["precision"]["values"]
    ]


def _describe(document: Mapping[str, Any], words: Texts) -> QuarterView:
    year, _, quarter = str(document["quarter"]).partition("-Q")
    language = words.language

    def show(counts: Mapping[str, int | None]) -> Counts:
        return [
            (
                name,
                words("figures.few", count=document["suppressed_below"])
                if counts[name] is None
                else format_number(counts[name] or 0, language),
            )
            for name in COLUMNS
        ]

    products = []
    for row in document["products"]:
        names = row["name"] or {}
        name = names.get(language) or names.get("vi") or row["product"] or words("figures.other")
        products.append((name, show(row)))
    return QuarterView(
        words("figures.quarter", quarter=quarter, year=year), show(document["total"]), products
    )

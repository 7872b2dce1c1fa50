"""The report on the detector: how many of its alerts people confirmed, in a period.

Nothing is changed by it. The thresholds are settings of the operator (`rules.alert`, `caution`,
`suspect`); `services.alerts.detection_reviews` says what other ones would have done.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from detection.labels import LabelSummary, summarize_labels
from detection.rules import Rules
from ledger.alerts.alert_labels import MOST_LABELS, MOST_WAITING
from services.context import ServiceContext
from services.errors import InvalidInput
from services.lists.find import parse_day
from services.permissions import Permission, require_permission
from stamps.vietnam_time import to_iso_day

DEFAULT_DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class DetectionReport:
    """Report on the detector from people's decisions of a period."""

    since: date
    until: date
    """The last day of the period."""
    summary: LabelSummary
    is_cut: bool
    """Whether the period has more decisions than are counted: only the latest are."""
    waiting: int
    """Alerts that wait for a decision now."""
    is_more_waiting: bool
    """Whether more wait than are counted."""
    rules: Rules
    """The rules in force."""
    products: Mapping[str, Mapping[str, str]]
    """Names of the products, by id and language."""


async def make_report(
    context: ServiceContext, *, since: str = "", until: str = ""
) -> DetectionReport:
    """Report on the alerts decided from a day to another (ISO dates, both included).

    Without days: the last year. Raises `Forbidden`, `InvalidInput`.
    """
    require_permission(context, Permission.DETECTION_SEE)
    until = until or to_iso_day(context.clock())
    end = parse_day("until", until, days=1)
    since = since or str(date.fromisoformat(until) - timedelta(days=DEFAULT_DAYS - 1))
    begin = parse_day("since", since)
    if begin >= end:
        raise InvalidInput(field="since", why="must not be after until")
    labels = context.ledger.alert_labels
    found = await labels.list_labels(begin, end)
    waiting = await labels.count_waiting()
    summary = summarize_labels(found)
    products = {name for name in summary.groups["product"] if name}
    return DetectionReport(
        since=date.fromisoformat(since),
        until=date.fromisoformat(until),
        summary=summary,
        is_cut=len(found) == MOST_LABELS,
        waiting=waiting,
        is_more_waiting=waiting == MOST_WAITING,
        rules=context.rules,
        products=await context.ledger.lists.get_names("product", products),
    )

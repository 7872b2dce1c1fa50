"""Report evidence: what consumers' reports of one stamp weigh, in nats. Pure.

Anybody can report, so reports are weak evidence. Three sums are made of them: of the heaviest
report of each network, of each device, and of each day. The smallest sum counts. A network that
sends many, a person with many phones and a crowd of one day weigh no more than one report. A report
beyond the budgets of its network or code weighs nothing.

More reports never weigh less, and no report weighs less than 0: nobody hides a copy with them.
`Rules.reports_limit` bounds what an alert takes of them. The verdict of the public page takes
nothing.

A weight is the log-likelihood ratio of a report of one kind. The rates are assumed: how many of
those who scan a copied item, and of those who scan a genuine one, send such a report, and how many
genuine stamps are reported by somebody who wants to harm. The last is set high on purpose.

>>> weigh_reports([ReportedStamp(0, "copied", device=1, network=1)]) == REPORT_WEIGHTS["copied"]
True
>>> weigh_reports([ReportedStamp(0, "copied", device=n, network=1) for n in range(9)]) < 0.5
True
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import fsum, log
from typing import Final, NamedTuple, TypeVar

from detection.rules import Rules
from stamps.vietnam_time import to_day_number

_Key = TypeVar("_Key")

CONSUMER_REPORTS: Final = "consumer_reports"
"""Reason of an alert that reports add to. No verdict has it."""


class ReportRates(NamedTuple):
    """Share of the people who send a report of one kind, of those who scan an item."""

    on_copies: float
    on_genuine: float


FALSE_REPORTS: Final = 0.03
"""Share of genuine stamps that somebody reports who wants to harm (assumed)."""

REPORT_RATES: Final[Mapping[str, ReportRates]] = {
    # The stamp or the produce looks copied.
    "copied": ReportRates(on_copies=0.02, on_genuine=0.001),
    # The produce is not what the page says.
    "mismatch": ReportRates(on_copies=0.01, on_genuine=0.002),
    # The stamp is damaged or was opened: transport does that to genuine ones.
    "damaged": ReportRates(on_copies=0.004, on_genuine=0.002),
}
"""The kinds of report that weigh. A complaint about the produce itself is no evidence about its
stamp."""

REPORT_WEIGHTS: Final[Mapping[str, float]] = {
    kind: log((rates.on_copies + FALSE_REPORTS) / (rates.on_genuine + FALSE_REPORTS))
    for kind, rates in REPORT_RATES.items()
}
"""Weight of a report in nats, by kind."""


@dataclass(frozen=True, slots=True)
class ReportedStamp:
    """One report of one stamp; `at` is in milliseconds since the Unix epoch.

    `device` and `network` are pseudonyms. `weighs`: it is within the budgets of reports.
    """

    at: int
    kind: str
    device: int | None = None
    network: int | None = None
    weighs: bool = True


class ReportTally:
    """The reports of one stamp so far; their order does not matter."""

    __slots__ = ("_days", "_devices", "_networks", "nats")

    def __init__(self) -> None:
        # The weight of the heaviest report of each.
        self._networks: dict[int | None, float] = {}
        self._devices: dict[tuple[bool, int | None], float] = {}
        self._days: dict[int, float] = {}
        self.nats = 0.0
        """What they weigh together, without an upper bound."""

    def add(self, report: ReportedStamp) -> None:
        """Add a report. One without a device counts by its network."""
        nats = REPORT_WEIGHTS.get(report.kind, 0.0) if report.weighs else 0.0
        is_known = report.device is not None
        device = is_known, report.device if is_known else report.network
        changes = _raise(self._networks, report.network, nats)
        changes += _raise(self._devices, device, nats)
        changes += _raise(self._days, to_day_number(report.at), nats)
        if changes:
            counts = self._networks, self._devices, self._days
            self.nats = min(fsum(count.values()) for count in counts)


def weigh_reports(reports: Iterable[ReportedStamp]) -> float:
    """Return what the reports of one stamp weigh together, in nats, without an upper bound."""
    tally = ReportTally()
    for report in reports:
        tally.add(report)
    return tally.nats


def _raise(heaviest: dict[_Key, float], key: _Key, nats: float) -> int:
    """Keep the larger of two weights; return how many entries changed."""
    if nats <= heaviest.get(key, 0.0):
        return 0
    heaviest[key] = nats
    return 1


def bound_reports(nats: float, rules: Rules) -> float:
    """Return what an alert takes of the weight of its reports."""
    return min(max(nats, 0.0), rules.reports_limit)

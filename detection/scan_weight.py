"""Scan weight: which scans may be evidence, by what their network sent lately.

Whoever sends requests could steer the judge. Two things bound what one network weighs:

- **A budget.** A network has `Rules.network_scans_per_minute` scans that weigh. Further ones are
  answered and recorded, and weigh nothing. A stamp has no budget that somebody else could use up:
  its history sets aside what comes too often (`detection.apply_scan`).
- **Credibility.** A scan that brings a stamp to a caution *accuses* it. Honest networks accuse
  almost never: their share of all stamps that they scan is far below one in a hundred, also behind
  the gateway of a carrier. A network is discredited for the rest of the day when it
  accused `Rules.discredited_stamps` stamps within a day and they are at least
  `Rules.discredited_share` of the stamps that it scanned. Without the share, the gateway of a
  carrier would be discredited by the number of its customers.

The stamps that a discredited network scanned are a **campaign**: many stamps, few networks.
Networks that scan stamps of one batch within an hour belong to the same campaign. People get one
alert that lists the stamps.

Scans of enrolled devices weigh whatever their network did. What is kept here links stamps, so it
lives a day at most, and never in the ledger.

Shaped for the compiler: constructors are written out, and the enum member that nearly every scan
gets has a name of its own (ADR 0035).
"""

from enum import StrEnum
from typing import Any, Final, final

from detection.rules import Rules

DAY_MS: Final = 86_400_000
_HOUR_MS: Final = 3_600_000
_MINUTE_MS: Final = 60_000


class ScanWeight(StrEnum):
    """Why a scan weighs, or does not; stored with the scan."""

    FULL = "full"
    NETWORK_BUDGET = "network_budget"
    DISCREDITED = "discredited"


FULL: Final = ScanWeight.FULL
DISCREDITED: Final = ScanWeight.DISCREDITED


RECENT_STAMPS: Final = 16
"""Stamps of a network that are kept until it is discredited."""


@final
class NetworkDay:
    """Record of one network on one day (UTC), in this process and as far as known in others.

    `recent` has the names of the stamps scanned last; `campaign` is set once the network is
    discredited. `minute_elsewhere`, `stamps_elsewhere` and `accused_elsewhere` are the counts of
    other processes.
    """

    __slots__ = (
        "accused",
        "accused_elsewhere",
        "campaign",
        "discredited",
        "minute",
        "minute_elsewhere",
        "minute_scans",
        "recent",
        "stamps",
        "stamps_elsewhere",
    )

    def __init__(self) -> None:
        self.stamps = 0
        self.accused = 0
        self.minute = 0
        self.minute_scans = 0
        self.stamps_elsewhere = 0
        self.accused_elsewhere = 0
        self.minute_elsewhere = 0
        self.recent: list[Any] = []
        self.discredited = False
        self.campaign: str | None = None

    def weigh_scan(self, at: int, rules: Rules) -> ScanWeight:
        """Count a scan at `at` (ms) and return its weight by the network's conduct."""
        minute = at // _MINUTE_MS
        if minute != self.minute:
            self.minute = minute
            self.minute_scans = self.minute_elsewhere = 0
        self.minute_scans += 1
        if self.discredited:
            return DISCREDITED
        if self.minute_scans + self.minute_elsewhere > rules.network_scans_per_minute:
            return ScanWeight.NETWORK_BUDGET
        return FULL

    def note_stamp(self, stamp: Any, *, accused: bool, rules: Rules) -> bool:
        """Note that the network scanned a stamp; return whether it is discredited.

        `accused`: the scan brought the stamp to a caution. The stamps of a discredited network are
        in `recent`.
        """
        if stamp not in self.recent:
            self.stamps += 1
            self.recent.append(stamp)
            if len(self.recent) > RECENT_STAMPS:
                del self.recent[0]
        if accused:
            self.accused += 1
            self.assess_credibility(rules)
        return self.discredited

    def assess_credibility(self, rules: Rules) -> None:
        """Discredit the network if it accused too many stamps for too few scans."""
        accused = self.accused + self.accused_elsewhere
        stamps = self.stamps + self.stamps_elsewhere
        if accused >= rules.discredited_stamps and accused >= rules.discredited_share * stamps:
            self.discredited = True


class NetworkDays:
    """The days of networks, by network, at most `size`; records start anew each day (UTC)."""

    def __init__(self, size: int = 4_000_000) -> None:
        self._size = size
        self._days: dict[int, NetworkDay] = {}
        self._today = 0

    def find(self, network: int, at: int) -> NetworkDay:
        """The record of a network at `at` (ms)."""
        today = at // DAY_MS
        if today > self._today:
            self._today = today
            self._days = {}
        found = self._days.get(network)
        if found is None:
            if len(self._days) >= self._size:
                self._days = {}
            found = self._days[network] = NetworkDay()
        return found


class CampaignNames:
    """Names campaigns `c1`, `c2`, …; a batch's campaign lasts while it is scanned hourly."""

    def __init__(self) -> None:
        self._by_batch: dict[str, tuple[int, str]] = {}
        self._count = 0

    def name_campaign(self, network: NetworkDay, batch: str | None, at: int) -> str:
        """The campaign of a discredited network that scanned a stamp of `batch` at `at` (ms)."""
        name = network.campaign
        if name is None and batch is not None:
            last, known = self._by_batch.get(batch, (0, ""))
            if known and at - last < _HOUR_MS:
                name = known
        if name is None:
            self._count += 1
            name = f"c{self._count}"
        network.campaign = name
        if batch is not None:
            self._by_batch[batch] = at, name
        return name

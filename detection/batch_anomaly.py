"""Batch anomaly: whether the stamps of one batch turn anomalous together, as after a leak.

Shaped for the compiler: the constructor is written out (ADR 0035).

A leaked batch shows in no single stamp: each code is copied once or twice. It shows in the batch,
where many of the scanned stamps turn slightly anomalous. `BatchAnomaly` counts the scanned stamps
of a batch and those that became anomalous *by their own scans*, with a half-life, so it describes
the present. Its owner keeps it: the recorder over the journal, `detection.replay` over a file.

The evidence is the log-likelihood ratio of the anomalous count under two Poisson distributions: the
usual share of anomalous stamps, and the share in a leaked batch.

>>> rules = Rules()
>>> quiet = BatchAnomaly().count(0, rules, scanned=400)
>>> quiet.evidence(rules)
0.0
>>> quiet.count(0, rules, anomalous=40).evidence(rules) == rules.batch_alert
True
"""

from dataclasses import dataclass
from math import log
from typing import Final, final

from detection.rules import Rules

_DAY_MS: Final = 86_400_000.0


@final
@dataclass(slots=True, init=False)
class BatchAnomaly:
    """Decaying counts of one batch as of `at`, in milliseconds since the Unix epoch."""

    at: Final[int]
    scanned: Final[float]
    anomalous: Final[float]

    def __init__(self, at: int = 0, scanned: float = 0.0, anomalous: float = 0.0) -> None:
        self.at = at
        self.scanned = scanned
        self.anomalous = anomalous

    def count(
        self, at: int, rules: Rules, *, scanned: int = 0, anomalous: int = 0
    ) -> "BatchAnomaly":
        """Return the counts after `scanned` more stamps were scanned and `anomalous` more turned.

        Count each stamp once as scanned and once as anomalous. A time before `at` is taken as
        `at`: late evidence does not decay earlier.
        """
        passed = at - self.at if at > self.at else 0
        kept = 0.5 ** (passed / (_DAY_MS * rules.batch_half_life_days))
        return BatchAnomaly(
            at=self.at + passed,
            scanned=self.scanned * kept + scanned,
            anomalous=self.anomalous * kept + anomalous,
        )

    def evidence(self, rules: Rules) -> float:
        """Return the evidence of a leak in nats, in halves up to `rules.batch_alert`."""
        if self.anomalous < rules.batch_min_anomalous:
            return 0.0
        usual, leaked = rules.batch_anomalous_usual, rules.batch_anomalous_leaked
        nats = self.anomalous * log(leaked / usual) - self.scanned * (leaked - usual)
        return round(2.0 * min(max(nats, 0.0), rules.batch_alert)) / 2.0

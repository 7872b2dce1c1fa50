"""Whether the stamps of one batch go wrong together: a rolling count and what it weighs.

A leaked batch shows in no single stamp: each code is copied once or twice. It shows in the batch,
where one scanned stamp after the other looks a little anomalous. A `BatchAnomaly` counts, for one batch
(or one roll, or whatever the caller keeps apart), the stamps that were scanned and those that came
to look anomalous *by their own scans*, and forgets both with a half-life, so that it says what is going
on now. It is one pair of numbers and a time, whatever the batch's size, and is kept by whoever
counts: the recorder over the journal, `detection.replay` over a recording.

The evidence is the log-likelihood ratio of the anomalous count under two Poisson laws: the usual share
of anomalous stamps, and the share in a batch that leaked.

>>> rules = Rules()
>>> quiet = BatchAnomaly().note(0, rules, scanned=400)
>>> quiet.evidence(rules)
0.0
>>> quiet.note(0, rules, anomalous=40).evidence(rules) == rules.batch_alert
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
    """Rolling counts of one batch: as of `at`, in milliseconds since the Unix epoch."""

    at: Final[int]
    scanned: Final[float]
    anomalous: Final[float]

    # Written out for the compiler, as a dossier's is.
    def __init__(self, at: int = 0, scanned: float = 0.0, anomalous: float = 0.0) -> None:
        self.at = at
        self.scanned = scanned
        self.anomalous = anomalous

    def note(
        self, at: int, rules: Rules, *, scanned: int = 0, anomalous: int = 0
    ) -> "BatchAnomaly":
        """The counts after `scanned` more stamps were scanned and `anomalous` more became anomalous.

        Each stamp is to be noted once as scanned and once as anomalous. A time before the last one is
        taken for the last one: evidence that comes late is not forgotten sooner for it.
        """
        later = at - self.at if at > self.at else 0
        kept = 0.5 ** (later / (_DAY_MS * rules.batch_half_life_days))
        return BatchAnomaly(
            self.at + later, self.scanned * kept + scanned, self.anomalous * kept + anomalous
        )

    def evidence(self, rules: Rules) -> float:
        """Nats for a leaked batch, in halves up to `rules.batch_alert`; 0 while too few are anomalous."""
        if self.anomalous < rules.batch_least_anomalous:
            return 0.0
        usual, leaked = rules.batch_anomalous_usual, rules.batch_anomalous_leaked
        nats = self.anomalous * log(leaked / usual) - self.scanned * (leaked - usual)
        return round(2.0 * min(max(nats, 0.0), rules.batch_alert)) / 2.0

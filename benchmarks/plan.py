"""Options of one run of the benchmarks."""

from dataclasses import dataclass, field

from benchmarks.checkout import Checkout


@dataclass(frozen=True)
class Plan:
    """Options of a run, passed to the `run` function of every benchmark."""

    quick: bool = False
    """Fewer and shorter rounds: under a minute for each name, less precise."""
    checkout: Checkout = field(default_factory=Checkout)
    """The checkout whose figures are reported."""
    scans: int | None = None
    """Scans of the ledger of `desk`; None: as many as end within five minutes."""
    baseline: Checkout | None = None
    """Another checkout, measured in the same rounds and reported as the peer `baseline`."""

"""What is known of a stamp besides its scans: its state, its lot, where and when it may be."""

from dataclasses import dataclass

from stamps.lifecycle import State
from stamps.place import Place

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class StampFacts:
    """The facts a verdict stands on; times in milliseconds since the Unix epoch.

    `packed` is where the stamp was put on the fruit, `market` the countries the lot was sold to
    (empty: not known), `route` the codes of the provinces it was meant for. `batch_evidence` is
    what the recorder's rolling counts say of the batch, in nats (0: nothing unusual).
    """

    state: State
    activated_at: int | None = None
    packed: Place | None = None
    shelf_life_days: int | None = None
    harvested_at: int | None = None
    expires_at: int | None = None
    market: tuple[str, ...] = ()
    route: tuple[str, ...] = ()
    claimed: bool = False
    batch_evidence: float = 0.0

    @property
    def ends_at(self) -> int | None:
        """When the shelf life ends: as the lot says, or counted from the packing; None: unknown."""
        if self.expires_at is not None:
            return self.expires_at
        if self.activated_at is None or self.shelf_life_days is None:
            return None
        return self.activated_at + self.shelf_life_days * _DAY_MS

"""What is known of a stamp besides its scans: its state, its lot, where and when it may be."""

from dataclasses import dataclass, field
from typing import Final

from detection.place import Place
from stamps.lifecycle import State

_DAY_MS: Final = 86_400_000
_HALF_HOUR_MS: Final = 1_800_000
# Packers try their stamps out while they pack and until the lorry has left.
_PACKING_MS: Final = 6 * 3_600_000
HOME: Final = "VN"
# Cold stores, ports and borders: exports reach their shoppers three days after the home market.
_BORDER_HALF_HOURS: Final = 3 * 48
# Fresh produce is sold and eaten within days whether it would keep for one week or four; what
# keeps for months is scanned more slowly, up to six times.
_FRESH_DAYS: Final = 30.0
_SLOWEST: Final = 6.0
# From this pace on produce is kept at home: who scans it again does so no later for that.
_KEPT: Final = 2.0


@dataclass(frozen=True, slots=True)
class StampContext:
    """The facts a verdict stands on; times in milliseconds since the Unix epoch.

    `packed` is where the stamp was put on the fruit, `market` the countries the lot was sold to
    (empty: not known). `batch_evidence` is what the recorder's rolling counts say of the batch, in
    nats (0: nothing unusual).

    Six are worked out: `ends_at`, when the shelf life ends (None: not known); `packing_until`,
    before which a scan is a packer's; `pace`, by how much slower than fresh fruit this produce is
    sold and eaten; and `sent_half_hour`, from which its age is counted, in half hours since 1970
    (-1: not packed): the activation, and for a lot that may be sold abroad three days later;
    `kept`, whether it is produce that people keep for months; and `sent_away`, whether the lot was
    sold to other countries only.
    """

    state: State
    activated_at: int | None = None
    packed: Place | None = None
    shelf_life_days: int | None = None
    harvested_at: int | None = None
    expires_at: int | None = None
    market: tuple[str, ...] = ()
    claimed: bool = False
    batch_evidence: float = 0.0
    ends_at: int | None = field(init=False)
    packing_until: int = field(init=False)
    pace: float = field(init=False)
    sent_half_hour: int = field(init=False)
    kept: bool = field(init=False)
    sent_away: bool = field(init=False)

    def __post_init__(self) -> None:
        ends, pace = self.expires_at, 1.0
        if ends is None and self.activated_at is not None and self.shelf_life_days is not None:
            ends = self.activated_at + self.shelf_life_days * _DAY_MS
        if ends is not None and self.activated_at is not None:
            keeps = (ends - self.activated_at) / _DAY_MS
            pace = min(max(keeps / _FRESH_DAYS, 1.0), _SLOWEST)
        until = 0 if self.activated_at is None else self.activated_at + _PACKING_MS
        sent = -1 if self.activated_at is None else self.activated_at // _HALF_HOUR_MS
        if sent > 0 and any(country != HOME for country in self.market):
            sent += _BORDER_HALF_HOURS
        object.__setattr__(self, "ends_at", ends)
        object.__setattr__(self, "packing_until", until)
        object.__setattr__(self, "pace", pace)
        object.__setattr__(self, "sent_half_hour", sent)
        object.__setattr__(self, "kept", pace >= _KEPT)
        object.__setattr__(self, "sent_away", bool(self.market) and HOME not in self.market)

"""Stamp context: what is known of a stamp besides its scans (state, lot, place, time)."""

from dataclasses import dataclass, field
from typing import Final

from detection.place import Place
from stamps.lifecycle import State

HOME: Final = "VN"
MAX_OTHER_CLAIMS: Final = 2
"""Claims by others beyond these add no evidence."""

_DAY_MS: Final = 86_400_000
_HALF_HOUR_MS: Final = 1_800_000
# Packers try stamps out while they pack and until the lorry has left.
_PACKING_MS: Final = 6 * 3_600_000
# Cold stores, ports and borders: exports reach shoppers three days after the home market.
_BORDER_HALF_HOURS: Final = 3 * 48
# Fresh produce is sold and eaten within days whether it keeps for one week or four. Produce that
# keeps for months is scanned more slowly, up to six times.
_FRESH_DAYS: Final = 30.0
_SLOWEST_PACE: Final = 6.0
# From this pace on people keep produce at home, and scan it no more often for that.
_LONG_LIFE_PACE: Final = 2.0
_IN_CIRCULATION: Final = frozenset({State.ACTIVATED, State.CLAIMED})
_OUT_OF_USE: Final = frozenset({State.ISSUED, State.PRINTED, State.VOID})


@dataclass(frozen=True, slots=True)
class Decision:
    """People's decision on a stamp's case, and the evidence that they decided on.

    - `confirmed`: the suspicion was confirmed; otherwise it was dismissed;
    - `score`: the highest score of the case, in nats;
    - `reasons`: all reasons of the case.
    """

    confirmed: bool
    score: float = 0.0
    reasons: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class StampContext:
    """The known facts about a stamp; times in milliseconds since the Unix epoch.

    - `packed`: where the stamp was put on the produce;
    - `market`: countries that the lot was sold to (empty: not known);
    - `other_claims`: how many others than the one who claimed the stamp entered its right PIN;
    - `batch_evidence`: evidence that the batch leaked, in nats (0: nothing unusual);
    - `decision`: people's decision in force (None: nobody has decided on the stamp).

    Derived:

    - `ends_at`: end of the shelf life (None: not known);
    - `packing_until`: a scan before this time is the packer's;
    - `pace`: how much slower than fresh produce this produce is sold and eaten;
    - `sent_half_hour`: start of the produce's age, in half hours since 1970 (-1: not packed); three
      days later for a lot that may be sold abroad;
    - `long_life`: people keep the produce for months;
    - `export_only`: the lot was sold to other countries only;
    - `in_circulation`: the state is activated or claimed;
    - `out_of_use`: the state is issued, printed or void.
    """

    state: State
    activated_at: int | None = None
    packed: Place | None = None
    shelf_life_days: int | None = None
    harvested_at: int | None = None
    expires_at: int | None = None
    market: tuple[str, ...] = ()
    other_claims: int = 0
    batch_evidence: float = 0.0
    decision: Decision | None = None
    ends_at: int | None = field(init=False)
    packing_until: int = field(init=False)
    pace: float = field(init=False)
    sent_half_hour: int = field(init=False)
    long_life: bool = field(init=False)
    export_only: bool = field(init=False)
    in_circulation: bool = field(init=False)
    out_of_use: bool = field(init=False)

    def __post_init__(self) -> None:
        ends, pace = self.expires_at, 1.0
        if ends is None and self.activated_at is not None and self.shelf_life_days is not None:
            ends = self.activated_at + self.shelf_life_days * _DAY_MS
        if ends is not None and self.activated_at is not None:
            keeps_days = (ends - self.activated_at) / _DAY_MS
            pace = min(max(keeps_days / _FRESH_DAYS, 1.0), _SLOWEST_PACE)
        until = 0 if self.activated_at is None else self.activated_at + _PACKING_MS
        sent = -1 if self.activated_at is None else self.activated_at // _HALF_HOUR_MS
        if sent > 0 and any(country != HOME for country in self.market):
            sent += _BORDER_HALF_HOURS
        object.__setattr__(self, "ends_at", ends)
        object.__setattr__(self, "packing_until", until)
        object.__setattr__(self, "pace", pace)
        object.__setattr__(self, "sent_half_hour", sent)
        object.__setattr__(self, "long_life", pace >= _LONG_LIFE_PACE)
        object.__setattr__(self, "export_only", bool(self.market) and HOME not in self.market)
        object.__setattr__(self, "in_circulation", self.state in _IN_CIRCULATION)
        object.__setattr__(self, "out_of_use", self.state in _OUT_OF_USE)

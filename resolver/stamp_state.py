"""What a scan must know besides scans: where a stamp stands, and the lot that it vouches for."""

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import orjson

from detection.place import Place
from detection.rules import Rules
from detection.stamp_context import StampContext
from detection.verdict import Judgement
from ledger import Batch
from stamps.lifecycle import State
from stamps.spans import Span
from traceability.lot import Lot
from traceability.parties import Site
from traceability.places import atlas

_ACTIVATED: Final = State.ACTIVATED  # asked for with every page, and quicker here (Python 3.11)


@dataclass(frozen=True, eq=False)
class CachedLot:
    """A lot as the resolver shows it.

    `rendered` keeps what was rendered of it, by language; `json` is its document as JSON, to be set
    into each answer as it stands.
    """

    lot: Lot
    document: dict[str, Any]
    rendered: dict[Any, Any] = field(default_factory=dict, repr=False)
    json: orjson.Fragment = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "json", orjson.Fragment(orjson.dumps(self.document)))


@dataclass(eq=False, slots=True)
class StampState:
    """Where the stamps of one span stand. One object serves all the stamps of the span.

    What is known does not change; a span that transitions is given another object. `unscanned` keeps how
    a stamp without scans is judged, and by which rules: the same for the whole span.
    """

    batch: Batch
    context: StampContext
    lot: CachedLot | None
    scan_rate: float | None = None
    """How common scanning of such stamps was measured to be; None: the rules know."""
    unscanned: tuple[Rules, Judgement] | None = field(default=None, init=False, repr=False)

    @property
    def claimable(self) -> bool:
        """Whether the page offers to claim the stamp with its PIN."""
        return self.batch.has_pin and self.context.state is _ACTIVATED


def build_stamp_state(
    batch: Batch,
    span: Span,
    lot: CachedLot | None,
    batch_evidence: float = 0.0,
    scan_rate: float | None = None,
) -> StampState:
    """Put together what is known of a span's stamps."""
    state = State(span.state)
    known = lot.lot if lot is not None else None
    context = StampContext(
        state=state,
        activated_at=span.activated_at,
        packed=locate_site(known.packing_house) if known and known.packing_house else None,
        shelf_life_days=known.shelf_life_days if known else None,
        harvested_at=known.harvested_at if known else None,
        expires_at=known.expires_at() if known else None,
        market=known.market if known else (),
        claimed=State.CLAIMED in (state, span.before),
        batch_evidence=batch_evidence,
    )
    return StampState(batch, context, lot, scan_rate)


def locate_site(site: Site) -> Place | None:
    """Where a site is: its own degrees, else the middle of its ward or province, if known."""
    if site.lat is not None and site.lon is not None:
        return Place(site.lat, site.lon, 2_000.0)
    if site.address.ward is not None:
        ward = atlas().ward(site.address.ward)
        return Place(ward.lat, ward.lon, ward.radius_km * 1000)
    return locate_province(site.province) if site.province else None


@lru_cache(maxsize=64)
def locate_province(code: str) -> Place:
    """The middle of a province, with the radius that holds nineteen in twenty of its wards.

    Worked out once: it takes 0.4 ms, more than all the rest of a scan that names its province.
    Far islands would make the radius of a province that of the sea before it.
    Raises `traceability.places.UnknownPlace` for a code not in force.
    """
    province = atlas().province(code)
    middle = Place(province.lat, province.lon)
    far = sorted(middle.distance_km(Place(ward.lat, ward.lon)) for ward in atlas().wards_of(code))
    return middle._replace(accuracy_m=math.ceil(far[len(far) * 19 // 20]) * 1000.0)

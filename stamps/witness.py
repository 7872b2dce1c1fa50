"""How a sighting changes a dossier: pure, bounded, and the only way that it changes.

Scans of one device are one session, and only a new session is evidence. Many devices in one place
are one crowd, and a crowd is one spot. A visit changes nothing.
"""

from math import log2
from typing import Final

from stamps.dossier import MAX_COUNT, MAX_DEVICES, MAX_NETS, MAX_SPOTS, Dossier, Spot, minute_of
from stamps.facts import StampFacts
from stamps.place import cell_of, gap_km
from stamps.rules import Rules
from stamps.sighting import Sighting, Via

DAY_MS: Final = 86_400_000


def witness(dossier: Dossier, sighting: Sighting, facts: StampFacts, rules: Rules) -> Dossier:
    """The dossier after one more sighting; a visit leaves it as it was."""
    if sighting.via is Via.VISIT:
        return dossier
    minute = minute_of(sighting.at)
    device = _fragment(sighting)
    province = dossier.province or int(sighting.province or 0)
    if device in dossier.devices:
        return dossier._replace(
            scans=min(dossier.scans + 1, MAX_COUNT),
            last=max(dossier.last, minute),
            province=province,
        )
    net = None if sighting.net is None else sighting.net & 0xFFFF
    nets, networks = dossier.nets, dossier.networks
    if net is not None and net not in nets:
        nets, networks = (*nets, net)[-MAX_NETS:], min(networks + 1, 255)
    spots, travel, returns, scattered = _follow(dossier, sighting, minute, rules)
    known = dossier.scans > 0
    return Dossier(
        first=min(dossier.first, minute) if known else minute,
        latest=max(dossier.latest, minute) if known else minute,
        last=max(dossier.last, minute) if known else minute,
        scans=min(dossier.scans + 1, MAX_COUNT),
        sessions=min(dossier.sessions + 1, MAX_COUNT),
        province=province,
        devices=(*dossier.devices, device)[-MAX_DEVICES:],
        nets=nets,
        spots=spots,
        networks=networks,
        travel=travel,
        abroad=min(dossier.abroad + _is_abroad(sighting, facts), 255),
        early=min(dossier.early + _is_early(sighting, facts), 255),
        late=min(dossier.late + _is_late(sighting, facts), 255),
        returns=returns,
        scattered=scattered,
    )


def _fragment(sighting: Sighting) -> int:
    """Sixteen bits that stand for the device; without one, for its network, or for nobody."""
    if sighting.device is not None:
        return sighting.device & 0xFFFF
    return 0 if sighting.net is None else ~sighting.net & 0xFFFF


def _follow(
    dossier: Dossier, sighting: Sighting, minute: int, rules: Rules
) -> tuple[tuple[Spot, ...], int, int, int]:
    """Where the stamp went: its spots, the worst travel, runs backwards, spots too many."""
    spots, travel = dossier.spots, dossier.travel
    returns, scattered = dossier.returns, dossier.scattered
    if sighting.place is None:
        return spots, travel, returns, scattered
    cell = cell_of(sighting.place)
    home = -1
    for number, spot in enumerate(spots):
        gap = gap_km(spot.cell, cell)
        if gap <= rules.crowd_km:
            home = number
        else:
            apart = max(spot.first - minute, minute - spot.last, 0) / 60.0
            travel = max(travel, _travel_evidence(gap, apart, sighting, rules))
    if home < 0:
        if len(spots) < MAX_SPOTS:
            return (*spots, Spot(cell, minute, minute, 1)), travel, returns, scattered
        return spots, travel, returns, min(scattered + 1, 255)
    spot = spots[home]
    # Somewhere else in between, and here again: one fruit does not come back.
    if any(spot.last < other.first <= minute for other in spots):
        returns = min(returns + 1, 255)
    spot = Spot(
        spot.cell,
        min(spot.first, minute),
        max(spot.last, minute),
        min(spot.sessions + 1, 255),
    )
    return (*spots[:home], spot, *spots[home + 1 :]), travel, returns, scattered


def _travel_evidence(gap: float, hours: float, sighting: Sighting, rules: Rules) -> int:
    """Tenths of a nat for a stamp seen `gap` km and `hours` apart, by road or by air."""
    hours += rules.slack_hours
    reach = max(
        rules.slack_km + rules.ground_km_h * hours,
        rules.air_km_h * (hours - rules.air_hours),
    )
    if gap <= reach:
        return 0
    trust = rules.trust_page if sighting.via is Via.PAGE else rules.trust_app
    if sighting.via is Via.INSPECTOR:
        trust = rules.trust_inspector
    nats = min(
        rules.travel_base + rules.travel_each_doubling * log2(gap / reach), rules.travel_most
    )
    return round(10.0 * trust * nats)


def _is_abroad(sighting: Sighting, facts: StampFacts) -> bool:
    return bool(facts.market and sighting.country and sighting.country not in facts.market)


def _is_early(sighting: Sighting, facts: StampFacts) -> bool:
    return facts.activated_at is not None and sighting.at < facts.activated_at - DAY_MS // 12


def _is_late(sighting: Sighting, facts: StampFacts) -> bool:
    ends = facts.ends_at
    return ends is not None and sighting.at > ends

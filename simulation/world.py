"""One world: built from its seed and parameters, written as replay and truth lines."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from simulation import record
from simulation.attacks import DORMANT, Attacks, choose_codes, false_items
from simulation.chance import Ints, make_generator
from simulation.crowds import crowd_sizes, draw_crowds, draw_inspections
from simulation.events import BY_ATTACKER, DAY, VISIT, Census, Table, join_tables
from simulation.parameters import Parameters
from simulation.people import draw_sessions
from simulation.phones import Observations, label_shared_networks, observe_events
from simulation.trade import Originals, Trade, build_trade, genuine_items
from simulation.truth import Truth, derive_truth


@dataclass(frozen=True)
class World:
    """One built world: events, the server's view of them, and the ground truth."""

    seed: int
    parameters: Parameters
    trade: Trade
    attacks: Attacks
    events: Table
    seen: Observations
    truth: Truth
    scanned: int
    """Genuine items sold within the window and scanned by their buyers."""

    @property
    def scan_rate(self) -> float:
        """Return the share of active stamps with a scan, as a ledger counts it."""
        counted = self.events["stamp"][self.events["via"] != VISIT]
        return len(np.unique(counted)) / self.parameters.active

    def replay_lines(self) -> Iterator[bytes]:
        """Yield the replay file, line by line."""
        return record.format_replay_lines(self.seed, self.trade, self.events, self.seen)

    def truth_lines(self) -> Iterator[bytes]:
        """Yield the truth file, line by line."""
        return self.truth.rows(
            record.index_scan_lines(self.events, self.events["item"] > 0),
            record.index_scan_lines(self.events, self.seen.labels & BY_ATTACKER > 0),
        )


def build_world(seed: int, p: Parameters) -> World:
    """Build the world of `seed`."""
    census = Census()
    trade = build_trade(seed, p, census)
    attacks = choose_codes(seed, trade)
    rng = make_generator(seed, "who is scanned")
    dormant = attacks.stamp[attacks.kind == DORMANT]
    scanned = _choose(rng, p.active, p.scan_rate, dormant)
    inspected = _choose(rng, p.active, p.inspector_rate, dormant)
    wanted = sum(crowd_sizes(p))
    crowd = rng.choice(p.active, min(p.active, wanted + len(attacks.stamp)), replace=False)
    crowd = crowd[~np.isin(crowd, attacks.stamp)][:wanted]
    needed = np.unique(np.concatenate([scanned, inspected, crowd, attacks.stamp]))
    originals = Originals(genuine_items(make_generator(seed, "originals"), trade, needed, census))

    false = false_items(seed, trade, originals, attacks, census)
    bought = false[rng.random(len(false)) < p.scan_rate]
    checked = false[rng.random(len(false)) < p.inspector_rate]
    market = join_tables([originals.select_items(scanned), bought], false.dtype)
    of_crowds, poisoned = draw_crowds(seed, trade, originals, crowd, census)
    looked_at = join_tables([originals.select_items(inspected), checked], false.dtype)
    events = join_tables(
        [
            draw_sessions(make_generator(seed, "people"), seed, p, market, census),
            draw_inspections(
                make_generator(seed, "inspections"), p, looked_at, census.allocate(p.inspectors)
            ),
            of_crowds,
        ]
    )
    seen = observe_events(seed, p, events)
    order = order_recording(p, seen)
    events, seen = events[order], record_times(seen, order)
    seen.labels[:] |= label_shared_networks(events, seen, p)
    return World(
        seed=seed, parameters=p, trade=trade, attacks=attacks, events=events, seen=seen,
        truth=derive_truth(p.active, events, seen.at, seen.labels, attacks, false, poisoned),
        scanned=int((originals.select_items(scanned)["sold"] < p.days * DAY).sum()),
    )  # fmt: skip


def _choose(rng: np.random.Generator, active: int, rate: float, without: Ints) -> Ints:
    """Choose each stamp with probability `rate`: a binomial number of distinct stamps."""
    chosen = rng.choice(active, int(rng.binomial(active, rate)), replace=False)
    return np.asarray(chosen[~np.isin(chosen, without)])


def order_recording(p: Parameters, seen: Observations) -> Ints:
    """Return the rows within the world's days, in the order in which they are recorded."""
    inside = np.flatnonzero((seen.at >= -DAY) & (seen.at < p.days * DAY))
    return inside[np.argsort(np.floor(seen.at[inside]), kind="stable")]


def record_times(seen: Observations, order: Ints) -> Observations:
    """Return the given rows with times to the second."""
    rows = seen.select(order)
    return replace(rows, at=np.floor(rows.at))

"""A world with an attacker: a built world, and beside it the stamps that one attacker chose.

The stamps are ones that the world generates nothing for, so that every line of the built world is
in the attacked one, unchanged and in the same order.
"""

from dataclasses import dataclass, fields, replace

import numpy as np

from simulation.attackers import Targets, send_requests
from simulation.attacks import COPIED, Attacks, copied_items
from simulation.chance import Floats, Ints, draw_choices, draw_uniform, make_generator
from simulation.events import DAY, ITEM, VISIT, Census, Table, join_tables
from simulation.parameters import (
    LONG_LIFE_DAYS,
    Attacker,
    AttackerParameters,
    Target,
)
from simulation.people import draw_sessions
from simulation.phones import Observations, joined_views, label_shared_networks, observe_events
from simulation.trade import genuine_items
from simulation.truth import derive_truth, joined_truths
from simulation.world import World, order_recording, record_times

_FIRST_PERSON = 1 << 36
"""People and networks of attacks are numbered from here: above those of every world."""

_SPARE = 4
"""Candidates for each stamp: some are sold too late to be attacked within the world."""


@dataclass(frozen=True)
class _Honest:
    """The chosen stamps with all that other people do with them."""

    targets: Targets
    attacks: Attacks
    sold: Table
    events: Table
    seen: Observations


def build_attacked_world(
    world: World, attacker: Attacker, a: AttackerParameters | None = None, *, alone: bool = False
) -> World:
    """Return `world` with the stamps of one attacker; `world` stays as it is.

    `alone` leaves out everything else in the world.
    """
    a, p, census = a or AttackerParameters(), world.parameters, Census(_FIRST_PERSON)
    rng = make_generator(world.seed, f"attacker: {attacker.name}")
    chosen = _choose_stamps(rng, world, attacker, a)
    honest = (
        _copied if attacker.target is Target.COPIED else _genuine
    )(rng, world, attacker, a, chosen, census)  # fmt: skip
    events, seen = send_requests(rng, p, a, attacker, honest.targets, census)
    events, seen = join_tables([honest.events, events]), joined_views([honest.seen, seen])
    order = order_recording(p, seen)
    events, seen = events[order], record_times(seen, order)
    stamps = honest.targets.stamp
    nobody = np.zeros(0, np.int64)
    truth = derive_truth(
        p.active, events, seen.at, seen.labels, honest.attacks, honest.sold, nobody
    )
    if alone:
        truth = replace(truth, attacker=attacker.name, targets=stamps)
        return replace(world, attacks=honest.attacks, events=events, seen=seen, truth=truth)
    everything, views = join_tables([world.events, events]), joined_views([world.seen, seen])
    order = np.argsort(views.at, kind="stable")
    return replace(
        world,
        attacks=Attacks(
            *(np.concatenate([getattr(x, f.name) for x in (world.attacks, honest.attacks)])
              for f in fields(Attacks))
        ),
        events=everything[order],
        seen=views.select(order),
        truth=joined_truths(world.truth, truth, attacker.name, stamps),
    )  # fmt: skip


def _choose_stamps(
    rng: np.random.Generator, world: World, attacker: Attacker, a: AttackerParameters
) -> Ints:
    """Choose candidates in random order: stamps without a line, packed early enough."""
    trade = world.trade
    free = np.setdiff1d(np.arange(trade.p.active), world.truth.stamp)
    lot = trade.lot_of(free)
    early = trade.activated[lot] < trade.p.days * 2 / 3 * DAY
    wanted = _SPARE * a.stamps
    if attacker.campaign:
        # Fresh produce of one lot: what a rival finds in the shops of one grower.
        fresh = early & (trade.shelf_days[lot] < LONG_LIFE_DAYS)
        if not fresh.any():
            fresh = early
        counts = np.bincount(lot[fresh], minlength=len(trade.start))
        large = np.flatnonzero(counts >= min(wanted, counts.max()))
        early = fresh & (lot == rng.choice(large))
    chosen: Ints = rng.permutation(free[early])[:wanted]
    return chosen


def _copied(
    rng: np.random.Generator, world: World, attacker: Attacker, a: AttackerParameters,
    chosen: Ints, census: Census,
) -> _Honest:  # fmt: skip
    """Codes that the attacker copies and sells; buyers scan them as they scan genuine items."""
    p, trade, stamps = world.parameters, world.trade, np.sort(chosen[: a.stamps])
    originals = genuine_items(rng, trade, stamps, census)
    n = len(stamps)
    pattern = 1 + draw_choices(rng, np.array([share for _, share in p.patterns]), n)
    copies = np.full(n, a.copies)
    false = copied_items(rng, trade, originals, copies, pattern, census)
    row = np.searchsorted(stamps, false["stamp"])
    first, last = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(first, row, false["arrive"])
    np.maximum.at(last, row, false["sold"])
    sold: Table = false[false["sold"] < p.days * DAY]
    bought = join_tables(
        [originals[rng.random(n) < p.scan_rate], sold[rng.random(len(sold)) < p.scan_rate]], ITEM
    )
    events = draw_sessions(rng, world.seed, p, bought, census)
    events, seen = _recorded(world, attacker, events)
    return _Honest(
        targets=Targets(
            stamp=stamps, begin=originals["arrive"].copy(), first_offered=first, last_sale=last,
            scans=_scans_of(stamps, events, seen),
        ),
        attacks=Attacks(
            stamps, np.full(n, COPIED, np.int8), pattern.astype(np.int8), copies
        ),
        sold=sold, events=events, seen=seen,
    )  # fmt: skip


def _genuine(
    rng: np.random.Generator, world: World, attacker: Attacker, a: AttackerParameters,
    chosen: Ints, census: Census,
) -> _Honest:  # fmt: skip
    """Genuine stamps, whose buyers scan them or do not."""
    p, trade, candidates = world.parameters, world.trade, np.sort(chosen)
    items = genuine_items(rng, trade, candidates, census)
    scanned = attacker.target is not Target.UNSCANNED
    bought = items if scanned else items[:0]
    events, seen = _recorded(world, attacker, draw_sessions(rng, world.seed, p, bought, census))
    if attacker.target is Target.SCANNED_ONCE:
        confirmed = np.flatnonzero((events["via"] != VISIT) & (events["item"] == 0))
        _, first = np.unique(events["stamp"][confirmed], return_index=True)
        once = np.sort(confirmed[first])
        events, seen = events[once], seen.select(once)
    scans = _scans_of(candidates, events, seen)
    begin = np.array([x[0] if len(x) else np.nan for x in scans]) if scanned else items["arrive"]
    settled = (begin >= 0) & (begin < (p.days - a.settled_days) * DAY)
    # The candidates are sorted; the chosen among them are random.
    rows = np.sort(rng.permutation(np.flatnonzero(settled))[: a.stamps])
    stamps, n = candidates[rows], len(rows)
    mine = np.isin(events["stamp"], stamps)
    none = np.zeros(0, np.int64)
    sold = items["sold"][rows]
    return _Honest(
        targets=Targets(
            stamp=stamps, begin=begin[rows].copy(), first_offered=items["arrive"][rows],
            last_sale=sold + draw_uniform(rng, *p.copy_days, n) * DAY,
            scans=[scans[i] for i in rows.tolist()],
        ),
        attacks=Attacks(none, none.astype(np.int8), none.astype(np.int8), none),
        sold=np.zeros(0, ITEM), events=events[mine], seen=seen.select(np.flatnonzero(mine)),
    )  # fmt: skip


def _recorded(world: World, attacker: Attacker, events: Table) -> tuple[Table, Observations]:
    """Return events in the order of their recording with the server's view of them."""
    p = world.parameters
    seen = observe_events(world.seed, p, events, f"phones: {attacker.name}")
    order = order_recording(p, seen)
    events, seen = events[order], record_times(seen, order)
    seen.labels[:] |= label_shared_networks(events, seen, p)
    return events, seen


def _scans_of(stamps: Ints, events: Table, seen: Observations) -> list[Floats]:
    """Return the times of the confirmed scans of each stamp, ascending."""
    counted = events["via"] != VISIT
    order = np.argsort(events["stamp"][counted], kind="stable")
    stamp, at = events["stamp"][counted][order], seen.at[counted][order]
    ends = np.searchsorted(stamp, stamps, side="right")
    return [at[low:high] for low, high in zip(np.searchsorted(stamp, stamps), ends, strict=True)]

"""Attacks: copied codes, leaked batches, dormant (stolen) rolls, peeled stamps."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulation.chance import Bools, Floats, Ints, draw_choices, draw_uniform, make_generator
from simulation.events import DAY, ITEM, Census, Table, join_tables
from simulation.gazetteer import draw_provinces, load_gazetteer
from simulation.trade import Originals, Trade, copies_of, shelf_seconds

NONE, COPIED, LEAKED, DORMANT, PEELED, POISONED = range(6)
KINDS = ("none", "copied", "leaked", "dormant", "peeled", "poisoned")
PATTERNS = ("", "nation", "region", "adaptive")


@dataclass(frozen=True)
class Attacks:
    """Every attacked code, scanned or not: kind, pattern (index in PATTERNS), nominal K.

    A dormant stamp has no genuine item: it is stolen before it is applied.
    """

    stamp: Ints
    kind: NDArray[np.int8]
    pattern: NDArray[np.int8]
    copies: Ints


def choose_codes(seed: int, trade: Trade) -> Attacks:
    """Choose which codes are attacked, and how."""
    rng, p = make_generator(seed, "attacked codes"), trade.p
    total = round(p.active * p.prevalence)
    shares = np.array([p.copied_share, p.leaked_share, p.dormant_share, p.peeled_share])
    counts = np.diff(np.concatenate(([0], np.rint(np.cumsum(shares) * total)))).astype(np.int64)
    # Only codes activated in the first two thirds, so that scans can follow before the world ends.
    early = trade.activated < p.days * 2 / 3 * DAY
    leaked = _leaked_codes(rng, trade, early, int(counts[1]))
    pool = _stamps_of(trade, np.flatnonzero(early))
    free = np.setdiff1d(rng.choice(pool, min(4 * total + 64, len(pool)), replace=False), leaked)
    free = rng.permutation(free)
    copied, dormant, peeled = np.split(
        free[: counts[0] + counts[2] + counts[3]], np.cumsum([counts[0], counts[2]])
    )
    copies = np.array(p.copies)[np.arange(len(copied)) % len(p.copies)]
    pattern = 1 + draw_choices(rng, np.array([share for _, share in p.patterns]), len(copied))
    stamp = np.concatenate([copied, leaked, dormant, peeled])
    kinds = np.repeat(
        [COPIED, LEAKED, DORMANT, PEELED], [len(x) for x in (copied, leaked, dormant, peeled)]
    )
    return Attacks(
        stamp=stamp,
        kind=kinds.astype(np.int8),
        pattern=np.concatenate([pattern, np.zeros(len(stamp) - len(copied))]).astype(np.int8),
        copies=np.concatenate([copies, np.ones(len(stamp) - len(copied), np.int64)]),
    )


def false_items(
    seed: int, trade: Trade, originals: Originals, attacks: Attacks, census: Census
) -> Table:
    """Return the false items that are sold before the world ends."""
    rng = make_generator(seed, "false items")
    groups = [attacks.stamp[attacks.kind == kind] for kind in (COPIED, LEAKED, DORMANT, PEELED)]
    of_copied = attacks.kind == COPIED
    copies, pattern = attacks.copies[of_copied], attacks.pattern[of_copied].astype(np.int64)
    sold = join_tables(
        [
            copied_items(rng, trade, originals.select_items(groups[0]), copies, pattern, census),
            _leaked(rng, trade, groups[1], census),
            _dormant(rng, trade, groups[2], census),
            _peeled(rng, trade, originals.select_items(groups[3]), census),
        ],
        ITEM,
    )
    return np.asarray(sold[sold["sold"] < trade.p.days * DAY])


def _stamps_of(trade: Trade, lots: Ints) -> Ints:
    ends = np.append(trade.start, trade.p.active)
    return np.concatenate([np.arange(ends[lot], ends[lot + 1]) for lot in lots])


def _leaked_codes(rng: np.random.Generator, trade: Trade, early: Bools, count: int) -> Ints:
    """Choose codes from as few batches as possible: a leak is the file of one batch."""
    batches = rng.permutation(np.unique(trade.batch[early]))
    taken: list[Ints] = []
    for batch in batches:
        if count <= 0:
            break
        stamps = _stamps_of(trade, np.flatnonzero((trade.batch == batch) & early))
        stamps = rng.permutation(stamps)[: min(count, trade.p.leaked_batch)]
        taken.append(stamps)
        count -= len(stamps)
    return np.concatenate(taken) if taken else np.zeros(0, np.int64)


def copied_items(  # K copies, sold over the nation, one region, or slowly where they belong
    rng: np.random.Generator, trade: Trade, original: Table, copies: Ints, pattern: Ints,
    census: Census,
) -> Table:  # fmt: skip
    """Return the false items of copied codes, also those sold after the world ends."""
    p, g, stamps, n = trade.p, load_gazetteer(), original["stamp"], len(original)
    lot = trade.lot_of(stamps)
    # A copier buys the original some days after it reaches the market.
    began = original["arrive"] + draw_uniform(rng, 0.5 * DAY, 8 * DAY, n)
    careless = draw_uniform(rng, *p.copy_days, n) * DAY
    left = trade.activated[lot] + trade.shelf_days[lot] * DAY * 0.9 - began
    slow = np.clip(left, DAY, 60 * DAY)
    lasts = np.where(pattern == 3, slow, careless)
    where = original["province"].astype(np.int64)
    # A copy of an exported original is sold at home, where nobody has scanned the original.
    where = np.where((where < 0) | (pattern == 2), draw_provinces(rng, n), where)
    row = np.repeat(np.arange(n), copies)
    first = np.concatenate(([0], np.cumsum(copies)[:-1]))
    nth = np.arange(len(row)) - first[row]
    shop = row * 1_000_000 + nth // p.shop_copies
    shops, of = np.unique(shop, return_inverse=True)
    shop_row = shops // 1_000_000
    neighbours = g.near[where[shop_row], rng.integers(0, 3, len(shops))]
    shop_province = np.select(
        [pattern[shop_row] == 1, pattern[shop_row] == 2],
        [draw_provinces(rng, len(shops)), neighbours],
        where[shop_row],
    )
    sold = began[row] + rng.random(len(row)) * lasts[row]
    keeps = trade.keeps(lot)[row]
    return copies_of(rng, stamps[row], nth + 1, shop_province[of], sold, keeps, shop, census)


def _leaked(rng: np.random.Generator, trade: Trade, stamps: Ints, census: Census) -> Table:
    """One false item for each leaked code, in a few provinces, some before the genuine item."""
    p, n = trade.p, len(stamps)
    lot = trade.lot_of(stamps)
    batch = trade.batch[lot]
    begin = np.full(int(batch.max(initial=0)) + 1, np.inf)
    np.minimum.at(begin, batch, trade.activated[lot])
    sold = begin[batch] - p.leaked_early_days * DAY + rng.random(n) * 45 * DAY
    markets = draw_provinces(rng, len(begin) * 3).reshape(-1, 3)
    where = markets[batch, rng.integers(0, 3, n)]
    shop = batch * 1000 + rng.integers(0, 12, n) + 100 * (where % 7)
    __, of = np.unique(shop * 64 + where, return_inverse=True)
    return copies_of(
        rng,
        stamps,
        np.ones(n, np.int64),
        where,
        np.maximum(sold, 0.5 * DAY),
        trade.keeps(lot),
        of,
        census,
    )


def _dormant(rng: np.random.Generator, trade: Trade, stamps: Ints, census: Census) -> Table:
    """Stamps activated with their roll, stolen, and applied to other fruit weeks later."""
    n, lot = len(stamps), trade.lot_of(stamps)
    sold = trade.activated[lot] + rng.uniform(*trade.p.dormant_days, n) * DAY
    where = draw_provinces(rng, n)
    keeps = trade.keeps(lot)
    return copies_of(rng, stamps, np.ones(n, np.int64), where, sold, keeps, np.arange(n), census)


def _peeled(rng: np.random.Generator, trade: Trade, original: Table, census: Census) -> Table:
    """Stamps removed from sold fruit and applied to other fruit: two lives, one after the other."""
    stamps, n = original["stamp"], len(original)
    waits: Floats = rng.uniform(*trade.p.peeled_days, n) * DAY
    sold = original["sold"] + waits + shelf_seconds(rng, trade.p, original["keeps"])
    near = rng.random(n) < 0.7
    home = original["province"].astype(np.int64)
    where = np.where(near & (home >= 0), home, draw_provinces(rng, n))
    keeps = original["keeps"]
    return copies_of(rng, stamps, np.ones(n, np.int64), where, sold, keeps, np.arange(n), census)

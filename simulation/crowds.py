"""Genuine stamps that many people scan: samples, viral photos, inspections, poisonings."""

import numpy as np

from simulation.chance import Ints, draw_uniform, make_generator
from simulation.events import (
    BIT,
    CHAT,
    DAY,
    DESKTOP,
    EVENT,
    FEED,
    HOUR,
    INSPECTOR,
    PHONE,
    Census,
    Table,
    join_tables,
    make_table,
)
from simulation.gazetteer import cities_abroad, draw_provinces, places_in
from simulation.parameters import Parameters
from simulation.people import by_day
from simulation.trade import Originals, Trade


def crowd_sizes(p: Parameters) -> tuple[int, int, int, int, int]:
    """Return the numbers of samples, viral photos, reviewers, poisonings and packers' tests."""
    return (
        round(p.active * p.sample_rate),
        max(1, round(p.active * p.viral_rate)),
        round(p.active * p.reviewer_rate),
        round(p.active * p.poisoned_rate),
        round(p.active * p.packer_test),
    )


def draw_crowds(
    seed: int, trade: Trade, originals: Originals, chosen: Ints, census: Census
) -> tuple[Table, Ints]:
    """Return the events of samples, photos, packers and poisonings, and the stamps poisoned.

    `chosen` are stamps without an attack, in random order, one for each crowd of `crowd_sizes`.
    """
    rng, p = make_generator(seed, "crowds"), trade.p
    groups = np.split(chosen, np.cumsum(crowd_sizes(p))[:-1])
    samples, viral, reviewed, poisoned, tested = groups
    events = [
        _samples(rng, p, originals.select_items(samples), census),
        _photos(
            rng, originals.select_items(viral), (p.viral_scans, p.viral_scans), "viral", census
        ),
        _photos(rng, originals.select_items(reviewed), p.reviewer_scans, "reviewer", census),
        _poisonings(rng, p, originals.select_items(poisoned), census),
        _packers(rng, trade, tested, census),
    ]
    return join_tables(events), poisoned


def draw_inspections(rng: np.random.Generator, p: Parameters, items: Table, staff: Ints) -> Table:
    """Let inspectors scan the given items on the shelf, each with an inspector's own device."""
    n = len(items)
    at = items["arrive"] + rng.random(n) * (items["sold"] - items["arrive"])
    return make_table(
        EVENT, n, **{c: items[c] for c in ("stamp", "item", "lat", "lon", "province", "country")},
        person=staff[rng.integers(0, len(staff), n)], at=by_day(rng, at, items["arrive"]),
        via=INSPECTOR, labels=items["labels"] | BIT["inspector"],
    )  # fmt: skip


def _samples(rng: np.random.Generator, p: Parameters, items: Table, census: Census) -> Table:
    """One item on show in one shop, scanned by 5–60 shoppers over one to ten days."""
    low, high = p.sample_shoppers
    crowd = rng.integers(low, high + 1, len(items))
    row = np.repeat(np.arange(len(items)), crowd)
    there, n = items[row], len(row)
    shown = draw_uniform(rng, 1, 10, len(items))[row] * DAY
    at = by_day(rng, there["arrive"] + rng.random(n) * shown, there["arrive"])
    return make_table(
        EVENT, n, **{c: there[c] for c in ("stamp", "item", "lat", "lon", "province", "country")},
        person=census.allocate(n), at=at, site=there["shop"],
        agent=np.where(rng.random(n) < 0.5, PHONE, CHAT), labels=there["labels"] | BIT["sample"],
    )  # fmt: skip


def _photos(  # a readable picture of one stamp goes round
    rng: np.random.Generator, items: Table, scans: tuple[int, int], label: str, census: Census
) -> Table:  # fmt: skip
    """Followers scan a picture: a burst that fades in a day or two, nationwide and abroad.

    Most use a feed's or chat's own browser; some scan a screen with another phone, and some open
    the picture on a desktop (shares assumed).
    """
    crowd = np.rint(draw_uniform(rng, *scans, len(items))).astype(np.int64)
    row = np.repeat(np.arange(len(items)), crowd)
    there, n = items[row], len(row)
    posted = items["sold"] + draw_uniform(rng, HOUR, 5 * DAY, len(items))
    fades = draw_uniform(rng, 10 * HOUR, 40 * HOUR, len(items))
    at = posted[row] + rng.exponential(1.0, n) * fades[row]
    province = draw_provinces(rng, n)
    lat, lon = places_in(rng, province)
    abroad = rng.random(n) < 0.05
    country, far_lat, far_lon = cities_abroad(rng, n, china=False)
    agent = np.array([FEED, CHAT, PHONE, DESKTOP])[
        np.searchsorted([0.45, 0.75, 0.95], rng.random(n))
    ]
    return make_table(
        EVENT, n, stamp=there["stamp"], item=-1, person=census.allocate(n),
        at=np.maximum(by_day(rng, at, posted[row]), posted[row]),
        lat=np.where(abroad, far_lat, lat), lon=np.where(abroad, far_lon, lon),
        province=np.where(abroad, -1, province), country=np.where(abroad, country, 0),
        site=census.allocate(n), home=True, agent=agent, labels=there["labels"] | BIT[label],
    )  # fmt: skip


def _packers(rng: np.random.Generator, trade: Trade, stamps: Ints, census: Census) -> Table:
    """Packers scan a stamp with one of the house's two phones, up to hours before activation."""
    lot, n = trade.lot_of(stamps), len(stamps)
    house = trade.house[lot]
    phones = census.allocate(2 * trade.p.packing_houses)
    early = rng.random(n) < 0.4
    away = draw_uniform(rng, 60, 6 * HOUR, n)
    return make_table(
        EVENT, n, stamp=stamps, item=0, person=phones[2 * house + rng.integers(0, 2, n)],
        at=trade.activated[lot] + np.where(early, -away, away), lat=trade.house_lat[house],
        lon=trade.house_lon[house], province=trade.house_province[house],
        site=-1 - house, home=True, labels=BIT["packer_test"],
    )  # fmt: skip


def _poisonings(rng: np.random.Generator, p: Parameters, items: Table, census: Census) -> Table:
    """A rival scans a genuine stamp many times with spoofed places.

    A third use one phone, a third clear the cookie each time on one network, a third hire a click
    farm of 20–80 phones. The rival has a photo or one bought item, so no second item exists.
    """
    low, high = p.poison_scans
    times = np.rint(draw_uniform(rng, low, high, len(items))).astype(np.int64)
    row = np.repeat(np.arange(len(items)), times)
    first = np.concatenate(([0], np.cumsum(times)[:-1]))
    n, nth = len(row), np.arange(len(row)) - first[row]
    means = rng.integers(0, 3, len(items))[row]
    farm: Ints = rng.integers(20, 81, len(items))[row]
    base = census.allocate(400 * max(len(items), 1)).reshape(-1, 400)
    person = base[row, np.where(means == 0, 0, np.where(means == 1, nth, nth % farm))]
    began = items["sold"] + draw_uniform(rng, HOUR, 4 * DAY, len(items))
    lasts = draw_uniform(rng, 2 * HOUR, 4 * DAY, len(items))
    province = draw_provinces(rng, n)
    lat, lon = places_in(rng, province)
    return make_table(
        EVENT, n, stamp=items["stamp"][row], item=-1, person=person,
        repeat=np.where(means == 0, nth, np.where(means == 1, 0, nth // farm)),
        at=began[row] + np.sort(rng.random(n)) * lasts[row], lat=lat, lon=lon, province=province,
        site=np.where(means < 2, -10_000_000 - items["stamp"][row], 0), home=means < 2,
        agent=np.where(rng.random(n) < 0.7, PHONE, CHAT), forged=rng.random(n) < 0.6,
        labels=items["labels"][row] | BIT["poisoned"],
    )  # fmt: skip

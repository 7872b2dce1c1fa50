"""Trade: packing houses, batches, lots, transport, shops and sales."""

from dataclasses import dataclass

import numpy as np

from simulation.chance import Bools, Floats, Ints, draw_choices, draw_uniform, make_generator
from simulation.events import BIT, DAY, HOUR, ITEM, Census, Table, make_table
from simulation.gazetteer import (
    cities_abroad,
    distance_km,
    draw_provinces,
    load_gazetteer,
    places_in,
)
from simulation.parameters import LONG_LIFE_DAYS, PRODUCTS, Parameters

CHINA = 1  # index in COUNTRIES


@dataclass(frozen=True)
class Trade:
    """All lots and their shops. `start[lot]` is the first stamp of a lot."""

    p: Parameters
    house: Ints
    house_lat: Floats
    house_lon: Floats
    house_province: Ints
    batch: Ints
    start: Ints
    product: Ints
    shelf_days: Ints
    activated: Floats
    exported: Bools
    both_markets: Bools
    flown: Bools
    shop_start: Ints
    shop_site: Ints
    shop_lat: Floats
    shop_lon: Floats
    shop_province: Ints
    shop_country: Ints
    shop_arrive: Floats

    def lot_of(self, stamp: Ints) -> Ints:
        """Return the lot of each stamp."""
        return np.searchsorted(self.start, stamp, side="right") - 1

    def keeps(self, lot: Ints) -> Bools:
        """Return which lots are produce that keeps for months."""
        return np.asarray(self.shelf_days[lot] >= LONG_LIFE_DAYS)


def build_trade(seed: int, p: Parameters, census: Census) -> Trade:
    """Build the trade of one world."""
    rng, g = make_generator(seed, "trade"), load_gazetteer()
    product = draw_choices(rng, np.array([x.share for x in PRODUCTS]), p.packing_houses)
    by_code = {code: i for i, code in enumerate(g.codes)}
    house_province = np.zeros(p.packing_houses, np.int64)
    for i, kind in enumerate(PRODUCTS):
        mine = np.flatnonzero(product == i)
        codes = np.array([by_code[c] for c in kind.provinces])
        house_province[mine] = codes[
            draw_choices(rng, np.array([*kind.provinces.values()]), len(mine))
        ]
    house_lat, house_lon = places_in(rng, house_province)

    lots = max(p.active // p.lot_stamps, 4)
    cuts = np.sort(rng.integers(1, p.active, lots - 1))
    start = np.unique(np.concatenate(([0], cuts)))
    lots = len(start)
    # Lots of one batch are consecutive on one roll, in one packing house.
    batch = np.cumsum((rng.random(lots) < 1 / p.batch_lots).astype(np.int64))
    house = rng.integers(0, p.packing_houses, batch[-1] + 1)[batch]
    lot_product = product[house]
    exported = rng.random(lots) < np.array([x.export_share for x in PRODUCTS])[lot_product]
    begun = rng.random(batch[-1] + 1) * p.activation_days
    activated = np.clip(begun[batch] + rng.exponential(2.0, lots), 0, p.activation_days)
    activated = (np.floor(activated) + rng.uniform(6, 17, lots) / 24) * DAY - 7 * HOUR

    sizes = np.diff(np.append(start, p.active))
    shops = np.maximum(sizes // p.shop_items, 1)
    shop_lot = np.repeat(np.arange(lots), shops)
    n = len(shop_lot)
    served = np.sort(rng.integers(1, p.lot_provinces + 1, lots))
    choices = draw_provinces(rng, lots * p.lot_provinces).reshape(lots, p.lot_provinces)
    shop_province = choices[shop_lot, rng.integers(0, served[shop_lot])]
    shop_lat, shop_lon = places_in(rng, shop_province)
    abroad = exported[shop_lot]
    _, there_lat, there_lon = cities_abroad(rng, n, china=True)
    shop_lat, shop_lon = (
        np.where(abroad, there_lat, shop_lat),
        np.where(abroad, there_lon, shop_lon),
    )
    km = distance_km(house_lat[house][shop_lot], house_lon[house][shop_lot], shop_lat, shop_lon)
    flown = rng.random(lots) < p.air_share
    by_air = flown[shop_lot] & (km > 600)
    road = rng.uniform(2, 24, n) + km * p.road_factor / p.lorry_kmh + rng.uniform(4, 30, n)
    air = rng.uniform(8, 20, n) + km / 600 + rng.uniform(2, 8, n)
    border = np.where(abroad, rng.uniform(12, 72, n), 0.0)
    arrive = activated[shop_lot] + (np.where(by_air, air, road) + border) * HOUR
    return Trade(
        p=p, house=house, house_lat=house_lat, house_lon=house_lon,
        house_province=house_province, batch=batch, start=start, product=lot_product,
        shelf_days=np.array([x.shelf_life_days for x in PRODUCTS])[lot_product],
        activated=activated, exported=exported,
        both_markets=exported & (rng.random(lots) < 0.3), flown=flown,
        shop_start=np.concatenate(([0], np.cumsum(shops))), shop_site=census.allocate(n),
        shop_lat=shop_lat, shop_lon=shop_lon,
        shop_province=np.where(abroad, -1, shop_province),
        shop_country=np.where(abroad, CHINA, 0), shop_arrive=arrive,
    )  # fmt: skip


def genuine_items(rng: np.random.Generator, trade: Trade, stamp: Ints, census: Census) -> Table:
    """Return the genuine item of each stamp with its shop and sale."""
    p, n = trade.p, len(stamp)
    lot = trade.lot_of(stamp)
    first, last = trade.shop_start[lot], trade.shop_start[lot + 1]
    shop = first + (rng.random(n) * (last - first)).astype(np.int64)
    items = make_table(
        ITEM, n, stamp=stamp, shop=trade.shop_site[shop], lat=trade.shop_lat[shop],
        lon=trade.shop_lon[shop], province=trade.shop_province[shop],
        country=trade.shop_country[shop], arrive=trade.shop_arrive[shop], keeps=trade.keeps(lot),
        labels=np.where(trade.exported[lot], BIT["export"], 0),
    )  # fmt: skip
    off = rng.random(n)
    _elsewhere(
        rng, trade, items, ~trade.exported[lot] & (off < p.reseller_share), census, "reseller"
    )
    _elsewhere(
        rng, trade, items, trade.exported[lot] & (off < p.diverted_share), census, "diverted"
    )
    items["sold"] = items["arrive"] + shelf_seconds(rng, p, items["keeps"])
    return items


class Originals:
    """The genuine items of some stamps, drawn once for all parts of the world."""

    def __init__(self, items: Table) -> None:
        """`items` has one item for each stamp, in ascending order of stamps."""
        self._items = items

    def select_items(self, stamps: Ints) -> Table:
        """Return the genuine items of `stamps`, in their order, as a new table."""
        return np.asarray(self._items[np.searchsorted(self._items["stamp"], stamps)])


def _elsewhere(
    rng: np.random.Generator, trade: Trade, items: Table, who: Bools, census: Census, label: str
) -> None:
    """Resell some items to a province outside the lot's route."""
    n = int(who.sum())
    province = draw_provinces(rng, n)
    lat, lon = places_in(rng, province)
    km = distance_km(items["lat"][who], items["lon"][who], lat, lon)
    hours = rng.uniform(6, 36, n) + km * trade.p.road_factor / trade.p.lorry_kmh
    items["lat"][who], items["lon"][who], items["province"][who] = lat, lon, province
    items["arrive"][who] += hours * HOUR
    items["country"][who], items["shop"][who] = 0, census.allocate(n)
    items["labels"][who] = BIT[label]


def shelf_seconds(rng: np.random.Generator, p: Parameters, keeps: Bools) -> Floats:
    """Draw the times that items stay on the shelf."""
    mean = np.where(keeps, p.long_shelf_days, p.fresh_shelf_days)
    return np.asarray((0.1 + rng.exponential(1.0, len(keeps)) * mean) * DAY)


def copies_of(  # one row a copy: stamp, item, place and time of sale
    rng: np.random.Generator, stamp: Ints, item: Ints, province: Ints, sold: Floats,
    keeps: Bools, shop_of: Ints, census: Census,
) -> Table:  # fmt: skip
    """Return false items on the market; rows with equal `shop_of` are in the same shop."""
    shops, where = np.unique(shop_of, return_inverse=True)
    shop_province = np.zeros(len(shops), np.int64)
    shop_province[where] = province
    lat, lon = places_in(rng, shop_province)
    return make_table(
        ITEM, len(stamp), stamp=stamp, item=item, shop=census.allocate(len(shops))[where],
        lat=lat[where], lon=lon[where], province=shop_province[where], sold=sold,
        arrive=sold - draw_uniform(rng, 0.1 * DAY, 5 * DAY, len(stamp)), keeps=keeps,
    )  # fmt: skip

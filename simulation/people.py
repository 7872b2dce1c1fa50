"""Honest people around an item: buyers, families, shoppers, gifts and forwarded links.

Buyers of copied and of genuine items behave alike.
"""

import numpy as np

from simulation.chance import Floats, Ints, draw_trait, draw_uniform
from simulation.events import (
    APP,
    BIT,
    BOT,
    CHAT,
    DAY,
    EVENT,
    HEADLESS,
    HOUR,
    PHONE,
    PREVIEW,
    VISIT,
    Census,
    Table,
    join_tables,
    make_table,
)
from simulation.gazetteer import (
    cities_abroad,
    distance_km,
    draw_provinces,
    move_places,
    places_in,
)
from simulation.parameters import Parameters

UTC_OFFSET = 7 * HOUR
FETCHED_FROM = 7  # previews and crawlers come from data centres abroad (Singapore)


def by_day(rng: np.random.Generator, at: Floats, not_before: Floats) -> Floats:
    """Move times to waking hours: 6 to 23 o'clock in Vietnam, with peaks about 11 and 19."""
    day = np.floor((at + UTC_OFFSET) / DAY)
    noon = rng.random(len(at)) < 0.45
    hour = np.where(noon, rng.normal(11, 2.2, len(at)), rng.normal(18.8, 1.9, len(at)))
    moved_to = (day + np.clip(hour, 6, 23) / 24) * DAY - UTC_OFFSET
    return np.asarray(np.where(moved_to < not_before, np.maximum(at, not_before), moved_to))


def draw_sessions(
    rng: np.random.Generator, seed: int, p: Parameters, items: Table, census: Census
) -> Table:
    """Return all events around `items`, each of which its buyer scans."""
    bought = _buyers(rng, seed, p, items, census)
    on_shelf = _shelf(rng, p, items, census)
    family = _family(rng, p, bought, census)
    gifts = _gifts(rng, p, bought, census)
    people = join_tables([bought, on_shelf, family, gifts])
    people = join_tables([people, _rescans(rng, p, people)])
    return join_tables([people, _around(rng, p, people, census)])


def _event(items: Table, **columns: object) -> Table:
    base = {name: items[name] for name in ("stamp", "item", "lat", "lon", "province", "country")}
    return make_table(EVENT, len(items), **{**base, "labels": items["labels"], **columns})


def _kind(rng: np.random.Generator, size: int) -> Ints:
    """About half scan with the camera, half with the scanner of their chat app (assumed)."""
    return np.where(rng.random(size) < 0.5, PHONE, CHAT)


def _buyers(
    rng: np.random.Generator, seed: int, p: Parameters, items: Table, census: Census
) -> Table:
    n = len(items)
    person = census.allocate(n)
    in_shop = rng.random(n) < p.scan_in_shop
    mean = np.where(items["keeps"], p.long_home_days, p.fresh_home_days)
    later = items["sold"] + 0.5 * HOUR + rng.exponential(1.0, n) * mean * DAY
    at = np.where(in_shop, by_day(rng, items["sold"], items["arrive"]), 0)
    at = np.where(in_shop, at, by_day(rng, later, items["sold"]))
    lat, lon = move_places(rng, items["lat"], items["lon"], rng.exponential(p.home_km, n))
    site = np.where(in_shop, items["shop"], census.allocate(n))
    return _event(
        items, person=person, at=at, lat=np.where(in_shop, items["lat"], lat),
        lon=np.where(in_shop, items["lon"], lon), site=site,
        home=~in_shop, agent=_kind(rng, n),
        via=np.where(draw_trait(seed, "app", person) < p.app_share, APP, 0),
    )  # fmt: skip


def _shelf(rng: np.random.Generator, p: Parameters, items: Table, census: Census) -> Table:
    seen = items[rng.random(len(items)) < p.shelf]
    seen = seen[np.repeat(np.arange(len(seen)), rng.integers(1, 5, len(seen)))]
    n = len(seen)
    at = seen["arrive"] + rng.random(n) * (seen["sold"] - seen["arrive"])
    return _event(
        seen, person=census.allocate(n), at=by_day(rng, at, seen["arrive"]), site=seen["shop"],
        agent=_kind(rng, n), labels=seen["labels"] | BIT["shelf"],
    )  # fmt: skip


def _family(rng: np.random.Generator, p: Parameters, bought: Table, census: Census) -> Table:
    chance = p.family / (1 - p.scan_in_shop)
    who: Table = bought[bought["home"] & (rng.random(len(bought)) < chance)]
    who = who[np.repeat(np.arange(len(who)), rng.integers(1, 4, len(who)))]
    n = len(who)
    who["at"] += draw_uniform(rng, 60, 3 * DAY, n)
    who["person"], who["via"], who["agent"] = census.allocate(n), 0, _kind(rng, n)
    who["labels"] |= BIT["family"]
    return who


def _gifts(rng: np.random.Generator, p: Parameters, bought: Table, census: Census) -> Table:
    who: Table = bought[(bought["country"] == 0) & (rng.random(len(bought)) < p.gift)]
    n = len(who)
    abroad = rng.random(n) < p.gift_abroad
    province = draw_provinces(rng, n)
    lat, lon = places_in(rng, province)
    country, far_lat, far_lon = cities_abroad(rng, n, china=False)
    lat, lon = np.where(abroad, far_lat, lat), np.where(abroad, far_lon, lon)
    km = distance_km(who["lat"], who["lon"], lat, lon)
    # Over 500 km a third fly; others go by coach or car (50 km/h with stops).
    flies = abroad | ((km > 500) & (rng.random(n) < 0.33))
    hours = np.where(flies, 4 + km / 650, km * 1.3 / 50) + rng.uniform(0.3, 20, n)
    who["at"] += hours * HOUR + rng.exponential(1.2, n) * DAY
    who["at"] = by_day(rng, who["at"], who["at"])
    who["lat"], who["lon"] = lat, lon
    who["province"], who["country"] = np.where(abroad, -1, province), np.where(abroad, country, 0)
    who["person"], who["site"], who["home"] = census.allocate(n), census.allocate(n), True
    who["labels"] |= BIT["gift"]
    return who


def _rescans(rng: np.random.Generator, p: Parameters, people: Table) -> Table:
    again = people[rng.random(len(people)) < p.rescan]
    times = np.minimum(rng.geometric(0.55, len(again)), p.rescans_max)
    row = np.repeat(np.arange(len(again)), times)
    first = np.concatenate(([0], np.cumsum(times)[:-1]))
    more = again[row]
    more["repeat"] = np.arange(len(row)) - first[row] + 1
    more["at"] += draw_uniform(rng, 40, 4 * DAY, len(row))
    # The distance grows with the time since the first scan, up to some kilometres.
    km = np.where(more["home"], 0.0, rng.exponential(p.home_km, len(row)))
    more["lat"], more["lon"] = move_places(rng, more["lat"], more["lon"], km)
    more["site"] = np.where(more["home"], more["site"], 0)
    more["labels"] |= BIT["rescan"]
    return more


def _around(rng: np.random.Generator, p: Parameters, people: Table, census: Census) -> Table:
    """Forwarded links: one GET and three HEADs by the chat's servers, and sometimes a friend."""
    sent = people[rng.random(len(people)) < p.shared_link]
    fetched = draw_previews(rng, sent, census)
    scripted = fetched[::4][rng.random(len(sent)) < p.bot_confirms]
    scripted = draw_bots(rng, scripted, census)
    friends = sent[rng.random(len(sent)) < p.friend_opens]
    friends = friends[np.repeat(np.arange(len(friends)), rng.integers(1, 4, len(friends)))]
    n = len(friends)
    near = rng.random(n) < 0.5  # half of a person's friends live in the same province (assumed)
    friends["province"] = np.where(near & (friends["province"] >= 0), friends["province"],
                                   draw_provinces(rng, n))  # fmt: skip
    friends["lat"], friends["lon"] = places_in(rng, friends["province"].astype(np.int64))
    friends["at"] += draw_uniform(rng, 30, 2 * DAY, n)
    friends["person"], friends["site"], friends["home"] = (
        census.allocate(n),
        census.allocate(n),
        True,
    )
    friends["item"], friends["country"], friends["agent"] = -1, 0, CHAT
    friends["via"], friends["repeat"] = 0, 0
    friends["labels"] |= BIT["shared_link"]
    crawled = people[rng.random(len(people)) < p.crawled]
    crawled["at"] += draw_uniform(rng, HOUR, 20 * DAY, len(crawled))
    _machine(crawled, census, BOT, "crawler")
    opened = people[rng.random(len(people)) < p.unconfirmed]
    opened["at"] -= rng.uniform(5, 600, len(opened))
    opened["via"] = VISIT
    opened["labels"] |= BIT["unconfirmed"]
    return join_tables([fetched, scripted, friends, crawled, opened])


def draw_previews(rng: np.random.Generator, sent: Table, census: Census) -> Table:
    """Return the visits that a chat's servers make for each link sent: one GET, three HEADs."""
    rows = sent[np.repeat(np.arange(len(sent)), 4)]
    rows["at"] += np.repeat(rng.uniform(5, 900, len(sent)), 4) + np.tile(
        [0.0, 0.4, 0.9, 1.7], len(sent)
    )
    _machine(rows, census, PREVIEW, "preview")
    return rows


def draw_bots(rng: np.random.Generator, rows: Table, census: Census) -> Table:
    """Return confirmations by preview bots that run the page's script."""
    done = rows.copy()
    done["at"] += rng.uniform(1, 6, len(done))
    _machine(done, census, HEADLESS, "preview_script")
    done["via"] = 0
    return done


def _machine(rows: Table, census: Census, agent: int, label: str) -> None:
    n = len(rows)
    rows["person"], rows["site"], rows["home"], rows["repeat"] = census.allocate(n), 0, False, 0
    rows["item"], rows["via"], rows["agent"] = -1, VISIT, agent
    rows["country"], rows["province"], rows["lat"], rows["lon"] = FETCHED_FROM, -1, 1.35, 103.82
    rows["labels"] |= BIT[label]

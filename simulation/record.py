"""The recorded world: replay lines in time order (ADR 0033).

Times are RFC 3339 in UTC, to the second. The line of a stamp is at its activation, or
before its first scan if that is earlier. Stamps without scans or visits have no line.
"""

from collections.abc import Iterator

import numpy as np
import orjson

from simulation.chance import Bools, Floats, Ints, draw_trait
from simulation.events import APP, INSPECTOR, VIAS, VISIT, Table
from simulation.gazetteer import COUNTRIES, load_gazetteer
from simulation.phones import AGENTS, APP_AGENT, POINT, PROVINCE, Observations
from simulation.trade import Trade

START = np.datetime64("2026-07-01T00:00:00")


def format_times(at: Floats) -> list[str]:
    """Return RFC 3339 times of seconds from the start."""
    times = START + np.floor(at).astype("timedelta64[s]")
    return [f"{t}Z" for t in np.datetime_as_string(times, unit="s").tolist()]


def format_replay_lines(
    seed: int, trade: Trade, events: Table, seen: Observations
) -> Iterator[bytes]:
    """Yield the replay's lines; events must be in the order of `seen.at`."""
    stamps, first = np.unique(events["stamp"], return_index=True)
    activated = trade.activated[trade.lot_of(stamps)]
    when = np.minimum(activated, seen.at[first])
    order = np.argsort(when, kind="stable")
    introduced = _stamp_lines(trade, stamps[order], activated[order])
    due = np.searchsorted(when[order], seen.at, side="right").tolist()
    done = 0
    for upto, line in zip(due, _scan_lines(seed, events, seen), strict=True):
        while done < upto:
            yield next(introduced)
            done += 1
        yield line
    yield from introduced


def _stamp_lines(trade: Trade, stamps: Ints, activated: Floats) -> Iterator[bytes]:
    lot = trade.lot_of(stamps)
    house = trade.house[lot]
    market = np.where(trade.both_markets[lot], 2, np.where(trade.exported[lot], 1, 0))
    names = ('["VN"]', '["CN"]', '["VN","CN"]')
    for stamp, at, lat, lon, days, m, batch in zip(
        stamps.tolist(), format_times(activated), trade.house_lat[house].tolist(),
        trade.house_lon[house].tolist(), trade.shelf_days[lot].tolist(), market.tolist(),
        trade.batch[lot].tolist(), strict=True,
    ):  # fmt: skip
        yield (
            f'{{"stamp":"s{stamp}","activated_at":"{at}","packed":{{"lat":{lat:.5f},"lon":{lon:.5f}}},'
            f'"shelf_life_days":{days},"market":{names[m]},"batch":"b{batch}"}}\n'
        ).encode()


def _scan_lines(seed: int, events: Table, seen: Observations) -> Iterator[bytes]:
    agents = {k: [orjson.dumps(a).decode() for a in names] for k, names in AGENTS.items()}
    app = orjson.dumps(APP_AGENT).decode()
    codes = load_gazetteer().codes
    draw = draw_trait(seed, "agent", events["person"])
    draw[(events["via"] == APP) | (events["via"] == INSPECTOR)] = -1
    given = np.where(events["via"] == VISIT, 0, seen.given)
    columns = zip(
        events["stamp"].tolist(), format_times(seen.at), seen.device.tolist(), given.tolist(),
        seen.lat.tolist(), seen.lon.tolist(), seen.accuracy.tolist(),
        events["province"].tolist(), seen.country.tolist(), seen.net.tolist(),
        events["via"].tolist(), events["agent"].tolist(), draw.tolist(), strict=True,
    )  # fmt: skip
    for stamp, at, device, how, lat, lon, acc, prov, country, net, via, agent, u in columns:
        if how == POINT:
            place = f'{{"lat":{lat:.5f},"lon":{lon:.5f},"accuracy_m":{acc:.0f}}}'
        else:
            place = f'{{"province":"{codes[prov]}"}}' if how == PROVINCE else "null"
        name = app if u < 0 else agents[agent][int(u * len(agents[agent]))]
        yield (
            f'{{"scan":"s{stamp}","at":"{at}","device":"d{device:016x}","place":{place},'
            f'"country":"{COUNTRIES[country]}","net":"n{net:016x}","via":"{VIAS[via]}",'
            f'"user_agent":{name}}}\n'
        ).encode()


def index_scan_lines(events: Table, marked: Bools) -> dict[int, list[int]]:
    """Return the indexes (from 0) of the scan lines that are marked, for each stamp."""
    order = np.argsort(events["stamp"], kind="stable")
    stamp = events["stamp"][order]
    nth = np.arange(len(stamp)) - np.searchsorted(stamp, stamp)
    found: dict[int, list[int]] = {}
    for i in np.flatnonzero(marked[order]).tolist():
        found.setdefault(int(stamp[i]), []).append(int(nth[i]))
    return found

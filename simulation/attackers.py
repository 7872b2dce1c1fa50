"""Attackers: what somebody who wants to steer the judge sends, and from where.

An attacker knows a code, sends requests, reads the page's counts and does not know the judge. Every
scan is a new device unless the attacker's act says otherwise, because a cookie is cleared at will.
Networks have the same form as everybody's in the recording.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from simulation.chance import Bools, Floats, Ints, Words, draw_choices, draw_uniform, scramble_bits
from simulation.events import (
    BY_ATTACKER,
    DAY,
    EVENT,
    HOUR,
    PHONE,
    VIAS,
    VISIT,
    Census,
    Table,
    make_table,
)
from simulation.gazetteer import draw_provinces, load_gazetteer, places_in
from simulation.parameters import Act, Attacker, AttackerParameters, Means, Parameters, Target
from simulation.people import UTC_OFFSET, by_day
from simulation.phones import (
    CARRIERS,
    GATEWAYS,
    NO_PLACE,
    POINT,
    VPN_COUNTRIES,
    VPN_EXITS,
    VPN_NETWORKS,
    WIFI,
    Observations,
    network_of,
)

OWN_NETWORKS = 6
"""Kind of an attacker's own networks (`phones.network_of`)."""


@dataclass(frozen=True)
class Targets:
    """The stamps that one attacker chose, aligned; times in seconds from the world's start."""

    stamp: Ints
    begin: Floats
    """Time from which the attacker may act: the buyer's scan, or the arrival on the shelf."""
    first_offered: Floats
    """When the first copy is on a shelf; of a genuine stamp, when it is."""
    last_sale: Floats
    """When the last copy is sold; of a genuine stamp, when a copier would sell it."""
    scans: list[Floats]
    """Times of other people's scans of each stamp: what the page's counts show."""


@dataclass(frozen=True)
class Requests:
    """Requests of an attacker: one row each."""

    row: Ints
    """Position of the stamp among the targets."""
    at: Floats
    turn: Ints
    """Number of the request, of its stamp; networks take turns by it."""
    placed: Bools
    visit: Bools
    one_device: bool = False
    """All requests for a stamp come from one device."""

    def select(self, rows: Bools) -> "Requests":
        """Return the chosen requests."""
        return Requests(
            self.row[rows], self.at[rows], self.turn[rows], self.placed[rows], self.visit[rows],
            self.one_device,
        )  # fmt: skip


Sender = Callable[[np.random.Generator, AttackerParameters, Attacker, Targets], Requests]


def send_requests(
    rng: np.random.Generator, p: Parameters, a: AttackerParameters, attacker: Attacker,
    targets: Targets, census: Census,
) -> tuple[Table, Observations]:  # fmt: skip
    """Return the attacker's requests as events, and the server's view of them."""
    sent = _SENDERS[attacker.act](rng, a, attacker, targets)
    n, networks = len(sent.row), attacker.networks
    if attacker.act is Act.FLOOD:
        scans = int(np.bincount(sent.row).max(initial=0))
        networks = max(int(scans / a.flood_per_network), 1)
    network = sent.turn % networks
    if attacker.one_by_one:
        network = sent.turn * networks // attacker.scans
    net, country = _networks(rng, p, attacker, sent, network, networks, len(targets.stamp), census)
    if attacker.via == "inspector":
        person = np.repeat(census.allocate(1), n)
    elif sent.one_device:
        person = census.allocate(len(targets.stamp))[sent.row]
    else:
        person = census.allocate(n)
    province = draw_provinces(rng, n)
    if attacker.far:
        province = _far_provinces(rng, sent)
    lat, lon = places_in(rng, province)
    if attacker.keeps_place:
        key = sent.row * networks + network
        _, first, same = np.unique(key, return_index=True, return_inverse=True)
        lat, lon, province = lat[first][same], lon[first][same], province[first][same]
    via = np.where(sent.visit, VISIT, VIAS.index(attacker.via))
    events = make_table(
        EVENT, n, stamp=targets.stamp[sent.row], item=-1, person=person, at=sent.at, lat=lat,
        lon=lon, province=province, country=country, via=via, agent=PHONE, forged=sent.placed,
        labels=BY_ATTACKER,
    )  # fmt: skip
    given = np.where(sent.placed & ~sent.visit, POINT, NO_PLACE).astype(np.int8)
    accuracy = np.rint(draw_uniform(rng, *a.accuracy_m, n))
    labels = events["labels"].copy()
    device = scramble_bits(person * np.int64(4096))
    return events, Observations(sent.at, device, net, country, given, lat, lon, accuracy, labels)


def _far_provinces(rng: np.random.Generator, sent: Requests) -> Ints:
    """Draw provinces of the north and of the south in turn: no journey is shorter than a day's."""
    g = load_gazetteer()
    middle = np.bincount(g.ward_province, g.ward_lat * g.ward_weight) / g.province_weight
    ends = np.stack([middle > 20.0, middle < 12.0])
    south = (sent.turn + rng.integers(0, 2, sent.row.max(initial=0) + 1)[sent.row]) % 2
    drawn = np.stack([draw_choices(rng, g.province_weight * end, len(sent.row)) for end in ends])
    chosen: Ints = drawn[south, np.arange(len(south))]
    return chosen


def _networks(
    rng: np.random.Generator, p: Parameters, attacker: Attacker, sent: Requests, turn: Ints,
    networks: int, stamps: int, census: Census,
) -> tuple[Words, Ints]:  # fmt: skip
    """Return the network of each request and its country; `turn`: which of its stamp's it is."""
    home = np.zeros(len(sent.row), np.int64)
    if attacker.means is Means.VPN:
        exits = rng.permuted(np.tile(np.arange(VPN_EXITS), (stamps, 1)), axis=1)[sent.row, turn]
        return network_of(exits, VPN_NETWORKS), VPN_COUNTRIES[exits % len(VPN_COUNTRIES)]
    if attacker.means is Means.MOBILE:
        # A farm stands in one region; each reconnection leaves by any gateway of its carrier.
        region = rng.integers(0, 3, stamps)[sent.row]
        carrier = draw_choices(rng, np.diff(np.append(0, np.append(CARRIERS, 1.0))), len(turn))
        gateway = (carrier * 3 + region) * 1000 + rng.integers(0, p.gateways, len(turn))
        return network_of(gateway, GATEWAYS), home
    kind = WIFI if attacker.means is Means.RESIDENTIAL else OWN_NETWORKS
    row = np.zeros_like(sent.row) if attacker.campaign else sent.row
    numbers = census.allocate(networks * (1 if attacker.campaign else stamps))
    return network_of(numbers[row * networks + turn], kind), home


def _in_steps(begin: Floats, end: Floats, step: Floats) -> tuple[Ints, Ints]:
    """Return row and number of each step of `step` seconds that fits between begin and end."""
    counts = np.maximum((end - begin) / step, 0).astype(np.int64)
    row = np.repeat(np.arange(len(begin)), counts)
    first = np.concatenate(([0], np.cumsum(counts)[:-1]))
    return row, np.arange(len(row)) - first[row]


def _requests(row: Ints, at: Floats, turn: Ints, *, placed: bool | Bools = False,
              visit: bool | Bools = False, one_device: bool = False) -> Requests:  # fmt: skip
    yes = np.ones(len(row), bool)
    return Requests(row, at, turn, yes & placed, yes & visit, one_device)


def _do_nothing(
    rng: np.random.Generator, a: AttackerParameters, attacker: Attacker, targets: Targets
) -> Requests:
    none = np.zeros(0, np.int64)
    return _requests(none, none.astype(np.float64), none)


def _mask(
    rng: np.random.Generator, a: AttackerParameters, attacker: Attacker, targets: Targets
) -> Requests:
    """Scan without a place at a steady rate while copies are sold and brought home."""
    step = np.full(len(targets.stamp), attacker.every_minutes * 60)
    begin = targets.first_offered - a.mask_before_days * DAY
    end = targets.last_sale + a.mask_after_days * DAY
    row, turn = _in_steps(begin, begin + attacker.days * DAY if attacker.days else end, step)
    at = begin[row] + (turn + rng.uniform(0, 0.3, len(row))) * step[row]
    sent = _requests(row, at, turn)
    if attacker.by_day:
        hour = (at + UTC_OFFSET) / HOUR % 24
        sent = sent.select((hour >= a.waking[0]) & (hour < a.waking[1]))
    return sent


def _mask_adaptively(
    rng: np.random.Generator, a: AttackerParameters, attacker: Attacker, targets: Targets
) -> Requests:
    """Mask only when the page's counts rise, to leave as few scans as possible.

    A generator has no judge, so the verdict that the page shows is unknown. The attacker reads the
    count of scans: when it rose by more than the attacker's own scans, a stranger scanned, and the
    verdict may turn. Several scans answer at once, the mask goes on until nobody else scanned for
    `quiet_hours`, and it pauses until the count rises again.
    """
    steady = replace(attacker, act=Act.MASK)
    sent, look = _mask(rng, a, steady, targets), a.look_minutes * 60
    begin = targets.first_offered - a.mask_before_days * DAY
    end = targets.last_sale + a.mask_after_days * DAY
    row, nth = _in_steps(begin, end, np.full(len(begin), look))
    looks = _requests(row, begin[row] + nth * look, nth, visit=True)
    active = np.zeros(len(sent.row), bool)
    answers: list[tuple[Ints, Floats]] = []
    for i, scans in enumerate(targets.scans):
        # A scan is noticed at the next look.
        noticed = begin[i] + np.ceil((scans - begin[i]) / look) * look
        noticed = noticed[(scans >= begin[i]) & (noticed < end[i])]
        mine = np.flatnonzero(sent.row == i)
        before = np.append(-np.inf, noticed)[np.searchsorted(noticed, sent.at[mine], side="right")]
        active[mine] = sent.at[mine] - before < a.quiet_hours * HOUR
        times = np.repeat(np.unique(noticed), a.answer)
        times = times + rng.uniform(5, 300, len(times))
        answers.append((np.full(len(times), i), times))
    sent = sent.select(active)
    rows = np.concatenate([row for row, _ in answers])
    times = np.concatenate([at for _, at in answers])
    quick = _requests(rows, times, rng.integers(0, 1_000_000, len(rows)))
    parts = (sent, quick, looks)
    return Requests(
        row=np.concatenate([part.row for part in parts]),
        at=np.concatenate([part.at for part in parts]),
        turn=np.concatenate([part.turn for part in parts]),
        placed=np.concatenate([part.placed for part in parts]),
        visit=np.concatenate([part.visit for part in parts]),
    )


def _vaccinate(
    rng: np.random.Generator, a: AttackerParameters, attacker: Attacker, targets: Targets
) -> Requests:
    """Scan with one cookie in many invented places, so that the history looks poisoned.

    Before copies are sold; a genuine stamp after its buyer's scan, by a rival.
    """
    n = len(targets.stamp)
    row = np.repeat(np.arange(n), a.vaccine_scans)
    turn = np.tile(np.arange(a.vaccine_scans), n)
    lasts = a.vaccine_hours * HOUR
    begin = targets.begin + draw_uniform(rng, *a.frame_wait_hours, n) * HOUR
    if attacker.target is Target.COPIED:
        begin = targets.first_offered - lasts - HOUR
    at = begin[row] + (turn + rng.random(len(row))) / a.vaccine_scans * lasts
    return _requests(row, at, turn, placed=True, one_device=True)


def _frame(
    rng: np.random.Generator, a: AttackerParameters, attacker: Attacker, targets: Targets
) -> Requests:
    """Invent places for a genuine stamp, each from a new device."""
    n = len(targets.stamp)
    row = np.repeat(np.arange(n), attacker.scans)
    turn = np.tile(np.arange(attacker.scans), n)
    if attacker.campaign:
        at = targets.begin.max() + HOUR + np.arange(len(row)) * a.campaign_seconds
        return _requests(row, at, turn, placed=True)
    begin = targets.begin + draw_uniform(rng, *a.frame_wait_hours, n) * HOUR
    lasts = (attacker.days or a.frame_hours / 24) * DAY
    at = np.sort(rng.random((n, attacker.scans)), axis=1).ravel() * lasts + begin[row]
    if attacker.by_day:
        at = by_day(rng, at, begin[row])
    placed = attacker.places == 1.0 or rng.random(len(row)) < attacker.places
    return _requests(row, at, turn, placed=placed)


def _open_pages(
    rng: np.random.Generator, a: AttackerParameters, attacker: Attacker, targets: Targets
) -> Requests:
    """Open the page by a script that confirms nothing."""
    row = np.repeat(np.arange(len(targets.stamp)), a.page_opens)
    at = targets.begin[row] + rng.random(len(row)) * a.page_open_hours * HOUR
    return _requests(row, at, np.zeros_like(row), visit=True)


def _flood(
    rng: np.random.Generator, a: AttackerParameters, attacker: Attacker, targets: Targets
) -> Requests:
    """Scan evenly by day and night for days: no crowd of people does."""
    n = len(targets.stamp)
    scans = np.rint(draw_uniform(rng, *a.flood_scans, n))
    lasts = a.flood_days * DAY
    row, turn = _in_steps(np.zeros(n), np.full(n, lasts + 1.0), lasts / scans)
    at = targets.begin[row] + (turn + rng.random(len(row))) * (lasts / scans)[row]
    # A stamp's networks come in random order: the same one is not back after a fixed pause.
    networks = np.maximum(scans / a.flood_per_network, 1)
    turn = (rng.random(len(row)) * networks[row]).astype(np.int64)
    return _requests(row, at, turn, placed=rng.random(len(row)) < attacker.places)


_SENDERS: dict[Act, Sender] = {
    Act.NOTHING: _do_nothing,
    Act.MASK: _mask,
    Act.ADAPTIVE_MASK: _mask_adaptively,
    Act.VACCINATE: _vaccinate,
    Act.FRAME: _frame,
    Act.OPEN_PAGE: _open_pages,
    Act.FLOOD: _flood,
}
